"""Brings conversations to agents: takes what `decide` says, writes it with its reasons, keeps the queue moving."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from scrm.clock import Clock
from scrm.flow import records
from scrm.flow.decide import Decision, Workforce, available, decide, waiting_order
from scrm.flow.handover import HandOver
from scrm.flow.report import Reporter
from scrm.ids import ConversationId, IdFactory, TeamId
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import Message
from scrm.ports.stores import Stores

# How many waiting conversations one look at the queue reads, and how many of those that an agent is free for it sorts.
# Beyond it the longest waiting go first, as they come.
QUEUE_READ, QUEUE_LOOK = 5_000, 200
# A conversation is routed within seconds; one that is not after this long is given out with the waiting queue.
UNROUTED_FOR = timedelta(minutes=2)


class Routing:
    def __init__(self, stores: Stores, handover: HandOver, reporter: Reporter, clock: Clock, ids: IdFactory) -> None:
        self._stores = stores
        self._handover = handover
        self._reporter = reporter
        self._clock = clock
        self._ids = ids
        # One decision at a time in a process, so that each sees the load the one before made.
        self._turn = asyncio.Lock()

    async def route(self, conversation_id: ConversationId) -> None:
        """Route a conversation that has not been since it opened; nothing to do otherwise."""
        conversation = await self._stores.conversations.get(conversation_id)
        if conversation is None or conversation.routed_at is not None:
            return
        async with self._turn:
            await self._write(conversation_id, await self._workforce(), first=True)

    async def drain(self) -> None:
        """Give waiting conversations to agents who became free. A turn for each: whoever comes in meanwhile waits for
        one of them, not for all, and nor does what their partition takes in."""
        workforce = await self._workforce()
        if not any(available(agent, workforce.loads) for agent in workforce.agents):
            return  # at night the queue may be long
        waiting = [found for found in await self._stores.conversations.unassigned(QUEUE_READ) if self._due(found)]
        waiting = _servable(waiting, workforce)[:QUEUE_LOOK]
        contacts = await self._stores.contacts.get_many({found.contact_id for found in waiting})
        vips = {contact_id for contact_id, contact in contacts.items() if contact.vip}
        waiting.sort(key=lambda found: waiting_order(found, vip=found.contact_id in vips))
        for conversation in waiting:
            if decide(conversation, vip=conversation.contact_id in vips, workforce=workforce).assignee_id is None:
                continue
            async with self._turn:
                workforce = await self._workforce()
                await self._write(conversation.id, workforce, first=False)

    def _due(self, conversation: Conversation) -> bool:
        """Routed, and nobody was free; or left without routing by a task that failed."""
        if conversation.routed_at is not None:
            return True
        return self._clock.now() - conversation.last_activity_at > UNROUTED_FOR

    async def _workforce(self) -> Workforce:
        return Workforce(
            agents=await self._stores.agents.all(),
            teams=await self._stores.teams.all(),
            loads=await self._stores.conversations.open_counts(),
        )

    async def _write(self, conversation_id: ConversationId, workforce: Workforce, *, first: bool) -> None:
        await self._stores.transaction(partial(self._decide_and_write, conversation_id, workforce, first=first))
        self._handover.stored(conversation_id)

    async def _decide_and_write(self, conversation_id: ConversationId, workforce: Workforce, *, first: bool) -> None:
        conversation = await self._stores.conversations.get(conversation_id)
        if conversation is None or conversation.status is not ConversationStatus.OPEN:
            return
        if (conversation.routed_at is not None) if first else (conversation.assignee_id is not None):
            return
        contact = await self._stores.contacts.get(conversation.contact_id)
        decision = decide(conversation, vip=contact is not None and contact.vip, workforce=workforce)
        if not first and decision.assignee_id is None:
            return
        now = self._clock.now()
        changed, message = self._apply(conversation, decision, workforce, now)
        await self._stores.messages.insert(message)
        saved = await self._stores.conversations.save(changed)
        await self._handover.changed(conversation, saved)
        if decision.assignee_id is not None and decision.assignee_id != conversation.assignee_id:
            await self._stores.reports.record([self._reporter.assigned(message)])

    def _apply(
        self, conversation: Conversation, decision: Decision, workforce: Workforce, now: datetime
    ) -> tuple[Conversation, Message]:
        team = next((team.name for team in workforce.teams if team.id == decision.team_id), "")
        agent = next((agent.name for agent in workforce.agents if agent.id == decision.assignee_id), "")
        routed = replace(
            conversation,
            team_id=decision.team_id,
            assignee_id=decision.assignee_id,
            priority=decision.priority,
            routed_at=conversation.routed_at or now,
        )
        return records.activity(
            routed,
            self._ids,
            now,
            "routed",
            team_id=decision.team_id or "",
            team=team,
            assignee_id=decision.assignee_id or "",
            assignee=agent,
            priority=decision.priority,
            reasons=" ".join(decision.reasons),
        )


def _servable(waiting: Sequence[Conversation], workforce: Workforce) -> list[Conversation]:
    """Those that somebody is free for: a team that is away must not hide those who wait for another."""
    free: dict[tuple[TeamId | None, str | None], bool] = {}
    for each in waiting:
        kind = each.team_id, each.category
        if kind not in free:
            free[kind] = decide(each, vip=False, workforce=workforce).assignee_id is not None
    return [each for each in waiting if free[each.team_id, each.category]]
