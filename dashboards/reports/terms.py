"""Words of whole days: how many messages said what, from the volumes that the monitor counts.

A day that is over is kept in memory for a while, packed, because a comparison asks for the same days again and again;
so are, for some seconds, the counts of today. Sums are made in a thread: whoever waits for the event loop meanwhile
waits milliseconds.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dashboards.reports.explain import Tally
from scrm.clock import Clock
from scrm.ids import ChannelId
from scrm.model.analysis import Sentiment
from scrm.model.base import Record
from scrm.model.topics import Grain, TermVolume
from scrm.ports.stores import Stores

# As long as the monitor keeps words, in days.
KEPT_DAYS = 62
_MOST_HELD = 80
_SETTLED = timedelta(hours=2)
_HELD_FOR = timedelta(minutes=10)
_FRESH_FOR = timedelta(seconds=30)
# Both counters of a term in one number: a day has fewer messages than this.
_SHIFT = 32
_MASK = (1 << _SHIFT) - 1


class DayTerms(Record, kw_only=True):
    """read_at: what was counted by then. settled: the day is over, and nothing more is awaited. packed: negative << 32
    | messages, by term."""

    day: str
    read_at: datetime
    settled: bool
    all: Tally
    packed: Mapping[str, int]

    def tally(self, term: str) -> Tally:
        packed = self.packed.get(term, 0)
        return Tally(messages=packed & _MASK, negative=packed >> _SHIFT)


class TermDays:
    def __init__(self, stores: Stores, clock: Clock, zone: ZoneInfo) -> None:
        self._stores = stores
        self._clock = clock
        self._zone = zone
        self._held: OrderedDict[tuple[str, ChannelId | None], DayTerms] = OrderedDict()

    def begins(self, day: str) -> datetime:
        return datetime.combine(date.fromisoformat(day), time(), self._zone)

    def ends(self, day: str) -> datetime:
        """The first moment after it."""
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), self._zone)

    def kept(self, day: str) -> bool:
        """Whether the words of that day are kept."""
        today = self._clock.now().astimezone(self._zone).date()
        return date.fromisoformat(day) > today - timedelta(days=KEPT_DAYS)

    async def days(self, days: Sequence[str], channel_id: ChannelId | None) -> list[DayTerms]:
        return [await self._day(day, channel_id) for day in days]

    async def _day(self, day: str, channel_id: ChannelId | None) -> DayTerms:
        key, now = (day, channel_id), self._clock.now()
        if key in self._held:
            held = self._held[key]
            if now - held.read_at < (_HELD_FOR if held.settled else _FRESH_FOR):
                return held
        begins, ends = self.begins(day), self.ends(day)
        volumes = await self._stores.topics.volumes(Grain.DAY, begins, ends, channel_id)
        found = await asyncio.to_thread(_summed, day, now, now >= ends + _SETTLED, volumes)
        self._held[key] = found
        self._held.move_to_end(key)
        if len(self._held) > _MOST_HELD:
            self._held.popitem(last=False)
        return found


def _summed(day: str, now: datetime, settled: bool, volumes: Sequence[TermVolume]) -> DayTerms:
    messages = negative = 0
    packed: dict[str, int] = {}
    for volume in volumes:
        for cell, count in volume.messages.items():
            messages += count
            negative += count if cell.sentiment == Sentiment.NEGATIVE else 0
        for term, cells in volume.terms.items():
            for cell, count in cells.items():
                bad = count << _SHIFT if cell.sentiment == Sentiment.NEGATIVE else 0
                packed[term] = packed.get(term, 0) + count + bad
    return DayTerms(
        day=day, read_at=now, settled=settled, all=Tally(messages=messages, negative=negative), packed=packed
    )


def merged(days: Sequence[DayTerms]) -> DayTerms:
    """Several days as one; read_at: of the earliest look at a day that goes on, else of the last look."""
    going = [day.read_at for day in days if not day.settled]
    packed: dict[str, int] = {}
    for day in days:
        for term, count in day.packed.items():
            packed[term] = packed.get(term, 0) + count
    return DayTerms(
        day=days[0].day,
        read_at=min(going) if going else max(day.read_at for day in days),
        settled=not going,
        all=Tally(messages=sum(day.all.messages for day in days), negative=sum(day.all.negative for day in days)),
        packed=packed,
    )
