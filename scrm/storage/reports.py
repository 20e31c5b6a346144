"""Report events and their rollups, counted in one transaction so that a number and its evidence agree.

A rollup (day, metric and dimensions) is spread over slots: transactions that run at once count in different documents
and do not meet; readers add the slots up. Inside it, hours, agents and the values of times are maps: an event costs one
write of one rollup, whatever it is asked by, and percentiles are of the very values.
"""

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from msgspec.structs import replace
from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.model.reports import TIMED, VALUED, Digest, Metric, Outcome, ReportEvent, ReportFilter, Rollup
from scrm.ports.stores import EvidenceQuery, Page
from scrm.storage.codec import Document, escape
from scrm.storage.newest import newest_first
from scrm.storage.shelf import Database, Index, Shelf
from scrm.storage.transaction import Transactions, current

EVENTS = "report_events"
ROLLUPS = "rollups"

SLOTS = 16
_LANES = 4

# How far a day may lie from the UTC day of the same name, from its midnight, wherever on earth the workspace is.
_BEFORE = timedelta(hours=14)
_AFTER = timedelta(hours=36)
# Where it ends in the default zone. Only the speed of a look into the past hangs on it.
_DAY_ENDS = timedelta(hours=16)

INDEXES = (
    # Asked a day at a time: of a range over a field that others follow, the embedded server leaves out a bound.
    Index(collection=EVENTS, name="metric", keys=(("metric", 1), ("day", 1), ("at", -1), ("_id", -1))),
    Index(collection=ROLLUPS, name="metric", keys=(("metric", 1), ("day", 1))),
)

_Dimensions = tuple[str, str, str, str | None, str | None, str | None, str | None]
_NAMES = ("day", "metric", "channel_id", "team_id", "category", "sentiment", "outcome")
_NOBODY = "-"
# A larger write holds up everything else of the embedded server.
_AT_ONCE = 200


class MongoReports:
    def __init__(self, database: Database, clock: Clock, transactions: Transactions) -> None:
        self._events = Shelf(database, EVENTS, ReportEvent)
        self._rollups = Shelf(database, ROLLUPS, Rollup)
        self._clock = clock
        self._transactions = transactions
        # Processes start at different slots, so that two of them seldom meet.
        self._first_slot = secrets.randbelow(SLOTS // _LANES) * _LANES

    async def record(self, events: Sequence[ReportEvent]) -> None:
        if events:
            await self._transactions.run(lambda: self._record(events))

    async def _record(self, events: Sequence[ReportEvent]) -> None:
        fresh = await self._events.update_each(
            [
                UpdateOne({"_id": event.id}, {"$setOnInsert": _body(self._events.codec.encode(event))}, upsert=True)
                for event in events
            ]
        )
        sums = _Sums()
        for position in sorted(fresh):
            sums.add(events[position])
        await self._add(sums)

    async def _add(self, sums: "_Sums") -> None:
        open_ = current()
        slot = (self._first_slot + (open_.lane if open_ else 0)) % SLOTS
        await self._rollups.update_each(sums.updates(slot))

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

    async def clear(self) -> None:
        await self._rollups.delete_many({})
        await self._events.delete_many({})

    async def load(self, events: Sequence[ReportEvent]) -> None:
        sums = _Sums()
        for start in range(0, len(events), _AT_ONCE):
            piece = events[start : start + _AT_ONCE]
            await self._events.insert_documents([self._events.codec.encode(event) for event in piece])
            for event in piece:
                sums.add(event)
        updates = sums.updates(self._first_slot)
        for start in range(0, len(updates), _AT_ONCE):
            await self._rollups.update_each(updates[start : start + _AT_ONCE])

    async def rollups(self, report_filter: ReportFilter, metrics: Collection[Metric]) -> list[Rollup]:
        sums: dict[tuple[str | None, ...], tuple[int, float]] = {}
        fields = {"_id": 0, "count": 1, "total": 1, **dict.fromkeys(_NAMES[:-1], 1)}
        for found in await self._each(report_filter, metrics, fields):
            key = tuple(found.get(name) for name in _NAMES[:-1])
            count, total = sums.get(key, (0, 0.0))
            sums[key] = (count + found["count"], total + found["total"])
        return [
            self._rollups.codec.decode({**_dimensions(key), "count": count, "total": total})
            for key, (count, total) in sorted(sums.items(), key=lambda item: tuple(part or "" for part in item[0]))
            if count  # what was amended leaves nothing behind
        ]

    async def digests(self, report_filter: ReportFilter, metrics: Collection[Metric]) -> list[Digest]:
        return [
            Digest(
                day=found["day"],
                metric=Metric(found["metric"]),
                channel_id=found["channel_id"],
                team_id=found.get("team_id"),
                outcome=Outcome(found["outcome"]) if "outcome" in found else None,
                counts=found.get("counts") or {},
                sums=found.get("sums") or {},
                times=found.get("times") or {},
            )
            for found in await self._each(report_filter, metrics, {"_id": 0, "category": 0, "sentiment": 0})
        ]

    async def values(self, report_filter: ReportFilter, metric: Metric) -> list[float]:
        found: list[float] = []
        for document in await self._each(report_filter, [metric], {"_id": 0, "times": 1}):
            for times in (document.get("times") or {}).values():
                for took, count in times.items():
                    found += [float(took.partition("_")[0])] * count
        return found

    async def _each(
        self, report_filter: ReportFilter, metrics: Collection[Metric], fields: Mapping[str, int]
    ) -> list[Document]:
        found: list[Document] = []
        for metric in dict.fromkeys(metrics):
            where = {"metric": str(metric), "day": _days(report_filter), **_where(report_filter)}
            found += await self._rollups.raw(where, fields=fields)
        return found

    async def events(self, query: EvidenceQuery, *, after: Page | None, limit: int) -> list[ReportEvent]:
        """Day by day, and only those that the rollups say hold any: a number knows where its evidence is."""
        counted = {**_where(query.filter), **_narrowed(query)}
        residual = dict(counted)
        if query.agent_id is not None:
            residual["agent_id"] = None if query.agent_id == "none" else query.agent_id
        if query.hour is not None:
            residual["hour"] = query.hour
        found: list[ReportEvent] = []
        for day in await self._days_with(query.metric, query.filter, counted):
            first, last = _span(day)
            if len(found) >= limit:
                break
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
            )
        return found

    async def _days_with(self, metric: Metric, report_filter: ReportFilter, where: Mapping[str, Any]) -> list[str]:
        """Newest first."""
        counts: Counter[str] = Counter()
        wanted = {"metric": str(metric), "day": _days(report_filter), **where}
        for rollup in await self._rollups.raw(wanted, fields={"day": 1, "count": 1, "_id": 0}):
            counts[rollup["day"]] += rollup["count"]
        return sorted((day for day, count in counts.items() if count), reverse=True)


