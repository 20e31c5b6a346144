"""Errors as the platforms word them: 200, with an errcode in the body."""

import json
from collections.abc import Callable, Mapping

from aiohttp import web

from channels.simulating import faults
from channels.simulating.faults import Handler


class Refused(Exception):
    """The platform's own error answer."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg


class Faults(faults.Faults):
    """A handler's `Refused` becomes the platform's answer."""

    def __init__(self, announce: Callable[[], None]) -> None:
        super().__init__(announce, lambda fault: answer({"errcode": fault.code, "errmsg": fault.detail}))

    def guarded(self, handler: Handler, name: Callable[[web.Request], str] = faults.path_of) -> Handler:
        async def spoken(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except Refused as refused:
                return answer({"errcode": refused.errcode, "errmsg": f"{refused.errmsg} rid: 6ab1-simulated"})

        return super().guarded(spoken, name)


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
