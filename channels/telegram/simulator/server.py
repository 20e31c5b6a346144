"""The simulator as a running server: the Bot API, its pushes to the hub, and a small API to watch and steer it.

async with TelegramSimulator() as simulator:
    ...  # a channel of the hub with simulator.settings(), which sets its webhook or asks for updates
    await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

import asyncio
import json
from collections.abc import Coroutine, Sequence

from aiohttp import web

from channels.simulating.server import SimulatedServer
from channels.telegram.simulator import acts
from channels.telegram.simulator.api import PlatformApi
from channels.telegram.simulator.bot import Bot, Object, Platform, SentMessage
from channels.telegram.simulator.control import ControlApi
from channels.telegram.simulator.script import Action
from scrm.clock import Clock

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
# Between two tries of one push; the platform waits longer, the longer the hub refuses.
AGAIN_SECONDS = 0.5


class TelegramSimulator(SimulatedServer[SentMessage]):
    """One bot's platform. Methods that name a `user` take any made-up name."""

    def __init__(
        self,
        bot: Bot | None = None,
        *,
        clock: Clock | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        delivery: str = "polling",
    ) -> None:
        """delivery: how a channel with `settings` gets its updates."""
        super().__init__(clock=clock, host=host, port=port)
        self._delivery = delivery
        self.platform = Platform(bot or Bot(), self.clock)
        self.pushes: list[tuple[int, int]] = []  # number of the update and the answer's status, 0 where none came
        self._api = PlatformApi(self.platform, self.happened)
        self.faults = self._api.faults

    def add_routes(self, application: web.Application) -> None:
        self._api.add_routes(application)
        ControlApi(self).add_routes(application)

    def work(self) -> Sequence[Coroutine[None, None, None]]:
        return (self._push(),)

    async def closing(self) -> None:
        self._api.arrived.set()  # whoever waits for updates goes

    @property
    def sent(self) -> Sequence[SentMessage]:
        return self.platform.sent

    @property
    def counts(self) -> dict[str, int]:
        return {
            "sent": len(self.platform.sent),
            "waiting_updates": len(self.platform.updates),
            "pushes": len(self.pushes),
            "pushes_refused": sum(status != 200 for _, status in self.pushes),
        }

    def settings(self, delivery: str = "") -> dict[str, str]:
        """What to paste into the hub."""
        chosen = delivery or self._delivery
        return {"bot_token": self.platform.bot.token, "delivery": chosen, "api_base": self.url}

    # What customers do

    async def say(self, user: str, text: str, *, reply_to: int = 0) -> Object:
        return await self.act(Action(user=user, text=text, reply_to=reply_to))

    async def act(self, action: Action, media: acts.Media | None = None) -> Object:
        """Do it; the object of the update, which waits to be fetched or pushed. Raises KeyError for a message that is
        not there."""
        kind, value = acts.update_of(action, self.platform, media)
        update = self.platform.queue(kind, value)
        for _ in range(action.repeat - 1):
            if update is not None:
                self.platform.updates.append(update)
        self._api.arrived.set()
        self.happened()
        return value

    async def play(self, actions: Sequence[Action], *, rate: float | None = None) -> None:
        """Act a script out: at its own times, or `rate` actions a second."""
        started = self.clock.monotonic()
        for number, action in enumerate(actions):
            due = number / rate if rate else action.at
            wait = started + due - self.clock.monotonic()
            if wait > 0:
                await self.clock.sleep(wait)
            await self.act(action)

    # Pushes

    async def _push(self) -> None:
        """Updates to the webhook, in order, each until it is taken."""
        platform = self.platform
        while True:
            await self.wait_until(lambda: bool(platform.webhook_url and platform.updates))
            update = platform.updates[0]
            headers = {"Content-Type": "application/json", SECRET_HEADER: platform.webhook_secret}
            status, answer = await self.post(platform.webhook_url, json.dumps(update).encode(), headers)
            self.pushes.append((update["update_id"], status))
            if status == 200:
                self._called(answer)
                if update in platform.updates:
                    platform.updates.remove(update)
            self.happened()
            if status != 200:
                await asyncio.sleep(AGAIN_SECONDS)

    def _called(self, answer: bytes) -> None:
        """The answer to a push may call a method; nobody hears how that ends."""
        try:
            call = json.loads(answer)
        except ValueError:  # most answers say nothing
            return
        if isinstance(call, dict) and call.get("method") == "answerCallbackQuery":
            self.platform.answered.append(str(call.get("callback_query_id", "")))
