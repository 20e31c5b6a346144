"""Report events and their rollups, counted in one transaction so that a number and its evidence agree.

A rollup holds all that happened on a day on a channel for a team, in maps by metric, hour, agent, kind and value: what
a step counts costs one write of it, a page reads a few documents a day, and percentiles are of the very values. It is
spread over slots: transactions that run at once count in different documents and do not meet; `report_days` adds them
up.
"""

import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from msgspec.structs import replace
from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.errors import Duplicate, Stale
from scrm.model.reports import TIMED, VALUED, Digest, Metric, ReportEvent, ReportFilter, Rollup
from scrm.ports.stores import EvidenceQuery, Page
from scrm.storage.codec import escape
from scrm.storage.newest import REACHES, newest_first
from scrm.storage.report_day import NOBODY, NOTHING, Day, Spans, added
from scrm.storage.report_days import Days
from scrm.storage.shelf import Database, Index, Shelf
from scrm.storage.transaction import Transactions, current

EVENTS = "report_events"
ROLLUPS = "rollups"

SLOTS = 16
# Days that are over change seldom.
_CHANGED_SLOTS = 4
_LANES = 4

# How far a day may lie from the UTC day of the same name, from its midnight, wherever on earth the workspace is.
_BEFORE = timedelta(hours=14)
_AFTER = timedelta(hours=36)
# Where it ends in the default zone. Only the speed of a look into the past hangs on it.
_DAY_ENDS = timedelta(hours=16)

INDEXES = (
    # Asked a day at a time: of a range over a field that others follow, the embedded server leaves out a bound.
    Index(collection=EVENTS, name="metric", keys=(("metric", 1), ("day", 1), ("at", -1), ("_id", -1))),
    Index(collection=ROLLUPS, name="day", keys=(("day", 1),)),
)

_NAMES = ("day", "channel_id", "team_id")
# Days before a range that are looked at for anything earlier, nearest first: a find with a limit reads, on the embedded
# server, all that it matches, and these are kept in memory.
_EARLIER = (7, 28)
# Days in which evidence is looked for without knowing whether there is any.
_LOOKED_AT = 4
# A larger write holds up everything else of the embedded server.
_AT_ONCE = 200


