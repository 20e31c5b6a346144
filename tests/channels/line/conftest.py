"""A hub with one LINE channel, its two doors to the world, and the platform on the other side."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientSession

from channels.line import webhook
from channels.line.simulator import Action, LineSimulator
from channels.line.simulator.account import Content
from scrm.clock import Clock, ManualClock, SystemClock
from scrm.flow.hub import FlowHub
from scrm.ids import AttachmentId, ChannelId, UlidFactory
from scrm.model.message import Attachment, AttachmentState
from scrm.ports.channel import VerifiedRequest
from scrm.ports.stores import Stores
from tests.channels.conformance import NOW
from tests.channels.hub import PATIENCE, ChannelWorld, add_channel, make_hub, opened
from tests.channels.line.kit import request

CHANNEL = ChannelId("01LINE")


class World(ChannelWorld):
    def __init__(self, stores: Stores, hub: FlowHub, simulator: LineSimulator, clock: Clock) -> None:
        super().__init__(stores, hub, CHANNEL)
        self.simulator = simulator
        self.platform = simulator.platform
        self.clock = clock

    async def takes(self) -> None:
        """The hub takes in what waits on the platform."""
        for events in self.simulator.waiting:
            body = json.dumps({"destination": self.platform.account.user_id, "events": events}).encode()
            verified = webhook.verify(request(body, received_at=self.clock.now()), self.platform.account.channel_secret)
            assert isinstance(verified, VerifiedRequest)
            await self.hub._journal.keep(CHANNEL, webhook.split(verified))
        self.simulator._queue.clear()
        await self.works()

    def handle(self, user: str, group: str = "") -> str:
        found = self.platform.user(user)
        return f"{self.platform.group(group)}/{found}" if group else found

    async def works(self) -> None:
        people = self.platform.users
        await self.work_off([*people, *(f"{group}/{user}" for group in self.platform.groups for user in people)])

    async def does(self, user: str, type_: str = "text", text: str = "", media: Content | None = None,
                   **more: str) -> str:  # fmt: skip
        """A customer does something, and the hub takes it in; the message's id."""
        event = await self.simulator.act(Action(user=user, type=type_, text=text, **more), media)  # type: ignore[arg-type]
        await self.takes()
        return str(event.get("message", {}).get("id", ""))

    async def file(self, data: bytes, media_type: str, name: str, duration: float | None = None) -> Attachment:
        id_ = AttachmentId(UlidFactory(SystemClock())())
        await self.stores.blobs.put(id_, data, media_type, name)
        return Attachment(id=id_, state=AttachmentState.STORED, media_type=media_type, file_name=name,
                          size=len(data), duration=duration)  # fmt: skip


Made = Callable[..., Awaitable[World]]


@pytest.fixture
async def make(stores: Stores) -> AsyncIterator[Made]:
    """A world; running: the hub's loops run, over a door that the platform reaches. Else its time stands still."""
    async with AsyncExitStack() as stack:

        async def made(*, running: bool = False, reachable: bool = True) -> World:
            clock: Clock = SystemClock() if running else ManualClock(NOW)
            simulator = await stack.enter_async_context(LineSimulator(clock=clock))
            await add_channel(stores, CHANNEL, "line", simulator.settings(), clock)
            session = await stack.enter_async_context(ClientSession(timeout=PATIENCE))
            hubs: list[FlowHub] = []
            door = await stack.enter_async_context(opened(hubs, stores, clock)) if reachable else None
            hub = make_hub(stores, session, clock, door)
            hubs.append(hub)
            if running:
                await hub.start()
                stack.push_async_callback(hub.close)
            return World(stores, hub, simulator, clock)

        yield made
