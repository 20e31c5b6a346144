"""A hub with one Slack channel, and the workspace on the other side."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession

from channels.slack import webhook
from channels.slack.payloads import handle
from channels.slack.simulator import Action, SlackSimulator
from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub
from scrm.ids import ChannelId
from scrm.ports.stores import Stores
from tests.channels.hub import PATIENCE, ChannelWorld, add_channel, make_hub, opened

CHANNEL = ChannelId("01SLACK")


class World(ChannelWorld):
    def __init__(self, stores: Stores, hub: FlowHub, slack: SlackSimulator) -> None:
        super().__init__(stores, hub, CHANNEL)
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
        people = list(self.slack.workspace.people.values())
        await self.work_off(self.handle(name, group) for name in people for group in self._groups | {""})


Made = Callable[..., Awaitable[World]]


@pytest.fixture
async def make(stores: Stores) -> AsyncIterator[Made]:
    """A world; running: the hub's loops run, over webhooks that reach it when delivery is `webhook`."""
    async with AsyncExitStack() as stack:

        async def made(*, running: bool = False, delivery: str = "webhook", **settings: str) -> World:
            clock = SystemClock()
            slack = await stack.enter_async_context(SlackSimulator(delivery=delivery))
            await add_channel(stores, CHANNEL, "slack", slack.settings() | settings, clock)
            session = await stack.enter_async_context(ClientSession(timeout=PATIENCE))
            hubs: list[FlowHub] = []
            door = await stack.enter_async_context(opened(hubs, stores, clock))
            hub = make_hub(stores, session, clock, door)
            hubs.append(hub)
            slack.webhook = f"{door}/hooks/{CHANNEL}"
            if running:
                await hub.start()
                stack.push_async_callback(hub.close)
            return World(stores, hub, slack)

        yield made
