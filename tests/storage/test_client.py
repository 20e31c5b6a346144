"""Opening the stores: what is refused, in one sentence, and what is applied once."""

import asyncio
import logging
import re
import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scrm.clock import ManualClock, SystemClock
from scrm.errors import StartupError, StoreUnavailable
from scrm.ids import UlidFactory
from scrm.storage import client as client_module
from scrm.storage import indexes, migrations
from scrm.storage.client import check_clock, check_promises, check_server, connect
from scrm.storage.migrations import Migration, migrate
from scrm.storage.shelf import Database, Index
from scrm.storage.stores import MongoStores, open_stores

CLOCK = SystemClock()
IDS = UlidFactory(CLOCK)


async def reopened(stores: MongoStores, url: str, key: bytes = bytes(32), old: tuple[bytes, ...] = ()) -> MongoStores:
    return await open_stores(url, database=stores.database.name, key=key, clock=CLOCK, ids=IDS, old_keys=old)


def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def test_nobody_at_the_address_is_said_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SELECTION_MS", 200)
    url = f"mongodb://hub:geheim@127.0.0.1:{unused_port()}/?directConnection=true"
    with pytest.raises(StartupError, match=r"No database answers at 127\.0\.0\.1") as caught:
        await open_stores(url, database="x", key=bytes(32), clock=CLOCK, ids=IDS)
    assert "geheim" not in str(caught.value)


async def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(StartupError, match="not one MongoDB understands"):
        await open_stores("postgres://x", database="x", key=bytes(32), clock=CLOCK, ids=IDS)


class Answers:
    """A client whose server says these things of itself: the embedded server cannot play an old or single mongod."""

    def __init__(self, **answers: dict[str, Any]) -> None:
        self.admin = self
        self._answers = answers

    async def command(self, name: str) -> dict[str, Any]:
        return self._answers[name]


async def test_a_standalone_and_an_old_server_are_refused_with_the_remedy() -> None:
    recent = {"version": "7.0.5", "versionArray": [7, 0, 5, 0]}
    alone: Any = Answers(hello={"isWritablePrimary": True}, buildInfo=recent)
    with pytest.raises(StartupError, match=r"rs\.initiate\(\)"):
        await check_server(alone, "mongodb://db:27017")
    old: Any = Answers(hello={"setName": "rs0"}, buildInfo={"version": "6.0.1", "versionArray": [6, 0, 1, 0]})
    with pytest.raises(StartupError, match=r"version 6\.0\.1; the hub needs 7\.0"):
        await check_server(old, "mongodb://db:27017")
    for hello in ({"setName": "rs0"}, {"msg": "isdbgrid"}):
        good: Any = Answers(hello=hello, buildInfo=recent)
        await check_server(good, "mongodb://db:27017")


async def test_a_server_that_was_started_alone_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "empty.toml"
    config.touch()
    command = [sys.executable, "-m", "secantus", "--standalone", "--config", str(config), "--host", "127.0.0.1"]
    command += ["--port", "0", "--storage-path", str(tmp_path / "db"), "--log-level", "INFO"]
    server = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    try:
        assert server.stderr is not None
        async with asyncio.timeout(60):
            while not (listening := re.search(rb"listening on \S+:(\d+)", await server.stderr.readline())):
                assert server.returncode is None
        url = f"mongodb://127.0.0.1:{int(listening[1])}/?directConnection=true"
        with pytest.raises(StartupError, match=r"is a standalone.*rs\.initiate\(\)"):
            await open_stores(url, database="x", key=bytes(32), clock=CLOCK, ids=IDS)
    finally:
        server.terminate()
        await server.communicate()


async def test_the_server_keeps_what_the_hub_relies_on(stores: MongoStores) -> None:
    await check_promises(stores.database)
    assert await stores.database[client_module.CHECK].find({}).to_list() == []


async def test_another_key_is_noticed_at_the_start(stores: MongoStores, database_url: str) -> None:
    await (await reopened(stores, database_url)).close()
    with pytest.raises(StartupError, match="another key"):
        await reopened(stores, database_url, key=bytes(range(32)))
    rotated = await reopened(stores, database_url, key=bytes(range(32)), old=(bytes(32),))
    await rotated.close()
    again = await reopened(stores, database_url, key=bytes(range(32)))
    await again.close()


async def test_two_may_open_an_empty_database_at_once(database_url: str) -> None:
    name = f"test_twice_{IDS().lower()}"
    both = await asyncio.gather(
        *(open_stores(database_url, database=name, key=bytes(32), clock=CLOCK, ids=IDS) for _ in range(2))
    )
    for stores in both:
        await stores.ping()
        await stores.close()
    client = connect(database_url)
    await client.drop_database(name)
    await client.close()


