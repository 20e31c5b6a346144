"""A hub with a site's channel, and pages of that site. `open_desk` comes from the room around."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession

from channels.webchat.simulator import Visitor
from channels.webchat.simulator.visitor import new_id
from scrm.clock import SystemClock
from scrm.ids import ChannelId
from scrm.model.channel import Channel
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import Author, AuthorType
from scrm.model.people import Agent
from scrm.model.work import partition_of
from scrm.ports.flow import ConversationChange
from scrm.web.visitor.passes import identity_signature
from tests.web.conftest import Desk, OpenDesk

SITE = ChannelId("site1")
SHOP = "https://shop.example.com"
SECRET = "s" * 40
PATIENCE = 15.0
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)

OpenVisitor = Callable[..., Awaitable[Visitor]]


async def add_site(desk: Desk, channel_id: ChannelId = SITE, **settings: str) -> Channel:
    now = desk.clock.now()
    complete = desk.context.channel_types.normalise_settings(
        "webchat", {"origins": f"{SHOP} https://*.example.org", "secret": SECRET, **settings}
    )
    channel = Channel(id=channel_id, type="webchat", name="商城", settings=complete, created_at=now, updated_at=now)
    await desk.stores.channels.insert(channel)
    return channel


@pytest.fixture
async def live(open_desk: OpenDesk) -> Desk:
    desk = await open_desk(SystemClock())
    await add_site(desk)
    return desk


@pytest.fixture
async def visit(live: Desk) -> AsyncIterator[OpenVisitor]:
    """Opens pages that listen until the test ends."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())

        async def open_page(**more: Any) -> Visitor:
            return await stack.enter_async_context(page(live, session, **more))

        yield open_page


def page(desk: Desk, session: ClientSession, **more: Any) -> Visitor:
    hub = str(desk.server.make_url("")).rstrip("/")
    return Visitor(session, hub, more.pop("channel_id", SITE), **{"origin": SHOP, **more})


def identity(user: str, expires: int = 4_000_000_000, **more: str) -> dict[str, Any]:
    return {"user_id": user, "expires": expires, "signature": identity_signature(SECRET, user, expires), **more}


async def work_off(desk: Desk, *visitors: Visitor) -> None:
    """What these visitors did; looking at every partition would be most of what a test takes."""
    await desk.hub.work_off(sorted({partition_of(SITE, handle(visitor)) for visitor in visitors}))


def handle(visitor: Visitor) -> str:
    return str(json.loads(decoded(visitor.token or ""))["handle"])


async def newest(desk: Desk, visitor: Visitor) -> Conversation:
    await work_off(desk, visitor)
    found = await desk.stores.contacts.identity(IdentityScope.CHANNEL, SITE, handle(visitor))
    assert found is not None
    conversation = await desk.stores.conversations.latest(found.contact_id, SITE)
    assert conversation is not None
    return conversation


def decoded(token: str) -> bytes:
    facts = token.partition(".")[0]
    return base64.urlsafe_b64decode(facts + "=" * (-len(facts) % 4))


async def reply(desk: Desk, conversation: Conversation, text: str, agent: Agent | None = None) -> None:
    by = Author(type=AuthorType.AGENT, id=agent.id, name=agent.name) if agent else Author(type=AuthorType.API, id="t")
    message, _ = await desk.hub.reply(conversation.id, author=by, content=text, client_id=new_id(), attachments=())
    entry = await desk.stores.outbox.get(message.id)
    assert entry is not None
    await desk.hub.work_off([entry.partition])


async def note(desk: Desk, conversation: Conversation, text: str) -> None:
    by = Author(type=AuthorType.API, id="t")
    await desk.hub.note(conversation.id, author=by, content=text, client_id=new_id(), mentions=(), attachments=())


async def resolve(desk: Desk, conversation: Conversation) -> None:
    by = Author(type=AuthorType.API, id="t")
    await desk.hub.change(conversation.id, ConversationChange(status=ConversationStatus.RESOLVED), by=by)


async def shows(visitor: Visitor, *texts: str) -> None:
    async with asyncio.timeout(PATIENCE):
        await visitor.wait_until(lambda: visitor.texts == list(texts))
