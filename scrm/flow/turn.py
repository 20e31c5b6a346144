"""The right to do what one process at a time does, asked for no more often than it has to be written."""

from datetime import timedelta

from scrm.clock import Clock
from scrm.ports.stores import LeaseStore


class Turn:
    """A lease that is renewed when half of it has run: each renewal is a write to the disk."""

    def __init__(self, leases: LeaseStore, name: str, owner: str, clock: Clock, lease: timedelta) -> None:
        self._leases = leases
        self._name = name
        self._owner = owner
        self._clock = clock
        self._lease = lease
        self._asked: float | None = None

    async def mine(self) -> bool:
        """Whether it is this process's for at least half of the lease from now. Raises StoreUnavailable."""
        asked = self._clock.monotonic()
        if self._asked is not None and asked - self._asked < self._lease.total_seconds() / 2:
            return True
        now = self._clock.now()
        taken = await self._leases.acquire(self._name, self._owner, now, now + self._lease)
        self._asked = asked if taken else None
        return taken
