"""One embedded database for the room; each test asks for channels of its own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from scrm.clock import ManualClock
from scrm.ids import CountingIds
from scrm.ports.stores import Stores
from scrm.storage.server import EmbeddedServer
from scrm.storage.stores import open_stores
from tests.dashboards.histories import START


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stores(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stores]:
    clock = ManualClock(START)
    clock.advance(30 * 24 * 3600)
    server = EmbeddedServer(tmp_path_factory.mktemp("reports"))
    url = await server.start()
    opened = await open_stores(url, database="reports", key=bytes(32), clock=clock, ids=CountingIds())
    try:
        yield opened
    finally:
        await opened.close()
        await server.stop()
