"""The hub at work: all of `flow` put together, behind the one face the web room knows (`scrm.ports.flow.Hub`)."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from aiohttp import ClientSession
from msgspec.structs import replace

from scrm.clock import Clock, end_tasks
from scrm.errors import NotFound, SendError
from scrm.flow import window
from scrm.flow.accounts import AccountDesk
from scrm.flow.adapters import Adapters
from scrm.flow.answers import Answers
from scrm.flow.change import Changes
from scrm.flow.enrich import Enrich
from scrm.flow.entrance import Entrances
from scrm.flow.exchanges import Exchanges
from scrm.flow.handover import HandOver
from scrm.flow.ingest import Ingest
from scrm.flow.journal import Journal
from scrm.flow.lanes import FETCH, INGEST, OUTBOX, PULL, TASKS, Following, Intake, Rings, held
from scrm.flow.levels import Levels
from scrm.flow.media import Media
from scrm.flow.merging import MergeDesk
from scrm.flow.outbox import Outbox
from scrm.flow.partitions import GRACE_SECONDS, Claim, Lane, Partitions
from scrm.flow.people import People, handle_of
from scrm.flow.polling import RELEASE_SECONDS, Polling
from scrm.flow.pump import Pump
from scrm.flow.reading import Reader
from scrm.flow.receipts import Receipts
from scrm.flow.reply import Replies
from scrm.flow.report import Reporter
from scrm.flow.routing import Routing
from scrm.flow.servicers import ServicerDesk
from scrm.flow.tags import Tags
from scrm.flow.tasks import Tasks
from scrm.flow.templates import Automatic
from scrm.flow.timers import Timers
from scrm.flow.tokens import LeasedTokens
from scrm.flow.upkeep import Upkeep
from scrm.flow.words import Words
from scrm.ids import AgentId, ChannelId, ContactId, ConversationId, IdFactory, JournalId, MessageId, TaskId
from scrm.model.answers import Suggestion
from scrm.model.base import Record
from scrm.model.channel import Channel
from scrm.model.conversation import Conversation
from scrm.model.message import Attachment, Author, Message
from scrm.model.people import Agent, Availability
from scrm.model.service import ServiceSettings
from scrm.model.work import PARTITIONS, JournalEntry, Task
from scrm.ports.abilities import SendsTyping, TypesBelow
from scrm.ports.accounts import Accounts
from scrm.ports.channel import ChannelTypes, WebhookReply, WebhookRequest
from scrm.ports.flow import ConversationChange, Deadline, WindowView
from scrm.ports.merging import Merging
from scrm.ports.servicers import Servicers
from scrm.ports.services import Analyser
from scrm.ports.stores import Stores
from scrm.ports.texts import Texts

log = structlog.get_logger(__name__)

# Readings wait this long for more of the same customers: an agent sees the words first, and what is read together is
# stored together, at half the database's work.
GATHERS_SECONDS = 0.2


class FlowSettings(Record, kw_only=True):
    """owner: this process's name among all that share the database; new at every start.

    abreast: steps that take in or read messages at the same time. Few, so that a journal write, which a platform waits
    for, finds a database that is not busy with what can wait.
    hooks: the address before a channel's id at which platforms reach the hub; None: nobody said they do. files: the
    address before that of a file which a platform may fetch. workspace: its name, for customers.
    """

    owner: str
    zone: ZoneInfo
    reopen_within: timedelta = timedelta(hours=24)
    media_limit: int = 50 * 1024 * 1024
    journal_keep: timedelta = timedelta(days=30)
    abreast: int = 8
    works: bool = True  # False: only answers requests; other processes do the work
    hooks: str | None = None
    files: str | None = None
    workspace: str = "SCRM"


class FlowHub:
    def __init__(
        self,
        settings: FlowSettings,
        stores: Stores,
        channel_types: ChannelTypes,
        analyser: Analyser,
        session: ClientSession,
        clock: Clock,
        ids: IdFactory,
        *,
        texts: Texts | None = None,
        jitter: random.Random | None = None,
    ) -> None:
        """texts None: the hub looks for no words and suggests nothing."""
        reporter = Reporter(settings.zone)
        tokens = LeasedTokens(stores.tokens, stores.leases, clock, settings.owner)
        self._settings = settings
        self._stores = stores
        self._clock = clock
        self._bells = Rings()
        self._adapters = Adapters(stores.channels, channel_types, clock, session, tokens)
        people = People(stores, self._adapters, ids)
        automatic = Automatic(stores, settings.zone, settings.workspace)
        receipts = Receipts(stores, automatic, self._bells.for_reply, clock, ids)
        words = Words(stores, texts, clock, ids)
        self._reader = Reader(analyser, words)
        self._ids = ids
        self._answers = Answers(stores, texts, clock, settings.owner, learns=settings.works)
        handover = HandOver(stores, self._adapters, clock, ids, self._bells.for_tasks)
        self._routing = Routing(stores, handover, reporter, clock, ids)
        self._exchanges = Exchanges(stores.channels, clock)
        self._journal = Journal(
            stores.journal, self._adapters, clock, ids, self._bells.for_journal, exchanges=self._exchanges
        )
        self._pump = Pump(stores, self._adapters, self._journal, clock, self._bells.for_pull, exchanges=self._exchanges)
        self._polling = Polling(stores, self._adapters, self._journal, clock, settings.owner, hooks=settings.hooks)
        self._tags = Tags(stores, self._adapters, clock, ids, self._bells.for_tasks)
        self._ingest = Ingest(
            stores,
            self._adapters,
            people,
            receipts,
            Entrances(stores, people, ids),
            self._tags,
            self._pump,
            self._reader,
            words,
            reporter,
            clock,
            ids,
            reopen_within=settings.reopen_within,
            made=self._bells.for_tasks,
        )
        self._tasks = Tasks(
            stores,
            self._adapters,
            people,
            receipts,
            Enrich(stores, analyser, words, reporter, clock, ids),
            self._routing,
            Media(stores, self._adapters, limit=settings.media_limit),
            handover,
            self._tags,
            clock,
        )
        self._outbox = Outbox(
            stores,
            self._adapters,
            automatic,
            clock,
            jitter or random.SystemRandom(),
            settings.owner,
            exchanges=self._exchanges,
            files=settings.files,
        )
        self._levels = Levels(stores, settings.zone, clock)
        self._replies = Replies(stores, self._adapters, words, reporter, self._levels, automatic, clock, ids)
        self._desk = AccountDesk(stores, self._adapters, self._replies, clock, ids, self._bells.for_reply)
        self._merging = MergeDesk(stores, self._adapters, clock, ids)
        self._servicers = ServicerDesk(stores, self._adapters, handover, clock, ids)
        self._changes = Changes(stores, handover, reporter, self._levels, clock, ids)
        self._timers = Timers(
            stores, self._changes, self._routing, self._pump, clock, settings.owner, settings.journal_keep
        )
        self._upkeep = Upkeep(stores, self._adapters, self._pump, self._polling, self._exchanges, self._bells, clock)
        self._following = Following(stores, self._adapters, self._polling, self._journal, self._bells)
        self._ingest_step = Intake(stores, self._ingest).step
        # A gate each: whatever holds up reading must not hold up taking in.
        abreast = partial(asyncio.Semaphore, settings.abreast)
        lanes = [
            Lane(name=INGEST, step=self._ingest_step, due=stores.journal.waiting_in, gate=abreast()),
            Lane(name=PULL, step=self._pump.step, due=self._pump.due_in),
            Lane(
                name=TASKS,
                step=self._tasks.read_step,
                due=partial(self._tasks.due_in, asks_platform=False),
                gate=abreast(),
                gathers=GATHERS_SECONDS,
            ),
            Lane(name=FETCH, step=self._tasks.fetch_step, due=partial(self._tasks.due_in, asks_platform=True)),
            Lane(name=OUTBOX, step=self._outbox.step, due=stores.outbox.waiting_in),
        ]
        self._lanes = {lane.name: lane for lane in lanes}
        self._partitions = Partitions(stores.leases, self._lanes, self._bells, clock, settings.owner)
        self._running: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        loops: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("journal", self._journal.run),
            ("feed", self._following.run),
            ("answers", self._answers.run),
            ("exchanges", self._exchanges.run),
        ]
        if self._settings.works:
            loops += [
                ("partitions", self._partitions.run),
                ("timers", self._timers.run),
                ("polling", self._polling.run),
            ]
        self._running = [asyncio.create_task(held(name, loop), name=name) for name, loop in loops]

    async def close(self) -> None:
        """Stop taking in and sending; what is under way is in the database and goes on at the next start."""
        self._partitions.leave()
        # Those that only read may be cancelled again and again; the partitions must not be cut off giving back.
        patience = {"partitions": 3 * GRACE_SECONDS, "polling": 2 * RELEASE_SECONDS}
        endings = [end_tasks(task, again_after=patience.get(task.get_name(), 1.0)) for task in self._running]
        await asyncio.gather(*endings)
        self._running = []
        await self._reader.close()

    @property
    def working(self) -> bool:
        """Whether every loop that should run does."""
        return bool(self._running) and not any(task.done() for task in self._running)

    async def work_off(self, partitions: Sequence[int] = range(PARTITIONS)) -> None:
        """Run every lane of these partitions in this process until nothing is due any more (for tools and tests)."""
        waiting = list(partitions)
        while waiting:
            for partition in waiting:
                while await self._worked(partition):
                    pass
            # What was done in one may have left work in another, and rung for it.
            waiting = [
                each for each in partitions if any(self._bells.event(lane, each).is_set() for lane in self._lanes)
            ]

    async def _worked(self, partition: int) -> bool:
        """One step in every lane; whether there was anything to do."""
        busy = False
        for name, lane in self._lanes.items():
            self._bells.event(name, partition).clear()
            busy = await lane.step(Claim(partition, self._clock)) or busy
        return busy

    # --- what the web room asks -------------------------------------------------------------------------------------

    async def receive(self, channel_id: ChannelId, request: WebhookRequest) -> WebhookReply:
        return await self._journal.receive(channel_id, request)

    async def reply(
        self,
        conversation_id: ConversationId,
        *,
        author: Author,
        content: str,
        client_id: str,
        attachments: Sequence[Attachment],
        reply_to: MessageId | None = None,
    ) -> tuple[Message, bool]:
        message, entry = await self._replies.reply(
            conversation_id,
            author=author,
            content=content,
            client_id=client_id,
            attachments=attachments,
            reply_to=reply_to,
        )
        self._bells.for_reply(entry)
        return message, entry is not None

    @property
    def accounts(self) -> Accounts:
        return self._desk

    @property
    def merging(self) -> Merging:
        return self._merging

    @property
    def servicers(self) -> Servicers:
        return self._servicers

    async def labelled(self, contact_id: ContactId) -> None:
        await self._tags.labelled(contact_id)

    async def note(
        self,
        conversation_id: ConversationId,
        *,
        author: Author,
        content: str,
        client_id: str,
        mentions: Sequence[AgentId],
        attachments: Sequence[Attachment],
    ) -> tuple[Message, bool]:
        return await self._replies.note(
            conversation_id,
            author=author,
            content=content,
            client_id=client_id,
            mentions=mentions,
            attachments=attachments,
        )

    async def change(self, conversation_id: ConversationId, change: ConversationChange, *, by: Author) -> Conversation:
        saved = await self._changes.change(conversation_id, change, by=by)
        self._timers.soon()  # an agent may have become free, or a conversation without one
        return saved

    async def retry(self, message_id: MessageId, *, by: Author) -> Message:
        message, entry = await self._replies.retry(message_id, by)
        log.info("reply.retry", message=message_id, by=by.id)
        self._bells.for_reply(entry)
        return message

    async def give_up(self, message_id: MessageId, *, by: Author) -> Message:
        log.info("reply.give_up", message=message_id, by=by.id)
        return await self._replies.give_up(message_id)

    async def suggestions(self, conversation_id: ConversationId) -> list[Suggestion]:
        return await self._answers.suggest(conversation_id)

    async def relearn_answers(self) -> int:
        return await self._answers.relearn()

    async def reveal(self, message_id: MessageId, *, by: Author) -> Message:
        return await self._changes.reveal(message_id, by=by)

    async def typing(self, conversation_id: ConversationId) -> None:
        conversation = await self._stores.conversations.get(conversation_id)
        if conversation is None:
            raise NotFound("no such conversation")
        connected = await self._adapters.get(conversation.channel_id)
        handle = await handle_of(self._stores, conversation)
        adapter = connected.adapter
        if handle is not None:
            try:
                if isinstance(adapter, SendsTyping):
                    await adapter.send_typing(handle)
                elif isinstance(adapter, TypesBelow) and (latest := await self._replies.latest(conversation)):
                    await adapter.type_below(handle, latest)
            except SendError as error:
                log.info("typing.refused", code=error.code)  # a courtesy: nobody needs to know

    async def availability(self, agent_id: AgentId, availability: Availability) -> Agent:
        async def change() -> Agent:
            agent = await self._stores.agents.get(agent_id)
            if agent is None:
                raise NotFound("no such agent")
            changed = replace(agent, availability=availability, updated_at=self._clock.now())
            await self._stores.agents.save(changed)
            return changed

        agent = await self._stores.transaction(change)
        self._timers.soon()
        return agent

    def window(self, conversation: Conversation, now: datetime) -> WindowView:
        return window.view(conversation.window, now)

    async def deadlines(
        self, conversations: Sequence[Conversation], vips: Mapping[ContactId, bool]
    ) -> Mapping[ConversationId, Deadline]:
        return await self._levels.deadlines(conversations, vips)

    async def opens_at(self, now: datetime) -> datetime | None:
        return (await self._levels.hours()).opens_at(now)

    async def service_settings(self) -> ServiceSettings:
        return await self._levels.settings()

    async def save_service_settings(self, settings: ServiceSettings) -> ServiceSettings:
        return await self._levels.save(settings)

    async def replay(self, entry_id: JournalId) -> JournalEntry:
        return await self._upkeep.replay(entry_id)

    async def retry_task(self, task_id: TaskId) -> Task:
        return await self._upkeep.retry_task(task_id)

    async def channel_changed(self, channel_id: ChannelId) -> None:
        await self._upkeep.channel_changed(channel_id)

    async def check_channel(self, channel: Channel) -> tuple[bool, str]:
        return await self._upkeep.check_channel(channel)
