"""What the web room asks about mentions, sources and monitors. Implemented by `dashboards.monitor.mentions`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from scrm.ids import ChannelId, ConversationId, MentionId, MessageId, MonitorId, SourceId
from scrm.model.analysis import Sentiment
from scrm.model.base import Record
from scrm.model.mentions import (
    Fetched,
    Mention,
    MentionKind,
    MentionQuery,
    Monitor,
    MonitorKind,
    Source,
    Stream,
)
from scrm.model.topics import Moods
from scrm.ports.stores import Page


class Draft(Record, kw_only=True):
    """A mention as somebody brings it; nothing in it is believed. published_at: in any of the usual ways to write a
    time. repost_of: address or external id of what it repeats. line: of a file, or place in a batch, from 1."""

    line: int = 0
    url: str = ""
    external_id: str = ""
    title: str = ""
    text: str = ""
    author: str = ""
    reach: int | None = None
    published_at: str = ""
    kind: MentionKind | None = None
    repost_of: str = ""
    site: str = ""


class Taken(Record, kw_only=True):
    """What became of one row. reason: of a refused one, a word screens know: no_text, no_address, bad_address,
    bad_row, bad_encoding."""

    line: int
    state: Literal["new", "known", "refused"]
    id: MentionId | None = None
    reason: str = ""
    text: str = ""


class TakenReport(Record, kw_only=True):
    """rows: the first 200 that were refused of a file; all of a batch. encoding: of a file; "" otherwise."""

    new: int
    known: int
    refused: int
    rows: tuple[Taken, ...]
    encoding: str = ""


class RawTable(Record, kw_only=True):
    """A file's rows with line numbers, the header among them. bad: (line, reason) of those that cannot be read."""

    rows: tuple[tuple[int, list[str]], ...]
    bad: tuple[tuple[int, str], ...] = ()
    encoding: str


class Tables(Protocol):
    """Reads a file in a process of its own."""

    async def cells(self, name: str, data: bytes) -> RawTable:
        """Raises Invalid with what to mend."""
        ...


class Story(Record, kw_only=True):
    """A mention with how far it spread: mentions of its story, itself included."""

    mention: Mention
    spread: int


class Point(Record, kw_only=True):
    """One hour or day of a stream. low … high: where the count is to be expected, from the same hours of past weeks;
    None: too little history. share: negative of all; None where there is nothing."""

    start: datetime
    items: int
    negative: int
    low: float | None = None
    expected: float | None = None
    high: float | None = None
    share: float | None = None
    share_high: float | None = None


class Typical(Record, kw_only=True):
    """A text that stands for those that say nearly the same. One of the two streams' ids is set."""

    stream: Stream
    text: str
    at: datetime
    similar: int
    sentiment: str
    mention_id: MentionId | None = None
    message_id: MessageId | None = None
    conversation_id: ConversationId | None = None


class Place(Record, kw_only=True):
    """channel_id: of messages; None: a site."""

    name: str
    channel_id: ChannelId | None = None
    items: int
    negative: int


class StreamReport(Record, kw_only=True):
    """One stream of a monitor over a span. before: items of the span of the same length before it; None: history does
    not reach so far. people: different authors or contacts. places: those with most items. voices: of the newest 200.
    """

    stream: Stream
    items: int
    before: int | None
    people: int
    moods: Moods
    reach: int
    first_seen: datetime | None
    points: tuple[Point, ...]
    places: tuple[Place, ...]
    voices: tuple[Typical, ...]


class MonitorReport(Record, kw_only=True):
    """monitor None: all mentions. grain: what a point is."""

    monitor: Monitor | None
    since: datetime
    until: datetime
    grain: Literal["hour", "day"]
    streams: tuple[StreamReport, ...]


class Share(Record, kw_only=True):
    """share: of the sum over those compared; a mention that two match counts for both. before: as in `StreamReport`."""

    monitor: Monitor
    items: int
    before: int | None
    negative: int
    reach: int
    share: float


class Preview(Record, kw_only=True):
    """What an expression would have matched. looked_at: how many items of the stream were tried, the newest first, at
    most 5,000; since: how far back that reached. examples: the newest three."""

    stream: Stream
    looked_at: int
    matched: int
    negative: int
    since: datetime
    examples: tuple[Typical, ...] = ()


class Tried(Record, kw_only=True):
    """A source tried once without storing anything. drafts: the first five of what it gives."""

    result: Fetched
    drafts: tuple[Draft, ...] = ()


class Mentions(Protocol):
    """Raises StoreUnavailable when the database cannot be reached; what else, each method says."""

    async def take(self, drafts: Sequence[Draft]) -> TakenReport:
        """Store what is new; each row by itself."""
        ...

    async def import_table(self, name: str, data: bytes) -> TakenReport:
        """Raises Invalid for a file that cannot be read at all."""
        ...

    async def page(
        self, query: MentionQuery, *, words: str, after: Page | None, limit: int
    ) -> tuple[list[Story], Page | None]:
        """Newest first, and where to go on. words: an expression like a monitor's; fewer than `limit` may be found of
        what one call looks through. Raises Invalid."""
        ...

    async def story(self, mention: Mention) -> Story: ...

    async def check(self, expression: str) -> None:
        """Raises Invalid with what is wrong and where."""
        ...

    async def preview(self, expression: str, streams: Sequence[Stream]) -> list[Preview]:
        """Over the last 30 days. Raises Invalid."""
        ...

    async def report(self, monitor_id: MonitorId | None, since: datetime, until: datetime) -> MonitorReport:
        """Raises NotFound."""
        ...

    async def shares(self, monitor_ids: Sequence[MonitorId], since: datetime, until: datetime) -> list[Share]:
        """Those known, as asked; without ids, brands and competitors."""
        ...

    async def try_source(self, source: Source) -> Tried: ...

    async def fetch_now(self, source_id: SourceId) -> Source:
        """Look at a source now, whatever its schedule. Raises NotFound."""
        ...


__all__ = [
    "Draft",
    "Mentions",
    "MonitorKind",
    "MonitorReport",
    "Place",
    "Point",
    "Preview",
    "RawTable",
    "Sentiment",
    "Share",
    "Story",
    "StreamReport",
    "Tables",
    "Taken",
    "TakenReport",
    "Tried",
    "Typical",
]
