"""What is said about the company outside: mentions, the sources they come from, and the monitors that watch.

A **mention** is one public post, article or comment, known by its address. A **story** is a mention and what repeats
it: reposts, and texts that say nearly the same; it bears the id of the mention that came first. A **monitor** is a
watch list in the language of `dashboards.monitor.mentions.expression`, over two **streams**: mentions, and customers'
messages. A **hit** is one item that a monitor matches; a monitor's counts are made of its hits.
"""

from datetime import datetime
from enum import StrEnum

from scrm.ids import AgentId, MentionId, MessageId, MonitorId, SourceId
from scrm.model.analysis import AnalysisState, Sentiment
from scrm.model.base import Record

MOST_MONITORS = 60
MOST_SOURCES = 200


class MentionKind(StrEnum):
    ARTICLE = "article"
    POST = "post"
    COMMENT = "comment"


class Mention(Record, kw_only=True):
    """One public text. id: made of its address, so the same one twice is one.

    url: as given; empty where there is none. site: whose it is, "weibo.com". reach: how many may have seen it, as the
    source says (followers, views); None: unknown. dated: False when the source gave no usable time and the moment of
    fetching stands for it. repost: it repeats the story's first. chain: by whom it was passed on, as its text says,
    the nearest first. grams: keys under which texts that say nearly the same meet.
    score: as in `Analysis`.
    """

    id: MentionId
    source_id: SourceId | None = None
    kind: MentionKind = MentionKind.POST
    url: str = ""
    canonical_url: str = ""
    external_id: str | None = None
    site: str
    title: str = ""
    text: str
    author: str = ""
    reach: int | None = None
    published_at: datetime
    fetched_at: datetime
    dated: bool = True
    story_id: MentionId
    repost: bool = False
    chain: tuple[str, ...] = ()
    grams: tuple[str, ...] = ()
    state: AnalysisState = AnalysisState.PENDING
    language: str = "und"
    sentiment: Sentiment | None = None
    score: float = 0.0
    category: str | None = None
    keywords: tuple[str, ...] = ()


class First(Record, kw_only=True):
    """Of a mention that began a story, what it takes to find texts that say nearly the same."""

    id: MentionId
    grams: tuple[str, ...]
    published_at: datetime
    fetched_at: datetime


class SourceKind(StrEnum):
    """feed: RSS, Atom or JSON Feed. sitemap: a page list. endpoint: JSON by a mapping."""

    FEED = "feed"
    SITEMAP = "sitemap"
    ENDPOINT = "endpoint"


class Mapping(Record, kw_only=True):
    """Where an endpoint's JSON has what a mention needs. Each is a path of names joined by dots; `[]` after a name
    takes every entry of the list it holds. items: the entries; the others start at an entry.

    url: a path, or an address with paths in braces: `https://weibo.com/{user.id}/{bid}`.
    """

    items: str
    url: str = ""
    id: str = ""
    title: str = ""
    text: str
    author: str = ""
    reach: str = ""
    published_at: str = ""
    repost_of: str = ""
    kind: MentionKind = MentionKind.POST


class FetchError(StrEnum):
    """Why nothing came; screens word it."""

    ADDRESS = "address"  # no http(s) address, or one without a host
    PRIVATE = "private"  # leads into a private network, which this source may not
    ROBOTS = "robots"  # the site's robots.txt asks programs to stay away
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CUT_SHORT = "cut_short"  # fewer bytes than announced
    TOO_LARGE = "too_large"
    REDIRECTS = "redirects"
    REFUSED = "refused"  # 4xx
    GONE = "gone"  # 404, 410
    BUSY = "busy"  # 429, 503
    BROKEN = "broken"  # 5xx
    UNREADABLE = "unreadable"  # neither feed, page list nor JSON of the mapping's form
    BUG = "bug"


class Fetched(Record, kw_only=True):
    """How the last look at a source went. seen: entries it gave; new: those not known before. error: None: it went
    well. detail: what the server or reader said, cut to 200 characters."""

    at: datetime
    seen: int = 0
    new: int = 0
    unchanged: bool = False
    error: FetchError | None = None
    detail: str = ""


class Source(Record, kw_only=True):
    """Where mentions come from. own: a server of the company's own (an RSSHub in its network): private addresses are
    allowed and robots.txt is not asked. every: minutes between looks. headers: sent with each request; secret.
    prefix: of a page list, only addresses that begin so. site: told of its mentions where an entry has no address.

    etag, last_modified: of the last answer. failures: in a row. next_at: when it is looked at next.
    """

    id: SourceId
    name: str
    kind: SourceKind
    url: str
    own: bool = False
    every: int = 30
    paused: bool = False
    prefix: str = ""
    mapping: Mapping | None = None
    headers: dict[str, str] = {}
    created_at: datetime
    etag: str = ""
    last_modified: str = ""
    failures: int = 0
    next_at: datetime
    last: Fetched | None = None
    version: int = 0


class Stream(StrEnum):
    MENTIONS = "mentions"
    MESSAGES = "messages"


class MonitorKind(StrEnum):
    BRAND = "brand"
    PRODUCT = "product"
    COMPETITOR = "competitor"
    RISK = "risk"


class Monitor(Record, kw_only=True):
    """A watch list. expression: see `dashboards.monitor.mentions.expression`. alerts: whether bursts raise an alert.

    counted: its hits of the past are counted; False: to be counted anew (it is new, or its expression changed).
    """

    id: MonitorId
    name: str
    kind: MonitorKind
    expression: str
    streams: tuple[Stream, ...] = (Stream.MENTIONS, Stream.MESSAGES)
    alerts: bool = True
    counted: bool = False
    created_at: datetime
    created_by: AgentId | None = None
    version: int = 0


class Hit(Record, kw_only=True):
    """One mention or message that a monitor matches, with what it is filtered by. id: monitor, stream and item, so
    that it is counted once. place: the site, or the channel's id. who: author or contact."""

    id: str
    monitor_id: MonitorId
    stream: Stream
    item_id: MentionId | MessageId
    at: datetime
    sentiment: str
    place: str
    who: str = ""
    kind: str = ""
    source_id: SourceId | None = None
    story_id: MentionId | None = None
    repost: bool = False
    reach: int | None = None


class HourCount(Record, kw_only=True):
    """How many hits of a monitor ("all": mentions, whether or not a monitor matches) fell into an hour of UTC."""

    monitor_id: str
    stream: Stream
    start: datetime
    items: int = 0
    negative: int = 0
    positive: int = 0
    reach: int = 0


class Spread(Record, kw_only=True):
    """Where and by how many something was said. people: different authors or contacts; each item that nobody is named
    for counts as one. places: items, and negative ones, by site or channel."""

    people: int
    places: dict[str, tuple[int, int]]


class MentionQuery(Record, kw_only=True):
    """monitor_id: those it matches. since, until: of `published_at`, both included. Others: equalities; reach: at
    least. story_id: one story."""

    since: datetime
    until: datetime
    monitor_id: MonitorId | None = None
    source_id: SourceId | None = None
    story_id: MentionId | None = None
    sentiment: Sentiment | None = None
    kind: MentionKind | None = None
    site: str | None = None
    reach: int | None = None
    firsts: bool = False  # only mentions that began a story
