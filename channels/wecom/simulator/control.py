"""A small API beside the platform's, to watch and steer the simulator.

    POST /_sim/say      {"user": "王芳", "text": "你好"}; or "message": any message of the platform's, whole
    POST /_sim/enter    {"user": "王芳", "scene": "mall"}: opens the chat
    POST /_sim/connect  {"url": "http://127.0.0.1:8000/hooks/01J…"}
    POST /_sim/fault    a `Fault`: {"path": "/cgi-bin/kf/send_msg", "errcode": 95001, "times": 1}
    GET  /_sim/sent?after=0, GET /_sim/status

`open_kfid` names the account where there are several. It listens on loopback and has no password: it holds nothing but
made-up people.
"""

import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from channels.wecom.simulator.account import Account
from channels.wecom.simulator.platform import SentMessage
from channels.wx.simulator.delivery import Delivery
from channels.wx.simulator.faults import Fault
from scrm.model.base import Record


class Said(Record, kw_only=True, forbid_unknown_fields=True):
    user: str
    text: str = ""
    message: dict[str, Any] | None = None
    open_kfid: str = ""


class Entered(Record, kw_only=True, forbid_unknown_fields=True):
    user: str
    scene: str = ""
    scene_param: str = ""
    open_kfid: str = ""


class Connection(Record, kw_only=True, forbid_unknown_fields=True):
    url: str


class Simulator(Protocol):
    """What can be watched and steered: the running simulator."""

    accounts: tuple[Account, ...]

    @property
    def sent(self) -> list[SentMessage]: ...

    @property
    def connected(self) -> bool: ...

    def account(self, open_kfid: str = "") -> Account: ...

    def settings(self, open_kfid: str = "") -> dict[str, str]: ...

    def connect(self, webhook_url: str) -> None: ...

    def inject(self, fault: Fault) -> None: ...

    async def act(self, user: str, message: dict[str, Any], *, open_kfid: str = "") -> Delivery: ...

    async def enter(self, user: str, *, open_kfid: str = "", **fields: object) -> Delivery: ...

    async def challenge(self) -> tuple[int, bytes]: ...


class ControlApi:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def add_routes(self, application: web.Application) -> None:
        application.router.add_get("/_sim/sent", self._sent)
        application.router.add_get("/_sim/status", self._status)
        for name, handler in (
            ("say", self._say),
            ("enter", self._enter),
            ("connect", self._connect),
            ("fault", self._fault),
        ):
            application.router.add_post(f"/_sim/{name}", _refusing(handler))

    async def _sent(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 10):
            return _refusal("after is a number")
        sent = self._simulator.sent
        return _json({"items": msgspec.to_builtins(sent[int(after) :]), "count": len(sent)})

    async def _status(self, _: web.Request) -> web.Response:
        settings = [self._simulator.settings(account.open_kfid) for account in self._simulator.accounts]
        return _json({"accounts": settings, "connected": self._simulator.connected, "sent": len(self._simulator.sent)})

    async def _say(self, body: bytes) -> web.Response:
        said = msgspec.json.decode(body, type=Said)
        message = said.message or {"msgtype": "text", "text": {"content": said.text}}
        return _delivered(await self._simulator.act(said.user, message, open_kfid=said.open_kfid))

    async def _enter(self, body: bytes) -> web.Response:
        entered = msgspec.json.decode(body, type=Entered)
        fields = {name: value for name in ("scene", "scene_param") if (value := getattr(entered, name))}
        return _delivered(await self._simulator.enter(entered.user, open_kfid=entered.open_kfid, **fields))

    async def _connect(self, body: bytes) -> web.Response:
        url = msgspec.json.decode(body, type=Connection).url
        if urlsplit(url).scheme not in ("http", "https"):
            return _refusal("url is an http address")
        self._simulator.connect(url)
        status, echoed = await self._simulator.challenge()
        return _json({"status": status, "accepted": status == 200 and echoed == b"1234567890"})

    async def _fault(self, body: bytes) -> web.Response:
        self._simulator.inject(msgspec.json.decode(body, type=Fault))
        return web.Response(status=204)


def _refusing(handler: Any) -> Any:
    async def handle(request: web.Request) -> web.Response:
        try:
            response: web.Response = await handler(await request.read())
        except (msgspec.MsgspecError, RecursionError) as error:
            return _refusal(str(error))
        except KeyError:
            return _refusal("there is no such account")
        except RuntimeError:
            return _refusal("no webhook address is connected; POST /_sim/connect first")
        return response

    return handle


def _delivered(delivery: Delivery) -> web.Response:
    return _json({"delivered": delivery.delivered, "statuses": list(delivery.statuses)})


def _json(body: Mapping[str, object]) -> web.Response:
    return web.Response(body=json.dumps(body, ensure_ascii=False).encode(), content_type="application/json")


def _refusal(sentence: str) -> web.Response:
    return web.Response(
        status=422, body=json.dumps({"detail": sentence}, ensure_ascii=False).encode(), content_type="application/json"
    )
