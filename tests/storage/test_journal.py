"""The journal: nothing twice, oldest first, failed ones stay and can be replayed."""

import asyncio
from datetime import timedelta

import pytest

from scrm.model.work import LARGEST_BODY, JournalState
from scrm.ports.stores import Page, Stores
from tests.storage import records


async def test_the_same_thing_three_times_is_stored_once(stores: Stores) -> None:
    one, again = records.entry(dedupe_key="k"), records.entry(dedupe_key="k")
    other = records.entry(dedupe_key="k", channel_id="another")
    assert await stores.journal.append([one, again, other]) == {one.id, other.id}
    assert await stores.journal.append([records.entry(dedupe_key="k")]) == frozenset()
    assert await stores.journal.append([one]) == frozenset()
    assert await stores.journal.append([]) == frozenset()
    assert await stores.journal.get(again.id) is None


async def test_of_many_at_once_exactly_one_is_first(stores: Stores) -> None:
    tries = [records.entry(dedupe_key="k") for _ in range(8)]
    answers = await asyncio.gather(*(stores.journal.append([entry]) for entry in tries))
    assert sum(len(answer) for answer in answers) == 1


async def test_a_body_comes_back_to_the_byte_and_a_larger_one_is_refused(stores: Stores) -> None:
    entry = records.entry(body=bytes(range(256)) * 256, facts={"a.b": "$c"})
    await stores.journal.append([entry])
    assert await stores.journal.get(entry.id) == entry
    largest = records.entry(body=bytes(LARGEST_BODY))
    await stores.journal.append([largest])
    assert await stores.journal.get(largest.id) == largest
    with pytest.raises(ValueError, match="256 KiB"):
        await stores.journal.append([records.entry(body=bytes(LARGEST_BODY + 1))])


async def test_pending_is_oldest_first_of_one_partition(stores: Stores) -> None:
    entries = [records.entry(received_at=records.at(-index)) for index in range(5)]
    await stores.journal.append([*entries, records.entry(partition=9)])
    assert [entry.id for entry in await stores.journal.pending(3, 3)] == [entry.id for entry in entries[::-1][:3]]


async def test_done_and_failed_entries_no_longer_wait(stores: Stores) -> None:
    done, failed, waiting = (records.entry() for _ in range(3))
    await stores.journal.append([done, failed, waiting])
    await stores.journal.finish([done.id], records.at(5))
    await stores.journal.fail(failed.id, "cannot be read \ud800", records.at(6))
    await stores.journal.count_attempt(waiting.id, "database away")
    assert [entry.id for entry in await stores.journal.pending(3, 9)] == [waiting.id]
    stored = await stores.journal.get(failed.id)
    assert stored is not None
    assert (stored.state, stored.attempts, stored.finished_at) == (JournalState.FAILED, 1, records.at(6))
    assert await stores.stats() == {
        "journal_pending": 1,
        "journal_failed": 1,
        "outbox_waiting": 0,
        "tasks_waiting": 0,
        "tasks_failed": 0,
    }


async def test_only_a_failed_entry_is_replayed(stores: Stores) -> None:
    entry = records.entry()
    await stores.journal.append([entry])
    assert not await stores.journal.replay(entry.id)
    await stores.journal.fail(entry.id, "why", records.at(1))
    assert await stores.journal.replay(entry.id)
    assert await stores.journal.pending(3, 9) == [entry]


async def test_pages_go_on_where_they_ended(stores: Stores) -> None:
    # Over all slices of time, and several in one millisecond.
    ages = [0, 0, 0, 60, 7 * 3600, 4 * 86400, 50 * 86400, 400 * 86400]
    now = stores.journal._clock.now()  # type: ignore[attr-defined]
    entries = [records.entry(received_at=now - timedelta(seconds=age)) for age in ages]
    await stores.journal.append([*entries, records.entry(channel_id="another", received_at=now)])
    for entry in entries:
        await stores.journal.fail(entry.id, "x", now)
    seen: list[str] = []
    after: Page | None = None
    while page := await stores.journal.page(JournalState.FAILED, channel_id="ch", after=after, limit=3):
        seen += [entry.id for entry in page]
        after = Page(at=page[-1].received_at, id=page[-1].id)
    expected = sorted(entries, key=lambda entry: (entry.received_at, entry.id), reverse=True)
    assert seen == [entry.id for entry in expected]


async def test_forgetting_takes_only_old_done_entries(stores: Stores) -> None:
    old, pending, young = records.entry(), records.entry(), records.entry(received_at=records.at(100))
    await stores.journal.append([old, pending, young])
    await stores.journal.finish([old.id], records.at(1))
    await stores.journal.finish([young.id], records.at(101))
    assert await stores.journal.forget_before(records.at(50), 10) == 1
    assert await stores.journal.forget_before(records.at(50), 10) == 0
    assert await stores.journal.get(old.id) is None
    assert await stores.journal.get(pending.id) is not None
    assert await stores.journal.get(young.id) is not None