class _Sums:
    """Events added up, each combination of dimensions to one update: however many a step has, a rollup is written
    once."""

    def __init__(self) -> None:
        self._of: dict[_Dimensions, dict[str, float]] = {}

    def add(self, event: ReportEvent, times: int = 1) -> None:
        added = self._of.setdefault(_key(event), {})
        agent = escape(event.agent_id) if event.agent_id else _NOBODY
        steps: list[tuple[str, float]] = [("count", 1), ("total", event.value), (f"counts.{event.hour}.{agent}", 1)]
        if event.metric in VALUED:
            steps.append((f"sums.{agent}", event.value))
        if event.metric in TIMED:
            took = int(event.value)
            open_ = took if event.open_seconds is None else int(event.open_seconds)
            steps.append((f"times.{agent}.{took}_{open_}", 1))
        for name, step in steps:
            added[name] = added.get(name, 0) + times * step

    def updates(self, slot: int) -> list[UpdateOne]:
        return [
            UpdateOne(
                {"_id": "|".join((*(part or "" for part in key), str(slot)))},
                {"$inc": added, "$setOnInsert": _dimensions(key)},
                upsert=True,
            )
            for key, added in self._of.items()
        ]


def _key(event: ReportEvent) -> _Dimensions:
    return (
        event.day,
        str(event.metric),
        event.channel_id,
        event.team_id,
        event.category,
        event.sentiment,
        str(event.outcome) if event.outcome else None,
    )


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


def _dimensions(key: Sequence[str | None]) -> dict[str, str]:
    return {name: value for name, value in zip(_NAMES, key, strict=False) if value is not None}


def _where(report_filter: ReportFilter) -> dict[str, Any]:
    pairs = (("channel_id", report_filter.channel_id), ("team_id", report_filter.team_id))
    return {name: None if value == "none" else value for name, value in pairs if value is not None}


def _days(report_filter: ReportFilter) -> dict[str, str]:
    return {"$gte": report_filter.first_day, "$lte": report_filter.last_day}


def _span(day: str) -> tuple[datetime, datetime]:
    """UTC times that surely enclose the day, wherever on earth the workspace is."""
    midnight = datetime.combine(date.fromisoformat(day), time(), UTC)
    return midnight - _BEFORE, midnight + _AFTER


def days_around(since: datetime, until: datetime) -> list[str]:
    """Every day that may hold an event of that time, wherever on earth the workspace is; oldest first."""
    first, last = (since - _AFTER + timedelta(days=1)).date(), (until + _BEFORE).date()
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
