"""Messages: the entries of all conversations. Changes after creation are compare-and-set and count `revision`."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Any

from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.ids import ChannelId, ContactId, ConversationId, MessageId
from scrm.model.analysis import AnalysisState
from scrm.model.message import STATUS_RANK, Attachment, Corrected, Message, MessageStatus, SendFailure
from scrm.ports.stores import Page, Reading
from scrm.storage.codec import Document, part
from scrm.storage.codec import text as storable
from scrm.storage.newest import newest_first
from scrm.storage.shelf import Database, Index, Shelf, setting
from scrm.storage.transaction import Transactions

COLLECTION = "messages"
LARGEST_WINDOW = 500

INDEXES = (
    Index(collection=COLLECTION, name="position", keys=(("conversation_id", 1), ("position", 1)), unique=True),
    # Keys joined in one field: a sparse index then leaves out every message that has none, on every server.
    Index(collection=COLLECTION, name="external_id", keys=(("external_keys", 1),), unique=True, sparse=True),
    Index(collection=COLLECTION, name="client_id", keys=(("client_key", 1),), unique=True, sparse=True),
    Index(collection=COLLECTION, name="timeline", keys=(("contact_id", 1), ("occurred_at", -1), ("_id", -1))),
    Index(collection=COLLECTION, name="attachment", keys=(("attachments.id", 1),), sparse=True),
)

_RETURNS = (str(MessageStatus.FAILED), str(MessageStatus.UNKNOWN))


Queue = Callable[[Sequence[MessageId]], Awaitable[None]]


class MongoMessages:
    def __init__(self, database: Database, clock: Clock, transactions: Transactions, queue: Queue) -> None:
        """queue: has messages taken into the search index."""
        self._shelf = Shelf(database, COLLECTION, Message)
        self._clock = clock
        self._transactions = transactions
        self._queue = queue

    async def insert(self, *messages: Message) -> None:
        if messages:
            await self._transactions.run(partial(self._insert, messages))

    async def _insert(self, messages: Sequence[Message]) -> None:
        await self._shelf.insert_documents([self._document(message) for message in messages])
        # One that is being read is queued with its reading: nobody who waits for it has to wait for that.
        await self._queue([each.id for each in messages if each.analysis_state is not AnalysisState.PENDING])

    async def get(self, message_id: MessageId) -> Message | None:
        return await self._shelf.get(message_id)

    async def get_many(self, ids: Collection[MessageId]) -> dict[MessageId, Message]:
        found = await self._shelf.get_many(ids)
        return {message.id: message for message in found.values()}

    async def by_external_id(self, channel_id: ChannelId, external_id: str) -> Message | None:
        if not external_id:
            return None
        return await self._shelf.first({"external_keys": _external_keys(channel_id, (external_id,))[0]})

    async def by_client_id(self, conversation_id: ConversationId, client_id: str) -> Message | None:
        return await self._shelf.first({"client_key": _client_key(conversation_id, client_id)})

    async def by_attachment(self, attachment_id: str) -> Message | None:
        return await self._shelf.first({"attachments.id": attachment_id})

    async def thread(self, conversation_id: ConversationId, *, after: int, until: int) -> list[Message]:
        until = min(until, after + LARGEST_WINDOW)
        return await self._shelf.find(
            {"conversation_id": conversation_id, "position": {"$gt": after, "$lte": until}}, sort=[("position", 1)]
        )

    async def timeline(self, contact_id: ContactId, *, before: Page | None, limit: int) -> list[Message]:
        return await newest_first(
            self._shelf,
            [{"contact_id": contact_id}],
            "occurred_at",
            now=self._clock.now(),
            after=before,
            limit=limit,
        )

    async def set_analyses(self, readings: Sequence[Reading]) -> int:
        async def work() -> int:
            await self._queue([reading.message_id for reading in readings])
            return await self._shelf.change_each([_reading(reading) for reading in readings])

        return await self._transactions.run(work) if readings else 0

    async def read_again(self, message_id: MessageId) -> bool:
        return await self._shelf.update(
            {"_id": message_id, "analysis_state": str(AnalysisState.FAILED)},
            {"$set": {"analysis_state": str(AnalysisState.PENDING)}},
        )

    async def set_correction(self, message_id: MessageId, correction: Corrected | None) -> Message | None:
        """Search filters by what was corrected."""
        change = setting({"correction": part(correction) if correction else None})
        return await self._found_otherwise({"_id": message_id}, change)

    async def set_status(
        self,
        message_id: MessageId,
        status: MessageStatus,
        *,
        failure: SendFailure | None = None,
        external_ids: tuple[str, ...] | None = None,
        only_from: MessageStatus | None = None,
    ) -> Message | None:
        rank = STATUS_RANK[status]
        from_ = [str(each) for each, stands in STATUS_RANK.items() if stands < rank or stands == rank == 0]
        if only_from is not None:
            from_ = [each for each in from_ if each == only_from]
        values: dict[str, Any] = {"status": str(status), "failure": part(failure) if failure else None}
        if external_ids is not None:
            message = await self._shelf.get(message_id)
            if message is None:
                return None
            values["external_ids"] = [storable(external_id) for external_id in external_ids] or None
            values["external_keys"] = _external_keys(message.channel_id, external_ids) or None
        return await self._changed({"_id": message_id, "status": {"$in": from_}}, setting(values))

    async def requeue(self, message_id: MessageId) -> Message | None:
        change = setting(
            {"status": str(MessageStatus.QUEUED), "failure": None, "external_ids": None, "external_keys": None}
        )
        return await self._changed({"_id": message_id, "status": {"$in": list(_RETURNS)}}, change)

    async def join(self, contact_id: ContactId, into: ContactId) -> None:
        await self._shelf.update_many(
            {"contact_id": contact_id}, {"$set": {"contact_id": into}, "$inc": {"revision": 1}}
        )

    async def set_attachment(self, message_id: MessageId, attachment: Attachment) -> Message | None:
        where = {"_id": message_id, "attachments.id": attachment.id}
        change = {"$set": {"attachments.$[this]": part(attachment)}}
        arrays = [{"this.id": attachment.id}]
        if attachment.file_name is None:
            return await self._changed(where, change, arrays=arrays)
        return await self._found_otherwise(where, change, arrays=arrays)

    async def revise(self, message: Message) -> Message | None:
        document = self._shelf.codec.encode(message)
        names = ("content_type", "content", "details", "attachments", "analysis_state", "template")
        return await self._found_otherwise({"_id": message.id}, setting({name: document.get(name) for name in names}))

    def _document(self, message: Message) -> Document:
        document = self._shelf.codec.encode(message)
        if keys := _external_keys(message.channel_id, message.external_ids):
            document["external_keys"] = keys
        if message.client_id is not None:
            document["client_key"] = _client_key(message.conversation_id, message.client_id)
        return document

    async def _found_otherwise(
        self, where: Document, change: dict[str, Any], *, arrays: list[Document] | None = None
    ) -> Message | None:
        """A change of something that search knows."""

        async def work() -> Message | None:
            message = await self._changed(where, change, arrays=arrays)
            if message is not None:
                await self._queue([message.id])
            return message

        return await self._transactions.run(work)

    async def _changed(
        self, where: Document, change: dict[str, Any], *, arrays: list[Document] | None = None
    ) -> Message | None:
        change = {**change, "$inc": {"revision": 1}}
        if not await self._shelf.update(where, change, arrays=arrays):
            return None
        return await self._shelf.get(where["_id"])


def _reading(reading: Reading) -> UpdateOne:
    values: dict[str, Any] = {"analysis_state": str(reading.state)}
    if reading.analysis is not None:
        values["analysis"] = part(reading.analysis)
    if reading.counted is not None:
        values["counted"] = part(reading.counted)
    where = {
        "_id": reading.message_id,
        "analysis_state": str(AnalysisState.PENDING),
        "content": storable(reading.content),
    }
    return UpdateOne(where, {**setting(values), "$inc": {"revision": 1}})


def _external_keys(channel_id: ChannelId, external_ids: Sequence[str]) -> list[str]:
    return [f"{channel_id} {storable(each)}" for each in dict.fromkeys(external_ids) if each]


def _client_key(conversation_id: ConversationId, client_id: str) -> str:
    return f"{conversation_id} {storable(client_id)}"
