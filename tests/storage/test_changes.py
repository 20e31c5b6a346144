"""The feed: everything that changes, once, in order, and after a kill of the database as well."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from scrm.clock import SystemClock
from scrm.errors import Duplicate, StoreUnavailable
from scrm.ids import UlidFactory
from scrm.ports.stores import Change, Gap, Stores
from scrm.storage import changes
from scrm.storage.changes import Subscription
from scrm.storage.server import EmbeddedServer
from scrm.storage.stores import MongoStores, open_stores
from tests.storage import records


async def following(feed: AsyncIterator[Change | Gap]) -> Change | Gap:
    return await asyncio.wait_for(anext(feed), 20)


async def test_records_come_whole_and_work_as_a_partition(stores: Stores) -> None:
    feed = stores.changes()
    assert await following(feed) == Gap()
    contact, conversation, message, agent, channel = (
        records.contact(),
        records.conversation(),
        records.message(),
        records.agent(),
        records.channel(),
    )
    await stores.contacts.insert(contact)
    await stores.conversations.insert(conversation)
    await stores.messages.insert(message)
    await stores.agents.insert(agent)
    await stores.channels.insert(channel)
    assert await following(feed) == Change(kind="contact", id=contact.id, record=contact)
    assert await following(feed) == Change(kind="conversation", id=conversation.id, record=conversation)
    assert await following(feed) == Change(kind="message", id=message.id, record=message)
    assert await following(feed) == Change(kind="agent", id=agent.id, record=agent)
    assert await following(feed) == Change(kind="channel", id=channel.id, record=channel)
    entry, task, outgoing = records.entry(), records.task(), records.outbox_entry()
    await stores.journal.append([entry])
    await stores.tasks.add([task])
    await stores.outbox.insert(outgoing)
    assert await following(feed) == Change(kind="journal", id=entry.id, partition=3)
    assert await following(feed) == Change(kind="outbox", id=outgoing.id, partition=3)
    # What a worker did itself is no news; a replay is.
    await stores.journal.fail(entry.id, "x", records.at(1))
    await stores.outbox.begin(outgoing.id, "another")
    await stores.tasks.delete([task.id])
    await stores.journal.replay(entry.id)
    assert await following(feed) == Change(kind="journal", id=entry.id, partition=3)
    saved = await stores.conversations.save(replace(conversation, last_position=1))
    assert await following(feed) == Change(kind="conversation", id=conversation.id, record=saved)
    await stores.channels.delete(channel.id)
    assert await following(feed) == Change(kind="channel", id=channel.id)


async def test_a_transaction_s_changes_come_when_it_is_done(stores: Stores) -> None:
    feed = stores.changes()
    assert await following(feed) == Gap()
    lost, kept = records.message(), records.message()

    async def undone() -> None:
        await stores.messages.insert(lost)
        raise LookupError

    with pytest.raises(LookupError):
        await stores.transaction(undone)
    await stores.transaction(lambda: stores.messages.insert(kept))
    assert await following(feed) == Change(kind="message", id=kept.id, record=kept)


async def test_every_subscriber_hears_everything(stores: Stores) -> None:
    feeds = [stores.changes() for _ in range(3)]
    for feed in feeds:
        assert await following(feed) == Gap()
    late = stores.changes()
    assert await following(late) == Gap()
    message = records.message()
    await stores.messages.insert(message)
    for feed in [*feeds, late]:
        assert await following(feed) == Change(kind="message", id=message.id, record=message)


async def test_one_that_falls_behind_gets_a_gap(stores: MongoStores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "LONGEST_QUEUE", 3)
    slow, quick = stores.changes(), stores.changes()
    for feed in (slow, quick):
        assert await following(feed) == Gap()
    messages = [records.message() for _ in range(5)]
    for message in messages:
        await stores.messages.insert(message)
        assert await following(quick) == Change(kind="message", id=message.id, record=message)
    heard = [await following(slow) for _ in range(2)]
    assert heard == [Gap(), Change(kind="message", id=messages[4].id, record=messages[4])]


async def test_the_feed_ends_with_the_stores(stores: MongoStores) -> None:
    feed = stores.changes()
    assert await following(feed) == Gap()
    await stores.close()
    assert [change async for change in feed] == []


async def test_a_dropped_reader_is_forgotten(stores: MongoStores) -> None:
    feed: Subscription | None = stores.changes()
    assert len(stores._feed._subscriptions) == 1
    assert feed is not None
    del feed
    assert len(stores._feed._subscriptions) == 0


async def test_a_killed_database_loses_no_change(tmp_path: Path) -> None:
    clock = SystemClock()
    server = EmbeddedServer(tmp_path)
    url = await server.start()
    stores = await open_stores(url, database="kill", key=bytes(32), clock=clock, ids=UlidFactory(clock))
    try:
        feed = stores.changes()
        assert await following(feed) == Gap()
        expected: list[str] = []
        for round_ in range(3):
            for _ in range(3):
                expected.append(await written(stores))
            if round_ < 2:
                assert server.pid is not None
                os.kill(server.pid, signal.SIGKILL)
        heard: list[str] = []
        while expected[-1] not in heard:
            change = await asyncio.wait_for(anext(feed), 60)
            assert isinstance(change, Change), "resumed, not begun anew"
            heard.append(change.id)
        assert [id_ for id_ in dict.fromkeys(heard) if id_ in expected] == expected
    finally:
        await stores.close()
        await server.stop()


async def written(stores: MongoStores) -> str:
    """One message more, however often the database goes away meanwhile; its id."""
    message = records.message()
    async with asyncio.timeout(60):
        while True:
            try:
                await stores.messages.insert(message)
            except StoreUnavailable:
                continue  # a call waits for the database up to five seconds
            except Duplicate:
                pass
            return message.id
