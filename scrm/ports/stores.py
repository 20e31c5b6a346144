"""What storage offers: one store a collection, transactions over all of them, and a feed of changes.

Every method raises StoreUnavailable when the database cannot be reached, and nothing else that is not named here.
Acknowledged means majority and journalled. Methods called inside `Stores.transaction` belong to it by themselves.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from scrm.ids import (
    AgentId,
    CannedReplyId,
    ChannelId,
    ContactId,
    ConversationId,
    JournalId,
    LabelId,
    MessageId,
    TaskId,
    TeamId,
    TokenId,
)
from scrm.model.analysis import Analysis, AnalysisState
from scrm.model.base import Record
from scrm.model.channel import Channel
from scrm.model.contact import Contact, Identity, IdentityScope
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import Attachment, Message, MessageStatus, SendFailure
from scrm.model.people import Agent, ApiToken, CannedReply, Label, ReadMark, Session, Team
from scrm.model.reports import Metric, ReportEvent, ReportFilter, Rollup
from scrm.model.work import JournalEntry, JournalState, Lease, OutboxEntry, Task, TaskKind
from scrm.ports.services import BlobStore

T = TypeVar("T")


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
    """Of conversations that are not resolved."""

    mine: int
    unassigned: int
    all: int


class EvidenceQuery(Record, kw_only=True):
    """The report events behind a number. category "none": events without one."""

    metric: Metric
    filter: ReportFilter
    category: str | None = None
    sentiment: str | None = None


class Reading(Record, kw_only=True):
    """What became of the reading of a message: done with an analysis, or failed without."""

    message_id: MessageId
    state: AnalysisState
    analysis: Analysis | None


class JournalStore(Protocol):
    async def append(self, entries: Sequence[JournalEntry]) -> frozenset[JournalId]:
        """Store what is new; the ids of those stored before (same channel and dedupe_key) are left out of the answer.
        On disk when it returns."""
        ...

    async def pending(self, partition: int, limit: int) -> list[JournalEntry]:
        """Oldest first."""
        ...

    async def finish(self, entry_ids: Sequence[JournalId], at: datetime) -> None: ...

    async def fail(self, entry_id: JournalId, error: str, at: datetime) -> None: ...

    async def count_attempt(self, entry_id: JournalId, error: str) -> None:
        """The entry stays pending after a passing fault."""
        ...

    async def get(self, entry_id: JournalId) -> JournalEntry | None: ...

    async def page(
        self, state: JournalState, *, channel_id: ChannelId | None, after: Page | None, limit: int
    ) -> list[JournalEntry]:
        """Newest first; Page.at is received_at."""
        ...

    async def replay(self, entry_id: JournalId) -> bool:
        """Failed to pending again; False when it is not failed."""
        ...

    async def forget_before(self, before: datetime, limit: int) -> int:
        """Delete done entries received before; how many. Duplicates older than that would be taken for new."""
        ...


class ChannelStore(Protocol):
    """Seals `settings` at rest."""

    async def get(self, channel_id: ChannelId) -> Channel | None: ...

    async def all(self) -> list[Channel]: ...

    async def insert(self, channel: Channel) -> None: ...

    async def save(self, channel: Channel) -> None: ...

    async def delete(self, channel_id: ChannelId) -> bool: ...

    async def note_received(self, channel_id: ChannelId, at: datetime) -> None: ...

    async def note_error(self, channel_id: ChannelId, error: str | None, at: datetime) -> None: ...


class ContactStore(Protocol):
    async def get(self, contact_id: ContactId) -> Contact | None: ...

    async def get_many(self, contact_ids: Collection[ContactId]) -> dict[ContactId, Contact]: ...

    async def insert(self, contact: Contact) -> None: ...

    async def save(self, contact: Contact) -> None: ...

    async def page(self, *, after: Page | None, limit: int) -> list[Contact]:
        """Newest `created_at` first."""
        ...

    async def search(self, text: str, limit: int) -> list[Contact]:
        """By name (any part, pinyin, initials), phone or e-mail."""
        ...

    async def identity(self, scope: IdentityScope, realm: str, value: str) -> Identity | None: ...

    async def identities(self, contact_id: ContactId) -> list[Identity]: ...

    async def handle(self, contact_id: ContactId, channel_id: ChannelId) -> str | None:
        """The contact's handle on a channel."""
        ...

    async def add_identity(self, identity: Identity) -> None:
        """Raises Duplicate when the handle belongs to somebody."""
        ...


