"""The hub with its loops running, over the real change feed."""

from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from msgspec.structs import replace

from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.ids import UlidFactory
from scrm.model.channel import Channel
from scrm.ports.stores import Stores
from tests.flow.conftest import CHANNEL, WordAnalyser, until
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
            assert (await hub._adapters.get(CHANNEL)).channel.name == "old"
            await stores.channels.save(replace(channel, name="new"))
            await until(lambda: CHANNEL not in hub._adapters._kept)
            assert (await hub._adapters.get(CHANNEL)).channel.name == "new"
        finally:
            await hub.close()
