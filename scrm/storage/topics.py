"""What customers talk about: readings, volumes, boards and alerts.

A volume is one document for each hour (or day) and channel, with a counter for each term and cell, so that two weeks of
history are some dozens of documents. Reading and counters are written in one transaction: a count and the readings
behind it agree. One process at a time counts (a lease), so counters are not spread over slots.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.errors import Duplicate, Stale
from scrm.ids import AlertId, ChannelId, MessageId
from scrm.model.reports import Metric, ReportEvent
from scrm.model.topics import (
    Alert,
    Cell,
    DayWords,
    Grain,
    ReadingQuery,
    Sayers,
    TermReading,
    TermVolume,
    TopicBoard,
)
from scrm.ports.stores import Page
from scrm.storage import day_words
from scrm.storage.codec import Document, escape, unescape
from scrm.storage.folds import Folds
from scrm.storage.newest import REACHES, from_moment, newest_first
from scrm.storage.reports import EVENTS, days_around
from scrm.storage.shelf import Database, Index, Shelf
from scrm.storage.transaction import Transactions

READINGS = "term_readings"
VOLUMES = "term_volumes"
BOARDS = "topic_boards"
ALERTS = "alerts"

# A document holds 16 MB. 20,000 messages of 14 terms that nobody else says make 13 MB; shares of what was noted are
# as good as shares of all. A day's document that is as large as that stays as it is: hours, by which bursts are found,
# go on.
MOST_AN_HOUR = 20_000
LARGEST_DAY = 12 * 1024 * 1024
# Who asks for so many messages wants nearly all that say a word: of so short a time not in slices, else in few.
_MANY, _SHORT = 200, timedelta(hours=26)
_WIDE = REACHES[3:]

INDEXES = (
    Index(collection=READINGS, name="term", keys=(("terms", 1), ("at", -1), ("_id", -1))),
    Index(collection=READINGS, name="at", keys=(("at", -1),)),
    Index(collection=VOLUMES, name="start", keys=(("grain", 1), ("start", 1))),
    Index(collection=ALERTS, name="last_seen", keys=(("last_seen_at", -1),)),
)


class MongoTopics:
    def __init__(self, database: Database, clock: Clock, transactions: Transactions) -> None:
        self._readings = Shelf(database, READINGS, TermReading)
        self._facts = Shelf(database, EVENTS, ReportEvent)
        self._volumes = Shelf(database, VOLUMES, TermVolume)
        # One process at a time counts, so that what changes needs no slots.
        self._words = Folds(self._volumes, self._said, day_words.Folded(), shape=1, slots=1, most=day_words.MOST_KEPT)
        self._boards = Shelf(database, BOARDS, TopicBoard)
        self._alerts = Shelf(database, ALERTS, Alert)
        self._clock = clock
        self._transactions = transactions

    async def facts(self, since: datetime, until: datetime) -> list[ReportEvent]:
        at = {**from_moment(since), "$lt": until}
        found: list[ReportEvent] = []
        for day in days_around(since, until):
            found += await self._facts.find({"metric": str(Metric.MOOD), "day": day, "at": at})
        return sorted(found, key=lambda fact: (fact.at, fact.id))

    async def known(self, ids: Collection[MessageId]) -> frozenset[MessageId]:
        if not ids:
            return frozenset()
        found = await self._readings.raw({"_id": {"$in": list(ids)}}, fields={"_id": 1})
        return frozenset(MessageId(document["_id"]) for document in found)

    async def record(self, readings: Sequence[TermReading], days: Sequence[datetime]) -> int:
        pairs = list(zip(readings, days, strict=True))
        try:
            return await self._transactions.run(lambda: self._record(pairs))
        except Duplicate:
            known = await self.known([reading.id for reading in readings])
            new = [(reading, day) for reading, day in pairs if reading.id not in known]
            return await self._transactions.run(lambda: self._record(new))

    async def _record(self, pairs: Sequence[tuple[TermReading, datetime]]) -> int:
        """Raises Duplicate when one of them is noted already."""
        new, full = await self._within_bounds(pairs)
        if not new:
            return 0
        await self._readings.insert_documents([self._readings.codec.encode(reading) for reading, _ in new])
        sums: dict[str, tuple[Document, Counter[str]]] = {}
        for reading, day in new:
            for grain, start in ((Grain.HOUR, _hour(reading.at)), (Grain.DAY, day)):
                id_ = _id(grain, start, reading.channel_id)
                if id_ in full:
                    continue
                head = {"grain": str(grain), "start": start, "channel_id": reading.channel_id}
                _, counters = sums.setdefault(id_, (head, Counter()))
                cell = _cell_key(reading.category, reading.sentiment)
                counters["n"] += 1
                counters[f"messages.{cell}"] += 1
                for term in dict.fromkeys(reading.terms):
                    counters[f"terms.{escape(term)}.{cell}"] += 1
        days = {day_words.name_of(day) for _, day in new}
        await self._volumes.update_each(
            [
                *(
                    UpdateOne({"_id": id_}, {"$inc": dict(counters), "$setOnInsert": head}, upsert=True)
                    for id_, (head, counters) in sums.items()
                ),
                *self._words.changes(days),
            ]
        )
        return len(new)

    async def _within_bounds(
        self, pairs: Sequence[tuple[TermReading, datetime]]
    ) -> tuple[Sequence[tuple[TermReading, datetime]], frozenset[str]]:
        """Those whose hour takes more, and the days that take no more."""
        hours = {_id(Grain.HOUR, _hour(reading.at), reading.channel_id) for reading, _ in pairs}
        days = {_id(Grain.DAY, day, reading.channel_id) for reading, day in pairs}
        known = await self._volumes.sizes(sorted(hours | days), "n")
        held = Counter({id_: known[id_][0] for id_ in hours if id_ in known})
        full = frozenset(id_ for id_ in days if id_ in known and known[id_][1] >= LARGEST_DAY)
        kept = []
        for reading, day in pairs:
            hour = _id(Grain.HOUR, _hour(reading.at), reading.channel_id)
            held[hour] += 1
            if held[hour] <= MOST_AN_HOUR:
                kept.append((reading, day))
        return kept, full

    async def volumes(
        self, grain: Grain, since: datetime, until: datetime, channel_id: ChannelId | None = None
    ) -> list[TermVolume]:
        # All channels' by the index: with a channel beside it the embedded server would use none.
        documents = await self._volumes.raw({"grain": str(grain), "start": {"$gte": since, "$lt": until}})
        found = [_volume(each) for each in documents if channel_id in (None, each["channel_id"])]
        return sorted(found, key=lambda each: (each.start, each.channel_id))

    async def words(self, days: Sequence[datetime], channel_id: ChannelId | None = None) -> list[DayWords]:
        names = [day_words.name_of(day) for day in days]
        found = await self._words.read(names, over=day_words.name_of(self._clock.now() - day_words.SETTLED))
        return [found[name].of(channel_id) for name in names]

    async def _said(self, names: Sequence[str]) -> dict[str, day_words.Said]:
        first, last = day_words.day_of(names[0]), day_words.day_of(names[-1])
        documents = await self._volumes.raw({"grain": str(Grain.DAY), "start": {"$gte": first, "$lte": last}})
        return day_words.said(names, documents)

    async def readings(self, query: ReadingQuery, *, after: Page | None, limit: int) -> list[TermReading]:
        residual = _residual(query)
        if after is not None and after.at < query.since:
            return []
        found: dict[str, TermReading] = {}
        # A term at a time: the newest of the union are among the newest of each. Without terms: all there is.
        bases: list[Document] = [{"terms": term} for term in dict.fromkeys(query.terms)] or [{}]
        for base in bases:
            for reading in await newest_first(
                self._readings,
                [base],
                "at",
                now=min(query.until, self._clock.now()),
                after=after,
                limit=limit,
                residual=residual,
                oldest=query.since,
                newest=query.until,
                reaches=_reaches(query, limit),
            ):
                found[reading.id] = reading
        return sorted(found.values(), key=lambda each: (each.at, each.id), reverse=True)[:limit]

    async def sayers(self, query: ReadingQuery) -> Sayers:
        (term,) = query.terms
        at = {**from_moment(query.since), "$lte": query.until}
        first = await self._readings.least_among({"terms": term, "at": at}, _residual(query), "contact_id", "at")
        return Sayers(people=len(first), first_at=min(first.values(), default=None))

    async def forget(self, since: datetime, until: datetime) -> None:
        within = {"$gte": since, "$lt": until}
        days = await self._volumes.raw({"grain": str(Grain.DAY), "start": within}, fields={"start": 1})
        names = {day_words.name_of(day["start"]) for day in days}

        async def work() -> None:
            for grain in Grain:
                await self._volumes.delete_many({"grain": str(grain), "start": within})
            await self._volumes.update_each(self._words.changes(names))

        await self._transactions.run(work)
        await self._words.drop(names)
        await self._readings.delete_many({"at": {**from_moment(since), "$lt": until}})

    async def board(self, board_id: str) -> TopicBoard | None:
        return await self._boards.get(board_id)

    async def put_board(self, board: TopicBoard) -> None:
        await self._boards.put(board)

    async def alert(self, alert_id: AlertId) -> Alert | None:
        return await self._alerts.get(alert_id)

    async def alerts(self, since: datetime, limit: int) -> list[Alert]:
        return await self._alerts.find({"last_seen_at": {"$gte": since}}, sort=[("last_seen_at", -1)], limit=limit)

    async def add_alert(self, alert: Alert) -> None:
        await self._alerts.insert(alert)

    async def save_alert(self, alert: Alert) -> Alert:
        stored = msgspec.structs.replace(alert, version=alert.version + 1)
        where = {"_id": alert.id, "version": alert.version}
        if not await self._alerts.replace(where, self._alerts.codec.encode(stored)):
            raise Stale(alert.id)
        return stored


def _reaches(query: ReadingQuery, limit: int) -> Sequence[timedelta]:
    if limit < _MANY:
        return REACHES
    return () if query.until - query.since <= _SHORT else _WIDE


def _residual(query: ReadingQuery) -> Document:
    residual: Document = {"counted_at": {"$lte": query.as_of}}
    if query.channel_id is not None:
        residual["channel_id"] = query.channel_id
    if query.category is not None:
        residual["category"] = None if query.category == "none" else query.category
    if query.sentiment is not None:
        residual["sentiment"] = query.sentiment
    return residual


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _id(grain: Grain, start: datetime, channel_id: ChannelId) -> str:
    return f"{grain}|{start:%Y-%m-%dT%H:%M}|{channel_id}"


def _cell_key(category: str | None, sentiment: str) -> str:
    return escape(f"{category or ''}|{sentiment}")


def _cells(counters: dict[str, int]) -> dict[Cell, int]:
    return {_cell(key): count for key, count in counters.items()}


# There are three for each category, and a volume has them with every term.
@lru_cache(maxsize=4096)
def _cell(key: str) -> Cell:
    category, _, sentiment = unescape(key).rpartition("|")
    return Cell(category=category or None, sentiment=sentiment)


def _volume(document: dict[str, Any]) -> TermVolume:
    return TermVolume(
        grain=Grain(document["grain"]),
        start=document["start"],
        channel_id=ChannelId(document["channel_id"]),
        messages=_cells(document.get("messages", {})),
        terms={unescape(term): _cells(cells) for term, cells in document.get("terms", {}).items()},
    )
