"""Rollups as pages read them: slots added up, and days that are over kept in memory.

A day that is over changes only by a correction or a late reading. Whoever changes one says so, in the same transaction
(`Changed`), and a reader asks for what was said before it believes what it keeps: what is kept is never behind.
"""

import asyncio
import secrets
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta

from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.ids import ChannelId, TeamId
from scrm.model.reports import Digest, Metric, ReportFilter, Rollup
from scrm.storage.codec import Document, unescape
from scrm.storage.shelf import Shelf

# How long a day stays open after the one of its name in UTC has begun, wherever on earth the workspace is and
# however clocks differ.
_OPEN = timedelta(days=3)
# A quarter and the quarter before; some 50 MB where 2,000 messages come in a day.
_MOST_KEPT = 200
# Read at once: what is longer holds up everybody else of the embedded server.
_TOGETHER = 7

# No category: what `escape` makes of none.
NOTHING = "%"
_CHANGED, _ALL = "changed", "all"


class Day:
    """What happened on one day, by channel and team."""

    def __init__(self, day: str, documents: Sequence[Document]) -> None:
        self.day = day
        self._of: dict[tuple[str, str | None], Document] = {}
        for document in documents:
            place = (document["channel_id"], document.get("team_id"))
            _add(self._of.setdefault(place, {}), document.get("of") or {})
        self._rollups: dict[Metric, list[Rollup]] = {}
        self._digests: dict[Metric, list[Digest]] = {}

    @property
    def empty(self) -> bool:
        return not self._of

    def of(self, report_filter: ReportFilter, metric: Metric) -> Iterator[Document]:
        for place, of in self._of.items():
            if _fits(report_filter, *place) and metric in of:
                yield of[metric]

    def rollups(self, report_filter: ReportFilter, metric: Metric) -> Iterator[Rollup]:
        if metric not in self._rollups:
            self._rollups[metric] = [
                rollup
                for (channel_id, team_id), of in self._of.items()
                if metric in of
                for rollup in _rollups(self.day, metric, channel_id, team_id, of[metric])
            ]
        return (each for each in self._rollups[metric] if _fits(report_filter, each.channel_id, each.team_id))

    def digests(self, report_filter: ReportFilter, metric: Metric) -> Iterator[Digest]:
        if metric not in self._digests:
            self._digests[metric] = [
                Digest(
                    day=self.day,
                    metric=metric,
                    channel_id=ChannelId(channel_id),
                    team_id=TeamId(team_id) if team_id else None,
                    counts=of[metric].get("counts") or {},
                    sums=of[metric].get("sums") or {},
                    times=of[metric].get("times") or {},
                    kept=of[metric].get("kept") or {},
                )
                for (channel_id, team_id), of in self._of.items()
                if metric in of
            ]
        return (each for each in self._digests[metric] if _fits(report_filter, each.channel_id, each.team_id))


