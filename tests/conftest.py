"""What every room's tests share: one real database server for the whole run (of each process that runs tests), and
empty stores on it for each test.

`SCRM_TEST_MONGODB_URL` names a MongoDB replica set to run on; without it the embedded server is started, as `scrm up`
does. It lives on a loop of its own, in a thread: tests' loops come and go.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent, register
from xdist.scheduler import LoadFileScheduling

from scrm.clock import SystemClock
from scrm.ids import UlidFactory
from scrm.storage.client import Client, connect, database_of
from scrm.storage.migrations import COLLECTION as MIGRATED
from scrm.storage.migrations import MIGRATIONS
from scrm.storage.server import EmbeddedServer
from scrm.storage.stores import MongoStores, open_stores
from scrm.storage.vault import Vault

KEY = bytes(32)
CLOCK = SystemClock()

# How fast the machine is says nothing about what is right.
settings.register_profile("scrm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("scrm")


BROWSER = "tests/e2e/"


class Abreast(LoadFileScheduling):
    """A file's tests stay in one process, and so do all that need the browser: they share a hub, and two browsers at a
    time would be in each other's way."""

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Abreast | None:
    return Abreast(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest in one process begins first, so that all end together."""
    items.sort(key=lambda item: not item.nodeid.startswith(BROWSER))


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    configured = os.environ.get("SCRM_TEST_MONGODB_URL")
    if configured:
        yield configured
        return
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="database-server")
    thread.start()
    server = EmbeddedServer(tmp_path_factory.mktemp("database"))
    try:
        yield asyncio.run_coroutine_threadsafe(server.start(), loop).result(60)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class Written(CommandListener):
    """Which collections were written to, by any client of this process."""

    def __init__(self) -> None:
        self.collections: set[tuple[str, str]] = set()

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in ("insert", "update", "delete", "findAndModify"):
            self.collections.add((event.database_name, event.command[event.command_name]))

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


WRITTEN = Written()
register(WRITTEN)


@pytest.fixture(scope="session")
def database_name(database_url: str) -> str:
    """A workspace that was opened once, as the hub does at its start: checked, indexed and migrated."""

    async def make() -> None:
        await (await open_stores(database_url, database=name, key=KEY, clock=CLOCK, ids=UlidFactory(CLOCK))).close()

    name = f"test_{uuid4().hex[:12]}"
    asyncio.run(make())
    return name


@pytest.fixture
async def stores(database_url: str, database_name: str) -> AsyncIterator[MongoStores]:
    """A workspace with nothing in it. Collections and indexes stay for the next test: making them takes a second."""
    client = connect(database_url)
    await _sweep(client, database_name)
    opened = MongoStores(client, database_of(client, database_name), Vault((KEY,)), CLOCK)
    try:
        yield opened
    finally:
        await opened.close()


async def _sweep(client: Client, name: str) -> None:
    """What the test before this one wrote."""
    known = [migration.number for migration in MIGRATIONS]
    for database, collection in sorted(WRITTEN.collections):
        if database == name:
            await client[name][collection].delete_many({"_id": {"$nin": known}} if collection == MIGRATED else {})
    WRITTEN.collections.clear()
