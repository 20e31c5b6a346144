"""The simulator as a running server: the Bot API, its pushes to the hub, and a small API to watch and steer it.

async with TelegramSimulator() as simulator:
    ...  # a channel of the hub with simulator.settings(), which sets its webhook or asks for updates
    await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Self

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from channels.telegram.simulator import acts
from channels.telegram.simulator.api import PlatformApi
from channels.telegram.simulator.bot import Bot, Fault, Object, Platform, SentMessage
from channels.telegram.simulator.control import ControlApi
from channels.telegram.simulator.script import Action
from scrm.clock import Clock, SystemClock, end_tasks

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
# Between two tries of one push; the platform waits longer, the longer the hub refuses.
AGAIN_SECONDS = 0.5
PATIENCE = ClientTimeout(total=30, sock_connect=5)


class TelegramSimulator:
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
        """port 0: a free one. delivery: how a channel with `settings` gets its updates."""
        self._delivery = delivery
        self.clock = clock or SystemClock()
        self.platform = Platform(bot or Bot(), self.clock)
        self.pushes: list[tuple[int, int]] = []  # number of the update and the answer's status, 0 where none came
        self._host, self._port = host, port
        self._changed = asyncio.Event()
        self._api = PlatformApi(self.platform, self._announce)
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None
        self._pushing: asyncio.Task[None] | None = None

    # Life

    async def __aenter__(self) -> Self:
        self._session = ClientSession(timeout=PATIENCE)
        application = web.Application(client_max_size=64 << 20)
        self._api.add_routes(application)
        ControlApi(self).add_routes(application)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]
        self._pushing = asyncio.create_task(self._push(self._session), name="telegram-simulator")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._api.release()
        if self._pushing is not None:
            await end_tasks(self._pushing)
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The hub's `api_base`."""
        return f"http://{self._host}:{self._port}"

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

    def inject(self, fault: Fault) -> None:
        """Misfortune for the requests to come."""
        self._api.faults.append(fault)

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
        self._announce()
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

    # What happened

    async def wait_until(self, holds: Callable[[], bool]) -> None:
        """Return once `holds`, which is asked again after every request and every push; bound it with a timeout."""
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    async def wait_for_sent(self, count: int) -> Sequence[SentMessage]:
        await self.wait_until(lambda: len(self.sent) >= count)
        return self.sent[:count]

    def _announce(self) -> None:
        self._changed.set()

    # Pushes

    async def _push(self, session: ClientSession) -> None:
        """Updates to the webhook, in order, each until it is taken."""
        while True:
            while not (self.platform.webhook_url and self.platform.updates):
                self._changed.clear()
                await self._changed.wait()
            update = self.platform.updates[0]
            status = await self._deliver(session, update)
            self.pushes.append((update["update_id"], status))
            if status == 200 and update in self.platform.updates:
                self.platform.updates.remove(update)
            self._announce()
            if status != 200:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _deliver(self, session: ClientSession, update: Object) -> int:
        headers = {"Content-Type": "application/json", SECRET_HEADER: self.platform.webhook_secret}
        try:
            async with session.post(
                self.platform.webhook_url, data=json.dumps(update).encode(), headers=headers, allow_redirects=False
            ) as response:
                answer = await response.content.read(64 * 1024)
        except (ClientError, OSError, TimeoutError):
            return 0
        if response.status == 200 and response.content_type == "application/json":
            self._called(answer)
        return response.status

    def _called(self, answer: bytes) -> None:
        """The answer to a push may call a method; nobody hears how that ends."""
        try:
            call = json.loads(answer)
        except ValueError:
            return
        if isinstance(call, dict) and call.get("method") == "answerCallbackQuery":
            self.platform.answered.append(str(call.get("callback_query_id", "")))
