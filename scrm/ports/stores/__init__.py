"""What storage offers: one store a collection, transactions over all of them, and a feed of changes.

Every method raises StoreUnavailable when the database cannot be reached, and nothing else that is not named here.
Acknowledged means majority and journalled. Methods called inside `Stores.transaction` belong to it by themselves.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Protocol, TypeVar

from scrm.ports.services import BlobStore
from scrm.ports.stores.accounts import AccountStore
from scrm.ports.stores.alerts import AlertRuleStore, DestinationStore, IncidentStore, NoticeStore, ReportPlanStore
from scrm.ports.stores.feed import Change, Gap
from scrm.ports.stores.mentions import MentionStore, MonitorStore, SourceStore
from scrm.ports.stores.people import (
    AgentStore,
    ApiTokenStore,
    CannedReplyStore,
    LabelStore,
    ReadMarkStore,
    SavedBoardStore,
    SavedViewStore,
    SessionStore,
    TeamStore,
    WorkspaceStore,
)
from scrm.ports.stores.queries import ConversationQuery, Counts, EvidenceQuery, Page, Reading, Standing
from scrm.ports.stores.reports import ReportStore
from scrm.ports.stores.search import SearchStore
from scrm.ports.stores.taxonomy import CorrectionStore, EvaluationStore, ExampleStore, TaxonomyStore
from scrm.ports.stores.timeline import ChannelStore, ContactStore, ConversationStore, MessageStore
from scrm.ports.stores.topics import TopicStore
from scrm.ports.stores.words import AnswerStore, WordListStore, WordRecordStore
from scrm.ports.stores.work import JournalStore, LeaseStore, OutboxStore, PullStore, TaskStore, TokenStore

__all__ = [
    "AccountStore",
    "AgentStore",
    "AlertRuleStore",
    "AnswerStore",
    "ApiTokenStore",
    "CannedReplyStore",
    "Change",
    "ChannelStore",
    "ContactStore",
    "ConversationQuery",
    "ConversationStore",
    "CorrectionStore",
    "Counts",
    "DestinationStore",
    "EvaluationStore",
    "EvidenceQuery",
    "ExampleStore",
    "Gap",
    "IncidentStore",
    "JournalStore",
    "LabelStore",
    "LeaseStore",
    "MentionStore",
    "MessageStore",
    "MonitorStore",
    "NoticeStore",
    "OutboxStore",
    "Page",
    "PullStore",
    "ReadMarkStore",
    "Reading",
    "ReportPlanStore",
    "ReportStore",
    "SavedBoardStore",
    "SavedViewStore",
    "SearchStore",
    "SessionStore",
    "SourceStore",
    "Standing",
    "Stores",
    "TaskStore",
    "TaxonomyStore",
    "TeamStore",
    "TokenStore",
    "TopicStore",
    "WordListStore",
    "WordRecordStore",
    "WorkspaceStore",
]

T = TypeVar("T")


class Stores(Protocol):
    """All of storage behind one door."""

    journal: JournalStore
    channels: ChannelStore
    contacts: ContactStore
    conversations: ConversationStore
    messages: MessageStore
    outbox: OutboxStore
    tasks: TaskStore
    pulls: PullStore
    leases: LeaseStore
    tokens: TokenStore
    agents: AgentStore
    sessions: SessionStore
    api_tokens: ApiTokenStore
    teams: TeamStore
    labels: LabelStore
    canned_replies: CannedReplyStore
    accounts: AccountStore
    word_lists: WordListStore
    word_records: WordRecordStore
    answers: AnswerStore
    read_marks: ReadMarkStore
    saved_views: SavedViewStore
    saved_boards: SavedBoardStore
    reports: ReportStore
    search: SearchStore
    topics: TopicStore
    destinations: DestinationStore
    notices: NoticeStore
    alert_rules: AlertRuleStore
    report_plans: ReportPlanStore
    incidents: IncidentStore
    mentions: MentionStore
    mention_sources: SourceStore
    monitors: MonitorStore
    workspace: WorkspaceStore
    taxonomies: TaxonomyStore
    examples: ExampleStore
    corrections: CorrectionStore
    evaluations: EvaluationStore
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
