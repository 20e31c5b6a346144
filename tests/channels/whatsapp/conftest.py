"""A hub with one WhatsApp channel, and the platform on the other side."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession

from channels.whatsapp.simulator import Action, WhatsAppSimulator
from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub
from scrm.ids import ChannelId
from scrm.model.contact import IdentityScope
from scrm.ports.stores import Stores
from tests.channels.hub import PATIENCE, ChannelWorld, add_channel, make_hub, opened

CHANNEL = ChannelId("01WHATSAPP")


class World(ChannelWorld):
    def __init__(self, stores: Stores, hub: FlowHub, platform: WhatsAppSimulator) -> None:
        super().__init__(stores, hub, CHANNEL)
        self.platform = platform

    def handle(self, user: str, group: str = "") -> str:
        return self.platform.platform.person(user).phone

    async def does(self, user: str, type_: str = "text", text: str = "", **more: Any) -> str:
        """A customer does something; the message's id."""
        return await self.platform.act(Action(user=user, type=type_, text=text, **more))

    async def whose(self, handle: str) -> str | None:
        """The contact of a handle."""
        found = await self.stores.contacts.identity(IdentityScope.CHANNEL, CHANNEL, handle)
        return found.contact_id if found else None


Made = Callable[..., Awaitable[World]]


@pytest.fixture
async def make(stores: Stores) -> AsyncIterator[Made]:
    """A world whose hub runs, and tells the platform where it is when it knows (reachable)."""
    async with AsyncExitStack() as stack:

        async def made(*, reachable: bool = True) -> World:
            clock = SystemClock()
            platform = await stack.enter_async_context(WhatsAppSimulator())
            await add_channel(stores, CHANNEL, "whatsapp", platform.settings("hub"), clock)
            session = await stack.enter_async_context(ClientSession(timeout=PATIENCE))
            hubs: list[FlowHub] = []
            door = await stack.enter_async_context(opened(hubs, stores, clock)) if reachable else None
            hub = make_hub(stores, session, clock, door)
            hubs.append(hub)
            await hub.start()
            stack.push_async_callback(hub.close)
            return World(stores, hub, platform)

        yield made
