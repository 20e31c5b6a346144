"""The simulator as a running server: its API, its events by line and by push, and a small API to watch and steer it.

async with SatoriSimulator() as simulator:
    ...  # a channel of the hub with simulator.settings(), which keeps a line to it or registers its webhook
    await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

import asyncio
import json
from collections.abc import Coroutine, Sequence

from aiohttp import web

from channels.satori.simulator.api import EVENT, ServerApi
from channels.satori.simulator.control import ControlApi
from channels.satori.simulator.platform import REMEMBERED, Account, Object, Platform, SentMessage
from channels.satori.simulator.script import Action
from channels.simulating.server import SimulatedServer
from scrm.clock import Clock

# Between two tries of one push.
AGAIN_SECONDS = 0.5
WEBHOOK_TOKEN = "satori-simulated-push-token"  # noqa: S105 - a made-up server's


class SatoriSimulator(SimulatedServer[SentMessage]):
    """One account's server. Methods that name a `user` take any made-up name."""

    def __init__(
        self,
        account: Account | None = None,
        *,
        clock: Clock | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        delivery: str = "websocket",
    ) -> None:
        """delivery: how a channel with `settings` gets its events."""
        super().__init__(clock=clock, host=host, port=port)
        self._delivery = delivery
        self.platform = Platform(account or Account(), self.clock)
        self.pushes: list[tuple[int, int]] = []  # number of the event and the answer's status, 0 where none came
        self.api = ServerApi(self.platform, self.happened)
        self.faults = self.api.faults
        self._waiting: list[Object] = []

    def add_routes(self, application: web.Application) -> None:
        ControlApi(self).add_routes(application)
        self.api.add_routes(application)

    def work(self) -> Sequence[Coroutine[None, None, None]]:
        return (self._push(),)

    async def closing(self) -> None:
        await self.api.hang_up()

    @property
    def sent(self) -> Sequence[SentMessage]:
        return self.platform.sent

    @property
    def counts(self) -> dict[str, int]:
        return {
            "sent": len(self.platform.sent),
            "events": self.platform.last_sn,
            "lines": len(self.api.lines),
            "pushes": len(self.pushes),
            "pushes_refused": sum(not 200 <= status < 300 for _, status in self.pushes),
        }

    def settings(self, delivery: str = "") -> dict[str, str]:
        """What to paste into the hub."""
        account = self.platform.account
        return {
            "address": self.url,
            "token": account.token,
            "platform": account.platform,
            "self_id": account.self_id,
            "delivery": delivery or self._delivery,
            "webhook_token": WEBHOOK_TOKEN,
            "groups": "mentioned",
        }

    # What customers do

    async def say(self, user: str, text: str, **more: str | bool) -> Object:
        return await self.act(Action(user=user, text=text, **more))  # type: ignore[arg-type]

    async def act(self, action: Action, media: tuple[bytes, str, str] | None = None) -> Object:
        """Do it; the event, which every line and every webhook is told. Raises KeyError for a message that is not
        there."""
        event = self.platform.does(action, media)
        await self.told(event)
        for _ in range(action.repeat - 1):
            for line in list(self.api.lines):
                await self.api.say(line, event)
            self._waiting.append(event)
        self.happened()
        return event

    async def told(self, event: Object) -> None:
        """Tell of something that happened."""
        await self.api.tell(event)
        self._waiting = [*self._waiting, event][-REMEMBERED:]
        self.happened()

    # What happened

    def all_told(self) -> bool:
        """Whether the hub has heard of everything."""
        pushed = bool(self.platform.webhooks) and not self._waiting
        return pushed or (bool(self.api.lines) and self.api.told >= self.platform.last_sn)

    # Pushes

    async def _push(self) -> None:
        """Events to the webhooks, in order, each until it is taken."""
        while True:
            await self.wait_until(lambda: bool(self.platform.webhooks and self._waiting))
            event = self._waiting[0]
            taken = True
            for url, token in list(self.platform.webhooks.items()):
                status, _ = await self.post(url, json.dumps(event, ensure_ascii=False).encode(), _headers(token))
                self.pushes.append((event["sn"], status))
                taken = taken and 200 <= status < 300
            if taken:
                self._waiting.pop(0)
            self.happened()
            if not taken:
                await asyncio.sleep(AGAIN_SECONDS)


def _headers(token: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "Satori-Opcode": str(EVENT), "Authorization": f"Bearer {token}"}
