"""Replies on their way to the platform: each at most once, those of one conversation in order.

`begin` is on disk before a request leaves, so after a crash nobody has to guess: an entry found in `sending` that
nobody sends may have left, becomes `unknown`, and is never sent again by itself.

    waiting --begin--> sending --sent--> (deleted)        message: sent
       ^                  |--certain, retryable--> waiting           retrying, later
       |                  |--certain, final------> (deleted)         failed
       |                  '--outcome unknown-----> (deleted)         unknown
       '------------- an agent decides: retry ----------------------'
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import NotFound, SendError, SendErrorCode, StoreUnavailable
from scrm.flow import records, window
from scrm.flow.adapters import Adapters, Connected
from scrm.flow.reply import parts
from scrm.flow.split import split
from scrm.model.channel import ChannelState
from scrm.model.message import Message, MessageStatus, SendFailure
from scrm.model.work import OutboxEntry, OutboxState
from scrm.ports.channel import OutboundFile, OutboundMessage
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 6
# 2, 4, 8 … seconds, each ± half, at most five minutes: a message is given up after some minutes, not hours.
FIRST_DELAY = 2.0
LONGEST_DELAY = 300.0
STORE_AGAIN_SECONDS = 0.5
# Conversations of one partition that send at the same time.
ABREAST = 8
# What says more about the channel than about the message, and so belongs on the admin's screen.
CHANNEL_FAULTS = frozenset(
    {
        SendErrorCode.CREDENTIALS_REFUSED,
        SendErrorCode.ADDRESS_NOT_ALLOWED,
        SendErrorCode.NOT_PERMITTED,
        SendErrorCode.DAILY_QUOTA,
        SendErrorCode.UNREACHABLE,
    }
)


class Outbox:
    def __init__(self, stores: Stores, adapters: Adapters, clock: Clock, jitter: random.Random) -> None:
        self._stores = stores
        self._adapters = adapters
        self._clock = clock
        self._jitter = jitter

    async def step(self, partition: int) -> bool:
        """Send what is due, one message a conversation; whether there was anything."""
        waiting = await self._stores.outbox.waiting(partition)
        for entry in waiting:
            # A step ends only when its sends have; so who was sending this is gone, and so is what it knew.
            if entry.state is OutboxState.SENDING:
                await self._end(entry, MessageStatus.UNKNOWN, SendFailure(code=SendErrorCode.TIMEOUT))
        gate = asyncio.Semaphore(ABREAST)

        async def one(entry: OutboxEntry) -> bool:
            async with gate:
                return await self._send(entry)

        ends = await asyncio.gather(*(one(entry) for entry in self._due_heads(waiting)), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        return any(ends)

    def _due_heads(self, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        """The first entry of each conversation, where it is due; a later one never overtakes it."""
        heads: dict[str, OutboxEntry] = {}
        for entry in entries:
            heads.setdefault(entry.conversation_id, entry)
        now = self._clock.now()
        return [head for head in heads.values() if head.state is OutboxState.WAITING and head.due_at <= now]

    async def _send(self, entry: OutboxEntry) -> bool:
        message = await self._stores.messages.get(entry.id)
        if message is None:
            await self._stores.outbox.delete(entry.id)
            return True
        try:
            connected = await self._adapters.get(entry.channel_id)
        except NotFound:
            await self._end(entry, MessageStatus.FAILED, SendFailure(code=SendErrorCode.CHANNEL_PAUSED))
            return True
        if connected.channel.state is ChannelState.PAUSED or not await self._stores.outbox.begin(entry.id):
            return False
        await self._stores.messages.set_status(message.id, MessageStatus.SENDING)
        try:
            external_ids = await self._parts(entry, message, connected)
        except SendError as error:
            await self._surely(partial(self._failed, entry, message, connected, error))
        except Exception as error:
            log.exception("outbox.bug", message=message.id)
            unknown = SendError(SendErrorCode.PLATFORM_ERROR, certain=False, detail=repr(error))
            await self._surely(partial(self._failed, entry, message, connected, unknown))
        else:
            await self._surely(partial(self._end, entry, MessageStatus.SENT, None, external_ids))
            if connected.channel.last_error is not None:
                await self._stores.channels.note_error(entry.channel_id, None, self._clock.now())
        return True

    async def _surely(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write down an outcome, however long the database is away: only this process knows it."""
        while True:
            try:
                return await write()
            except StoreUnavailable:
                log.warning("outbox.store_unavailable")
                await self._clock.sleep(STORE_AGAIN_SECONDS)

    async def _parts(self, entry: OutboxEntry, message: Message, connected: Connected) -> tuple[str, ...]:
        """Send what has not been; the platform's ids of all parts."""
        texts = split(message.content, connected.adapter.type.capabilities)
        external_ids = entry.external_ids
        for number in range(entry.parts_sent, len(texts) + len(message.attachments)):
            outbound = await self._outbound(message, entry.recipient, texts, number)
            result = await connected.adapter.send(outbound)
            if result.external_id:
                external_ids = (*external_ids, result.external_id)
            await self._surely(partial(self._stores.outbox.part_sent, entry.id, number + 1, result.external_id))
        return external_ids

    async def _outbound(self, message: Message, recipient: str, texts: tuple[str, ...], number: int) -> OutboundMessage:
        part = OutboundMessage(
            message_id=message.id, part=number, recipient=recipient, content_type=message.content_type
        )
        if number < len(texts):
            return replace(part, content=texts[number])
        attachment = message.attachments[number - len(texts)]
        try:
            data = await self._stores.blobs.get(attachment.id)
        except NotFound as missing:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the file is gone") from missing
        return replace(
            part,
            content_type=records.content_type_of(attachment),
            file=OutboundFile(
                data=data, media_type=attachment.media_type, file_name=attachment.file_name or attachment.id
            ),
        )

    async def _failed(self, entry: OutboxEntry, message: Message, connected: Connected, error: SendError) -> None:
        failure = SendFailure(code=error.code, platform_code=error.platform_code, detail=error.detail)
        log.warning(
            "outbox.failed", message=entry.id, code=error.code, platform_code=error.platform_code, certain=error.certain
        )
        if error.code in CHANNEL_FAULTS:
            text = f"{error.code} {error.platform_code} {error.detail}".strip()
            await self._stores.channels.note_error(entry.channel_id, text, self._clock.now())
        if not error.certain:
            await self._end(entry, MessageStatus.UNKNOWN, failure)
        elif error.retryable and entry.attempts + 1 < MAX_ATTEMPTS:
            await self._stores.messages.set_status(entry.id, MessageStatus.RETRYING, failure=failure)
            await self._stores.outbox.postpone(entry.id, self._again_at(entry.attempts, error.retry_after))
        else:
            await self._give_up(entry, message, connected, error, failure)

    async def _give_up(
        self, entry: OutboxEntry, message: Message, connected: Connected, error: SendError, failure: SendFailure
    ) -> None:
        """It surely did not go: say so, and put the ledger of replies right."""
        stored = await self._stores.outbox.get(entry.id)
        unsent = parts(message, connected.adapter.type.capabilities) - (stored or entry).parts_sent

        async def correct() -> None:
            conversation = await self._stores.conversations.get(entry.conversation_id)
            if conversation is not None:
                ledger = window.corrected(window.returned(conversation.window, unsent), error.code)
                await self._stores.conversations.save(replace(conversation, window=ledger))

        await self._stores.transaction(correct)
        await self._end(entry, MessageStatus.FAILED, failure)

    async def _end(
        self,
        entry: OutboxEntry,
        status: MessageStatus,
        failure: SendFailure | None,
        external_ids: tuple[str, ...] | None = None,
    ) -> None:
        async def work() -> None:
            await self._stores.messages.set_status(entry.id, status, failure=failure, external_ids=external_ids)
            await self._stores.outbox.delete(entry.id)

        await self._stores.transaction(work)

    def _again_at(self, attempts: int, retry_after: float | None) -> datetime:
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2**attempts) * self._jitter.uniform(0.5, 1.5)
        return self._clock.now() + timedelta(seconds=max(delay, retry_after or 0.0))
