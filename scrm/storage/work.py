"""Work under way: the outbox, tasks, pulls and leases. Everything is claimed by compare-and-set."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pymongo import UpdateOne

from scrm.errors import Duplicate
from scrm.ids import ChannelId, MessageId, TaskId
from scrm.model.work import Lease, OutboxEntry, OutboxState, Pull, Task
from scrm.storage.codec import Document, text
from scrm.storage.shelf import Database, Index, Shelf, setting

OUTBOX = "outbox"
TASKS = "tasks"
PULLS = "pulls"
LEASES = "leases"

INDEXES = (
    Index(collection=OUTBOX, name="partition", keys=(("partition", 1),)),
    Index(collection=TASKS, name="subject", keys=(("subject", 1), ("kind", 1)), unique=True),
    Index(
        collection=TASKS,
        name="due",
        keys=(("failed", 1), ("partition", 1), ("asks_platform", 1), ("due_at", 1)),
        partial={"failed": False},
    ),
    Index(collection=TASKS, name="failed", keys=(("failed", 1), ("_id", 1)), partial={"failed": True}),
    Index(collection=PULLS, name="due", keys=(("partition", 1), ("due_at", 1))),
)


class MongoOutbox:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, OUTBOX, OutboxEntry)

    async def insert(self, entry: OutboxEntry) -> None:
        await self._shelf.insert(entry)

    async def get(self, message_id: MessageId) -> OutboxEntry | None:
        return await self._shelf.get(message_id)

    async def waiting(self, partition: int) -> list[OutboxEntry]:
        # Entries leave the outbox when they are done, so the partition is what waits.
        entries = await self._shelf.find({"partition": partition})
        entries.sort(key=lambda entry: (entry.conversation_id, entry.order))
        return [entry for entry in entries if entry.state is not OutboxState.DONE]

    async def waiting_in(self) -> frozenset[int]:
        return frozenset(await self._shelf.group({"partition": {"$gte": 0}}, "partition"))

    async def begin(self, message_id: MessageId, holder: str) -> bool:
        return await self._shelf.update(
            {"_id": message_id, "state": str(OutboxState.WAITING)},
            {"$set": {"state": str(OutboxState.SENDING), "holder": holder}, "$inc": {"attempts": 1}},
        )

    async def part_sent(self, entry: OutboxEntry, parts_sent: int, external_id: str) -> None:
        """Once: a repeat of the same number changes nothing. An empty external id is not kept."""
        change: dict[str, object] = {"$set": {"parts_sent": parts_sent}}
        if external_id:
            change["$push"] = {"external_ids": text(external_id)}
        await self._shelf.update({**_try_of(entry), "parts_sent": {"$lt": parts_sent}}, change)

    async def postpone(self, entry: OutboxEntry, due_at: datetime) -> bool:
        return await self._shelf.update(
            {**_try_of(entry), "state": str(OutboxState.SENDING)},
            {"$set": {"state": str(OutboxState.WAITING), "due_at": due_at}},
        )

    async def delete(self, entry: OutboxEntry) -> bool:
        return await self._shelf.delete(_try_of(entry))

    async def numbers(self) -> dict[str, int]:
        # The whole collection is what is on its way, so it is small.
        return {"outbox_waiting": await self._shelf.count({})}


def _try_of(entry: OutboxEntry) -> dict[str, object]:
    """One that an agent sends again is a new entry under the old id, and counts its tries anew."""
    return {"_id": entry.id, "created_at": entry.created_at, "attempts": entry.attempts}


class MongoTasks:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TASKS, Task)

    async def add(self, tasks: Sequence[Task]) -> None:
        # Not an insert: inside a transaction a duplicate would end it.
        await self._shelf.update_each(
            [
                UpdateOne(
                    {"subject": task.subject, "kind": str(task.kind)},
                    {
                        "$set": {"due_at": task.due_at, "failed": False, "attempts": 0, "error": None},
                        "$inc": {"wanted": 1},
                        "$setOnInsert": self._rest(task),
                    },
                    upsert=True,
                )
                for task in tasks
            ]
        )

    async def due(self, partition: int, now: datetime, limit: int, *, asks_platform: bool) -> list[Task]:
        return await self._shelf.find(
            {"failed": False, "partition": partition, "asks_platform": asks_platform, "due_at": {"$lte": now}},
            sort=[("due_at", 1), ("_id", 1)],
            limit=limit,
        )

    async def due_in(self, now: datetime, *, asks_platform: bool) -> frozenset[int]:
        due: Document = {"asks_platform": asks_platform, "due_at": {"$lte": now}}
        return frozenset(await self._shelf.group({"failed": False}, "partition", among=due))

    async def done(self, tasks: Sequence[Task]) -> None:
        # Nearly all were wanted once: one request.
        for wanted in {task.wanted for task in tasks}:
            ids = [task.id for task in tasks if task.wanted == wanted]
            # 0: of a time before it was counted, where the field is missing.
            await self._shelf.delete_many({"_id": {"$in": ids}, "wanted": wanted or None})

    async def delete(self, task_ids: Sequence[TaskId]) -> None:
        if task_ids:
            await self._shelf.delete_many({"_id": {"$in": list(task_ids)}})

    async def postpone(self, task: Task, due_at: datetime, error: str) -> None:
        await self._tried(task, {"due_at": due_at, "error": text(error)})

    async def fail(self, task: Task, error: str) -> None:
        await self._tried(task, {"failed": True, "error": text(error)})

    async def _tried(self, task: Task, values: dict[str, object]) -> None:
        where = {"_id": task.id, "wanted": task.wanted or None}
        await self._shelf.update(where, {"$set": values, "$inc": {"attempts": 1}})

    async def get(self, task_id: TaskId) -> Task | None:
        return await self._shelf.get(task_id)

    async def failed(self, *, after: TaskId | None, limit: int) -> list[Task]:
        where: dict[str, object] = {"failed": True}
        if after is not None:
            where["_id"] = {"$lt": after}
        return await self._shelf.find(where, sort=[("_id", -1)], limit=limit)

    async def retry(self, task_id: TaskId, now: datetime) -> bool:
        return await self._shelf.update(
            {"_id": task_id, "failed": True}, {"$set": {"failed": False, "due_at": now, "attempts": 0, "error": None}}
        )

    def _rest(self, task: Task) -> dict[str, object]:
        """What neither the upsert's filter nor what is set says."""
        said = ("subject", "kind", "due_at", "failed", "attempts", "error", "wanted")
        document = {**self._shelf.codec.encode(task), "asks_platform": task.kind.asks_platform}
        return {name: value for name, value in document.items() if name not in said}

    async def numbers(self) -> dict[str, int]:
        return {
            "tasks_waiting": await self._shelf.count({"failed": False}),
            "tasks_failed": await self._shelf.count({"failed": True}),
        }


