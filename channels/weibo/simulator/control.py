"""What people do, as a line of a script or a request, and steering the platform (`channels.simulating.control`).

{"user": "王芳", "text": "你好"}
{"user": "王芳", "type": "comment", "text": "什么时候有货", "post": "新品上架"}
{"user": "李雷", "event": "follow"}
{"user": "李雷", "event": "click", "data": {"key": "HELP"}}

POST /_sim/connect  {"url": "http://127.0.0.1:8000/hooks/01J…"}
POST /_sim/fault    {"name": "/2/messages/reply.json", "code": 10023, "times": 1}
"""

from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from channels.simulating import control, script
from channels.simulating.control import Refusal
from channels.simulating.faults import Fault
from channels.simulating.script import repeats
from channels.weibo.simulator.platform import Account, Object, SentMessage
from scrm.model.base import Record


class Action(Record, kw_only=True, forbid_unknown_fields=True):
    """type: text, image, voice, position, mention, or any other, which is pushed; or comment. event: pushed in place of
    a message. post: that is commented on. repeat: how often the very same is pushed, or written. at: of a script."""

    at: float = 0
    user: str
    type: str = "text"
    text: str = ""
    event: str = ""
    data: dict[str, Any] = {}
    post: str = ""
    repeat: int = 1


def read_action(data: bytes) -> Action:
    """Raises ScriptError."""
    return script.read_action(data, Action, lambda action: repeats(action) if action.user else "user is a name")


class Connection(Record, kw_only=True, forbid_unknown_fields=True):
    url: str


class Simulator(Protocol):
    """What can be watched and steered: the running simulator."""

    account: Account
    pushes: list[Object]
    given_up: int

    @property
    def sent(self) -> Sequence[SentMessage]: ...

    @property
    def connected(self) -> bool: ...

    def settings(self) -> dict[str, str]: ...

    def connect(self, webhook_url: str) -> None: ...

    def inject(self, fault: Fault) -> None: ...

    async def act(self, action: Action) -> bool: ...

    async def challenge(self) -> tuple[int, bytes]: ...


def add_control(application: web.Application, simulator: Simulator) -> None:
    async def say(body: bytes) -> dict[str, object]:
        try:
            return {"delivered": await simulator.act(read_action(body))}
        except RuntimeError:
            raise Refusal("no webhook address is connected; POST /_sim/connect first") from None

    async def connect(body: bytes) -> dict[str, object]:
        url = msgspec.json.decode(body, type=Connection).url
        if urlsplit(url).scheme not in ("http", "https"):
            raise Refusal("url is an http address")
        simulator.connect(url)
        status, echoed = await simulator.challenge()
        return {"status": status, "accepted": status == 200 and echoed == b"dnPdpTZz85"}

    async def fault(body: bytes) -> None:
        simulator.inject(msgspec.json.decode(body, type=Fault))

    def status() -> dict[str, object]:
        return {
            "settings": simulator.settings(),
            "connected": simulator.connected,
            "sent": len(simulator.sent),
            "pushed": len(simulator.pushes),
            "given_up": simulator.given_up,
        }

    posts = {"say": say, "connect": connect, "fault": fault}
    control.add_routes(application, sent=lambda: simulator.sent, status=status, posts=posts)