class ConversationStore(Protocol):
    async def get(self, conversation_id: ConversationId) -> Conversation | None: ...

    async def get_many(self, ids: Collection[ConversationId]) -> dict[ConversationId, Conversation]: ...

    async def latest(self, contact_id: ContactId, channel_id: ChannelId) -> Conversation | None:
        """The contact's unresolved conversation on the channel (there is one at the most), else the newest."""
        ...

    async def of_contact(self, contact_id: ContactId, limit: int) -> list[Conversation]:
        """Newest activity first."""
        ...

    async def insert(self, conversation: Conversation) -> None:
        """Raises Duplicate when the contact has an unresolved one on the channel."""
        ...

    async def save(self, conversation: Conversation) -> Conversation:
        """Write it whole, if nobody wrote since it was read (`version`); the stored one, its version counted up.
        Raises Stale."""
        ...

    async def page(self, query: ConversationQuery, *, after: Page | None, limit: int) -> list[Conversation]:
        """Newest activity first; Page.at is last_activity_at."""
        ...

    async def counts(self, agent_id: AgentId | None) -> Counts: ...

    async def open_counts(self) -> dict[AgentId, int]:
        """Open conversations of each agent that has any."""
        ...

    async def unassigned(self, limit: int) -> list[Conversation]:
        """Open ones without assignee, longest waiting first."""
        ...

    async def waking(self, now: datetime, limit: int) -> list[Conversation]:
        """Snoozed ones whose time has come."""
        ...

    async def next_number(self) -> int: ...

    async def count_of_channel(self, channel_id: ChannelId) -> int: ...


class MessageStore(Protocol):
    async def insert(self, *messages: Message) -> None:
        """All in one round trip. Raises Duplicate on a known external id of the channel, or client id or position of
        the conversation; outside a transaction those before it may then be stored."""
        ...

    async def get(self, message_id: MessageId) -> Message | None: ...

    async def get_many(self, ids: Collection[MessageId]) -> dict[MessageId, Message]: ...

    async def by_external_id(self, channel_id: ChannelId, external_id: str) -> Message | None: ...

    async def by_client_id(self, conversation_id: ConversationId, client_id: str) -> Message | None: ...

    async def by_attachment(self, attachment_id: str) -> Message | None: ...

    async def thread(self, conversation_id: ConversationId, *, after: int, until: int) -> list[Message]:
        """Entries with after < position <= until, by position. At most 500: ask for windows."""
        ...

    async def timeline(self, contact_id: ContactId, *, before: Page | None, limit: int) -> list[Message]:
        """Over all conversations, newest first; Page.at is occurred_at."""
        ...

    async def search(self, terms: Sequence[str], text: str, limit: int) -> list[Message]:
        """Messages that hold every term and the text, newest first."""
        ...

    async def set_analyses(self, readings: Sequence[Reading]) -> None:
        """Only of messages that are pending: the first reading stands."""
        ...

    async def set_status(
        self,
        message_id: MessageId,
        status: MessageStatus,
        *,
        failure: SendFailure | None = None,
        external_ids: tuple[str, ...] | None = None,
        only_from: MessageStatus | None = None,
    ) -> Message | None:
        """Only forward (`STATUS_RANK`: to a higher rank, or within rank 0; failure is replaced as well), and only from
        `only_from` where that is given; None when it was not. Raises Duplicate when another message of the channel has
        one of the external ids."""
        ...

    async def requeue(self, message_id: MessageId) -> Message | None:
        """Failed or unknown back to queued, because an agent decided; None when it was neither. The platform's ids of
        the earlier try are forgotten: what it says of them is not about the new one."""
        ...

    async def set_attachment(self, message_id: MessageId, attachment: Attachment) -> Message | None: ...


class OutboxStore(Protocol):
    async def insert(self, entry: OutboxEntry) -> None: ...

    async def get(self, message_id: MessageId) -> OutboxEntry | None: ...

    async def waiting(self, partition: int) -> list[OutboxEntry]:
        """Every entry of the partition that is not done, by conversation and order; those not due included."""
        ...

    async def begin(self, message_id: MessageId) -> bool:
        """waiting to sending, counting an attempt; False when somebody else took it."""
        ...

    async def part_sent(self, message_id: MessageId, parts_sent: int, external_id: str) -> None: ...

    async def postpone(self, message_id: MessageId, due_at: datetime) -> None:
        """sending to waiting."""
        ...

    async def delete(self, message_id: MessageId) -> None: ...


class TaskStore(Protocol):
    async def add(self, tasks: Sequence[Task]) -> None:
        """A task that stands already (kind, subject) is left as it is."""
        ...

    async def due(self, partition: int, now: datetime, limit: int, *, asks_platform: bool) -> list[Task]:
        """Not failed, due, oldest first; those whose kind asks a platform, or those whose does not."""
        ...

    async def delete(self, task_ids: Sequence[TaskId]) -> None: ...

    async def postpone(self, task_id: TaskId, due_at: datetime, error: str) -> None:
        """Counts an attempt."""
        ...

    async def fail(self, task_id: TaskId, error: str) -> None: ...

    async def failed(self, kind: TaskKind | None, limit: int) -> list[Task]: ...


