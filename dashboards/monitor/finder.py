"""Topics of a span of time: which terms rose against the time before, said together, with all their numbers.

Sums over weeks of terms are made in a thread, so that whoever waits for the event loop meanwhile waits milliseconds.
"""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dashboards.monitor import bursts, duplicates, groups, portrait
from dashboards.monitor.bursts import Counts, Key
from dashboards.monitor.keeping import MOST_BEFORE, Before, KeptReadings
from scrm.clock import Clock
from scrm.ids import ChannelId, ConversationId, MessageId
from scrm.model.analysis import Sentiment
from scrm.model.base import Record
from scrm.model.message import Message
from scrm.model.topics import Grain, ReadingQuery, TermReading, TermVolume, Topic
from scrm.ports.stores import Stores

# Spikes looked at and messages read of each: what bounds the work, however odd the text. As many messages as an hour
# and channel has noted: a topic says how many there are, and opens them.
MOST_SPIKES = 40
MOST_READINGS = 20_000
# Surprise enough to be part of a topic.
JOINING = 2.5
# Of a weaker topic's conversations, how many must be about a stronger one of the same look for both to be one story.
SAME_STORY = 1 / 3
# Of the conversations that say a topic's name, how many must say a word that carries it as well; other words are said
# besides ("has anybody seen …"), and in other stories, too.
CARRYING = 1 / 2
LEAST_HISTORY = 200
# Counts of days gone by are kept in memory for a while; another process may count what was read late.
_KEPT_DAYS = 64
_KEPT_FOR = timedelta(minutes=10)
# Each a little longer than the one before, so that no look reads a fortnight anew at once.
_LONGER, _STEPS = timedelta(seconds=40), 16
_SETTLED = timedelta(hours=2)
# Readings are kept while counts say the same; all may have been counted anew, elsewhere, and come to the same number.
_BELIEVED_FOR = timedelta(hours=1)
_NEGATIVE = str(Sentiment.NEGATIVE)


class Span(Record, kw_only=True):
    """A window, and the time before that it is compared with. as_of: what was noted later is not looked at."""

    past: datetime
    since: datetime
    until: datetime
    as_of: datetime
    channel_id: ChannelId | None = None


class Demand(Record, kw_only=True):
    """How much it takes to be a topic. stories: what the same people say in the same conversations is one topic, the
    strongest; the rest of their words makes no other."""

    alarm: float = bursts.ALARM
    messages: int = bursts.LEAST_MESSAGES
    people: int = bursts.LEAST_PEOPLE
    most: int = 12
    stories: bool = True


