"""A simulated platform as a running server: how it stands up, pushes, is waited for and goes.

A channel type's simulator says what it serves and what it does meanwhile:

async with SomeSimulator() as simulator:
    await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import ClassVar, Generic, Self, TypeVar

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from channels.simulating.faults import Fault, Faults
from scrm.clock import Clock, SystemClock, end_tasks

M = TypeVar("M")
MAX_ANSWER = 64 * 1024


class SimulatedServer(ABC, Generic[M]):
    """M: what a customer receives. faults: of its API.

    patience: of a push. largest: body the platform's API takes, in bytes.
    """

    patience: ClassVar[ClientTimeout] = ClientTimeout(total=30, sock_connect=5)
    largest: ClassVar[int] = 64 << 20
    faults: Faults

    def __init__(self, *, clock: Clock | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        """port 0: a free one."""
        self.clock = clock or SystemClock()
        self._host, self._port = host, port
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # What a channel type says

    @property
    @abstractmethod
    def sent(self) -> Sequence[M]:
        """Everything customers received, in order."""

    @abstractmethod
    def add_routes(self, application: web.Application) -> None: ...

    def work(self) -> Sequence[Coroutine[None, None, None]]:
        """What goes on as long as it stands: it brings pushes to the hub."""
        return ()

    async def closing(self) -> None:
        """Before the server goes: end what would keep it."""

    # Life

    async def __aenter__(self) -> Self:
        self._session = ClientSession(timeout=self.patience)
        application = web.Application(client_max_size=self.largest)
        self.add_routes(application)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]
        self._tasks = [asyncio.create_task(each, name=type(self).__name__) for each in self.work()]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.faults.release()
        await end_tasks(*self._tasks)
        await self.closing()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where the hub finds the platform's API."""
        return f"http://{self._host}:{self._port}"

    @property
    def session(self) -> ClientSession:
        """The platform's own way out. Raises RuntimeError before it stands."""
        if self._session is None:
            raise RuntimeError("the simulator is not running")
        return self._session

    def inject(self, fault: Fault) -> None:
        """Misfortune for the requests to come."""
        self.faults.waiting.append(fault)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """One try of a push: the answer's status, 0 where none came, and its body."""
        try:
            async with self.session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return response.status, await response.content.read(MAX_ANSWER)
        except (ClientError, OSError, TimeoutError):
            return 0, b""

    # What happened

    def happened(self) -> None:
        """Something happened that may be waited for."""
        self._changed.set()

    async def wait_until(self, holds: Callable[[], bool], within: float = 60.0) -> None:
        """Return once `holds`, which is asked again whenever something happens. Raises TimeoutError when it does not
        come to hold within so many seconds: who waits for what never comes should hear of it."""
        async with asyncio.timeout(within):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    async def wait_for_sent(self, count: int) -> Sequence[M]:
        await self.wait_until(lambda: len(self.sent) >= count)
        return self.sent[:count]
