"""All of storage behind one door: `open_stores`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from scrm.clock import Clock, SystemClock
from scrm.errors import StartupError
from scrm.ids import IdFactory
from scrm.ports.services import BlobStore
from scrm.ports.stores import (
    AccountStore,
    AgentStore,
    AlertRuleStore,
    AnswerStore,
    ApiTokenStore,
    CannedReplyStore,
    ChannelStore,
    ContactStore,
    ConversationStore,
    CorrectionStore,
    DestinationStore,
    EvaluationStore,
    ExampleStore,
    IncidentStore,
    JournalStore,
    LabelStore,
    LeaseStore,
    MentionStore,
    MessageStore,
    MonitorStore,
    NoticeStore,
    OutboxStore,
    PullStore,
    ReadMarkStore,
    ReportPlanStore,
    ReportStore,
    SavedBoardStore,
    SavedViewStore,
    SearchStore,
    SessionStore,
    SourceStore,
    TaskStore,
    TaxonomyStore,
    TeamStore,
    TokenStore,
    TopicStore,
    WordListStore,
    WordRecordStore,
    WorkspaceStore,
)
from scrm.storage import indexes, migrations
from scrm.storage.accounts import MongoAccounts
from scrm.storage.alerts import (
    MongoAlertRules,
    MongoDestinations,
    MongoIncidents,
    MongoNotices,
    MongoReportPlans,
)
from scrm.storage.backup import refuse_half_restored
from scrm.storage.blobs import MongoBlobs
from scrm.storage.changes import Feed, Subscription
from scrm.storage.channels import MongoChannels, MongoTokens
from scrm.storage.client import Client, check_clock, check_promises, check_server, connect, database_of
from scrm.storage.contacts import MongoContacts
from scrm.storage.conversations import MongoConversations
from scrm.storage.faults import translated
from scrm.storage.journal import MongoJournal
from scrm.storage.mentions import MongoMentions, MongoMonitors, MongoSources
from scrm.storage.messages import MongoMessages
from scrm.storage.people import (
    MongoAgents,
    MongoApiTokens,
    MongoCannedReplies,
    MongoLabels,
    MongoReadMarks,
    MongoSavedBoards,
    MongoSavedViews,
    MongoSessions,
    MongoTeams,
    MongoWorkspace,
)
from scrm.storage.reports import MongoReports
from scrm.storage.search import MongoSearch
from scrm.storage.shelf import Database
from scrm.storage.taxonomy import MongoCorrections, MongoEvaluations, MongoExamples, MongoTaxonomies
from scrm.storage.topics import MongoTopics
from scrm.storage.transaction import Transactions
from scrm.storage.vault import Vault, VaultError
from scrm.storage.words import MongoAnswers, MongoWordLists, MongoWordRecords
from scrm.storage.work import MongoLeases, MongoOutbox, MongoPulls, MongoTasks

T = TypeVar("T")

# A known text under the vault's key, so that a wrong key is noticed at the start and not at the first message.
_KEY_CHECK = "vault_check"


class MongoStores:
    """`scrm.ports.stores.Stores` on MongoDB or the embedded server."""

    def __init__(self, client: Client, database: Database, vault: Vault, clock: Clock) -> None:
        self.database = database
        self._client = client
        self._transactions = Transactions(client)
        journal = MongoJournal(database, clock)
        self.journal: JournalStore = journal
        channels = MongoChannels(database, vault)
        self.channels: ChannelStore = channels
        self.contacts: ContactStore = MongoContacts(database, clock)
        self.conversations: ConversationStore = MongoConversations(database, clock)
        search = MongoSearch(database, clock, self._transactions)
        self.search: SearchStore = search
        self.messages: MessageStore = MongoMessages(database, clock, self._transactions, search.queue)
        outbox = MongoOutbox(database)
        self.outbox: OutboxStore = outbox
        tasks = MongoTasks(database)
        self.tasks: TaskStore = tasks
        self.pulls: PullStore = MongoPulls(database)
        self.leases: LeaseStore = MongoLeases(database)
        self.tokens: TokenStore = MongoTokens(database, vault)
        self.agents: AgentStore = MongoAgents(database)
        self.sessions: SessionStore = MongoSessions(database)
        self.api_tokens: ApiTokenStore = MongoApiTokens(database)
        self.teams: TeamStore = MongoTeams(database)
        self.labels: LabelStore = MongoLabels(database)
        self.canned_replies: CannedReplyStore = MongoCannedReplies(database)
        self.accounts: AccountStore = MongoAccounts(database, clock)
        self.word_lists: WordListStore = MongoWordLists(database)
        self.word_records: WordRecordStore = MongoWordRecords(database, clock)
        self.answers: AnswerStore = MongoAnswers(database)
        self.read_marks: ReadMarkStore = MongoReadMarks(database)
        self.saved_views: SavedViewStore = MongoSavedViews(database)
        self.saved_boards: SavedBoardStore = MongoSavedBoards(database)
        self.reports: ReportStore = MongoReports(database, clock, self._transactions)
        self.topics: TopicStore = MongoTopics(database, clock, self._transactions)
        self.destinations: DestinationStore = MongoDestinations(database, vault)
        self.notices: NoticeStore = MongoNotices(database, clock)
        self.alert_rules: AlertRuleStore = MongoAlertRules(database)
        self.report_plans: ReportPlanStore = MongoReportPlans(database)
        self.incidents: IncidentStore = MongoIncidents(database)
        self.mentions: MentionStore = MongoMentions(database, clock, self._transactions)
        self.mention_sources: SourceStore = MongoSources(database, vault)
        self.monitors: MonitorStore = MongoMonitors(database, clock, self._transactions)
        self.workspace: WorkspaceStore = MongoWorkspace(database)
        self.taxonomies: TaxonomyStore = MongoTaxonomies(database)
        self.examples: ExampleStore = MongoExamples(database)
        self.corrections: CorrectionStore = MongoCorrections(database, clock)
        self.evaluations: EvaluationStore = MongoEvaluations(database)
        self.blobs: BlobStore = MongoBlobs(database)
        self._counted = (journal, outbox, tasks)
        self._feed = Feed(database, channels.open)

    async def transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        return await self._transactions.run(work)

    def changes(self) -> Subscription:
        """Registered when this returns. A `Gap` comes first where the stream had to be opened for it."""
        return self._feed.subscribe()

    async def ping(self) -> None:
        with translated():
            await self._client.admin.command("ping")

    async def stats(self) -> Mapping[str, int]:
        numbers: dict[str, int] = {}
        for store in self._counted:
            numbers |= await store.numbers()
        return numbers

    async def close(self) -> None:
        await self._feed.close()
        await self._client.close()


async def open_stores(
    url: str, *, database: str, key: bytes, clock: Clock, ids: IdFactory, old_keys: Sequence[bytes] = ()
) -> MongoStores:
    """Connect, check, migrate and index. key: 32 bytes that seal secrets; old_keys: still opened, never sealed with.

    Raises StartupError with one sentence for the person at the terminal.
    """
    vault = Vault((key, *old_keys))
    client = connect(url)
    try:
        await check_server(client, url)
        await check_clock(client, SystemClock())  # the machine's, whatever clock the hub is given
        place = database_of(client, database)
        await refuse_half_restored(place)
        await migrations.refuse_newer(place)
        await check_promises(place)
        await indexes.apply(place)
        await migrations.migrate(place, clock, ids)
        stores = MongoStores(client, place, vault, clock)
        await _check_key(stores, vault)
    except BaseException:
        await client.close()
        raise
    return stores


async def _check_key(stores: MongoStores, vault: Vault) -> None:
    stored = await stores.workspace.get(_KEY_CHECK)
    if stored is not None:
        try:
            vault.open(bytes.fromhex(stored), _KEY_CHECK)
        except (VaultError, ValueError) as error:
            raise StartupError(
                "The secrets in this database were sealed with another key: start the hub with the key file that "
                "belongs to it."
            ) from error
    if stored is None or not stored.startswith((b"\x01" + vault.key_id).hex()):
        await stores.workspace.put(_KEY_CHECK, vault.seal(b"scrm", _KEY_CHECK).hex())
