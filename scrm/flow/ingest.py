"""Journal entries become entries on the timeline: contact, conversation, message. One transaction, idempotent.

It can be killed at any instruction: either everything of a batch is stored and its entries are done, or nothing is and
they are pending. A batch that meets what is stored already, or a bug, is done again entry by entry, looking first.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import HubError, ParseError, StoreUnavailable
from scrm.flow import order, records, window
from scrm.flow.adapters import Adapters, Connected
from scrm.flow.decide import team_of
from scrm.flow.draft import Draft
from scrm.flow.entrance import Entrances, may_answer
from scrm.flow.handover import LOOK, serviced
from scrm.flow.journal import verified
from scrm.flow.opening import Openings
from scrm.flow.people import People
from scrm.flow.pump import Pump
from scrm.flow.reading import Reader, Understood, felt
from scrm.flow.receipts import Receipts
from scrm.flow.report import Reporter
from scrm.flow.split import split
from scrm.flow.tags import Tags
from scrm.flow.words import Words
from scrm.ids import ChannelId, ContactId, IdFactory, TaskId
from scrm.model.analysis import AnalysisState
from scrm.model.base import Record
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import AttachmentState, Message, MessageKind
from scrm.model.work import JournalEntry, Permit, Task, TaskKind
from scrm.ports.channel import ChannelEvent, IncomingMessage, Notice, PlatformEvent, ReceiptEvent
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)

# A fault that is not the payload's (a bug, a race that never ends) gives up after this many tries of one entry, so
# that one entry cannot hold up its partition for ever. It stays in the journal and can be replayed.
MAX_ATTEMPTS = 8
# A contact's `last_seen_at` is kept this coarsely: a write for every message would say no more to anybody.
SEEN_STEP = timedelta(minutes=5)


class _Parsed(Record, kw_only=True):
    entry: JournalEntry
    connected: Connected
    events: Sequence[ChannelEvent]


class Ingest:
    def __init__(
        self,
        stores: Stores,
        adapters: Adapters,
        people: People,
        receipts: Receipts,
        entrances: Entrances,
        tags: Tags,
        pump: Pump,
        reader: Reader,
        words: Words,
        reporter: Reporter,
        clock: Clock,
        ids: IdFactory,
        *,
        reopen_within: timedelta,
        made: Callable[[Sequence[Task]], None],
    ) -> None:
        """made: told of the tasks of a batch once they are stored."""
        self._stores = stores
        self._adapters = adapters
        self._people = people
        self._receipts = receipts
        self._entrances = entrances
        self._tags = tags
        self._pump = pump
        self._reader = reader
        self._words = words
        self._reporter = reporter
        self._clock = clock
        self._ids = ids
        self._openings = Openings(stores, reporter, ids, reopen_within)
        self._made = made

    async def entries(self, entries: Sequence[JournalEntry]) -> bool:
        """Take in entries of one partition, oldest first; False when a fault left some pending, to be tried later.

        Raises StoreUnavailable.
        """
        batch = [parsed for entry in entries if (parsed := await self._parse(entry)) is not None]
        known = await self._reader.soon([text for parsed in batch for text in _texts(parsed.events)])
        try:
            self._tell(await self._stores.transaction(partial(self._store, batch, known)))
            return True
        except StoreUnavailable:
            raise
        except Exception as error:
            # Part of it is stored already, or one entry meets a bug: each for itself, looking before it writes.
            log.info("ingest.one_by_one", entries=len(batch), error=type(error).__name__)
        for parsed in batch:
            if not await self._alone(parsed, known):
                return False  # what comes after it waits, so that order holds
        return True

    async def _parse(self, entry: JournalEntry) -> _Parsed | None:
        """None: it cannot be read, and has been marked so."""
        try:
            connected = await self._adapters.get(entry.channel_id)
            return _Parsed(entry=entry, connected=connected, events=connected.adapter.parse(verified(entry)))
        except (ParseError, HubError) as error:
            reason = str(error)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("ingest.parse_bug", entry=entry.id)
            reason = repr(error)
        await self._stores.journal.fail(entry.id, reason, self._clock.now())
        return None

    async def _alone(self, parsed: _Parsed, known: Understood) -> bool:
        try:
            self._tell(await self._stores.transaction(partial(self._store, [parsed], known, looking=True)))
        except StoreUnavailable:
            raise
        except Exception as error:
            return await self._fault(parsed.entry, error)
        return True

    async def _fault(self, entry: JournalEntry, error: Exception) -> bool:
        log.error("ingest.fault", entry=entry.id, attempt=entry.attempts + 1, exc_info=True)
        if entry.attempts + 1 < MAX_ATTEMPTS:
            await self._stores.journal.count_attempt(entry.id, repr(error))
            return False
        await self._stores.journal.fail(entry.id, repr(error), self._clock.now())
        return True

    def _tell(self, stored: Draft) -> None:
        self._made(stored.tasks)
        for channel_id in stored.noticed:
            self._pump.told(channel_id)

    async def _store(self, batch: Sequence[_Parsed], understood: Understood, *, looking: bool = False) -> Draft:
        draft = Draft(self._stores, new=not looking)
        for parsed in batch:
            channel_id = parsed.connected.channel.id
            for event in parsed.events:
                if isinstance(event, ReceiptEvent):
                    draft.tasks += await self._receipts.apply_or_keep(channel_id, event, parsed.entry.partition)
                elif isinstance(event, Notice):
                    draft.noticed += await self._pump.notice(parsed.connected, event)
                elif (known := await self._known(channel_id, event, draft, looking=looking)) is None:
                    if await self._for_us(channel_id, event, draft):
                        await self._take(event, parsed, understood, draft)
                elif isinstance(event, IncomingMessage) and event.edited_at is not None:
                    await self._revise(known, event, parsed, draft)
            if not parsed.events:
                log.info("ingest.not_for_us", entry=parsed.entry.id, channel=channel_id)
        await draft.write()
        await self._stores.journal.finish([parsed.entry.id for parsed in batch], self._clock.now())
        return draft

    async def _for_us(self, channel_id: ChannelId, event: IncomingMessage | PlatformEvent, draft: Draft) -> bool:
        """Whether what it was said within is here, where the event itself does not tell whom it is meant for."""
        within = event.within if isinstance(event, IncomingMessage) else ""
        if not within or await draft.message(channel_id, within) is not None:
            return True
        log.info("ingest.not_for_us", channel=channel_id)
        return False

    async def _known(
        self, channel_id: ChannelId, event: IncomingMessage | PlatformEvent, draft: Draft, *, looking: bool
    ) -> Message | None:
        """What is stored of the event; looked for where there may be something, else the insert would say so."""
        edited = isinstance(event, IncomingMessage) and event.edited_at is not None
        return await draft.message(channel_id, event.external_id) if looking or edited else None

    async def _revise(self, known: Message, event: IncomingMessage, parsed: _Parsed, draft: Draft) -> None:
        """The customer changed what they had written: it is read anew, and stands where it stood."""
        revised = records.revised(known, event, self._ids)
        if revised == known:
            return
        draft.revise(revised)
        conversation = await draft.latest(known.contact_id, known.channel_id)
        if conversation is not None and (changed := records.with_revised(conversation, revised)) != conversation:
            draft.change(changed)
        if conversation is not None:
            now = self._clock.now()
            draft.tasks += self._tasks(revised, conversation, parsed.entry.partition, now, new_contact=False)

    async def _take(
        self, event: IncomingMessage | PlatformEvent, parsed: _Parsed, understood: Understood, draft: Draft
    ) -> None:
        now = self._clock.now()
        connected = parsed.connected
        capabilities = connected.adapter.type.capabilities
        event, entrance = await self._entrances.of(event, connected.channel.id, capabilities)
        if isinstance(event, IncomingMessage) and not capabilities.threads:
            event = await self._quoting(event, connected.channel.id, draft)
        contact_id, is_new = await self._contact(event, connected, draft, now)
        conversation, opened = await self._openings.of(contact_id, event, connected, draft, now)
        if opened and conversation.team_id is None and not records.readable(event):
            # What is read first goes to a team with its reading.
            team, _ = team_of(conversation, await self._stores.teams.all())
            conversation = replace(conversation, team_id=team.id if team else None)
        if not is_new and (opened or _says_more(event) or now - conversation.last_activity_at >= SEEN_STEP):
            await self._people.seen(contact_id, event, now)
        received_at = parsed.entry.received_at
        if event.sent_at == received_at:  # the platform does not say when: it is by our clock
            event = replace(event, sent_at=order.following(received_at, conversation.latest_sent_at))
        message = records.incoming(conversation, self._ids, event, received_at=received_at, now=now)
        if opened and message.counted is not None:
            message = replace(message, counted=replace(message.counted, opens=True))
            conversation = replace(conversation, opened_at=message.created_at)
        message = await self._placed(message, conversation, draft)
        changed = self._after(conversation, message, event, connected)
        draft.messages.append(message)
        changed = await self._entrances.entered(entrance, event, changed, message, draft, now, is_new=is_new)
        if entrance.action is not None and may_answer(entrance.action, changed, capabilities, now):
            text = entrance.action.answer
            spent = window.used(changed.window, len(split(text, capabilities)), now)
            changed = self._said(replace(changed, window=spent), event, text, "answer", draft, now)
        if isinstance(event, PlatformEvent) and event.greeting is not None and now < event.greeting.permit.until:
            greeting = event.greeting
            changed = self._said(changed, event, greeting.content, "greeting", draft, now, permit=greeting.permit)
        message, changed = await self._read(message, changed, understood, draft)
        draft.change(changed)
        draft.tasks += self._tasks(message, changed, parsed.entry.partition, now, new_contact=is_new)
        if entrance.code is not None and entrance.code.label_ids:
            draft.tasks += await self._tags.tasks(contact_id)
        elif is_new or opened:
            sync = await self._tags.task(connected.channel.id, event.sender.handle, contact_id)
            draft.tasks += [sync] if sync else []
        if message.analysis_state is not AnalysisState.PENDING:
            draft.facts += self._reporter.came(message)  # one that is read later is counted with its reading

    async def _read(
        self, message: Message, conversation: Conversation, understood: Understood, draft: Draft
    ) -> tuple[Message, Conversation]:
        """Both as they are after the reading, where that is there already; lines about words watched for follow."""
        reading = understood.readings.get(message.content)
        if message.analysis_state is not AnalysisState.PENDING or reading is None:
            return message, conversation
        message = replace(message, analysis=reading, analysis_state=AnalysisState.DONE)
        teams = await self._stores.teams.all() if conversation.routed_at is None else ()
        conversation, message = felt(conversation, message, teams)
        draft.revise(message)
        conversation, lines = await self._words.noticed(conversation, [message], understood.words)
        draft.messages += lines
        return message, conversation

    async def _quoting(self, event: IncomingMessage, channel_id: ChannelId, draft: Draft) -> IncomingMessage:
        """Some platforms name the message that is answered and do not say what it says."""
        reply_to = event.details.get("reply_to", "")
        if not reply_to or "quote" in event.details:
            return event
        answered = await draft.message(channel_id, reply_to)
        if answered is None:
            return event
        return replace(event, details={**event.details, "quote": records.quote_of(answered)})

    def _said(
        self,
        conversation: Conversation,
        event: IncomingMessage | PlatformEvent,
        content: str,
        why: str,
        draft: Draft,
        now: datetime,
        *,
        permit: Permit | None = None,
    ) -> Conversation:
        """What is said at once to an event goes the way of every reply, and is nobody's answer."""
        message = records.written(
            conversation,
            self._ids,
            now,
            kind=MessageKind.OUTGOING,
            author=records.SYSTEM,
            content=content,
            client_id=f"{why}:{event.external_id}",
            attachments=(),
        )
        draft.messages.append(message)
        draft.outbox.append(replace(records.outbox_entry(message, event.sender.handle, now), permit=permit))
        return records.with_message(conversation, message)

    async def _contact(
        self, event: IncomingMessage | PlatformEvent, connected: Connected, draft: Draft, now: datetime
    ) -> tuple[ContactId, bool]:
        met = draft.contact(connected.channel.id, event.sender.handle)
        if met is not None:
            return met, False
        contact_id, is_new = await self._people.of(event, connected.channel, now)
        draft.meet(connected.channel.id, event.sender.handle, contact_id)
        return contact_id, is_new

    async def _placed(self, message: Message, conversation: Conversation, draft: Draft) -> Message:
        """The message with its rank: most arrive in order, and only a late one costs a look back."""
        if message.sent_at is None or not order.comes_before(
            message.sent_at, message.sequence, conversation.latest_sent_at, conversation.latest_sequence
        ):
            return message
        for reach in (order.LOOK_BACK, order.LONGEST_LOOK_BACK):
            recent = await draft.recent(conversation, reach)
            place = order.late_place(recent, message.sent_at, message.sequence)
            if place is not None:
                return replace(message, rank=place.rank, occurred_at=place.occurred_at)
        return message

    def _after(
        self,
        conversation: Conversation,
        message: Message,
        event: IncomingMessage | PlatformEvent,
        connected: Connected,
    ) -> Conversation:
        granted = window.opened(
            conversation.window,
            connected.adapter.type.capabilities,
            event.trigger,
            min(event.sent_at, message.created_at),
        )
        late = _is_late(conversation, event)
        changed = replace(conversation, window=granted, last_position=message.position)
        if not late:
            changed = records.with_message(replace(changed, handle=event.sender.handle), message)
        if not isinstance(event, IncomingMessage):
            return serviced(changed, event, message.created_at)
        waits = not conversation.elsewhere  # for somebody of the hub
        return replace(
            changed,
            incoming_count=conversation.incoming_count + 1,
            waiting_since=conversation.waiting_since or (message.created_at if waits else None),
            first_incoming_at=conversation.first_incoming_at or message.created_at,
            latest_sent_at=conversation.latest_sent_at if late else event.sent_at,
            latest_sequence=conversation.latest_sequence if late else event.sequence,
        )

    def _tasks(
        self, message: Message, conversation: Conversation, partition: int, now: datetime, *, new_contact: bool
    ) -> list[Task]:
        """What is to be done once this is stored. Routing follows the reading, where there is something to read."""
        wanted: list[tuple[TaskKind, str]] = []
        if new_contact:
            wanted.append((TaskKind.FETCH_PROFILE, conversation.contact_id))
        if any(attachment.state is AttachmentState.PENDING for attachment in message.attachments):
            wanted.append((TaskKind.FETCH_MEDIA, message.id))
        if message.kind is MessageKind.INCOMING and conversation.elsewhere:
            wanted.append((TaskKind.HAND_OVER, f"{conversation.id}:{LOOK}"))
        if message.analysis_state is AnalysisState.PENDING:
            wanted.append((TaskKind.ANALYSE, message.id))
        elif conversation.status is ConversationStatus.OPEN and conversation.routed_at is None:
            wanted.append((TaskKind.ROUTE, conversation.id))
        return [
            Task(
                id=TaskId(self._ids()),
                kind=kind,
                subject=subject,
                partition=partition,
                due_at=now,
                data={"channel_id": conversation.channel_id, "conversation_id": conversation.id},
            )
            for kind, subject in wanted
        ]


def _texts(events: Sequence[ChannelEvent]) -> list[str]:
    return [event.content for event in events if isinstance(event, IncomingMessage) and records.readable(event)]


def _is_late(conversation: Conversation, event: IncomingMessage | PlatformEvent) -> bool:
    sequence = event.sequence if isinstance(event, IncomingMessage) else None
    return order.comes_before(event.sent_at, sequence, conversation.latest_sent_at, conversation.latest_sequence)


def _says_more(event: IncomingMessage | PlatformEvent) -> bool:
    sender = event.sender
    told = sender.phone or sender.email or sender.company
    return bool(told) or (isinstance(event, PlatformEvent) and event.subscribed is not None)
