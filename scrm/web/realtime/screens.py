"""Conversation, count and agent frames: what needs a look into the database before it can be sent.

Conversations are shown as soon as they change, each at its latest state. Counts and agents follow at most every
`_BREATH`, and more slowly when the database takes long to count, so that counting never becomes the load it measures.
"""

from collections import OrderedDict
from collections.abc import Iterable

import msgspec

from scrm.clock import Clock
from scrm.ids import AgentId, ConversationId
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.people import Role
from scrm.ports.stores import Stores
from scrm.web.assemble import Views, agent_view
from scrm.web.masking import Masking
from scrm.web.realtime.frames import AgentFrame, ConversationFrame, CountsFrame, encode
from scrm.web.realtime.hall import Hall
from scrm.web.realtime.listener import Listener
from scrm.web.realtime.marks import Marks
from scrm.web.realtime.pending import Pending
from scrm.web.views import AgentView, ConversationView

_BREATH = 0.2
_REMEMBERED = 20_000

# What of a conversation the numbers depend on.
Shape = tuple[ConversationStatus, AgentId | None]


class Screens:
    def __init__(self, stores: Stores, views: Views, hall: Hall, marks: Marks, masking: Masking, clock: Clock) -> None:
        self._stores = stores
        self._views = views
        self._hall = hall
        self._marks = marks
        self._masking = masking
        self._clock = clock
        self._shapes: OrderedDict[ConversationId, Shape] = OrderedDict()
        self._numbers: Pending[str, None] = Pending()
        self._shown_agents: dict[AgentId, AgentView] = {}

    def conversation(self, conversation: Conversation) -> None:
        """A conversation is new or changed."""
        self._hall.conversations.put(conversation.id, conversation)
        shape = (conversation.status, conversation.assignee_id)
        if self._shapes.get(conversation.id) != shape:
            self._shapes[conversation.id] = shape
            self._shapes.move_to_end(conversation.id)
            while len(self._shapes) > _REMEMBERED:
                self._shapes.popitem(last=False)
            self.count()

    def count(self) -> None:
        """The numbers may be different."""
        self._numbers.put("numbers", None)

    def forget(self) -> None:
        """Changes may have been missed: what is remembered may be wrong."""
        self._shapes.clear()
        self._shown_agents.clear()
        self.count()

    async def show_conversations(self) -> None:
        """Endless. Raises StoreUnavailable; what was being shown then is lost, so the caller tells all to reload."""
        while True:
            changed = await self._hall.conversations.take()
            if len(self._hall) == 0:
                continue
            await self._masking.applies(Role.AGENT)  # another process may have changed it
            views = await self._views.shared(list(changed.values()))
            for agent_id, listeners in _by_agent(self._hall).items():
                seen = await self._marks.seen(agent_id, list(changed)) if agent_id else {}
                frames: dict[tuple[ConversationId, int, bool], bytes] = {}
                for view in views:
                    unread = max(0, view.incoming_count - seen.get(view.id, 0)) if agent_id else 0
                    for listener in listeners:
                        masked = self._masking.applied(listener.principal.role)
                        key = (view.id, unread, masked)
                        if key not in frames:
                            frames[key] = _frame(self._masking.apply(view) if masked else view, unread)
                        listener.offer(f"conversation:{view.id}", frames[key])

    async def show_numbers(self) -> None:
        """Endless. Raises StoreUnavailable."""
        while True:
            await self._numbers.take()
            began = self._clock.monotonic()
            if len(self._hall):
                await self._show_counts()
                await self._show_agents()
            await self._clock.sleep(max(_BREATH, 4 * (self._clock.monotonic() - began)))

    async def _show_counts(self) -> None:
        for agent_id, listeners in _by_agent(self._hall).items():
            frame = encode(CountsFrame(counts=await self._stores.conversations.counts(agent_id)))
            for listener in listeners:
                listener.offer("counts", frame)

    async def _show_agents(self) -> None:
        agents = await self._stores.agents.all()
        open_counts = await self._stores.conversations.open_counts()
        for agent in agents:
            view = agent_view(agent, open_counts.get(agent.id, 0))
            if self._shown_agents.get(agent.id) == view:
                continue
            self._shown_agents[agent.id] = view
            frame = encode(AgentFrame(agent=view))
            for listener in self._hall:
                listener.offer(f"agent:{agent.id}", frame)


def _frame(view: ConversationView, unread: int) -> bytes:
    return encode(ConversationFrame(conversation=msgspec.structs.replace(view, unread=unread)))


def _by_agent(listeners: Iterable[Listener]) -> dict[AgentId | None, list[Listener]]:
    found: dict[AgentId | None, list[Listener]] = {}
    for listener in listeners:
        found.setdefault(listener.principal.agent_id, []).append(listener)
    return found
