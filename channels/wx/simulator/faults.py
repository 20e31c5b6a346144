"""Misfortune on request, and errors as the platforms word them: 200, with an errcode in the body."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

from aiohttp import web
from msgspec.structs import replace

from scrm.model.base import Record


class Refused(Exception):
    """The platform's own error answer."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg


class Hang(StrEnum):
    """Where a request gets stuck: before the platform takes it, or after, so that only the answer is lost."""

    BEFORE = "before"
    AFTER = "after"


class Fault(Record, kw_only=True):
    """A misfortune for the next `times` requests to `path`.

    errcode: answered instead. status and body: a raw HTTP answer instead. hang: no answer until the caller leaves.
    cut: the connection is closed where `hang` would have waited.
    """

    path: str
    times: int = 1
    errcode: int | None = None
    status: int | None = None
    body: bytes | None = None
    headers: dict[str, str] = {}
    hang: Hang | None = None
    cut: Hang | None = None


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Faults:
    """waiting: what goes wrong with the requests to come, in order."""

    def __init__(self, announce: Callable[[], None]) -> None:
        """announce: told after every request that was answered."""
        self.waiting: list[Fault] = []
        self._announce = announce
        self._released = asyncio.Event()

    def release(self) -> None:
        """End every request that hangs."""
        self._released.set()

    def guarded(self, handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            fault = self._next(request.path)
            if fault is not None and (early := await self._before(fault, request)) is not None:
                return early
            try:
                response = await handler(request)
            except Refused as refused:
                response = answer({"errcode": refused.errcode, "errmsg": f"{refused.errmsg} rid: 6ab1-simulated"})
            self._announce()
            if fault is not None:
                await self._stuck(fault, Hang.AFTER, request)
            return response

        return handle

    def _next(self, path: str) -> Fault | None:
        for index, fault in enumerate(self.waiting):
            if fault.path == path:
                if fault.times <= 1:
                    return self.waiting.pop(index)
                self.waiting[index] = replace(fault, times=fault.times - 1)
                return fault
        return None

    async def _before(self, fault: Fault, request: web.Request) -> web.Response | None:
        await self._stuck(fault, Hang.BEFORE, request)
        if Hang.BEFORE in (fault.cut, fault.hang):
            return web.Response()  # to nobody: the connection is closed, or the simulator is closing
        if fault.errcode is not None:
            return answer({"errcode": fault.errcode, "errmsg": "injected"})
        if fault.status is not None or fault.body is not None:
            return web.Response(status=fault.status or 200, body=fault.body or b"", headers=fault.headers)
        return None

    async def _stuck(self, fault: Fault, where: Hang, request: web.Request) -> None:
        if fault.hang is where:
            await self._released.wait()
        if fault.cut is where and request.transport is not None:
            request.transport.abort()


def answer(body: Mapping[str, object]) -> web.Response:
    return web.Response(body=json.dumps(body, ensure_ascii=False).encode(), content_type="text/plain", charset="utf-8")


def file_answer(data: bytes, media_type: str, file_name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return web.Response(body=data, content_type=media_type, headers=headers)


async def read_object(request: web.Request) -> dict[str, object]:
    raw = await request.read()
    if not raw:
        raise Refused(44002, "empty post data")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refused(47001, "data format error") from None
    if not isinstance(body, dict):
        raise Refused(47001, "data format error")
    return body
