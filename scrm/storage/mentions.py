"""What is said outside: mentions, sources, monitors, their hits and hourly counts.

A mention's reading, the counts of its hour and its hits are written in one transaction, and only where the mention was
still pending: a count and the items behind it agree, however often a reading runs.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.errors import Stale
from scrm.ids import MentionId, MonitorId, SourceId
from scrm.model.analysis import AnalysisState, Sentiment
from scrm.model.base import Record
from scrm.model.mentions import First, Hit, HourCount, Mention, MentionQuery, Monitor, Source, Spread, Stream
from scrm.ports.stores.queries import Page
from scrm.storage.codec import Document, text
from scrm.storage.mention_days import ALL, MonitorDays
from scrm.storage.newest import from_moment, newest_first
from scrm.storage.shelf import Database, Index, Shelf
from scrm.storage.transaction import Transactions
from scrm.storage.vault import Vault

MENTIONS = "mentions"
SOURCES = "mention_sources"
MONITORS = "monitors"
HITS = "monitor_hits"
HOURS = "monitor_hours"

INDEXES = (
    Index(collection=MENTIONS, name="published", keys=(("published_at", -1), ("_id", -1))),
    Index(collection=MENTIONS, name="source", keys=(("source_id", 1), ("published_at", -1), ("_id", -1))),
    Index(collection=MENTIONS, name="story", keys=(("story_id", 1), ("published_at", -1), ("_id", -1))),
    Index(collection=MENTIONS, name="fetched", keys=(("fetched_at", 1),)),
    Index(collection=MENTIONS, name="state", keys=(("state", 1), ("fetched_at", 1))),
    Index(collection=SOURCES, name="address", keys=(("url", 1), ("name", 1)), unique=True),
    Index(collection=MONITORS, name="name", keys=(("name", 1),), unique=True),
    Index(collection=HITS, name="monitor", keys=(("monitor_id", 1), ("stream", 1), ("at", -1), ("_id", -1))),
    Index(collection=HOURS, name="monitor", keys=(("monitor_id", 1), ("stream", 1), ("start", 1))),
)

# What the embedded server takes for a list of ids grows with its square: 200 cost it twice what four times 50 do.
_IDS_AT_ONCE = 50

R = TypeVar("R", bound=Record)
_headers = msgspec.json.Decoder(dict[str, str])


class _Counter:
    """Adds hits up by monitor, stream and hour, and writes the sums."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[str, str, datetime], defaultdict[str, int]] = defaultdict(
            lambda: defaultdict(int)
        )

    def add(self, monitor_id: str, stream: Stream, at: datetime, sentiment: str, reach: int | None) -> None:
        sums = self._sums[monitor_id, str(stream), at.replace(minute=0, second=0, microsecond=0)]
        sums["items"] += 1
        sums["negative"] += sentiment == Sentiment.NEGATIVE
        sums["positive"] += sentiment == Sentiment.POSITIVE
        sums["reach"] += reach or 0

    def hours(self) -> list[tuple[str, str, datetime]]:
        return list(self._sums)

    def updates(self) -> list[UpdateOne]:
        return [
            UpdateOne(
                {"_id": f"{monitor_id}|{stream}|{start:%Y-%m-%dT%H}"},
                {"$inc": dict(sums), "$setOnInsert": {"monitor_id": monitor_id, "stream": stream, "start": start}},
                upsert=True,
            )
            for (monitor_id, stream, start), sums in self._sums.items()
        ]


