"""Every condition over every channel type: through the hub, with the type's own adapter and its simulator.

Times are those of one clock, which the tests move on.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession

from channels import CHANNEL_TYPES
from scrm.clock import ManualClock, end_tasks
from scrm.errors import ReplyRefused, WebhookError
from scrm.flow.hub import FlowHub
from scrm.flow.lanes import INGEST
from scrm.flow.partitions import Claim
from scrm.ids import ChannelId
from scrm.model.channel import Capabilities, ChannelType, ReplyRule
from scrm.model.message import STATUS_RANK, Message, MessageStatus
from scrm.model.work import JournalState, partition_of
from scrm.ports.channel import (
    ChannelAdapter,
    ChannelContext,
    IncomingMessage,
    OutboundMessage,
    ReceiptEvent,
    SendResult,
    VerifiedRequest,
)
from scrm.ports.stores import Stores
from tests.channels.conformance import NOW, Arrived, Bench, Kit
from tests.channels.hub import PATIENCE, ChannelWorld, add_channel, make_hub
from tests.channels.kits import each
from tests.channels.malformed import malformed

# The kits sign for it.
CHANNEL = ChannelId("channel1")
DELIVERED, READ, FAILED, SENT = (
    MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED, MessageStatus.SENT,
)  # fmt: skip


class Watched:
    """The channel types, whose adapters' sends are seen. meanwhile: what happens before the hub hears how one went."""

    def __init__(self) -> None:
        self.left: list[OutboundMessage] = []
        self.meanwhile: Callable[[SendResult], Awaitable[None]] | None = None

    def all(self) -> Sequence[ChannelType]:
        return CHANNEL_TYPES.all()

    def get(self, type_name: str) -> ChannelType | None:
        return CHANNEL_TYPES.get(type_name)

    def capabilities(self, type_name: str) -> Capabilities:
        return CHANNEL_TYPES.capabilities(type_name)

    def normalise_settings(self, type_name: str, settings: Mapping[str, str]) -> dict[str, str]:
        return CHANNEL_TYPES.normalise_settings(type_name, settings)

    def adapter(self, context: ChannelContext) -> ChannelAdapter:
        adapter: Any = CHANNEL_TYPES.adapter(context)
        sends = adapter.send

        async def send(message: OutboundMessage) -> SendResult:
            result: SendResult = await sends(message)
            self.left.append(message)
            if self.meanwhile is not None:
                await self.meanwhile(result)
            return result

        adapter.send = send
        return adapter  # type: ignore[no-any-return]


class World(ChannelWorld):
    """One channel of the kit's type, and a customer of it."""

    def __init__(
        self, stores: Stores, hub: FlowHub, kit: Kit, bench: Bench, types: Watched, clock: ManualClock
    ) -> None:
        super().__init__(stores, hub, CHANNEL)
        self.kit = kit
        self.bench = bench
        self.types = types
        self.clock = clock
        self._number = 0
        self._partitions = {partition_of(CHANNEL, bench.recipient)}

    def handle(self, user: str, group: str = "") -> str:
        return self.bench.recipient

    async def works(self) -> None:
        await self.hub.work_off(sorted(self._partitions))

    async def journals(self, *arrived: Arrived) -> None:
        """As it comes: to the webhook, or fetched."""
        for one in arrived:
            self._partitions.add(partition_of(CHANNEL, self.kit.verified(one).handle))
            if isinstance(one, VerifiedRequest):
                await self.hub._journal.keep(CHANNEL, [one])
            else:
                await self.hub.receive(CHANNEL, one)

    async def takes(self, *arrived: Arrived) -> None:
        await self.journals(*arrived)
        await self.works()

    def says(self, text: str, *, ago: float = 0, number: int = 0) -> Arrived:
        """A customer's text of so many seconds ago. number 0: the next."""
        self._number += 1
        at = self.clock.now() - timedelta(seconds=ago)
        return self.kit.says(self.bench.recipient, text, at, number or self._number)

    async def said_in_order(self) -> list[str]:
        found = sorted(await self.messages(""), key=lambda message: message.rank)
        return [message.content.split()[-1] for message in found]  # a mail's begins with its subject

    async def replies(self) -> Message:
        """A reply that has left."""
        message = await self.answers("", "好的")
        await self.works()
        return await self.message(message)

    def receipt(self, status: MessageStatus, external_id: str) -> Arrived:
        told = self.kit.tells(status, external_id, self.bench.recipient, self.clock.now())
        assert told is not None
        return told

    def names_no_message(self, arrived: Arrived) -> bool:
        """It says only until when everything was so."""
        [event] = self.kit.adapter().parse(self.kit.verified(arrived))
        assert isinstance(event, ReceiptEvent)
        return event.until is not None