class MongoPulls:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, PULLS, Pull)

    async def plan(self, pulls: Sequence[Pull]) -> None:
        # Not an insert: inside a transaction a duplicate would end it.
        await self._shelf.update_each([UpdateOne({"_id": pull.id}, self._made(pull), upsert=True) for pull in pulls])

    async def want(self, pull: Pull) -> None:
        changed: dict[str, object] = {"due_at": pull.due_at, "attempts": 0}
        if pull.ticket:
            changed |= {"ticket": text(pull.ticket), "ticket_at": pull.ticket_at}
        made = {name: value for name, value in self._rest(pull).items() if name not in changed and name != "wanted"}
        change = {"$set": changed, "$inc": {"wanted": 1}, "$setOnInsert": made}
        await self._shelf.update({"_id": pull.id}, change, upsert=True)

    async def due(self, partition: int, now: datetime, limit: int) -> list[Pull]:
        where = {"partition": partition, "due_at": {"$lte": now}}
        return await self._shelf.find(where, sort=[("due_at", 1)], limit=limit)

    async def due_in(self, now: datetime) -> frozenset[int]:
        return frozenset(
            await self._shelf.group({"partition": {"$gte": 0}}, "partition", among={"due_at": {"$lte": now}})
        )

    async def advance(self, pull: Pull, account: str, cursor: str) -> bool:
        where = {"_id": pull.id, "account": pull.account, "cursor": pull.cursor}
        changed = {"account": text(account), "cursor": text(cursor), "attempts": 0, "error": None}
        return await self._shelf.update(where, setting(changed))

    async def rest(self, pull: Pull, due_at: datetime) -> bool:
        changed = {"due_at": due_at, "attempts": 0, "error": None}
        return await self._shelf.update({"_id": pull.id, "wanted": pull.wanted}, setting(changed))

    async def postpone(self, pull: Pull, due_at: datetime, error: str) -> bool:
        change = {"$set": {"due_at": due_at, "error": text(error)}, "$inc": {"attempts": 1}}
        return await self._shelf.update({"_id": pull.id, "wanted": pull.wanted}, change)

    async def get(self, channel_id: ChannelId) -> Pull | None:
        return await self._shelf.get(channel_id)

    async def delete(self, channel_id: ChannelId) -> None:
        await self._shelf.delete({"_id": channel_id})

    def _made(self, pull: Pull) -> dict[str, object]:
        return {"$setOnInsert": self._rest(pull)}

    def _rest(self, pull: Pull) -> dict[str, object]:
        """What the upsert's filter does not say."""
        return {name: value for name, value in self._shelf.codec.encode(pull).items() if name != "_id"}


class MongoLeases:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, LEASES, Lease)

    async def acquire(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        taken = {"$set": {"name": name, "owner": owner, "until": until}}
        if await self._shelf.update({"_id": name, "owner": owner}, taken):
            return True
        if await self._shelf.update({"_id": name, "until": {"$lte": now}}, taken):
            return True
        try:
            await self._shelf.insert_document({"_id": name, "name": name, "owner": owner, "until": until})
        except Duplicate:
            return False
        return True

    async def renew(self, names: Collection[str], owner: str, until: datetime) -> frozenset[str]:
        own = {"_id": {"$in": list(names)}, "owner": owner}
        if not names or await self._shelf.update_many(own, {"$set": {"until": until}}) == len(names):
            return frozenset(names)
        return frozenset(lease.name for lease in await self._shelf.find(own))

    async def release(self, name: str, owner: str) -> None:
        await self._shelf.delete({"_id": name, "owner": owner})

    async def forget(self, before: datetime) -> int:
        old = [lease.name for lease in await self._shelf.find({}) if lease.until < before]
        # Asked again: one of these names may have been taken since they were read, as all are after a long pause.
        still = {"_id": {"$in": old}, "until": {"$lt": before}}
        return await self._shelf.delete_many(still) if old else 0

    async def held(self, now: datetime) -> list[Lease]:
        # There are some twenty names in all.
        return [lease for lease in await self._shelf.find({}) if lease.until > now]
