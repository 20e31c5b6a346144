"""Readings into volumes: what was read is noted once, whenever it is read and however often this runs.

The facts are the `mood` report events, which are stored with each analysis. This runs after them, apart from the way of
a message, and looks back a little every time, since a message may be read late. What is noted already is skipped, so
running it again, over any range, changes nothing; a rebuild forgets a day and notes it again.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dashboards.monitor.phrases import terms_of
from scrm.clock import Clock
from scrm.model.message import Message
from scrm.model.reports import Metric, ReportEvent, ReportFilter
from scrm.model.topics import TermReading
from scrm.ports.stores import EvidenceQuery, Page, Stores

BATCH = 100
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
        """Note what was read of messages that came since then; how many were new. between: awaited after each batch."""
        noted = 0
        day, last = self.day_of(since), self.day_of(self._clock.now())
        while day <= last:
            noted += await self._day(day, since, between, as_it_came=False)
            day += timedelta(days=1)
        return noted

    async def rebuild(self, progress: Progress) -> int:
        """Forget and note again, day by day; how many messages. Nothing else may count meanwhile."""
        now = self._clock.now()
        first, last = self.day_of(now - KEEP), self.day_of(now)
        total, noted = (last - first).days + 1, 0
        for step in range(total):
            day = first + timedelta(days=step)
            await self._stores.topics.forget(self.begins(day), self.begins(day + timedelta(days=1)))
            noted += await self._day(day, self.begins(day), no_pause, as_it_came=True)
            progress(step + 1, total)
        return noted

    async def forget_old(self) -> None:
        await self._stores.topics.forget(datetime.min.replace(year=1970, tzinfo=self._zone), self._oldest())

    def _oldest(self) -> datetime:
        return self.begins(self.day_of(self._clock.now() - KEEP))

    async def _day(self, day: date, since: datetime, between: Pause, *, as_it_came: bool) -> int:
        noted = 0
        after: Page | None = None
        name = day.isoformat()
        query = EvidenceQuery(metric=Metric.MOOD, filter=ReportFilter(first_day=name, last_day=name))
        while True:
            page = await self._stores.reports.events(query, after=after, limit=BATCH)
            noted += await self._note([event for event in page if event.at >= since], day, as_it_came=as_it_came)
            if len(page) < BATCH or page[-1].at < since:
                return noted
            after = Page(at=page[-1].at, id=page[-1].id)
            await between()

    async def _note(self, events: Sequence[ReportEvent], day: date, *, as_it_came: bool) -> int:
        ids = [event.message_id for event in events if event.message_id is not None]
        known = await self._stores.topics.known(ids)
        messages = await self._stores.messages.get_many([id_ for id_ in ids if id_ not in known])
        now = self._clock.now()
        readings = [
            reading(event, messages[event.message_id], event.at if as_it_came else now)
            for event in events
            if event.message_id in messages
        ]
        return await self._stores.topics.record(readings, [self.begins(day)] * len(readings))


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
