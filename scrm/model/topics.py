"""What customers talk about: terms counted by the hour, topics made of them, and alerts on topics that burst.

A **term** is a word or short phrase of a read message. A **reading** is the note of one message's terms: counts are
made of readings, and a count's evidence is the readings behind it. A **topic** is a set of terms that come in the same
messages; its messages are those that say any of them.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from scrm.ids import AgentId, AlertId, ChannelId, ContactId, ConversationId, MessageId, MonitorId
from scrm.model.base import Record
from scrm.model.mentions import Stream


class TermReading(Record, kw_only=True):
    """The terms of one read message; its id is the message's, so counting it twice counts it once.

    at: when the message came. counted_at: when this was noted; a number made at a moment stands on what was noted by
    then.
    """

    id: MessageId
    at: datetime
    counted_at: datetime
    channel_id: ChannelId
    conversation_id: ConversationId
    contact_id: ContactId
    category: str | None = None
    sentiment: str
    terms: tuple[str, ...] = ()


class Grain(StrEnum):
    """hour: of UTC. day: of the workspace's zone."""

    HOUR = "hour"
    DAY = "day"


class Cell(Record, kw_only=True):
    """What a volume is cut by. category None: unknown."""

    category: str | None
    sentiment: str


class TermVolume(Record, kw_only=True):
    """How many messages of one channel, in one hour or day, said what. messages: all, those without terms too."""

    grain: Grain
    start: datetime
    channel_id: ChannelId
    messages: dict[Cell, int]
    terms: dict[str, dict[Cell, int]]


class DayWords(Record, kw_only=True):
    """What was said on one day, or on several. messages, negative: all, those without terms too. terms: of each,
    negative ones << 32 | all that say it; a day has fewer messages than that."""

    messages: int
    negative: int
    terms: Mapping[str, int]

    def said(self, term: str) -> tuple[int, int]:
        """Messages that say it, and negative ones of them."""
        packed = self.terms.get(term, 0)
        return packed & 0xFFFFFFFF, packed >> 32


class Sayers(Record, kw_only=True):
    """people: different contacts. first_at: None: nobody."""

    people: int
    first_at: datetime | None


class ReadingQuery(Record, kw_only=True):
    """Messages that say any of `terms`, came from `since` to `until` (both included) and were noted by `as_of`.

    terms empty: whatever they say. category, sentiment None: any; category "none": the unknown.
    """

    terms: tuple[str, ...]
    since: datetime
    until: datetime
    as_of: datetime
    channel_id: ChannelId | None = None
    category: str | None = None
    sentiment: str | None = None


class Moods(Record, kw_only=True):
    negative: int = 0
    neutral: int = 0
    positive: int = 0


class SparkPoint(Record, kw_only=True):
    start: datetime
    messages: int


class Voice(Record, kw_only=True):
    """A typical message. content: cut to 120 characters. similar: how many of the topic's messages say nearly the same,
    this one included (counted over its newest 200)."""

    message_id: MessageId
    conversation_id: ConversationId
    channel_id: ChannelId
    content: str
    at: datetime
    sentiment: str
    similar: int


class Topic(Record, kw_only=True):
    """Terms said together more often than before, from `since` to `until`, counted as of `as_of`.

    name: the most telling of its terms. category: of most of its messages. people: different contacts.
    scope: its messages are those of this category only ("none": unknown); None: of all.
    expected: messages, had the topic kept its share of all messages; None without a history to compare with.
    surprise: -log10 of the chance to see so many if nothing had changed. channels: messages by channel.
    first_seen: when its name was first said, within the history compared with.
    """

    name: str
    terms: tuple[str, ...]
    category: str | None
    scope: str | None = None
    since: datetime
    until: datetime
    as_of: datetime
    messages: int
    people: int
    expected: float | None
    surprise: float
    moods: Moods
    channels: dict[str, int]
    first_seen: datetime
    spark: tuple[SparkPoint, ...]
    voices: tuple[Voice, ...]


class TermCount(Record, kw_only=True):
    """expected: as in `Topic`."""

    term: str
    messages: int
    negative: int
    expected: float | None


class BoardRange(StrEnum):
    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"


class TopicBoard(Record, kw_only=True):
    """What is talked about in a range that ends now. topics: the most surprising first. terms: the most said first.

    messages: all that were read in the range. comparable: whether there is history enough to say what rose.
    """

    id: str
    range: BoardRange
    channel_id: ChannelId | None = None
    since: datetime
    until: datetime
    messages: int
    comparable: bool
    topics: tuple[Topic, ...] = ()
    terms: tuple[TermCount, ...] = ()


class AlertState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"


class Severity(StrEnum):
    NORMAL = "normal"
    HIGH = "high"


class Alert(Record, kw_only=True):
    """A topic that burst. topic: as it stood at its height.

    last_seen_at: when it last was a burst. ended_at: it has been quiet since; None while it goes on.
    snoozed_until: with state `snoozed`; past it, the alert is open again. handled_by: who last changed it.
    monitor_id, stream: of a monitor's alert; then the topic is what the monitor matched in that stream, and its
    channels are sites where the stream is mentions. mood: not that there were more, but that more were negative.
    """

    id: AlertId
    topic: Topic
    severity: Severity
    opened_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    state: AlertState = AlertState.OPEN
    snoozed_until: datetime | None = None
    owner_id: AgentId | None = None
    handled_by: str | None = None
    handled_at: datetime | None = None
    monitor_id: MonitorId | None = None
    stream: Stream | None = None
    mood: bool = False
    version: int = 0
