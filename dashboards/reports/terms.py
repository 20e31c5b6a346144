"""Words of whole days in the workspace's zone: how many messages said what."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scrm.clock import Clock
from scrm.ids import ChannelId
from scrm.model.topics import DayWords
from scrm.ports.stores import Stores

# As long as the monitor keeps words, in days.
KEPT_DAYS = 62


class TermDays:
    def __init__(self, stores: Stores, clock: Clock, zone: ZoneInfo) -> None:
        self._stores = stores
        self._clock = clock
        self._zone = zone

    def begins(self, day: str) -> datetime:
        return datetime.combine(date.fromisoformat(day), time(), self._zone)

    def ends(self, day: str) -> datetime:
        """The first moment after it."""
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), self._zone)

    def now(self) -> datetime:
        return self._clock.now()

    def kept(self, day: str) -> bool:
        """Whether the words of that day are kept."""
        return date.fromisoformat(day) >= self._oldest()

    async def days(self, days: Sequence[str], channel_id: ChannelId | None) -> list[DayWords]:
        return await self._stores.topics.words([self.begins(day) for day in days], channel_id)

    async def before(self, day: str, channel_id: ChannelId | None) -> list[DayWords]:
        """Those of all days before it whose words are kept."""
        oldest = self._oldest()
        earlier = (date.fromisoformat(day) - oldest).days
        return await self.days([str(oldest + timedelta(days=step)) for step in range(earlier)], channel_id)

    def _oldest(self) -> date:
        return self._clock.now().astimezone(self._zone).date() - timedelta(days=KEPT_DAYS - 1)


def merged(days: Sequence[DayWords]) -> DayWords:
    """Several days as one."""
    terms: dict[str, int] = {}
    for day in days:
        for term, packed in day.terms.items():
            terms[term] = terms.get(term, 0) + packed
    return DayWords(messages=sum(day.messages for day in days), negative=sum(day.negative for day in days), terms=terms)