Made = Callable[[Kit], Awaitable[World]]


@pytest.fixture
async def make(stores: Stores) -> AsyncIterator[Made]:
    async with AsyncExitStack() as stack:

        async def made(kit: Kit) -> World:
            clock, types = ManualClock(NOW), Watched()
            bench = await stack.enter_async_context(kit.bench(clock))
            await add_channel(stores, CHANNEL, kit.type_name, kit.settings(bench.api_base), clock)
            session = await stack.enter_async_context(ClientSession(timeout=PATIENCE))
            hub = make_hub(stores, session, clock, types=types)
            journal = asyncio.create_task(hub._journal.run(), name="journal")
            stack.push_async_callback(end_tasks, journal)
            return World(stores, hub, kit, bench, types, clock)

        yield made


@each()
async def test_what_comes_out_of_order_stands_in_order(kit: Kit, make: Made) -> None:
    """The platform's time decides; within a second its own number, where it has one."""
    world = await make(kit)
    late, early = world.says("六", number=60), world.says("五", number=50)
    await world.takes(late, *(world.says(word, ago=ago) for word, ago in {"三": 30, "一": 300, "二": 200}.items()))
    await world.takes(early, world.says("四", ago=5))
    [event] = kit.adapter().parse(kit.verified(late))
    assert isinstance(event, IncomingMessage)
    within_a_second = ["五", "六"] if event.sequence is not None else ["六", "五"]
    assert await world.said_in_order() == ["一", "二", "三", "四", *within_a_second]


@each()
async def test_what_comes_twice_is_there_once(kit: Kit, make: Made) -> None:
    """Beside itself, and again when other things have come; a duplicate is answered like the first."""
    world = await make(kit)
    first, second = world.says("一", ago=20), world.says("二", ago=10)
    await asyncio.gather(*(world.journals(first) for _ in range(3)))
    await world.takes(second)
    await world.takes(first, second)
    assert await world.said_in_order() == ["一", "二"]
    entries = await world.stores.journal.page(JournalState.DONE, channel_id=CHANNEL, after=None, limit=10)
    assert len(entries) == 2


@each()
async def test_what_cannot_be_read_is_kept(kit: Kit, make: Made) -> None:
    """Whatever was not refused at the door is in the journal as it came, as failed or as nothing for us; and what comes
    after it is taken in."""
    world = await make(kit)
    kept: dict[str, bytes] = {}
    for case in malformed(kit):
        try:
            request = kit.verified(case.request)
        except WebhookError:
            continue
        if len(kept) < 20:
            await world.journals(case.request)
            kept.setdefault(request.dedupe_key, request.body)
    await world.takes(world.says("在吗"))
    assert await world.said_in_order() == ["在吗"]
    page = world.stores.journal.page
    failed, done, pending = [
        await page(state, channel_id=CHANNEL, after=None, limit=200)
        for state in (JournalState.FAILED, JournalState.DONE, JournalState.PENDING)
    ]
    assert pending == []
    assert all(entry.error for entry in failed)
    assert len(failed) >= 10
    assert {entry.dedupe_key: entry.body for entry in (*failed, *done)}.items() >= kept.items()


