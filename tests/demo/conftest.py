"""One embedded database and one reader for the room; each test that writes takes a database of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from nlp.worker import WorkerAnalyser
from scrm.clock import ManualClock
from scrm.ids import UlidFactory
from scrm.ports.services import Analyser
from scrm.ports.stores import Stores
from scrm.storage.server import EmbeddedServer
from scrm.storage.stores import MongoStores, open_stores

OpenStores = Callable[[str], Awaitable[Stores]]


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[OpenStores]:
    """Opens stores by the name of their database."""
    server = EmbeddedServer(folder)
    url = await server.start()
    opened: list[MongoStores] = []

    async def open_named(name: str) -> Stores:
        clock = ManualClock()
        stores = await open_stores(url, database=name, key=bytes(32), clock=clock, ids=UlidFactory(clock))
        opened.append(stores)
        return stores

    try:
        yield open_named
    finally:
        for stores in opened:
            await stores.close()
        await server.stop()


@asynccontextmanager
async def reading() -> AsyncIterator[Analyser]:
    reader = WorkerAnalyser()
    await reader.start()
    yield reader
    await reader.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OpenStores]:
    async with served(tmp_path_factory.mktemp("demo")) as open_named:
        yield open_named


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def analyser() -> AsyncIterator[Analyser]:
    async with reading() as reader:
        yield reader
