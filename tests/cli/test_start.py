"""A start that fails ends, and leaves nothing behind."""

import asyncio
import socket
from pathlib import Path

import pytest

from scrm import app
from scrm.config import Settings
from scrm.errors import StartupError
from scrm.storage.server import FolderInUse, FolderLock


async def test_a_second_hub_in_a_folder_ends_with_its_sentence(tmp_path: Path) -> None:
    """The reading worker is begun beside the database; left to the loop's end it kept such a start from ever ending."""
    lock = FolderLock(tmp_path)
    lock.acquire()
    before = asyncio.all_tasks()
    try:
        async with asyncio.timeout(30):
            with pytest.raises(FolderInUse):
                await app.serve(Settings(data=tmp_path, port=0), on_ready=print)
    finally:
        lock.release()
    assert asyncio.all_tasks() == before


async def test_a_port_that_is_taken_is_told_before_anything_is_begun(tmp_path: Path) -> None:
    """A demo takes half a minute to fill; nobody should learn after it that its address is another's."""
    data = tmp_path / "data"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartupError, match=f"Port {port} on 127.0.0.1 cannot be used"):
            await app.serve(Settings(data=data, host="127.0.0.1", port=port), on_ready=print)
    assert not data.exists()
    with pytest.raises(StartupError, match="cannot be used"):
        await app.serve(Settings(data=data, host="no-such-host.invalid", port=0), on_ready=print)
