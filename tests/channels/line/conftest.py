"""A hub with one LINE channel, its two doors to the world, and the platform on the other side."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, ClientTimeout, web

from channels import CHANNEL_TYPES
from channels.line import webhook
from channels.line.simulator import Action, LineSimulator
from channels.line.simulator.account import Content
from scrm.clock import Clock, ManualClock, SystemClock
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.ids import AttachmentId, ChannelId, UlidFactory
from scrm.model.channel import Channel
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.message import Attachment, AttachmentState, Author, AuthorType, Message
from scrm.model.work import partition_of
from scrm.ports.channel import VerifiedRequest, WebhookRequest
from scrm.ports.stores import Stores
from scrm.web import lent
from scrm.web.context import CONTEXT
from tests.channels.conformance import NOW
from tests.channels.line.kit import request
from tests.flow.conftest import WordAnalyser

CHANNEL = ChannelId("01LINE")
AUTHOR = Author(type=AuthorType.API, id="t1", name="test")


class World:
    def __init__(self, stores: Stores, hub: FlowHub, simulator: LineSimulator, clock: Clock) -> None:
        self.stores = stores
        self.hub = hub
        self.simulator = simulator
        self.platform = simulator.platform
        self.clock = clock

    async def takes(self) -> None:
        """The hub takes in what waits on the platform."""
        for events in self.simulator.waiting:
            body = json.dumps({"destination": self.platform.account.user_id, "events": events}).encode()
            verified = webhook.verify(request(body, received_at=self.clock.now()), self.platform.account.channel_secret)
            assert isinstance(verified, VerifiedRequest)
            await self.hub._journal.keep(CHANNEL, webhook.split(verified))
        self.simulator._queue.clear()
        await self.works()

    async def works(self) -> None:
        """As `work_off`, in the partitions of this platform's customers only."""
        people = self.platform.users
        handles = [*people, *(f"{group}/{user}" for group in self.platform.groups for user in people)]
        await self.hub.work_off(sorted({partition_of(CHANNEL, handle) for handle in handles}))

    async def does(self, user: str, type_: str = "text", text: str = "", media: Content | None = None,
                   **more: str) -> str:  # fmt: skip
        """A customer does something, and the hub takes it in; the message's id."""
        event = await self.simulator.act(Action(user=user, type=type_, text=text, **more), media)  # type: ignore[arg-type]
        await self.takes()
        return str(event.get("message", {}).get("id", ""))

    async def conversation(self, user: str, group: str = "") -> Conversation | None:
        handle = self.platform.user(user)
        if group:
            handle = f"{self.platform.group(group)}/{handle}"
        identity = await self.stores.contacts.identity(IdentityScope.CHANNEL, CHANNEL, handle)
        return await self.stores.conversations.latest(identity.contact_id, CHANNEL) if identity else None

    async def thread(self, user: str, group: str = "") -> list[Message]:
        found = await self.conversation(user, group)
        if found is None:
            return []
        entries = await self.stores.messages.thread(found.id, after=0, until=500)
        return [entry for entry in entries if entry.kind in ("incoming", "outgoing")]

    async def answers(
        self, user: str, text: str = "", *attachments: Attachment, group: str = "", **more: str
    ) -> Message:
        found = await self.conversation(user, group)
        assert found is not None
        message, _ = await self.hub.reply(
            found.id,
            author=AUTHOR,
            content=text,
            client_id=UlidFactory(SystemClock())(),
            attachments=attachments,
            **more,  # type: ignore[arg-type]
        )
        return message

    async def file(self, data: bytes, media_type: str, name: str, duration: float | None = None) -> Attachment:
        id_ = AttachmentId(UlidFactory(SystemClock())())
        await self.stores.blobs.put(id_, data, media_type, name)
        return Attachment(id=id_, state=AttachmentState.STORED, media_type=media_type, file_name=name,
                          size=len(data), duration=duration)  # fmt: skip

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
    """A world; running: the hub's loops run, over a door that the platform reaches. Else its time stands still."""
    async with AsyncExitStack() as stack:

        async def made(*, running: bool = False, reachable: bool = True) -> World:
            clock: Clock = SystemClock() if running else ManualClock(NOW)
            ids = UlidFactory(clock)
            simulator = await stack.enter_async_context(LineSimulator(clock=clock))
            now = clock.now()
            await stores.channels.insert(
                Channel(
                    id=CHANNEL, type="line", name="店", settings=simulator.settings(), created_at=now, updated_at=now
                )
            )
            session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=5, connect=2)))
            hubs: list[FlowHub] = []
            door = await stack.enter_async_context(opened(hubs, stores, clock)) if reachable else None
            hub = FlowHub(
                FlowSettings(
                    owner="test",
                    zone=ZoneInfo("Asia/Shanghai"),
                    hooks=f"{door}/hooks" if door else None,
                    files=f"{door}/files" if door else None,
                ),
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
            return World(stores, hub, simulator, clock)

        yield made


@asynccontextmanager
async def opened(hubs: list[FlowHub], stores: Stores, clock: Clock) -> AsyncIterator[str]:
    """The hub's address for platforms, with nothing but the webhook and the lent files behind it."""

    async def receive(call: web.Request) -> web.Response:
        reply = await hubs[0].receive(
            ChannelId(call.match_info["id"]),
            WebhookRequest(
                method=call.method,
                query=dict(call.query),
                headers={name.lower(): value for name, value in call.headers.items()},
                body=await call.read(),
                received_at=SystemClock().now(),
            ),
        )
        return web.Response(status=reply.status, body=reply.body, headers={"Content-Type": reply.media_type})

    application = web.Application()
    application[CONTEXT] = SimpleNamespace(stores=stores, channel_types=CHANNEL_TYPES, clock=clock)  # type: ignore[misc]
    application.router.add_route("*", "/hooks/{id}", receive)
    lent.add_routes(application.router)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
