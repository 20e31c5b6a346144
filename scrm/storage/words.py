"""Word lists, what they found, and answered questions."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.ids import WordListId
from scrm.model.answers import Answer
from scrm.model.words import WordList, WordRecord
from scrm.ports.stores.queries import Page
from scrm.storage.newest import newest_first
from scrm.storage.shelf import Database, Index, Shelf

LISTS = "word_lists"
RECORDS = "word_records"
ANSWERS = "answers"

INDEXES = (
    Index(collection=LISTS, name="name", keys=(("name", 1),), unique=True),
    Index(collection=RECORDS, name="list", keys=(("list_id", 1), ("at", -1), ("_id", -1))),
    Index(collection=RECORDS, name="time", keys=(("at", 1),)),
    Index(collection=ANSWERS, name="learned", keys=(("learned_at", 1),)),
    Index(collection=ANSWERS, name="time", keys=(("at", 1),)),
)

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class MongoWordLists:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, LISTS, WordList)

    async def all(self) -> list[WordList]:
        return await self._shelf.find({}, sort=[("_id", 1)])

    async def get(self, list_id: WordListId) -> WordList | None:
        return await self._shelf.get(list_id)

    async def save(self, word_list: WordList) -> None:
        await self._shelf.put(word_list)

    async def delete(self, list_id: WordListId) -> bool:
        return await self._shelf.delete({"_id": list_id})


class MongoWordRecords:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._shelf = Shelf(database, RECORDS, WordRecord)
        self._clock = clock

    async def add(self, records: Sequence[WordRecord]) -> frozenset[str]:
        # Not an insert: inside a transaction a duplicate would end it.
        documents = [self._shelf.codec.encode(record) for record in records]
        made = await self._shelf.update_each(
            [
                UpdateOne(
                    {"_id": document["_id"]},
                    {"$setOnInsert": {name: value for name, value in document.items() if name != "_id"}},
                    upsert=True,
                )
                for document in documents
            ]
        )
        return frozenset(records[place].id for place in made)

    async def counts(self, since: datetime, until: datetime) -> dict[WordListId, int]:
        return await self._shelf.group({"at": {"$gte": since, "$lt": until}}, "list_id")

    async def page(self, list_id: WordListId, *, after: Page | None, limit: int) -> list[WordRecord]:
        return await newest_first(
            self._shelf, [{"list_id": list_id}], "at", now=self._clock.now(), after=after, limit=limit
        )


class MongoAnswers:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, ANSWERS, Answer)

    async def put(self, answers: Sequence[Answer]) -> None:
        documents = [self._shelf.codec.encode(answer) for answer in answers]
        await self._shelf.update_each(
            [
                UpdateOne(
                    {"_id": document["_id"]},
                    {"$set": {name: value for name, value in document.items() if name != "_id"}},
                    upsert=True,
                )
                for document in documents
            ]
        )

    async def since(self, learned_at: datetime) -> list[Answer]:
        return await self._shelf.find({"learned_at": {"$gte": learned_at}}, sort=[("learned_at", 1), ("_id", 1)])

    async def keep(self, count: int) -> int:
        times = await self._shelf.raw({"at": {"$gte": _EVER}}, fields={"at": 1}, sort=[("at", -1)])
        surplus = [document["_id"] for document in times[count:]]
        return await self._shelf.delete_many({"_id": {"$in": surplus}}) if surplus else 0

    async def clear(self) -> None:
        await self._shelf.delete_many({"at": {"$gte": _EVER}})
