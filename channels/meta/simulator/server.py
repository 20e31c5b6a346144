"""A simulated platform of Meta's as a running server: signed pushes to one webhook, in order, until each is taken."""

import asyncio
import json
import secrets
from abc import abstractmethod
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import TypeVar

from aiohttp import ClientError, web
from yarl import URL

from channels.meta.signed import signature
from channels.meta.simulator.graph import App, Object, Refused, answer, refusal, worded
from channels.simulating.faults import Faults, Handler
from channels.simulating.server import SimulatedServer
from scrm.clock import Clock

VERSION = "v25.0"
# Between two tries of one push; the platform waits longer, the longer the hub refuses.
AGAIN_SECONDS = 0.5
# Between an answer and what the platform has to say of the message that was taken by it.
SOON_SECONDS = 0.05
AGENT = "facebookexternalua"

M = TypeVar("M")


class MetaSimulator(SimulatedServer[M]):
    """webhook_url: where pushes go; they wait while there is none. pushes: the answers' statuses, 0 where none came."""

    def __init__(self, app: App, *, clock: Clock | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(clock=clock, host=host, port=port)
        self.app = app
        self.faults = Faults(self.happened, worded)
        self.webhook_url = ""
        self.pushes: list[int] = []
        self._waiting: deque[bytes] = deque()
        self._later: list[asyncio.TimerHandle] = []

    @property
    def api_base(self) -> str:
        return f"{self.url}/{VERSION}"

    @property
    def waiting(self) -> Sequence[bytes]:
        """Pushes that nobody has taken yet."""
        return tuple(self._waiting)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "sent": len(self.sent),
            "waiting_pushes": len(self._waiting),
            "pushes": len(self.pushes),
            "pushes_refused": sum(status != 200 for status in self.pushes),
        }

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """Of a channel for it, as the hub's API takes them."""

    # The API

    @abstractmethod
    async def graph(self, verb: str, path: Sequence[str], request: web.Request) -> object:
        """What the API answers to a path below the version. Raises Refused."""

    def serve(self, application: web.Application) -> None:
        handler = self.faults.guarded(self._answered, lambda request: fault_name(request.path))
        application.router.add_route("*", f"/{VERSION}/{{path:.+}}", handler)

    async def _answered(self, request: web.Request) -> web.StreamResponse:
        try:
            return answer(await self.graph(request.method, request.match_info["path"].split("/"), request))
        except Refused as refused:
            return refusal(refused)

    def guarded(self, handler: Handler) -> Handler:
        return self.faults.guarded(handler, lambda request: fault_name(request.path))

    # Pushes

    async def ask(self, url: str, verify_token: str) -> tuple[int, bytes, bytes]:
        """The platform's question to a new address: the status and body of the answer, and the body that is wanted."""
        challenge = str(1_000_000_000 + secrets.randbelow(1_000_000_000))
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
        try:
            async with self.session.get(URL(url).update_query(query), allow_redirects=False) as response:
                return response.status, await response.content.read(1024), challenge.encode()
        except (ClientError, OSError, TimeoutError):
            return 0, b"", challenge.encode()

    def push(self, body: Object, times: int = 1) -> None:
        """Wait in line to be brought to the webhook, so many times."""
        self._waiting.extend([json.dumps(body).encode()] * times)
        self.happened()

    def soon(self, body: Object) -> None:
        """Push it once the answer that is being made has left, more or less: now and then it comes before."""
        handle = asyncio.get_running_loop().call_later(SOON_SECONDS, lambda: self.push(body))
        self._later.append(handle)

    async def closing(self) -> None:
        for handle in self._later:
            handle.cancel()

    def work(self) -> Sequence[Coroutine[None, None, None]]:
        return [self._bring()]

    async def _bring(self) -> None:
        while True:
            await self.wait_until(lambda: bool(self.webhook_url and self._waiting))
            body = self._waiting[0]
            headers = {
                "Content-Type": "application/json",
                "User-Agent": AGENT,
                "X-Hub-Signature-256": signature(body, self.app.app_secret),
            }
            status, _ = await self.post(self.webhook_url, body, headers)
            self.pushes.append(status)
            if status == 200:
                self._waiting.popleft()
            self.happened()
            if status != 200:
                await asyncio.sleep(AGAIN_SECONDS)


def fault_name(path: str) -> str:
    """`messages` of `/v25.0/1055/messages`; `object` where the path ends with an id."""
    last = path.rstrip("/").rpartition("/")[2]
    return "object" if last.isdigit() else last