class Finder:
    def __init__(self, stores: Stores, clock: Clock, zone: ZoneInfo) -> None:
        self._stores = stores
        self._clock = clock
        self._zone = zone
        self._days: OrderedDict[tuple[datetime, ChannelId | None], tuple[datetime, Counts]] = OrderedDict()
        self._said, self._said_since = KeptReadings(), clock.now()
        self._before: OrderedDict[tuple[object, ...], Before] = OrderedDict()

    def midnight(self, at: datetime, days_before: int = 0) -> datetime:
        """When the day of `at`, or one before it, began in the workspace's zone."""
        local = at.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return local - timedelta(days=days_before)

    def forget_days(self) -> None:
        """Something of the past was noted."""
        self._days.clear()
        self._forget_readings()

    async def counts(self, since: datetime, until: datetime, channel_id: ChannelId | None = None) -> Counts:
        """Of [since, until), both at a full hour or midnight (the last hour may run still)."""
        return await asyncio.to_thread(bursts.added, await self._parts(since, until, channel_id))

    async def _parts(self, since: datetime, until: datetime, channel_id: ChannelId | None) -> list[Counts]:
        parts: list[Counts] = []
        first = self.midnight(since, 0 if self.midnight(since) == since else -1)
        last = max(first, self.midnight(until))
        if first > until:
            return await self._hours(since, until, channel_id)
        parts += await self._hours(since, first, channel_id)
        day = first
        while day < last:
            parts.append(await self._day(day, channel_id))
            day += timedelta(days=1)
        return parts + await self._hours(last, until, channel_id)

    async def topics(self, span: Span, demand: Demand) -> tuple[list[Topic], Counts, Counts]:
        """The topics, the most surprising first, and the counts of window and past they were found in."""
        window = await self.counts(span.since, span.until, span.channel_id)
        # Only asked about what the window says: not added up for every word of weeks.
        past = bursts.side_by_side(await self._parts(span.past, span.since, span.channel_id))
        if not comparable(window, past):
            return [], window, past
        # Weaker terms join a strong one's topic and help to name it; by themselves they make none.
        alarm, least = min(demand.alarm, JOINING), min(demand.messages, 3)
        joining = await asyncio.to_thread(bursts.spikes, window, past, alarm=alarm, least=least)
        found = joining[:MOST_SPIKES]
        said_in: dict[str, frozenset[str]] = {}
        readings: dict[str, TermReading] = {}
        saying: defaultdict[str, list[TermReading]] = defaultdict(list)  # the same, by term
        for spike in found:
            of_term = await self._say(spike, span, saying[spike.term])
            said_in[spike.term] = frozenset(reading.id for reading in of_term)
            for reading in of_term:
                if reading.id not in readings:
                    readings[reading.id] = reading
                    for term in dict.fromkeys(reading.terms):
                        saying[term].append(reading)
        shown: list[tuple[groups.Group, list[TermReading]]] = []
        told: set[ConversationId] = set()
        for group in groups.grouped(found, said_in, most=demand.most):
            ids = set().union(*(said_in[term] for term in group.terms))
            of_group = sorted((readings[id_] for id_ in ids), key=lambda each: (each.at, each.id), reverse=True)
            people = {reading.contact_id for reading in of_group}
            if group.surprise >= demand.alarm and len(people) >= demand.people:
                conversations = {reading.conversation_id for reading in of_group}
                if demand.stories and len(conversations & told) >= SAME_STORY * len(conversations):
                    continue
                told |= conversations
                shown.append((group, of_group))
        return await self._topics(shown, span, window, past), window, past

    async def conversations(self, topic: Topic, until: datetime, as_of: datetime) -> frozenset[ConversationId]:
        """Those that were about it since it began: that say its name, or what most who say the name say too. Of the
        newest messages, as many as are looked at."""
        span = Span(past=topic.since, since=topic.since, until=until, as_of=as_of)
        said_in: dict[str, set[ConversationId]] = {term: set() for term in topic.terms}
        for reading in await self._readings(topic.terms, topic.scope, span, topic.since, until):
            for term in said_in.keys() & set(reading.terms):
                said_in[term].add(reading.conversation_id)
        named = said_in[topic.name]
        return frozenset().union(*(said for said in said_in.values() if len(said & named) >= CARRYING * len(named)))

    async def similar(self, query: ReadingQuery, like: MessageId) -> list[TermReading]:
        """The group of near-duplicates of a message, as `Voice.similar` counts it."""
        readings = await self._stores.topics.readings(query, after=None, limit=duplicates.MOST_TEXTS)
        messages = await self._messages(readings)
        said = [reading for reading in readings if reading.id in messages]
        for group in duplicates.grouped([messages[reading.id].content for reading in said]):
            if any(said[place].id == like for place in group):
                return [said[place] for place in group]
        return []

    async def _topics(
        self, shown: Sequence[tuple[groups.Group, list[TermReading]]], span: Span, window: Counts, past: Counts
    ) -> list[Topic]:
        newest = [readings[: duplicates.MOST_TEXTS] for _, readings in shown]
        messages = await self._messages(list({reading.id: reading for each in newest for reading in each}.values()))
        topics: list[Topic] = []
        for (group, readings), heard in zip(shown, newest, strict=True):
            before = await self._said_before(group, span, past)
            topics.append(
                portrait.topic(
                    group,
                    readings,
                    before.first_seen,
                    portrait.voices(heard, messages),
                    expected=window.messages * before.messages / past.messages if past.messages else None,
                    since=span.since,
                    until=span.until,
                    as_of=span.as_of,
                    zone=self._zone,
                )
            )
        return topics

    async def _say(self, spike: bursts.Spike, span: Span, read: Sequence[TermReading]) -> list[TermReading]:
        """The newest messages of the window that say it. read: those of them that other terms of this look brought."""
        if self._clock.now() - self._said_since >= _BELIEVED_FOR:
            self._forget_readings()
        place = ((spike.term, spike.category), span.channel_id)
        said = self._said.said(place, span.since, span.until, spike.seen)
        if said is None:
            said = _of_category(spike.category, read)
            if len(said) != spike.seen:
                said = await self._readings((spike.term,), spike.category, span, span.since, span.until)
            self._said.keep(place, said)
        return said

    async def _said_before(self, group: groups.Group, span: Span, past: Counts) -> Before:
        """As found before, while the counts of that time are the same."""
        counted = tuple(past.terms.get((term, group.scope), 0) for term in group.terms)
        key = (group.terms, group.scope, counted, span.past, span.since, span.channel_id)
        kept = self._before.get(key)
        if kept is None:
            until = span.since - timedelta(milliseconds=1)
            said = await self._readings(group.terms, group.scope, span, span.past, until)
            first = min((reading.at for reading in said if group.name in reading.terms), default=None)
            kept = self._before[key] = Before(messages=len(said), first_seen=first)
            if len(self._before) > MOST_BEFORE:
                self._before.popitem(last=False)
        return kept

    def _forget_readings(self) -> None:
        self._said.clear()
        self._before.clear()
        self._said_since = self._clock.now()

    async def _messages(self, readings: list[TermReading]) -> dict[MessageId, Message]:
        return await self._stores.messages.get_many([reading.id for reading in readings])

    async def _readings(
        self, terms: tuple[str, ...], category: str | None, span: Span, since: datetime, until: datetime
    ) -> list[TermReading]:
        query = ReadingQuery(
            terms=terms, since=since, until=until, as_of=span.as_of, channel_id=span.channel_id, category=category
        )
        return await self._stores.topics.readings(query, after=None, limit=MOST_READINGS)

    async def _hours(self, since: datetime, until: datetime, channel_id: ChannelId | None) -> list[Counts]:
        if since >= until:
            return []
        volumes = await self._stores.topics.volumes(Grain.HOUR, since, until, channel_id)
        return [await asyncio.to_thread(_summed, volumes)]

    async def _day(self, day: datetime, channel_id: ChannelId | None) -> Counts:
        """One query a day, so that no answer keeps the event loop long."""
        key, now = (day, channel_id), self._clock.now()
        made, held = self._days.get(key, (now, None))
        if held is not None and now - made < _KEPT_FOR + day.toordinal() % _STEPS * _LONGER:
            return held
        ends = day + timedelta(days=1)
        volumes = await self._stores.topics.volumes(Grain.DAY, day, ends, channel_id)
        found = await asyncio.to_thread(_summed, volumes)
        if now >= ends + _SETTLED:
            self._days[key] = (now, found)
            self._days.move_to_end(key)
            if len(self._days) > _KEPT_DAYS:
                self._days.popitem(last=False)
        return found


def comparable(window: Counts, past: Counts) -> bool:
    """Against little history everything would be news."""
    return past.messages >= max(LEAST_HISTORY, window.messages / 4)


def _of_category(category: str | None, readings: Sequence[TermReading]) -> list[TermReading]:
    """Newest first. A burst of one wording says many terms: who read those of one has those of the next."""
    found = [each for each in readings if category in (bursts.ALL, each.category or "none")]
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)


def _summed(volumes: Sequence[TermVolume]) -> Counts:
    return bursts.added([_counts(volume) for volume in volumes])


def _counts(volume: TermVolume) -> Counts:
    terms: defaultdict[Key, int] = defaultdict(int)
    negative: dict[str, int] = {}
    for term, cells in volume.terms.items():
        terms[term, bursts.ALL] = sum(cells.values())
        bad = 0
        for cell, count in cells.items():
            terms[term, cell.category or "none"] += count
            if cell.sentiment == _NEGATIVE:
                bad += count
        if bad:
            negative[term] = bad
    return Counts(messages=sum(volume.messages.values()), terms=terms, negative=negative)
