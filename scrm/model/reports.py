"""Report events: the facts every dashboard number is counted from, each naming what it stands on."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from scrm.ids import AgentId, ChannelId, ContactId, ConversationId, MessageId, TeamId
from scrm.model.base import Record


class Metric(StrEnum):
    """What happened. value: whole seconds of the times, score of mood and satisfaction, how far for a drop, else 1."""

    CONVERSATION_OPENED = "conversation_opened"
    CONVERSATION_REOPENED = "conversation_reopened"
    CONVERSATION_RESOLVED = "conversation_resolved"  # value: seconds since it was last opened
    MESSAGE_IN = "message_in"
    MESSAGE_OUT = "message_out"
    FIRST_RESPONSE = "first_response"  # value: seconds from the customer's first message
    NEXT_RESPONSE = "next_response"  # value: seconds from the first message an answer answers; not the first answer
    ASSIGNED = "assigned"
    HANDED_OFF = "handed_off"  # from a person to another, or to another team; agent and team are who gave it away
    MOOD = "mood"  # value: score; sentiment and category are set
    MOOD_DROPPED = "mood_dropped"  # value: by how much one message lowered the conversation's mood, sharply
    MOOD_BEFORE = "mood_before"  # of a resolved conversation; value: score of the first message that was read
    MOOD_AFTER = "mood_after"  # of the same conversation; value: its mood when it was resolved
    SATISFACTION = "satisfaction"  # value: what the customer gave, 1 to 5


class Outcome(StrEnum):
    """Whether what was promised for a time was kept."""

    MET = "met"
    MISSED = "missed"


TIMED = frozenset({Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.CONVERSATION_RESOLVED})
"""Those with start, open_seconds and, where something was promised, an outcome."""

VALUED = frozenset(
    {Metric.SATISFACTION, Metric.MOOD, Metric.MOOD_BEFORE, Metric.MOOD_AFTER, Metric.MOOD_DROPPED, *TIMED}
)
"""Those whose value says more than that it happened once."""


REBUILD = "reports.rebuild"
"""Name of the workspace's setting that says "wanted" while the events do not stand for the whole timeline."""


class ReportEvent(Record, kw_only=True):
    """One fact. id is derived from what it counts, so recording it twice stores it once.

    at: when it happened (UTC); day and hour: the same in the workspace's zone ("2026-11-20", 14).
    start: when what took `value` seconds began; it ended at `at`. open_seconds: how many whole ones of them lie in
    business hours.
    """

    id: str
    metric: Metric
    value: float
    at: datetime
    day: str
    hour: int
    conversation_id: ConversationId
    contact_id: ContactId
    channel_id: ChannelId
    message_id: MessageId | None = None
    team_id: TeamId | None = None
    agent_id: AgentId | None = None
    category: str | None = None
    sentiment: str | None = None
    start: datetime | None = None
    open_seconds: float | None = None
    outcome: Outcome | None = None


class ReportFilter(Record, kw_only=True):
    """Days are inclusive, in the workspace's zone. None means all; team "none": of no team."""

    first_day: str
    last_day: str
    channel_id: ChannelId | None = None
    team_id: TeamId | None = None


class Rollup(Record, kw_only=True):
    """Sum and count of a metric on a day for one combination of its dimensions. channel_id: None: of all channels that
    were asked for. times: of TIMED metrics, each number of seconds, in no order."""

    day: str
    metric: Metric
    channel_id: ChannelId | None = None
    category: str | None = None
    sentiment: str | None = None
    count: int
    total: float
    times: Sequence[int] = ()


class Work(Record, kw_only=True):
    """What happened of one agent, team or channel, or of all: how often; the sum of the values, of VALUED metrics; of
    TIMED ones how often what was promised was kept or not, and each number of seconds, in no order: by the clock, and
    in business hours. Metrics with a category or sentiment have none of all this."""

    counts: dict[Metric, int] = {}
    sums: dict[Metric, float] = {}
    met: dict[Metric, int] = {}
    missed: dict[Metric, int] = {}
    took: dict[Metric, list[int]] = {}
    open: dict[Metric, list[int]] = {}


class Digest(Record, kw_only=True):
    """What happened on some days, added up. agents, teams, channels: None is nobody's, and add up to the whole.

    came: customers' messages by weekday (0: Monday) and hour. sent: answers by hour. here: agents who answered in that
    hour, added up over days.
    """

    whole: Work = msgspec.field(default_factory=Work)
    agents: dict[str | None, Work] = {}
    teams: dict[str | None, Work] = {}
    channels: dict[str | None, Work] = {}
    came: dict[tuple[int, int], int] = {}
    sent: dict[int, int] = {}
    here: dict[int, int] = {}


class DayRange(Record, kw_only=True):
    """Both days included, in the workspace's zone."""

    first_day: str
    last_day: str


class KpiKey(StrEnum):
    CONVERSATIONS = "conversations"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    FIRST_RESPONSE_P50 = "first_response_p50"
    FIRST_RESPONSE_P90 = "first_response_p90"
    RESOLUTION_P50 = "resolution_p50"
    RESOLUTION_P90 = "resolution_p90"
    NEGATIVE_SHARE = "negative_share"
    WAITING_NOW = "waiting_now"
    RESOLVED = "resolved"
    BACKLOG = "backlog"
    SATISFACTION = "satisfaction"


class KpiUnit(StrEnum):
    COUNT = "count"
    SECONDS = "seconds"
    SHARE = "share"  # 0 … 1
    SCORE = "score"  # 1 … 5


class Kpi(Record, kw_only=True):
    """A number, and the same of the period before. None: nothing happened that it could be counted from."""

    key: KpiKey
    value: float | None
    previous: float | None
    unit: KpiUnit


class TrendDay(Record, kw_only=True):
    """negative, neutral, positive: customers' messages read so."""

    day: str
    conversations: int
    incoming: int
    outgoing: int
    negative: int
    neutral: int
    positive: int


class CategoryShare(Record, kw_only=True):
    """category None: unknown. count and negative: of customers' messages. share: of all read messages, 0 … 1."""

    category: str | None
    count: int
    negative: int
    share: float


class HeatCell(Record, kw_only=True):
    category: str | None
    sentiment: str
    count: int


class Overview(Record, kw_only=True):
    """The first dashboard. previous: the period of equal length just before."""

    range: DayRange
    previous: DayRange
    kpis: tuple[Kpi, ...]
    trend: tuple[TrendDay, ...]
    categories: tuple[CategoryShare, ...]
    heat: tuple[HeatCell, ...]
