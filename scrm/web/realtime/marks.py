"""How far agents who listen have read, remembered so that each change need not ask the database for each of them.

A mark moved in this process is known at once; one moved in another process within `_LASTS`.
"""

from collections import OrderedDict
from collections.abc import Collection

from scrm.clock import Clock
from scrm.ids import AgentId, ConversationId
from scrm.model.people import ReadMark
from scrm.ports.stores import ReadMarkStore

_LASTS = 120.0
_REMEMBERED = 1_000


class Marks:
    def __init__(self, store: ReadMarkStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        # Of each agent: the number of customers' messages seen in a conversation, and until when to believe it.
        self._known: dict[AgentId, OrderedDict[ConversationId, tuple[int, float]]] = {}

    async def seen(self, agent_id: AgentId, ids: Collection[ConversationId]) -> dict[ConversationId, int]:
        now = self._clock.monotonic()
        known = self._known.setdefault(agent_id, OrderedDict())
        found = {each: known[each][0] for each in ids if each in known and known[each][1] > now}
        missing = [each for each in ids if each not in found]
        if missing:
            marks = await self._store.of_agent(agent_id, missing)
            for each in missing:
                mark = marks.get(each)
                # Marks only move forward: one that moved here while we asked is newer than the answer. What was known
                # may also be forgotten meanwhile, because the agent left.
                here = self._known.get(agent_id, known).get(each, (0, 0.0))[0]
                found[each] = max(mark.incoming_count if mark else 0, here)
                self._put(agent_id, each, found[each])
        return found

    def moved(self, mark: ReadMark) -> None:
        self._known.setdefault(mark.agent_id, OrderedDict())
        self._put(mark.agent_id, mark.conversation_id, mark.incoming_count)

    def forget(self, agent_id: AgentId) -> None:
        self._known.pop(agent_id, None)

    def clear(self) -> None:
        self._known.clear()

    def _put(self, agent_id: AgentId, conversation_id: ConversationId, count: int) -> None:
        known = self._known.setdefault(agent_id, OrderedDict())
        known[conversation_id] = (count, self._clock.monotonic() + _LASTS)
        known.move_to_end(conversation_id)
        while len(known) > _REMEMBERED:
            known.popitem(last=False)
