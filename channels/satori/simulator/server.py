"""The simulator as a running server: its API, its events by line and by push, and a small API to watch and steer it.

async with SatoriSimulator() as simulator:
    ...  # a channel of the hub with simulator.settings(), which keeps a line to it or registers its webhook
    await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Self

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from channels.satori.simulator.api import EVENT, ServerApi
from channels.satori.simulator.control import ControlApi
from channels.satori.simulator.platform import REMEMBERED, Account, Fault, Object, Platform, SentMessage
from channels.satori.simulator.script import Action
from scrm.clock import Clock, SystemClock, end_tasks

# Between two tries of one push.
AGAIN_SECONDS = 0.5
PATIENCE = ClientTimeout(total=30, sock_connect=5)
WEBHOOK_TOKEN = "satori-simulated-push-token"  # noqa: S105 - a made-up server's


class SatoriSimulator:
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
        """port 0: a free one. delivery: how a channel with `settings` gets its events."""
        self._delivery = delivery
        self.clock = clock or SystemClock()
        self.platform = Platform(account or Account(), self.clock)
        self.pushes: list[tuple[int, int]] = []  # number of the event and the answer's status, 0 where none came
        self._host, self._port = host, port
        self._changed = asyncio.Event()
        self.api = ServerApi(self.platform, self._announce)
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None
        self._pushing: asyncio.Task[None] | None = None
        self._waiting: list[Object] = []

    # Life

    async def __aenter__(self) -> Self:
        self._session = ClientSession(timeout=PATIENCE)
        application = web.Application(client_max_size=64 << 20)
        ControlApi(self).add_routes(application)
        self.api.add_routes(application)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]
        self._pushing = asyncio.create_task(self._push(self._session), name="satori-simulator")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.api.release()
        if self._pushing is not None:
            await end_tasks(self._pushing)
        await self.api.hang_up()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The hub's `address`."""
        return f"http://{self._host}:{self._port}"

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

    def inject(self, fault: Fault) -> None:
        """Misfortune for the requests to come."""
        self.api.faults.append(fault)

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
        self._announce()
        return event

    async def told(self, event: Object) -> None:
        """Tell of something that happened."""
        await self.api.tell(event)
        self._waiting = [*self._waiting, event][-REMEMBERED:]
        self._announce()

    # What happened

    async def wait_until(self, holds: Callable[[], bool]) -> None:
        """Return once `holds`, which is asked again whenever something happens; bound it with a timeout."""
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    async def wait_for_sent(self, count: int) -> Sequence[SentMessage]:
        await self.wait_until(lambda: len(self.sent) >= count)
        return self.sent[:count]

    def all_told(self) -> bool:
        """Whether the hub has heard of everything."""
        pushed = bool(self.platform.webhooks) and not self._waiting
        return pushed or (bool(self.api.lines) and self.api.told >= self.platform.last_sn)

    def _announce(self) -> None:
        self._changed.set()

    # Pushes

    async def _push(self, session: ClientSession) -> None:
        """Events to the webhooks, in order, each until it is taken."""
        while True:
            while not (self.platform.webhooks and self._waiting):
                self._changed.clear()
                await self._changed.wait()
            event = self._waiting[0]
            taken = True
            for url, token in list(self.platform.webhooks.items()):
                status = await self._deliver(session, url, token, event)
                self.pushes.append((event["sn"], status))
                taken = taken and 200 <= status < 300
            if taken:
                self._waiting.pop(0)
            self._announce()
            if not taken:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _deliver(self, session: ClientSession, url: str, token: str, event: Object) -> int:
        headers = {"Content-Type": "application/json", "Satori-Opcode": str(EVENT), "Authorization": f"Bearer {token}"}
        body = json.dumps(event, ensure_ascii=False).encode()
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return response.status
        except (ClientError, OSError, TimeoutError):
            return 0
