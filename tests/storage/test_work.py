"""The outbox, tasks and leases: claimed once, and a crash leaves them to the next."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.model.work import Lease, OutboxState, TaskKind
from scrm.ports.stores import Stores
from scrm.storage.stores import MongoStores
from tests.storage import records


async def test_what_waits_comes_by_conversation_and_order(stores: Stores) -> None:
    second = records.outbox_entry(order=2, due_at=records.at(99))
    first = records.outbox_entry(order=1)
    other = records.outbox_entry(conversation_id="v0", order=9)
    for entry in (second, first, other, records.outbox_entry(partition=4)):
        await stores.outbox.insert(entry)
    assert await stores.outbox.waiting(3) == [other, first, second]
    assert (await stores.stats())["outbox_waiting"] == 4
    assert await stores.outbox.delete(first)
    assert not await stores.outbox.delete(first)
    assert await stores.outbox.waiting(3) == [other, second]
    assert await stores.outbox.get(first.id) is None


async def test_exactly_one_begins_to_send(stores: Stores) -> None:
    entry = records.outbox_entry()
    await stores.outbox.insert(entry)
    assert sorted(await asyncio.gather(*(stores.outbox.begin(entry.id, "another") for _ in range(5)))) == [
        False
    ] * 4 + [True]
    sending = await stores.outbox.get(entry.id)
    assert sending is not None
    assert (sending.state, sending.attempts) == (OutboxState.SENDING, 1)
    assert not await stores.outbox.postpone(entry, records.at(30))  # the try before this one
    assert await stores.outbox.postpone(sending, records.at(30))
    waiting = await stores.outbox.get(entry.id)
    assert waiting is not None
    assert (waiting.state, waiting.due_at) == (OutboxState.WAITING, records.at(30))
    # Nobody sends it now, so nobody can put it off.
    assert not await stores.outbox.postpone(sending, records.at(60))
    assert await stores.outbox.get(entry.id) == waiting


async def test_a_try_does_nothing_to_the_one_after_it(stores: Stores) -> None:
    first = records.outbox_entry()
    await stores.outbox.insert(first)
    await stores.outbox.begin(first.id, "another")
    begun = await stores.outbox.get(first.id)
    assert begun is not None
    assert await stores.outbox.delete(begun)
    again = replace(first, created_at=records.at(60))  # an agent sends it again
    await stores.outbox.insert(again)
    await stores.outbox.begin(again.id, "another")
    await stores.outbox.part_sent(begun, 1, "out-1")
    assert not await stores.outbox.postpone(begun, records.at(99))
    assert not await stores.outbox.delete(begun)
    left = await stores.outbox.get(again.id)
    assert left is not None
    assert (left.state, left.parts_sent, left.external_ids) == (OutboxState.SENDING, 0, ())


async def test_a_part_counts_once(stores: Stores) -> None:
    entry = records.outbox_entry()
    await stores.outbox.insert(entry)
    for parts, external_id in ((1, "e1"), (1, "e1"), (2, ""), (3, "e3")):
        await stores.outbox.part_sent(entry, parts, external_id)
    stored = await stores.outbox.get(entry.id)
    assert stored is not None
    assert (stored.parts_sent, stored.external_ids) == (3, ("e1", "e3"))


async def test_a_task_that_stands_is_wanted_again(stores: Stores) -> None:
    task = records.task(data={"why": "first"})
    again = records.task(subject=task.subject, due_at=records.at(-99))
    other_kind = records.task(subject=task.subject, kind=TaskKind.FETCH_MEDIA)
    await stores.tasks.add([task])
    await stores.transaction(lambda: stores.tasks.add([again, other_kind]))
    assert await stores.tasks.due(3, records.at(0), 9, asks_platform=False) == [
        replace(task, due_at=again.due_at, wanted=2)
    ]
    assert await stores.tasks.due(3, records.at(0), 9, asks_platform=True) == [replace(other_kind, wanted=1)]
    await stores.tasks.fail(task, "gone")
    await stores.tasks.add([again])
    assert await stores.tasks.due(3, records.at(0), 9, asks_platform=False) == [
        replace(task, due_at=again.due_at, wanted=3)
    ]
    await stores.tasks.delete([task.id])
    await stores.tasks.delete([])
    await stores.tasks.add([again])
    assert await stores.tasks.due(3, records.at(0), 9, asks_platform=False) == [replace(again, wanted=1)]


async def test_what_is_wanted_while_it_is_done_is_not_done(stores: MongoStores) -> None:
    await stores.tasks.add([records.task(), records.task()])
    first, second = await stores.tasks.due(3, records.at(0), 9, asks_platform=False)
    await stores.tasks.add([first])
    await stores.tasks.postpone(first, records.at(60), "busy")
    await stores.tasks.fail(first, "gone")
    await stores.tasks.done([first, second])
    [left] = await stores.tasks.due(3, records.at(0), 9, asks_platform=False)
    assert (left.id, left.wanted) == (first.id, 2)
    await stores.database["tasks"].update_one({"_id": left.id}, {"$unset": {"wanted": ""}})  # of an older version
    await stores.tasks.done(await stores.tasks.due(3, records.at(0), 9, asks_platform=False))
    assert await stores.tasks.due(3, records.at(0), 9, asks_platform=False) == []


async def test_due_tasks_are_oldest_first_and_failed_ones_kept(stores: Stores) -> None:
    late, early, future = (records.task(due_at=records.at(seconds)) for seconds in (0, -5, 50))
    broken = records.task(kind=TaskKind.FETCH_MEDIA)
    await stores.tasks.add([late, early, future, broken, records.task(partition=4)])
    await stores.tasks.fail(replace(broken, wanted=1), "gone")
    assert await stores.tasks.due(3, records.at(1), 9, asks_platform=False) == [
        replace(early, wanted=1),
        replace(late, wanted=1),
    ]
    assert await stores.tasks.due(3, records.at(1), 1, asks_platform=False) == [replace(early, wanted=1)]
    await stores.tasks.postpone(replace(early, wanted=1), records.at(60), "busy")
    due = await stores.tasks.due(3, records.at(60), 9, asks_platform=False)
    assert [(each.id, each.attempts, each.error) for each in due] == [
        (late.id, 0, None),
        (future.id, 0, None),
        (early.id, 1, "busy"),
    ]
    assert [(each.id, each.attempts, each.error) for each in await stores.tasks.failed(after=None, limit=9)] == [
        (broken.id, 1, "gone")
    ]
    assert await stores.tasks.failed(after=broken.id, limit=9) == []
    stats = await stores.stats()
    assert (stats["tasks_waiting"], stats["tasks_failed"]) == (4, 1)
    assert not await stores.tasks.retry(late.id, records.at(2))
    assert await stores.tasks.retry(broken.id, records.at(2))
    again = await stores.tasks.get(broken.id)
    assert again is not None
    assert (again.failed, again.attempts, again.error, again.due_at) == (False, 0, None, records.at(2))


async def test_a_pull_keeps_its_place_and_sees_that_it_is_wanted_again(stores: Stores) -> None:
    made = records.pull()
    await stores.pulls.plan([made])
    await stores.pulls.plan([records.pull(id=made.id, due_at=records.at(-99))])
    assert await stores.pulls.due(3, records.at(0), 9) == [made]
    assert await stores.pulls.due(4, records.at(0), 9) == []
    wanted = records.pull(id=made.id, due_at=records.at(1), ticket="t1", ticket_at=records.at(1))
    await stores.transaction(lambda: stores.pulls.want(wanted))
    [held] = await stores.pulls.due(3, records.at(1), 9)
    assert (held.wanted, held.ticket, held.ticket_at, held.due_at) == (1, "t1", records.at(1), records.at(1))
    assert await stores.pulls.advance(held, "wk1", "c1")
    assert not await stores.pulls.advance(held, "wk1", "c2")  # somebody else was quicker
    # A notice comes while the last page is on its way.
    await stores.pulls.want(records.pull(id=made.id, due_at=records.at(2)))
    assert not await stores.pulls.rest(held, records.at(99))
    assert not await stores.pulls.postpone(held, records.at(99), "busy")
    [again] = await stores.pulls.due(3, records.at(2), 9)
    assert (again.account, again.cursor, again.wanted, again.ticket) == ("wk1", "c1", 2, "t1")
    assert await stores.pulls.postpone(again, records.at(60), "busy")
    failed = await stores.pulls.get(made.id)
    assert failed is not None
    assert (failed.attempts, failed.error, failed.due_at) == (1, "busy", records.at(60))
    assert await stores.pulls.rest(failed, records.at(99))
    rested = await stores.pulls.get(made.id)
    assert rested is not None
    assert (rested.attempts, rested.error, rested.due_at) == (0, None, records.at(99))
    await stores.pulls.delete(made.id)
    assert await stores.pulls.get(made.id) is None


async def test_a_pull_nobody_planned_is_made_when_it_is_wanted(stores: Stores) -> None:
    wanted = records.pull(ticket="t1", ticket_at=records.at(0))
    await stores.transaction(lambda: stores.pulls.want(wanted))
    made = await stores.pulls.get(wanted.id)
    assert made is not None
    assert (made.partition, made.cursor, made.account, made.wanted, made.ticket) == (3, "", "", 1, "t1")


OWNERS = st.sampled_from(["a", "b"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["acquire", "renew", "release", "wait"]), st.sampled_from(["a", "b"]), st.integers(1, 20)
    ),
    max_size=8,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_a_lease_has_one_holder(stores: Stores, steps: list[tuple[str, str, int]]) -> None:
    name, now = records.new_id("lease"), records.at(0)
    holder, until = None, now
    for step, owner, seconds in steps:
        if step == "wait":
            now += timedelta(seconds=seconds)
        elif step == "release":
            await stores.leases.release(name, owner)
            holder = None if holder == owner else holder
        elif step == "renew":
            wanted = now + timedelta(seconds=seconds)
            kept = await stores.leases.renew([name, "nobody's"], owner, wanted)
            assert kept == ({name} if holder == owner else set())
            until = wanted if holder == owner else until
        else:
            wanted = now + timedelta(seconds=seconds)
            free = holder in (None, owner) or until <= now
            assert await stores.leases.acquire(name, owner, now, wanted) == free
            if free:
                holder, until = owner, wanted
        held = [lease for lease in await stores.leases.held(now) if lease.name == name]
        expected = [Lease(name=name, owner=holder, until=until)] if holder is not None and until > now else []
        assert held == expected


async def test_leases_that_ran_out_long_ago_are_forgotten(stores: Stores) -> None:
    for name, seconds in (("old", 10), ("new", 20)):
        assert await stores.leases.acquire(name, "a", records.at(0), records.at(seconds))
    assert await stores.leases.forget(records.at(15)) == 1
    assert [lease.name for lease in await stores.leases.held(records.at(0))] == ["new"]


async def test_a_lease_that_is_taken_while_old_ones_are_looked_for_stays(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an hour in which no hub ran: who tidies up must take nobody's work away."""
    assert await stores.leases.acquire("partition:1", "before", records.at(0), records.at(10))
    shelf = stores.leases._shelf  # type: ignore[attr-defined]
    find = shelf.find

    async def and_somebody_starts(where: Any) -> Any:
        found = await find(where)
        monkeypatch.undo()
        assert await stores.leases.acquire("partition:1", "now", records.at(5000), records.at(5012))
        return found

    monkeypatch.setattr(shelf, "find", and_somebody_starts)
    assert await stores.leases.forget(records.at(1400)) == 0
    assert [lease.owner for lease in await stores.leases.held(records.at(5001))] == ["now"]


