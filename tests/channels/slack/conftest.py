"""A hub with one Slack channel, and the workspace on the other side."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, ClientTimeout

from channels import CHANNEL_TYPES
from channels.slack import webhook
from channels.slack.payloads import handle
from channels.slack.simulator import Action, SlackSimulator
from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.ids import ChannelId, UlidFactory
from scrm.model.channel import Channel
from scrm.model.contact import Contact, IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Message
from scrm.model.work import partition_of
from scrm.ports.stores import Stores
from tests.channels.telegram.conftest import Door
from tests.flow.conftest import WordAnalyser

CHANNEL = ChannelId("01SLACK")
AUTHOR = Author(type=AuthorType.API, id="t1", name="test")


class World:
    def __init__(self, stores: Stores, hub: FlowHub, slack: SlackSimulator) -> None:
        self.stores = stores
        self.hub = hub
        self.slack = slack
        self._groups: set[str] = set()

    def handle(self, user: str, group: str = "") -> str:
        workspace = self.slack.workspace
        return handle(workspace.user(user), workspace.channel(group) if group else "")

    async def does(self, user: str, type_: str = "text", text: str = "", **more: Any) -> str:
        """A customer does something, and the hub takes it in; the message's number."""
        action = Action(user=user, type=type_, text=text, **more)
        self._groups.add(action.group)
        wrapped = self.slack.workspace.does(action)
        now = self.slack.clock.now()
        requests = [webhook.of_event(json.dumps(each).encode(), now) for each in wrapped]
        await self.hub._journal.keep(CHANNEL, requests)
        await self.works()
        return str(wrapped[0]["event"].get("ts", ""))

    async def works(self) -> None:
        """As `work_off`, in the partitions of this workspace's customers only."""
        handles = [
            self.handle(n, group) for n in [*self.slack.workspace.people.values()] for group in self._groups | {""}
        ]
        await self.hub.work_off(sorted({partition_of(CHANNEL, each) for each in handles}))

    async def contact(self, user: str, group: str = "") -> Contact | None:
        found = await self.stores.contacts.identity(IdentityScope.CHANNEL, CHANNEL, self.handle(user, group))
        return await self.stores.contacts.get(found.contact_id) if found else None

    async def conversation(self, user: str, group: str = "") -> Conversation | None:
        contact = await self.contact(user, group)
        return await self.stores.conversations.latest(contact.id, CHANNEL) if contact else None

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
        given = {"attachments": (), **more}
        message, _ = await self.hub.reply(
            found.id, author=AUTHOR, content=text, client_id=UlidFactory(SystemClock())(), **given
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

        async def made(*, running: bool = False, delivery: str = "webhook", **settings: str) -> World:
            clock = SystemClock()
            slack = await stack.enter_async_context(SlackSimulator(delivery=delivery))
            now = clock.now()
            given = slack.settings() | settings
            channel = Channel(id=CHANNEL, type="slack", name="Slack", settings=given, created_at=now, updated_at=now)
            await stores.channels.insert(channel)
            session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=5, connect=2)))
            hubs: list[FlowHub] = []
            hooks = await stack.enter_async_context(Door(hubs))
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
            slack.webhook = f"{hooks}/{CHANNEL}"
            if running:
                await hub.start()
                stack.push_async_callback(hub.close)
            return World(stores, hub, slack)

        yield made
