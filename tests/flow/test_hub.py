"""The hub with its loops running, over the real change feed."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession
from msgspec.structs import replace

from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.ids import ConversationId, UlidFactory
from scrm.model.channel import Channel
from scrm.model.conversation import ConversationStatus
from scrm.ports.flow import ConversationChange
from scrm.ports.stores import Stores
from tests.flow.conftest import AUTHOR, CHANNEL, WordAnalyser, World, until
from tests.flow.make import agent
from tests.flow.scripted import Platform, ScriptedTypes


async def test_a_process_that_only_serves_the_web_hears_that_a_channel_changed(stores: Stores) -> None:
    clock = SystemClock()
    now = clock.now()
    channel = Channel(id=CHANNEL, type="scripted", name="old", settings={}, created_at=now, updated_at=now)
    await stores.channels.insert(channel)
    async with ClientSession() as session:
        hub = FlowHub(
            FlowSettings(owner="web", zone=ZoneInfo("Asia/Shanghai"), works=False),
            stores,
            ScriptedTypes(Platform()),  # type: ignore[arg-type]
            WordAnalyser(),
            session,
            clock,
            UlidFactory(clock),
        )
        await hub.start()
        try:
            await until(lambda: hub._adapters._changes > 0)  # the feed stands
            assert (await hub._adapters.get(CHANNEL)).channel.name == "old"
            kept = (await hub._adapters.get(CHANNEL)).adapter
            await stores.channels.note_error(CHANNEL, "away", now)
            await until(lambda: hub._adapters._kept[CHANNEL].channel.last_error == "away")
            # What an adapter remembers is worth more than that: it is the same one.
            assert (await hub._adapters.get(CHANNEL)).adapter is kept
            await stores.channels.save(replace(channel, name="new"))
            await until(lambda: CHANNEL not in hub._adapters._kept)
            assert (await hub._adapters.get(CHANNEL)).channel.name == "new"
        finally:
            await hub.close()


async def test_one_conversation_that_cannot_wake_keeps_nothing_else_from_being_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.says("hello")
    await world.says("hello", sender="bob")
    until_then = world.clock.now() + timedelta(minutes=5)
    for sender in ("alice", "bob"):
        snooze = ConversationChange(status=ConversationStatus.SNOOZED, snoozed_until=until_then)
        await world.hub.change((await world.conversation(sender)).id, snooze, by=AUTHOR)
    first, real = (await world.conversation()).id, world.hub._changes.wake

    async def breaks(conversation_id: ConversationId) -> None:
        if conversation_id == first:
            raise RuntimeError("a bug")
        await real(conversation_id)

    monkeypatch.setattr(world.hub._changes, "wake", breaks)
    await world.stores.agents.insert(agent("a1"))
    world.clock.advance(600)
    await world.hub._timers.tick()
    woken = await world.conversation("bob")
    assert (woken.status, woken.assignee_id) == (ConversationStatus.OPEN, "a1")
