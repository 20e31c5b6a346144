"""The search index: a queue of what waits, a list of segments, and their pages (decision 0008).

Every change is one transaction: new pages, old pages' end, the list and the queue. Whoever dies in between leaves
the index as it was, and the queue says what is still to be done. One process at a time changes it; any number read.
A reader may find that a page has gone, joined into a larger segment meanwhile: it reads the list again.
"""

import asyncio
import secrets
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from scrm.clock import Clock
from scrm.errors import Stale
from scrm.ids import ConversationId, MessageId
from scrm.model.base import Record
from scrm.model.search import Candidate, Candidates, Indexed, SearchFilter, Waiting, Wanted
from scrm.storage import lookup
from scrm.storage import segment as seg
from scrm.storage.codec import Document
from scrm.storage.codec import text as storable
from scrm.storage.faults import translated
from scrm.storage.segment import Head, Segment
from scrm.storage.shelf import Database, Shelf
from scrm.storage.transaction import Transactions

SEGMENTS = "search_segments"
PAGES = "search_pages"
QUEUE = "search_queue"
MESSAGES = "messages"

# Segments this size and below belong to a step; FAN of a step are joined.
STEPS = (64, 512, 4_096, seg.LARGEST)
FAN = 8
# Time a search may take, in seconds; segments are looked at newest first, a few at a time.
BUDGET = 0.5
ABREAST = 8
CACHE_BYTES = 64 * 1024 * 1024
QUEUED_TOGETHER = 500
_LIST_ID = "segments"
_AGAIN = 5
_ONE_REQUEST = 200


class Entry(Record, kw_only=True):
    """A segment in the list. newest: of its messages, in seconds since 1970."""

    id: str
    messages: int
    newest: int


class SegmentList(Record, kw_only=True):
    """version: counts up, for compare-and-set. rebuilding: messages of before a rebuild still wait.
    queueing: not all of them stand in the queue yet; so it stays when a rebuild is broken off, until the next one."""

    id: str
    version: int = 0
    segments: tuple[Entry, ...] = ()
    rebuilding: bool = False
    queueing: bool = False


class _Gone(Exception):
    """A page is not there any more."""


