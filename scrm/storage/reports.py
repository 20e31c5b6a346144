"""Report events and their rollups, counted in one transaction so that a number and its evidence agree.

A rollup holds all that happened on a day on a channel for a team, in maps by metric, hour, agent, kind and value: what
a step counts costs one write of it, a page reads a few documents a day, and percentiles are of the very values. It is
spread over slots: transactions that run at once count in different documents and do not meet; readers add them up.
"""

import secrets
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from msgspec.structs import replace
from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.ids import ChannelId, TeamId
from scrm.model.reports import TIMED, VALUED, Digest, Metric, ReportEvent, ReportFilter, Rollup
from scrm.ports.stores import EvidenceQuery, Page
from scrm.storage.codec import Document, escape, unescape
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
    Index(collection=ROLLUPS, name="day", keys=(("day", 1),)),
)

_NAMES = ("day", "channel_id", "team_id")
# No category: what `escape` makes of none.
_NOTHING = "%"
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
        wanted = dict.fromkeys(metrics)
        fields = [f"of.{metric}.{part}" for metric in wanted for part in ("count", "total", "kinds", "times")]
        seconds: dict[tuple[str | None, ...], Counter[int]] = {}
        sums: dict[tuple[str | None, ...], tuple[int, float]] = {}
        for found in await self._days(report_filter, fields):
            place = (found["day"], found["channel_id"], found.get("team_id"))
            for metric, of in (found.get("of") or {}).items():
                for pairs in (of.get("times") or {}).values():
                    took = seconds.setdefault((place[0], metric, *place[1:], None, None), Counter())
                    for pair, count in pairs.items():
                        took[int(pair.partition("_")[0])] += count
                for category, sentiment, count, total in _kinds(of):
                    key = (place[0], metric, *place[1:], category, sentiment)
                    known, so_far = sums.get(key, (0, 0.0))
                    sums[key] = (known + count, so_far + total)
        return [
            Rollup(
                day=str(key[0]),
                metric=Metric(str(key[1])),
                channel_id=ChannelId(str(key[2])),
                team_id=TeamId(key[3]) if key[3] else None,
                category=key[4],
                sentiment=key[5],
                count=count,
                total=total,
                times=seconds.get(key, {}),
            )
            for key, (count, total) in sorted(sums.items(), key=lambda item: tuple(part or "" for part in item[0]))
            if count  # what was amended leaves nothing behind
        ]

    async def digests(self, report_filter: ReportFilter, metrics: Collection[Metric]) -> list[Digest]:
        return [
            Digest(
                day=found["day"],
                metric=Metric(metric),
                channel_id=found["channel_id"],
                team_id=found.get("team_id"),
                counts=of.get("counts") or {},
                sums=of.get("sums") or {},
                times=of.get("times") or {},
                kept=of.get("kept") or {},
            )
            for found in await self._days(report_filter, [f"of.{metric}" for metric in dict.fromkeys(metrics)])
            for metric, of in (found.get("of") or {}).items()
        ]

    async def values(self, report_filter: ReportFilter, metric: Metric) -> list[float]:
        found: list[float] = []
        for document in await self._days(report_filter, [f"of.{metric}.times"]):
            of = (document.get("of") or {}).get(metric) or {}
            for times in (of.get("times") or {}).values():
                for took, count in times.items():
                    found += [float(took.partition("_")[0])] * count
        return found

    async def _days(self, report_filter: ReportFilter, fields: Sequence[str]) -> list[Document]:
        where = {"day": _within(report_filter), **_where(report_filter)}
        return await self._rollups.raw(where, fields={"_id": 0, **dict.fromkeys((*_NAMES, *fields), 1)})

    async def events(self, query: EvidenceQuery, *, after: Page | None, limit: int) -> list[ReportEvent]:
        """Day by day, and only those that the rollups say hold any: a number knows where its evidence is."""
        residual = {**_where(query.filter), **_narrowed(query)}
        if query.agent_id is not None:
            residual["agent_id"] = None if query.agent_id == "none" else query.agent_id
        if query.hour is not None:
            residual["hour"] = query.hour
        found: list[ReportEvent] = []
        for day in await self._days_with(query):
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

    async def _days_with(self, query: EvidenceQuery) -> list[str]:
        """Newest first."""
        counts: Counter[str] = Counter()
        fields = [f"of.{query.metric}.{part}" for part in ("count", "total", "kinds", "kept")]
        for found in await self._days(query.filter, fields):
            of = (found.get("of") or {}).get(query.metric)
            if of is None:
                continue
            if query.outcome is not None:
                counts[found["day"]] += sum((of.get("kept") or {}).get(query.outcome, {}).values())
                continue
            for category, sentiment, count, _ in _kinds(of):
                if query.category in (None, category or "none") and query.sentiment in (None, sentiment):
                    counts[found["day"]] += count
        return sorted((day for day, count in counts.items() if count), reverse=True)


class _Sums:
    """Events added up, each day, channel and team to one update: however many a step has, a rollup is written once."""

    def __init__(self) -> None:
        self._of: dict[tuple[str | None, ...], dict[str, float]] = {}

    def add(self, event: ReportEvent, times: int = 1) -> None:
        added = self._of.setdefault((event.day, event.channel_id, event.team_id), {})
        agent = escape(event.agent_id) if event.agent_id else _NOBODY
        steps: list[tuple[str, float]] = [("count", 1), ("total", event.value)]
        if event.category is not None or event.sentiment is not None:
            kind = f"kinds.{escape(event.category) if event.category else _NOTHING}.{event.sentiment or _NOTHING}"
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


def _kinds(of: Document) -> Iterator[tuple[str | None, str | None, int, float]]:
    """category, sentiment, count, total of a metric's part of a rollup; those of neither are what is left over."""
    count, total = of.get("count", 0), of.get("total", 0.0)
    for category, sentiments in (of.get("kinds") or {}).items():
        for sentiment, kind in sentiments.items():
            count -= kind["count"]
            total -= kind["total"]
            yield (
                None if category == _NOTHING else unescape(category),
                None if sentiment == _NOTHING else sentiment,
                kind["count"],
                kind["total"],
            )
    if count:
        yield None, None, count, total


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


def _within(report_filter: ReportFilter) -> dict[str, str]:
    return {"$gte": report_filter.first_day, "$lte": report_filter.last_day}


def _span(day: str) -> tuple[datetime, datetime]:
    """UTC times that surely enclose the day, wherever on earth the workspace is."""
    midnight = datetime.combine(date.fromisoformat(day), time(), UTC)
    return midnight - _BEFORE, midnight + _AFTER


def days_around(since: datetime, until: datetime) -> list[str]:
    """Every day that may hold an event of that time, wherever on earth the workspace is; oldest first."""
    first, last = (since - _AFTER + timedelta(days=1)).date(), (until + _BEFORE).date()
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
