"""An incident: what people do about an alert, from its acknowledgement to the measured recovery of mood."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from scrm.errors import SendErrorCode
from scrm.ids import AgentId, AlertId, ConversationId, MessageId
from scrm.model.base import Record
from scrm.model.message import Author


class IncidentTask(Record, kw_only=True):
    id: str
    title: str
    assignee_id: AgentId | None = None
    due_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str | None = None


class ReplyState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"


class IncidentReply(Record, kw_only=True):
    """One text for the affected conversations. round: counts the replies of an incident; changing the text takes its
    approval away."""

    round: int = 1
    text: str
    state: ReplyState = ReplyState.DRAFT
    written_by: Author
    written_at: datetime
    approved_by: Author | None = None
    approved_at: datetime | None = None
    applied_by: Author | None = None
    applied_at: datetime | None = None


class TargetState(StrEnum):
    WAITING = "waiting"
    QUEUED = "queued"  # the reply is the conversation's now, with its own status
    REFUSED = "refused"


class ReplyTarget(Record, kw_only=True):
    """One conversation that the approved reply goes to. id: incident, round and conversation, so it goes there once.
    code: of the refusal, a `SendErrorCode` or another word of the API."""

    id: str
    incident_id: AlertId
    round: int
    conversation_id: ConversationId
    state: TargetState = TargetState.WAITING
    code: str | None = None
    message_id: MessageId | None = None
    at: datetime


class EvidenceKind(StrEnum):
    MESSAGE = "message"
    MENTION = "mention"
    COUNT = "count"


class Citation(Record, kw_only=True):
    """What a sentence rests on. id: a message's or mention's; of a count, the address that lists what was counted.
    conversation_id, position: where a message stands."""

    kind: EvidenceKind
    id: str
    conversation_id: ConversationId | None = None
    position: int | None = None


class Sentence(Record, kw_only=True):
    """A sentence the system wrote, with everything it rests on; never without."""

    text: str
    cites: tuple[Citation, ...]


class EntryKind(StrEnum):
    """What happened. The first four follow from the alert and its messages; people cause the rest."""

    STARTED = "started"
    ALERTED = "alerted"
    PEAKED = "peaked"
    CALMED = "calmed"
    STATE = "state"
    OWNER = "owner"
    COMMENT = "comment"
    TASK_ADDED = "task_added"
    TASK_DONE = "task_done"
    TASK_REOPENED = "task_reopened"
    REPLY_WRITTEN = "reply_written"
    REPLY_APPROVED = "reply_approved"
    REPLY_APPLIED = "reply_applied"
    CLOSED = "closed"
    REOPENED = "reopened"


class IncidentEntry(Record, kw_only=True):
    """A line of the incident's timeline. details: the few values its kind needs."""

    id: str
    incident_id: AlertId
    kind: EntryKind
    at: datetime
    by: Author | None = None
    text: str = ""
    details: dict[str, str] = {}


class Incident(Record, kw_only=True):
    """What people did about one alert; its id is the alert's. summary: written by the system when it was closed;
    remark: by whoever closed it."""

    id: AlertId
    tasks: tuple[IncidentTask, ...] = ()
    reply: IncidentReply | None = None
    closed_at: datetime | None = None
    closed_by: Author | None = None
    summary: tuple[Sentence, ...] = ()
    remark: str = ""
    version: int = 0


class HourPoint(Record, kw_only=True):
    """One hour of a topic: its messages, those in a bad mood, and how many there would have been without an incident
    (None: no history to say so)."""

    start: datetime
    messages: int
    negative: int
    expected: float | None


class Phase(Record, kw_only=True):
    """A stretch of an incident. share: negative among its messages; None without messages. since, until: what
    the numbers count, both included."""

    name: Literal["before", "during", "after"]
    since: datetime
    until: datetime
    hours: float
    messages: int
    negative: int
    share: float | None
    per_hour: float
    expected_per_hour: float | None


class Recovery(Record, kw_only=True):
    """How the topic's volume and mood went: hour by hour and by phase. turned_at: when the reply was applied, else when
    the alert ended. state: `recovered` when volume and mood are back at what is usual. as_of: what was noted later is
    not counted."""

    as_of: datetime
    state: Literal["growing", "easing", "recovered"]
    turned_at: datetime | None
    hours: tuple[HourPoint, ...]
    phases: tuple[Phase, ...]


class Reach(Record, kw_only=True):
    """One affected conversation, and whether the approved reply may be sent to it now: `code` says why not. messages:
    of the topic, in this conversation."""

    conversation_id: ConversationId
    messages: int
    code: SendErrorCode | None = None


class Affected(Record, kw_only=True):
    """Whom the topic concerns: conversations the newest first. more: there are others than these."""

    conversations: tuple[Reach, ...]
    contacts: int
    messages: int
    more: bool = False
