"""The simulator as a running server: the Messaging API, its pushes to the hub, and a small API to watch and steer it.

async with LineSimulator() as simulator:
    ...  # a channel of the hub with simulator.settings(), which tells it where to push
    await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Coroutine, Sequence

from aiohttp import web

from channels.line.simulator.account import Account, Content, Object, Platform, SentMessage
from channels.line.simulator.acts import Acts
from channels.line.simulator.api import PlatformApi
from channels.line.simulator.control import ControlApi
from channels.line.simulator.script import Action
from channels.simulating.server import SimulatedServer
from scrm.clock import Clock

SIGNATURE = "X-Line-Signature"
# Between two tries of one push; the platform waits longer, the longer the hub refuses.
AGAIN_SECONDS = 0.5


class LineSimulator(SimulatedServer[SentMessage]):
    """One account's platform. Methods that name a `user` take any made-up name."""

    def __init__(
        self, account: Account | None = None, *, clock: Clock | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        super().__init__(clock=clock, host=host, port=port)
        self.platform = Platform(account or Account(), self.clock)
        self.pushes: list[tuple[int, int]] = []  # how many events, and the answer's status, 0 where none came
        self._api = PlatformApi(self.platform, self.happened)
        self.faults = self._api.faults
        self._acts = Acts(self.platform, self.clock)
        self._queue: list[list[Object]] = []
        self._bundle: list[Object] = []

    def add_routes(self, application: web.Application) -> None:
        self._api.add_routes(application)
        ControlApi(self).add_routes(application)

    def work(self) -> Sequence[Coroutine[None, None, None]]:
        return (self._deliver(),)

    @property
    def sent(self) -> Sequence[SentMessage]:
        return self.platform.sent

    @property
    def waiting(self) -> Sequence[Sequence[Object]]:
        """The pushes that were not taken yet: their events."""
        return self._queue

    @property
    def counts(self) -> dict[str, int]:
        return {
            "sent": len(self.platform.sent),
            "waiting_pushes": len(self._queue),
            "pushes": len(self.pushes),
            "pushes_refused": sum(status != 200 for _, status in self.pushes),
        }

    def settings(self) -> dict[str, str]:
        """What to paste into the hub."""
        account = self.platform.account
        return {
            "channel_secret": account.channel_secret,
            "access_token": account.access_token,
            "groups": "mentioned",
            "api_base": self.url,
        }

    # What customers do

    async def say(self, user: str, text: str) -> Object:
        return await self.act(Action(user=user, text=text))

    async def act(self, action: Action, media: Content | None = None) -> Object:
        """Do it; the event, which is pushed."""
        event = self._acts.event(action, media)
        self._bundle.append(event)
        if not action.waits:
            push, self._bundle = self._bundle, []
            again = [{**each, "deliveryContext": {"isRedelivery": True}} for each in push]
            self._queue += [push, *[again] * (action.repeat - 1)]
        self.happened()
        return event

    async def verify(self) -> int:
        """The console's Verify button: a push of nothing. The answer's status."""
        return await self._push([])

    async def open(self, address: str) -> tuple[int, str, bytes]:
        """A customer's app shows what was sent: status, media type and data."""
        async with self.session.get(address, allow_redirects=False) as response:
            return response.status, response.content_type, await response.read()

    # Pushes

    async def _deliver(self) -> None:
        """To the webhook, in order, each until it is taken, as where redelivery is switched on."""
        platform = self.platform
        while True:
            await self.wait_until(lambda: bool(self._queue and platform.webhook_url and platform.webhook_active))
            events = self._queue[0]
            status = await self._push(events)
            self.pushes.append((len(events), status))
            if status == 200:
                self._queue.pop(0)
            else:
                self._queue[0] = [{**each, "deliveryContext": {"isRedelivery": True}} for each in events]
            self.happened()
            if status != 200:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _push(self, events: Sequence[Object]) -> int:
        account = self.platform.account
        body = json.dumps({"destination": account.user_id, "events": list(events)}, ensure_ascii=False).encode()
        digest = hmac.new(account.channel_secret.encode(), body, hashlib.sha256).digest()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "LineBotWebhook/2.0",
            SIGNATURE: base64.b64encode(digest).decode(),
        }
        status, _ = await self.post(self.platform.webhook_url, body, headers)
        return status
