"""The lanes in which a partition's work is done, who rings for them, and taking in: the first of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from scrm.errors import StoreUnavailable
from scrm.flow.adapters import Adapters
from scrm.flow.ingest import Ingest
from scrm.flow.journal import Journal
from scrm.flow.partitions import Bells, Claim, TryLater
from scrm.flow.polling import Polling
from scrm.ids import ChannelId
from scrm.model.channel import Channel
from scrm.model.work import PARTITIONS, JournalEntry, OutboxEntry, Task
from scrm.ports.stores import Change, Gap, Stores

log = structlog.get_logger(__name__)

INGEST, PULL, TASKS, FETCH, OUTBOX = LANES = "ingest", "pull", "tasks", "fetch", "outbox"
# Entries a lane reads from the journal before another partition's lane has its turn, and stores in one transaction.
INGEST_LOOK = 200
INGEST_BATCH = 20
# A channel's `last_received_at` is kept this coarsely.
NOTE_STEP = timedelta(minutes=1)


class Rings(Bells):
    """By what there is to do."""

    def for_journal(self, partition: int) -> None:
        self.ring(INGEST, partition)

    def for_pull(self, partition: int) -> None:
        self.ring(PULL, partition)

    def for_tasks(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            self.ring(FETCH if task.kind.asks_platform else TASKS, task.partition)

    def for_reply(self, entry: OutboxEntry | None) -> None:
        if entry is not None:
            self.ring(OUTBOX, entry.partition)

    def for_everything(self) -> None:
        for partition in range(PARTITIONS):
            for lane in LANES:
                self.ring(lane, partition)


class Intake:
    def __init__(self, stores: Stores, ingest: Ingest) -> None:
        self._stores = stores
        self._ingest = ingest
        self._noted: dict[ChannelId, datetime] = {}

    async def step(self, claim: Claim) -> bool:
        """Take in what the partition holds, oldest first; whether there may be more."""
        entries = await self._stores.journal.pending(claim.partition, INGEST_LOOK)
        entries.sort(key=lambda entry: entry.id)  # as they came, though the clock was set back between them
        for start in range(0, len(entries), INGEST_BATCH):
            async with claim.writing:
                if not claim.holds():  # what was left of the lease may have gone with waiting
                    return False
                stored = await self._ingest.entries(entries[start : start + INGEST_BATCH])
            if not stored:
                raise TryLater
        await self._note_received(entries)
        return len(entries) == INGEST_LOOK

    async def _note_received(self, entries: Sequence[JournalEntry]) -> None:
        for entry in entries:
            noted = self._noted.get(entry.channel_id)
            if noted is None or entry.received_at - noted >= NOTE_STEP:
                self._noted[entry.channel_id] = entry.received_at
                await self._stores.channels.note_received(entry.channel_id, entry.received_at)


class Following:
    """Hears of other processes' work. What it misses, the lanes find by themselves a little later."""

    def __init__(self, stores: Stores, adapters: Adapters, polling: Polling, journal: Journal, rings: Rings) -> None:
        self._stores = stores
        self._adapters = adapters
        self._polling = polling
        self._journal = journal
        self._rings = rings

    async def run(self) -> None:
        async for change in self._stores.changes():
            if isinstance(change, Gap):
                self._adapters.forget_all()
                self._polling.soon()
                self._rings.for_everything()
            elif change.kind == "channel":
                if isinstance(change.record, Channel) and not self._adapters.follow(change.record):
                    continue
                self._adapters.forget(ChannelId(change.id))
                self._polling.soon()
            else:
                self._heard(change)

    def _heard(self, change: Change) -> None:
        """Tasks are no news: who takes a partition's messages in makes its tasks, and rings."""
        lane = {"journal": INGEST, "outbox": OUTBOX}.get(change.kind)
        if lane is not None and change.partition is not None and not self._journal.rang(change.id):
            self._rings.ring(lane, change.partition)


async def held(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Keep a loop alive: a database that comes and goes must not end it, and a bug must not end it silently."""
    while True:
        try:
            await loop()
            return
        except StoreUnavailable:
            log.warning("loop.store_unavailable", loop=name)
        except Exception:
            log.exception("loop.bug", loop=name)
        await asyncio.sleep(1)
