"""`scrm simulate all`: every platform at once, each with its channel in the hub."""

import argparse
import asyncio
from collections.abc import Awaitable, Mapping
from typing import Protocol

from channels.simulating.command import say


class Simulator(Protocol):
    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None: ...

    def main(self, namespace: argparse.Namespace, /) -> Awaitable[int]: ...


class Together:
    """All of them, until one cannot go on or the command is interrupted."""

    def __init__(self, simulators: Mapping[str, Simulator]) -> None:
        self._simulators = simulators

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--create", metavar="URL", required=True, help="the hub, http://HOST:PORT")
        parser.add_argument(
            "--api-token", metavar="TOKEN", required=True, help="of the hub: scrm token create --name NAME"
        )
        parser.add_argument("--only", metavar="TYPE,…", help=f"of {', '.join(self._simulators)}")
        parser.add_argument("--free-ports", action="store_true", help="listen wherever there is room")

    async def main(self, namespace: argparse.Namespace) -> int:
        """What the first that ended ended with. 2: cannot start."""
        only = namespace.only.split(",") if namespace.only else list(self._simulators)
        if unknown := [each for each in only if each not in self._simulators]:
            say(f"scrm simulate all: there is no {unknown[0]}; types: {', '.join(self._simulators)}")
            return 2
        running = [
            asyncio.create_task(self._run(self._simulators[name], namespace), name=f"simulate-{name}") for name in only
        ]
        try:
            ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            return max(task.result() for task in ended)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, simulator: Simulator, namespace: argparse.Namespace) -> int:
        parser = argparse.ArgumentParser()
        simulator.add_arguments(parser)
        words = ["--create", namespace.create, "--api-token", namespace.api_token]
        if namespace.free_ports and any("--port" in action.option_strings for action in parser._actions):
            words += ["--port", "0"]
        return await simulator.main(parser.parse_args(words))
