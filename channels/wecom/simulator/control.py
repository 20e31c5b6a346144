"""Steering the simulated platform (`channels.simulating.control`), and what it has beside:

    POST /_sim/say      {"user": "王芳", "text": "你好"}; or "message": any message of the platform's, whole
    POST /_sim/enter    {"user": "王芳", "scene": "mall"}: opens the chat
    POST /_sim/connect  {"url": "http://127.0.0.1:8000/hooks/01J…"}
    POST /_sim/fault    a `Fault`: {"name": "/cgi-bin/kf/send_msg", "code": 95001, "times": 1}

`open_kfid` names the account where there are several.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from channels.simulating import control, script
from channels.simulating.control import Refusal
from channels.simulating.faults import Fault
from channels.wecom.simulator.account import Account
from channels.wecom.simulator.platform import SentMessage
from channels.wx.simulator.delivery import Delivery
from scrm.model.base import Record


class Said(Record, kw_only=True, forbid_unknown_fields=True):
    """at: of a script, seconds after its start."""

    at: float = 0
    user: str
    text: str = ""
    message: dict[str, Any] | None = None
    open_kfid: str = ""

    @property
    def whole(self) -> dict[str, Any]:
        """As the platform lists it."""
        return self.message or {"msgtype": "text", "text": {"content": self.text}}


def read_said(data: bytes) -> Said:
    """Raises ScriptError."""
    return script.read_action(data, Said, lambda said: None if said.user else "user is a name")


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
    def sent(self) -> Sequence[SentMessage]: ...

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
        posts = {"say": self._say, "enter": self._enter, "connect": self._connect, "fault": self._fault}
        control.add_routes(application, sent=lambda: self._simulator.sent, status=self._status, posts=posts)

    def _status(self) -> dict[str, object]:
        simulator = self._simulator
        accounts = [simulator.settings(account.open_kfid) for account in simulator.accounts]
        return {"accounts": accounts, "connected": simulator.connected, "sent": len(simulator.sent)}

    async def _say(self, body: bytes) -> dict[str, object]:
        said = read_said(body)
        return await _delivered(self._simulator.act(said.user, said.whole, open_kfid=said.open_kfid))

    async def _enter(self, body: bytes) -> dict[str, object]:
        entered = msgspec.json.decode(body, type=Entered)
        fields = {name: value for name in ("scene", "scene_param") if (value := getattr(entered, name))}
        return await _delivered(self._simulator.enter(entered.user, open_kfid=entered.open_kfid, **fields))

    async def _connect(self, body: bytes) -> dict[str, object]:
        url = msgspec.json.decode(body, type=Connection).url
        if urlsplit(url).scheme not in ("http", "https"):
            raise Refusal("url is an http address")
        self._simulator.connect(url)
        status, echoed = await self._simulator.challenge()
        return {"status": status, "accepted": status == 200 and echoed == b"1234567890"}

    async def _fault(self, body: bytes) -> None:
        self._simulator.inject(msgspec.json.decode(body, type=Fault))


async def _delivered(doing: Awaitable[Delivery]) -> dict[str, object]:
    try:
        delivery = await doing
    except KeyError:
        raise Refusal("there is no such account") from None
    except RuntimeError:
        raise Refusal("no webhook address is connected; POST /_sim/connect first") from None
    return {"delivered": delivery.delivered, "statuses": list(delivery.statuses)}
