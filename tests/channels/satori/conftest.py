"""A hub with one Satori channel, and the server on the other side."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, ClientTimeout

from channels import CHANNEL_TYPES
from channels.satori import webhook
from channels.satori.payloads import handle
from channels.satori.simulator import Action, SatoriSimulator
from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.ids import ChannelId, UlidFactory
from scrm.model.channel import Channel
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Message
from scrm.model.work import partition_of
from scrm.ports.stores import Stores
from tests.channels.telegram.conftest import Door
from tests.flow.conftest import WordAnalyser

CHANNEL = ChannelId("01SATORI")
AUTHOR = Author(type=AuthorType.API, id="t1", name="test")


class World:
    def __init__(self, stores: Stores, hub: FlowHub, server: SatoriSimulator) -> None:
        self.stores = stores
        self.hub = hub
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
        """As `work_off`, in the partitions of this server's customers only."""
        people = list(self.server.platform.people.values())
        handles = [self.handle(name, group) for name in people for group in self._groups | {""}]
        await self.hub.work_off(sorted({partition_of(CHANNEL, each) for each in handles}))

    async def conversation(self, user: str, group: str = "") -> Conversation | None:
        found = await self.stores.contacts.identity(IdentityScope.CHANNEL, CHANNEL, self.handle(user, group))
        return await self.stores.conversations.latest(found.contact_id, CHANNEL) if found else None

    async def thread(self, user: str, group: str = "") -> list[Message]:
        found = await self.conversation(user, group)
        return list(await self.stores.messages.thread(found.id, after=0, until=500)) if found else []

    async def messages(self, user: str, group: str = "") -> list[Message]:
        return [each for each in await self.thread(user, group) if each.kind in ("incoming", "outgoing")]

    async def said(self, user: str, group: str = "") -> list[str]:
        return [each.content for each in await self.messages(user, group)]

    async def answers(self, user: str, text: str, group: str = "", **more: Any) -> Message:
        found = await self.conversation(user, group)
        assert found is not None
        message, _ = await self.hub.reply(
            found.id, author=AUTHOR, content=text, client_id=UlidFactory(SystemClock())(), attachments=(), **more
        )
        return message

    async def channel(self) -> Channel:
        channel = await self.stores.channels.get(CHANNEL)
        assert channel is not None
        return channel


Made = Callable[..., Awaitable[World]]


@pytest.fixture
async def make(stores: Stores) -> AsyncIterator[Made]:
    """A world; running: the hub's loops run, over webhooks that reach it when delivery is `webhook`."""
    async with AsyncExitStack() as stack:

        async def made(*, running: bool = False, delivery: str = "websocket", reachable: bool = True) -> World:
            clock = SystemClock()
            server = await stack.enter_async_context(SatoriSimulator())
            now = clock.now()
            settings = server.settings(delivery)
            channel = Channel(id=CHANNEL, type="satori", name="QQ", settings=settings, created_at=now, updated_at=now)
            await stores.channels.insert(channel)
            session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=5, connect=2)))
            hubs: list[FlowHub] = []
            hooks = await stack.enter_async_context(Door(hubs)) if reachable else None
            hub = FlowHub(
                FlowSettings(owner="test", zone=ZoneInfo("Asia/Shanghai"), hooks=hooks),
                stores,
                CHANNEL_TYPES,
                WordAnalyser(),
                session,
                clock,
                UlidFactory(clock),
                jitter=random.Random(1),
            )
            hubs.append(hub)
            if running:
                await hub.start()
                stack.push_async_callback(hub.close)
            return World(stores, hub, server)

        yield made
