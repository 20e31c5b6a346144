"""Watch and steer a running simulator over HTTP, for tests in a browser and for newcomers with curl.

    GET  /_sim/sent?after=N      what customers received, from number N + 1 on
    GET  /_sim/status            counts, the webhook, the settings to paste into the hub
    POST /_sim/say               one action, as a line of a script: {"user": "王芳", "text": "你好"}
    POST /_sim/fault             a `Fault`: {"method": "sendMessage", "code": 429, "retry_after": 3}

It listens on loopback and has no password: it holds nothing but made-up people.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from aiohttp import web

from channels.telegram.simulator.bot import Fault, Object, Platform, SentMessage
from channels.telegram.simulator.script import Action, ScriptError, read_action


class Simulator(Protocol):
    """What can be watched and steered: the running simulator."""

    platform: Platform

    @property
    def sent(self) -> Sequence[SentMessage]: ...

    @property
    def counts(self) -> Mapping[str, int]: ...

    def settings(self, delivery: str = "polling") -> dict[str, str]: ...

    def inject(self, fault: Fault) -> None: ...

    async def act(self, action: Action) -> Object: ...


class ControlApi:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def add_routes(self, application: web.Application) -> None:
        application.router.add_get("/_sim/sent", self._sent)
        application.router.add_get("/_sim/status", self._status)
        application.router.add_post("/_sim/say", self._say)
        application.router.add_post("/_sim/fault", self._fault)

    async def _sent(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 10):
            return _refusal("after is a number")
        items = [
            {
                "number": message.number,
                "at": message.at.isoformat(),
                "chat_id": message.chat_id,
                "user": self._simulator.platform.users.get(message.chat_id, ""),
                "message_id": message.message_id,
                "method": message.method,
                "content": message.content,
                "file_name": message.file_name,
                "reply_to": message.reply_to,
            }
            for message in self._simulator.sent[int(after) :]
        ]
        return _json({"items": items, "count": len(self._simulator.sent)})

    async def _status(self, _: web.Request) -> web.Response:
        simulator = self._simulator
        body = {
            "counts": simulator.counts,
            "webhook": simulator.platform.webhook_url,
            "settings": simulator.settings(),
        }
        return _json(body)

    async def _say(self, request: web.Request) -> web.Response:
        try:
            value = await self._simulator.act(read_action(await request.read()))
        except ScriptError as error:
            return _refusal(str(error))
        except KeyError:
            return _refusal("there is no such message")
        return _json({"message_id": value.get("message_id")})

    async def _fault(self, request: web.Request) -> web.Response:
        try:
            self._simulator.inject(msgspec.json.decode(await request.read(), type=Fault))
        except msgspec.MsgspecError as error:
            return _refusal(str(error))
        return web.Response(status=204)


def _json(body: Mapping[str, object]) -> web.Response:
    return web.Response(body=json.dumps(body, ensure_ascii=False).encode(), content_type="application/json")


def _refusal(sentence: str) -> web.Response:
    return web.Response(
        status=422, body=json.dumps({"detail": sentence}, ensure_ascii=False).encode(), content_type="application/json"
    )
