"""Mentions, monitors and sources, as the web room asks for them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from dashboards.monitor import duplicates
from dashboards.monitor.mentions import band, expression, matching, portrait, rows
from dashboards.monitor.mentions.intake import Intake
from dashboards.monitor.mentions.matching import Watchers
from dashboards.monitor.mentions.sources import Sources
from dashboards.monitor.portrait import hour_of
from scrm.clock import Clock
from scrm.errors import NotFound
from scrm.ids import MentionId, MessageId, MonitorId, SourceId
from scrm.model.analysis import Sentiment
from scrm.model.mentions import Hit, HourCount, Mention, MentionQuery, Monitor, MonitorKind, Source, Stream
from scrm.model.message import Message
from scrm.model.topics import Moods
from scrm.ports.mentions import (
    Draft,
    MonitorReport,
    Preview,
    Share,
    Story,
    StreamReport,
    Tables,
    TakenReport,
    Tried,
)
from scrm.ports.stores import Page, Stores

ALL = "all"
PREVIEW = timedelta(days=30)
# Clocks of several machines differ.
AHEAD = timedelta(minutes=1)
MOST_TRIED = 5_000
TRIED_AT_ONCE = 200
EXAMPLES = 3
# Of one call with words: mentions looked through.
MOST_SEARCHED = 4_000
SEARCHED_AT_ONCE = 200
MOST_TOLD = 200


class MonitorMentions:
    """Implements `scrm.ports.mentions.Mentions`."""

    def __init__(
        self,
        stores: Stores,
        intake: Intake,
        sources: Sources,
        tables: Tables,
        watchers: Watchers,
        fold: expression.Fold,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self._stores = stores
        self._intake = intake
        self._sources = sources
        self._tables = tables
        self._watchers = watchers
        self._fold = fold
        self._clock = clock
        self._zone = zone

    # --- taking in --------------------------------------------------------------------------------------------------

    async def take(self, drafts: Sequence[Draft]) -> TakenReport:
        return await self._intake.take(drafts)

    async def import_table(self, name: str, data: bytes) -> TakenReport:
        table = await self._tables.cells(name, data)
        drafts, unreadable = rows.drafts(table)
        report = await self._intake.take(drafts)
        refused = sorted(
            (*unreadable, *(row for row in report.rows if row.state == "refused")), key=lambda row: row.line
        )
        return replace(report, refused=len(refused), rows=tuple(refused[:MOST_TOLD]), encoding=table.encoding)

    async def try_source(self, source: Source) -> Tried:
        return await self._sources.try_out(source)

    async def fetch_now(self, source_id: SourceId) -> Source:
        source = await self._stores.mention_sources.get(source_id)
        if source is None:
            raise NotFound("there is no such source")
        return await self._sources.look(source)

    # --- lists ------------------------------------------------------------------------------------------------------

    async def page(
        self, query: MentionQuery, *, words: str, after: Page | None, limit: int
    ) -> tuple[list[Story], Page | None]:
        if not words.strip():
            found = await self._stores.mentions.page(query, after=after, limit=limit + 1)
            shown = found[:limit]
            return await self._stories(shown), _after(shown[-1]) if len(found) > limit else None
        matcher = expression.compiled(words, self._fold)
        shown, looked = [], 0
        while looked < MOST_SEARCHED:
            some = await self._stores.mentions.page(query, after=after, limit=SEARCHED_AT_ONCE)
            wanted = await asyncio.to_thread(self._matching, matcher, some)
            for mention, is_wanted in zip(some, wanted, strict=True):
                after = _after(mention)
                if is_wanted:
                    shown.append(mention)
                    if len(shown) == limit:
                        return await self._stories(shown), after
            looked += len(some)
            if len(some) < SEARCHED_AT_ONCE:
                return await self._stories(shown), None
        return await self._stories(shown), after

    def _matching(self, matcher: expression.Matcher, mentions: Sequence[Mention]) -> list[bool]:
        return [matcher.matches_folded(self._watchers.plain(matching.text_of(each))) for each in mentions]

    async def story(self, mention: Mention) -> Story:
        return (await self._stories([mention]))[0]

    async def _stories(self, mentions: Sequence[Mention]) -> list[Story]:
        sizes = await self._stores.mentions.story_sizes({mention.story_id for mention in mentions})
        return [Story(mention=mention, spread=sizes.get(mention.story_id, 1)) for mention in mentions]

    # --- monitors ---------------------------------------------------------------------------------------------------

    async def check(self, expression_: str) -> None:
        expression.parse(expression_, self._fold)

    async def preview(self, expression_: str, streams: Sequence[Stream]) -> list[Preview]:
        matcher = expression.compiled(expression_, self._fold)
        trial = Monitor(
            id=MonitorId("preview"), name="", kind=MonitorKind.BRAND, expression=expression_, streams=tuple(streams),
            created_at=self._clock.now(),
        )  # fmt: skip
        watched = [matching.Watched(monitor=trial, matcher=matcher)]
        tries = {Stream.MENTIONS: self._try_mentions, Stream.MESSAGES: self._try_messages}
        return [await tries[stream](watched) for stream in dict.fromkeys(streams)]

    async def _try_mentions(self, watched: Sequence[matching.Watched]) -> Preview:
        now = self._clock.now()
        query, after = MentionQuery(since=now - PREVIEW, until=now + AHEAD), None
        hits: list[Hit] = []
        texts: dict[MentionId, Mention] = {}
        looked, since = 0, query.since
        while looked < MOST_TRIED:
            some = await self._stores.mentions.page(query, after=after, limit=TRIED_AT_ONCE)
            found = await asyncio.to_thread(matching.in_mentions, watched, some, self._watchers)
            wanted = {hit.item_id for hit in found[: EXAMPLES - len(texts)]} if len(texts) < EXAMPLES else set()
            texts |= {mention.id: mention for mention in some if mention.id in wanted}
            hits += found
            looked += len(some)
            if len(some) < TRIED_AT_ONCE:
                break
            after, since = _after(some[-1]), some[-1].published_at
        else:
            return self._preview(Stream.MENTIONS, looked, hits, since, texts, {})
        return self._preview(Stream.MENTIONS, looked, hits, query.since, texts, {})

    async def _try_messages(self, watched: Sequence[matching.Watched]) -> Preview:
        """Day by day, from now backwards."""
        now = self._clock.now()
        oldest, until = now - PREVIEW, now + AHEAD
        hits: list[Hit] = []
        texts: dict[MessageId, Message] = {}
        looked = 0
        while until > oldest and looked < MOST_TRIED:
            since = max(oldest, until - timedelta(days=1))
            facts = list(reversed(await self._stores.topics.facts(since, until)))
            for start in range(0, len(facts), TRIED_AT_ONCE):
                some = facts[start : start + TRIED_AT_ONCE]
                messages = await self._stores.messages.get_many([each.message_id for each in some if each.message_id])
                found = await asyncio.to_thread(matching.in_messages, watched, some, messages, self._watchers)
                for hit in found[: max(0, EXAMPLES - len(texts))]:
                    texts[MessageId(hit.item_id)] = messages[MessageId(hit.item_id)]
                hits += found
                looked += len(some)
            until = since
        return self._preview(Stream.MESSAGES, looked, hits, until, {}, texts)

    def _preview(
        self,
        stream: Stream,
        looked: int,
        hits: Sequence[Hit],
        since: datetime,
        mentions: dict[MentionId, Mention],
        messages: dict[MessageId, Message],
    ) -> Preview:
        examples = [hit for hit in hits if hit.item_id in mentions or hit.item_id in messages]
        return Preview(
            stream=stream,
            looked_at=looked,
            matched=len(hits),
            negative=sum(hit.sentiment == Sentiment.NEGATIVE for hit in hits),
            since=since,
            examples=tuple(
                portrait.typical(hit, _said(hit, mentions, messages), mentions, messages) for hit in examples[:EXAMPLES]
            ),
        )

    async def report(self, monitor_id: MonitorId | None, since: datetime, until: datetime) -> MonitorReport:
        monitor = None
        streams: tuple[Stream, ...] = (Stream.MENTIONS,)
        if monitor_id is not None:
            monitor = await self._stores.monitors.get(monitor_id)
            if monitor is None:
                raise NotFound("there is no such monitor")
            streams = monitor.streams
        grain = portrait.grain_of(since, until)
        # Whole hours or days, so that each number is that of the list it opens.
        since = hour_of(since) if grain == "hour" else portrait.midnight(since, self._zone)
        told = [await self._stream(monitor, stream, since, until) for stream in streams]
        return MonitorReport(monitor=monitor, since=since, until=until, grain=grain, streams=tuple(told))

    async def _stream(self, monitor: Monitor | None, stream: Stream, since: datetime, until: datetime) -> StreamReport:
        name = monitor.id if monitor else ALL
        first = min(since - band.WEEKS * band.WEEK, since - (until - since)) - band.HOUR
        hours = await self._stores.monitors.hours(name, stream, first, until)
        oldest = await self._oldest(monitor, stream, first, until, hours)
        points = await asyncio.to_thread(portrait.points, hours, since, until, oldest, self._zone)
        within = [hour for hour in hours if hour.start >= since]
        before = [hour for hour in hours if since - (until - since) <= hour.start < since]
        spread = await self._stores.monitors.spread(name, stream, since, until)
        hits, mentions, messages = await self._newest(monitor, stream, _enough(hours, since, until), until)
        items = sum(point.items for point in points)
        bad, good = sum(point.negative for point in points), sum(hour.positive for hour in within)
        return StreamReport(
            stream=stream,
            items=items,
            before=sum(hour.items for hour in before) if oldest and oldest <= since - (until - since) else None,
            people=spread.people,
            moods=Moods(negative=bad, positive=min(good, items - bad), neutral=max(0, items - bad - good)),
            reach=sum(hour.reach for hour in within),
            first_seen=hours[0].start if hours else None,
            points=points,
            places=portrait.places(spread, stream),
            voices=await asyncio.to_thread(portrait.voices, hits, mentions, messages),
        )

    async def _oldest(
        self, monitor: Monitor | None, stream: Stream, first: datetime, until: datetime, hours: Sequence[HourCount]
    ) -> datetime | None:
        """When history begins: of mentions, of all that were ever taken in; of messages, the first hit, since a
        monitor is counted back over all of them. hours: of the monitor, or of all."""
        if monitor is None or stream is not Stream.MENTIONS:
            return hours[0].start if hours else None
        # Where there is history, its first day says so; the rest of the weeks is not read for one moment.
        reach = timedelta(days=1)
        while first < until:
            found = await self._stores.monitors.hours(ALL, stream, first, min(first + reach, until))
            if found:
                return found[0].start
            first, reach = first + reach, 4 * reach
        return None

    async def _newest(
        self, monitor: Monitor | None, stream: Stream, since: datetime, until: datetime
    ) -> tuple[list[Hit], dict[MentionId, Mention], dict[MessageId, Message]]:
        """The newest hits of the span, as many as typical texts are chosen from, and their texts."""
        if monitor is None:
            query = MentionQuery(since=since, until=until)
            found = await self._stores.mentions.page(query, after=None, limit=duplicates.MOST_TEXTS)
            hits = [matching.mention_hit(MonitorId(ALL), mention) for mention in found]
            return hits, {mention.id: mention for mention in found}, {}
        hits = await self._stores.monitors.hits(monitor.id, stream, since, until, limit=duplicates.MOST_TEXTS)
        if stream is Stream.MENTIONS:
            return hits, await self._stores.mentions.get_many([MentionId(hit.item_id) for hit in hits]), {}
        return hits, {}, await self._stores.messages.get_many([MessageId(hit.item_id) for hit in hits])

    async def shares(self, monitor_ids: Sequence[MonitorId], since: datetime, until: datetime) -> list[Share]:
        known = {monitor.id: monitor for monitor in await self._stores.monitors.all()}
        if monitor_ids:
            chosen = [known[each] for each in dict.fromkeys(monitor_ids) if each in known]
        else:
            kinds = (MonitorKind.BRAND, MonitorKind.COMPETITOR)
            chosen = sorted(
                (each for each in known.values() if each.kind in kinds),
                key=lambda each: (kinds.index(each.kind), each.id),
            )
        chosen = [each for each in chosen if Stream.MENTIONS in each.streams]
        first = since - (until - since)
        every = await self._stores.monitors.hours(ALL, Stream.MENTIONS, first - band.HOUR, first + timedelta(days=1))
        sums = []
        for monitor in chosen:
            hours = await self._stores.monitors.hours(monitor.id, Stream.MENTIONS, first, until)
            now = [hour for hour in hours if hour.start >= since]
            sums.append((monitor, now, sum(hour.items for hour in hours) - sum(hour.items for hour in now)))
        whole = sum(hour.items for _, now, _ in sums for hour in now)
        return [
            Share(
                monitor=monitor,
                items=sum(hour.items for hour in now),
                before=before if every else None,
                negative=sum(hour.negative for hour in now),
                reach=sum(hour.reach for hour in now),
                share=sum(hour.items for hour in now) / whole if whole else 0.0,
            )
            for monitor, now, before in sums
        ]


def _enough(hours: Sequence[HourCount], since: datetime, until: datetime) -> datetime:
    """Since when there are as many items as typical texts are chosen from: what lies before is not read."""
    count = 0
    for hour in reversed(hours):
        # The hour that `until` lies in may hold what comes after it.
        count += hour.items if hour.start + band.HOUR <= until else 0
        if count >= duplicates.MOST_TEXTS:
            return max(since, hour.start)
    return since


def _after(mention: Mention) -> Page:
    return Page(at=mention.published_at, id=mention.id)


def _said(hit: Hit, mentions: Mapping[MentionId, Mention], messages: Mapping[MessageId, Message]) -> str:
    mention = mentions.get(MentionId(hit.item_id))
    return mention.text if mention is not None else messages[MessageId(hit.item_id)].content
