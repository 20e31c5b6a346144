"""What every room's tests share: one real database server for the whole run (of each process that runs tests), and
empty stores on it for each test.

`SCRM_TEST_MONGODB_URL` names a MongoDB replica set to run on; without it the embedded server is started, as `scrm up`
does. It lives on a loop of its own, in a thread: tests' loops come and go.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from scrm.clock import SystemClock
from scrm.ids import UlidFactory
from scrm.storage.client import connect
from scrm.storage.migrations import COLLECTION as MIGRATED
from scrm.storage.migrations import MIGRATIONS
from scrm.storage.server import EmbeddedServer
from scrm.storage.stores import MongoStores, open_stores


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


@pytest.fixture(scope="session")
def database_name() -> str:
    return f"test_{uuid4().hex[:12]}"


@pytest.fixture
async def stores(database_url: str, database_name: str) -> AsyncIterator[MongoStores]:
    """A workspace with nothing in it. Collections and indexes stay for the next test: making them takes a second."""
    clock = SystemClock()
    opened = await open_stores(database_url, database=database_name, key=bytes(32), clock=clock, ids=UlidFactory(clock))
    try:
        yield opened
    finally:
        await opened.close()
        await _empty(database_url, database_name)


async def _empty(url: str, name: str) -> None:
    client = connect(url)
    try:
        database = client[name]
        known = [migration.number for migration in MIGRATIONS]
        for collection in await database.list_collection_names():
            kept = {"_id": {"$nin": known}} if collection == MIGRATED else {}
            await database[collection].delete_many(kept)
    finally:
        await client.close()
