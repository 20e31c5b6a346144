"""A hub with one channel and its door to the world, for tests against a platform's simulator; what any of them asks."""

import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, ClientTimeout, web

from channels import CHANNEL_TYPES
from scrm.clock import Clock, SystemClock
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.ids import ChannelId, UlidFactory
from scrm.model.channel import Channel
from scrm.model.contact import Contact, IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.message import Attachment, Author, AuthorType, Message
from scrm.model.work import partition_of
from scrm.ports.channel import ChannelTypes, WebhookRequest
from scrm.ports.stores import Stores
from scrm.web import lent
from scrm.web.context import CONTEXT
from tests.flow.conftest import WordAnalyser

AUTHOR = Author(type=AuthorType.API, id="t1", name="test")
SHOWN = ("incoming", "outgoing")
PATIENCE = ClientTimeout(total=30)


class ChannelWorld(ABC):
    """The hub, and what a test asks about one customer. group: where the customer wrote, "" for alone."""

    def __init__(self, stores: Stores, hub: FlowHub, channel_id: ChannelId) -> None:
        self.stores = stores
        self.hub = hub
        self.channel_id = channel_id

    @abstractmethod
    def handle(self, user: str, group: str = "") -> str:
        """Of a made-up person."""

    async def work_off(self, handles: Iterable[str]) -> None:
        """The hub does what is due, in the partitions of these customers only."""
        await self.hub.work_off(sorted({partition_of(self.channel_id, handle) for handle in handles}))

    async def contact(self, user: str, group: str = "") -> Contact | None:
        handle = self.handle(user, group)
        found = await self.stores.contacts.identity(IdentityScope.CHANNEL, self.channel_id, handle)
        return await self.stores.contacts.get(found.contact_id) if found else None

    async def conversation(self, user: str, group: str = "") -> Conversation | None:
        contact = await self.contact(user, group)
        return await self.stores.conversations.latest(contact.id, self.channel_id) if contact else None

    async def thread(self, user: str, group: str = "") -> list[Message]:
        found = await self.conversation(user, group)
        return list(await self.stores.messages.thread(found.id, after=0, until=500)) if found else []

    async def messages(self, user: str, group: str = "") -> list[Message]:
        return [each for each in await self.thread(user, group) if each.kind in SHOWN]

    async def said(self, user: str, group: str = "") -> list[str]:
        return [each.content for each in await self.messages(user, group)]

    async def answers(
        self, user: str, text: str = "", group: str = "", *, attachments: Sequence[Attachment] = (), **more: Any
    ) -> Message:
        """An agent's reply, taken on; whether it has left, a test says."""
        found = await self.conversation(user, group)
        assert found is not None
        client_id = UlidFactory(SystemClock())()
        message, _ = await self.hub.reply(
            found.id, author=AUTHOR, content=text, client_id=client_id, attachments=attachments, **more
        )
        return message

    async def message(self, message: Message) -> Message:
        found = await self.stores.messages.get(message.id)
        assert found is not None
        return found

    async def channel(self) -> Channel:
        channel = await self.stores.channels.get(self.channel_id)
        assert channel is not None
        return channel


async def add_channel(stores: Stores, channel_id: ChannelId, type_: str, settings: dict[str, str], at: Clock) -> None:
    now = at.now()
    await stores.channels.insert(
        Channel(id=channel_id, type=type_, name="店", settings=settings, created_at=now, updated_at=now)
    )


def make_hub(
    stores: Stores,
    session: ClientSession,
    clock: Clock,
    door: str | None = None,
    *,
    types: ChannelTypes | None = None,
) -> FlowHub:
    """With the real channel types; nothing runs yet. door: where the world reaches it."""
    settings = FlowSettings(
        owner="test",
        zone=ZoneInfo("Asia/Shanghai"),
        hooks=f"{door}/hooks" if door else None,
        files=f"{door}/files" if door else None,
    )
    jitter = random.Random(1)
    ids = UlidFactory(clock)
    return FlowHub(settings, stores, types or CHANNEL_TYPES, WordAnalyser(), session, clock, ids, jitter=jitter)


@asynccontextmanager
async def opened(hubs: list[FlowHub], stores: Stores, clock: Clock) -> AsyncIterator[str]:
    """The hub's address for platforms, with nothing but the webhooks and the lent files behind it. hubs: the first of
    them answers, who may come after the door is open."""

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
