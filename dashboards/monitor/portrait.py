"""A topic as a person sees it: its numbers, its course, and what people say, from the readings behind it. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dashboards.monitor import duplicates
from dashboards.monitor.groups import Group
from scrm.ids import MessageId
from scrm.model.analysis import Sentiment
from scrm.model.message import Message
from scrm.model.topics import Moods, SparkPoint, TermReading, Topic, Voice

MOST_VOICES = 3
EXCERPT = 120
HOUR = timedelta(hours=1)
# Longer ranges are drawn by day.
HOURLY = timedelta(hours=48)


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def moods(readings: Sequence[TermReading]) -> Moods:
    counts = Counter(reading.sentiment for reading in readings)
    return Moods(
        negative=counts[Sentiment.NEGATIVE], neutral=counts[Sentiment.NEUTRAL], positive=counts[Sentiment.POSITIVE]
    )


def category(readings: Sequence[TermReading]) -> str | None:
    """Of most of them; a known one before the unknown."""
    counts = Counter(reading.category for reading in readings)
    return max(counts, key=lambda code: (code is not None, counts[code], code or ""), default=None)


def spark(readings: Sequence[TermReading], since: datetime, until: datetime, zone: ZoneInfo) -> tuple[SparkPoint, ...]:
    """Messages of each hour, or of each day of the zone over longer ranges; a zero where nothing was said."""
    hourly = until - since <= HOURLY

    def start_of(at: datetime) -> datetime:
        if hourly:
            return hour_of(at)
        return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)

    counts = Counter(start_of(reading.at) for reading in readings)
    points: list[SparkPoint] = []
    start = start_of(since)
    while start <= until:
        points.append(SparkPoint(start=start, messages=counts[start]))
        start = start_of(start + HOUR) if hourly else start + timedelta(days=1)
    return tuple(points)


def voices(readings: Sequence[TermReading], messages: Mapping[MessageId, Message]) -> tuple[Voice, ...]:
    """What most people say, near-duplicates once, the largest group first; of a group its newest message."""
    said = [reading for reading in readings if reading.id in messages][: duplicates.MOST_TEXTS]
    groups = duplicates.grouped([messages[reading.id].content for reading in said])
    return tuple(
        Voice(
            message_id=newest.id,
            conversation_id=newest.conversation_id,
            channel_id=newest.channel_id,
            content=messages[newest.id].content[:EXCERPT],
            at=newest.at,
            sentiment=newest.sentiment,
            similar=len(group),
        )
        for group in groups[:MOST_VOICES]
        for newest in [said[group[0]]]
    )


def topic(
    group: Group,
    readings: Sequence[TermReading],
    seen_before: datetime | None,
    said: tuple[Voice, ...],
    *,
    expected: float | None,
    since: datetime,
    until: datetime,
    as_of: datetime,
    zone: ZoneInfo,
) -> Topic:
    """readings: of the group's terms from since to until, newest first, at least one. seen_before: its name, before
    them."""
    return Topic(
        name=group.name,
        terms=group.terms,
        category=category(readings),
        scope=group.scope,
        since=since,
        until=until,
        as_of=as_of,
        messages=len(readings),
        people=len({reading.contact_id for reading in readings}),
        expected=expected,
        surprise=group.surprise,
        moods=moods(readings),
        channels=dict(Counter(reading.channel_id for reading in readings).most_common()),
        first_seen=seen_before or min(reading.at for reading in readings if group.name in reading.terms),
        spark=spark(readings, since, until, zone),
        voices=said,
    )
