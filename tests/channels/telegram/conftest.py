"""A hub with one Telegram channel, and the platform on the other side."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, ClientTimeout, web

from channels import CHANNEL_TYPES
from channels.telegram import webhook
from channels.telegram.simulator import Action, TelegramSimulator
from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.ids import ChannelId, UlidFactory
from scrm.model.channel import Channel
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Message
from scrm.model.work import partition_of
from scrm.ports.channel import WebhookRequest
from scrm.ports.stores import Stores
from tests.flow.conftest import WordAnalyser

CHANNEL = ChannelId("01TELEGRAM")
AUTHOR = Author(type=AuthorType.API, id="t1", name="test")


class World:
    def __init__(self, stores: Stores, hub: FlowHub, platform: TelegramSimulator) -> None:
        self.stores = stores
        self.hub = hub
        self.platform = platform

    async def takes(self) -> None:
        """The hub takes in what waits on the platform, as a listener that ended after one look would."""
        for update in self.platform.platform.updates:
            request = webhook.of_update(json.dumps(update).encode(), self.platform.clock.now())
            await self.hub._journal.keep(CHANNEL, [request])
        self.platform.platform.updates.clear()
        await self.works()

    async def works(self) -> None:
        """As `work_off`, in the partitions of this platform's customers only."""
        numbers = {partition_of(CHANNEL, str(user)) for user in self.platform.platform.users}
        await self.hub.work_off(sorted(numbers))

    async def does(self, user: str, type_: str = "text", text: str = "", **more: int | bool) -> int:
        """A customer does something, and the hub takes it in; the message's number."""
        value = await self.platform.act(Action(user=user, type=type_, text=text, **more))  # type: ignore[arg-type]
        await self.takes()
        return int(value.get("message_id", 0))

    async def conversation(self, user: str) -> Conversation | None:
        handle = str(self.platform.platform.user(user))
        identity = await self.stores.contacts.identity(IdentityScope.CHANNEL, CHANNEL, handle)
        return await self.stores.conversations.latest(identity.contact_id, CHANNEL) if identity else None

    async def thread(self, user: str) -> list[Message]:
        found = await self.conversation(user)
        if found is None:
            return []
        entries = await self.stores.messages.thread(found.id, after=0, until=500)
        return [entry for entry in entries if entry.kind in ("incoming", "outgoing")]

    async def answers(self, user: str, text: str, **more: str) -> Message:
        found = await self.conversation(user)
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

        async def made(*, running: bool = False, delivery: str = "polling", reachable: bool = True) -> World:
            clock = SystemClock()
            ids = UlidFactory(clock)
            platform = await stack.enter_async_context(TelegramSimulator())
            now = clock.now()
            await stores.channels.insert(
                Channel(
                    id=CHANNEL,
                    type="telegram",
                    name="电报",
                    settings=platform.settings(delivery),
                    created_at=now,
                    updated_at=now,
                )
            )
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
                ids,
                jitter=random.Random(1),
            )
            hubs.append(hub)
            if running:
                await hub.start()
                stack.push_async_callback(hub.close)
            return World(stores, hub, platform)

        yield made


class Door:
    """The hub's address for platforms, with nothing but the webhook behind it."""

    def __init__(self, hubs: list[FlowHub]) -> None:
        self._hubs = hubs
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> str:
        application = web.Application()
        application.router.add_route("*", "/hooks/{id}", self._receive)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hooks"

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        reply = await self._hubs[0].receive(
            ChannelId(request.match_info["id"]),
            WebhookRequest(
                method=request.method,
                query=dict(request.query),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=await request.read(),
                received_at=SystemClock().now(),
            ),
        )
        return web.Response(status=reply.status, body=reply.body, headers={"Content-Type": reply.media_type})
