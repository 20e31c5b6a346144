"""Scripts: what customers do, one JSON object a line, each an `Action` of its channel type.

Empty lines and lines that start with # are skipped. `at` is in seconds after the start.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import msgspec

MAX_LINE = 64 * 1024
LATEST = 10_000_000
MOST_REPEATS = 100


class ScriptError(Exception):
    """A script that cannot be read; the text names the line."""


class Scripted(Protocol):
    """at: seconds after the start."""

    @property
    def at(self) -> float: ...


class Repeated(Scripted, Protocol):
    """repeat: how often the very same thing is delivered."""

    @property
    def repeat(self) -> int: ...


A = TypeVar("A", bound=Scripted)


def read_action(data: bytes, kind: type[A], problem: Callable[[A], str | None]) -> A:
    """problem: what is wrong with an action that has the form of one. Raises ScriptError."""
    try:
        action = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ScriptError(str(error)) from None
    if not 0 <= action.at <= LATEST:
        raise ScriptError("at is not negative")
    if wrong := problem(action):
        raise ScriptError(wrong)
    return action


def read_script(lines: Iterable[bytes], read: Callable[[bytes], A]) -> list[A]:
    """The actions in the order of `at`; equal ones in the order of their lines. Raises ScriptError."""
    actions: list[A] = []
    for number, line in enumerate(lines, start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith(b"#"):
            continue
        if len(stripped) > MAX_LINE:
            raise ScriptError(f"line {number}: longer than 64 KiB")
        try:
            actions.append(read(stripped))
        except ScriptError as error:
            raise ScriptError(f"line {number}: {error}") from None
    return sorted(actions, key=lambda action: action.at)


def repeats(action: Repeated) -> str | None:
    return None if 1 <= action.repeat <= MOST_REPEATS else f"repeat is 1 to {MOST_REPEATS}"


async def play(actions: Sequence[A], act: Callable[[A], Awaitable[object]], *, rate: float | None = None) -> None:
    """Act a script out, one after another: at its own times, or `rate` actions a second."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    for number, action in enumerate(actions):
        wait = started + (number / rate if rate else action.at) - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        await act(action)
