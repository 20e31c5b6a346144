"""The loop that counts what was read, looks for bursts, and keeps the boards fresh. One process at a time, by a lease.

Nothing here is on the way of a message: when it stops, messages go on, and when it starts again it takes up where it
stopped. Hours that nobody watched are looked at one after the other, so an alert says when the burst was, not when
somebody looked.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from dashboards.monitor import lifecycle
from dashboards.monitor.counting import KEEP, Counting
from dashboards.monitor.finder import Demand, Span
from dashboards.monitor.portrait import hour_of
from dashboards.monitor.topics import FRESH, HISTORY_DAYS, MonitorTopics
from scrm.clock import Clock
from scrm.errors import Stale
from scrm.model.topics import Alert, Topic
from scrm.ports.stores import Stores
from scrm.ports.turn import LeaseLost, Turn, over_and_over

log = structlog.get_logger(__name__)

TICK_SECONDS = 15.0
# A board is made anew before a page would have to wait for that.
KEPT_AHEAD = timedelta(seconds=3 * TICK_SECONDS)
LEASE_NAME = "topics"
LEASE = timedelta(minutes=2)
# How far a count looks back for messages that were read late: a little each time, and now and then further, since
# every look reads all facts of its span.
LOOK_BACK = timedelta(seconds=45)
SWEEPS = ((timedelta(minutes=5), timedelta(minutes=30)), (timedelta(hours=1), timedelta(days=1)))
LOOK_EVERY = timedelta(minutes=5)
# The burst windows: this hour, and whole hours before it. What a busy shop sees in three hours takes a quiet one a day.
WINDOWS = (2, 23)
# Hours unwatched that are made up for.
MOST_UNWATCHED = 72
STANDING, MOST_STANDING = timedelta(days=30), 200
_COUNTED, _LOOKED = "topics_counted_until", "topics_looked_until"


class TopicWatch:
    def __init__(
        self, stores: Stores, topics: MonitorTopics, clock: Clock, ids: Callable[[], str], zone: ZoneInfo, owner: str
    ) -> None:
        self._stores = stores
        self._topics = topics
        self._clock = clock
        self._ids = ids
        self._turn = Turn(stores.leases, LEASE_NAME, owner, clock, LEASE)
        self._counting = Counting(stores, clock, zone)
        self._finder = topics.finder  # one memory of past days, cleared when something of the past is noted
        self._swept: dict[timedelta, datetime] = {}

    async def run(self) -> None:
        await over_and_over("topics", self.tick, partial(self._clock.sleep, TICK_SECONDS))

    async def tick(self) -> bool:
        """Whether this process watches."""
        try:
            await self._turn.hold()
        except LeaseLost:
            return False
        anything = await self._count() > 0
        await self._look(back=anything)
        await self._keep_boards()
        return True

    async def release(self) -> None:
        await self._turn.end()

    async def _count(self) -> int:
        """How many messages were new."""
        now = self._clock.now()
        until = await self._kept(_COUNTED)
        since = now - KEEP if until is None else until - LOOK_BACK
        due = [(every, back) for every, back in SWEEPS if every not in self._swept or now - self._swept[every] >= every]
        if until is not None:
            since = min([since, *(now - back for _, back in due)])
        noted = await self._counting.count(since, between=self._turn.hold)
        self._swept |= {every: now for every, _ in due}
        if SWEEPS[-1] in due:
            self._finder.forget_days()
            await self._counting.forget_old()
        await self._stores.workspace.put(_COUNTED, now.isoformat())
        if noted:
            log.debug("topics.counted", messages=noted)
        return noted

    async def _look(self, *, back: bool) -> None:
        """back: there is something in the hours that nobody watched before the first look."""
        now = self._clock.now()
        looked = await self._kept(_LOOKED)
        if looked is not None and now - looked < LOOK_EVERY:
            return
        for moment in unwatched(looked, now) if looked is not None or back else [now]:
            await self._turn.hold()
            await self.look_at(moment)
        await self._stores.workspace.put(_LOOKED, now.isoformat())

    async def look_at(self, at: datetime) -> None:
        """Alerts as they stand at that moment, as far as it is noted."""
        # At a full hour, the hour that has just ended is the last of the window.
        hour = hour_of(at - timedelta(microseconds=1))
        topics: list[Topic] = []
        for hours in WINDOWS:
            since = hour - timedelta(hours=hours)
            past = self._finder.midnight(since, HISTORY_DAYS)
            span = Span(past=past, since=since, until=at, as_of=self._clock.now())
            topics += (await self._finder.topics(span, Demand()))[0]
        standing = await self._stores.topics.alerts(at - STANDING, MOST_STANDING)
        standing = [alert for alert in standing if alert.monitor_id is None]  # a monitor's live by `mentions.watching`
        new, changed = await self._settled(standing, topics, at)
        for alert in new:
            await self._stores.topics.add_alert(alert)
            log.info("topics.alert", alert=alert.id, messages=alert.topic.messages, severity=alert.severity)
        for alert in changed:
            try:
                await self._stores.topics.save_alert(alert)
            except Stale:  # somebody has just decided something about it; it grows at the next look
                log.info("topics.alert_busy", alert=alert.id)

    async def _settled(
        self, standing: Sequence[Alert], topics: Sequence[Topic], at: datetime
    ) -> tuple[list[Alert], list[Alert]]:
        as_of = self._clock.now()
        said_in = [await self._finder.conversations(topic, at, as_of) for topic in topics]
        recent = [alert for alert in standing if lifecycle.is_recent(alert, at)] if topics else []
        about = {alert.id: await self._finder.conversations(alert.topic, at, as_of) for alert in recent}
        return lifecycle.settled(standing, topics, at, self._ids, said_in=said_in, about=about)

    async def _keep_boards(self) -> None:
        for board_range in FRESH:
            await self._turn.hold()
            await self._topics.board(board_range, None, ahead=KEPT_AHEAD)

    async def _kept(self, name: str) -> datetime | None:
        stored = await self._stores.workspace.get(name)
        return None if stored is None else datetime.fromisoformat(stored)


def unwatched(looked: datetime | None, now: datetime) -> list[datetime]:
    """The full hours since the last look, the oldest first, at most three days of them; then now."""
    hours: list[datetime] = []
    hour = hour_of(now)
    while len(hours) < MOST_UNWATCHED and (looked is None or hour > looked) and hour < now:
        hours.append(hour)
        hour -= timedelta(hours=1)
    return [*reversed(hours), now]


async def rebuild(
    stores: Stores, clock: Clock, zone: ZoneInfo, owner: str, progress: Callable[[int, int], None]
) -> int:
    """Forget every count and make it again from what was read; how many. Raises LeaseLost while a hub counts."""
    counting = Counting(stores, clock, zone)
    turn = Turn(stores.leases, LEASE_NAME, owner, clock, LEASE)
    await turn.hold()
    try:
        return await counting.rebuild(progress, between=turn.hold)
    finally:
        await turn.end()
