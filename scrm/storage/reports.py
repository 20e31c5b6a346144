"""Report events and their rollups, counted in one transaction so that a number and its evidence agree.

A rollup (day, metric and dimensions) is spread over slots: transactions that run at once count in different documents
and do not meet; readers add the slots up.
"""

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from msgspec.structs import replace
from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.model.reports import Metric, ReportEvent, ReportFilter, Rollup
from scrm.ports.stores import EvidenceQuery, Page
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

_Dimensions = tuple[str, str, str, str | None, str | None, str | None]


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
        sums: dict[_Dimensions, tuple[int, float]] = {}
        for position in sorted(fresh):
            event = events[position]
            key = _key(event)
            count, total = sums.get(key, (0, 0.0))
            sums[key] = (count + 1, total + event.value)
        await self._add(sums)

    async def _add(self, sums: Mapping[_Dimensions, tuple[int, float]]) -> None:
        open_ = current()
        slot = (self._first_slot + (open_.lane if open_ else 0)) % SLOTS
        await self._rollups.update_each(
            [
                UpdateOne(
                    {"_id": "|".join((*(part or "" for part in key), str(slot)))},
                    {"$inc": {"count": count, "total": total}, "$setOnInsert": _dimensions(key)},
                    upsert=True,
                )
                for key, (count, total) in sums.items()
            ]
        )

    async def amend(self, event: ReportEvent) -> bool:
        async def work() -> bool:
            known = await self._events.get(event.id)
            if known is None:
                return False
            fresh = replace(known, value=event.value, category=event.category, sentiment=event.sentiment)
            if fresh != known:
                await self._events.put(fresh)
                await self._add({_key(known): (-1, -known.value)})
                await self._add({_key(fresh): (1, fresh.value)})
            return True

        return await self._transactions.run(work)

    async def rollups(self, report_filter: ReportFilter, metrics: Collection[Metric]) -> list[Rollup]:
        sums: dict[_Dimensions, tuple[int, float]] = {}
        days = _days(report_filter)
        for metric in dict.fromkeys(metrics):
            where = {"metric": str(metric), "day": days, **_where(report_filter)}
            for each in await self._rollups.find(where):
                key = (each.day, str(each.metric), each.channel_id, each.team_id, each.category, each.sentiment)
                count, total = sums.get(key, (0, 0.0))
                sums[key] = (count + each.count, total + each.total)
        return [
            self._rollups.codec.decode({**_dimensions(key), "count": count, "total": total})
            for key, (count, total) in sorted(sums.items(), key=lambda item: tuple(part or "" for part in item[0]))
            if count  # what was amended leaves nothing behind
        ]

    async def values(self, report_filter: ReportFilter, metric: Metric) -> list[float]:
        where = _where(report_filter)
        found: list[float] = []
        for day in await self._days_with(metric, report_filter, where):
            of_day = {"metric": str(metric), "day": day, **where}
            found += [float(each["value"]) for each in await self._events.raw(of_day, fields={"value": 1, "_id": 0})]
        return found

    async def events(self, query: EvidenceQuery, *, after: Page | None, limit: int) -> list[ReportEvent]:
        """Day by day, and only those that the rollups say hold any: a number knows where its evidence is."""
        residual = _where(query.filter)
        if query.category is not None:
            residual["category"] = None if query.category == "none" else query.category
        if query.sentiment is not None:
            residual["sentiment"] = query.sentiment
        found: list[ReportEvent] = []
        for day in await self._days_with(query.metric, query.filter, residual):
            first, last = _span(day)
            if len(found) >= limit:
                break
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


def _key(event: ReportEvent) -> _Dimensions:
    return (event.day, str(event.metric), event.channel_id, event.team_id, event.category, event.sentiment)


def _body(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "_id"}


def _dimensions(key: _Dimensions) -> dict[str, str]:
    names = ("day", "metric", "channel_id", "team_id", "category", "sentiment")
    return {name: value for name, value in zip(names, key, strict=True) if value is not None}


def _where(report_filter: ReportFilter) -> dict[str, Any]:
    pairs = (("channel_id", report_filter.channel_id), ("team_id", report_filter.team_id))
    return {name: value for name, value in pairs if value is not None}


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
