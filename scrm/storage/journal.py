"""The journal: what platforms sent, on disk before they hear OK.

A duplicate is success: the unique index on (channel_id, dedupe_key) decides, never a look before the write.
"""

from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.ids import ChannelId, JournalId
from scrm.model.work import LARGEST_BODY, JournalEntry, JournalState
from scrm.ports.stores import Page
from scrm.storage.codec import text
from scrm.storage.newest import newest_first
from scrm.storage.shelf import Database, Index, Shelf, setting

COLLECTION = "journal"

INDEXES = (
    Index(collection=COLLECTION, name="dedupe", keys=(("channel_id", 1), ("dedupe_key", 1)), unique=True),
    # Only what is pending is in it, so it stays small however long the journal grows.
    Index(
        collection=COLLECTION,
        name="pending",
        keys=(("state", 1), ("partition", 1), ("received_at", 1), ("_id", 1)),
        partial={"state": "pending"},
    ),
    Index(collection=COLLECTION, name="by_state", keys=(("state", 1), ("received_at", -1), ("_id", -1))),
)

_PENDING = str(JournalState.PENDING)


class MongoJournal:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._shelf = Shelf(database, COLLECTION, JournalEntry)
        self._clock = clock

    async def append(self, entries: Sequence[JournalEntry]) -> frozenset[JournalId]:
        """Raises ValueError on a body over LARGEST_BODY: `flow/journal` bounds it before."""
        if any(len(entry.body) > LARGEST_BODY for entry in entries):
            raise ValueError("a journal entry's body is at most 256 KiB")
        if not entries:
            return frozenset()
        stored = await self._shelf.insert_new(entries)
        return frozenset(entries[position].id for position in stored)

    async def pending(self, partition: int, limit: int) -> list[JournalEntry]:
        return await self._shelf.find(
            {"state": _PENDING, "partition": partition}, sort=[("received_at", 1), ("_id", 1)], limit=limit
        )

    async def waiting_in(self) -> frozenset[int]:
        return frozenset(await self._shelf.group({"state": _PENDING}, "partition"))

    async def finish(self, entry_ids: Sequence[JournalId], at: datetime) -> None:
        change = setting({"state": str(JournalState.DONE), "finished_at": at, "error": None})
        await self._shelf.update_each([UpdateOne({"_id": entry_id}, change) for entry_id in entry_ids])

    async def fail(self, entry_id: JournalId, error: str, at: datetime) -> None:
        change = setting({"state": str(JournalState.FAILED), "finished_at": at, "error": text(error)})
        await self._shelf.update({"_id": entry_id}, change | {"$inc": {"attempts": 1}})

    async def count_attempt(self, entry_id: JournalId, error: str) -> None:
        await self._shelf.update({"_id": entry_id}, {"$set": {"error": text(error)}, "$inc": {"attempts": 1}})

    async def get(self, entry_id: JournalId) -> JournalEntry | None:
        return await self._shelf.get(entry_id)

    async def page(
        self, state: JournalState, *, channel_id: ChannelId | None, after: Page | None, limit: int
    ) -> list[JournalEntry]:
        return await newest_first(
            self._shelf,
            [{"state": str(state)}],
            "received_at",
            now=self._clock.now(),
            after=after,
            limit=limit,
            residual={"channel_id": channel_id} if channel_id else None,
        )

    async def replay(self, entry_id: JournalId) -> bool:
        change = setting({"state": _PENDING, "attempts": 0, "error": None, "finished_at": None})
        return await self._shelf.update({"_id": entry_id, "state": str(JournalState.FAILED)}, change)

    async def forget_before(self, before: datetime, limit: int) -> int:
        where = {"state": str(JournalState.DONE), "received_at": {"$lt": before}}
        old = await self._shelf.raw(where, fields={"_id": 1}, limit=limit)
        return await self._shelf.delete_many({"_id": {"$in": [document["_id"] for document in old]}}) if old else 0

    async def numbers(self) -> dict[str, int]:
        return {
            "journal_pending": await self._shelf.count({"state": _PENDING}),
            "journal_failed": await self._shelf.count({"state": str(JournalState.FAILED)}),
        }
