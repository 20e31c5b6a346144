"""One hub with a channel of every type, and a condition tried on all of them at once.

A condition is written for one channel. Where it has the hub work, or lets time pass, it waits for those of the other
types to come as far or to end, and then it happens once for all: their customers share a partition, so the hub has in
its hands what all of them did, and a fraction of the transactions. What goes wrong with one type is that type's alone.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from aiohttp import ClientSession
from msgspec.structs import replace

from scrm.clock import ManualClock, end_tasks
from scrm.flow.hub import FlowHub
from scrm.flow.lanes import INGEST
from scrm.flow.partitions import Claim
from scrm.ids import ChannelId
from scrm.model.message import Message, MessageStatus
from scrm.model.work import partition_of
from scrm.ports.channel import (
    ChannelAdapter,
    ChannelContext,
    OutboundMessage,
    ReceiptEvent,
    SendResult,
    VerifiedRequest,
)
from scrm.ports.stores import Stores
from scrm.storage.client import connect, database_of
from scrm.storage.stores import MongoStores
from scrm.storage.vault import Vault
from tests.channels.conformance import NOW, TYPES, Arrived, Bench, Kit
from tests.channels.hub import PATIENCE, ChannelWorld, add_channel, make_hub
from tests.channels.kits import KITS, each
from tests.conftest import CLOCK, KEY, _sweep

PATIENT_SECONDS = 300
# The one id for which kits may sign.
FIRST = ChannelId("channel1")

Meanwhile = Callable[[SendResult], Awaitable[None]]


class World(ChannelWorld):
    """The channel of the kit's type, and a customer of it. left: what was sent to the platform, in order. meanwhile:
    what happens before the hub hears how a send went."""

    def __init__(self, stores: Stores, hub: FlowHub, channel_id: ChannelId, kit: Kit, bench: Bench) -> None:
        super().__init__(stores, hub, channel_id)
        self.kit = kit
        self.bench = bench
        self.left: list[OutboundMessage] = []
        self.meanwhile: Meanwhile | None = None
        self.partitions = {partition_of(channel_id, bench.recipient)}
        self.rounds: Rounds
        self._number = 0

    def handle(self, user: str, group: str = "") -> str:
        return self.bench.recipient

    async def works(self) -> None:
        await self.rounds.works()

    async def passes(self, time: timedelta) -> None:
        """At least so much time."""
        await self.rounds.passes(time.total_seconds())

    async def journals(self, *arrived: Arrived) -> None:
        """As it comes, which is now, whenever it was sent: to the webhook, or fetched."""
        for late in arrived:
            one = replace(late, received_at=self.rounds.clock.now())
            self.partitions.add(partition_of(self.channel_id, self.kit.verified(one).handle))
            if isinstance(one, VerifiedRequest):
                await self.hub._journal.keep(self.channel_id, [one])
            else:
                await self.hub.receive(self.channel_id, one)

    async def takes(self, *arrived: Arrived) -> None:
        await self.journals(*arrived)
        await self.works()

    async def takes_at_once(self, arrived: Arrived) -> None:
        """While the hub is sending."""
        await self.journals(arrived)
        partition = partition_of(self.channel_id, self.kit.verified(arrived).handle)
        async with self.rounds.taking:
            await self.hub._lanes[INGEST].step(Claim(partition, self.rounds.clock))

    def says(self, text: str, *, ago: float = 0, number: int = 0) -> Arrived:
        """A customer's text of so many seconds ago. number 0: the next."""
        self._number += 1
        at = self.rounds.clock.now() - timedelta(seconds=ago)
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
        told = self.kit.tells(status, external_id, self.bench.recipient, self.rounds.clock.now())
        assert told is not None
        return told

    def names_no_message(self, arrived: Arrived) -> bool:
        """It says only until when everything was so."""
        [event] = self.kit.adapter().parse(self.kit.verified(arrived))
        assert isinstance(event, ReceiptEvent)
        return event.until is not None


Condition = Callable[[World], Awaitable[None]]


