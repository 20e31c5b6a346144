"""The feed of changes: one change stream on the database for the whole process, handed to every subscriber.

Many watchers would slow the server down for everybody. The feed resumes where it was after the database restarted;
where it cannot, and where a subscriber falls behind, subscribers get a `Gap` and read again what they show.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Literal, cast
from weakref import WeakSet

from pymongo import errors

from scrm.clock import end_tasks
from scrm.model.contact import Contact
from scrm.model.conversation import Conversation
from scrm.model.message import Message
from scrm.model.people import Agent
from scrm.model.topics import Alert
from scrm.ports.stores import Change, Gap
from scrm.storage import alerts, channels, contacts, conversations, journal, messages, people, topics, work
from scrm.storage.codec import Codec, Document
from scrm.storage.shelf import Database
from scrm.storage.vault import VaultError

# A subscriber that is this many changes behind has to read again anyway.
LONGEST_QUEUE = 10_000

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0
# How long the server holds a request that has nothing to tell.
_AWAIT_MS = 500

Kind = Literal["message", "conversation", "contact", "agent", "channel", "journal", "outbox", "alert", "incident"]

_RECORDS: dict[str, Kind] = {
    messages.COLLECTION: "message",
    conversations.COLLECTION: "conversation",
    contacts.COLLECTION: "contact",
    people.AGENTS: "agent",
    channels.COLLECTION: "channel",
    topics.ALERTS: "alert",
    alerts.INCIDENTS: "incident",
}
_WORK: dict[str, Kind] = {journal.COLLECTION: "journal", work.OUTBOX: "outbox"}

_PIPELINE: list[Mapping[str, Any]] = [
    {
        "$match": {
            "$or": [
                {
                    "ns.coll": {"$in": list(_RECORDS)},
                    "operationType": {"$in": ["insert", "update", "replace", "delete"]},
                },
                {"ns.coll": {"$in": list(_WORK)}, "operationType": "insert"},
                # Back to pending: a replay.
                {
                    "ns.coll": journal.COLLECTION,
                    "operationType": "update",
                    "updateDescription.updatedFields.state": "pending",
                },
            ]
        }
    },
    # A journal entry's body is none of the feed's business.
    {"$project": {"fullDocument.body": 0, "updateDescription": 0}},
]

log = logging.getLogger(__name__)


class Feed:
    """Starts at the first subscription, ends with `close`."""

    def __init__(self, database: Database, open_channel: Callable[[Document], Any]) -> None:
        self._database = database
        self._open_channel = open_channel
        self._codecs: dict[str, Codec[Any]] = {
            messages.COLLECTION: Codec(Message),
            conversations.COLLECTION: Codec(Conversation),
            contacts.COLLECTION: Codec(Contact),
            people.AGENTS: Codec(Agent),
            topics.ALERTS: Codec(Alert),
        }
        # Weak: a reader that was dropped without a word is not fed for ever.
        self._subscriptions: WeakSet[Subscription] = WeakSet()
        self._task: asyncio.Task[None] | None = None
        self._live = False
        self._closing = False

    def subscribe(self) -> "Subscription":
        """Counts from this call on. A Gap comes first: at once, or when the stream stands."""
        subscription = Subscription(self._subscriptions)
        self._subscriptions.add(subscription)
        if self._live:
            subscription.offer(Gap())
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="change feed")
        return subscription

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            await end_tasks(task)
        for subscription in list(self._subscriptions):
            subscription.end()

    async def _run(self) -> None:
        token: Mapping[str, Any] | None = None
        pause = _FIRST_PAUSE
        while not self._closing:
            try:
                async with await self._database.watch(
                    _PIPELINE, full_document="updateLookup", resume_after=token, max_await_time_ms=_AWAIT_MS
                ) as stream:
                    if token is None:
                        self._tell(Gap())
                    self._live, pause = True, _FIRST_PAUSE
                    token = stream.resume_token or token
                    while stream.alive and not self._closing:
                        event = await stream.try_next()
                        change = self._read(event) if event is not None else None
                        if change is not None:
                            self._tell(change)
                        token = stream.resume_token or token
            except errors.ConnectionFailure as error:
                log.warning("the change feed lost the database: %s", type(error).__name__)
            except errors.PyMongoError as error:
                # The place is gone from the server's log (or the server is another one): begin anew.
                log.warning("the change feed lost its place: %s", type(error).__name__)
                token = None
            except Exception:
                log.exception("the change feed could not read a change")
                token = None
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    def _tell(self, change: Change | Gap) -> None:
        for subscription in list(self._subscriptions):
            subscription.offer(change)

    def _read(self, event: Mapping[str, Any]) -> Change | None:
        collection, id_ = event["ns"]["coll"], str(event["documentKey"]["_id"])
        document = event.get("fullDocument")
        if kind := _WORK.get(collection):
            return Change(kind=kind, id=id_, partition=document["partition"]) if document else None
        kind = _RECORDS[collection]
        if document is None or kind == "incident":
            return Change(kind=kind, id=id_)
        if collection == channels.COLLECTION:
            try:
                return Change(kind=kind, id=id_, record=self._open_channel(document))
            except VaultError as error:
                log.error("%s", error)
                return None
        return Change(kind=kind, id=id_, record=self._codecs[collection].decode(cast(Document, document)))


class Subscription(AsyncIterator[Change | Gap]):
    """One reader's queue. Registered from its making, so nothing is missed before the first step."""

    def __init__(self, among: "WeakSet[Subscription]") -> None:
        self._among = among
        self._queue: asyncio.Queue[Change | Gap | None] = asyncio.Queue()

    def offer(self, change: Change | Gap) -> None:
        if self._queue.qsize() >= LONGEST_QUEUE:
            while not self._queue.empty():
                self._queue.get_nowait()
            change = Gap()
        self._queue.put_nowait(change)

    def end(self) -> None:
        self._among.discard(self)
        self._queue.put_nowait(None)

    async def __anext__(self) -> Change | Gap:
        change = await self._queue.get()
        if change is None:
            raise StopAsyncIteration
        return change

    async def aclose(self) -> None:
        self._among.discard(self)
