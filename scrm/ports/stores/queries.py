"""What stores are asked with, and small answers of their own."""

from datetime import datetime

from scrm.ids import ChannelId, LabelId, MessageId, TeamId
from scrm.model.analysis import Analysis, AnalysisState
from scrm.model.base import Record
from scrm.model.conversation import ConversationStatus
from scrm.model.message import Counted
from scrm.model.reports import Metric, Outcome, ReportFilter


class Page(Record, kw_only=True):
    """Where a list goes on: the sort key of its last item. Lists page by key, never by number."""

    at: datetime
    id: str


class ConversationQuery(Record, kw_only=True):
    """assignee: an agent's id, "none" or "any". Empty statuses: every status."""

    statuses: tuple[ConversationStatus, ...] = ()
    assignee: str = "any"
    channel_id: ChannelId | None = None
    team_id: TeamId | None = None
    label_id: LabelId | None = None


class Counts(Record, kw_only=True):
    """Of conversations that are neither resolved nor put off until later, as lists show them.

    backlog, backlog_unassigned: with those put off, as reports count them.
    """

    mine: int
    unassigned: int
    all: int
    backlog: int
    backlog_unassigned: int


class Standing(Record, kw_only=True):
    """Conversations that are not resolved, and of them those whose customer waits for an answer."""

    unresolved: int
    waiting: int


class EvidenceQuery(Record, kw_only=True):
    """The report events behind a number. category, agent_id "none": events without one. hour: of the day, 0 … 23.
    weekday: 0 is Monday."""

    metric: Metric
    filter: ReportFilter
    category: str | None = None
    sentiment: str | None = None
    agent_id: str | None = None
    outcome: Outcome | None = None
    hour: int | None = None
    weekday: int | None = None


class Reading(Record, kw_only=True):
    """What became of the reading of a message: done with an analysis, or failed without. content: what was read.
    counted: what the message is counted under now."""

    message_id: MessageId
    content: str
    state: AnalysisState
    analysis: Analysis | None
    counted: Counted | None = None
