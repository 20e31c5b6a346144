"""Readings of customers' messages: asked of the analyser, stored, counted, and felt by the conversation.

The reading itself happens in another process. A message that breaks the reader is marked failed and routed all the
same; nobody waits for an analysis that will not come.
"""

from collections.abc import Sequence
from functools import partial

import structlog
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.flow import mood
from scrm.flow.report import Reporter
from scrm.flow.routing import Routing
from scrm.ids import ConversationId, MessageId
from scrm.model.analysis import Analysis, AnalysisState
from scrm.model.conversation import Conversation
from scrm.model.reports import Metric
from scrm.model.work import Task
from scrm.ports.services import Analyser
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)


class Enrich:
    def __init__(self, stores: Stores, analyser: Analyser, routing: Routing, reporter: Reporter, clock: Clock) -> None:
        self._stores = stores
        self._analyser = analyser
        self._routing = routing
        self._reporter = reporter
        self._clock = clock

    async def tasks(self, tasks: Sequence[Task]) -> None:
        """Carry out ANALYSE tasks; each is deleted with what it stored."""
        messages = await self._stores.messages.get_many([MessageId(task.subject) for task in tasks])
        texts = [messages[key].content if (key := MessageId(task.subject)) in messages else "" for task in tasks]
        readings = await self._analyser.analyse(texts)
        for task, reading in zip(tasks, readings, strict=True):
            if reading is None:
                log.error("analysis.failed", message=task.subject)
            message = messages.get(MessageId(task.subject))
            if message is None:
                await self._stores.tasks.delete([task.id])
                continue
            conversation = await self._stores.transaction(partial(self._store, task, reading))
            if conversation is None or conversation.routed_at is None:
                await self._routing.route(message.conversation_id)

    async def _store(self, task: Task, reading: Analysis | None) -> Conversation | None:
        """The conversation as the reading left it; None where there is no reading, or it was stored before."""
        saved = None
        state = AnalysisState.DONE if reading is not None else AnalysisState.FAILED
        message = await self._stores.messages.set_analysis(MessageId(task.subject), state, reading)
        if message is not None and reading is not None:
            saved = await self._feel(message.conversation_id, reading)
            if saved is not None:
                fact = self._reporter.event(
                    Metric.MOOD, saved, key=message.id, at=message.created_at, value=reading.score, message=message
                )
                await self._stores.reports.record([fact])
        await self._stores.tasks.delete([task.id])
        return saved

    async def _feel(self, conversation_id: ConversationId, reading: Analysis) -> Conversation | None:
        """The first category read stands until a person changes it; the mood runs on."""
        conversation = await self._stores.conversations.get(conversation_id)
        if conversation is None:
            return None
        return await self._stores.conversations.save(
            replace(
                conversation,
                mood=mood.after(conversation.mood, reading),
                category=conversation.category or reading.category,
            )
        )
