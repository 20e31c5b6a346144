"""Hubs with WeCom accounts over one database, and the platform on the other side; tests say when who works."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, ClientTimeout, web

from channels import CHANNEL_TYPES
from channels.wecom.simulator import Account, WeComSimulator
from scrm.clock import ManualClock, end_tasks
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.flow.partitions import Claim
from scrm.ids import ChannelId, CountingIds
from scrm.model.channel import Channel
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Message
from scrm.model.work import Pull, partition_of
from scrm.ports.channel import WebhookRequest
from scrm.ports.stores import Stores
from tests.flow.conftest import WordAnalyser

AUTHOR = Author(type=AuthorType.API, id="t1", name="test")
FIRST = Account()
SECOND = Account(open_kfid="wk5imu1at0rAAAA0002", name="二店")


def channel_of(account: Account) -> ChannelId:
    return ChannelId("ch-" + account.open_kfid)


class World:
    def __init__(self, stores: Stores, hubs: list[FlowHub], platform: WeComSimulator, clock: ManualClock) -> None:
        self.stores = stores
        self.hubs = hubs
        self.sim = platform
        self.clock = clock

    @property
    def hub(self) -> FlowHub:
        return self.hubs[0]

    async def works(self) -> None:
        """The first hub does what is due, like `FlowHub.work_off`, but looks only where this world's people are."""
        accounts = [channel_of(account) for account in self.sim.accounts]
        handles = ["", *self.sim.platform.people]
        partitions = {partition_of(channel_id, handle) for channel_id in accounts for handle in handles}
        await self.hub.work_off(sorted(partitions))

    async def says(self, user: str, text: str, account: Account = FIRST) -> None:
        """A customer's message, all the way through."""
        await self.sim.say(user, text, open_kfid=account.open_kfid)
        await self.works()

    async def conversation(self, user: str, account: Account = FIRST) -> Conversation:
        handle = self.sim.customer(user)
        identity = await self.stores.contacts.identity(IdentityScope.CHANNEL, channel_of(account), handle)
        assert identity is not None
        found = await self.stores.conversations.latest(identity.contact_id, channel_of(account))
        assert found is not None
        return found

    async def thread(self, user: str, account: Account = FIRST) -> list[Message]:
        """As it is read: by rank."""
        found = await self.conversation(user, account)
        entries = await self.stores.messages.thread(found.id, after=0, until=500)
        return sorted(entries, key=lambda message: message.rank)

    async def texts(self, user: str, account: Account = FIRST) -> list[str]:
        return [each.content for each in await self.thread(user, account) if each.kind in ("incoming", "outgoing")]

    async def answers(self, user: str, text: str) -> Message:
        found = await self.conversation(user)
        message, _ = await self.hub.reply(found.id, author=AUTHOR, content=text, client_id=f"c-{text}", attachments=())
        return message

    async def message(self, message: Message) -> Message:
        found = await self.stores.messages.get(message.id)
        assert found is not None
        return found

    async def pull(self, account: Account = FIRST) -> Pull:
        found = await self.stores.pulls.get(channel_of(account))
        assert found is not None
        return found

    async def channel(self) -> Channel:
        found = await self.stores.channels.get(channel_of(FIRST))
        assert found is not None
        return found

    async def fetch(self) -> None:
        """All hubs fetch at once, and none asks whether another does: as if no lease held."""
        for hub in self.hubs:
            # One fetches the access token; the others would wait for it by a clock that stands still.
            assert (await hub.check_channel(await self.channel()))[0]

        async def until_rest(hub: FlowHub) -> None:
            while await hub._pump.step(Claim(self.partition(), self.clock)):
                pass

        await asyncio.gather(*(until_rest(hub) for hub in self.hubs))

    def partition(self, account: Account = FIRST) -> int:
        return partition_of(channel_of(account), "")


Made = Callable[..., Awaitable[World]]


@pytest.fixture
async def make(stores: Stores) -> AsyncIterator[Made]:
    """A world with a channel for each account, and `hubs` hubs; the first account's address takes all callbacks."""
    async with AsyncExitStack() as stack:

        async def made(*accounts: Account, hubs: int = 1) -> World:
            clock = ManualClock()
            platform = await stack.enter_async_context(WeComSimulator(*(accounts or (FIRST,)), clock=clock))
            session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=5, connect=2)))
            ids = CountingIds()
            now = clock.now()
            for account in platform.accounts:
                channel = Channel(
                    id=channel_of(account),
                    type="wecom_kf",
                    name=account.name,
                    settings=account.settings(platform.url),
                    created_at=now,
                    updated_at=now,
                )
                await stores.channels.insert(channel)
            running = [
                FlowHub(
                    FlowSettings(owner=f"test{number}", zone=ZoneInfo("Asia/Shanghai")),
                    stores,
                    CHANNEL_TYPES,
                    WordAnalyser(),
                    session,
                    clock,
                    ids,
                    jitter=random.Random(1),
                )
                for number in range(hubs)
            ]
            address = await stack.enter_async_context(_Door(running, clock))
            platform.connect(f"{address}/{channel_of(platform.accounts[0])}")
            return World(stores, running, platform, clock)

        yield made


class _Door:
    """The hubs' address for platforms: each in turn."""

    def __init__(self, hubs: list[FlowHub], clock: ManualClock) -> None:
        self._hubs = hubs
        self._clock = clock
        self._count = 0
        self._runner: web.AppRunner | None = None
        self._journals: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> str:
        self._journals = [asyncio.create_task(hub._journal.run(), name="journal") for hub in self._hubs]
        application = web.Application()
        application.router.add_route("*", "/hooks/{id}", self._receive)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hooks"

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        await end_tasks(*self._journals)

    async def _receive(self, request: web.Request) -> web.Response:
        self._count += 1
        hub = self._hubs[self._count % len(self._hubs)]
        reply = await hub.receive(
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
