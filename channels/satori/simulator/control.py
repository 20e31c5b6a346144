"""Steering the simulated server (`channels.simulating.control`); a fault is one of the API or of the line:

POST /_sim/fault             {"name": "message.create", "status": 429, "headers": {"Retry-After": "3"}}
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from aiohttp import web

from channels.satori.simulator.platform import Object, Platform, SentMessage
from channels.satori.simulator.script import Action, read_action
from channels.simulating import control
from channels.simulating.control import Refusal
from channels.simulating.faults import Fault


class Simulator(Protocol):
    """What can be watched and steered: the running simulator."""

    platform: Platform

    @property
    def sent(self) -> Sequence[SentMessage]: ...

    @property
    def counts(self) -> Mapping[str, int]: ...

    def settings(self, delivery: str = "") -> dict[str, str]: ...

    def inject(self, fault: Fault) -> None: ...

    async def act(self, action: Action) -> Object: ...


class ControlApi:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def add_routes(self, application: web.Application) -> None:
        posts = {"say": self._say, "fault": self._fault}
        control.add_routes(application, sent=self._sent, status=self._status, posts=posts)

    def _sent(self) -> list[dict[str, object]]:
        people = self._simulator.platform.people
        return [
            {
                "number": message.number,
                "at": message.at.isoformat(),
                "channel_id": message.channel_id,
                "user": people.get(message.channel_id.removeprefix("private:"), ""),
                "message_id": message.message_id,
                "kind": message.kind,
                "content": message.content,
                "raw": message.raw[:2000],
                "file_name": message.file_name,
                "reply_to": message.reply_to,
            }
            for message in self._simulator.sent
        ]

    def _status(self) -> dict[str, object]:
        simulator = self._simulator
        webhooks = list(simulator.platform.webhooks)
        return {"counts": simulator.counts, "webhooks": webhooks, "settings": simulator.settings()}

    async def _say(self, body: bytes) -> dict[str, object]:
        try:
            event = await self._simulator.act(read_action(body))
        except KeyError:
            raise Refusal("there is no such message") from None
        message = event.get("message")
        return {"sn": event["sn"], "message_id": message.get("id") if isinstance(message, dict) else None}

    async def _fault(self, body: bytes) -> None:
        self._simulator.inject(msgspec.json.decode(body, type=Fault))
