"""A conversation: a contact on a channel, from first message to resolution."""

from datetime import datetime
from enum import StrEnum

from scrm.ids import AgentId, ChannelId, ContactId, ConversationId, LabelId, TeamId
from scrm.model.analysis import Sentiment
from scrm.model.base import Record
from scrm.model.message import AuthorType, ContentType, MessageKind


class ConversationStatus(StrEnum):
    OPEN = "open"
    PENDING = "pending"  # waits for the customer
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


ACTIVE = (ConversationStatus.OPEN, ConversationStatus.PENDING)
"""What stands in an agent's list: what is put off leaves it as what is resolved does, and comes back by itself."""


class Priority(StrEnum):
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Grant(Record, kw_only=True):
    """Permission to reply, opened by an act of the customer. allowed None: without number."""

    trigger: str
    opened_at: datetime
    expires_at: datetime
    allowed: int | None
    used: int = 0


class Consent(Record, kw_only=True):
    """The customer's consent to messages of one template. left: how many; None: any number until taken back."""

    template_id: str
    left: int | None
    at: datetime


class ReplyWindow(Record, kw_only=True):
    """The ledger of replies a channel still permits. `unlimited`: the channel has no such rule.

    consents: beside the replies, and carried over to the contact's next conversation on the channel. noticed_at: when
    a template message that needs no consent of its own went out; None once the customer did anything after it.
    """

    unlimited: bool = True
    grants: tuple[Grant, ...] = ()
    consents: tuple[Consent, ...] = ()
    noticed_at: datetime | None = None


class Preview(Record, kw_only=True):
    """The line a list shows. `content` is cut to 120 characters."""

    kind: MessageKind
    content_type: ContentType
    content: str
    author_type: AuthorType
    at: datetime


class Mood(Record, kw_only=True):
    """Running mood of the customer in this conversation: recent messages weigh more. score as in `Analysis`."""

    sentiment: Sentiment = Sentiment.NEUTRAL
    score: float = 0.0
    messages: int = 0


class Servicing(Record, kw_only=True):
    """Who of the company has the customer on the platform itself, as the platform said or was told at `at`.

    servicer_id: as the platform names its people; "": the customer waits there for any of them; None: nobody there,
    the hub answers again.
    """

    servicer_id: str | None
    at: datetime


class Conversation(Record, kw_only=True):
    """One conversation.

    number: counts up over the workspace; what people call it (#5).
    last_position: position of its newest entry; 0 when empty.
    read_position: how far any agent has read it, where the customer is shown that (web chat); elsewhere 0.
    incoming_count: customers' messages so far; an agent's unread number is this minus the count at its last look.
    latest_sent_at, latest_sequence: the platform's order of the customer's newest message, to know a late one by.
    waiting_since: when the customer's first still unanswered message came; None when nobody waits.
    first_response_at: the first reply of a person or program to the customer.
    opened_at: when it was last opened or reopened.
    first_mood: score of the customer's first message that was read.
    servicing: None: it never left the hub. handle: under which the customer wrote last, who may have several on one
    channel; None: the newest of them.
    version: counts every change, for compare-and-set.
    """

    id: ConversationId
    number: int
    contact_id: ContactId
    channel_id: ChannelId
    status: ConversationStatus = ConversationStatus.OPEN
    assignee_id: AgentId | None = None
    team_id: TeamId | None = None
    priority: Priority = Priority.NORMAL
    labels: tuple[LabelId, ...] = ()
    category: str | None = None
    mood: Mood = Mood()
    window: ReplyWindow = ReplyWindow()
    preview: Preview | None = None
    last_position: int = 0
    read_position: int = 0
    incoming_count: int = 0
    latest_sent_at: datetime | None = None
    latest_sequence: int | None = None
    created_at: datetime
    last_activity_at: datetime
    waiting_since: datetime | None = None
    first_incoming_at: datetime | None = None
    first_response_at: datetime | None = None
    opened_at: datetime | None = None
    first_mood: float | None = None
    resolved_at: datetime | None = None
    snoozed_until: datetime | None = None
    routed_at: datetime | None = None
    servicing: Servicing | None = None
    handle: str | None = None
    version: int = 0

    @property
    def elsewhere(self) -> bool:
        """Whether the company's people on the platform have the customer, and nobody of the hub can answer."""
        return self.servicing is not None and self.servicing.servicer_id is not None
