"""Who does the work: every partition belongs to one process at a time, by a short lease in the database.

Each process takes its fair share, renews while it lives, and gives the surplus back when another joins. When it dies
its leases run out. A partition has several lanes that run side by side, so that a slow platform never holds up what
comes in. Renewing never waits for work: a partition that is given back finishes beside it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta

import structlog

from scrm.clock import Clock, end_tasks
from scrm.errors import StoreUnavailable
from scrm.model.base import Record
from scrm.model.work import PARTITIONS
from scrm.ports.stores import LeaseStore

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=12)
# A holder counts its lease as over this much earlier than the database does: clocks differ, and requests take time.
MARGIN_SECONDS = 3.0
LASTS_SECONDS = LEASE.total_seconds() - MARGIN_SECONDS
RENEW_SECONDS = 3.0
FAULT_SECONDS = 1.0
# How long a step under way may take to end when its partition is given back: most requests need less.
GRACE_SECONDS = 8.0


# The monotonic clock's and the wall's reading of a moment.
Moment = tuple[float, datetime]


class Claim:
    """The right to work in a partition, and how long it lasts. Ask `holds` before anything that cannot be undone.

    writing: held by a lane while it writes to conversations. Taking in and routing meet in the same ones, and of two
    transactions that meet one is undone: a batch of messages, each time one of its customers is given an agent."""

    def __init__(self, partition: int, clock: Clock, lasts: float = float("inf")) -> None:
        self.partition = partition
        self.writing = asyncio.Lock()
        self._clock = clock
        self._lasts = lasts
        self._asked = (clock.monotonic(), clock.now())
        self._leaving = False

    def holds(self) -> bool:
        """By both clocks: one stands still while the machine sleeps, the other may be set back."""
        monotonic, now = self._asked
        passed = max(self._clock.monotonic() - monotonic, (self._clock.now() - now).total_seconds())
        return not self._leaving and passed < self._lasts

    def extend(self, asked: Moment) -> None:
        """asked: when the lease was asked for that holds now."""
        self._asked = asked

    def leave(self) -> None:
        """Begin nothing more."""
        self._leaving = True

    @property
    def leaving(self) -> bool:
        return self._leaving


class TryLater(Exception):
    """A step met a fault that may pass: it is to run again after FAULT_SECONDS, and not before."""


# A lane's step: does a piece of work in a partition; True when there may be more.
Step = Callable[[Claim], Awaitable[bool]]


# The partitions in which a lane has something to do.
Due = Callable[[], Awaitable[Collection[int]]]


class Lane(Record, kw_only=True):
    """due: asked with every renewal, one question for all partitions; those it names are rung: for what is due later,
    and for what another process wrote. None: all are rung. gate: how many steps of such lanes may run at the same time
    in this process; None: any number. gathers: seconds a lane that was rung waits for more of the same, so that one
    step does what comes together."""

    name: str
    step: Step
    due: Due | None = None
    gate: asyncio.Semaphore | None = None
    gathers: float = 0.0


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
        self._claims: dict[int, Claim] = {}
        self._working: dict[int, list[asyncio.Task[None]]] = {}
        self._finishing: dict[int, asyncio.Task[None]] = {}
        self._closing = False

    @property
    def held(self) -> frozenset[int]:
        """Partitions this process begins work in."""
        return frozenset(partition for partition, claim in self._claims.items() if not claim.leaving)

    def leave(self) -> None:
        """Take no more: a cancel that comes with this ends `run` even where a call to the database swallows it."""
        self._closing = True

    async def run(self) -> None:
        """Take, renew and give back until cancelled; then give everything back."""
        try:
            while not self._closing:
                try:
                    await self.turn()
                except StoreUnavailable:
                    log.warning("partitions.store_unavailable")
                if not self._closing:
                    await self._clock.sleep(RENEW_SECONDS)
        finally:
            for partition in list(self._claims):
                self._give_back(partition, release=True)
            await asyncio.gather(*self._finishing.values(), return_exceptions=True)
            await self._release(f"worker:{self._owner}")

    async def turn(self) -> None:
        """One look at who is there, renew, give back and take; and at what there is to do."""
        await self._renew()
        await self._lease(f"worker:{self._owner}")
        leases = await self._leases.held(self._clock.now())
        workers = sum(lease.name.startswith("worker:") for lease in leases)
        share = -(-PARTITIONS // max(1, workers))
        for partition in sorted(self.held)[share:]:
            self._give_back(partition, release=True)
        taken = {lease.name for lease in leases if lease.owner != self._owner}
        for partition in range(PARTITIONS):
            if partition not in self._claims and _name(partition) not in taken and len(self._claims) < share:
                await self._take(partition)
        await self._look()

    async def _look(self) -> None:
        for lane in self._lanes.values():
            for partition in self.held.intersection(self.held if lane.due is None else await lane.due()):
                self._bells.ring(lane.name, partition)

    async def _renew(self) -> None:
        """A partition may finish and be given up while this waits for the database."""
        for partition in self.held:
            if any(task.done() for task in self._working[partition]):
                log.error("partitions.lane_ended", partition=partition)
                self._give_back(partition, release=True)
        claims = {_name(partition): claim for partition, claim in self._claims.items()}
        asked = (self._clock.monotonic(), self._clock.now())
        kept = await self._leases.renew(claims.keys(), self._owner, asked[1] + LEASE)
        for name, claim in claims.items():
            if name in kept:
                claim.extend(asked)
            elif not claim.leaving:
                log.warning("partitions.lost", partition=claim.partition)
                self._give_back(claim.partition, release=False)

    async def _take(self, partition: int) -> None:
        asked = await self._lease(_name(partition))
        if asked is None:
            return
        claim = Claim(partition, self._clock, LASTS_SECONDS)
        claim.extend(asked)
        self._claims[partition] = claim
        self._working[partition] = [
            asyncio.create_task(self._lane(lane, claim), name=f"{lane.name}-{partition}")
            for lane in self._lanes.values()
        ]

    async def _lease(self, name: str) -> Moment | None:
        """When the lease was asked for; None when somebody else has it."""
        asked = (self._clock.monotonic(), self._clock.now())
        return asked if await self._leases.acquire(name, self._owner, asked[1], asked[1] + LEASE) else None

    def _give_back(self, partition: int, *, release: bool) -> None:
        claim = self._claims[partition]
        if not claim.leaving:
            claim.leave()
            self._finishing[partition] = asyncio.create_task(
                self._finish(partition, release=release), name=f"finish-{partition}"
            )

    async def _finish(self, partition: int, *, release: bool) -> None:
        """Let the steps under way end by themselves: a send that is cut off has an unknown outcome."""
        for name in self._lanes:
            self._bells.ring(name, partition)
        _, late = await asyncio.wait(self._working[partition], timeout=GRACE_SECONDS)
        await end_tasks(*late)
        if release:
            await self._release(_name(partition))
        del self._claims[partition], self._working[partition], self._finishing[partition]

    async def _release(self, name: str) -> None:
        try:
            await self._leases.release(name, self._owner)
        except StoreUnavailable:
            log.info("partitions.not_released", lease=name)  # it runs out by itself

    async def _lane(self, lane: Lane, claim: Claim) -> None:
        bell = self._bells.event(lane.name, claim.partition)
        while not claim.leaving:
            await bell.wait()
            if lane.gathers and not claim.leaving:
                await asyncio.sleep(lane.gathers)
            more = True
            while more and not claim.leaving:
                bell.clear()
                more = await self._tried(lane, claim)

    async def _tried(self, lane: Lane, claim: Claim) -> bool:
        """A step; whether there may be more to do, as there is after a fault."""
        try:
            return await self._stepped(lane, claim)
        except (StoreUnavailable, TryLater):
            pass
        except Exception:
            log.exception("lane.bug", lane=lane.name, partition=claim.partition)
        await asyncio.sleep(FAULT_SECONDS)
        return True

    async def _stepped(self, lane: Lane, claim: Claim) -> bool:
        async with lane.gate or nullcontext():
            return await lane.step(claim) if claim.holds() else False


def _name(partition: int) -> str:
    return f"partition:{partition}"
