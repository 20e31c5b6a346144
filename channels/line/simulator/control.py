"""Steering the simulated account (`channels.simulating.control`); a fault is one of the Messaging API:

POST /_sim/fault             {"name": "/v2/bot/message/push", "code": 429, "retry_after": 3}
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from aiohttp import web

from channels.line.simulator.account import Object, Platform, SentMessage
from channels.line.simulator.script import Action, read_action
from channels.simulating import control
from channels.simulating.faults import Fault


class Simulator(Protocol):
    """What can be watched and steered: the running simulator."""

    platform: Platform

    @property
    def sent(self) -> Sequence[SentMessage]: ...

    @property
    def counts(self) -> Mapping[str, int]: ...

    def settings(self) -> dict[str, str]: ...

    def inject(self, fault: Fault) -> None: ...

    async def act(self, action: Action) -> Object: ...


class ControlApi:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def add_routes(self, application: web.Application) -> None:
        posts = {"say": self._say, "fault": self._fault}
        control.add_routes(application, sent=self._sent, status=self._status, posts=posts)

    def _sent(self) -> list[dict[str, object]]:
        names = self._simulator.platform.users | self._simulator.platform.groups
        return [{**msgspec.to_builtins(message), "user": names.get(message.to, "")} for message in self._simulator.sent]

    def _status(self) -> dict[str, object]:
        simulator = self._simulator
        webhook = simulator.platform.webhook_url
        return {"counts": simulator.counts, "webhook": webhook, "settings": simulator.settings()}

    async def _say(self, body: bytes) -> dict[str, object]:
        event = await self._simulator.act(read_action(body))
        return {"event": event["webhookEventId"], "message_id": event.get("message", {}).get("id")}

    async def _fault(self, body: bytes) -> None:
        self._simulator.inject(msgspec.json.decode(body, type=Fault))
