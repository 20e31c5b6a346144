"""The demo that is walked: filled and read once for all files here, since that takes longer than all their tests."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.demo.conftest import reading, served
from tests.demo.walk.walking import Demo, walked


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    async with served(tmp_path_factory.mktemp("walked")) as open_named, reading() as analyser:
        yield await walked(await open_named("walk"), analyser)
