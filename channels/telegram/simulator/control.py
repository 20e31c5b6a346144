"""Steering the simulated bot (`channels.simulating.control`); a fault is one of the Bot API:

POST /_sim/fault             {"name": "sendMessage", "code": 429, "retry_after": 3}
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from aiohttp import web

from channels.simulating import control
from channels.simulating.control import Refusal
from channels.simulating.faults import Fault
from channels.telegram.simulator.bot import Object, Platform, SentMessage
from channels.telegram.simulator.script import Action, read_action


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
        posts = {"say": self._say, "fault": self._fault}
        control.add_routes(application, sent=self._sent, status=self._status, posts=posts)

    def _sent(self) -> list[dict[str, object]]:
        users = self._simulator.platform.users
        return [
            {
                "number": message.number,
                "at": message.at.isoformat(),
                "chat_id": message.chat_id,
                "user": users.get(message.chat_id, ""),
                "message_id": message.message_id,
                "method": message.method,
                "content": message.content,
                "file_name": message.file_name,
                "reply_to": message.reply_to,
            }
            for message in self._simulator.sent
        ]

    def _status(self) -> dict[str, object]:
        simulator = self._simulator
        webhook = simulator.platform.webhook_url
        return {"counts": simulator.counts, "webhook": webhook, "settings": simulator.settings()}

    async def _say(self, body: bytes) -> dict[str, object]:
        try:
            value = await self._simulator.act(read_action(body))
        except KeyError:
            raise Refusal("there is no such message") from None
        return {"message_id": value.get("message_id")}

    async def _fault(self, body: bytes) -> None:
        self._simulator.inject(msgspec.json.decode(body, type=Fault))
