"""Who works where: several holders over the real leases, moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import pytest

from scrm.clock import ManualClock
from scrm.flow.partitions import LEASE, Bells, Claim, Lane, Partitions
from scrm.model.work import PARTITIONS
from scrm.ports.stores import Stores


class Process:
    """One process's partitions, and which of them its lane is working in."""

    def __init__(self, stores: Stores, clock: ManualClock, name: str) -> None:
        self.steps: list[int] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        lane = Lane(name="work", step=self._step)
        self.partitions = Partitions(stores.leases, {"work": lane}, Bells(), clock, name)

    async def settled(self) -> None:
        """What it gave back is finished, unless a step is being held up."""
        if self.may_end.is_set():
            await asyncio.gather(*self.partitions._finishing.values())

    async def _step(self, claim: Claim) -> bool:
        self.steps.append(claim.partition)
        await self.may_end.wait()
        return False


Make = Callable[[str], Process]


@pytest.fixture
async def make(stores: Stores) -> AsyncIterator[tuple[Make, ManualClock]]:
    clock = ManualClock()
    made: list[Process] = []

    def process(name: str) -> Process:
        made.append(Process(stores, clock, name))
        return made[-1]

    yield process, clock
    for each in made:
        each.may_end.set()
        each.partitions.leave()
        await each.partitions.run()


async def turns(*processes: Process, rounds: int = 3) -> None:
    for _ in range(rounds):
        for process in processes:
            await process.partitions.turn()
        for process in processes:
            await process.settled()


async def test_one_process_has_everything(make: tuple[Make, ManualClock]) -> None:
    process, _ = make
    alone = process("a")
    await turns(alone)
    assert alone.partitions.held == frozenset(range(PARTITIONS))
    assert set(alone.steps) == set(range(PARTITIONS))


async def test_those_who_join_get_a_fair_share_and_nobody_shares_a_partition(make: tuple[Make, ManualClock]) -> None:
    process, _ = make
    processes = [process("a")]
    await turns(*processes)
    for name in ("b", "c"):
        processes.append(process(name))
        await turns(*processes, rounds=4)
        shares = [each.partitions.held for each in processes]
        assert sum(map(len, shares)) == PARTITIONS == len(frozenset().union(*shares))
        assert max(map(len, shares)) <= -(-PARTITIONS // len(processes))


async def test_what_a_dead_process_held_is_taken_when_its_leases_run_out(make: tuple[Make, ManualClock]) -> None:
    process, clock = make
    dead, heir = process("dead"), process("heir")
    await turns(dead)
    await turns(heir)
    assert heir.partitions.held == frozenset()
    clock.advance(LEASE.total_seconds() + 1)
    await turns(heir)
    assert heir.partitions.held == frozenset(range(PARTITIONS))


async def test_a_claim_ends_before_its_lease_does(make: tuple[Make, ManualClock]) -> None:
    """A process that was suspended must not believe in its lease when somebody else may have it."""
    process, clock = make
    asleep = process("asleep")
    await turns(asleep)
    claims = list(asleep.partitions._claims.values())
    clock.advance(LEASE.total_seconds() - 0.5)
    assert not any(claim.holds() for claim in claims)


def test_a_claim_ends_while_the_machine_sleeps() -> None:
    """The monotonic clock stands still then; the wall's goes on, and so do the leases in the database."""

    class Asleep(ManualClock):
        slept = 0.0

        def now(self) -> datetime:
            return super().now() + timedelta(seconds=self.slept)

    clock = Asleep()
    claim = Claim(1, clock, lasts=9)
    assert claim.holds()
    clock.slept = 10
    assert not claim.holds()
    claim.extend((clock.monotonic(), clock.now()))
    assert claim.holds()


async def test_renewing_does_not_wait_for_slow_work(make: tuple[Make, ManualClock]) -> None:
    """A step that takes long while partitions are given back: those kept are renewed all the same."""
    process, clock = make
    slow, other = process("slow"), process("other")
    slow.may_end.clear()
    await turns(slow)
    await turns(other, rounds=1)
    for _ in range(6):
        clock.advance(LEASE.total_seconds() / 3)
        await turns(slow, other, rounds=1)
    assert len(slow.partitions.held) == PARTITIONS // 2
    assert all(slow.partitions._claims[partition].holds() for partition in slow.partitions.held)
    assert not slow.partitions.held & other.partitions.held


async def test_partitions_that_finish_while_leases_are_renewed(make: tuple[Make, ManualClock]) -> None:
    """What is given back goes at any moment, also in the middle of a renewal, and does not come back by it."""
    process, _ = make
    leaving, staying = process("leaving"), process("staying")
    await turns(leaving)
    await turns(staying, rounds=1)
    for _ in range(3):
        await asyncio.gather(leaving.partitions.turn(), staying.partitions.turn())
    await turns(leaving, staying)
    shares = [leaving.partitions.held, staying.partitions.held]
    assert [len(share) for share in shares] == [PARTITIONS // 2] * 2
    assert not shares[0] & shares[1]


async def test_a_lane_that_ended_is_noticed_and_started_anew(make: tuple[Make, ManualClock]) -> None:
    process, _ = make
    alone = process("a")
    await turns(alone)
    stray = alone.partitions._working[3][0]
    stray.cancel()
    await asyncio.gather(stray, return_exceptions=True)
    alone.steps.clear()
    await turns(alone)
    assert 3 in alone.partitions.held
    assert 3 in alone.steps


async def test_a_lane_that_gathers_does_at_once_what_was_rung_for_one_by_one(stores: Stores) -> None:
    clock, bells, rung = ManualClock(), Bells(), asyncio.Event()
    steps: list[int] = []

    async def step(claim: Claim) -> bool:
        if claim.partition == 3:
            steps.append(claim.partition)
            rung.set()
        return False

    lane = Lane(name="work", step=step, gathers=0.05)
    partitions = Partitions(stores.leases, {"work": lane}, bells, clock, "one")
    await partitions.turn()
    await rung.wait()
    rung.clear()
    for _ in range(10):
        bells.ring("work", 3)
        await asyncio.sleep(0)
    await rung.wait()
    assert len(steps) == 2
    partitions.leave()
    await partitions.run()
