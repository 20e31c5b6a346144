"""What customers say, compared over two ranges of days: counts, what moved and why, words and phrases.

A **part** of a change belongs to one category, channel or phrase. All categories' parts add up to the whole change, and
so do all channels'; phrases overlap, and each is a part beside all else. A **finding** is a sentence about these
numbers; it names messages that it stands on and the place where all of them open.
"""

from datetime import datetime

from scrm.ids import ConversationId, MessageId
from scrm.model.base import Record
from scrm.model.reports import DayRange, Overview, TrendDay
from scrm.model.topics import Moods


class ComparedOverview(Overview, kw_only=True):
    """previous: what the range is compared with, by itself the period of equal length just before. previous_trend: its
    days. previous_since: the first day of which anything is known, where that is not before all of them; to compare
    then would be to compare with a part."""

    previous_trend: tuple[TrendDay, ...]
    previous_since: str | None = None


class MoodRow(Record, kw_only=True):
    """category None: unknown."""

    category: str | None
    now: Moods
    before: Moods


class CategoryTrend(Record, kw_only=True):
    """messages, negative: one number a day of the range; before: messages of each day of the range compared with."""

    category: str | None
    messages: tuple[int, ...]
    negative: tuple[int, ...]
    before: tuple[int, ...]


class Part(Record, kw_only=True):
    """One category's, channel's or phrase's part of a change.

    key: category code (None: unknown), channel id or phrase.
    now, before, negative_now, negative_before: messages. effect: its part of the change, in the unit of the change.
    mix, rate: of a change of share, what of the effect is because its messages became a larger or smaller part of all,
    and because they became worse or better; None for a change of volume. share: effect of the whole change, may be
    negative or above 1; None where the parts nearly cancel out, so that a share would say nothing.
    """

    key: str | None
    now: int
    before: int
    negative_now: int
    negative_before: int
    effect: float
    mix: float | None = None
    rate: float | None = None
    share: float | None = None


class Explained(Record, kw_only=True):
    """now, before, change: messages, or the negative share of them (0 … 1). Where the ranges differ in length, `before`
    of a volume is scaled to the length of the range. The effects of all categories add up to `change`, and so do
    those of all channels; of phrases there are those that bear most, of the change among messages whose words are
    counted. The greatest come first."""

    now: float
    before: float
    change: float
    categories: tuple[Part, ...] = ()
    channels: tuple[Part, ...] = ()
    phrases: tuple[Part, ...] = ()


class Phrase(Record, kw_only=True):
    """now, before, negative: messages that say it. expected: `before`, had it kept its share of all messages.
    days: now, by day. people: different contacts, of new phrases only. first_at: when it was first said, likewise."""

    term: str
    now: int
    before: int
    negative: int
    expected: float | None
    days: tuple[int, ...]
    people: int | None = None
    first_at: datetime | None = None


class PhraseBoard(Record, kw_only=True):
    """Words are counted beside the way of a message and may be some minutes behind; as_of says of when they are.

    messages, before: those whose words are counted. moved: the phrases whose share changed most. new: those that nobody
    said before, as far back as words are kept.
    """

    since: datetime
    until: datetime
    as_of: datetime
    messages: int
    before: int
    moved: tuple[Phrase, ...] = ()
    new: tuple[Phrase, ...] = ()


class Cited(Record, kw_only=True):
    message_id: MessageId
    conversation_id: ConversationId


class Finding(Record, kw_only=True):
    """text: one sentence. detail: it explains the one before. link: the page of the client that shows its evidence.
    cites: some of the messages behind it."""

    text: str
    detail: bool = False
    link: str
    cites: tuple[Cited, ...]


class Voice(Record, kw_only=True):
    """phrases: None where words are not counted: by team, or for days before the words that are kept. previous_since:
    as of an overview; what moved and why is then left unsaid (`volume` and `negative` have no parts)."""

    range: DayRange
    previous: DayRange
    days: tuple[str, ...]
    rows: tuple[MoodRow, ...]
    trends: tuple[CategoryTrend, ...]
    volume: Explained
    negative: Explained | None
    phrases: PhraseBoard | None
    findings: tuple[Finding, ...]
    previous_since: str | None = None


class PhraseQuery(Record, kw_only=True):
    """Messages of a range that say `term` (None: anything), as far as noted by as_of."""

    first_day: str
    last_day: str
    term: str | None
    sentiment: str | None = None
    channel_id: str | None = None
    as_of: datetime | None = None
