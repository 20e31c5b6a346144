"""A hub with one mailbox, and the mail provider on the other side."""

import random
from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, ClientTimeout

from channels import CHANNEL_TYPES
from channels.email.simulator import EmailSimulator
from channels.email.simulator.people import address_of
from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.flow.partitions import Claim
from scrm.ids import ChannelId, UlidFactory
from scrm.model.channel import Channel
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.message import Attachment, Author, AuthorType, Message
from scrm.model.work import partition_of
from scrm.ports.stores import Stores
from tests.flow.conftest import WordAnalyser

CHANNEL = ChannelId("01EMAIL")
AUTHOR = Author(type=AuthorType.API, id="t1", name="test")


class World:
    def __init__(self, stores: Stores, hub: FlowHub, provider: EmailSimulator, clock: SystemClock) -> None:
        self.stores = stores
        self.hub = hub
        self.provider = provider
        self.clock = clock
        self.users = {"王芳"}

    async def works(self) -> None:
        """Everything that is to be done in the partitions of this mailbox and its customers, until nothing is."""
        handles = {"", "mailer-daemon@customer.example", *(address_of(user) for user in self.users)}
        busy = True
        while busy:
            busy = False
            for number in {partition_of(CHANNEL, handle) for handle in handles}:
                for lane in self.hub._lanes.values():
                    busy = await lane.step(Claim(number, self.clock)) or busy

    async def looks(self) -> None:
        """The hub asks for mail, and takes it in."""
        await self.hub.channel_changed(CHANNEL)
        await self.works()

    async def conversation(self, user: str = "王芳") -> Conversation | None:
        identity = await self.stores.contacts.identity(IdentityScope.CHANNEL, CHANNEL, address_of(user))
        return await self.stores.conversations.latest(identity.contact_id, CHANNEL) if identity else None

    async def thread(self, user: str = "王芳") -> list[Message]:
        found = await self.conversation(user)
        return await self.stores.messages.thread(found.id, after=0, until=500) if found else []

    async def written(self, user: str = "王芳") -> list[str]:
        return [each.content for each in await self.thread(user) if each.kind == "incoming"]

    async def answers(self, text: str, *files: Attachment, user: str = "王芳") -> Message:
        found = await self.conversation(user)
        assert found is not None
        client_id = UlidFactory(self.clock)()
        message, _ = await self.hub.reply(found.id, author=AUTHOR, content=text, client_id=client_id, attachments=files)
        await self.works()
        stored = await self.stores.messages.get(message.id)
        assert stored is not None
        return stored


@pytest.fixture
async def world(stores: Stores) -> AsyncIterator[World]:
    clock = SystemClock()
    async with EmailSimulator() as provider, ClientSession(timeout=ClientTimeout(total=2)) as session:
        now = clock.now()
        settings = CHANNEL_TYPES.normalise_settings("email", provider.settings())
        await stores.channels.insert(
            Channel(id=CHANNEL, type="email", name="邮箱", settings=settings, created_at=now, updated_at=now)
        )
        hub = FlowHub(
            FlowSettings(owner="test", zone=ZoneInfo("Asia/Shanghai")),
            stores,
            CHANNEL_TYPES,
            WordAnalyser(),
            session,
            clock,
            UlidFactory(clock),
            jitter=random.Random(1),
        )
        made = World(stores, hub, provider, clock)
        await made.looks()  # the place from which on mail counts
        yield made
