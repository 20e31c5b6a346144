"""What platforms say of our messages afterwards: receipts move a message's status forward, whenever they come.

Some platforms say only so that the reply window is closed. The ledger then follows them, and a text goes anew as the
channel's automatic template where it can, settled in the transaction that marks it failed: it is one or the other.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import SendErrorCode
from scrm.flow import records, window
from scrm.flow.people import handle_of
from scrm.flow.templates import Automatic
from scrm.ids import ChannelId, IdFactory, TaskId
from scrm.model.contact import IdentityScope
from scrm.model.message import STATUS_RANK, Message, MessageStatus, SendFailure
from scrm.model.work import OutboxEntry, Task, TaskKind
from scrm.ports.channel import ReceiptEvent
from scrm.ports.stores import Stores

# A receipt can overtake the answer that tells us the id it speaks of. Kept this long, then it is about nothing of ours.
# A message of several files may take minutes to leave, and only then are its ids known: some ten minutes in all.
FIRST_AFTER, LONGEST_AFTER = timedelta(seconds=2), timedelta(minutes=1)
MAX_ATTEMPTS = 15
LEFT = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED})
# Entries among which a receipt of a time looks for what it is about.
LOOK_BACK = 200


class Receipts:
    def __init__(
        self,
        stores: Stores,
        automatic: Automatic,
        made: Callable[[OutboxEntry], None],
        clock: Clock,
        ids: IdFactory,
    ) -> None:
        """made: told of what is to leave once it is stored."""
        self._stores = stores
        self._automatic = automatic
        self._made = made
        self._clock = clock
        self._ids = ids

    async def apply(self, channel_id: ChannelId, receipt: ReceiptEvent) -> bool:
        """False when no message has that id (yet)."""
        message = await self._stores.messages.by_external_id(channel_id, receipt.external_id)
        if message is None:
            return False
        failure = _failure(receipt) if receipt.status is MessageStatus.FAILED else None
        await self._stores.messages.set_status(message.id, receipt.status, failure=failure)
        return True

    async def apply_or_keep(self, channel_id: ChannelId, receipt: ReceiptEvent, partition: int) -> Sequence[Task]:
        """What is left to do. One that changes the conversation is kept for a transaction of its own: this one may have
        taken a message of the same customer in."""
        if receipt.until is not None:
            await self._apply_until(channel_id, receipt, receipt.until)
            return ()
        after = FIRST_AFTER
        if _closed(receipt):
            if await self._stores.messages.by_external_id(channel_id, receipt.external_id) is not None:
                after = timedelta()
        elif await self.apply(channel_id, receipt):
            return ()
        return [
            Task(
                id=TaskId(self._ids()),
                kind=TaskKind.RECEIPT,
                subject=f"{channel_id}:{receipt.external_id}:{receipt.status}",
                partition=partition,
                due_at=self._clock.now() + after,
                data={"channel_id": channel_id, "receipt": msgspec.json.encode(receipt).decode()},
            )
        ]

    async def _apply_until(self, channel_id: ChannelId, receipt: ReceiptEvent, until: datetime) -> None:
        """To what has surely left: the rest was written before, and nobody knows when it left."""
        identity = await self._stores.contacts.identity(IdentityScope.CHANNEL, channel_id, receipt.handle)
        found = await self._stores.conversations.latest(identity.contact_id, channel_id) if identity else None
        if found is None:
            return
        last = found.last_position
        for message in await self._stores.messages.thread(found.id, after=max(0, last - LOOK_BACK), until=last):
            moves = message.status in LEFT and STATUS_RANK[message.status] < STATUS_RANK[receipt.status]
            if moves and message.created_at <= until:
                await self._stores.messages.set_status(message.id, receipt.status, failure=None)

    async def task(self, task: Task) -> None:
        receipt = msgspec.json.decode(task.data["receipt"], type=ReceiptEvent)
        applied = self._refused if _closed(receipt) else self.apply
        if await applied(ChannelId(task.data["channel_id"]), receipt) or task.attempts + 1 >= MAX_ATTEMPTS:
            await self._stores.tasks.done([task])
        else:
            after = min(LONGEST_AFTER, FIRST_AFTER * 2**task.attempts)
            await self._stores.tasks.postpone(task, self._clock.now() + after, "no such message yet")

    async def _refused(self, channel_id: ChannelId, receipt: ReceiptEvent) -> bool:
        """`apply`, of a message for which the platform says that the window was closed."""

        async def work() -> tuple[bool, OutboxEntry | None]:
            message = await self._stores.messages.by_external_id(channel_id, receipt.external_id)
            if message is None:
                return False, None
            failed = await self._stores.messages.set_status(message.id, receipt.status, failure=_failure(receipt))
            return True, await self._otherwise(message, receipt.code) if failed is not None else None

        applied, entry = await self._stores.transaction(work)
        if entry is not None:
            self._made(entry)
        return applied

    async def _otherwise(self, message: Message, code: SendErrorCode) -> OutboxEntry | None:
        """The ledger follows; what goes in place of the failed message."""
        conversation = await self._stores.conversations.get(message.conversation_id)
        if conversation is None or message.template is not None:
            return None
        ledger = window.corrected(conversation.window, code, message.created_at)
        conversation = replace(conversation, window=ledger)
        now = self._clock.now()
        recipient = await handle_of(self._stores, conversation)
        whole = len(message.external_ids) == 1  # of several parts, some may have reached the customer
        found = await self._automatic.after(conversation, message, now) if whole and recipient else None
        if found is None or recipient is None:
            await self._stores.conversations.save(conversation)
            return None
        instead, changed = found
        entry = records.outbox_entry(instead, recipient, now)
        await self._stores.conversations.save(changed)
        await self._stores.messages.requeue(message.id)
        await self._stores.messages.revise(instead)
        await self._stores.outbox.insert(entry)
        return entry


def _closed(receipt: ReceiptEvent) -> bool:
    return receipt.status is MessageStatus.FAILED and receipt.code in window.CLOSED


def _failure(receipt: ReceiptEvent) -> SendFailure:
    return SendFailure(code=receipt.code, platform_code=receipt.platform_code, detail=receipt.detail)
