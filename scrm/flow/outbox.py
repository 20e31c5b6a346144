"""Replies on their way to the platform: each at most once, those of one conversation in order.

`begin` is on disk before a request leaves, so after a crash nobody has to guess: an entry found in `sending` that
nobody sends may have left, becomes `unknown`, and is never sent again by itself. Only where the platform knows a part
by a key, and so takes it once however often it is asked, a lost answer is asked for again.

    waiting --begin--> sending --sent--> (deleted)        message: sent
       ^                  |--certain, retryable--> waiting           retrying, later
       |                  |--unknown, repeatable-> waiting           retrying, with the same key
       |                  |--window closed-------> waiting           queued, as the automatic template (once)
       |                  |--certain, final------> (deleted)         failed
       |                  '--outcome unknown-----> (deleted)         unknown
       '------------- an agent decides: retry ----------------------'
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

import structlog
from msgspec.structs import replace

from scrm.clock import Clock, end_tasks
from scrm.errors import NotFound, SendError, SendErrorCode, StoreUnavailable
from scrm.flow import records
from scrm.flow.adapters import Adapters, Connected
from scrm.flow.exchanges import Exchanges
from scrm.flow.outcomes import Outcomes
from scrm.flow.partitions import Claim
from scrm.flow.reply import LOOK_BACK, parts
from scrm.flow.split import split
from scrm.flow.templates import Automatic
from scrm.ids import ChannelId, ConversationId
from scrm.model.channel import Capabilities, ChannelState
from scrm.model.exchange import Way
from scrm.model.message import Attachment, ContentType, Message, MessageKind, MessageStatus, SendFailure
from scrm.model.work import OutboxEntry, OutboxState
from scrm.ports import lent
from scrm.ports.channel import OutboundFile, OutboundMessage, SendResult
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)

T = TypeVar("T")

STORE_AGAIN_SECONDS = 0.5
# While something is on its way, replies of other conversations are looked for this often.
LOOK_AGAIN_SECONDS = 0.1
HELD_UP_SECONDS = 5.0
# Platforms remember a part's key for a day (LINE); what was held up for longer than this might be taken as another.
REPEATED_WITHIN = timedelta(hours=12)
# Conversations of one partition that send at the same time.
ABREAST = 8


class _NotOurs(Exception):
    """The partition is being given back, or its lease may have run out: send nothing more."""


class Outbox:
    def __init__(
        self,
        stores: Stores,
        adapters: Adapters,
        automatic: Automatic,
        clock: Clock,
        jitter: random.Random,
        owner: str,
        *,
        exchanges: Exchanges | None = None,
        files: str | None = None,
    ) -> None:
        """owner: this process's name. exchanges: where an administrator sees what went out. files: the address before
        that of a file which a platform may fetch; None: the world does not know the hub's."""
        self._files = files
        self._exchanges = exchanges or Exchanges(stores.channels, clock)
        self._stores = stores
        self._adapters = adapters
        self._outcomes = Outcomes(stores, automatic, clock, jitter)
        self._clock = clock
        self._owner = owner

    async def step(self, claim: Claim) -> bool:
        """Send what is due, one message a conversation at a time; whether there was anything.

        Goes on while anything is on its way, so that one slow conversation holds up no other.
        """
        flying: dict[ConversationId, asyncio.Task[bool]] = {}
        # Until when: its channel is paused, or another holder has it.
        held_up: dict[ConversationId, float] = {}
        busy = False
        try:
            while True:
                held_up = {each: until for each, until in held_up.items() if until > self._clock.monotonic()}
                if claim.holds():
                    await self._launch(claim, flying, held_up)
                if not flying:
                    return busy
                await asyncio.wait(flying.values(), timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                for conversation_id in [held for held, task in flying.items() if task.done()]:
                    if flying.pop(conversation_id).result():
                        busy = True
                    else:
                        held_up[conversation_id] = self._clock.monotonic() + HELD_UP_SECONDS
        except asyncio.CancelledError:
            await end_tasks(*flying.values())
            raise
        finally:
            await asyncio.gather(*flying.values(), return_exceptions=True)

    async def _launch(
        self, claim: Claim, flying: dict[ConversationId, asyncio.Task[bool]], held_up: dict[ConversationId, float]
    ) -> None:
        waiting = await self._stores.outbox.waiting(claim.partition)
        for entry in waiting:
            # Nobody sends it: who did is gone, and so is what it knew. Asked again, for the read may have taken long:
            # what another holder sends is none of ours.
            beyond = entry.conversation_id in flying or entry.conversation_id in held_up
            lost = entry.state is OutboxState.SENDING and not beyond and claim.holds()
            if lost and not await self._spared(entry, partial(self._orphaned, entry)):
                held_up[entry.conversation_id] = self._clock.monotonic() + HELD_UP_SECONDS
        for entry in self._due_heads(waiting):
            free = entry.conversation_id not in flying and entry.conversation_id not in held_up
            if free and len(flying) < ABREAST:
                sending = self._spared(entry, partial(self._send, entry, claim))
                flying[entry.conversation_id] = asyncio.create_task(sending, name=f"send-{entry.id}")

    def _due_heads(self, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        """The first entry of each conversation, where it is due; a later one never overtakes it."""
        heads: dict[ConversationId, OutboxEntry] = {}
        for entry in entries:
            heads.setdefault(entry.conversation_id, entry)
        now = self._clock.now()
        return [head for head in heads.values() if head.state is OutboxState.WAITING and head.due_at <= now]

    async def _orphaned(self, entry: OutboxEntry) -> bool:
        """Found in `sending`: sent if the platform had taken every part, else nobody knows. True: it is decided."""
        message = await self._stores.messages.get(entry.id)
        try:
            connected = await self._connected(entry.channel_id)
        except NotFound:
            connected = None
        if (
            message is not None
            and connected is not None
            and entry.parts_sent >= parts(message, connected.adapter.type.capabilities)
        ):
            await self._outcomes.end(entry, MessageStatus.SENT, None, entry.external_ids)
            return True
        failure = SendFailure(code=SendErrorCode.TIMEOUT)
        await self._outcomes.end(entry, MessageStatus.UNKNOWN, failure, entry.external_ids)
        return True

    async def _connected(self, channel_id: ChannelId) -> Connected | None:
        """None: it cannot be used as it is stored; an administrator may mend it. Raises NotFound."""
        try:
            return await self._adapters.get(channel_id)
        except (NotFound, StoreUnavailable):
            raise
        except Exception as error:
            log.error("outbox.not_connected", channel=channel_id, error=type(error).__name__)
            return None

    async def _spared(self, entry: OutboxEntry, work: Callable[[], Awaitable[bool]]) -> bool:
        """What is done about an entry; one that meets a bug is held up, and holds up no other."""
        try:
            return await work()
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("outbox.bug", message=entry.id)
            return False

    async def _send(self, waiting: OutboxEntry, claim: Claim) -> bool:
        """Whether there was something to do; not: what it waits for is another's, or an administrator's."""
        message = await self._stores.messages.get(waiting.id)
        if message is None:
            await self._stores.outbox.delete(waiting)
            return True
        try:
            connected = await self._connected(waiting.channel_id)
        except NotFound:
            await self._outcomes.end(waiting, MessageStatus.FAILED, SendFailure(code=SendErrorCode.CHANNEL_PAUSED))
            return True
        if connected is None or connected.channel.state is ChannelState.PAUSED or not claim.holds():
            return False
        doubtful = message.failure is not None and message.failure.doubtful
        if doubtful and self._clock.now() - waiting.created_at > REPEATED_WITHIN:
            await self._outcomes.end(waiting, MessageStatus.UNKNOWN, message.failure, waiting.external_ids)
            return True
        if not await self._begun(waiting):
            return False
        # As it is now that it is ours: another holder may have sent a part since it was read.
        entry = await self._surely(partial(self._stores.outbox.get, waiting.id))
        sending = partial(self._stores.messages.set_status, message.id, MessageStatus.SENDING)
        if entry is None:
            return True
        if await self._surely(sending) is None:
            await self._surely(partial(self._stores.outbox.delete, entry))  # it ended in another way
            return True
        await self._sent(entry, message, connected, claim)
        return True

    async def _begun(self, waiting: OutboxEntry) -> bool:
        """Whether this process has it to send."""
        try:
            return await self._stores.outbox.begin(waiting.id, self._owner)
        except StoreUnavailable:
            # Begun or not: the entry says by whom. Nothing has left yet, so it need not end as unknown.
            found = await self._surely(partial(self._stores.outbox.get, waiting.id))
            tried = waiting.attempts + 1
            return found == replace(waiting, state=OutboxState.SENDING, attempts=tried, holder=self._owner)

    async def _sent(self, entry: OutboxEntry, message: Message, connected: Connected, claim: Claim) -> None:
        try:
            if entry.permit is not None and self._clock.now() >= entry.permit.until:
                raise SendError(SendErrorCode.WINDOW_CLOSED, detail="what permitted this message is over")
            external_ids = await self._parts(entry, message, connected, claim)
        except _NotOurs:
            await self._surely(partial(self._stores.outbox.postpone, entry, self._clock.now()))
        except SendError as error:
            await self._surely(partial(self._outcomes.failed, entry, message, connected, error))
        except Exception as error:
            log.exception("outbox.bug", message=message.id)
            unknown = SendError(SendErrorCode.PLATFORM_ERROR, certain=False, detail=repr(error))
            await self._surely(partial(self._outcomes.failed, entry, message, connected, unknown))
        else:
            if connected.channel.last_error is not None:
                clear = partial(self._stores.channels.note_error, entry.channel_id, None, self._clock.now())
                await self._surely(clear)
            await self._surely(partial(self._outcomes.end, entry, MessageStatus.SENT, None, external_ids))

    async def _surely(self, write: Callable[[], Awaitable[T]]) -> T:
        """Write down an outcome, however long the database is away: only this process knows it."""
        while True:
            try:
                return await write()
            except StoreUnavailable:
                log.warning("outbox.store_unavailable")
                await self._clock.sleep(STORE_AGAIN_SECONDS)

    async def _parts(self, entry: OutboxEntry, message: Message, connected: Connected, claim: Claim) -> tuple[str, ...]:
        """Send what has not been; the platform's ids of all parts. Raises SendError, _NotOurs between two parts."""
        capabilities = connected.adapter.type.capabilities
        texts = (message.content,) if message.template is not None else split(message.content, capabilities)
        external_ids = entry.external_ids
        for number in range(entry.parts_sent, parts(message, capabilities)):
            outbound = await self._surely(partial(self._outbound, message, entry.recipient, texts, number, connected))
            if entry.permit is not None:
                outbound = replace(outbound, permit=entry.permit.code)
            if not claim.holds():
                raise _NotOurs
            result = await self._tried(outbound, connected)
            if result.external_id:
                external_ids = (*external_ids, result.external_id)
            await self._surely(partial(self._stores.outbox.part_sent, entry, number + 1, result.external_id))
        return external_ids

    async def _tried(self, outbound: OutboundMessage, connected: Connected) -> SendResult:
        """Send it; either way the channel's log says so."""
        files = [*outbound.files, *([outbound.file] if outbound.file is not None else [])]
        size = len(outbound.content.encode("utf-8", "replace")) + sum(len(file.data) for file in files)
        kind = "template" if outbound.template is not None else outbound.content_type.value
        note = partial(self._exchanges.note, connected.channel.id, Way.OUT, kind, size=size, ref=outbound.recipient)
        try:
            result = await connected.adapter.send(outbound)
        except SendError as error:
            note(error.code, code=error.platform_code)
            raise
        note()
        return result

    async def _outbound(
        self, message: Message, recipient: str, texts: tuple[str, ...], number: int, connected: Connected
    ) -> OutboundMessage:
        capabilities = connected.adapter.type.capabilities
        part = OutboundMessage(
            message_id=message.id,
            part=number,
            recipient=recipient,
            content_type=message.content_type,
            reply_to=message.details.get("reply_to", "") if number == 0 else "",
            template=message.template,
        )
        if capabilities.threads or capabilities.follows:
            part = replace(part, answers=await self._answered(message, capabilities))
        if capabilities.together:
            files = [await self._file(attachment, connected) for attachment in message.attachments]
            return replace(part, content=message.content.strip(), files=tuple(files))
        if number < len(texts):
            return replace(part, content=texts[number])
        attachment = message.attachments[number - len(texts)]
        file = await self._file(attachment, connected)
        return replace(part, content_type=records.content_type_of(attachment), file=file)

    async def _answered(self, message: Message, capabilities: Capabilities) -> dict[str, str]:
        """What the adapter said of the message that this one answers, or of the latest before it (`follows`)."""
        reply_to = message.details.get("reply_to", "")
        found = await self._stores.messages.by_external_id(message.channel_id, reply_to) if reply_to else None
        if capabilities.follows and (found is None or found.kind is not MessageKind.INCOMING):
            since = max(0, message.position - LOOK_BACK)
            before = await self._stores.messages.thread(message.conversation_id, after=since, until=message.position)
            wrote = [each for each in before if each.kind is MessageKind.INCOMING]
            found = max(wrote, key=lambda each: each.rank, default=None)
        return found.details if found is not None else {}

    async def _file(self, attachment: Attachment, connected: Connected) -> OutboundFile:
        try:
            data = await self._stores.blobs.get(attachment.id)
        except NotFound as missing:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the file is gone") from missing
        name = attachment.file_name or attachment.id
        file = OutboundFile(data=data, media_type=attachment.media_type, file_name=name, duration=attachment.duration)
        kind = connected.adapter.type
        if self._files is None or not kind.capabilities.fetches:
            return file
        path = lent.path(connected.channel, kind.secret_settings, attachment.id, self._clock.now())
        poster = lent.FILM if records.content_type_of(attachment) is ContentType.VIDEO else lent.PICTURE
        return replace(file, address=f"{self._files}/{path}", poster=f"{self._files}/{poster}")
