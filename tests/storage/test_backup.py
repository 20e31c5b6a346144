"""Backup and restore on the real embedded database: a round trip, every kind of damage, and an interruption."""

import asyncio
import gzip
import itertools
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from bson import Binary, Decimal128, Int64, ObjectId
from gridfs.asynchronous import AsyncGridFSBucket
from pymongo import AsyncMongoClient

from scrm.clock import ManualClock
from scrm.config import Settings
from scrm.errors import StartupError
from scrm.ids import UlidFactory
from scrm.storage import backup as module
from scrm.storage import client as client_module
from scrm.storage.backup import backup, connect, fingerprint, inspect, refuse_half_restored, restore
from scrm.storage.backup_file import MARK
from scrm.storage.server import EmbeddedServer, FolderInUse
from scrm.storage.stores import open_stores
from scrm.workspace import _Telling
from scrm.workspace import backup as backup_workspace
from scrm.workspace import restore as restore_workspace

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLOCK = ManualClock()
NUMBERS = itertools.count()
KEY = b"sealing key of thirty-two bytes!"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    server = EmbeddedServer(tmp_path_factory.mktemp("data"))
    yield await server.start()
    await server.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def client(url: str) -> AsyncIterator[SimpleNamespace]:
    """Two fresh databases of one server: dropping them would cost more than the tests."""
    made: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, tz_aware=True)
    number = next(NUMBERS)
    yield SimpleNamespace(source=made[f"source{number}"], target=made[f"target{number}"])
    await made.close()


async def fill(database: Any) -> None:
    await database.messages.insert_many(
        [
            {"_id": f"m{number:05}", "position": Int64(number), "content": "你好" * (number % 60)}
            for number in range(1500)
        ]
    )
    await database.odd.insert_one(
        {
            "_id": ObjectId(),
            "none": None,
            "nested": {"z": 1, "a": [1.5, {"k": True}]},
            "big": Int64(2**53 + 1),
            "small": Int64(1),
            "decimal": Decimal128("1.10"),
            "bytes": Binary(b"\x00\xff", 0),
            "at": datetime(2026, 11, 22, 3, 0, 0, 123000, tzinfo=UTC),
            "empty": {},
        }
    )
    await database.create_collection("nothing")
    await AsyncGridFSBucket(database, "blobs").upload_from_stream_with_id(
        "photo", "photo.jpg", bytes(range(256)) * 3000
    )