@each(lambda kit: kit.capabilities.receipts)
async def test_receipts_late_and_in_any_order_move_forward_only(kit: Kit, make: Made) -> None:
    world = await make(kit)
    await world.takes(world.says("在吗"))
    first, *others = sorted(kit.statuses, key=lambda status: -STATUS_RANK[status])
    replies = [await world.replies(), await world.replies()]
    world.clock.advance(timedelta(days=30).total_seconds())
    # One hears the last of its fates first, and each once more; the other all at once, in their order.
    for reply, orders in zip(replies, ([[first], [*others, first, *others]], [[*others[::-1], first]]), strict=True):
        assert reply.status is SENT
        for order in orders:
            await world.takes(*(world.receipt(status, reply.external_ids[0]) for status in order))
            assert (await world.message(reply)).status is first


@each(lambda kit: kit.capabilities.receipts)
async def test_a_receipt_may_overtake_the_answer(kit: Kit, make: Made) -> None:
    """It is kept until the message has its id. One that names no message says nothing of what is still on its way."""
    world = await make(kit)
    await world.takes(world.says("在吗"))
    for status in sorted(kit.statuses):
        unnamed: list[bool] = []

        async def overtakes(result: SendResult, told: MessageStatus = status, seen: list[bool] = unnamed) -> None:
            receipt = world.receipt(told, result.external_id)
            seen.append(world.names_no_message(receipt))
            await world.journals(receipt)
            partition = partition_of(CHANNEL, kit.verified(receipt).handle)
            await world.hub._lanes[INGEST].step(Claim(partition, world.clock))

        world.types.meanwhile = overtakes
        reply = await world.replies()
        world.types.meanwhile = None
        assert reply.status is SENT
        world.clock.advance(60)
        await world.works()
        if unnamed == [True]:
            assert (await world.message(reply)).status is SENT
            await world.takes(world.receipt(status, reply.external_ids[0]))
        assert (await world.message(reply)).status is status


@each()
async def test_a_reply_beyond_the_quota_never_leaves(kit: Kit, make: Made) -> None:
    """As many as the type declares leave, and the platform takes each of them; then no more, and none when its time is
    over, until the customer writes again. Where nothing is declared, they always do."""
    world = await make(kit)
    asked = world.says("在吗")
    await world.takes(asked)
    rule = _rule(kit, asked)
    assert (rule is None) is (not kit.capabilities.reply_rules)
    allowed = (rule.replies if rule else None) or 2
    written = [await world.answers("", str(number)) for number in range(allowed)]
    await world.works()
    assert {(await world.message(reply)).status for reply in written} == {SENT}
    assert [message.content for message in world.types.left] == [str(number) for number in range(allowed)]
    if rule is not None and rule.replies is not None:
        assert await _refused(world) == "replies_used_up"
        await _writes_again(world)
        assert (await world.replies()).status is SENT
    world.clock.advance((rule.lasts if rule else timedelta(days=400)).total_seconds())
    if rule is not None:
        assert await _refused(world) == "window_closed"
        await _writes_again(world)
    assert (await world.replies()).status is SENT


def _rule(kit: Kit, asked: Arrived) -> ReplyRule | None:
    [event] = kit.adapter().parse(kit.verified(asked))
    assert isinstance(event, IncomingMessage)
    return next((rule for rule in kit.capabilities.reply_rules if rule.trigger == event.trigger), None)


async def _refused(world: World) -> str:
    """Before anything leaves."""
    before = len(world.types.left)
    with pytest.raises(ReplyRefused) as caught:
        await world.answers("", "好的")
    await world.works()
    assert len(world.types.left) == before
    return caught.value.code


async def _writes_again(world: World) -> None:
    world.bench.writes()
    await world.takes(world.says("还在吗"))
