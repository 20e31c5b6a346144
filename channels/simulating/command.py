"""The shape of `scrm simulate TYPE`: a platform on loopback, for a hub that is already running.

A channel type says what stands up and how its script reads; making the channel in the hub, playing the script and
leaving are here.
"""

import argparse
import asyncio
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from aiohttp import ClientError, ClientSession, ClientTimeout

from channels.simulating.script import Scripted, ScriptError, play, read_script

HUB_PATIENCE = ClientTimeout(total=30)


class CannotStart(Exception):
    """The text says what to do."""


class Simulated(Protocol):
    @property
    def url(self) -> str:
        """Where it is steered (`/_sim/…`)."""
        ...

    def settings(self) -> dict[str, str]:
        """Of a channel for it, as the hub's API takes them."""
        ...


S = TypeVar("S", bound=Simulated)
A = TypeVar("A", bound=Scripted)


class Command(ABC, Generic[S, A]):
    """title: the platform, in a sentence. channel_name: of the channel that is made. port: where it listens."""

    type: ClassVar[str]
    title: ClassVar[str]
    channel_name: ClassVar[str]
    port: ClassVar[int]
    pushes: ClassVar[bool] = False  # it has to know the channel's webhook address

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        if self.pushes:
            parser.add_argument("--hub", metavar="URL", help="the channel's webhook address, http://HOST:PORT/hooks/ID")
        parser.add_argument("--create", metavar="URL", help="make a channel in the hub at URL; needs --api-token")
        parser.add_argument("--api-token", metavar="TOKEN", help="of the hub: scrm token create --name NAME")
        parser.add_argument(
            "--port", type=int, default=self.port, help=f"where the platform listens (default {self.port}; 0: any)"
        )
        parser.add_argument("--script", type=Path, metavar="FILE", help="what customers do, one JSON object a line")
        parser.add_argument("--rate", type=float, metavar="N", help="actions a second, in place of the script's times")
        parser.add_argument("--exit", action="store_true", help="end when the script has ended; 1 if one was given up")

    @abstractmethod
    def simulator(self, namespace: argparse.Namespace) -> AbstractAsyncContextManager[S]:
        """Raises ValueError when the arguments make no sense."""

    @abstractmethod
    def read(self, line: bytes) -> A:
        """A line of a script. Raises ScriptError."""

    @abstractmethod
    async def act(self, simulator: S, action: A) -> None:
        """Raises ScriptError when there is nothing to act on."""

    async def join(self, simulator: S, webhook: str) -> None:
        """Where it is to push to. Raises CannotStart."""

    async def play(self, simulator: S, actions: Sequence[A], rate: float | None) -> None:
        async def act(action: A) -> None:
            await self.act(simulator, action)

        await play(actions, act, rate=rate)

    async def settle(self, simulator: S) -> int:
        """Wait until the hub has everything; what the command ends with."""
        return 0

    async def main(self, namespace: argparse.Namespace) -> int:
        """Runs until interrupted, or with --exit until the script has ended. 0: well; 1: something was given up;
        2: cannot start."""
        try:
            actions = self._script(namespace)
            async with self.simulator(namespace) as simulator:
                self.introduce(simulator)
                webhook = namespace.hub if self.pushes else None
                if namespace.create:
                    webhook = await self._channel(namespace.create, namespace.api_token or "", simulator.settings())
                if webhook and self.pushes:
                    await self.join(simulator, webhook)
                if actions:
                    await self.play(simulator, actions, namespace.rate)
                    say("The script has ended.")
                if namespace.exit:
                    return await self.settle(simulator)
                await asyncio.Event().wait()
        except (OSError, ValueError, ScriptError, CannotStart) as error:
            print(f"scrm simulate {self.type}: {error}", file=sys.stderr)
            return 2
        return 0

    def _script(self, namespace: argparse.Namespace) -> list[A]:
        if namespace.rate is not None and namespace.rate <= 0:
            raise CannotStart("--rate is more than 0")
        actions = read_script(namespace.script.read_bytes().splitlines(), self.read) if namespace.script else []
        if actions and self.pushes and not (namespace.hub or namespace.create):
            raise CannotStart("a script needs to know where to push: give --hub or --create")
        return actions

    def introduce(self, simulator: S) -> None:
        say(f"{self.title} listens at {simulator.url}. A channel for it, as the hub's API takes it:")
        channel = {"type": self.type, "name": self.channel_name, "settings": simulator.settings()}
        say(json.dumps(channel, ensure_ascii=False, indent=2))
        say(f'Say something:  curl -d \'{{"user": "王芳", "text": "你好"}}\' {simulator.url}/_sim/say')
        say(f"See replies:    curl {simulator.url}/_sim/sent")

    async def _channel(self, hub: str, api_token: str, settings: dict[str, str]) -> str:
        channel = await register(hub, api_token, self.type, self.channel_name, settings)
        say(f"The hub at {hub} has a channel for it.")
        return hub.rstrip("/") + str(channel["webhook_path"])


async def register(hub: str, api_token: str, type_: str, name: str, settings: dict[str, str]) -> dict[str, Any]:
    """A channel of the hub with these settings: one that an earlier run made, or a new one. Raises CannotStart."""
    address = f"{hub.rstrip('/')}/api/v1/channels"
    headers = {"Authorization": f"Bearer {api_token}"}
    body: dict[str, Any] = {"type": type_, "name": name, "settings": settings}
    try:
        async with ClientSession(timeout=HUB_PATIENCE, headers=headers) as session:
            known = await _json(session, "GET", address)
            there = [each for each in known["items"] if (each["type"], each["name"]) == (type_, name)]
            if there:
                change = {"settings": settings, "state": "active"}
                return await _json(session, "PATCH", f"{address}/{there[0]['id']}", change)
            return await _json(session, "POST", address, body)
    except (ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
        raise CannotStart(f"the hub at {hub} cannot be reached: {type(error).__name__}") from None


async def _json(session: ClientSession, method: str, address: str, body: object = None) -> dict[str, Any]:
    async with session.request(method, address, json=body) as response:
        answer = await response.json(content_type=None)
    if response.status not in (200, 201):
        detail = answer.get("detail", "") if isinstance(answer, dict) else ""
        raise CannotStart(f"the hub refused the channel: {response.status} {detail}")
    return dict(answer)


async def greet(asked: Awaitable[tuple[int, bytes]], wanted: bytes, webhook: str) -> None:
    """The platform's first question to a webhook address, and whether it was answered. Raises CannotStart."""
    try:
        status, echoed = await asked
    except (ClientError, TimeoutError) as error:
        raise CannotStart(f"the webhook at {webhook} cannot be reached: {type(error).__name__}") from None
    if status != 200 or echoed != wanted:
        raise CannotStart(f"{webhook} did not answer the platform's question ({status}): do the settings agree?")
    say(f"{webhook} answered the platform's question.")


def say(text: str) -> None:
    print(text, flush=True)
