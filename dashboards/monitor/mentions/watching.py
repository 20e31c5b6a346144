"""The loop that reads mentions, applies monitors to both streams, and raises alerts. One process at a time, by a lease.

A mention is counted in the transaction that stores its reading; a message's hit is known by its id, so looking at the
same message again changes nothing. A monitor that is new or was changed is counted anew over the past `BACK`.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from msgspec.structs import replace

from dashboards.monitor import lifecycle
from dashboards.monitor.bursts import LEAST_MESSAGES, LEAST_RISE
from dashboards.monitor.finder import Finder
from dashboards.monitor.mentions import matching, near, spikes
from dashboards.monitor.mentions.band import Cell
from dashboards.monitor.mentions.matching import Watched, Watchers
from dashboards.monitor.mentions.portrait import topic_of
from dashboards.monitor.portrait import hour_of
from scrm.clock import Clock
from scrm.errors import Stale
from scrm.model.analysis import Analysis, AnalysisState
from scrm.model.mentions import Hit, Mention, MentionQuery, Monitor, Stream
from scrm.model.topics import Alert, Topic
from scrm.ports.services import Analyser
from scrm.ports.stores import Page, Stores
from scrm.ports.turn import LeaseLost, Turn, over_and_over

log = structlog.get_logger(__name__)

TICK_SECONDS = 15.0
LEASE_NAME = "mentions"
LEASE = timedelta(minutes=2)
# As far back as a new monitor is counted: past the weeks its band is made of, and past a month and the month before,
# which its page compares.
BACK = timedelta(days=91)
READ_AT_ONCE = 50
# Of one tick, so that alerts are not late behind an import.
MOST_BATCHES = 20
COUNTED_AT_ONCE = 200
SLICE, SHORTEST, LONGEST = timedelta(hours=6), timedelta(minutes=15), timedelta(days=4)
MOST_FACTS = 2_000
# How far back messages are looked at again, since they may be read late, and now and then further.
LOOK_BACK = timedelta(minutes=2)
SWEEP_EVERY, SWEEP = timedelta(minutes=10), timedelta(hours=1)
# Clocks of several machines differ; a message may seem to come a little later than now.
AHEAD = timedelta(minutes=1)
LOOK_EVERY = timedelta(minutes=5)
WINDOWS = (3, 24)
LEAST_PEOPLE = 3
STANDING, MOST_STANDING = timedelta(days=30), 500
MOST_HITS = 2_000
# Fewer messages are no history to compare a share with.
LEAST_MESSAGES_BEFORE = 200
_COUNTED = "monitors_counted_until"


class MentionWatch:
    def __init__(
        self,
        stores: Stores,
        analyser: Analyser,
        finder: Finder,
        watchers: Watchers,
        clock: Clock,
        ids: Callable[[], str],
        owner: str,
    ) -> None:
        self._stores = stores
        self._analyser = analyser
        self._finder = finder
        self._watchers = watchers
        self._clock = clock
        self._ids = ids
        self._turn = Turn(stores.leases, LEASE_NAME, owner, clock, LEASE)
        self._swept: datetime | None = None
        self._looked: datetime | None = None

    async def run(self) -> None:
        await over_and_over("mentions", self.tick, partial(self._clock.sleep, TICK_SECONDS))

    async def tick(self) -> bool:
        """Whether this process watches."""
        try:
            await self._turn.hold()
        except LeaseLost:
            return False
        monitors = await self._stores.monitors.all()
        watched = self._watchers.of(monitors)
        await self._read(watched)
        await self._count_messages(watched)
        for each in watched:
            if not each.monitor.counted:
                await self._count_anew(each)
        now = self._clock.now()
        if self._looked is None or now - self._looked >= LOOK_EVERY:
            for monitor in await self._stores.monitors.all():
                if monitor.alerts and monitor.counted:
                    await self._look(monitor, now)
            self._looked = now
        return True

    async def release(self) -> None:
        await self._turn.end()

    # --- reading and counting ---------------------------------------------------------------------------------------

    async def _read(self, watched: Sequence[Watched]) -> None:
        for _ in range(MOST_BATCHES):
            pending = await self._stores.mentions.pending(READ_AT_ONCE)
            if not pending:
                return
            readings = await self._analyser.analyse([_readable(mention) for mention in pending])
            mentions = [_with(mention, reading) for mention, reading in zip(pending, readings, strict=True)]
            hits = await asyncio.to_thread(matching.in_mentions, watched, mentions, self._watchers)
            await self._stores.mentions.read(mentions, hits)
            await self._turn.hold()

    async def _count_messages(self, watched: Sequence[Watched]) -> None:
        now = self._clock.now()
        kept = await self._stores.workspace.get(_COUNTED)
        since = now - LOOK_BACK if kept is None else min(datetime.fromisoformat(kept), now) - LOOK_BACK
        since = max(since, now - BACK)
        if self._swept is None or now - self._swept >= SWEEP_EVERY:
            since, self._swept = min(since, now - SWEEP), now
        # One that is to be counted anew is counted whole below.
        await self._messages([each for each in watched if each.monitor.counted], since, now + AHEAD)
        await self._stores.workspace.put(_COUNTED, now.isoformat())

    async def _messages(self, watched: Sequence[Watched], since: datetime, until: datetime) -> None:
        if not any(Stream.MESSAGES in each.monitor.streams for each in watched):
            return
        step = SLICE
        while since < until:
            ends = min(until, since + step)
            facts = await self._stores.topics.facts(since, ends)
            # Longer slices where little was said.
            if len(facts) < COUNTED_AT_ONCE:
                step = min(LONGEST, 2 * step)
            elif len(facts) > MOST_FACTS:
                step = max(SHORTEST, step / 2)
            for start in range(0, len(facts), COUNTED_AT_ONCE):
                some = facts[start : start + COUNTED_AT_ONCE]
                ids = [event.message_id for event in some if event.message_id is not None]
                messages = await self._stores.messages.get_many(ids)
                hits = await asyncio.to_thread(matching.in_messages, watched, some, messages, self._watchers)
                await self._stores.monitors.note(hits)
                await self._turn.hold()
            since = ends

    async def _count_anew(self, each: Watched) -> None:
        """Everything of the past `BACK`. Cut short at any point, it begins again: the monitor is not marked before."""
        now = self._clock.now()
        await self._stores.monitors.forget(each.monitor.id)
        if Stream.MENTIONS in each.monitor.streams:
            query, after = MentionQuery(since=now - BACK, until=now + LEASE), None
            while mentions := await self._stores.mentions.page(query, after=after, limit=COUNTED_AT_ONCE):
                await self._note_mentions(each, mentions)
                after = Page(at=mentions[-1].published_at, id=mentions[-1].id)
                await self._turn.hold()
                if len(mentions) < COUNTED_AT_ONCE:
                    break
        await self._messages([each], now - BACK, now + AHEAD)
        current = await self._stores.monitors.get(each.monitor.id)
        if current is not None and current.version == each.monitor.version:
            try:
                await self._stores.monitors.save(replace(current, counted=True))
            except Stale:  # changed just now: the next tick begins again
                return
            log.info("monitors.counted", monitor=each.monitor.id)

    async def _note_mentions(self, each: Watched, mentions: Sequence[Mention]) -> None:
        read = [mention for mention in mentions if mention.state is not AnalysisState.PENDING]
        await self._stores.monitors.note(await asyncio.to_thread(matching.in_mentions, [each], read, self._watchers))

    # --- alerts -----------------------------------------------------------------------------------------------------

    async def _look(self, monitor: Monitor, now: datetime) -> None:
        standing = [
            alert
            for alert in await self._stores.topics.alerts(now - STANDING, MOST_STANDING)
            if alert.monitor_id == monitor.id
        ]
        for stream in monitor.streams:
            bursting = await self._bursting(monitor, stream, now)
            of_stream = [alert for alert in standing if alert.stream == stream]
            new, changed = lifecycle.settled(of_stream, [topic for topic, _ in bursting], now, self._ids)
            moods = {id(topic): mood for topic, mood in bursting}
            for alert in new:
                told = replace(alert, monitor_id=monitor.id, stream=stream, mood=moods.get(id(alert.topic), False))
                await self._stores.topics.add_alert(told)
                log.info("monitors.alert", alert=alert.id, monitor=monitor.id, severity=alert.severity)
            await self._save(changed)
            await self._turn.hold()

    async def _save(self, changed: Sequence[Alert]) -> None:
        for alert in changed:
            try:
                await self._stores.topics.save_alert(alert)
            except Stale:  # somebody has just decided something about it; it grows at the next look
                log.info("monitors.alert_busy", alert=alert.id)

    async def _bursting(self, monitor: Monitor, stream: Stream, now: datetime) -> list[tuple[Topic, bool]]:
        """At most one: the more surprising of the windows."""
        first = hour_of(now) - timedelta(days=spikes.PAST_DAYS + 1)
        hours = await self._stores.monitors.hours(monitor.id, stream, first, now)
        cells = {hour.start: Cell(items=hour.items, negative=hour.negative) for hour in hours}
        oldest = await self._oldest(stream, first, now)
        if not cells or oldest is None:
            return []
        best: tuple[float, Topic, bool] | None = None
        for length in WINDOWS:
            window = [hour_of(now) - timedelta(hours=back) for back in range(length - 1, -1, -1)]
            whole = await self._whole(stream, oldest, window[0], now)
            burst = spikes.burst(window, cells, oldest, whole=whole)
            if burst is None or (best is not None and burst.surprise <= best[0]):
                continue
            hits = await self._established(
                await self._stores.monitors.hits(monitor.id, stream, window[0], now, limit=MOST_HITS), now
            )
            kept = [hit for hit in hits if hit.sentiment == "negative"] if burst.mood else hits
            if len(kept) < max(LEAST_MESSAGES, LEAST_RISE * burst.expected * (not burst.mood)):
                continue
            if len({hit.who or hit.item_id for hit in hits}) >= LEAST_PEOPLE:
                best = (burst.surprise, topic_of(monitor, hits, burst, window[0], now), burst.mood)
        return [] if best is None else [best[1:]]

    async def _oldest(self, stream: Stream, first: datetime, now: datetime) -> datetime | None:
        """When what can be compared with begins; None where there is nothing."""
        if stream is Stream.MENTIONS:
            hours = await self._stores.monitors.hours("all", stream, first, now)
            sources = await self._stores.mention_sources.all()
            # A feed brings what was published before it was watched, but never all of it.
            watched_since = min((hour_of(source.created_at) for source in sources), default=first)
            return max(hours[0].start, watched_since) if hours else None
        day = self._finder.midnight(now, spikes.PAST_DAYS)
        while day < now:
            following = day + timedelta(days=1)
            if (await self._finder.counts(day, min(following, now))).messages:
                return hour_of(day)
            day = following
        return None

    async def _whole(self, stream: Stream, oldest: datetime, since: datetime, now: datetime) -> tuple[int, int] | None:
        """(messages of all in the window, before it); None for mentions, of which there is no whole."""
        if stream is Stream.MENTIONS:
            return None
        midnight = self._finder.midnight(max(oldest, since - timedelta(days=spikes.PAST_DAYS)))
        before = (await self._finder.counts(midnight, since)).messages
        # Without enough of a past the share of it is unknown, and nothing is said.
        said = (await self._finder.counts(since, now)).messages
        return (said, before) if before >= LEAST_MESSAGES_BEFORE else (0, 0)

    async def _established(self, hits: Sequence[Hit], now: datetime) -> list[Hit]:
        """Without those of sources that were added within the past compared with: more sources bring more mentions."""
        young = {
            source.id
            for source in await self._stores.mention_sources.all()
            if now - source.created_at < timedelta(days=spikes.LEAST_HISTORY_DAYS)
        }
        return [hit for hit in hits if hit.source_id is None or hit.source_id not in young]


def _readable(mention: Mention) -> str:
    """Without the marks of a chain of reposts, which are nobody's words."""
    text = near.unmarked(mention.text)
    return text if mention.title in text else f"{mention.title}\n{text}"


def _with(mention: Mention, reading: Analysis | None) -> Mention:
    if reading is None:
        return replace(mention, state=AnalysisState.FAILED)
    return replace(
        mention,
        state=AnalysisState.DONE,
        language=reading.language,
        sentiment=reading.sentiment,
        score=reading.score,
        category=reading.category,
        keywords=reading.keywords[:12],
    )
