"""Platforms that answer a request only when something happens, for hubs that the world cannot reach; and those that are
told where to push, for hubs that it can.

One process at a time listens to a channel, by a lease. What was heard is on disk in the journal before the platform is
told to forget it (`mark`), and the journal keeps one of a key: killed at any instruction, or heard by two at once, the
worst that happens is that something is heard twice and stored once. No place is kept here: the platform keeps it.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import structlog

from scrm.clock import Clock, end_tasks
from scrm.errors import HubError, SendError, SendErrorCode, StoreUnavailable
from scrm.flow.adapters import Adapters
from scrm.flow.journal import Journal
from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.model.channel import Channel
from scrm.ports.abilities import Closes, Listens, RegistersWebhook
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)

LOOK_SECONDS = 30.0
# Longer than one request for updates is held open (25 s) and its answer takes.
LEASE = timedelta(seconds=45)
LEASE_AGAIN_SECONDS = 5.0
STORE_AGAIN_SECONDS = 1.0
# Giving a lease back is not cut off sooner than this.
RELEASE_SECONDS = 5.0
# A platform that says nothing has to take its time for it: one that does not is not asked without pause.
LEAST_SECONDS = 1.0
FIRST_DELAY, LONGEST_DELAY = 1.0, 60.0
# A platform that fails once is no news; then the channel's screen says it.
TELL_AFTER = 2


class _Ear(Record, kw_only=True):
    settings: Mapping[str, str]
    task: asyncio.Task[None]


class Polling:
    def __init__(
        self, stores: Stores, adapters: Adapters, journal: Journal, clock: Clock, owner: str, *, hooks: str | None
    ) -> None:
        """hooks: the address before a channel's id at which platforms reach the hub; None: they do not."""
        self._stores = stores
        self._adapters = adapters
        self._journal = journal
        self._clock = clock
        self._owner = owner
        self._hooks = hooks
        self._ears: dict[ChannelId, _Ear] = {}
        self._registered: dict[ChannelId, Mapping[str, str]] = {}
        self._told: dict[ChannelId, str] = {}
        self._soon = asyncio.Event()

    def soon(self) -> None:
        """A channel may have changed: look now."""
        self._soon.set()

    def address(self, channel_id: ChannelId) -> str | None:
        return f"{self._hooks}/{channel_id}" if self._hooks else None

    async def run(self) -> None:
        try:
            while True:
                self._soon.clear()
                try:
                    await self.look()
                except StoreUnavailable:
                    log.warning("polling.store_unavailable")
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._soon.wait()
                except TimeoutError:
                    continue
        finally:
            await self._end(*self._ears)

    async def look(self) -> None:
        """Listen to every channel that wants it, and to no other; register each webhook once. A channel that is paused
        goes on receiving: platforms do not keep things for long."""
        channels = {channel.id: channel for channel in await self._stores.channels.all()}
        gone = [key for key, ear in self._ears.items() if ear.task.done() or not _same(channels.get(key), ear.settings)]
        await self._end(*gone)
        for channel in channels.values():
            try:
                adapter = (await self._adapters.get(channel.id)).adapter
            except HubError:
                continue  # gone since, or its settings no longer fit its type
            if isinstance(adapter, RegistersWebhook) and not _same(channel, self._registered.get(channel.id)):
                await self._register(channel, adapter)
            if isinstance(adapter, Listens) and adapter.listens and channel.id not in self._ears:
                task = asyncio.create_task(self._listen(channel.id, adapter), name=f"listen-{channel.id}")
                self._ears[channel.id] = _Ear(settings=channel.settings, task=task)

    async def _end(self, *channel_ids: ChannelId) -> None:
        ending = [self._ears.pop(channel_id).task for channel_id in channel_ids]
        await end_tasks(*ending, again_after=RELEASE_SECONDS)

    async def _register(self, channel: Channel, adapter: RegistersWebhook) -> None:
        try:
            await adapter.register(self.address(channel.id))
        except SendError as error:
            await self._tell(channel.id, error)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("polling.bug", channel=channel.id)
            await self._tell(channel.id, SendError(SendErrorCode.PLATFORM_ERROR, detail=type(error).__name__))
        else:
            self._registered[channel.id] = channel.settings
            await self._well(channel.id)

    async def _listen(self, channel_id: ChannelId, adapter: Listens) -> None:
        mark, faults = "", 0
        try:
            while True:
                try:
                    if not await self._may(channel_id):
                        mark = ""  # whoever listens instead moves on: an old mark would skip what it has not kept
                        await self._clock.sleep(LEASE_AGAIN_SECONDS)
                        continue
                    mark = await self._hear(channel_id, adapter, mark)
                    faults = 0
                    await self._well(channel_id)
                except StoreUnavailable:
                    await self._clock.sleep(STORE_AGAIN_SECONDS)
                except SendError as error:
                    faults += 1
                    if faults >= TELL_AFTER or not error.retryable:
                        await self._tell(channel_id, error)
                    delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(faults - 1, 10))
                    await self._clock.sleep(max(delay, error.retry_after or 0.0))
                except Exception:
                    log.exception("polling.bug", channel=channel_id)
                    await self._clock.sleep(LONGEST_DELAY)
        finally:
            if isinstance(adapter, Closes):
                adapter.close()
            await self._release(channel_id)

    async def _hear(self, channel_id: ChannelId, adapter: Listens, mark: str) -> str:
        """Hear once; the mark of what is in the journal. Raises SendError, StoreUnavailable."""
        began = self._clock.monotonic()
        heard = await adapter.listen(mark)
        if not heard.requests and self._clock.monotonic() - began < LEAST_SECONDS:
            await self._clock.sleep(LEAST_SECONDS)
        await self._journal.keep(channel_id, heard.requests)
        try:
            await adapter.settle(heard.requests)
        except SendError as error:
            log.info("polling.not_settled", channel=channel_id, code=error.code)  # a courtesy to the customer
        return heard.mark

    async def _may(self, channel_id: ChannelId) -> bool:
        now = self._clock.now()
        return await self._stores.leases.acquire(_lease(channel_id), self._owner, now, now + LEASE)

    async def _release(self, channel_id: ChannelId) -> None:
        try:
            await self._stores.leases.release(_lease(channel_id), self._owner)
        except StoreUnavailable:
            log.info("polling.not_released", channel=channel_id)  # it runs out by itself

    async def _tell(self, channel_id: ChannelId, error: SendError) -> None:
        """On the channel's screen, once: what is written there makes every process look at the channel again."""
        text = " ".join(filter(None, (str(error.code), error.platform_code, error.detail)))
        if self._told.get(channel_id) == text:
            return
        log.warning("polling.failed", channel=channel_id, code=error.code, platform_code=error.platform_code)
        try:
            await self._stores.channels.note_error(channel_id, text, self._clock.now())
        except StoreUnavailable:
            return
        self._told[channel_id] = text

    async def _well(self, channel_id: ChannelId) -> None:
        if self._told.pop(channel_id, None) is not None:
            await self._stores.channels.note_error(channel_id, None, self._clock.now())


def _same(channel: Channel | None, settings: Mapping[str, str] | None) -> bool:
    return channel is not None and channel.settings == settings


def _lease(channel_id: ChannelId) -> str:
    return f"listen:{channel_id}"
