"""A start that fails ends, and leaves nothing behind."""

import asyncio
from pathlib import Path

import pytest

from scrm import app
from scrm.config import Settings
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