class MongoReports:
    def __init__(self, database: Database, clock: Clock, transactions: Transactions) -> None:
        self._events = Shelf(database, EVENTS, ReportEvent)
        self._rollups = Shelf(database, ROLLUPS, Rollup)
        self._days = Days(self._rollups, clock, _CHANGED_SLOTS)
        self._spans = Spans()
        self._clock = clock
        self._transactions = transactions
        # Processes start at different slots, so that two of them seldom meet.
        self._first_slot = secrets.randbelow(SLOTS // _LANES) * _LANES

    async def record(self, events: Sequence[ReportEvent], *, new: bool = False) -> None:
        if events:
            await self._transactions.run(lambda: self._keep(events) if new else self._keep_new(events))

    async def _keep_new(self, events: Sequence[ReportEvent]) -> None:
        by_id = {event.id: event for event in events}
        known = await self._events.raw({"_id": {"$in": list(by_id)}}, fields={"_id": 1})
        for document in known:
            del by_id[document["_id"]]
        try:
            await self._keep(list(by_id.values()))
        except Duplicate as error:
            raise Stale("another step recorded the same at this moment") from error  # the transaction looks again

    async def _keep(self, events: Sequence[ReportEvent]) -> None:
        await self._events.insert_documents([self._events.codec.encode(event) for event in events])
        sums = _Sums()
        for event in events:
            sums.add(event)
        await self._add(sums)

    async def _add(self, sums: "_Sums") -> None:
        open_ = current()
        slot = (self._first_slot + (open_.lane if open_ else 0)) % SLOTS
        await self._rollups.update_each(sums.updates(slot))
        await self._days.changed(sums.days)

    async def amend(self, event: ReportEvent) -> bool:
        async def work() -> bool:
            known = await self._events.get(event.id)
            if known is None:
                return False
            fresh = replace(known, value=event.value, category=event.category, sentiment=event.sentiment)
            if fresh != known:
                await self._events.put(fresh)
                sums = _Sums()
                sums.add(known, -1)
                sums.add(fresh)
                await self._add(sums)
            return True

        return await self._transactions.run(work)

    async def begins_within(self, first_day: str, last_day: str) -> str | None:
        last = date.fromisoformat(first_day)
        for reach in _EARLIER:
            first = date.fromordinal(max(1, last.toordinal() - reach))
            if first < last and await self._first(first, last - timedelta(days=1)):
                return None
            last = first
        if await self._rollups.raw({"day": {"$gt": "", "$lt": str(last)}}, fields={"day": 1}, limit=1):
            return None
        return await self._first(date.fromisoformat(first_day), date.fromisoformat(last_day))

    async def _first(self, first: date, last: date) -> str | None:
        days = await self._days.read(ReportFilter(first_day=str(first), last_day=str(last)))
        return next((day.day for day in days if not day.empty), None)

    async def clear(self) -> None:
        await self._rollups.delete_many({"day": {"$gt": ""}})
        await self._events.delete_many({})
        await self._days.all_changed()

    async def load(self, events: Sequence[ReportEvent]) -> None:
        sums = _Sums()
        for start in range(0, len(events), _AT_ONCE):
            piece = events[start : start + _AT_ONCE]
            await self._events.insert_documents([self._events.codec.encode(event) for event in piece])
            for event in piece:
                sums.add(event)
        await self._rollups.update_each(sums.updates(self._first_slot))
        await self._days.changed(sums.days)

    async def rollups(
        self, report_filter: ReportFilter, metrics: Collection[Metric], *, by_channel: bool = False
    ) -> list[Rollup]:
        return [
            rollup
            for day in await self._days.read(report_filter)
            for metric in Metric
            if metric in metrics
            for rollup in day.rollups(report_filter, metric, by_channel=by_channel)
        ]

    async def digest(self, report_filter: ReportFilter, *, rows: bool = True) -> Digest:
        days, (over, _) = await self._days.read(report_filter), self._days.parts(report_filter)
        closed, going = days[: len(over)], days[len(over) :]
        kept = self._spans.digest(closed, report_filter, rows=rows)
        return added((kept, *(day.digest(report_filter) for day in going)), rows=rows)

    async def values(self, report_filter: ReportFilter, metric: Metric) -> list[float]:
        return [
            float(took)
            for day in await self._days.read(report_filter)
            for work in day.works(report_filter)
            for took in work.took.get(metric, ())
        ]

    async def events(self, query: EvidenceQuery, *, after: Page | None, limit: int) -> list[ReportEvent]:
        """Day by day, and only those that the rollups say hold any: a number knows where its evidence is."""
        residual = {**_where(query.filter), **_narrowed(query)}
        if query.agent_id is not None:
            residual["agent_id"] = None if query.agent_id == "none" else query.agent_id
        if query.hour is not None:
            residual["hour"] = query.hour
        found: list[ReportEvent] = []
        async for day, most in self._days_with(query):
            first, last = _span(day)
            if query.weekday is not None and date.fromisoformat(day).weekday() != query.weekday:
                continue
            if after is not None and after.at < first:
                continue
            found += await newest_first(
                self._events,
                [{"metric": str(query.metric), "day": day}],
                "at",
                now=min(self._clock.now(), last - _AFTER + _DAY_ENDS),
                after=after,
                limit=limit - len(found),
                residual=residual,
                oldest=first,
                newest=last,
                reaches=() if most is not None and most <= limit - len(found) else REACHES,
            )
            if len(found) >= limit:
                break
        return found

    async def _days_with(self, query: EvidenceQuery) -> AsyncIterator[tuple[str, int | None]]:
        """Newest first, with how many there may be, where that is kept: to add up a day that goes on would take longer
        than to look."""
        over, going = self._days.parts(query.filter)
        if len(going) > _LOOKED_AT:
            over, going = [*over, *going], []
        for day in reversed(going):
            yield day, None
        if over:
            asked = replace(query.filter, first_day=over[0], last_day=over[-1])
            for found in reversed(await self._days.read(asked)):
                if count := _counted(found, query):
                    yield found.day, count


def _counted(day: Day, query: EvidenceQuery) -> int:
    """How many events of the day the query may be about; its agent and hour apart."""
    if query.outcome is not None:
        return sum(getattr(work, query.outcome).get(query.metric, 0) for work in day.works(query.filter))
    return sum(
        count
        for category, sentiment, count, _ in day.kinds(query.filter, query.metric)
        if query.category in (None, category or "none") and query.sentiment in (None, sentiment)
    )


class _Sums:
    """Events added up, each day, channel and team to one update: however many a step has, a rollup is written once."""

    def __init__(self) -> None:
        self._of: dict[tuple[str | None, ...], dict[str, float]] = {}

    def add(self, event: ReportEvent, times: int = 1) -> None:
        added = self._of.setdefault((event.day, event.channel_id, event.team_id), {})
        agent = escape(event.agent_id) if event.agent_id else NOBODY
        steps: list[tuple[str, float]] = [("count", 1), ("total", event.value)]
        if event.category is not None or event.sentiment is not None:
            kind = f"kinds.{escape(event.category) if event.category else NOTHING}.{event.sentiment or NOTHING}"
            steps += [(f"{kind}.count", 1), (f"{kind}.total", event.value)]
        else:
            steps.append((f"counts.{event.hour}.{agent}", 1))
            if event.metric in VALUED:
                steps.append((f"sums.{agent}", event.value))
        if event.metric in TIMED:
            took = int(event.value)
            open_ = took if event.open_seconds is None else int(event.open_seconds)
            steps.append((f"times.{agent}.{took}_{open_}", 1))
        if event.outcome is not None:
            steps.append((f"kept.{event.outcome}.{agent}", 1))
        for name, step in steps:
            path = f"of.{event.metric}.{name}"
            added[path] = added.get(path, 0) + times * step

    @property
    def days(self) -> set[str | None]:
        return {key[0] for key in self._of}

    def updates(self, slot: int) -> list[UpdateOne]:
        return [
            UpdateOne(
                {"_id": "|".join((*(part or "" for part in key), str(slot)))},
                {
                    "$inc": added,
                    "$setOnInsert": {name: value for name, value in zip(_NAMES, key, strict=True) if value is not None},
                },
                upsert=True,
            )
            for key, added in self._of.items()
        ]


def _narrowed(query: EvidenceQuery) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if query.category is not None:
        found["category"] = None if query.category == "none" else query.category
    if query.sentiment is not None:
        found["sentiment"] = query.sentiment
    if query.outcome is not None:
        found["outcome"] = str(query.outcome)
    return found


def _body(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "_id"}


def _where(report_filter: ReportFilter) -> dict[str, Any]:
    pairs = (("channel_id", report_filter.channel_id), ("team_id", report_filter.team_id))
    return {name: None if value == "none" else value for name, value in pairs if value is not None}


def _span(day: str) -> tuple[datetime, datetime]:
    """UTC times that surely enclose the day, wherever on earth the workspace is."""
    midnight = datetime.combine(date.fromisoformat(day), time(), UTC)
    return midnight - _BEFORE, midnight + _AFTER


def days_around(since: datetime, until: datetime) -> list[str]:
    """Every day that may hold an event of that time, wherever on earth the workspace is; oldest first."""
    first, last = (since - _AFTER + timedelta(days=1)).date(), (until + _BEFORE).date()
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
