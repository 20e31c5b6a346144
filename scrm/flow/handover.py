"""Platforms with sessions of their own are told when an agent takes a conversation and when it is resolved, and asked
whether the company's people there still have a customer who writes on.

A task beside the change, so that no agent waits for a platform: it is tried again like every task, and one that fails
for good is on the administrator's screen. What the platform did is a line of the conversation.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import HubError
from scrm.flow import records, window
from scrm.flow.adapters import Adapters
from scrm.flow.people import handle_of
from scrm.ids import ConversationId, IdFactory, TaskId
from scrm.model.conversation import Conversation, ConversationStatus, Servicing
from scrm.model.work import Task, TaskKind, partition_of
from scrm.ports.abilities import Handling, HandsOver, PassesOn
from scrm.ports.channel import PlatformEvent
from scrm.ports.stores import Stores

# Ends the subject of a task that only asks: one a conversation at a time.
LOOK = "look"


class HandOver:
    def __init__(
        self, stores: Stores, adapters: Adapters, clock: Clock, ids: IdFactory, made: Callable[[Sequence[Task]], None]
    ) -> None:
        """made: told of tasks once they are stored."""
        self._stores = stores
        self._adapters = adapters
        self._clock = clock
        self._ids = ids
        self._made = made
        self._fresh: dict[ConversationId, Task] = {}

    async def changed(self, before: Conversation, after: Conversation) -> None:
        """Call inside the transaction of the change, and `stored` after it."""
        self._fresh.pop(after.id, None)
        handling = _handling(before, after)
        if handling is None:
            return
        try:
            connected = await self._adapters.get(after.channel_id)
        except HubError:
            return  # the channel is gone
        recipient = await handle_of(self._stores, after)
        if recipient is None or not isinstance(connected.adapter, HandsOver):
            return
        task = Task(
            id=TaskId(self._ids()),
            kind=TaskKind.HAND_OVER,
            # One a change: a second change while the first is told is told as well.
            subject=f"{after.id}:{after.version}",
            partition=partition_of(after.channel_id, recipient),
            due_at=self._clock.now(),
            data={"conversation_id": after.id, "recipient": recipient, "handling": handling},
        )
        await self._stores.tasks.add([task])
        self._fresh[after.id] = task

    def stored(self, conversation_id: ConversationId) -> None:
        task = self._fresh.pop(conversation_id, None)
        if task is not None:
            self._made([task])

    async def task(self, task: Task) -> None:
        """Raises SendError, NotFound."""
        conversation = await self._stores.conversations.get(ConversationId(task.data["conversation_id"]))
        if task.subject.endswith(f":{LOOK}"):
            if conversation is not None and conversation.elsewhere:
                await self._look(conversation)
            return
        handling = Handling(task.data["handling"])
        if conversation is None or _now(conversation) is not handling:
            return  # it went on meanwhile, and that is told by a task of its own
        connected = await self._adapters.get(conversation.channel_id)
        if not isinstance(connected.adapter, HandsOver):
            return
        if not await connected.adapter.hand_over(task.data["recipient"], handling):
            return

        async def work() -> None:
            found = await self._stores.conversations.get(conversation.id)
            if found is not None:
                now = self._clock.now()
                changed, line = records.activity(found, self._ids, now, "platform_session", state=handling)
                if handling is Handling.ENDED:
                    changed = replace(changed, window=window.ended(changed.window, now))
                await self._stores.messages.insert(line)
                await self._stores.conversations.save(changed)

        await self._stores.transaction(work)

    async def _look(self, conversation: Conversation) -> None:
        """The platform may have ended what its people had without a word; then the customer waits for the hub."""
        connected = await self._adapters.get(conversation.channel_id)
        recipient = await handle_of(self._stores, conversation)
        if recipient is None or not isinstance(connected.adapter, PassesOn):
            return
        servicer_id = await connected.adapter.serviced_by(recipient)
        if conversation.servicing is not None and servicer_id == conversation.servicing.servicer_id:
            return

        async def work() -> Task | None:
            found = await self._stores.conversations.get(conversation.id)
            if found is None or found.servicing != conversation.servicing:
                return None  # somebody said so meanwhile
            now = self._clock.now()
            changed = replace(found, servicing=Servicing(servicer_id=servicer_id, at=now))
            if servicer_id is not None or found.status is ConversationStatus.RESOLVED:
                await self._stores.conversations.save(changed)
                return None
            changed, line = records.activity(
                replace(changed, status=ConversationStatus.OPEN, snoozed_until=None, waiting_since=now),
                self._ids,
                now,
                "platform_session",
                state="returned",
            )
            await self._stores.messages.insert(line)
            await self._stores.conversations.save(changed)
            task = Task(
                id=TaskId(self._ids()),
                kind=TaskKind.ROUTE,
                subject=found.id,
                partition=partition_of(found.channel_id, recipient),
                due_at=now,
            )
            await self._stores.tasks.add([task])
            return task

        task = await self._stores.transaction(work)
        if task is not None:
            self._made([task])


def _handling(before: Conversation, after: Conversation) -> Handling | None:
    """What the change means to the platform; None: nothing."""
    now = _now(after)
    return now if now is not None and now is not _now(before) else None


def _now(conversation: Conversation) -> Handling | None:
    if conversation.status is ConversationStatus.RESOLVED:
        return Handling.ENDED
    return Handling.TAKEN if conversation.assignee_id is not None else None


def serviced(conversation: Conversation, event: PlatformEvent, at: datetime) -> Conversation:
    """The conversation after the platform's people did something; nothing where the hub knows of something newer."""
    known, said = conversation.servicing, event.servicing
    if said is not None and (known is None or said.at >= known.at.replace(microsecond=0)):
        conversation = replace(conversation, servicing=said)
        if said.servicer_id is None:
            # Who has ended it has done so for the customer too, who has to write for another.
            conversation = replace(conversation, window=window.ended(conversation.window, said.at))
        elif conversation.status is ConversationStatus.OPEN:
            conversation = replace(conversation, status=ConversationStatus.PENDING, waiting_since=None)
    if event.answered:
        first = conversation.first_response_at or (at if conversation.first_incoming_at else None)
        conversation = replace(conversation, waiting_since=None, first_response_at=first)
    return conversation
