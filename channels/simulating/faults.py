"""Misfortune on request: what a simulated platform does to the next requests the hub makes."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum

from aiohttp import web
from msgspec.structs import replace

from scrm.model.base import Record

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
EVERY = "*"


class Hang(StrEnum):
    """Where a request gets stuck: before the platform takes it, or after, so that only the answer is lost."""

    BEFORE = "before"
    AFTER = "after"


class Fault(Record, kw_only=True):
    """A misfortune for the next `times` requests of one name: a path or a method, as the platform has them; `*`: any.

    code, detail and retry_after: an error in the platform's own form. status, body and headers: a raw HTTP answer
    instead. hang: no answer until the caller leaves. cut: the connection is closed where `hang` would have waited.
    """

    name: str
    times: int = 1
    code: int | str | None = None
    detail: str = "injected"
    retry_after: int | None = None
    status: int | None = None
    body: bytes | None = None
    headers: dict[str, str] = {}
    hang: Hang | None = None
    cut: Hang | None = None


def path_of(request: web.Request) -> str:
    return request.path


class Faults:
    """waiting: what goes wrong with the requests to come, in order."""

    def __init__(self, announce: Callable[[], None], worded: Callable[[Fault], web.Response]) -> None:
        """announce: told after every request that was answered. worded: a fault's code in the platform's own form."""
        self.waiting: list[Fault] = []
        self._announce = announce
        self._worded = worded
        self._released = asyncio.Event()

    @property
    def released(self) -> bool:
        return self._released.is_set()

    def release(self) -> None:
        """End every request that hangs."""
        self._released.set()

    def guarded(self, handler: Handler, name: Callable[[web.Request], str] = path_of) -> Handler:
        """The handler, with what goes wrong before and after it."""

        async def handle(request: web.Request) -> web.StreamResponse:
            fault = self._next(name(request))
            if fault is not None and (early := await self._before(fault, request)) is not None:
                return early
            response = await handler(request)
            self._announce()
            if fault is not None:
                await self._stuck(fault, Hang.AFTER, request)
            return response

        return handle

    def _next(self, name: str) -> Fault | None:
        for index, fault in enumerate(self.waiting):
            if fault.name in (name, EVERY):
                if fault.times <= 1:
                    return self.waiting.pop(index)
                self.waiting[index] = replace(fault, times=fault.times - 1)
                return fault
        return None

    async def _before(self, fault: Fault, request: web.Request) -> web.Response | None:
        await self._stuck(fault, Hang.BEFORE, request)
        if Hang.BEFORE in (fault.cut, fault.hang):
            return web.Response()  # to nobody: the connection is closed, or the simulator is closing
        if fault.code is not None:
            return self._worded(fault)
        if fault.status is not None or fault.body is not None:
            return web.Response(status=fault.status or 200, body=fault.body or b"", headers=fault.headers)
        return None

    async def _stuck(self, fault: Fault, where: Hang, request: web.Request) -> None:
        if fault.hang is where:
            await self._released.wait()
        if fault.cut is where and request.transport is not None:
            request.transport.abort()