class Days:
    """Reads days. One of these for each process."""

    def __init__(self, rollups: Shelf[Rollup], clock: Clock, slots: int) -> None:
        self._rollups = rollups
        self._clock = clock
        self._slots = slots
        self._kept: OrderedDict[str, tuple[tuple[int, int], Day]] = OrderedDict()
        self._filling = asyncio.Lock()

    async def read(self, report_filter: ReportFilter) -> list[Day]:
        """Oldest first. Days that are not over are read in one go, so that their numbers are of one moment."""
        wanted = _days(report_filter)
        opens = self._opens()
        closed = [day for day in wanted if day < opens]
        async with self._filling:
            kept = await self._closed(closed)
        fresh = await self._read([day for day in wanted if day >= opens])
        return [*(kept[day] for day in closed), *fresh.values()]

    async def changed(self, days: Collection[str | None]) -> None:
        """Say that days change; within the transaction that changes them."""
        opens = self._opens()
        if over := sorted(day for day in days if day is not None and day < opens):
            await self._say({f"{_CHANGED}.{day}": 1 for day in over})

    async def all_changed(self) -> None:
        await self._say({f"{_CHANGED}.{_ALL}": 1})

    async def _say(self, counts: Mapping[str, int]) -> None:
        # Spread like the rollups, so that transactions that run at once seldom meet.
        slot = secrets.randbelow(self._slots)
        await self._rollups.update_each([UpdateOne({"_id": f"{_CHANGED}|{slot}"}, {"$inc": counts}, upsert=True)])

    async def _closed(self, days: Sequence[str]) -> dict[str, Day]:
        if not days:
            return {}
        said: Counter[str] = Counter()
        ids = [f"{_CHANGED}|{slot}" for slot in range(self._slots)]
        for document in await self._rollups.raw({"_id": {"$in": ids}}):
            said.update(document[_CHANGED])
        found: dict[str, Day] = {}
        missing: list[str] = []
        for day in days:
            version, kept = self._kept.get(day, ((-1, -1), None))
            if kept is not None and version == (said[_ALL], said[day]):
                self._kept.move_to_end(day)
                found[day] = kept
            else:
                missing.append(day)
        for start in range(0, len(missing), _TOGETHER):
            # What changes between asking what was said and reading is read again the next time: versions differ.
            for day, read in (await self._read(missing[start : start + _TOGETHER])).items():
                found[day] = read
                self._kept[day] = ((said[_ALL], said[day]), read)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    async def _read(self, days: Sequence[str]) -> dict[str, Day]:
        if not days:
            return {}
        documents: dict[str, list[Document]] = {day: [] for day in days}
        for document in await self._rollups.raw({"day": {"$gte": days[0], "$lte": days[-1]}}):
            if document["day"] in documents:
                documents[document["day"]].append(document)
        return {day: Day(day, found) for day, found in documents.items()}

    def _opens(self) -> str:
        return (self._clock.now() - _OPEN).date().isoformat()


def kinds(of: Document) -> Iterator[tuple[str | None, str | None, int, float]]:
    """category, sentiment, count, total of a metric's part of a rollup; those of neither are what is left over."""
    count, total = of.get("count", 0), of.get("total", 0.0)
    for category, sentiments in (of.get("kinds") or {}).items():
        for sentiment, kind in sentiments.items():
            count -= kind["count"]
            total -= kind["total"]
            yield (
                None if category == NOTHING else unescape(category),
                None if sentiment == NOTHING else sentiment,
                kind["count"],
                kind["total"],
            )
    if count:
        yield None, None, count, total


def _rollups(day: str, metric: Metric, channel_id: str, team_id: str | None, of: Document) -> Iterator[Rollup]:
    took: Counter[int] = Counter()
    for pairs in (of.get("times") or {}).values():
        for pair, count in pairs.items():
            took[int(pair.partition("_")[0])] += count
    for category, sentiment, count, total in kinds(of):
        if count:  # what was amended leaves nothing behind
            yield Rollup(
                day=day,
                metric=metric,
                channel_id=ChannelId(channel_id),
                team_id=TeamId(team_id) if team_id else None,
                category=category,
                sentiment=sentiment,
                count=count,
                total=total,
                times=took if category is None and sentiment is None else {},
            )


def _add(into: Document, more: Mapping[str, object]) -> None:
    for name, value in more.items():
        if isinstance(value, Mapping):
            _add(into.setdefault(name, {}), value)
        else:
            into[name] = into.get(name, 0) + value


def _fits(report_filter: ReportFilter, channel_id: str, team_id: str | None) -> bool:
    team = None if report_filter.team_id == "none" else report_filter.team_id
    return report_filter.channel_id in (None, channel_id) and (report_filter.team_id is None or team == team_id)


def _days(report_filter: ReportFilter) -> list[str]:
    first, last = date.fromisoformat(report_filter.first_day), date.fromisoformat(report_filter.last_day)
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
