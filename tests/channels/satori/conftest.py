"""A hub with one Satori channel, and the server on the other side."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientSession

from channels.satori import webhook
from channels.satori.payloads import handle
from channels.satori.simulator import Action, SatoriSimulator
from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub
from scrm.ids import ChannelId
from scrm.ports.stores import Stores
from tests.channels.hub import PATIENCE, ChannelWorld, add_channel, make_hub, opened

CHANNEL = ChannelId("01SATORI")


class World(ChannelWorld):
    def __init__(self, stores: Stores, hub: FlowHub, server: SatoriSimulator) -> None:
        super().__init__(stores, hub, CHANNEL)
        self.server = server
        self._groups: set[str] = set()

    def handle(self, user: str, group: str = "") -> str:
        return handle(self.server.platform.user(user), group)

    async def does(self, user: str, type_: str = "text", text: str = "", **more: str | bool) -> str:
        """A customer does something, and the hub takes it in; the message's id."""
        action = Action(user=user, type=type_, text=text, **more)  # type: ignore[arg-type]
        self._groups.add(action.group)
        event = await self.server.act(action)
        request = webhook.of_event(json.dumps(event).encode(), self.server.clock.now())
        await self.hub._journal.keep(CHANNEL, [request])
        await self.works()
        return str(event.get("message", {}).get("id", ""))

    async def works(self) -> None:
        people = list(self.server.platform.people.values())
        await self.work_off(self.handle(name, group) for name in people for group in self._groups | {""})


Made = Callable[..., Awaitable[World]]


@pytest.fixture
async def make(stores: Stores) -> AsyncIterator[Made]:
    """A world; running: the hub's loops run, over webhooks that reach it when delivery is `webhook`."""
    async with AsyncExitStack() as stack:

        async def made(*, running: bool = False, delivery: str = "websocket", reachable: bool = True) -> World:
            clock = SystemClock()
            server = await stack.enter_async_context(SatoriSimulator())
            await add_channel(stores, CHANNEL, "satori", server.settings(delivery), clock)
            session = await stack.enter_async_context(ClientSession(timeout=PATIENCE))
            hubs: list[FlowHub] = []
            door = await stack.enter_async_context(opened(hubs, stores, clock)) if reachable else None
            hub = make_hub(stores, session, clock, door)
            hubs.append(hub)
            if running:
                await hub.start()
                stack.push_async_callback(hub.close)
            return World(stores, hub, server)

        yield made