async def test_of_many_at_once_exactly_one_gets_the_lease(stores: Stores) -> None:
    now, until = records.at(0), records.at(10)
    owners = [f"owner{number}" for number in range(6)]
    for moment, end in ((now, until), (until, records.at(20))):  # free at first, expired afterwards
        answers = await asyncio.gather(*(stores.leases.acquire("p1", owner, moment, end) for owner in owners))
        assert answers.count(True) == 1


async def test_one_look_tells_where_there_is_something_to_do(stores: Stores) -> None:
    """However much waits elsewhere: a partition with work that is due is always named."""
    now, later = records.at(0), records.at(60)
    fetch = TaskKind.FETCH_MEDIA
    failed = records.task(partition=9)
    await stores.tasks.add([
        *(records.task(partition=1, kind=fetch, due_at=later) for _ in range(40)),
        records.task(partition=2, kind=fetch), records.task(partition=5), failed,
    ])  # fmt: skip
    await stores.tasks.fail(replace(failed, wanted=1), "broke")
    assert await stores.tasks.due_in(now, asks_platform=True) == {2}
    assert await stores.tasks.due_in(later, asks_platform=True) == {1, 2}
    assert await stores.tasks.due_in(later, asks_platform=False) == {5}
    await stores.pulls.plan([records.pull(partition=4), records.pull(partition=6, due_at=later)])
    assert await stores.pulls.due_in(now) == {4}
    await stores.outbox.insert(records.outbox_entry(partition=7, due_at=later))
    assert await stores.outbox.waiting_in() == {7}
    done, pending = records.entry(partition=8), records.entry(partition=11)
    await stores.journal.append([done, pending])
    await stores.journal.finish([done.id], now)
    assert await stores.journal.waiting_in() == {11}
