"""The right to do what one process does, and the loop around it."""

import asyncio
from datetime import datetime, timedelta

import pytest

from scrm.clock import ManualClock
from scrm.errors import StoreUnavailable
from scrm.ports.stores import Stores
from scrm.ports.turn import LeaseLost, Turn, over_and_over

LEASE = timedelta(seconds=60)


class Slept(ManualClock):
    """A machine that slept: the wall moved on, the monotonic clock did not."""

    asleep = timedelta()

    def now(self) -> datetime:
        return super().now() + self.asleep


async def test_one_has_it_until_it_ends(stores: Stores) -> None:
    clock = ManualClock()
    one, other = (Turn(stores.leases, "work", name, clock, LEASE) for name in ("one", "other"))
    assert await one.mine() and not await other.mine()
    clock.advance(59)
    assert await one.mine() and not await other.mine()
    clock.advance(59)
    assert not await other.mine()  # the second asking held for a whole lease
    await one.end()
    await other.hold()
    with pytest.raises(LeaseLost):
        await one.hold()


async def test_it_is_asked_for_again_at_half_its_time(stores: Stores) -> None:
    clock = ManualClock()
    one, other = (Turn(stores.leases, "work", name, clock, LEASE) for name in ("one", "other"))
    assert await one.mine()
    await stores.leases.release("work", "one")  # behind its back
    clock.advance(29)
    assert await one.mine()
    assert await other.mine()
    clock.advance(1)
    assert not await one.mine()


async def test_a_machine_that_slept_asks_again(stores: Stores) -> None:
    clock = Slept()
    one = Turn(stores.leases, "work", "one", clock, LEASE)
    other = Turn(stores.leases, "work", "other", awake := ManualClock(), LEASE)
    assert await one.mine()
    awake.advance(120)
    assert await other.mine()
    clock.asleep = timedelta(seconds=121)
    assert not await one.mine()


async def test_a_look_that_fails_is_not_the_last() -> None:
    looks: list[Exception | None] = [StoreUnavailable("away"), LeaseLost(), ValueError("a bug"), None]
    rested = 0

    async def look() -> None:
        if (error := looks.pop(0)) is not None:
            raise error

    async def rest() -> None:
        nonlocal rested
        rested += 1
        if not looks:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await over_and_over("work", look, rest)
    assert (looks, rested) == ([], 4)
