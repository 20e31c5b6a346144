"""The last exchanges of each channel, for its card: redacted, bounded, and never in the way of a message.

What happens is noted in memory and written some moments later, once for all; a crash costs a few lines of the log.
"""

import asyncio
from collections import defaultdict, deque

import structlog

from scrm.clock import Clock
from scrm.errors import StoreUnavailable
from scrm.ids import ChannelId
from scrm.model.exchange import OK, Exchange, Way, masked
from scrm.ports.stores import ChannelStore

log = structlog.get_logger(__name__)

KEPT = 50
WRITE_AFTER_SECONDS = 1.0
MOST_CODE = 40


class Exchanges:
    """`run` must be running for anything to be written."""

    def __init__(self, channels: ChannelStore, clock: Clock) -> None:
        self._channels = channels
        self._clock = clock
        self._noted: defaultdict[ChannelId, deque[Exchange]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._some = asyncio.Event()

    def note(
        self,
        channel_id: ChannelId,
        way: Way,
        kind: str,
        outcome: str = OK,
        *,
        code: str = "",
        size: int = 0,
        ref: str = "",
    ) -> None:
        """ref: an id in clear; its ends are kept."""
        self._noted[channel_id].append(
            Exchange(
                at=self._clock.now(),
                way=way,
                kind=kind,
                outcome=str(outcome),
                code=code[:MOST_CODE],
                size=size,
                ref=masked(ref),
            )
        )
        self._some.set()

    async def run(self) -> None:
        try:
            while True:
                await self._some.wait()
                await self._clock.sleep(WRITE_AFTER_SECONDS)
                await self.write()
        finally:
            await self.write()

    async def write(self) -> None:
        self._some.clear()
        noted, self._noted = self._noted, defaultdict(self._noted.default_factory)
        for channel_id, items in noted.items():
            try:
                await self._channels.note_exchanges(channel_id, list(items), KEPT)
            except StoreUnavailable:
                log.info("exchanges.not_written", channel=channel_id, items=len(items))
