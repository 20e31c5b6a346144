"""Readings into volumes: what was read is noted once, whenever it is read and however often this runs.

The facts are the `mood` report events, which are stored with each analysis. This runs after them, apart from the way of
a message, and looks back a little every time, since a message may be read late. What is noted already is skipped, so
running it again, over any range, changes nothing; a rebuild forgets a day and notes it again.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dashboards.monitor.phrases import terms_of
from scrm.clock import Clock
from scrm.model.message import Message
from scrm.model.reports import ReportEvent
from scrm.model.topics import TermReading
from scrm.ports.stores import Stores

# Few: one write of many counters holds up who waits for the database.
BATCH = 25
# After a batch, that many times as long as it took: nobody waits for counts, and messages come in meanwhile.
REST = 2.0
# Facts read at once: those of a slice of time, longer where little was said.
SLICE, SHORTEST, LONGEST = timedelta(hours=1), timedelta(minutes=5), timedelta(days=4)
MOST_FACTS = 2_000
# Clocks of several machines differ; a message may seem to come a little later than now.
AHEAD = timedelta(minutes=1)
# As far back as boards look: a month, and the month before.
KEEP = timedelta(days=62)

Pause = Callable[[], Awaitable[None]]
Progress = Callable[[int, int], None]


async def no_pause() -> None:
    return


class Counting:
    def __init__(self, stores: Stores, clock: Clock, zone: ZoneInfo) -> None:
        self._stores = stores
        self._clock = clock
        self._zone = zone

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def begins(self, day: date) -> datetime:
        """In the zone, so that days later by the calendar begin right over a change of clocks."""
        return datetime.combine(day, time(), self._zone)

    async def count(self, since: datetime, *, between: Pause = no_pause) -> int:
        """Note what was read of messages that came since then; how many were new. between: awaited after each batch.
        Takes a third of the time; the rest is other work's."""
        return await self._span(since, self._clock.now() + AHEAD, between, as_it_came=False)

    async def rebuild(self, progress: Progress, *, between: Pause = no_pause) -> int:
        """Forget and note again, day by day; how many messages. Nothing else may count meanwhile."""
        now = self._clock.now()
        first, last = self.day_of(now - KEEP), self.day_of(now)
        total, noted = (last - first).days + 1, 0
        for step in range(total):
            begins = self.begins(first + timedelta(days=step))
            ends = self.begins(first + timedelta(days=step + 1))
            await self._stores.topics.forget(begins, ends)
            noted += await self._span(begins, ends, between, as_it_came=True)
            await between()
            progress(step + 1, total)
        return noted

    async def forget_old(self) -> None:
        oldest = self.begins(self.day_of(self._clock.now() - KEEP))
        await self._stores.topics.forget(datetime(1970, 1, 1, tzinfo=UTC), oldest)

    async def _span(self, since: datetime, until: datetime, between: Pause, *, as_it_came: bool) -> int:
        noted, length = 0, SLICE
        while since < until:
            ends = min(until, since + length)
            facts = await self._stores.topics.facts(since, ends)
            if len(facts) < BATCH:
                length = min(LONGEST, 2 * length)
            elif len(facts) > MOST_FACTS:
                length = max(SHORTEST, length / 2)
            for start in range(0, len(facts), BATCH):
                began = self._clock.monotonic()
                noted += await self._note(facts[start : start + BATCH], as_it_came=as_it_came)
                await between()
                if not as_it_came:  # a rebuild is waited for
                    await self._clock.sleep(REST * (self._clock.monotonic() - began))
            since = ends
        return noted

    async def _note(self, facts: Sequence[ReportEvent], *, as_it_came: bool) -> int:
        ids = [event.message_id for event in facts if event.message_id is not None]
        known = await self._stores.topics.known(ids)
        messages = await self._stores.messages.get_many([id_ for id_ in ids if id_ not in known])
        now = self._clock.now()
        new = [(event, messages[event.message_id]) for event in facts if event.message_id in messages]
        return await self._stores.topics.record(
            [reading(event, message, event.at if as_it_came else now) for event, message in new],
            [self.begins(date.fromisoformat(event.day)) for event, _ in new],
        )


def reading(event: ReportEvent, message: Message, counted_at: datetime) -> TermReading:
    return TermReading(
        id=message.id,
        at=event.at,
        counted_at=counted_at,
        channel_id=event.channel_id,
        conversation_id=event.conversation_id,
        contact_id=event.contact_id,
        category=event.category,
        sentiment=event.sentiment or "",
        terms=terms_of(message.content, message.analysis.keywords if message.analysis else ()),
    )
