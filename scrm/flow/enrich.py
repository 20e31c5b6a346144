"""Messages that were stored before they were read: asked of the analyser, stored, counted, felt by the conversation.

Most are read as they are taken in (`flow/reading`); these came while the reader was busy, broken or starting, or say
something else now. A message that breaks the reader is marked failed and routed all the same: nobody waits for an
analysis that will not come. Its task is kept as failed, for an admin to see and try again.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import structlog
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.flow.reading import felt
from scrm.flow.report import Reporter
from scrm.flow.words import Words
from scrm.ids import IdFactory, MessageId, TaskId
from scrm.model.analysis import AnalysisState
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import Message
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
        found = await self._words.of([message.content for message in messages])
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
        self, messages: Sequence[Message], tasks: Sequence[Task], found: Mapping[str, list[WordHit]]
    ) -> Sequence[Task]:
        stored = await self._stores.conversations.get_many(
            list(dict.fromkeys(each.conversation_id for each in messages))
        )
        now, read = dict(stored), list[Message]()
        teams = await self._stores.teams.all() if any(each.routed_at is None for each in stored.values()) else ()
        for message in messages:
            if message.conversation_id in now:
                now[message.conversation_id], message = felt(now[message.conversation_id], message, teams)
            read.append(message)
        if await self._stores.messages.set_analyses([_reading(message) for message in read]) < len(read):
            raise _ChangedMeanwhile
        facts: list[ReportEvent] = []
        unrouted: list[Task] = []
        for conversation in now.values():
            of_it = [message for message in read if message.conversation_id == conversation.id]
            conversation, lines = await self._words.noticed(conversation, of_it, found)
            if conversation != stored[conversation.id]:
                await self._stores.conversations.save(conversation)
            if lines:
                await self._stores.messages.insert(*lines)
            facts += [fact for message in of_it for fact in self._reporter.came(message)]
            if conversation.status is ConversationStatus.OPEN and conversation.routed_at is None:
                unrouted.append(self._route_task(conversation, tasks[0].partition))
        await self._stores.reports.record(facts)
        await self._again([message for message in messages if "edited_at" in message.details], facts)
        await self._stores.tasks.add(unrouted)
        broke = {message.id for message in messages if message.analysis_state is AnalysisState.FAILED}
        for task in tasks:
            if task.subject in broke:
                await self._stores.tasks.fail(task, UNREADABLE)
        await self._stores.tasks.done([task for task in tasks if task.subject not in broke])
        return unrouted

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


def _reading(message: Message) -> Reading:
    return Reading(
        message_id=message.id,
        content=message.content,
        state=message.analysis_state,
        analysis=message.analysis,
        counted=message.counted,
    )