class _Noting:
    """Hits and the counts made of them; shared by mentions and monitors."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.hits = Shelf(database, HITS, Hit)
        self.hours = Shelf(database, HOURS, HourCount)
        self.days = MonitorDays(self.hours, self.hits, Shelf(database, MENTIONS, Mention), clock)

    async def note(self, hits: Sequence[Hit], counter: _Counter) -> int:
        """Inside a transaction."""
        fresh = await self.hits.update_each([_unless_there(self.hits.codec.encode(hit)) for hit in hits])
        for place in fresh:
            hit = hits[place]
            counter.add(hit.monitor_id, hit.stream, hit.at, hit.sentiment, hit.reach)
        await self.hours.update_each([*counter.updates(), *self.days.changes(counter.hours())])
        return len(fresh)


class MongoMentions:
    def __init__(self, database: Database, clock: Clock, transactions: Transactions) -> None:
        self._shelf = Shelf(database, MENTIONS, Mention)
        self._noting = _Noting(database, clock)
        self._clock = clock
        self._transactions = transactions

    async def add(self, mentions: Sequence[Mention]) -> frozenset[int]:
        return await self._shelf.update_each([_unless_there(self._shelf.codec.encode(mention)) for mention in mentions])

    async def get(self, mention_id: MentionId) -> Mention | None:
        return await self._shelf.get(mention_id)

    async def get_many(self, ids: Collection[MentionId]) -> dict[MentionId, Mention]:
        wanted = list(ids)
        found: dict[MentionId, Mention] = {}
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            some = await self._shelf.get_many(wanted[start : start + _IDS_AT_ONCE])
            found |= {mention.id: mention for mention in some.values()}
        return found

    async def firsts(self, since: datetime, limit: int) -> list[First]:
        where = {"fetched_at": from_moment(since), "repost": False}
        fields = {"grams": 1, "published_at": 1, "fetched_at": 1}
        found = await self._shelf.raw(where, fields=fields, sort=[("fetched_at", 1)], limit=limit)
        return [
            First(
                id=MentionId(each["_id"]),
                grams=tuple(each.get("grams", ())),
                published_at=each["published_at"],
                fetched_at=each["fetched_at"],
            )
            for each in found
        ]

    async def page(self, query: MentionQuery, *, after: Page | None, limit: int) -> list[Mention]:
        if query.monitor_id is not None:
            return await self._of_monitor(query, query.monitor_id, after=after, limit=limit)
        residual = _residual(query, place="site")
        base: Document = {}
        for name in ("story_id", "source_id"):
            if name in residual:
                base = {name: residual.pop(name)}
                break
        return await self._newest(self._shelf, base, "published_at", residual, query, after, limit)

    async def _of_monitor(
        self, query: MentionQuery, monitor_id: MonitorId, *, after: Page | None, limit: int
    ) -> list[Mention]:
        if after is not None:
            after = Page(at=after.at, id=hit_id(monitor_id, Stream.MENTIONS, after.id))
        base = {"monitor_id": monitor_id, "stream": str(Stream.MENTIONS)}
        residual = _residual(query, place="place")
        hits = await self._newest(self._noting.hits, base, "at", residual, query, after, limit)
        mentions = await self._shelf.get_many([hit.item_id for hit in hits])
        return [mentions[hit.item_id] for hit in hits if hit.item_id in mentions]

    async def _newest(
        self,
        shelf: Shelf[R],
        base: Document,
        at: str,
        residual: Document,
        query: MentionQuery,
        after: Page | None,
        limit: int,
    ) -> list[R]:
        if after is not None and after.at < query.since:
            return []
        return await newest_first(
            shelf,
            [base],
            at,
            now=min(query.until, self._clock.now()),
            after=after,
            limit=limit,
            residual=residual,
            oldest=query.since,
            newest=query.until,
        )

    async def pending(self, limit: int) -> list[Mention]:
        where = {"state": str(AnalysisState.PENDING)}
        return await self._shelf.find(where, sort=[("fetched_at", 1)], limit=limit)

    async def read(self, mentions: Sequence[Mention], hits: Sequence[Hit]) -> int:
        if not mentions:
            return 0
        return await self._transactions.run(lambda: self._read(mentions, hits))

    async def _read(self, mentions: Sequence[Mention], hits: Sequence[Hit]) -> int:
        waiting = await self._shelf.raw({"_id": {"$in": [each.id for each in mentions]}}, fields={"state": 1})
        open_ = {found["_id"] for found in waiting if found["state"] == str(AnalysisState.PENDING)}
        counter = _Counter()
        changes = []
        for mention in mentions:
            if mention.id not in open_:
                continue
            document = self._shelf.codec.encode(mention)
            fields = ("state", "language", "sentiment", "score", "category", "keywords")
            changes.append(
                UpdateOne({"_id": mention.id}, {"$set": {name: document[name] for name in fields if name in document}})
            )
            counter.add(ALL, Stream.MENTIONS, mention.published_at, mention.sentiment or "", mention.reach)
        if changes:
            await self._shelf.change_each(changes)
        await self._noting.note([hit for hit in hits if hit.item_id in open_], counter)
        return len(changes)

    async def story_sizes(self, story_ids: Collection[MentionId]) -> dict[MentionId, int]:
        if not story_ids:
            return {}
        found = await self._shelf.group({"story_id": {"$in": list(story_ids)}}, "story_id")
        return {MentionId(story): count for story, count in found.items()}


class MongoSources:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._shelf = Shelf(database, SOURCES, Source)
        self._vault = vault

    async def all(self) -> list[Source]:
        return [self._open(document) for document in await self._shelf.raw({}, sort=[("_id", 1)])]

    async def get(self, source_id: SourceId) -> Source | None:
        found = await self._shelf.raw({"_id": source_id})
        return self._open(found[0]) if found else None

    async def insert(self, source: Source) -> None:
        await self._shelf.insert_document(self._sealed(source))

    async def save(self, source: Source) -> Source:
        stored = msgspec.structs.replace(source, version=source.version + 1)
        if not await self._shelf.replace({"_id": source.id, "version": source.version}, self._sealed(stored)):
            raise Stale(source.id)
        return stored

    async def delete(self, source_id: SourceId) -> bool:
        return await self._shelf.delete({"_id": source_id})

    def _open(self, document: Document) -> Source:
        sealed = document.get("headers")
        clear = _headers.decode(self._vault.open(sealed, f"{SOURCES}/{document['_id']}")) if sealed else {}
        return self._shelf.codec.decode({**document, "headers": clear})

    def _sealed(self, source: Source) -> Document:
        document = self._shelf.codec.encode(source)
        if source.headers:
            headers = {text(name): text(value) for name, value in source.headers.items()}
            document["headers"] = self._vault.seal(msgspec.json.encode(headers), f"{SOURCES}/{source.id}")
        return document


class MongoMonitors:
    def __init__(self, database: Database, clock: Clock, transactions: Transactions) -> None:
        self._shelf = Shelf(database, MONITORS, Monitor)
        self._noting = _Noting(database, clock)
        self._clock = clock
        self._transactions = transactions

    async def all(self) -> list[Monitor]:
        return await self._shelf.find({}, sort=[("_id", 1)])

    async def get(self, monitor_id: MonitorId) -> Monitor | None:
        return await self._shelf.get(monitor_id)

    async def insert(self, monitor: Monitor) -> None:
        await self._shelf.insert(monitor)

    async def save(self, monitor: Monitor) -> Monitor:
        stored = msgspec.structs.replace(monitor, version=monitor.version + 1)
        where = {"_id": monitor.id, "version": monitor.version}
        if not await self._shelf.replace(where, self._shelf.codec.encode(stored)):
            raise Stale(monitor.id)
        return stored

    async def delete(self, monitor_id: MonitorId) -> bool:
        gone = await self._shelf.delete({"_id": monitor_id})
        await self.forget(monitor_id)
        await self._noting.days.forget(monitor_id)
        return gone

    async def note(self, hits: Sequence[Hit]) -> int:
        if not hits:
            return 0
        return await self._transactions.run(lambda: self._noting.note(hits, _Counter()))

    async def forget(self, monitor_id: MonitorId) -> None:
        # With what was folded of them. Not in one transaction, which would last for seconds. Said afterwards, so that
        # what a reader kept meanwhile does not stay; whoever is cut short before begins again, with this.
        await self._noting.hours.delete_many({"monitor_id": monitor_id})
        await self._noting.hours.update_each(self._noting.days.all_changed(monitor_id))
        await self._noting.hits.delete_many({"monitor_id": monitor_id})

    async def hits(
        self,
        monitor_id: MonitorId,
        stream: Stream,
        since: datetime,
        until: datetime,
        *,
        after: Page | None = None,
        limit: int,
        sentiment: str | None = None,
    ) -> list[Hit]:
        if after is not None and after.at < since:
            return []
        return await newest_first(
            self._noting.hits,
            [{"monitor_id": monitor_id, "stream": str(stream)}],
            "at",
            now=min(until, self._clock.now()),
            after=after,
            limit=limit,
            residual={"sentiment": sentiment} if sentiment else None,
            oldest=since,
            newest=until,
        )

    async def hours(self, monitor_id: str, stream: Stream, since: datetime, until: datetime) -> list[HourCount]:
        return await self._noting.days.hours(monitor_id, stream, since, until)

    async def spread(self, monitor_id: str, stream: Stream, since: datetime, until: datetime) -> Spread:
        return await self._noting.days.spread(monitor_id, stream, since, until)


def hit_id(monitor_id: str, stream: Stream, item_id: str) -> str:
    return f"{monitor_id}|{stream}|{item_id}"


def _residual(query: MentionQuery, *, place: str) -> Document:
    """What a query asks beside time and monitor. place: the field that holds the site."""
    wanted: Document = {
        "story_id": query.story_id,
        "source_id": query.source_id,
        "sentiment": str(query.sentiment) if query.sentiment else None,
        "kind": str(query.kind) if query.kind else None,
        place: query.site,
    }
    kept = {name: value for name, value in wanted.items() if value is not None}
    if query.reach is not None:
        kept["reach"] = {"$gte": query.reach}
    if query.firsts:
        kept["repost"] = False
    return kept


def _unless_there(document: Document) -> UpdateOne:
    body = {name: value for name, value in document.items() if name != "_id"}
    return UpdateOne({"_id": document["_id"]}, {"$setOnInsert": body}, upsert=True)
