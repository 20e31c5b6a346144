"""Messages into the search index: behind everything else, in batches, at leisure.

What waits stands in a queue that was written with the messages, so a hub that is killed goes on where it was. One
process at a time does it, by a lease. A message that is being read is waited for a while, so that filters know its
mood; one that cannot be read is taken in without.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from scrm.clock import Clock
from scrm.errors import StoreUnavailable
from scrm.ids import AgentId, MessageId
from scrm.model.analysis import AnalysisState
from scrm.model.message import AuthorType, Message, MessageKind
from scrm.model.search import Indexed, Waiting, searchable
from scrm.ports.services import TextCutter
from scrm.ports.stores import Stores
from scrm.ports.turn import Turn

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
TICK_SECONDS = 2.0
# Between two batches when much waits: others come first.
PAUSE_SECONDS = 0.1
FAULT_SECONDS = 5.0
# Places of the queue, and messages, in one step; a read of messages is short, or it would hold up everybody's.
PLACES = 50
BATCH = 1_000
READ_AT_ONCE = 50
READING_TIME = timedelta(seconds=60)
LONGEST_TEXT = 2_000


class Indexing:
    def __init__(self, stores: Stores, cutter: TextCutter, clock: Clock, owner: str) -> None:
        self._stores = stores
        self._cutter = cutter
        self._clock = clock
        self._turn = Turn(stores.leases, "indexing", owner, clock, LEASE)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            pause = TICK_SECONDS
            try:
                if await self._turn.mine() and await self.step() >= PLACES:
                    pause = PAUSE_SECONDS
            except StoreUnavailable:
                log.warning("indexing.store_unavailable")
                pause = FAULT_SECONDS
            except Exception:
                log.exception("indexing.bug")
                pause = FAULT_SECONDS
            await self._clock.sleep(pause)

    async def work_off(self) -> None:
        """Until nothing is left that can be taken in (for tools and tests)."""
        while await self.step():
            pass

    async def step(self) -> int:
        """Take in a batch, and join small parts of the index; how much was done. PLACES or more: more may wait."""
        waiting = _first(await self._stores.search.waiting(PLACES), BATCH)
        found = await self._messages([each for place in waiting for each in place.message_ids])
        places: list[Waiting] = []
        ready: list[Message] = []
        for place in waiting:
            messages = [found[each] for each in place.message_ids if each in found]
            if not any(self._is_read_soon(message) for message in messages):
                places.append(place)
                ready += messages
        if places:
            await self._stores.search.add(await asyncio.to_thread(self._cut, ready), places)
        return len(places) + await self._stores.search.tidy()

    async def _messages(self, ids: Sequence[MessageId]) -> dict[MessageId, Message]:
        found: dict[MessageId, Message] = {}
        for at in range(0, len(ids), READ_AT_ONCE):
            found |= await self._stores.messages.get_many(ids[at : at + READ_AT_ONCE])
        return found

    def _is_read_soon(self, message: Message) -> bool:
        pending = message.analysis_state is AnalysisState.PENDING
        return pending and self._clock.now() - message.created_at < READING_TIME

    def _cut(self, messages: Sequence[Message]) -> list[Indexed]:
        return [indexed(message, self._cutter) for message in messages if message.kind is not MessageKind.ACTIVITY]


def _first(waiting: Sequence[Waiting], messages: int) -> list[Waiting]:
    """So many of the places as hold that many messages, and one at the least."""
    taken: list[Waiting] = []
    for place in waiting:
        taken.append(place)
        messages -= len(place.message_ids)
        if messages <= 0:
            break
    return taken


def indexed(message: Message, cutter: TextCutter) -> Indexed:
    text = cutter.fold("\n".join(searchable(message))[:LONGEST_TEXT])
    reading = message.correction or message.analysis
    return Indexed(
        id=message.id,
        conversation_id=message.conversation_id,
        at=message.occurred_at,
        channel_id=message.channel_id,
        kind=message.kind,
        text=text,
        words=tuple(cutter.words(text)),
        author=AgentId(message.author.id) if message.author.type is AuthorType.AGENT and message.author.id else None,
        sentiment=reading.sentiment if reading else None,
        category=reading.category if reading else None,
    )