class MongoSearch:
    def __init__(self, database: Database, clock: Clock, transactions: Transactions) -> None:
        self._list = Shelf(database, SEGMENTS, SegmentList)
        self._pages = Shelf(database, PAGES, Waiting)
        self._queue = Shelf(database, QUEUE, Waiting)
        self._messages = database[MESSAGES]
        self._clock = clock
        self._transactions = transactions
        self._cache = _Cache()

    # --- taking in --------------------------------------------------------------------------------------------------

    async def queue(self, message_ids: Sequence[MessageId]) -> None:
        await self._queue.insert_documents(
            [_waiting(message_ids[at : at + QUEUED_TOGETHER]) for at in range(0, len(message_ids), QUEUED_TOGETHER)]
        )

    async def waiting(self, limit: int) -> list[Waiting]:
        return await self._queue.find({}, sort=[("_id", 1)], limit=limit)

    async def add(self, messages: Sequence[Indexed], done: Sequence[Waiting]) -> None:
        made = await asyncio.to_thread(seg.build, messages) if messages else None
        await self._transactions.run(partial(self._swap, made, (), [waiting.id for waiting in done]))

    async def tidy(self) -> bool:
        chosen = _to_join((await self._segments()).segments)
        try:
            held = [await self._whole(entry.id) for entry in chosen]
        except _Gone:  # a rebuild was faster
            return False
        if not held:
            return False
        joined = await asyncio.to_thread(seg.join, held)
        await self._transactions.run(partial(self._swap, joined, chosen, ()))
        return True

    async def rebuild(self) -> int:
        await self._transactions.run(self._forget)
        count = 0
        ids: list[MessageId] = []
        with translated():
            async with self._messages.find({}, {"_id": 1}, batch_size=QUEUED_TOGETHER) as cursor:
                async for document in cursor:
                    ids.append(document["_id"])
                    if len(ids) >= QUEUED_TOGETHER:
                        await self.queue(ids)
                        count, ids = count + len(ids), []
        await self.queue(ids)
        await self._transactions.run(self._all_queued)
        return count + len(ids)

    async def _swap(self, made: Segment | None, old: Sequence[Entry], done: Sequence[str]) -> None:
        """In a transaction: a new segment in the place of old ones, or at the end, so that later ones are newer."""
        listed = await self._segments()
        standing = {entry.id for entry in listed.segments}
        if any(entry.id not in standing for entry in old):
            return  # a rebuild was faster
        place = listed.segments.index(old[0]) if old else len(listed.segments)
        segments = [entry for entry in listed.segments if entry not in old]
        if made is not None:
            name = secrets.token_hex(6)
            times = seg.numbers(made.head.seconds, "I")
            segments.insert(place, Entry(id=name, messages=len(times), newest=max(times, default=0)))
            await self._pages.insert_documents(
                [{"_id": f"{name}/{page}", "data": data} for page, data in made.documents()]
            )
            await self._put(listed, segments=tuple(segments))
        await self._drop(old)
        if done:
            await self._queue.delete_many({"_id": {"$in": list(done)}})
            await self._complete()

    async def _drop(self, segments: Sequence[Entry]) -> None:
        for entry in segments:
            head = await self._head(entry.id)
            names = [f"{entry.id}/{page}" for page in ("head", *seg.names_of(head))]
            await self._pages.delete_many({"_id": {"$in": names}})

    async def _all_queued(self) -> None:
        await self._put(await self._segments(), queueing=False)
        await self._complete()

    async def _complete(self) -> None:
        listed = await self._segments()
        if listed.rebuilding and not listed.queueing and not await self._queue.raw({}, limit=1):
            await self._put(listed, rebuilding=False)

    async def _forget(self) -> None:
        listed = await self._segments()
        await self._put(listed, segments=(), rebuilding=True, queueing=True)
        await self._drop(listed.segments)

    async def _put(self, listed: SegmentList, **changes: Any) -> None:
        fresh = {"id": _LIST_ID, "version": listed.version + 1, "segments": listed.segments}
        record = SegmentList(**{**fresh, "rebuilding": listed.rebuilding, "queueing": listed.queueing, **changes})
        document = self._list.codec.encode(record)
        if listed.version == 0:
            await self._list.insert_document(document)
        elif not await self._list.replace({"_id": _LIST_ID, "version": listed.version}, document):
            raise Stale("the list of segments changed meanwhile")

    async def _segments(self) -> SegmentList:
        return await self._list.get(_LIST_ID) or SegmentList(id=_LIST_ID)

    # --- looking up -------------------------------------------------------------------------------------------------

    async def find(
        self, wanted: Sequence[Wanted], where: SearchFilter, *, now: datetime, limit: int, newest_first: bool = False
    ) -> Candidates:
        parts = [lookup.part_of(Wanted(text=storable(each.text), form=each.form)) for each in wanted if each.text]
        if not parts:
            return Candidates(best=(), matching=0)
        for _ in range(_AGAIN):
            try:
                return await self._found(parts, where, now=seg.seconds(now), limit=limit, newest_first=newest_first)
            except _Gone:
                continue
        return Candidates(best=(), matching=0, whole=False)

    async def _found(
        self, parts: Sequence[lookup.Part], where: SearchFilter, *, now: int, limit: int, newest_first: bool
    ) -> Candidates:
        listed = await self._segments()
        ends = self._clock.monotonic() + BUDGET
        order = sorted(listed.segments, key=lambda entry: -entry.newest)
        looked: list[tuple[str, Head, list[lookup.Matches]]] = []
        for at in range(0, len(order), ABREAST):
            names = [entry.id for entry in order[at : at + ABREAST]]
            entries = await self._entries(names, parts)
            matched = await asyncio.to_thread(_match_all, entries.values(), parts)
            looked += [(name, head, found) for (name, (head, _)), found in zip(entries.items(), matched, strict=True)]
            if self._clock.monotonic() > ends:
                break
        total = sum(len(head.marks) for _, head, _ in looked)
        places = {entry.id: place for place, entry in enumerate(listed.segments)}
        looked.sort(key=lambda each: places[each[0]])
        scored, matching = await asyncio.to_thread(
            partial(_rank, looked, parts, where, total=total, now=now, limit=limit, newest_first=newest_first)
        )
        return Candidates(
            best=await self._named(scored),
            matching=matching,
            whole=len(looked) == len(order) and not listed.rebuilding,
            alternatives=_alternatives(parts, looked),
        )

    async def _entries(
        self, names: Sequence[str], parts: Sequence[lookup.Part]
    ) -> dict[str, tuple[Head, lookup.Entries]]:
        heads: dict[str, Head] = dict(zip(names, await self._read([(name, "head") for name in names]), strict=True))
        pages = {name: lookup.pages_for(head, parts) for name, head in heads.items()}
        read = await self._dictionary(pages)
        further: dict[str, set[int]] = {}
        for name, head in heads.items():
            pairs = lookup.Entries(head, read[name]).pairs(parts)
            further[name] = {page for pair in pairs if (page := seg.page_of(head, pair)) is not None} - pages[name]
        for name, more in (await self._dictionary(further)).items():
            read[name].update(more)
        return {name: (head, lookup.Entries(head, read[name])) for name, head in heads.items()}

    async def _dictionary(self, pages: dict[str, set[int]]) -> dict[str, dict[int, dict[str, bytes]]]:
        wanted = [(name, number) for name, numbers in pages.items() for number in sorted(numbers)]
        read = await self._read([(name, seg.page_name(number)) for name, number in wanted])
        found: dict[str, dict[int, dict[str, bytes]]] = {name: {} for name in pages}
        for (name, number), page in zip(wanted, read, strict=True):
            found[name][number] = page
        return found

    async def _named(self, scored: Sequence[lookup.Scored]) -> tuple[Candidate, ...]:
        wanted = sorted({(each.segment, each.number // seg.IDS_A_PAGE) for each in scored})
        read = await self._read([(name, seg.ids_name(number)) for name, number in wanted])
        ids = dict(zip(wanted, read, strict=True))
        found: dict[str, Candidate] = {}
        for each in scored:
            id_, conversation_id = ids[each.segment, each.number // seg.IDS_A_PAGE][each.number % seg.IDS_A_PAGE]
            candidate = Candidate(
                id=MessageId(id_),
                conversation_id=ConversationId(conversation_id),
                at=seg.moment(each.seconds),
                score=each.score,
            )
            found.setdefault(id_, candidate)  # one that was taken in again stands in the index twice
        return tuple(found.values())

    # --- pages ------------------------------------------------------------------------------------------------------

    async def _head(self, name: str) -> Head:
        head: Head = (await self._read([(name, "head")]))[0]
        return head

    async def _whole(self, name: str) -> Segment:
        head = await self._head(name)
        names = seg.names_of(head)
        raw = await self._raw([f"{name}/{page}" for page in names])
        pages = [raw[f"{name}/{page}"] for page in names]
        return Segment(head, pages[: len(head.keys)], pages[len(head.keys) :])

    async def _read(self, wanted: Sequence[tuple[str, str]]) -> list[Any]:
        """Pages, decoded. Raises _Gone."""
        keys = [f"{name}/{page}" for name, page in wanted]
        missing = [key for key in keys if not self._cache.has(key)]
        held = {key: self._cache.get(key) for key in keys if self._cache.has(key)}
        for key, data in (await self._raw(missing)).items():
            held[key] = _decoded(key, data)
            self._cache.put(key, held[key], len(data))
        return [held[key] for key in keys]

    async def _raw(self, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for at in range(0, len(keys), _ONE_REQUEST):
            documents = await self._pages.raw({"_id": {"$in": list(keys[at : at + _ONE_REQUEST])}})
            found.update((document["_id"], document["data"]) for document in documents)
        if len(found) != len(set(keys)):
            raise _Gone
        return found


class _Cache:
    """Pages never change, so those used last stay in memory, up to a bound."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._size = 0

    def has(self, key: str) -> bool:
        return key in self._held

    def get(self, key: str) -> Any:
        self._held.move_to_end(key)
        return self._held[key][0]

    def put(self, key: str, page: Any, size: int) -> None:
        self._size += size - (self._held.pop(key)[1] if key in self._held else 0)
        self._held[key] = (page, size)
        while self._size > CACHE_BYTES:
            self._size -= self._held.popitem(last=False)[1][1]


def _waiting(ids: Sequence[MessageId]) -> Document:
    # A message may be queued again while it still waits, so its id alone would not do.
    return {"_id": f"{ids[0]}-{secrets.token_hex(4)}", "message_ids": list(ids)}


def _decoded(key: str, data: bytes) -> Any:
    page = key.rpartition("/")[2]
    if page == "head":
        return seg.read_head(data)
    return seg.read_page(data) if page[0] == "k" else seg.read_ids(data)


def _to_join(segments: Sequence[Entry]) -> list[Entry]:
    """FAN segments of one step or more, the smallest step first, as many as fit into the largest; in their order."""
    by_step: defaultdict[int, list[Entry]] = defaultdict(list)
    for entry in segments:
        if entry.messages <= seg.LARGEST // 2:
            by_step[next(step for step in STEPS if entry.messages <= step)].append(entry)
    for step in STEPS:
        if len(by_step[step]) >= FAN:
            chosen: list[Entry] = []
            for entry in sorted(by_step[step], key=lambda entry: entry.messages):
                if sum(each.messages for each in chosen) + entry.messages <= seg.LARGEST:
                    chosen.append(entry)
            return [entry for entry in segments if entry in chosen]
    return []


def _match_all(
    segments: Iterable[tuple[Head, lookup.Entries]], parts: Sequence[lookup.Part]
) -> list[list[lookup.Matches]]:
    return [[entries.match(part) for part in parts] for _, entries in segments]


def _rank(
    looked: Sequence[tuple[str, Head, list[lookup.Matches]]],
    parts: Sequence[lookup.Part],
    where: SearchFilter,
    *,
    total: int,
    now: int,
    limit: int,
    newest_first: bool,
) -> tuple[list[lookup.Scored], int]:
    weights = lookup.weigh(parts, [found for _, _, found in looked], total)
    chosen: list[lookup.Scored] = []
    matching = 0
    places = {name: place for place, (name, _, _) in enumerate(looked)}
    for name, head, found in looked:
        held = lookup.kept(head, where, lookup.score(parts, found, weights))
        matching += len(held)
        chosen += lookup.best(name, head, held, now=now, limit=limit, newest_first=newest_first)
    # Within a second the later number, of the later segment, came later.
    chosen.sort(key=lambda each: (0.0 if newest_first else each.score, each.seconds, places[each.segment], each.number))
    return chosen[: -limit - 1 : -1], matching


def _alternatives(
    parts: Sequence[lookup.Part], looked: Sequence[tuple[str, Head, list[lookup.Matches]]]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for _, _, matches in looked:
        for part, match in zip(parts, matches, strict=True):
            if match.alternatives:
                found.setdefault(part.text, set()).update(match.alternatives)
    return {text: tuple(sorted(pairs)) for text, pairs in found.items()}
