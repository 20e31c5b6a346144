"""Steering the simulated workspace (`channels.simulating.control`); a fault is one of a method, of `upload`, of
`files-pri` or of `link`:

POST /_sim/fault             {"name": "chat.postMessage", "code": "ratelimited", "retry_after": 3}
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from aiohttp import web

from channels.simulating import control
from channels.simulating.control import Refusal
from channels.simulating.faults import Fault
from channels.slack.simulator.script import Action, read_action
from channels.slack.simulator.workspace import SentMessage, Workspace


class Simulator(Protocol):
    """What can be watched and steered: the running simulator."""

    workspace: Workspace
    webhook: str

    @property
    def sent(self) -> Sequence[SentMessage]: ...

    @property
    def counts(self) -> Mapping[str, int]: ...

    def settings(self, delivery: str = "") -> dict[str, str]: ...

    def inject(self, fault: Fault) -> None: ...

    async def act(self, action: Action) -> str: ...


class ControlApi:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def add_routes(self, application: web.Application) -> None:
        posts = {"say": self._say, "fault": self._fault}
        control.add_routes(application, sent=self._sent, status=self._status, posts=posts)

    def _sent(self) -> list[dict[str, object]]:
        workspace = self._simulator.workspace
        return [
            {
                "number": message.number,
                "at": message.at.isoformat(),
                "channel": message.channel,
                "user": workspace.people.get(str(workspace.channels[message.channel].get("user", "")), ""),
                "ts": message.ts,
                "thread": message.thread,
                "kind": message.kind,
                "content": message.content,
                "raw": message.raw[:2000],
                "file_name": message.file_name,
            }
            for message in self._simulator.sent
        ]

    def _status(self) -> dict[str, object]:
        simulator = self._simulator
        return {"counts": simulator.counts, "webhook": simulator.webhook, "settings": simulator.settings()}

    async def _say(self, body: bytes) -> dict[str, object]:
        try:
            return {"ts": await self._simulator.act(read_action(body))}
        except KeyError:
            raise Refusal("there is no such message") from None

    async def _fault(self, body: bytes) -> None:
        self._simulator.inject(msgspec.json.decode(body, type=Fault))
