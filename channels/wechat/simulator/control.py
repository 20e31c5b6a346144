"""Steering the simulated platform (`channels.simulating.control`), and what it has beside:

POST /_sim/connect           {"url": webhook address, "app_id"?}
POST /_sim/fault             a `Fault`: {"name": "/cgi-bin/message/custom/send", "code": 45015, "times": 1}
"""

from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from channels.simulating import control
from channels.simulating.control import Refusal
from channels.simulating.faults import Fault
from channels.wechat.simulator.platform import Platform, SentMessage
from channels.wechat.simulator.script import Action, read_action
from channels.wx.simulator.delivery import Delivery


class Simulator(Protocol):
    """What can be watched and steered: the running simulator."""

    platforms: dict[str, Platform]

    @property
    def sent(self) -> Sequence[SentMessage]: ...

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
        posts = {"say": self._say, "connect": self._connect, "fault": self._fault}
        control.add_routes(
            application,
            sent=lambda: [msgspec.structs.replace(message, raw=b"") for message in self._simulator.sent],
            status=self._status,
            posts=posts,
        )

    def _status(self) -> dict[str, object]:
        simulator = self._simulator
        accounts = [
            {"settings": simulator.settings(app_id), "connected": simulator.connected(app_id)}
            for app_id in simulator.platforms
        ]
        return {"counts": simulator.counts, "accounts": accounts}

    async def _say(self, body: bytes) -> dict[str, object]:
        action = read_action(body)
        if action.app_id and action.app_id not in self._simulator.platforms:
            raise Refusal("there is no such account")
        if not self._simulator.connected(action.app_id):
            raise Refusal("no webhook address is connected; POST /_sim/connect first")
        try:
            delivery = await self._simulator.act(action)
        except (KeyError, IndexError):
            raise Refusal("there is no such template, or no such message") from None
        return {
            "openid": delivery.openid,
            "message_id": delivery.message_id,
            "delivered": delivery.delivered,
            "statuses": list(delivery.statuses),
        }

    async def _connect(self, body: bytes) -> dict[str, object]:
        given = msgspec.json.decode(body, type=dict[str, str])
        url, app_id = given.get("url", ""), given.get("app_id", "")
        if urlsplit(url).scheme not in ("http", "https") or (app_id and app_id not in self._simulator.platforms):
            raise Refusal("url is an http address, app_id a simulated account's")
        self._simulator.connect(url, app_id)
        status, echoed = await self._simulator.challenge(app_id=app_id)
        return {"status": status, "accepted": status == 200 and echoed == b"1234567890"}

    async def _fault(self, body: bytes) -> None:
        self._simulator.inject(msgspec.json.decode(body, type=Fault))
