"""A monitor's burst as an alert shows it, and a stream of a monitor as its page shows it. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from dashboards.monitor import duplicates
from dashboards.monitor.mentions import band
from dashboards.monitor.mentions.band import HOUR, NOTHING, Cell
from dashboards.monitor.mentions.spikes import Burst
from dashboards.monitor.portrait import EXCERPT, hour_of
from scrm.ids import MentionId, MessageId
from scrm.model.analysis import Sentiment
from scrm.model.mentions import Hit, HourCount, Mention, Monitor, Spread, Stream
from scrm.model.message import Message
from scrm.model.topics import Moods, SparkPoint, Topic
from scrm.ports.mentions import Place, Point, Typical

MOST_VOICES = 4
MOST_PLACES = 8
# Longer spans are drawn by day.
HOURLY = timedelta(days=3)


def topic_of(monitor: Monitor, hits: Sequence[Hit], burst: Burst, since: datetime, until: datetime) -> Topic:
    """hits: newest first, at least one."""
    counts = Counter(hour_of(hit.at) for hit in hits)
    spark = []
    start = hour_of(since)
    while start <= until:
        spark.append(SparkPoint(start=start, messages=counts[start]))
        start += HOUR
    return Topic(
        name=monitor.name,
        terms=(monitor.name,),
        category=None,
        since=since,
        until=until,
        as_of=until,
        messages=len(hits),
        people=len({hit.who or hit.item_id for hit in hits}),
        expected=burst.expected,
        surprise=burst.surprise,
        moods=moods(hits),
        channels=dict(Counter(hit.place for hit in hits).most_common(MOST_PLACES)),
        first_seen=hits[-1].at,
        spark=tuple(spark),
        voices=(),
    )


def moods(hits: Sequence[Hit]) -> Moods:
    counts = Counter(hit.sentiment for hit in hits)
    return Moods(
        negative=counts[Sentiment.NEGATIVE], neutral=counts[Sentiment.NEUTRAL], positive=counts[Sentiment.POSITIVE]
    )


def places(spread: Spread, stream: Stream) -> tuple[Place, ...]:
    """Those with most items."""
    most = sorted(spread.places.items(), key=lambda place: (-place[1][0], place[0]))[:MOST_PLACES]
    return tuple(
        Place(
            name=place,
            channel_id=place if stream is Stream.MESSAGES else None,  # type: ignore[arg-type]
            items=items,
            negative=negative,
        )
        for place, (items, negative) in most
    )


def voices(
    hits: Sequence[Hit], mentions: Mapping[MentionId, Mention], messages: Mapping[MessageId, Message]
) -> tuple[Typical, ...]:
    """What most say, near-duplicates once, the largest group first; hits: newest first."""
    said: list[tuple[Hit, str]] = []
    for hit in hits[: duplicates.MOST_TEXTS]:
        item = mentions.get(MentionId(hit.item_id)) or messages.get(MessageId(hit.item_id))
        if item is not None:
            said.append((hit, item.text if isinstance(item, Mention) else item.content))
    groups = duplicates.grouped([text for _, text in said])
    return tuple(typical(*said[group[0]], mentions, messages, similar=len(group)) for group in groups[:MOST_VOICES])


def typical(
    hit: Hit,
    text: str,
    mentions: Mapping[MentionId, Mention],
    messages: Mapping[MessageId, Message],
    *,
    similar: int = 1,
) -> Typical:
    mention, message = mentions.get(MentionId(hit.item_id)), messages.get(MessageId(hit.item_id))
    return Typical(
        stream=hit.stream,
        text=text[:EXCERPT],
        at=hit.at,
        similar=similar,
        sentiment=hit.sentiment,
        mention_id=mention.id if mention else None,
        message_id=message.id if message else None,
        conversation_id=message.conversation_id if message else None,
    )


def points(
    hours: Sequence[HourCount],
    since: datetime,
    until: datetime,
    oldest: datetime | None,
    zone: ZoneInfo,
) -> tuple[Point, ...]:
    """One for each hour or day of the span, zeros included, with its band. hours: of the weeks before it as well."""
    cells = {hour.start: Cell(items=hour.items, negative=hour.negative) for hour in hours}
    hourly = grain_of(since, until) == "hour"

    def day_of(at: datetime) -> datetime:
        return midnight(at, zone)

    start_of = hour_of if hourly else day_of
    history = cells if hourly else band.by_day(cells, day_of)
    # A day that history begins in is not whole.
    begins = None if oldest is None else hour_of(oldest) if hourly else day_of(oldest + timedelta(days=1) - HOUR)
    step = HOUR if hourly else timedelta(days=1)
    found: list[Point] = []
    start = start_of(since)
    while start <= until:
        cell = history.get(start, NOTHING)
        weeks = 0 if begins is None else band.weeks_of(start, begins)
        wanted = None
        if begins is not None and weeks >= band.LEAST_WEEKS:
            wanted = band.expected(band.sample(start, history, begins, step, beside=hourly), cell, weeks=weeks)
        found.append(_point(start, cell, wanted, whole=start + step <= until))
        start = start_of(start + (HOUR if hourly else timedelta(hours=26)))
    return tuple(found)


def grain_of(since: datetime, until: datetime) -> Literal["hour", "day"]:
    return "hour" if until - since <= HOURLY else "day"


def midnight(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _point(start: datetime, cell: Cell, wanted: band.Expected | None, *, whole: bool) -> Point:
    """The hour or day that still runs has no lower bound: it is not over."""
    return Point(
        start=start,
        items=cell.items,
        negative=cell.negative,
        low=(wanted.low if whole else 0.0) if wanted else None,
        expected=wanted.mean if wanted else None,
        high=wanted.high if wanted else None,
        share=cell.negative / cell.items if cell.items else None,
        share_high=wanted.share_high if wanted else None,
    )
