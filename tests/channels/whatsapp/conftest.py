"""A hub with one WhatsApp channel, and the platform on the other side."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, ClientTimeout

from channels import CHANNEL_TYPES
from channels.whatsapp.simulator import Action, WhatsAppSimulator
from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.ids import ChannelId, UlidFactory
from scrm.model.channel import Channel
from scrm.model.contact import Contact, IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Message
from scrm.ports.stores import Stores
from tests.channels.telegram.conftest import Door
from tests.flow.conftest import WordAnalyser

CHANNEL = ChannelId("01WHATSAPP")
AUTHOR = Author(type=AuthorType.API, id="t1", name="test")


class World:
    def __init__(self, stores: Stores, hub: FlowHub, platform: WhatsAppSimulator) -> None:
        self.stores = stores
        self.hub = hub
        self.platform = platform

    async def does(self, user: str, type_: str = "text", text: str = "", **more: Any) -> str:
        """A customer does something; the message's id."""
        return await self.platform.act(Action(user=user, type=type_, text=text, **more))

    async def contact(self, user: str) -> Contact | None:
        person = self.platform.platform.person(user)
        for handle in (person.phone, person.user_id):
            found = await self.stores.contacts.identity(IdentityScope.CHANNEL, CHANNEL, handle)
            if found is not None:
                return await self.stores.contacts.get(found.contact_id)
        return None

    async def conversation(self, user: str) -> Conversation | None:
        contact = await self.contact(user)
        return await self.stores.conversations.latest(contact.id, CHANNEL) if contact else None

    async def entries(self, user: str) -> list[Message]:
        found = await self.conversation(user)
        return list(await self.stores.messages.thread(found.id, after=0, until=500)) if found else []

    async def messages(self, user: str) -> list[Message]:
        return [each for each in await self.entries(user) if each.kind in ("incoming", "outgoing")]

    async def said(self, user: str) -> list[str]:
        return [each.content for each in await self.messages(user)]

    async def answers(self, user: str, text: str, **more: Any) -> Message:
        found = await self.conversation(user)
        assert found is not None
        message, _ = await self.hub.reply(
            found.id,
            author=AUTHOR,
            content=text,
            client_id=UlidFactory(SystemClock())(),
            **({"attachments": ()} | more),
        )
        return message

    async def message(self, message: Message) -> Message:
        found = await self.stores.messages.get(message.id)
        assert found is not None
        return found

    async def channel(self) -> Channel:
        channel = await self.stores.channels.get(CHANNEL)
        assert channel is not None
        return channel


Made = Callable[..., Awaitable[World]]


@pytest.fixture
async def make(stores: Stores) -> AsyncIterator[Made]:
    """A world whose hub runs, and tells the platform where it is when it knows (reachable)."""
    async with AsyncExitStack() as stack:

        async def made(*, reachable: bool = True) -> World:
            clock = SystemClock()
            platform = await stack.enter_async_context(WhatsAppSimulator())
            now = clock.now()
            channel = Channel(
                id=CHANNEL,
                type="whatsapp",
                name="门店",
                settings=platform.settings("hub"),
                created_at=now,
                updated_at=now,
            )
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
            await hub.start()
            stack.push_async_callback(hub.close)
            return World(stores, hub, platform)

        yield made
