"""Watch and steer a running simulator over HTTP, for tests in a browser and for newcomers with curl.

    GET  /_sim/sent?after=N      what customers received, from number N + 1 on
    GET  /_sim/status            counts, accounts, the settings to paste into the hub
    POST /_sim/say               one action, as a line of a script: {"user": "王芳", "text": "你好"}
    POST /_sim/connect           {"url": webhook address, "app_id"?}
    POST /_sim/fault             a `Fault`: {"path": "/cgi-bin/message/custom/send", "errcode": 45015, "times": 1}

It listens on loopback and has no password: it holds nothing but made-up people.
"""

import json
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from channels.wechat.simulator.platform import Platform, SentMessage
from channels.wechat.simulator.script import Action, ScriptError, read_action
from channels.wx.simulator.delivery import Delivery
from channels.wx.simulator.faults import Fault


class Simulator(Protocol):
    """What can be watched and steered: the running simulator."""

    sent: list[SentMessage]
    platforms: dict[str, Platform]

    @property
    def counts(self) -> Mapping[str, int]: ...

    def settings(self, app_id: str = "") -> dict[str, str]: ...

    def connect(self, webhook_url: str, app_id: str = "") -> None: ...

    def connected(self, app_id: str = "") -> bool: ...

    def inject(self, fault: Fault) -> None: ...

    async def act(self, action: Action) -> Delivery: ...

    async def challenge(self, *, app_id: str = "") -> tuple[int, bytes]: ...


class ControlApi:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def add_routes(self, application: web.Application) -> None:
        application.router.add_get("/_sim/sent", self._sent)
        application.router.add_get("/_sim/status", self._status)
        application.router.add_post("/_sim/say", self._say)
        application.router.add_post("/_sim/connect", self._connect)
        application.router.add_post("/_sim/fault", self._fault)

    async def _sent(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 10):
            return _refusal("after is a number")
        items = [
            {
                "number": message.number,
                "at": message.at.isoformat(),
                "app_id": message.app_id,
                "openid": message.openid,
                "type": message.type,
                "content": message.content,
                "media_id": message.media_id,
            }
            for message in self._simulator.sent[int(after) :]
        ]
        return _json({"items": items, "count": len(self._simulator.sent)})

    async def _status(self, _: web.Request) -> web.Response:
        simulator = self._simulator
        accounts = [
            {"settings": simulator.settings(app_id), "connected": simulator.connected(app_id)}
            for app_id in simulator.platforms
        ]
        return _json({"counts": simulator.counts, "accounts": accounts})

    async def _say(self, request: web.Request) -> web.Response:
        try:
            action = read_action(await request.read())
        except ScriptError as error:
            return _refusal(str(error))
        if action.app_id and action.app_id not in self._simulator.platforms:
            return _refusal("there is no such account")
        if not self._simulator.connected(action.app_id):
            return _refusal("no webhook address is connected; POST /_sim/connect first")
        delivery = await self._simulator.act(action)
        return _json(
            {
                "openid": delivery.openid,
                "message_id": delivery.message_id,
                "delivered": delivery.delivered,
                "statuses": list(delivery.statuses),
            }
        )

    async def _connect(self, request: web.Request) -> web.Response:
        try:
            body = msgspec.json.decode(await request.read(), type=dict[str, str])
        except msgspec.MsgspecError as error:
            return _refusal(str(error))
        url, app_id = body.get("url", ""), body.get("app_id", "")
        if urlsplit(url).scheme not in ("http", "https") or (app_id and app_id not in self._simulator.platforms):
            return _refusal("url is an http address, app_id a simulated account's")
        self._simulator.connect(url, app_id)
        status, echoed = await self._simulator.challenge(app_id=app_id)
        return _json({"status": status, "accepted": status == 200 and echoed == b"1234567890"})

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
