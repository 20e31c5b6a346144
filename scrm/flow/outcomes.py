"""What became of a send, written down: each outcome in one transaction, and none a second time.

An answer of the database that is lost leaves open whether it is written, so every outcome bears to be written again,
and touches only the try it is of (`OutboxStore.delete`, `postpone`): the next one may be another's.
"""

import random
from datetime import datetime, timedelta
from functools import partial

import structlog
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import Duplicate, SendError, SendErrorCode
from scrm.flow import window
from scrm.flow.adapters import Connected
from scrm.flow.reply import parts
from scrm.flow.templates import Automatic
from scrm.model.conversation import Conversation
from scrm.model.message import Message, MessageStatus, SendFailure
from scrm.model.work import OutboxEntry, OutboxState
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 6
# 2, 4, 8 … seconds, each ± half, at most five minutes: a message is given up after some minutes, not hours.
FIRST_DELAY = 2.0
LONGEST_DELAY = 300.0
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


class Outcomes:
    def __init__(self, stores: Stores, automatic: Automatic, clock: Clock, jitter: random.Random) -> None:
        self._stores = stores
        self._automatic = automatic
        self._clock = clock
        self._jitter = jitter

    async def failed(self, entry: OutboxEntry, message: Message, connected: Connected, error: SendError) -> None:
        # What an earlier try left open, only a success can settle.
        doubtful = not error.certain or (message.failure is not None and message.failure.doubtful)
        failure = SendFailure(
            code=error.code, platform_code=error.platform_code, detail=error.detail, doubtful=doubtful
        )
        log.warning(
            "outbox.failed", message=entry.id, code=error.code, platform_code=error.platform_code, certain=error.certain
        )
        if error.code in CHANNEL_FAULTS:
            text = f"{error.code} {error.platform_code} {error.detail}".strip()
            await self._stores.channels.note_error(entry.channel_id, text, self._clock.now())
        if (error.retryable or error.repeatable) and entry.attempts < MAX_ATTEMPTS:
            await self._later(entry, failure, self._again_at(entry.attempts, error.retry_after))
        elif doubtful:
            stored = await self._stores.outbox.get(entry.id)
            await self.end(entry, MessageStatus.UNKNOWN, failure, (stored or entry).external_ids)
        else:
            await self._give_up(entry, message, connected, error, failure)

    async def _later(self, entry: OutboxEntry, failure: SendFailure, due_at: datetime) -> None:
        async def work() -> None:
            if await self._stores.outbox.postpone(entry, due_at):
                await self._stores.messages.set_status(entry.id, MessageStatus.RETRYING, failure=failure)

        await self._stores.transaction(work)

    async def _give_up(
        self, entry: OutboxEntry, message: Message, connected: Connected, error: SendError, failure: SendFailure
    ) -> None:
        """It surely did not go, or not all of it: put the ledger of replies right, and say so; or send it as the
        automatic template, where the window is closed and nothing of it went."""
        whole = parts(message, connected.adapter.type.capabilities)

        async def work(*, with_ids: bool = True) -> None:
            stored = await self._stores.outbox.get(entry.id)
            conversation = await self._stores.conversations.get(entry.conversation_id)
            if stored is None or stored.state is not OutboxState.SENDING:
                return  # done before: an answer of the database was lost, or somebody else took it on
            if conversation is not None and entry.permit is None:
                if message.template is not None:
                    ledger = window.notice_returned(conversation.window, message.template, error.code)
                else:
                    unsent = whole - stored.parts_sent
                    ledger = window.corrected(window.returned(conversation.window, unsent), error.code)
                conversation = replace(conversation, window=ledger)
                closed = error.code in window.CLOSED and stored.parts_sent == 0
                if closed and await self._otherwise(entry, message, conversation):
                    return
            if not await self._stores.outbox.delete(entry):
                return
            if conversation is not None and entry.permit is None:
                await self._stores.conversations.save(conversation)
            ids = stored.external_ids if with_ids else None
            await self._stores.messages.set_status(entry.id, MessageStatus.FAILED, failure=failure, external_ids=ids)

        try:
            await self._stores.transaction(work)
        except Duplicate:
            # The platform gave an id that another message has; the outcome is what matters.
            await self._stores.transaction(partial(work, with_ids=False))

    async def _otherwise(self, entry: OutboxEntry, message: Message, conversation: Conversation) -> bool:
        """Whether it goes on as the automatic template."""
        now = self._clock.now()
        found = await self._automatic.after(conversation, message, now)
        if found is None or not await self._stores.outbox.postpone(entry, now):
            return False
        instead, changed = found
        await self._stores.conversations.save(changed)
        await self._stores.messages.revise(instead)
        await self._stores.messages.set_status(entry.id, MessageStatus.QUEUED)
        return True

    async def end(
        self,
        entry: OutboxEntry,
        status: MessageStatus,
        failure: SendFailure | None,
        external_ids: tuple[str, ...] | None = None,
    ) -> None:
        async def work(ids: tuple[str, ...] | None) -> None:
            ours = await self._stores.outbox.delete(entry)
            # Somebody else may have called it unknown meanwhile, and an agent may have sent it again. That it arrived
            # holds all the same, and keeps a second one that still waits from leaving.
            if ours or status is MessageStatus.SENT:
                await self._stores.messages.set_status(entry.id, status, failure=failure, external_ids=ids)

        try:
            await self._stores.transaction(partial(work, external_ids))
        except Duplicate:
            await self._stores.transaction(partial(work, None))

    def _again_at(self, attempts: int, retry_after: float | None) -> datetime:
        """attempts: made so far, at least 1."""
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempts - 1)) * self._jitter.uniform(0.5, 1.5)
        return self._clock.now() + timedelta(seconds=max(delay, retry_after or 0.0))
