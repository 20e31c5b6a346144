"""The numbers, counted anew from the timeline, with no hub running.

Until it is done the workspace says so: one that was broken off is seen at the next start, and done again from the
beginning.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from scrm.clock import Clock
from scrm.errors import StartupError
from scrm.flow.facts import facts_of
from scrm.flow.levels import Levels
from scrm.flow.report import Reporter
from scrm.ids import ConversationId
from scrm.model.conversation import Conversation
from scrm.model.message import Message
from scrm.model.reports import REBUILD, ReportEvent
from scrm.ports.stores import ConversationQuery, Page, Stores

# Of the lease every hub that works holds while it does (`flow/partitions`).
_WORKER = "worker:"
_CONVERSATIONS = 200
_ENTRIES = 500
_FACTS = 2_000
WANTED, DONE = "wanted", ""


async def rebuild(stores: Stores, zone: ZoneInfo, clock: Clock, progress: Callable[[int, int], None]) -> int:
    """Forget every fact and count all conversations again; how many facts. progress: conversations done, of how many.

    Hours are today's; targets are those that were promised. Raises StartupError while a hub works on the database.
    """
    if any(lease.name.startswith(_WORKER) for lease in await stores.leases.held(clock.now())):
        raise StartupError("A running hub counts what happens: stop it first (its hold ends after twelve seconds).")
    levels = Levels(stores, zone, clock)
    reporter, hours, policies = Reporter(zone), await levels.hours(), (await levels.settings()).policies
    await stores.workspace.put(REBUILD, WANTED)
    await stores.reports.clear()
    total = sum([await stores.conversations.count_of_channel(each.id) for each in await stores.channels.all()])
    counted = done = 0
    facts: list[ReportEvent] = []
    after: Page | None = None
    progress(0, total)
    while page := await stores.conversations.page(ConversationQuery(), after=after, limit=_CONVERSATIONS):
        for conversation in page:
            facts += facts_of(await thread_of(stores, conversation), conversation.created_at, reporter, hours, policies)
            done += 1
            if len(facts) >= _FACTS:
                await stores.reports.load(facts)
                counted, facts = counted + len(facts), []
        progress(done, max(total, done))
        after = Page(at=page[-1].last_activity_at, id=page[-1].id)
    await stores.reports.load(facts)
    await stores.workspace.put(REBUILD, DONE)
    return counted + len(facts)


async def thread_of(stores: Stores, conversation: Conversation) -> list[Message]:
    """All its entries, by position."""
    found: list[Message] = []
    for after in range(0, conversation.last_position, _ENTRIES):
        found += await stores.messages.thread(ConversationId(conversation.id), after=after, until=after + _ENTRIES)
    return found