async def contents(database: Any) -> dict[str, list[Any]]:
    names = sorted(await database.list_collection_names())
    return {name: sorted([d async for d in database[name].find()], key=lambda d: str(d["_id"])) for name in names}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def packed(url: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("packed") / "workspace.backup"
    async with connect(url, "packed") as database:
        await fill(database)
        await backup(database, path, clock=ManualClock(), key=KEY)
    return path.read_bytes()


@pytest.fixture
def file(packed: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "workspace.backup"
    path.write_bytes(packed)
    return path


async def test_round_trip_keeps_everything(client: Any, tmp_path: Path) -> None:
    await fill(client.source)
    path = tmp_path / "workspace.backup"
    steps: list[str] = []
    written = await backup(
        client.source, path, clock=ManualClock(), key=KEY, progress=lambda step, done, total: steps.append(step)
    )
    assert path.stat().st_mode & 0o077 == 0
    assert written.documents == 1500 + 1 + 1 + 3  # the photo is one file of three chunks
    assert await inspect(path) == written
    restored = await restore(
        client.target, path, clock=ManualClock(), progress=lambda step, done, total: steps.append(step)
    )
    assert restored == written
    before = await contents(client.source)
    after = await contents(client.target)
    assert before.pop("nothing") == []
    assert after == before
    stream = await AsyncGridFSBucket(client.target, "blobs").open_download_stream("photo")
    assert await stream.read() == bytes(range(256)) * 3000
    assert [step for step in dict.fromkeys(steps) if step.endswith((" messages", " the file"))] == [
        "backing up messages",
        "checking the file",
        "restoring messages",
        "verifying messages",
    ]
    await refuse_half_restored(client.target)


async def test_replies_that_waited_are_not_sent_by_the_restored_hub(client: Any, tmp_path: Path) -> None:
    """They may have been sent since the backup was made: found in `sending`, they become unknown."""
    await client.source.outbox.insert_many([{"_id": "m1", "state": "waiting"}, {"_id": "m2", "state": "sending"}])
    path = tmp_path / "workspace.backup"
    await backup(client.source, path, clock=ManualClock(), key=KEY)
    await restore(client.target, path, clock=ManualClock())
    assert [entry["state"] async for entry in client.target.outbox.find()] == ["sending", "sending"]


async def test_an_approved_reply_is_not_sent_to_many_once_more_by_the_restored_hub(client: Any, tmp_path: Path) -> None:
    targets = [{"_id": "t1", "state": "waiting"}, {"_id": "t2", "state": "queued"}]
    await client.source.incident_replies.insert_many(targets)
    path = tmp_path / "workspace.backup"
    await backup(client.source, path, clock=ManualClock(), key=KEY)
    await restore(client.target, path, clock=ManualClock())
    found = {
        target["_id"]: (target["state"], target.get("code")) async for target in client.target.incident_replies.find()
    }
    assert found == {"t1": ("refused", "restored"), "t2": ("queued", None)}


async def test_key_stays_out_unless_asked_for(client: Any, file: Path, tmp_path: Path) -> None:
    header = (await inspect(file)).header
    assert header.key is None
    assert header.key_fingerprint == fingerprint(KEY)
    assert KEY not in gzip.decompress(file.read_bytes())
    with_key = tmp_path / "with-key.backup"
    await backup(client.source, with_key, clock=ManualClock(), key=KEY, include_key=True)
    assert (await inspect(with_key)).header.key == KEY


async def test_restores_only_into_an_empty_database(client: Any, file: Path) -> None:
    await client.target.agents.insert_one({"_id": "somebody"})
    with pytest.raises(StartupError, match=r"not empty \(there is something in agents\)"):
        await restore(client.target, file, clock=ManualClock())
    assert await contents(client.target) == {"agents": [{"_id": "somebody"}]}


async def test_does_not_write_over_a_file(client: Any, file: Path) -> None:
    with pytest.raises(StartupError, match="exists already"):
        await backup(client.source, file, clock=ManualClock())


async def test_failed_backup_leaves_no_file(client: Any, tmp_path: Path) -> None:
    await client.source.messages.insert_one({})

    def fail(step: str, done: int, total: int) -> None:
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        await backup(client.source, tmp_path / "new.backup", clock=ManualClock(), progress=fail)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StartupError, match=r"cannot be written: No such file or directory\."):
        await backup(client.source, tmp_path / "no" / "such" / "folder", clock=ManualClock())


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def cut_between_frames(data: bytes) -> bytes:
    plain = gzip.decompress(data)
    return gzip.compress(plain[: plain.rindex(b"F\x00\x00\x00")])


def flip(data: bytes) -> bytes:
    plain = bytearray(gzip.decompress(data))
    place = plain.index("你好".encode())
    plain[place : place + 3] = "您".encode()
    return gzip.compress(bytes(plain))


def lose_one(data: bytes) -> bytes:
    plain = gzip.decompress(data)
    start = plain.index(b"m00007") - 30
    start = plain.index(b"D\x00\x00", start)
    end = start + 5 + int.from_bytes(plain[start + 1 : start + 5])
    return gzip.compress(plain[:start] + plain[end:])


def huge_frame(data: bytes) -> bytes:
    return gzip.compress(b"H\xff\xff\xff\xff" + b"x" * 100)


def stranger(data: bytes) -> bytes:
    return gzip.compress(b"H\x00\x00\x00\x02{}")


def append(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data) + b"more")


def system_collection(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data).replace(b'{"name":"odd"}', b'{"name":"a$."}'))


def text(data: bytes) -> bytes:
    return "这不是备份".encode()


def flip_packed(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [cut, cut_between_frames, flip, flip_packed, lose_one, huge_frame, stranger, append, system_collection, text],
)
async def test_damaged_file_is_refused_before_anything_is_written(client: Any, file: Path, damage: Any) -> None:
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(StartupError, match="is not a whole backup of this hub"):
        await restore(client.target, file, clock=ManualClock())
    assert await client.target.list_collection_names() == []


async def test_file_of_a_newer_hub_and_a_missing_one_get_a_sentence(client: Any, file: Path) -> None:
    plain = gzip.decompress(file.read_bytes())
    file.write_bytes(gzip.compress(plain.replace(b'"version":1,', b'"version":9,')))
    with pytest.raises(StartupError, match="written by a newer hub"):
        await restore(client.target, file, clock=ManualClock())
    with pytest.raises(StartupError, match=r"cannot be read: No such file or directory\."):
        await inspect(file.with_name("none"))


