"""The small API beside each simulated platform, to watch and steer it: for tests in a browser, for people with curl.

    GET  /_sim/sent?after=N      what customers received, from number N + 1 on
    GET  /_sim/status            counts, and the settings to paste into the hub
    POST /_sim/say               one action, as a line of a script: {"user": "王芳", "text": "你好"}
    POST /_sim/fault             a misfortune for what the hub asks next

A platform adds what it has beside. It listens on loopback and has no password: it holds nothing but made-up people.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
from aiohttp import web

from channels.simulating.script import ScriptError

MAX_BODY = 1024 * 1024
Answered = Callable[[bytes], Awaitable[Mapping[str, object] | None]]


class Refusal(Exception):
    """What was asked for makes no sense; the text says why."""


def add_routes(
    application: web.Application,
    *,
    sent: Callable[[], Sequence[object]],
    status: Callable[[], Mapping[str, object]],
    posts: Mapping[str, Answered],
) -> None:
    """sent: what customers received, oldest first. posts: by name, what a body is answered with (None: nothing)."""

    async def get_sent(request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 10):
            return _refusal("after is a number")
        items = sent()
        return _json({"items": msgspec.to_builtins(items[int(after) :]), "count": len(items)})

    async def get_status(_: web.Request) -> web.Response:
        return _json(status())

    application.router.add_get("/_sim/sent", get_sent)
    application.router.add_get("/_sim/status", get_status)
    for name, answer in posts.items():
        application.router.add_post(f"/_sim/{name}", _posted(answer))


def _posted(answer: Answered) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            found = await answer(await request.read())
        except (msgspec.MsgspecError, RecursionError, ScriptError, Refusal) as error:
            return _refusal(str(error))
        return web.Response(status=204) if found is None else _json(found)

    return handle


def _json(body: Mapping[str, object]) -> web.Response:
    return web.Response(body=json.dumps(body, ensure_ascii=False).encode(), content_type="application/json")


def _refusal(sentence: str) -> web.Response:
    body = json.dumps({"detail": sentence}, ensure_ascii=False).encode()
    return web.Response(status=422, body=body, content_type="application/json")
