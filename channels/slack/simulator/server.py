"""The simulator as a running server: the Web API, signed pushes or lines, and a small API to watch and steer it.

async with SlackSimulator() as simulator:
    simulator.webhook = ...  # of a channel of the hub with simulator.settings(); not needed with Socket Mode
    await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

from aiohttp import ClientTimeout, web

from channels.simulating.server import SimulatedServer
from channels.slack.config import Delivery
from channels.slack.simulator.api import WebApi
from channels.slack.simulator.control import ControlApi
from channels.slack.simulator.script import Action
from channels.slack.simulator.workspace import App, Object, SentMessage, Workspace
from channels.slack.webhook import signature
from scrm.clock import Clock

# docs.slack.dev/apis/events-api, "Retries": at once, after a minute, after five; then it is given up. A push that is
# not answered in three seconds has failed.
AGAIN_SECONDS = (0.0, 60.0, 300.0)
PATIENCE = ClientTimeout(total=3)


@dataclass
class Waiting:
    """A push to come. due: on the loop's clock. tries: that failed. reason: of the last."""

    body: bytes
    due: float
    tries: int = 0
    reason: str = ""


class SlackSimulator(SimulatedServer[SentMessage]):
    """One workspace with one app. Methods that name a `user` take any made-up name."""

    patience = PATIENCE

    def __init__(
        self,
        app: App | None = None,
        *,
        clock: Clock | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        delivery: str = "webhook",
    ) -> None:
        """delivery: how a channel with `settings` gets its events."""
        super().__init__(clock=clock, host=host, port=port)
        self.delivery = delivery
        self.webhook = ""
        self.workspace = Workspace(app or App(), self.clock)
        self.pushes: list[int] = []  # the answers' statuses, 0 where none came
        self.given_up = 0
        self._waiting: list[Waiting] = []
        self.api = WebApi(self.workspace, self.happened)
        self.faults = self.api.faults

    def add_routes(self, application: web.Application) -> None:
        ControlApi(self).add_routes(application)
        self.api.add_routes(application)

    def work(self) -> Sequence[Coroutine[None, None, None]]:
        self.workspace.base = self.url
        return (self._push(),)

    async def closing(self) -> None:
        await self.api.hang_up()

    @property
    def api_base(self) -> str:
        return f"{self.url}/api"

    @property
    def sent(self) -> Sequence[SentMessage]:
        return self.workspace.sent

    @property
    def counts(self) -> dict[str, int]:
        return {
            "sent": len(self.sent),
            "waiting_pushes": len(self._waiting),
            "waiting_envelopes": len(self.api.waiting),
            "lines": len(self.api.lines),
            "pushes": len(self.pushes),
            "pushes_refused": sum(status != 200 for status in self.pushes),
            "given_up": self.given_up,
        }

    def settings(self, delivery: str = "") -> dict[str, str]:
        """What to paste into the hub."""
        app = self.workspace.app
        return {
            "bot_token": app.bot_token,
            "delivery": delivery or self.delivery,
            "signing_secret": app.signing_secret,
            "app_token": app.app_token,
            "channels": "mentioned",
            "api_base": self.api_base,
        }

    # What customers do

    async def say(self, user: str, text: str, **more: str | bool) -> str:
        return await self.act(Action(user=user, text=text, **more))  # type: ignore[arg-type]

    async def act(self, action: Action, media: tuple[bytes, str, str] | None = None) -> str:
        """Do it; the number of the message, "" for what is none. Raises KeyError for a message that is not there."""
        wrapped = self.workspace.does(action, media)
        for _ in range(action.repeat):
            for each in wrapped:
                await self.happens(each)
        return str(wrapped[0]["event"].get("ts", ""))

    async def happens(self, wrapped: Object) -> None:
        """Tell the hub, one way or the other."""
        if self.delivery == Delivery.SOCKET_MODE:
            await self.api.tell(wrapped)
        else:
            body = json.dumps(wrapped).replace("/", "\\/").encode()
            self._waiting.append(Waiting(body=body, due=asyncio.get_running_loop().time()))
        self.happened()

    def all_told(self) -> bool:
        """Whether the hub has heard of everything that it will hear of."""
        return not self._waiting and not self.api.waiting

    # Pushes

    async def ask(self, webhook: str, challenge: str) -> tuple[int, bytes]:
        """Slack's question to an address that was entered: the answer's status and body."""
        body = json.dumps({"token": "deprecated", "challenge": challenge, "type": "url_verification"}).encode()
        return await self.post(webhook, body, self._signed(body))

    def _signed(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self.clock.now().timestamp()))
        return {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self.workspace.app.signing_secret, timestamp, body),
        }

    async def _push(self) -> None:
        """Each until it is taken or given up; what waits to be tried again holds up nothing else."""
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            due = min((each.due for each in self._waiting), default=None) if self.webhook else None
            if due is None or due > loop.time():
                try:
                    async with asyncio.timeout_at(due):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                continue
            await self._try(min(self._waiting, key=lambda each: each.due))
            self.happened()

    async def _try(self, push: Waiting) -> None:
        again = {"X-Slack-Retry-Num": str(push.tries), "X-Slack-Retry-Reason": push.reason} if push.tries else {}
        status, _ = await self.post(self.webhook, push.body, self._signed(push.body) | again)
        self.pushes.append(status)
        if 200 <= status < 300:
            self._waiting.remove(push)
        elif push.tries == len(AGAIN_SECONDS):
            self._waiting.remove(push)
            self.given_up += 1
        else:
            push.due = asyncio.get_running_loop().time() + AGAIN_SECONDS[push.tries]
            push.reason = "http_error" if status else "http_timeout"
            push.tries += 1
