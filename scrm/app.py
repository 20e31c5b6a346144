"""What the commands run: the hub, the workspace beside it, and the rooms' own commands. With `scrm.serving` and
`scrm.stage`, which only serving needs, the composition root: no other module sees every room.

A room is imported by what needs it: they take two seconds together, and most commands need few.
"""

import asyncio
import importlib
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from scrm.clock import SystemClock
from scrm.config import Settings
from scrm.errors import StartupError
from scrm.ground import database, opened, port_of
from scrm.ids import UlidFactory
from scrm.storage.server import embedded_url

if TYPE_CHECKING:
    from channels.simulating.together import Simulator
    from scrm.ports.stores import Stores


async def serve(settings: Settings, *, on_ready: Callable[[str], None]) -> None:
    """Run the hub until cancelled. on_ready gets its URL once requests are answered. Raises StartupError."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        bound = stack.enter_context(port_of(settings))
        address = await stack.enter_async_context(database(settings, clock))
        # The database starts while the rooms are being loaded; each takes one and a half to two seconds.
        serving = await asyncio.to_thread(importlib.import_module, "scrm.serving")
        await serving.serve(settings, bound, address, clock, on_ready=on_ready)


@asynccontextmanager
async def open_workspace(settings: Settings) -> AsyncIterator["Stores"]:
    """The stores, for a command beside the hub or without one. Raises StartupError."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        url = settings.mongodb_url
        if url is None:
            url = await stack.enter_async_context(embedded_url(settings.data, clock))
        yield await opened(stack, url, settings, clock, UlidFactory(clock))


async def rebuild_topics(stores: "Stores", settings: Settings, progress: Callable[[int, int], None]) -> int:
    """Count anew what customers talked about; how many messages. Raises StartupError while a hub counts."""
    from dashboards.monitor import rebuild
    from scrm.ports.turn import LeaseLost

    owner = f"rebuild:{os.getpid()}"
    try:
        return await rebuild(stores, SystemClock(), ZoneInfo(settings.time_zone), owner, progress)
    except LeaseLost as error:
        raise StartupError("A running hub counts topics: stop it first (its hold ends after two minutes).") from error


async def rebuild_reports(stores: "Stores", settings: Settings, progress: Callable[[int, int], None]) -> int:
    """Count anew what happened; how many facts. Raises StartupError while a hub works."""
    from scrm.flow.rebuild import rebuild

    return await rebuild(stores, ZoneInfo(settings.time_zone), SystemClock(), progress)


def simulators() -> Mapping[str, "Simulator"]:
    """By channel type, and all of them at once."""
    from channels.email.simulator import command as email
    from channels.line.simulator import command as line
    from channels.messenger.simulator import command as messenger
    from channels.satori.simulator import command as satori
    from channels.simulating.together import Together
    from channels.slack.simulator import command as slack
    from channels.telegram.simulator import command as telegram
    from channels.webchat.simulator import command as webchat
    from channels.wechat.simulator import command as wechat
    from channels.wecom.simulator import command as wecom
    from channels.weibo.simulator import command as weibo
    from channels.whatsapp.simulator import command as whatsapp

    each: dict[str, Simulator] = {
        "wechat": wechat, "wecom_kf": wecom, "webchat": webchat, "telegram": telegram, "email": email,
        "satori": satori, "line": line, "whatsapp": whatsapp, "messenger": messenger, "weibo": weibo, "slack": slack,
    }  # fmt: skip
    return {**each, "all": Together(each)}


def train(arguments: Sequence[str]) -> int:
    from nlp import train as command

    return command.main(arguments)


def evaluate(arguments: Sequence[str]) -> int:
    from nlp import evaluate as command

    return command.main(arguments)
