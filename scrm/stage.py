"""The demo's stage: its workspace is filled, the simulators behind its channels stand, and customers go on writing."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from channels import CHANNEL_TYPES
from channels.wechat.config import Mode
from channels.wechat.simulator import Account, Action, WeChatSimulator
from scrm import demo as demo_workspace
from scrm.clock import SystemClock, end_tasks
from scrm.config import Settings
from scrm.errors import StartupError
from scrm.flow import mood, window
from scrm.flow.facts import facts_of, moods
from scrm.flow.hours import Hours
from scrm.flow.report import Reporter
from scrm.model.channel import Channel
from scrm.ports.mentions import Mentions
from scrm.ports.services import Analyser
from scrm.ports.stores import Stores
from scrm.web.passwords import Passwords

SEED = 1


class Demo:
    """The demo workspace, and who writes to it."""

    def __init__(
        self, stores: Stores, filled: demo_workspace.Filled, port: int, clock: SystemClock, zone: ZoneInfo
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._zone = zone
        self._filled = filled
        self._port = port

    @classmethod
    async def prepare(cls, stores: Stores, analyser: Analyser, settings: Settings, clock: SystemClock) -> "Demo":
        """Fill an empty workspace; nothing where the demo stands already. Raises StartupError on a real one."""
        if await stores.workspace.get(demo_workspace.STATE) is None and await stores.channels.all():
            raise StartupError("--demo fills an empty workspace only; this one has channels. Give another --data.")
        zone = ZoneInfo(settings.time_zone)
        port = _free_port()
        passwords = Passwords()
        filled = await demo_workspace.fill(
            stores,
            analyser,
            clock,
            rules=demo_workspace.Rules(
                facts=partial(
                    facts_of,
                    reporter=Reporter(zone),
                    hours=Hours(demo_workspace.SERVICE.schedule, zone),
                    policies=demo_workspace.SERVICE.policies,
                ),
                mood=mood.after,
                moods=moods,
                opened=window.opened,
                used=window.used,
                capabilities=CHANNEL_TYPES.capabilities("wechat"),
            ),
            time_zone=zone,
            seed=SEED,
            password_hash=await passwords.hash(demo_workspace.DEMO_PASSWORD),
            api_base=f"http://127.0.0.1:{port}",
            progress=_show_progress,
        )
        passwords.close()
        await demo_workspace.open_shop(stores.channels, CHANNEL_TYPES, clock.now())
        if filled.made:
            print(f"\ndemo: {filled.conversations} conversations, {filled.messages} messages", flush=True)
        print(f"demo sign-in: {', '.join(filled.logins)}; password {demo_workspace.DEMO_PASSWORD}", flush=True)
        return cls(stores, filled, port, clock, zone)

    @asynccontextmanager
    async def running(self, hub_url: str, mentions: Mentions) -> AsyncIterator[None]:
        accounts_ = [_account(channel) for channel in self._filled.channels]
        print(f"demo shop: {hub_url}/demo/shop", flush=True)
        async with WeChatSimulator(*accounts_, port=self._port) as platform:
            for channel, account in zip(self._filled.channels, accounts_, strict=True):
                platform.connect(f"{hub_url}/hooks/{channel.id}", account.app_id)
            for app_id, openid in await demo_workspace.permitted(self._stores, self._filled.channels):
                platform.platform(app_id).permit(openid, "message")
            writing = self._write(platform, [each.app_id for each in accounts_])
            speaking = demo_workspace.speak_outside(self._stores, mentions, self._clock, self._zone, SEED)
            tasks = [asyncio.create_task(each, name="demo") for each in (writing, speaking)]
            try:
                yield
            finally:
                await end_tasks(*tasks)

    async def _write(self, platform: WeChatSimulator, app_ids: list[str]) -> None:
        """Customers write as the script has it; one at a time, for a demo is read by people."""
        began = time.monotonic()
        for line in demo_workspace.script(SEED, app_ids, start=int(time.time())):
            await asyncio.sleep(max(0.0, float(line["at"]) - (time.monotonic() - began)))
            await platform.act(msgspec.convert(line, Action))


def _account(channel: Channel) -> Account:
    settings = channel.settings
    return Account(
        app_id=settings["app_id"],
        app_secret=settings["app_secret"],
        token=settings["token"],
        encoding_aes_key=settings["encoding_aes_key"],
        mode=Mode(settings["mode"]),
    )


def _show_progress(done: int, total: int) -> None:
    print(f"\rfilling the demo: {done} of {total} conversations", end="", flush=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
