"""A hub with one Telegram channel, and the platform on the other side."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientSession

from channels.telegram import webhook
from channels.telegram.simulator import Action, TelegramSimulator
from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub
from scrm.ids import ChannelId
from scrm.ports.stores import Stores
from tests.channels.hub import PATIENCE, ChannelWorld, add_channel, make_hub, opened

CHANNEL = ChannelId("01TELEGRAM")


class World(ChannelWorld):
    def __init__(self, stores: Stores, hub: FlowHub, platform: TelegramSimulator) -> None:
        super().__init__(stores, hub, CHANNEL)
        self.platform = platform

    def handle(self, user: str, group: str = "") -> str:
        return str(self.platform.platform.user(user))

    async def takes(self) -> None:
        """The hub takes in what waits on the platform, as a listener that ended after one look would."""
        for update in self.platform.platform.updates:
            request = webhook.of_update(json.dumps(update).encode(), self.platform.clock.now())
            await self.hub._journal.keep(CHANNEL, [request])
        self.platform.platform.updates.clear()
        await self.works()

    async def works(self) -> None:
        await self.work_off(str(user) for user in self.platform.platform.users)

    async def does(self, user: str, type_: str = "text", text: str = "", **more: int | bool) -> int:
        """A customer does something, and the hub takes it in; the message's number."""
        value = await self.platform.act(Action(user=user, type=type_, text=text, **more))  # type: ignore[arg-type]
        await self.takes()
        return int(value.get("message_id", 0))


Made = Callable[..., Awaitable[World]]


@pytest.fixture
async def make(stores: Stores) -> AsyncIterator[Made]:
    """A world; running: the hub's loops run, over webhooks that reach it when delivery is `webhook`."""
    async with AsyncExitStack() as stack:

        async def made(*, running: bool = False, delivery: str = "polling", reachable: bool = True) -> World:
            clock = SystemClock()
            platform = await stack.enter_async_context(TelegramSimulator())
            await add_channel(stores, CHANNEL, "telegram", platform.settings(delivery), clock)
            session = await stack.enter_async_context(ClientSession(timeout=PATIENCE))
            hubs: list[FlowHub] = []
            door = await stack.enter_async_context(opened(hubs, stores, clock)) if reachable else None
            hub = make_hub(stores, session, clock, door)
            hubs.append(hub)
            if running:
                await hub.start()
                stack.push_async_callback(hub.close)
            return World(stores, hub, platform)

        yield made
