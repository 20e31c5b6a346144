"""What happens by the clock: snoozed conversations wake, the waiting queue moves, the journal forgets, uploads that
were sent with nothing go, channels that have to be asked are.

One process at a time does it, by a lease.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from scrm.clock import Clock
from scrm.errors import StoreUnavailable
from scrm.flow.change import Changes
from scrm.flow.pump import Pump
from scrm.flow.routing import Routing
from scrm.ports.stores import Stores
from scrm.ports.turn import Turn, spared

log = structlog.get_logger(__name__)

TICK_SECONDS = 5.0
LEASE = timedelta(seconds=15)
WAKE_AT_ONCE = 100
FORGET_AT_ONCE = 500
# Every process leaves the name it worked under.
LEASES_KEPT = timedelta(hours=1)
# A draft with files may lie in an agent's browser for some days before it is sent.
UPLOADS_KEPT = timedelta(days=7)
# Channels that have to be asked are found by themselves this often, however they came into the database.
PLAN_EVERY = timedelta(minutes=1)


class Timers:
    def __init__(
        self,
        stores: Stores,
        changes: Changes,
        routing: Routing,
        pump: Pump,
        clock: Clock,
        owner: str,
        journal_keep: timedelta,
    ) -> None:
        self._stores = stores
        self._changes = changes
        self._routing = routing
        self._pump = pump
        self._planned: datetime | None = None
        self._clock = clock
        self._turn = Turn(stores.leases, "timers", owner, clock, LEASE)
        self._journal_keep = journal_keep
        self._soon = asyncio.Event()

    def soon(self) -> None:
        """Look now rather than at the next tick."""
        self._soon.set()

    async def run(self) -> None:
        while True:
            self._soon.clear()
            try:
                if await self._turn.mine():
                    await self.tick()
            except StoreUnavailable:
                log.warning("timers.store_unavailable")
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    await self._soon.wait()
            except TimeoutError:
                continue

    async def tick(self) -> None:
        """Each by itself: what cannot be done now keeps nothing else from being done."""
        now = self._clock.now()
        for conversation in await self._stores.conversations.waking(now, WAKE_AT_ONCE):
            async with spared("timers", conversation=conversation.id):
                await self._changes.wake(conversation.id)
        async with spared("timers", what="queue"):
            await self._routing.drain()
        async with spared("timers", what="forgetting"):
            await self._stores.journal.forget_before(now - self._journal_keep, FORGET_AT_ONCE)
            await self._forget_uploads(now)
            await self._stores.leases.forget(now - LEASES_KEPT)
        if self._planned is None or now - self._planned >= PLAN_EVERY:
            self._planned = now
            async with spared("timers", what="plan"):
                await self._pump.plan()

    async def _forget_uploads(self, now: datetime) -> None:
        """Files that an agent uploaded and sent with nothing."""
        for blob_id in await self._stores.blobs.uploads(now - UPLOADS_KEPT, FORGET_AT_ONCE):
            if await self._stores.messages.by_attachment(blob_id) is None:
                await self._stores.blobs.delete(blob_id)
            else:
                await self._stores.blobs.keep(blob_id)
