"""What a platform keeps until it is asked: fetched page by page, journalled, and only then left behind.

A notice, or the clock, makes a channel's pull due; the partition's holder fetches. A page is on disk in the journal
before the cursor that follows it is stored, and the journal keeps one of a key: killed at any instruction, the worst
that happens is that a page is fetched again. However many notices come at once, one pull answers them all; one that
comes while it runs makes it due again (`Pull.wanted`).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import HubError, NotFound, SendError, SendErrorCode, StoreUnavailable
from scrm.flow.adapters import Adapters, Connected
from scrm.flow.exchanges import Exchanges
from scrm.flow.journal import Journal
from scrm.flow.partitions import Claim
from scrm.ids import ChannelId
from scrm.model.exchange import Way
from scrm.model.work import Pull, partition_of
from scrm.ports.abilities import Pulls
from scrm.ports.channel import Notice
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)

# Channels of one partition that are fetched from at the same time.
ABREAST = 8
# Pages of one channel before the lane looks what else is due.
PAGES_AT_ONCE = 20
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=5)
# A platform that fails once or twice is no news; then the channel's screen says it.
TELL_AFTER = 2


class Pump:
    def __init__(
        self,
        stores: Stores,
        adapters: Adapters,
        journal: Journal,
        clock: Clock,
        ring: Callable[[int], None],
        *,
        exchanges: Exchanges | None = None,
    ) -> None:
        """ring: wakes whoever calls `step` for a partition. exchanges: where an administrator sees what failed."""
        self._exchanges = exchanges
        self._stores = stores
        self._adapters = adapters
        self._journal = journal
        self._clock = clock
        self._ring = ring

    async def plan(self) -> None:
        """See to it that every channel whose platform waits to be asked is asked from time to time."""
        found = [each.channel.id for each in await self._connected() if _account(each) is not None]
        await self._stores.pulls.plan([self._pull(channel_id) for channel_id in found])

    async def changed(self, channel_id: ChannelId) -> None:
        """The channel was added or set up anew: ask now, so that an administrator sees at once whether it works."""
        try:
            connected = await self._adapters.get(channel_id)
        except HubError:
            await self._stores.pulls.delete(channel_id)
            return
        if _account(connected) is not None:
            await self._stores.pulls.want(self._pull(channel_id))
            self.told(channel_id)

    async def notice(self, connected: Connected, notice: Notice) -> list[ChannelId]:
        """Make the account's pull due; the channels it concerns. Call inside a transaction, `told` after it."""
        about = [connected.channel.id] if _account(connected) == notice.account else await self._others(notice)
        for channel_id in about:
            await self._stores.pulls.want(
                replace(self._pull(channel_id), ticket=notice.ticket, ticket_at=notice.at if notice.ticket else None)
            )
        if not about:
            log.warning("pump.nobodys_notice", channel=connected.channel.id)
        return about

    def told(self, channel_id: ChannelId) -> None:
        self._ring(_partition(channel_id))

    async def due_in(self) -> frozenset[int]:
        """Partitions with a channel that is to be asked."""
        return await self._stores.pulls.due_in(self._clock.now())

    async def step(self, claim: Claim) -> bool:
        """Fetch what is due; whether there was anything. Raises StoreUnavailable."""
        due = await self._stores.pulls.due(claim.partition, self._clock.now(), ABREAST)
        ended = await asyncio.gather(*(self._fetch(pull, claim) for pull in due), return_exceptions=True)
        for fault in ended:
            if isinstance(fault, BaseException):
                raise fault
        return bool(due)

    async def _fetch(self, pull: Pull, claim: Claim) -> None:
        try:
            connected = await self._adapters.get(pull.id)
        except NotFound:
            await self._stores.pulls.delete(pull.id)
            return
        except HubError as error:  # its stored settings no longer fit its type
            await self._later(pull, SendError(SendErrorCode.NOT_PERMITTED, detail=error.detail))
            return
        adapter = connected.adapter
        if not isinstance(adapter, Pulls):
            await self._stores.pulls.delete(pull.id)
            return
        try:
            done = await self._pages(pull, adapter, claim)
        except SendError as error:
            await self._later(pull, error)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("pump.bug", channel=pull.id)
            await self._later(pull, SendError(SendErrorCode.PLATFORM_ERROR, detail=type(error).__name__))
        else:
            if done and pull.error is not None:
                await self._stores.channels.note_error(pull.id, None, self._clock.now())

    async def _pages(self, pull: Pull, adapter: Pulls, claim: Claim) -> bool:
        """Whether all is fetched. Raises SendError."""
        for _ in range(PAGES_AT_ONCE):
            if not claim.holds():
                return False
            cursor = pull.cursor if pull.account == adapter.account else ""
            page = await adapter.pull(cursor, pull.ticket, pull.ticket_at)
            if page.more and page.cursor == cursor:
                raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="more, but no way on")
            await self._journal.keep(pull.id, page.requests)
            if not await self._stores.pulls.advance(pull, adapter.account, page.cursor):
                return False  # somebody else goes on from there, or the channel is gone
            pull = replace(pull, account=adapter.account, cursor=page.cursor)
            if not page.more:
                return await self._stores.pulls.rest(pull, self._clock.now() + adapter.pull_every)
        return False

    async def _later(self, pull: Pull, error: SendError) -> None:
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(pull.attempts, 10))
        if error.retry_after is not None:
            delay = max(delay, timedelta(seconds=error.retry_after))
        log.warning("pump.failed", channel=pull.id, code=error.code, platform_code=error.platform_code)
        if self._exchanges is not None:
            self._exchanges.note(pull.id, Way.OUT, "pull", error.code, code=error.platform_code)
        now = self._clock.now()
        told = " ".join(filter(None, (str(error.code), error.platform_code, error.detail)))
        await self._stores.pulls.postpone(pull, now + delay, told)
        if pull.attempts + 1 >= TELL_AFTER or not error.retryable:
            await self._stores.channels.note_error(pull.id, told, now)

    async def _others(self, notice: Notice) -> list[ChannelId]:
        """Channels that the notice is about although another one's address heard it."""
        return [each.channel.id for each in await self._connected() if _account(each) == notice.account]

    async def _connected(self) -> list[Connected]:
        """All channels, but those that are gone meanwhile, or whose settings no longer fit: their own pull says so."""
        found: list[Connected] = []
        for channel in await self._stores.channels.all():
            with suppress(HubError):
                found.append(await self._adapters.get(channel.id))
        return found

    def _pull(self, channel_id: ChannelId) -> Pull:
        return Pull(id=channel_id, partition=_partition(channel_id), due_at=self._clock.now())


def _partition(channel_id: ChannelId) -> int:
    return partition_of(channel_id, "")


def _account(connected: Connected) -> str | None:
    return connected.adapter.account if isinstance(connected.adapter, Pulls) else None
