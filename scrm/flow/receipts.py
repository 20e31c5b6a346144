"""What platforms say of our messages afterwards: receipts move a message's status forward, whenever they come."""

from datetime import datetime, timedelta

import msgspec

from scrm.clock import Clock
from scrm.ids import ChannelId, IdFactory, TaskId
from scrm.model.contact import IdentityScope
from scrm.model.message import STATUS_RANK, MessageStatus, SendFailure
from scrm.model.work import Task, TaskKind
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
    def __init__(self, stores: Stores, clock: Clock, ids: IdFactory) -> None:
        self._stores = stores
        self._clock = clock
        self._ids = ids

    async def apply(self, channel_id: ChannelId, receipt: ReceiptEvent) -> bool:
        """False when no message has that id (yet)."""
        message = await self._stores.messages.by_external_id(channel_id, receipt.external_id)
        if message is None:
            return False
        failure = None
        if receipt.status is MessageStatus.FAILED:
            failure = SendFailure(code=receipt.code, platform_code=receipt.platform_code, detail=receipt.detail)
        await self._stores.messages.set_status(message.id, receipt.status, failure=failure)
        return True

    async def apply_or_keep(self, channel_id: ChannelId, receipt: ReceiptEvent, partition: int) -> None:
        if receipt.until is not None:
            await self._apply_until(channel_id, receipt, receipt.until)
            return
        if await self.apply(channel_id, receipt):
            return
        await self._stores.tasks.add(
            [
                Task(
                    id=TaskId(self._ids()),
                    kind=TaskKind.RECEIPT,
                    subject=f"{channel_id}:{receipt.external_id}:{receipt.status}",
                    partition=partition,
                    due_at=self._clock.now() + FIRST_AFTER,
                    data={"channel_id": channel_id, "receipt": msgspec.json.encode(receipt).decode()},
                )
            ]
        )

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
        if await self.apply(ChannelId(task.data["channel_id"]), receipt) or task.attempts + 1 >= MAX_ATTEMPTS:
            await self._stores.tasks.done([task])
        else:
            after = min(LONGEST_AFTER, FIRST_AFTER * 2**task.attempts)
            await self._stores.tasks.postpone(task.id, self._clock.now() + after, "no such message yet")