class Rounds:
    """The runs of one condition: the hub works, and time passes, when all that go on wait for it."""

    def __init__(self, hub: FlowHub, worlds: Sequence[World], clock: ManualClock) -> None:
        self.clock = clock
        self.taking = asyncio.Lock()
        self._hub = hub
        self._worlds = worlds
        self._workers: list[asyncio.Future[None]] = []
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self._running = len(worlds)
        self._stirred = asyncio.Event()

    async def works(self) -> None:
        done = asyncio.get_running_loop().create_future()
        self._workers.append(done)
        self._stirred.set()
        await done

    async def passes(self, seconds: float) -> None:
        done = asyncio.get_running_loop().create_future()
        self._sleepers.append((seconds, done))
        self._stirred.set()
        await done

    async def run(self, condition: Condition) -> dict[str, BaseException | None]:
        """What came of it, by type."""
        runs = [asyncio.create_task(self._one(condition, world), name=world.kit.type_name) for world in self._worlds]
        try:
            async with asyncio.timeout(PATIENT_SECONDS):
                while self._running:
                    await self._round()
            ends = await asyncio.gather(*runs, return_exceptions=True)
        finally:
            await end_tasks(*runs)
        return {world.kit.type_name: end for world, end in zip(self._worlds, ends, strict=True)}

    async def _one(self, condition: Condition, world: World) -> None:
        try:
            await condition(world)
        finally:
            self._running -= 1
            self._stirred.set()

    async def _round(self) -> None:
        while self._running and len(self._workers) + len(self._sleepers) < self._running:
            self._stirred.clear()
            await self._stirred.wait()
        if self._workers:
            ready, self._workers = self._workers, []
            await self._hub.work_off(sorted(set().union(*(world.partitions for world in self._worlds))))
        else:
            ready = [done for _, done in self._sleepers]
            self.clock.advance(max((seconds for seconds, _ in self._sleepers), default=0.0))
            self._sleepers = []
        for done in ready:
            done.set_result(None)


class _Watched:
    """The channel types, whose adapters' sends are seen."""

    def __init__(self) -> None:
        self.worlds: dict[ChannelId, World] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(TYPES, name)

    def adapter(self, context: ChannelContext) -> ChannelAdapter:
        adapter: Any = TYPES.adapter(context)
        sends = adapter.send

        async def send(message: OutboundMessage) -> SendResult:
            result: SendResult = await sends(message)
            world = self.worlds[context.channel.id]
            world.left.append(message)
            if world.meanwhile is not None:
                await world.meanwhile(result)
            return result

        adapter.send = send
        return adapter  # type: ignore[no-any-return]


@asynccontextmanager
async def _rounds(stores: Stores, kits: Sequence[Kit]) -> AsyncIterator[Rounds]:
    clock, types = ManualClock(NOW), _Watched()
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession(timeout=PATIENCE))
        hub = make_hub(stores, session, clock, types=types)
        benches = [await stack.enter_async_context(kit.bench(clock)) for kit in kits]
        shared = next(
            (partition_of(FIRST, bench.recipient) for kit, bench in zip(kits, benches, strict=True) if kit.signs_id), 0
        )
        for kit, bench in zip(kits, benches, strict=True):
            channel_id = FIRST if kit.signs_id else _id_within(shared, kit.type_name, bench.recipient)
            await add_channel(stores, channel_id, kit.type_name, kit.settings(bench.api_base), clock)
            types.worlds[channel_id] = World(stores, hub, channel_id, kit, bench)
        rounds = Rounds(hub, list(types.worlds.values()), clock)
        for world in types.worlds.values():
            world.rounds = rounds
        journal = asyncio.create_task(hub._journal.run(), name="journal")
        stack.push_async_callback(end_tasks, journal)
        yield rounds


def _id_within(partition: int, type_name: str, handle: str) -> ChannelId:
    """A channel's id with which the customer belongs to the partition."""
    names = (ChannelId(f"{type_name}-{number}") for number in count())
    return next(name for name in names if partition_of(name, handle) == partition)


class Tried:
    """What came of the conditions, by condition and type; each is tried once, by the first test that asks."""

    def __init__(self, database_url: str, database_name: str) -> None:
        self._url = database_url
        self._name = database_name
        self._ends: dict[Condition, dict[str, BaseException | None]] = {}

    async def holds(self, condition: Condition, kit: Kit, applies: Callable[[Kit], bool]) -> None:
        if condition not in self._ends:
            self._ends[condition] = await self._try(condition, [other for other in KITS if applies(other)])
        end = self._ends[condition][kit.type_name]
        if end is not None:
            raise end

    async def _try(self, condition: Condition, kits: Sequence[Kit]) -> dict[str, BaseException | None]:
        client = connect(self._url)
        stores = MongoStores(client, database_of(client, self._name), Vault((KEY,)), CLOCK)
        try:
            await _sweep(client, self._name)
            async with _rounds(stores, kits) as rounds:
                return await rounds.run(condition)
        finally:
            await stores.close()


@pytest.fixture(scope="session")
def tried(database_url: str, database_name: str) -> Tried:
    return Tried(database_url, database_name)


def at_once(applies: Callable[[Kit], bool] = lambda kit: True) -> Callable[[Condition], Callable[..., Any]]:
    """A test for every kit to which the condition applies, of a run of all of them."""

    def made(condition: Condition) -> Callable[..., Any]:
        @each(applies)
        async def test(kit: Kit, tried: Tried) -> None:
            await tried.holds(condition, kit, applies)

        test.__doc__ = condition.__doc__
        return test

    return made
