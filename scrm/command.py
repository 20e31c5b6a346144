"""What the commands of `scrm.cli` stand on: the settings, the workspace, running to the end, the composition root.

Nothing is imported before the command that needs it: `--help` and a second start must be fast.
"""

import argparse
import asyncio
import importlib
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Protocol, cast

from scrm.config import OPTIONS, Settings, load

if TYPE_CHECKING:
    from scrm.ports.stores import Stores

INTERRUPTED = 130


class Simulator(Protocol):
    """A channel type's simulator, as `scrm simulate TYPE` runs it."""

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None: ...

    def main(self, arguments: argparse.Namespace, /) -> int | Awaitable[int]: ...


class App(Protocol):
    """What the commands ask of `scrm.app`, the composition root; imported only by those that need it."""

    async def serve(self, settings: Settings, *, on_ready: Callable[[str], None]) -> None:
        """Run until cancelled. on_ready gets the URL once requests are answered."""
        ...

    def open_workspace(self, settings: Settings) -> "AbstractAsyncContextManager[Stores]":
        """The stores, ready for use: of the running hub's database, or of one started for the block."""
        ...

    def simulators(self) -> Mapping[str, Simulator]:
        """By channel type."""
        ...

    async def rebuild_topics(self, stores: "Stores", settings: Settings, progress: Callable[[int, int], None]) -> int:
        """How many messages were counted."""
        ...

    async def rebuild_reports(self, stores: "Stores", settings: Settings, progress: Callable[[int, int], None]) -> int:
        """How many facts were counted."""
        ...

    def train(self, arguments: Sequence[str]) -> int: ...

    def evaluate(self, arguments: Sequence[str]) -> int: ...


def settings_of(parsed: argparse.Namespace) -> Settings:
    given = {name: getattr(parsed, name) for name in OPTIONS if getattr(parsed, name, None) is not None}
    return load(given, file=parsed.config)


def app() -> App:
    return cast("App", importlib.import_module("scrm.app"))


def run_async(work: Coroutine[Any, Any, int | None]) -> int:
    """Run to the end, or until SIGINT or SIGTERM cancel it; a second signal ends the process at once."""
    received: list[int] = []

    async def until_stopped() -> int:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)

        def stop(number: signal.Signals) -> None:
            received.append(number)
            for each in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(each)
                signal.signal(each, signal.SIG_DFL)
            task.cancel()

        if sys.platform != "win32":
            for each in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(each, stop, each)
        try:
            return await task or 0
        except asyncio.CancelledError:
            if not received:
                raise
            return 0

    code = asyncio.run(until_stopped())
    return INTERRUPTED if signal.SIGINT in received else code


def quiet_settings(parsed: argparse.Namespace) -> Settings:
    """For commands whose output is on standard output: only what goes wrong is logged."""
    from scrm import logs

    settings = settings_of(parsed)
    logs.configure("warning", settings.log_format)
    return settings


def in_workspace(parsed: argparse.Namespace, work: "Callable[[Stores], Awaitable[None]]") -> int:
    settings = quiet_settings(parsed)

    async def run() -> int:
        async with app().open_workspace(settings) as stores:
            await work(stores)
        return 0

    return run_async(run())


def progress_bar(what: str) -> "Callable[[int, int], None]":
    """On a terminal a bar that is drawn over itself; elsewhere a line for each tenth."""
    drawn = -1

    def show(done: int, total: int) -> None:
        nonlocal drawn
        share = done / total if total else 1.0
        steps = 40 if sys.stderr.isatty() else 10
        if int(share * steps) == drawn and done != total:
            return
        drawn = int(share * steps)
        if sys.stderr.isatty():
            bar = "█" * drawn + "░" * (steps - drawn)
            end = "" if done < total else "\n"
            print(f"\r\x1b[K{what} {bar} {done} of {total}", end=end, file=sys.stderr, flush=True)
        else:
            print(f"{what}: {done} of {total}", file=sys.stderr, flush=True)

    return show
