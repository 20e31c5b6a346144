"""Readings of customers' messages: asked of the analyser, stored, counted, and felt by the conversation.

The reading itself happens in another process. A message that breaks the reader is marked failed and routed all the
same: nobody waits for an analysis that will not come. Its task is kept as failed, for an admin to see and try again.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby

import structlog
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.flow import mood
from scrm.flow.decide import team_of
from scrm.flow.report import Reporter
from scrm.flow.words import Words
from scrm.ids import IdFactory, MessageId, TaskId
from scrm.model.analysis import AnalysisState
from scrm.model.base import Record
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import Counted, Message
from scrm.model.people import Team
from scrm.model.reports import Metric, ReportEvent
from scrm.model.words import WordHit
from scrm.model.work import Task, TaskKind
from scrm.ports.services import Analyser
from scrm.ports.stores import Reading, Stores

log = structlog.get_logger(__name__)

UNREADABLE = "the reader broke, or ran out of time, on this text"


class _ChangedMeanwhile(Exception):
    """A message says something else now, or somebody else read it."""


class Enrich:
    def __init__(
        self, stores: Stores, analyser: Analyser, words: Words, reporter: Reporter, clock: Clock, ids: IdFactory
    ) -> None:
        self._stores = stores
        self._words = words
        self._analyser = analyser
        self._ids = ids
        self._reporter = reporter
        self._clock = clock

    async def tasks(self, tasks: Sequence[Task]) -> Sequence[Task]:
        """Carry out ANALYSE tasks of one partition; they are deleted with what they stored. The ROUTE tasks it made."""
        stored = await self._stores.messages.get_many([MessageId(task.subject) for task in tasks])
        messages = sorted(stored.values(), key=lambda message: (message.conversation_id, message.rank))
        readings = await self._analyser.analyse([message.content for message in messages])
        read = [
            replace(message, analysis=reading, analysis_state=AnalysisState.DONE if reading else AnalysisState.FAILED)
            for message, reading in zip(messages, readings, strict=True)
            if message.analysis_state is AnalysisState.PENDING
        ]
        for message in read:
            if message.analysis is None:
                log.error("analysis.failed", message=message.id)
        return await self._write(read, tasks)

    async def give_up(self, tasks: Sequence[Task]) -> None:
        """The reader cannot be had: mark the messages as failed and let them be routed without a reading."""
        messages = await self._stores.messages.get_many([MessageId(task.subject) for task in tasks])
        failed = [replace(message, analysis_state=AnalysisState.FAILED) for message in messages.values()]
        failed.sort(key=lambda message: (message.conversation_id, message.rank))
        await self._write(failed, tasks)

    async def _write(self, messages: Sequence[Message], tasks: Sequence[Task]) -> Sequence[Task]:
        found = await self._words.of(messages)
        try:
            return await self._stores.transaction(partial(self._store, messages, tasks, found))
        except _ChangedMeanwhile:
            current = await self._stores.messages.get_many([message.id for message in messages])
        # One that its sender edited is read again: its task stays. One that somebody else read is done.
        edited = {each.id for each in messages if each.id in current and current[each.id].content != each.content}
        pending = {each.id for each in current.values() if each.analysis_state is AnalysisState.PENDING} - edited
        kept = [message for message in messages if message.id in pending]
        done = [task for task in tasks if task.subject not in edited]
        return await self._stores.transaction(partial(self._store, kept, done, found))

    async def _store(
        self, messages: Sequence[Message], tasks: Sequence[Task], found: Mapping[MessageId, list[WordHit]]
    ) -> Sequence[Task]:
        groups = {held: list(group) for held, group in groupby(messages, key=lambda each: each.conversation_id)}
        stored = await self._stores.conversations.get_many(list(groups))
        felt = [
            _felt(stored[conversation_id], group, await self._teams(stored[conversation_id]))
            for conversation_id, group in groups.items()
            if conversation_id in stored
        ]
        readings = [_reading(message) for each in felt for message in each.messages]
        readings += [_reading(message) for message in messages if message.conversation_id not in stored]
        if await self._stores.messages.set_analyses(readings) < len(readings):
            raise _ChangedMeanwhile
        facts: list[ReportEvent] = []
        unrouted: list[Task] = []
        for each in felt:
            conversation, lines = await self._words.noticed(each.conversation, each.messages, found)
            if conversation != stored[conversation.id]:
                await self._stores.conversations.save(conversation)
            if lines:
                await self._stores.messages.insert(*lines)
            facts += [fact for message in each.messages for fact in self._facts(message)]
            if conversation.status is ConversationStatus.OPEN and conversation.routed_at is None:
                unrouted.append(self._route_task(conversation, tasks[0].partition))
        await self._stores.reports.record(facts)
        await self._again([message for message in messages if "edited_at" in message.details], facts)
        await self._stores.tasks.add(unrouted)
        broke = {message.id for message in messages if message.analysis_state is AnalysisState.FAILED}
        for task in tasks:
            if task.subject in broke:
                await self._stores.tasks.fail(task.id, UNREADABLE)
        await self._stores.tasks.done([task for task in tasks if task.subject not in broke])
        return unrouted

    async def _teams(self, conversation: Conversation) -> Sequence[Team]:
        """Those to pick from, where nobody has picked yet."""
        return await self._stores.teams.all() if conversation.routed_at is None else ()

    def _facts(self, message: Message) -> list[ReportEvent]:
        opened = [self._reporter.opened(message)] if message.counted and message.counted.opens else []
        return [*opened, self._reporter.arrived(message), *self._reporter.read(message)]

    async def _again(self, edited: Sequence[Message], facts: Sequence[ReportEvent]) -> None:
        """What was read before an edit is counted by what is read now."""
        ids = {message.id for message in edited}
        for fact in facts:
            if fact.metric in (Metric.MOOD, Metric.MOOD_DROPPED) and fact.message_id in ids:
                await self._stores.reports.amend(fact)

    def _route_task(self, conversation: Conversation, partition: int) -> Task:
        """Routing is a task of its own, stored with the reading: a crash between the two loses neither."""
        return Task(
            id=TaskId(self._ids()),
            kind=TaskKind.ROUTE,
            subject=conversation.id,
            partition=partition,
            due_at=self._clock.now(),
            data={"channel_id": conversation.channel_id},
        )


class _Felt(Record, kw_only=True):
    """A conversation after messages were read, and what these are counted under."""

    conversation: Conversation
    messages: Sequence[Message]


def _felt(conversation: Conversation, messages: Sequence[Message], teams: Sequence[Team]) -> _Felt:
    """The mood runs on; the first category stands until a person changes it, and picks the team of who has none yet,
    so that the very first message is counted for the team that will answer it."""
    knew = conversation.category
    drops: dict[MessageId, float | None] = {}
    for message in messages:
        if message.analysis is not None:
            felt = mood.after(conversation.mood, message.analysis)
            drops[message.id] = mood.fell(conversation.mood, felt)
            first = message.analysis.score if conversation.mood.messages == 0 else conversation.first_mood
            conversation = replace(
                conversation,
                mood=felt,
                first_mood=first,
                category=conversation.category or message.analysis.category,
            )
    if conversation.routed_at is None and (conversation.team_id is None or knew != conversation.category):
        undecided = conversation if conversation.team_id is None else replace(conversation, team_id=None)
        team, _ = team_of(undecided, teams)
        conversation = replace(conversation, team_id=team.id if team else conversation.team_id)
    return _Felt(
        conversation=conversation,
        messages=[
            replace(message, counted=_counted(message, conversation, drops.get(message.id))) for message in messages
        ],
    )


def _counted(message: Message, conversation: Conversation, drop: float | None) -> Counted:
    held = message.counted or Counted(agent_id=conversation.assignee_id)
    of_conversation = message.analysis is not None and message.analysis.category is None
    return replace(
        held,
        team_id=held.team_id or conversation.team_id,
        category=conversation.category if of_conversation else held.category,
        drop=held.drop or drop,
    )


def _reading(message: Message) -> Reading:
    return Reading(
        message_id=message.id,
        content=message.content,
        state=message.analysis_state,
        analysis=message.analysis,
        counted=message.counted,
    )
