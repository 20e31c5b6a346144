"""The right to do what one process at a time does, and the frame of a loop that does it.

The right is asked for no more often than it has to be written: each renewal is a write to the disk.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from scrm.clock import Clock
from scrm.errors import StoreUnavailable
from scrm.ports.stores import LeaseStore

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another process does it now."""


class Turn:
    """A lease that is renewed when half of it has run."""

    def __init__(self, leases: LeaseStore, name: str, owner: str, clock: Clock, lease: timedelta) -> None:
        self._leases = leases
        self._name = name
        self._owner = owner
        self._clock = clock
        self._lease = lease
        self._asked: tuple[float, datetime] | None = None

    async def mine(self) -> bool:
        """Whether it is this process's for at least half of the lease from now. Raises StoreUnavailable."""
        if self._asked is not None and self._passed(*self._asked) < self._lease.total_seconds() / 2:
            return True
        asked = (self._clock.monotonic(), self._clock.now())
        taken = await self._leases.acquire(self._name, self._owner, asked[1], asked[1] + self._lease)
        self._asked = asked if taken else None
        return taken

    async def hold(self) -> None:
        """Raises LeaseLost where it is not `mine`."""
        if not await self.mine():
            raise LeaseLost

    async def end(self) -> None:
        """Somebody else may have it."""
        self._asked = None
        await self._leases.release(self._name, self._owner)

    def _passed(self, monotonic: float, now: datetime) -> float:
        """Seconds since then by both clocks: one stands still while the machine sleeps, the other may be set back."""
        return max(self._clock.monotonic() - monotonic, (self._clock.now() - now).total_seconds())


@asynccontextmanager
async def spared(name: str, **about: str) -> AsyncIterator[None]:
    """One of several things a look does: that it cannot be done is logged under the name, and the next one comes."""
    try:
        yield
    except (LeaseLost, StoreUnavailable):
        raise
    except Exception:
        log.exception(f"{name}.bug", **about)


async def over_and_over(
    name: str, look: Callable[[], Awaitable[object]], rest: Callable[[], Awaitable[object]]
) -> None:
    """Look and rest until cancelled; a look that fails is logged under the name, and the next one comes."""
    while True:
        try:
            await look()
        except LeaseLost:
            log.info(f"{name}.lease_lost")
        except StoreUnavailable:
            log.warning(f"{name}.store_unavailable")
        except Exception:
            log.exception(f"{name}.bug")
        await rest()
