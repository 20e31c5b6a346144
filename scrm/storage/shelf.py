"""One collection of records: the few operations every store is made of.

Every call joins the open transaction, speaks in the hub's errors, and uses only queries that are right and quick on
both servers (docs/decisions/0002-storage.md): no `$or`, no `find_one_and_*`, no skip, no `count_documents`.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError
from pymongo.results import BulkWriteResult

from scrm.errors import Duplicate
from scrm.model.base import Record
from scrm.storage.codec import Codec, Document
from scrm.storage.faults import DUPLICATE_KEY, translate, translated
from scrm.storage.transaction import session

R = TypeVar("R", bound=Record)

# Documents written by one command: the embedded server serves nobody else until it is done, 1 to 2 ms for each of them.
_AT_ONCE = 8

Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]
Database = AsyncDatabase[Document]


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """An index as data. partial: only documents that match it are in the index. expires: TTL, in seconds."""

    collection: str
    name: str
    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    sparse: bool = False
    partial: dict[str, Any] | None = None
    expires: int | None = None


class Shelf(Generic[R]):
    def __init__(self, database: Database, name: str, type_: type[R]) -> None:
        self.collection = database[name]
        self.codec = Codec(type_)

    async def get(self, id_: str) -> R | None:
        return await self.first({"_id": id_})

    async def get_many(self, ids: Collection[str]) -> dict[str, R]:
        if not ids:
            return {}
        documents = await self.raw({"_id": {"$in": list(ids)}})
        return {document["_id"]: self.codec.decode(document) for document in documents}

    async def first(self, where: Filter) -> R | None:
        """The only record that matches; where several may, sort with `find`."""
        with translated():
            document = await self.collection.find_one(where, session=session())
        return None if document is None else self.codec.decode(document)

    async def find(self, where: Filter, *, sort: Sort | None = None, limit: int = 0) -> list[R]:
        return self.codec.decode_all(await self.raw(where, sort=sort, limit=limit))

    async def raw(
        self, where: Filter, *, fields: Mapping[str, int] | None = None, sort: Sort | None = None, limit: int = 0
    ) -> list[Document]:
        with translated():
            cursor = self.collection.find(where, fields, sort=sort, limit=limit, session=session())
            return await cursor.to_list()

    async def find_among(self, where: Filter, rest: Filter, *, sort: Sort, limit: int) -> list[R]:
        """Of what `where` matches by an index, what `rest` matches too. In two steps, because the embedded server uses
        no index for a query with a field that is in none; MongoDB takes both for one."""
        if not rest:
            return await self.find(where, sort=sort, limit=limit)
        steps: list[Document] = [{"$match": where}, {"$match": rest}, {"$sort": dict(sort)}]
        if limit:
            steps.append({"$limit": limit})
        with translated():
            cursor = await self.collection.aggregate(steps, session=session())
            return self.codec.decode_all(await cursor.to_list())

    async def walk(self, where: Filter, *, sort: Sort) -> AsyncIterator[R]:
        with translated():
            async with self.collection.find(where, sort=sort, batch_size=100, session=session()) as cursor:
                async for document in cursor:
                    yield self.codec.decode(document)

    async def group(self, where: Filter, by: str, *, among: Filter | None = None) -> dict[Any, int]:
        """How many match, by the value of the field `by`. among: of what `where` matches by an index, as `find_among`
        says."""
        steps: list[Document] = [{"$match": where}, *([{"$match": among}] if among else [])]
        with translated():
            cursor = await self.collection.aggregate(
                [*steps, {"$group": {"_id": f"${by}", "n": {"$sum": 1}}}], session=session()
            )
            return {row["_id"]: row["n"] for row in await cursor.to_list()}

    async def least_among(self, where: Filter, rest: Filter, by: str, field: str) -> dict[Any, Any]:
        """The least `field` of what matches both, by the value of `by`; in two steps, as `find_among` says."""
        least: Document = {"$group": {"_id": f"${by}", "least": {"$min": f"${field}"}}}
        steps: list[Document] = [{"$match": where}, {"$match": rest}, least]
        with translated():
            cursor = await self.collection.aggregate(steps, session=session())
            return {row["_id"]: row["least"] for row in await cursor.to_list()}

    async def sizes(self, ids: Collection[str], count: str) -> dict[str, tuple[int, int]]:
        """Of each document that is there: the number in its field `count`, and how many bytes it is long."""
        pipeline: list[Document] = [
            {"$match": {"_id": {"$in": list(ids)}}},
            {"$project": {"n": f"${count}", "bytes": {"$bsonSize": "$$ROOT"}}},
        ]
        with translated():
            cursor = await self.collection.aggregate(pipeline, session=session())
            return {row["_id"]: (int(row["n"]), int(row["bytes"])) for row in await cursor.to_list()}

    async def count(self, where: Filter) -> int:
        pipeline: list[Document] = [{"$match": where}, {"$group": {"_id": None, "n": {"$sum": 1}}}]
        with translated():
            cursor = await self.collection.aggregate(pipeline, session=session())
            rows = await cursor.to_list()
        return rows[0]["n"] if rows else 0

    async def count_among(self, where: Filter, rest: Filter) -> int:
        """Of what `where` matches by an index, how much `rest` matches too; in two steps, as `find_among` says."""
        steps: list[Document] = [{"$match": where}, {"$match": rest}, {"$group": {"_id": None, "n": {"$sum": 1}}}]
        with translated():
            cursor = await self.collection.aggregate(steps, session=session())
            rows = await cursor.to_list()
        return rows[0]["n"] if rows else 0

    async def insert(self, record: R, **derived: Any) -> None:
        """derived: fields for queries that the record itself does not have."""
        await self.insert_document({**self.codec.encode(record), **derived})

    async def insert_document(self, document: Document) -> None:
        with translated():
            await self.collection.insert_one(document, session=session())

    async def insert_documents(self, documents: Sequence[Document]) -> None:
        """Some at a time, one after the other: outside a transaction those before a duplicate are stored."""
        for start in range(0, len(documents), _AT_ONCE):
            with translated():
                await self.collection.insert_many(documents[start : start + _AT_ONCE], session=session())

    async def insert_new(self, records: Sequence[R]) -> frozenset[int]:
        """Insert those that violate no unique key; the positions of those inserted. Never inside a transaction,
        which the first duplicate would end."""
        try:
            await self.collection.insert_many([self.codec.encode(record) for record in records], ordered=False)
        except BulkWriteError as error:
            faults = error.details.get("writeErrors") or []
            if error.details.get("writeConcernErrors") or any(fault["code"] != DUPLICATE_KEY for fault in faults):
                raise translate(error) from error
            return frozenset(range(len(records))) - {fault["index"] for fault in faults}
        except Exception as error:
            _raise_translated(error)
        return frozenset(range(len(records)))

    async def put(self, record: R, **derived: Any) -> None:
        """Insert or replace by id."""
        await self.put_document({**self.codec.encode(record), **derived})

    async def put_document(self, document: Document) -> None:
        with translated():
            await self.collection.replace_one({"_id": document["_id"]}, document, upsert=True, session=session())

    async def replace(self, where: Filter, document: Document) -> bool:
        with translated():
            result = await self.collection.replace_one(where, document, session=session())
        return result.matched_count > 0

    async def update(
        self, where: Filter, change: Mapping[str, Any], *, upsert: bool = False, arrays: Sequence[Filter] | None = None
    ) -> bool:
        """Whether a document matched (or was made)."""
        with translated():
            result = await self.collection.update_one(
                where, change, upsert=upsert, array_filters=arrays, session=session()
            )
        return result.matched_count > 0 or result.upserted_id is not None

    async def update_many(self, where: Filter, change: Mapping[str, Any]) -> int:
        """How many matched."""
        with translated():
            return (await self.collection.update_many(where, change, session=session())).matched_count

    async def update_each(self, updates: Sequence[UpdateOne]) -> frozenset[int]:
        """Some at a time; the positions of those that made a new document."""
        made: set[int] = set()
        async for start, result in self._changed(updates):
            made.update(start + position for position in result.upserted_ids or {})
        return frozenset(made)

    async def change_each(self, updates: Sequence[UpdateOne]) -> int:
        """Some at a time; how many matched."""
        return sum([result.matched_count async for _, result in self._changed(updates)])

    async def _changed(self, updates: Sequence[UpdateOne]) -> AsyncIterator[tuple[int, BulkWriteResult]]:
        for start in range(0, len(updates), _AT_ONCE):
            some = updates[start : start + _AT_ONCE]
            with translated():
                result = await self.collection.bulk_write(some, ordered=False, session=session())
            yield start, result

    async def delete(self, where: Filter) -> bool:
        with translated():
            return (await self.collection.delete_one(where, session=session())).deleted_count > 0

    async def delete_many(self, where: Filter) -> int:
        with translated():
            return (await self.collection.delete_many(where, session=session())).deleted_count


async def count_up(database: Database, collection: str, counter: str, *, by: int = 1) -> int:
    """The last of the next `by` numbers of a counter, never given twice. Outside any transaction, so that transactions
    do not meet here; one that is undone leaves a gap."""
    if by < 1:
        raise ValueError("a counter only counts up")
    counters = database[collection]
    while True:
        with translated():
            stored = await counters.find_one({"_id": counter})
            if stored is not None:
                value = int(stored["value"])
                where = {"_id": counter, "value": value}
                if (await counters.update_one(where, {"$set": {"value": value + by}})).matched_count:
                    return value + by
                continue
        try:
            with translated():
                await counters.insert_one({"_id": counter, "value": by})
        except Duplicate:
            continue
        return by


def _raise_translated(error: Exception) -> None:
    with translated():
        raise error


def setting(values: Mapping[str, Any]) -> dict[str, Any]:
    """The update that stores these values; None takes the field away, as the codec leaves it out."""
    change: dict[str, Any] = {}
    if kept := {name: value for name, value in values.items() if value is not None}:
        change["$set"] = kept
    if gone := {name: "" for name, value in values.items() if value is None}:
        change["$unset"] = gone
    return change
