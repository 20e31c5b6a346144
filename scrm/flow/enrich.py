"""Readings of customers' messages: asked of the analyser, stored, counted, and felt by the conversation.

The reading itself happens in another process. A message that breaks the reader is marked failed and routed all the
same; nobody waits for an analysis that will not come.
"""

from collections.abc import Sequence
from functools import partial
from itertools import groupby

import structlog
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.flow import mood
from scrm.flow.report import Reporter
from scrm.flow.routing import Routing
from scrm.ids import ConversationId, MessageId, TaskId
from scrm.model.analysis import AnalysisState
from scrm.model.message import Message
from scrm.model.reports import Metric, ReportEvent
from scrm.model.work import Task
from scrm.ports.services import Analyser
from scrm.ports.stores import Reading, Stores

log = structlog.get_logger(__name__)


class Enrich:
    def __init__(self, stores: Stores, analyser: Analyser, routing: Routing, reporter: Reporter, clock: Clock) -> None:
        self._stores = stores
        self._analyser = analyser
        self._routing = routing
        self._reporter = reporter
        self._clock = clock

    async def tasks(self, tasks: Sequence[Task]) -> None:
        """Carry out ANALYSE tasks of one partition; they are deleted with what they stored."""
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
        await self._stores.transaction(partial(self._store, read, [task.id for task in tasks]))
        for conversation_id in {message.conversation_id for message in messages}:
            await self._routing.route(conversation_id)

    async def _store(self, messages: Sequence[Message], task_ids: Sequence[TaskId]) -> None:
        await self._stores.messages.set_analyses(
            [
                Reading(message_id=message.id, state=message.analysis_state, analysis=message.analysis)
                for message in messages
            ]
        )
        facts: list[ReportEvent] = []
        for conversation_id, of_it in groupby(messages, key=lambda message: message.conversation_id):
            facts += await self._felt(conversation_id, [message for message in of_it if message.analysis])
        await self._stores.reports.record(facts)
        await self._stores.tasks.delete(task_ids)

    async def _felt(self, conversation_id: ConversationId, messages: Sequence[Message]) -> list[ReportEvent]:
        """The conversation's mood runs on; its first category stands until a person changes it. What to count."""
        conversation = await self._stores.conversations.get(conversation_id) if messages else None
        if conversation is None:
            return []
        for message in messages:
            if message.analysis is not None:
                conversation = replace(
                    conversation,
                    mood=mood.after(conversation.mood, message.analysis),
                    category=conversation.category or message.analysis.category,
                )
        saved = await self._stores.conversations.save(conversation)
        return [
            self._reporter.event(
                Metric.MOOD,
                saved,
                key=message.id,
                at=message.created_at,
                value=message.analysis.score if message.analysis else 0.0,
                message=message,
            )
            for message in messages
        ]
