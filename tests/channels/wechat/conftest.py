"""A hub with two accounts of one owner, and the platform on the other side; tests say when who works."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, ClientTimeout, web
from msgspec.structs import replace

from channels import CHANNEL_TYPES
from channels.wechat.simulator import Account, WeChatSimulator
from scrm.clock import ManualClock, end_tasks
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.ids import ChannelId, CountingIds, LabelId, TeamId
from scrm.model.channel import Channel
from scrm.model.contact import Contact, IdentityScope
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import Message
from scrm.model.people import Label, Team
from scrm.model.work import partition_of
from scrm.ports.channel import WebhookRequest
from scrm.ports.stores import Stores
from tests.flow.conftest import WordAnalyser

FIRST = Account()
SECOND = Account(app_id="wx5f1c0ffee0000002", original_id="gh_5imu1at0r002")
CHANNEL, OTHER = ChannelId("ch-1"), ChannelId("ch-2")
VIP, NEW = LabelId("l-vip"), LabelId("l-new")
SALES = TeamId("t-sales")
CHANNEL_OF = {FIRST.app_id: CHANNEL, SECOND.app_id: OTHER}


class World:
    def __init__(self, stores: Stores, hub: FlowHub, platform: WeChatSimulator, clock: ManualClock) -> None:
        self.stores = stores
        self.hub = hub
        self.sim = platform
        self.clock = clock

    async def works(self) -> None:
        """Like `FlowHub.work_off`, but looks only where this world's people are."""
        partitions = {
            partition_of(CHANNEL_OF[app_id], openid)
            for app_id, platform in self.sim.platforms.items()
            for openid in platform.customers
        }
        await self.hub.work_off(sorted(partitions))

    async def contact(self, user: str, channel_id: ChannelId = CHANNEL) -> Contact:
        app_id = FIRST.app_id if channel_id == CHANNEL else SECOND.app_id
        handle = self.sim.openid(user, app_id)
        identity = await self.stores.contacts.identity(IdentityScope.CHANNEL, channel_id, handle)
        assert identity is not None
        contact = await self.stores.contacts.get(identity.contact_id)
        assert contact is not None
        return contact

    async def conversation(self, user: str, channel_id: ChannelId = CHANNEL) -> Conversation:
        contact = await self.contact(user, channel_id)
        found = await self.stores.conversations.latest(contact.id, channel_id)
        assert found is not None
        return found

    async def thread(self, user: str, channel_id: ChannelId = CHANNEL) -> list[Message]:
        found = await self.conversation(user, channel_id)
        return await self.stores.messages.thread(found.id, after=0, until=500)

    async def returns(self, user: str) -> None:
        """The customer comes back after a day: a new conversation, and a look at the tags."""
        conversation = await self.conversation(user)
        resolved = replace(conversation, status=ConversationStatus.RESOLVED, resolved_at=self.clock.now())
        await self.stores.conversations.save(resolved)
        self.clock.advance(25 * 3600)
        await self.sim.say(user, "在吗")
        await self.works()

    async def label(self, user: str, *labels: LabelId) -> None:
        """As an agent does it."""
        contact = await self.contact(user)
        await self.stores.contacts.save(_labelled(contact, labels))
        await self.hub.labelled(contact.id)
        await self.works()


def _labelled(contact: Contact, labels: tuple[LabelId, ...]) -> Contact:
    return replace(contact, labels=labels)


@pytest.fixture
async def world(stores: Stores) -> AsyncIterator[World]:
    clock = ManualClock()
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(WeChatSimulator(FIRST, SECOND, clock=clock))
        session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=30)))
        now = clock.now()
        for account in (FIRST, SECOND):
            channel = Channel(
                id=CHANNEL_OF[account.app_id],
                type="wechat",
                name=account.original_id,
                settings=account.settings(platform.url),
                created_at=now,
                updated_at=now,
            )
            await stores.channels.insert(channel)
        await stores.labels.save(Label(id=VIP, name="贵宾", color="#ff0000"))
        await stores.labels.save(Label(id=NEW, name="新客", color="#00ff00"))
        await stores.teams.save(Team(id=SALES, name="销售", created_at=now))
        hub = FlowHub(
            FlowSettings(owner="test", zone=ZoneInfo("Asia/Shanghai")),
            stores,
            CHANNEL_TYPES,
            WordAnalyser(),
            session,
            clock,
            CountingIds(),
            jitter=random.Random(1),
        )
        address = await stack.enter_async_context(_Door(hub, clock))
        for app_id, channel_id in CHANNEL_OF.items():
            platform.connect(f"{address}/{channel_id}", app_id)
        yield World(stores, hub, platform, clock)


class _Door:
    """The hub's address for platforms."""

    def __init__(self, hub: FlowHub, clock: ManualClock) -> None:
        self._hub = hub
        self._clock = clock
        self._runner: web.AppRunner | None = None
        self._journal: asyncio.Task[None] | None = None

    async def __aenter__(self) -> str:
        self._journal = asyncio.create_task(self._hub._journal.run(), name="journal")
        application = web.Application()
        application.router.add_route("*", "/hooks/{id}", self._receive)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hooks"

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self._journal is not None:
            await end_tasks(self._journal)

    async def _receive(self, request: web.Request) -> web.Response:
        reply = await self._hub.receive(
            ChannelId(request.match_info["id"]),
            WebhookRequest(
                method=request.method,
                query=dict(request.query),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=await request.read(),
                received_at=self._clock.now(),
            ),
        )
        return web.Response(status=reply.status, body=reply.body)
