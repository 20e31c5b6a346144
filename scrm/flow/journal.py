"""From a platform's request to a journal entry on disk, and only then the answer.

Requests that arrive while a write is under way are written together in the next one (group commit): the database
syncs once for all of them, so many at once cost little more than one.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence

import structlog
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import StoreUnavailable, WebhookError, WebhookRefusal
from scrm.flow.adapters import Adapters
from scrm.flow.exchanges import Exchanges
from scrm.ids import ChannelId, IdFactory, JournalId
from scrm.model.exchange import Way
from scrm.model.work import LARGEST_BODY, JournalEntry, partition_of
from scrm.ports.abilities import Splits
from scrm.ports.channel import Challenge, VerifiedRequest, WebhookReply, WebhookRequest
from scrm.ports.stores import JournalStore

log = structlog.get_logger(__name__)

# One write's entries at the most. The driver cuts what is too much for one message of the wire protocol.
BATCH = 200
# Entries whose echo in the feed of changes is known for this process's own.
REMEMBERED = 500
# Requests held in memory at the most; beyond, the platform is asked to come again.
MOST_WAITING = 2_000
# WeChat waits five seconds for an answer and then tries again; a late answer helps nobody.
PATIENCE_SECONDS = 4.5


class Journal:
    """`run` must be running for `receive` to answer."""

    def __init__(
        self,
        store: JournalStore,
        adapters: Adapters,
        clock: Clock,
        ids: IdFactory,
        ring: Callable[[int], None],
        *,
        exchanges: Exchanges | None = None,
    ) -> None:
        """exchanges: where an administrator sees what came."""
        self._note: Callable[..., None] = exchanges.note if exchanges is not None else _nowhere
        self._store = store
        self._adapters = adapters
        self._clock = clock
        self._ids = ids
        self._ring = ring
        self._waiting: list[tuple[JournalEntry, asyncio.Future[None]]] = []
        self._arrived = asyncio.Event()
        self._rung: deque[str] = deque(maxlen=REMEMBERED)

    async def receive(self, channel_id: ChannelId, request: WebhookRequest) -> WebhookReply:
        """A paused channel sends nothing, but what its customers write is kept: platforms do not try for long."""
        connected = await self._adapters.get(channel_id)
        size = len(request.body)
        try:
            verdict = connected.adapter.verify(request)
        except WebhookError as error:
            self._note(channel_id, Way.IN, "webhook", error.refusal, size=size)
            raise
        if isinstance(verdict, Challenge):
            self._note(channel_id, Way.IN, "challenge", size=size)
            return verdict.reply
        if len(verdict.body) > LARGEST_BODY:  # alone: it must not fail those that are written with it
            raise WebhookError(WebhookRefusal.TOO_LARGE)
        self._note(channel_id, Way.IN, "webhook", size=size, ref=verdict.dedupe_key)
        adapter = connected.adapter
        things = adapter.split(verdict) if isinstance(adapter, Splits) else (verdict,)
        await self._append([self._entry(channel_id, thing) for thing in things])
        return connected.adapter.acknowledge(verdict)

    async def keep(self, channel_id: ChannelId, requests: Sequence[VerifiedRequest]) -> None:
        """Write down what was fetched from a platform; on disk when this returns. Raises StoreUnavailable.

        One that is longer than an adapter may make it is cut: it is read as far as it goes, or shown as failed, and
        holds up nothing that comes after it.
        """
        entries = [self._entry(channel_id, _bounded(request)) for request in requests]
        for request in requests:
            kind = "fetched" if request.body else "notice"
            self._note(channel_id, Way.IN, kind, size=len(request.body), ref=request.dedupe_key)
        for start in range(0, len(entries), BATCH):
            batch = entries[start : start + BATCH]
            self._stored(batch, await self._store.append(batch))

    def rang(self, entry_id: str) -> bool:
        """Whether this process wrote the entry lately, and has rung for it."""
        return entry_id in self._rung

    async def run(self) -> None:
        while True:
            await self._arrived.wait()
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            if not self._waiting:
                self._arrived.clear()
            await self._write(batch)

    def _entry(self, channel_id: ChannelId, request: VerifiedRequest) -> JournalEntry:
        return JournalEntry(
            id=JournalId(self._ids()),
            channel_id=channel_id,
            dedupe_key=request.dedupe_key,
            partition=partition_of(channel_id, request.handle),
            body=request.body,
            facts=request.facts,
            handle=request.handle,
            received_at=request.received_at,
        )

    async def _append(self, entries: Sequence[JournalEntry]) -> None:
        """Return once all are on disk. Raises StoreUnavailable."""
        if len(self._waiting) >= MOST_WAITING:
            raise StoreUnavailable("more requests wait for the database than it can take")
        loop = asyncio.get_running_loop()
        written = [loop.create_future() for _ in entries]
        self._waiting += zip(entries, written, strict=True)
        self._arrived.set()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*written)
        except TimeoutError:
            # It may still be written: then the platform's next try is a duplicate, and answered OK.
            raise StoreUnavailable("the database is too slow to journal in time") from None

    async def _write(self, batch: list[tuple[JournalEntry, asyncio.Future[None]]]) -> None:
        try:
            fresh = await self._store.append([entry for entry, _ in batch])
        except BaseException as error:
            # Nobody is told OK. What was stored all the same is a duplicate when the platform tries again.
            for _, written in batch:
                if not written.done():
                    written.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            if not isinstance(error, Exception):
                raise
            return
        for _, written in batch:
            if not written.done():
                written.set_result(None)
        self._stored([entry for entry, _ in batch], fresh)

    def _stored(self, entries: Sequence[JournalEntry], fresh: Collection[JournalId]) -> None:
        for entry in entries:
            if entry.id in fresh:
                self._rung.append(entry.id)
                self._ring(entry.partition)


def _bounded(request: VerifiedRequest) -> VerifiedRequest:
    if len(request.body) <= LARGEST_BODY:
        return request
    log.error("journal.cut", size=len(request.body))
    return replace(request, body=request.body[:LARGEST_BODY])


def _nowhere(*_: object, **__: object) -> None: ...


def verified(entry: JournalEntry) -> VerifiedRequest:
    """What the adapter's `verify` returned, read back from the journal."""
    return VerifiedRequest(
        body=entry.body,
        facts=entry.facts,
        dedupe_key=entry.dedupe_key,
        handle=entry.handle,
        received_at=entry.received_at,
    )
