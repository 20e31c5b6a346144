"""A message: one entry of a conversation."""

from datetime import datetime
from enum import StrEnum

from scrm.ids import AgentId, AttachmentId, ChannelId, ContactId, ConversationId, MessageId, TeamId
from scrm.model.analysis import Analysis, AnalysisState, Sentiment
from scrm.model.base import Record


class MessageKind(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    NOTE = "note"
    ACTIVITY = "activity"


class ContentType(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    LOCATION = "location"
    LINK = "link"
    EVENT = "event"  # follow, scan, menu click …: `details["event"]` names it
    UNKNOWN = "unknown"  # a type the adapter does not know: `details["type"]` names it, `details` keeps its fields


class MessageStatus(StrEnum):
    """Of an outgoing message. `RANK` below is its only order: receipts never move it back."""

    QUEUED = "queued"
    SENDING = "sending"
    RETRYING = "retrying"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"


# Where a status stands on the way to `read`. An update applies only when it moves up, except that the outbox itself
# moves a message among the first three. A platform may take a message and fail to deliver it, hence failed over sent.
STATUS_RANK: dict[MessageStatus, int] = {
    MessageStatus.QUEUED: 0,
    MessageStatus.SENDING: 0,
    MessageStatus.RETRYING: 0,
    MessageStatus.UNKNOWN: 1,
    MessageStatus.SENT: 2,
    MessageStatus.FAILED: 3,
    MessageStatus.DELIVERED: 4,
    MessageStatus.READ: 5,
}


class AttachmentState(StrEnum):
    PENDING = "pending"
    STORED = "stored"
    FAILED = "failed"


class Attachment(Record, kw_only=True):
    """A file of a message. `source` is the platform's own handle (media id), None for what an agent uploaded.

    size in bytes; duration in seconds; width and height in pixels. playable: a copy that browsers play, kept under
    this id, of a recording that they do not.
    """

    id: AttachmentId
    state: AttachmentState
    media_type: str = "application/octet-stream"
    file_name: str | None = None
    size: int | None = None
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    source: str | None = None
    playable: str | None = None
    error: str | None = None


class AuthorType(StrEnum):
    CONTACT = "contact"
    AGENT = "agent"
    API = "api"
    SYSTEM = "system"


class Author(Record, kw_only=True):
    type: AuthorType
    id: str | None = None
    name: str | None = None


class SendFailure(Record, kw_only=True):
    """Why an outgoing message failed, is unknown or is being retried. code: a `SendErrorCode` value. doubtful: one of
    the tries may have been taken all the same."""

    code: str
    platform_code: str = ""
    detail: str = ""
    doubtful: bool = False


class Corrected(Record, kw_only=True):
    """What an agent says a message is about (None: unknown) and how it feels. Stands over the model's reading."""

    category: str | None
    sentiment: Sentiment
    by: Author
    at: datetime


class TemplateUse(Record, kw_only=True):
    """The template an outgoing message was made from. kind: a `TemplateKind` value. fields: text by gap. url: what
    opens when the customer taps it."""

    template_id: str
    kind: str
    title: str
    fields: dict[str, str] = {}
    url: str = ""


class Counted(Record, kw_only=True):
    """What reports count an entry under: what was so when it came, and nothing else of the timeline says.

    agent_id: who wrote it, or had the conversation. opens: the conversation was opened by it. category: its
    conversation's, of a text that has none of its own. drop: by how much its reading lowered the mood, sharply.
    target: seconds of open time that had been promised for what it completes, an answer or the resolution.
    """

    team_id: TeamId | None = None
    agent_id: AgentId | None = None
    opens: bool = False
    category: str | None = None
    drop: float | None = None
    target: int | None = None


class Message(Record, kw_only=True):
    """One entry of a conversation, of any kind.

    position: 1, 2, 3 … in order of arrival; never changes; readers resume after it.
    rank: where it stands in the thread. Equals position, except for a customer's message that arrived late:
    that one stands between the positions of its neighbours in the platform's order.
    occurred_at: its place on the contact's timeline (arrival, or just before the message it should have preceded).
    sent_at, sequence: the platform's own time and order number of an incoming message.
    content: the text; for other content types their caption, title or transcript, maybe empty.
    details: what has no field of its own (location: latitude, longitude, address; link: url, title, description;
    event: event, key …; activity: action and its values).
    external_ids: the platform's ids (several when a long text left in parts).
    client_id: the writer's own id of an outgoing message or note; unique within the conversation.
    correction: what an agent says instead of the analysis, which stays as the model had it.
    counted: None only of entries of a time before it was kept.
    template: what an outgoing message was made from, where the reply window was closed; content is what it reads like.
    """

    id: MessageId
    conversation_id: ConversationId
    contact_id: ContactId
    channel_id: ChannelId
    position: int
    rank: float
    kind: MessageKind
    content_type: ContentType = ContentType.TEXT
    content: str = ""
    details: dict[str, str] = {}
    attachments: tuple[Attachment, ...] = ()
    author: Author
    occurred_at: datetime
    created_at: datetime
    sent_at: datetime | None = None
    sequence: int | None = None
    external_ids: tuple[str, ...] = ()
    client_id: str | None = None
    mentions: tuple[AgentId, ...] = ()
    status: MessageStatus | None = None
    failure: SendFailure | None = None
    analysis_state: AnalysisState = AnalysisState.NONE
    analysis: Analysis | None = None
    correction: Corrected | None = None
    counted: Counted | None = None
    template: TemplateUse | None = None
    revision: int = 0  # counts changes after creation, so that a screen can drop a stale copy
