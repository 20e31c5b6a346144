"""What the API shows where it is not a record of the model itself."""

from datetime import datetime

from scrm.ids import AgentId, ChannelId, ContactId, JournalId, LabelId, MessageId, TeamId, TokenId
from scrm.model.analysis import Category
from scrm.model.base import Record
from scrm.model.channel import Capabilities, ChannelState, ChannelType
from scrm.model.contact import Contact, Identity
from scrm.model.conversation import Conversation
from scrm.model.message import Message, MessageStatus
from scrm.model.people import Availability, CannedReply, Label, Role, Team
from scrm.model.work import JournalState
from scrm.ports.flow import Deadline, WindowView


class AgentView(Record, kw_only=True):
    """An agent without the password. picture: the id of a file, to be read as an attachment."""

    id: AgentId
    login: str
    name: str
    public_name: str | None
    picture: str | None
    role: Role
    availability: Availability
    capacity: int
    team_ids: tuple[TeamId, ...]
    locale: str
    theme: str
    disabled: bool
    created_at: datetime
    updated_at: datetime
    open_conversations: int


class WorkspaceView(Record, kw_only=True):
    """public_url: what webhook addresses begin with; None: the address the browser used."""

    name: str
    time_zone: str
    version: str
    demo: bool
    public_url: str | None = None


class SessionView(Record, kw_only=True):
    """csrf: goes into the header X-CSRF-Token of every request that changes something."""

    agent: AgentView
    csrf: str
    workspace: WorkspaceView


class ChannelView(Record, kw_only=True):
    """A channel without its secrets: they are "" in settings, and secrets_set names those that have a value.

    Below the role admin, settings are empty.
    """

    id: ChannelId
    type: str
    name: str
    state: ChannelState
    settings: dict[str, str]
    secrets_set: tuple[str, ...]
    webhook_path: str
    created_at: datetime
    updated_at: datetime
    last_received_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    capabilities: Capabilities


class Bootstrap(Record, kw_only=True):
    """What a client needs before it shows anything. me is null for an API token. former_categories: names of codes that
    older messages carry and none is given any more."""

    agents: list[AgentView]
    teams: list[Team]
    labels: list[Label]
    canned_replies: list[CannedReply]
    channels: list[ChannelView]
    channel_types: list[ChannelType]
    categories: list[Category]
    former_categories: list[Category]
    me: AgentView | None


class ContactBrief(Record, kw_only=True):
    id: ContactId
    name: str
    avatar_url: str | None
    vip: bool
    labels: tuple[LabelId, ...]


class ChannelBrief(Record, kw_only=True):
    """name and type are "" once the channel is deleted."""

    id: ChannelId
    name: str
    type: str


class ConversationView(Conversation, kw_only=True):
    """A conversation as a list shows it. unread: the caller's own number. window: computed at this moment. deadline:
    what is due next of what was promised; null where nothing is."""

    contact: ContactBrief
    channel: ChannelBrief
    unread: int
    deadline: Deadline | None
    # The ledger behind it is the hub's affair: callers get what follows from it.
    window: WindowView | None  # type: ignore[assignment]


class MessagePage(Record, kw_only=True):
    """Ascending by position. next: a position to go on with in the direction asked for (as after_position, or as
    before_position when older ones are read), null when there is no more. last_position: of the conversation."""

    items: list[Message]
    next: str | None
    last_position: int


class ContactView(Contact, kw_only=True):
    identities: tuple[Identity, ...]
    conversations_count: int
    first_seen: datetime


class Shown(Record, kw_only=True):
    """The piece of a found message that says why it was found. marks: what to highlight in `text`, each from and to
    (not included), counted in UTF-16 units as a browser does. cut_before, cut_after: the text goes on there."""

    text: str
    marks: list[tuple[int, int]]
    cut_before: bool = False
    cut_after: bool = False


class FoundMessage(Record, kw_only=True):
    message: Message
    contact: ContactBrief
    shown: Shown


class SearchView(Record, kw_only=True):
    """People (first page only) and messages, best first.

    next: where to look further, null when there is nothing more to show. total: how many messages match, null where
    that would take looking at each of them (a phrase, a label, an assignee). whole: False while the index is being
    rebuilt, or when time ran out before its oldest part.
    """

    contacts: list[ContactBrief]
    messages: list[FoundMessage]
    next: str | None
    total: int | None
    whole: bool


class CheckView(Record, kw_only=True):
    ok: bool
    detail: str


class TestView(Record, kw_only=True):
    """What became of a test message; code: a `SendErrorCode` where it failed."""

    message_id: MessageId
    status: MessageStatus
    code: str
    detail: str


class TokenView(Record, kw_only=True):
    id: TokenId
    name: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None


class TokenCreated(TokenView, kw_only=True):
    """token: shown this once; the hub keeps only its digest."""

    token: str


class JournalView(Record, kw_only=True):
    """size in bytes. body: of failed entries only, as text."""

    id: JournalId
    channel_id: ChannelId
    state: JournalState
    received_at: datetime
    attempts: int
    error: str | None
    size: int
    body: str | None


class EvidenceView(Record, kw_only=True):
    """A fact behind a number. value: seconds of the two times, the score of mood, else 1."""

    conversation: ConversationView
    message: Message | None
    value: float
    at: datetime