async def test_indexes_are_applied_once_rebuilt_on_change_and_never_removed_silently(
    stores: MongoStores, caplog: pytest.LogCaptureFixture
) -> None:
    database = stores.database
    before = {name: await database[name].index_information() for name in {each.collection for each in indexes.INDEXES}}
    for index in indexes.INDEXES:
        assert index.name in before[index.collection]
    with caplog.at_level(logging.WARNING):
        await indexes.apply(database)
    assert caplog.messages == []
    first = (
        Index(collection="things", name="one", keys=(("a", 1),)),
        Index(collection="things", name="two", keys=(("b", 1),)),
    )
    await indexes.apply(database, first)
    with caplog.at_level(logging.WARNING):
        await indexes.apply(database, (msgspec.structs.replace(first[0], unique=True),))
    assert caplog.messages == [
        "index one of things is declared differently now and is rebuilt",
        "index two of things is not the hub's; left alone",
    ]
    assert (await database["things"].index_information())["one"]["unique"] is True
    assert "two" in await database["things"].index_information()


async def test_migrations_run_once_in_order(stores: MongoStores) -> None:
    ran: list[int] = []

    def migration(number: int) -> Migration:
        async def run(_: Any) -> None:
            ran.append(number)

        return Migration(number=number, name=f"step {number}", run=run)

    steps = (migration(13), migration(12), *migrations.MIGRATIONS)
    both = await asyncio.gather(*(migrate(stores.database, CLOCK, IDS, steps) for _ in range(2)))
    assert sorted(both) == [[], [12, 13]]
    assert ran == [12, 13]
    assert await stores.leases.held(CLOCK.now()) == []


async def test_a_migration_that_breaks_off_runs_again(stores: MongoStores) -> None:
    tries = 0

    async def run(_: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise StoreUnavailable

    steps = (*migrations.MIGRATIONS, Migration(number=12, name="shaky", run=run))
    with pytest.raises(StoreUnavailable):
        await migrate(stores.database, CLOCK, IDS, steps)
    assert await migrate(stores.database, CLOCK, IDS, steps) == [12]


async def test_a_database_of_a_newer_hub_is_refused(stores: MongoStores, database_url: str) -> None:
    await stores.database["migrations"].insert_one({"_id": 99, "name": "from the future"})
    with pytest.raises(StartupError, match="newer version of the hub"):
        await reopened(stores, database_url)


async def test_a_migration_may_take_longer_than_its_lease(stores: MongoStores) -> None:
    clock = ManualClock()
    free: list[bool] = []

    async def run(_: Database) -> None:
        for _ in range(10):
            clock.advance(100)
            until = clock.now() + timedelta(minutes=5)
            async with asyncio.timeout(10):
                while True:  # the renewal is on its way to the disk
                    lease = await stores.leases.held(clock.now())
                    if lease and lease[0].until >= until - timedelta(seconds=100):
                        break
            free.append(await stores.leases.acquire("migrations", "another", clock.now(), until))

    steps = (*migrations.MIGRATIONS, Migration(number=12, name="long", run=run))
    assert await migrate(stores.database, clock, IDS, steps) == [12]
    assert free == [False] * 10
    assert await stores.leases.held(clock.now()) == []


async def test_a_migration_whose_lease_is_gone_is_broken_off(stores: MongoStores) -> None:
    clock = ManualClock()

    async def run(_: Database) -> None:
        [lease] = await stores.leases.held(clock.now())
        await stores.leases.release(lease.name, lease.owner)
        await stores.leases.acquire(lease.name, "another", clock.now(), clock.now() + timedelta(hours=1))
        clock.advance(100)
        await asyncio.Event().wait()

    steps = (*migrations.MIGRATIONS, Migration(number=12, name="long", run=run))
    async with asyncio.timeout(20):
        with pytest.raises(StartupError, match="stood still"):
            await migrate(stores.database, clock, IDS, steps)


@pytest.mark.parametrize(("seconds", "refused"), [(0, False), (5, False), (-5, False), (60, True), (-60, True)])
async def test_a_clock_that_no_lease_could_bear_is_refused(seconds: float, refused: bool) -> None:
    clock = ManualClock()
    client = Answers(hello={"localTime": clock.now() + timedelta(seconds=seconds)})
    if refused:
        with pytest.raises(StartupError, match="60 seconds apart"):
            await check_clock(client, clock)  # type: ignore[arg-type]
    else:
        await check_clock(client, clock)  # type: ignore[arg-type]
