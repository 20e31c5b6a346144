"""Who does the work: every partition belongs to one process at a time, by a short lease in the database.

Each process takes its fair share, renews while it lives, and gives the surplus back when another joins. When it dies
its leases run out. A partition has three lanes that run side by side, so that a slow platform never holds up what
comes in: ingest, tasks, outbox.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from datetime import timedelta

import structlog

from scrm.clock import Clock
from scrm.errors import StoreUnavailable
from scrm.model.base import Record
from scrm.model.work import PARTITIONS
from scrm.ports.stores import LeaseStore

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=12)
RENEW_SECONDS = 3.0
# A lane that nobody rings looks by itself this often: for what is due later, and for what another process wrote.
IDLE_SECONDS = 2.0
FAULT_SECONDS = 1.0
# How long a step under way may take to end when its partition is given back: most requests need less.
GRACE_SECONDS = 8.0

# A lane's step: does a piece of work in a partition; True when there may be more.
Step = Callable[[int], Awaitable[bool]]


class Lane(Record, kw_only=True):
    """gate: how many steps of such lanes may run at the same time in this process; None: any number."""

    name: str
    step: Step
    gate: asyncio.Semaphore | None = None


class Bells:
    """Wakes a lane of a partition. Ringing one that nobody holds here does nothing."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, int], asyncio.Event] = {}

    def ring(self, lane: str, partition: int) -> None:
        event = self._events.get((lane, partition))
        if event is not None:
            event.set()

    def event(self, lane: str, partition: int) -> asyncio.Event:
        return self._events.setdefault((lane, partition), asyncio.Event())


class Partitions:
    def __init__(self, leases: LeaseStore, lanes: Mapping[str, Lane], bells: Bells, clock: Clock, owner: str) -> None:
        self._leases = leases
        self._lanes = lanes
        self._bells = bells
        self._clock = clock
        self._owner = owner
        self._running: dict[int, list[asyncio.Task[None]]] = {}
        self._leaving: set[int] = set()
        self._closing = False

    @property
    def held(self) -> frozenset[int]:
        return frozenset(self._running)

    def leave(self) -> None:
        """Take no more: a cancel that comes with this ends `run` even where a call to the database swallows it."""
        self._closing = True

    async def run(self) -> None:
        """Take, renew and give back until cancelled; then give everything back."""
        try:
            while not self._closing:
                try:
                    await self._turn()
                except StoreUnavailable:
                    log.warning("partitions.store_unavailable")
                if not self._closing:
                    await self._clock.sleep(RENEW_SECONDS)
        finally:
            await self._stop(list(self._running), release=True)

    async def _turn(self) -> None:
        now = self._clock.now()
        await self._leases.acquire(f"worker:{self._owner}", self._owner, now, now + LEASE)
        leases = await self._leases.held(now)
        workers = sum(lease.name.startswith("worker:") for lease in leases)
        share = -(-PARTITIONS // max(1, workers))
        await self._stop(sorted(self._running)[share:], release=True)
        taken = {lease.name for lease in leases if lease.owner != self._owner}
        for partition in range(PARTITIONS):
            mine = partition in self._running
            if not mine and (len(self._running) >= share or _name(partition) in taken):
                continue
            kept = await self._leases.acquire(_name(partition), self._owner, now, now + LEASE)
            if kept and not mine:
                self._start(partition)
            elif mine and not kept:
                log.warning("partitions.lost", partition=partition)
                await self._stop([partition], release=False)

    def _start(self, partition: int) -> None:
        self._running[partition] = [
            asyncio.create_task(self._lane(lane, partition), name=f"{lane.name}-{partition}")
            for lane in self._lanes.values()
        ]

    async def _stop(self, partitions: list[int], *, release: bool) -> None:
        """Let the steps under way end by themselves: a send that is cut off has an unknown outcome."""
        self._leaving.update(partitions)
        for partition in partitions:
            for name in self._lanes:
                self._bells.ring(name, partition)
        tasks = [task for partition in partitions for task in self._running.pop(partition, [])]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._leaving.difference_update(partitions)
        if release:
            await self._release(partitions)

    async def _release(self, partitions: list[int]) -> None:
        names = [_name(partition) for partition in partitions]
        if not self._running:
            names.append(f"worker:{self._owner}")
        for name in names:
            try:
                await self._leases.release(name, self._owner)
            except StoreUnavailable:
                return  # they run out by themselves

    async def _lane(self, lane: Lane, partition: int) -> None:
        bell = self._bells.event(lane.name, partition)
        while partition not in self._leaving:
            bell.clear()
            try:
                async with lane.gate or nullcontext():
                    more = await lane.step(partition)
            except StoreUnavailable:
                await _rung(bell, FAULT_SECONDS)
                continue
            except Exception:
                log.exception("lane.bug", lane=lane.name, partition=partition)
                await _rung(bell, FAULT_SECONDS)
                continue
            if not more and partition not in self._leaving:
                await _rung(bell, IDLE_SECONDS)


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return


def _name(partition: int) -> str:
    return f"partition:{partition}"
