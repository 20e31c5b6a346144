"""A hub with a Weibo account, and the platform on the other side; tests say when who works."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, ClientTimeout, web

from channels import CHANNEL_TYPES
from channels.weibo.simulator import Account, WeiboSimulator
from channels.weibo.simulator.control import Action
from scrm.clock import ManualClock, end_tasks
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.ids import ChannelId, CountingIds
from scrm.model.channel import Channel
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Message
from scrm.model.work import partition_of
from scrm.ports.channel import WebhookRequest
from scrm.ports.stores import Stores
from tests.flow.conftest import WordAnalyser

AUTHOR = Author(type=AuthorType.API, id="t1", name="test")
CHANNEL = ChannelId("ch-weibo")
ACCOUNT = Account()


class World:
    def __init__(self, stores: Stores, hub: FlowHub, platform: WeiboSimulator, clock: ManualClock) -> None:
        self.stores = stores
        self.hub = hub
        self.sim = platform
        self.clock = clock

    async def works(self) -> None:
        """The hub does what is due, where this world's people are."""
        handles = ["", *self.sim.platform.people]
        await self.hub.work_off(sorted({partition_of(CHANNEL, handle) for handle in handles}))

    async def does(self, user: str, text: str = "", **more: object) -> None:
        """Something pushed, all the way through."""
        assert await self.sim.act(Action(user=user, text=text, **more))  # type: ignore[arg-type]
        await self.works()

    async def looks(self) -> None:
        """The hub asks for comments, as it does every two minutes."""
        self.clock.advance(121)
        await self.works()

    async def conversation(self, user: str) -> Conversation:
        handle = self.sim.platform.person(user).uid
        identity = await self.stores.contacts.identity(IdentityScope.CHANNEL, CHANNEL, handle)
        assert identity is not None
        found = await self.stores.conversations.latest(identity.contact_id, CHANNEL)
        assert found is not None
        return found

    async def thread(self, user: str) -> list[Message]:
        found = await self.conversation(user)
        entries = await self.stores.messages.thread(found.id, after=0, until=500)
        return sorted(entries, key=lambda message: message.rank)

    async def said(self, user: str) -> list[Message]:
        return [each for each in await self.thread(user) if each.kind in ("incoming", "outgoing")]

    async def texts(self, user: str) -> list[str]:
        return [each.content for each in await self.said(user)]

    async def answers(self, user: str, text: str, reply_to: Message | None = None) -> Message:
        found = await self.conversation(user)
        message, _ = await self.hub.reply(
            found.id,
            author=AUTHOR,
            content=text,
            client_id=f"c-{text}"[:60],
            attachments=(),
            reply_to=reply_to.id if reply_to else None,
        )
        await self.works()
        stored = await self.stores.messages.get(message.id)
        assert stored is not None
        return stored


@pytest.fixture
async def world(stores: Stores) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        clock = ManualClock()
        platform = await stack.enter_async_context(WeiboSimulator(ACCOUNT, clock=clock))
        session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=5, connect=2)))
        now = clock.now()
        await stores.channels.insert(
            Channel(id=CHANNEL, type="weibo", name="微博", settings=platform.settings(), created_at=now, updated_at=now)
        )
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
        journal = asyncio.create_task(hub._journal.run(), name="journal")
        stack.push_async_callback(end_tasks, journal)
        platform.connect(await _door(stack, hub, clock))
        await hub.channel_changed(CHANNEL)
        yield World(stores, hub, platform, clock)


async def _door(stack: AsyncExitStack, hub: FlowHub, clock: ManualClock) -> str:
    """The channel's address for the platform."""

    async def receive(request: web.Request) -> web.Response:
        reply = await hub.receive(
            CHANNEL,
            WebhookRequest(
                method=request.method,
                query=dict(request.query),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=await request.read(),
                received_at=clock.now(),
            ),
        )
        return web.Response(status=reply.status, body=reply.body)

    application = web.Application()
    application.router.add_route("*", "/hooks/x", receive)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/x"