class LeaseStore(Protocol):
    async def acquire(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take or renew: True when it was free, expired or the owner's own."""
        ...

    async def release(self, name: str, owner: str) -> None: ...

    async def held(self, now: datetime) -> list[Lease]: ...


class TokenStore(Protocol):
    """Access tokens of platforms, sealed at rest."""

    async def get(self, key: str) -> tuple[str, datetime] | None: ...

    async def put(self, key: str, value: str, expires_at: datetime) -> None: ...


class AgentStore(Protocol):
    async def get(self, agent_id: AgentId) -> Agent | None: ...

    async def by_login(self, login: str) -> Agent | None: ...

    async def all(self) -> list[Agent]: ...

    async def insert(self, agent: Agent) -> None:
        """Raises Duplicate on a taken login."""
        ...

    async def save(self, agent: Agent) -> None: ...


class SessionStore(Protocol):
    async def get(self, session_id: str) -> Session | None: ...

    async def insert(self, session: Session) -> None: ...

    async def delete(self, session_id: str) -> None: ...

    async def delete_of(self, agent_id: AgentId) -> None: ...


class ApiTokenStore(Protocol):
    async def by_digest(self, digest: str) -> ApiToken | None: ...

    async def all(self) -> list[ApiToken]: ...

    async def insert(self, token: ApiToken) -> None: ...

    async def delete(self, token_id: TokenId) -> bool: ...

    async def note_used(self, token_id: TokenId, at: datetime) -> None: ...


class TeamStore(Protocol):
    async def all(self) -> list[Team]: ...

    async def save(self, team: Team) -> None: ...

    async def delete(self, team_id: TeamId) -> bool: ...


class LabelStore(Protocol):
    async def all(self) -> list[Label]: ...

    async def save(self, label: Label) -> None:
        """Raises Duplicate on a taken name."""
        ...

    async def delete(self, label_id: LabelId) -> bool: ...


class CannedReplyStore(Protocol):
    async def all(self) -> list[CannedReply]: ...

    async def save(self, reply: CannedReply) -> None:
        """Raises Duplicate on a taken shortcut."""
        ...

    async def delete(self, reply_id: CannedReplyId) -> bool: ...


class ReadMarkStore(Protocol):
    async def save(self, mark: ReadMark) -> None:
        """Marks only move forward."""
        ...

    async def of_agent(self, agent_id: AgentId, ids: Collection[ConversationId]) -> dict[ConversationId, ReadMark]: ...


class ReportStore(Protocol):
    async def record(self, events: Sequence[ReportEvent]) -> None:
        """Keep the events that are new and add them to their rollups, in one transaction."""
        ...

    async def rollups(self, report_filter: ReportFilter, metrics: Collection[Metric]) -> list[Rollup]: ...

    async def values(self, report_filter: ReportFilter, metric: Metric) -> list[float]:
        """Each event's value, in no order."""
        ...

    async def events(self, query: EvidenceQuery, *, after: Page | None, limit: int) -> list[ReportEvent]:
        """Newest first; Page.at is `at`."""
        ...


class WorkspaceStore(Protocol):
    """Small settings of the workspace itself, by name."""

    async def get(self, name: str) -> str | None: ...

    async def put(self, name: str, value: str) -> None: ...


class Change(Record, kw_only=True):
    """Something in the database is new or different. record: as it is now; None when it is gone."""

    kind: Literal["message", "conversation", "agent", "channel", "journal", "outbox"]
    id: str
    record: Message | Conversation | Agent | Channel | None = None
    partition: int | None = None  # of journal and outbox changes, which carry no record


class Gap(Record, kw_only=True):
    """The feed lost its place (the database restarted, or the watcher fell behind): read again what you show."""


class Stores(Protocol):
    """All of storage behind one door."""

    journal: JournalStore
    channels: ChannelStore
    contacts: ContactStore
    conversations: ConversationStore
    messages: MessageStore
    outbox: OutboxStore
    tasks: TaskStore
    leases: LeaseStore
    tokens: TokenStore
    agents: AgentStore
    sessions: SessionStore
    api_tokens: ApiTokenStore
    teams: TeamStore
    labels: LabelStore
    canned_replies: CannedReplyStore
    read_marks: ReadMarkStore
    reports: ReportStore
    workspace: WorkspaceStore
    blobs: BlobStore

    async def transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` so that all its writes happen or none. `work` runs again, from its start, when it met a
        conflict or raised Stale, so it must have no effect outside the stores. Raises what `work` raises (then
        nothing was written), or StoreUnavailable when it could not be committed.
        """
        ...

    def changes(self) -> AsyncIterator[Change | Gap]:
        """Every change from now on, of any process, with no end; survives a restart of the database.

        The first item is a Gap, given when the feed stands: what is read after it, plus the feed, misses nothing.
        """
        ...

    async def ping(self) -> None:
        """Raises StoreUnavailable."""
        ...

    async def stats(self) -> Mapping[str, int]:
        """Numbers for /metrics: journal_pending, journal_failed, outbox_waiting, tasks_waiting, tasks_failed."""
        ...