async def test_interrupted_restore_is_marked_and_begun_again(client: Any, file: Path, url: str) -> None:
    class Interrupted(Exception):
        pass

    def interrupt(step: str, done: int, total: int) -> None:
        if step == "restoring messages":
            raise Interrupted

    with pytest.raises(Interrupted):
        await restore(client.target, file, clock=ManualClock(), progress=interrupt)
    assert await client.target.messages.find_one({}) is not None
    with pytest.raises(StartupError, match="run `scrm restore` again"):
        await refuse_half_restored(client.target)
    with pytest.raises(StartupError, match="run `scrm restore` again"):  # nor does the hub open it
        await open_stores(url, database=client.target.name, key=KEY, clock=CLOCK, ids=UlidFactory(CLOCK))
    await restore(client.target, file, clock=ManualClock())
    await refuse_half_restored(client.target)
    assert MARK not in await client.target.list_collection_names()
    assert len(await client.target.messages.distinct("_id")) == 1500


async def test_what_the_database_did_not_keep_is_found(
    client: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = module._load

    async def load_and_lose(database: Any, *rest: Any) -> None:
        await load(database, *rest)
        await database.messages.update_one({"_id": "m00042"}, {"$set": {"content": "changed"}})

    monkeypatch.setattr(module, "_load", load_and_lose)
    with pytest.raises(StartupError, match="did not keep messages"):
        await restore(client.target, file, clock=ManualClock())
    with pytest.raises(StartupError):
        await refuse_half_restored(client.target)


async def test_unreachable_database_gets_a_sentence_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SELECTION_MS", 200)
    with pytest.raises(StartupError) as raised:
        async with connect("mongodb://hub:hunter2@127.0.0.1:1/", "x"):
            pass
    assert "No database answers at 127.0.0.1:1" in str(raised.value)
    assert "hunter2" not in str(raised.value)


async def test_commands_move_a_workspace_to_a_new_folder_with_its_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = Settings(data=tmp_path / "old"), Settings(data=tmp_path / "new")
    server = EmbeddedServer(old.data)
    async with connect(await server.start(), "scrm") as database:
        await fill(database)
    (old.data / "secret.key").write_bytes(KEY)
    file = tmp_path / "file"
    with pytest.raises(FolderInUse):  # the hub is running
        await backup_workspace(old, file, with_key=True)
    await server.stop()
    await backup_workspace(old, file, with_key=True)
    await restore_workspace(new, file)
    assert (new.data / "secret.key").read_bytes() == KEY
    assert (new.data / "secret.key").stat().st_mode & 0o077 == 0
    captured = capsys.readouterr()
    assert "guard it like a password" in captured.out
    assert "1505 documents of 5 collections restored and verified" in captured.out
    told = captured.err.splitlines()
    assert told[0].startswith("backing up ")
    assert told[-1] == "verifying odd: 1505 of about 1505"
    for step in ("backing up", "restoring", "verifying"):
        tenths = [int(line.split(": ")[1].split()[0]) * 10 // 1505 for line in told if line.startswith(step)]
        assert tenths and tenths == sorted(set(tenths))


async def test_progress_is_told_in_tenths_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    telling = _Telling()
    for step in ("backing up messages", "verifying messages"):
        for done in range(1, 1_003):
            telling(step, done, 1_000)
    telling.end()
    lines = [f"{step} messages: {max(1, tenth * 100)} of about 1000"
             for step in ("backing up", "verifying") for tenth in range(11)]  # fmt: skip
    assert capsys.readouterr().err.splitlines() == lines


async def test_event_loop_is_not_held_up(client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packing waits for the loop here, which it could not if it stood in its way."""
    loop = asyncio.get_running_loop()
    turned: list[str] = []

    def waiting(work: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Any) -> None:
            turn = threading.Event()
            loop.call_soon_threadsafe(turn.set)
            assert turn.wait(10), f"{work.__name__} stands in the loop's way"
            turned.append(work.__name__)
            work(*arguments)

        return call

    for slow in (module.write_batch, module._flush):
        monkeypatch.setattr(module, slow.__name__, waiting(slow))
    await fill(client.source)
    await backup(client.source, tmp_path / "heavy.backup", clock=ManualClock())
    assert turned.count("write_batch") >= 5
    assert turned[-1] == "_flush"
