"""Finding messages: candidates from the index, best first, each then looked at as it is now.

What the index cannot know, since it changes without the message (who has the conversation, its labels), and what it
only nearly knows (a phrase), is checked on the messages themselves, a page at a time, up to a bound; whoever wants
more asks to go on from there.

Whoever gets personal data shortened finds only by what is left of a text: a number must not be guessed digit by digit.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from scrm.clock import Clock
from scrm.errors import Invalid
from scrm.ids import AgentId, LabelId, MessageId
from scrm.model.base import Record
from scrm.model.contact import Contact
from scrm.model.conversation import Conversation
from scrm.model.message import Message
from scrm.model.search import Candidate, SearchFilter
from scrm.ports.services import TextCutter
from scrm.ports.stores import Page, Stores
from scrm.web.search import question, shown
from scrm.web.views import Shown

# The best of all that match; who needs more must ask more exactly.
MOST = 300
# Candidates looked at for one page, and the time that may take.
MOST_CHECKED = 200
CHECKING_SECONDS = 0.1
# A cursor keeps the moment of its first page, so that ages, and with them the order, stay the same.
CURSOR_LASTS = timedelta(hours=1)


class ConversationFilter(Record, kw_only=True):
    """What the conversation of a message must be now. assignee: an agent's id, or "none"."""

    assignee: AgentId | None = None
    label: LabelId | None = None

    def lets(self, conversation: Conversation | None) -> bool:
        if conversation is None:
            return False
        wanted = None if self.assignee == "none" else self.assignee
        return (self.assignee is None or conversation.assignee_id == wanted) and (
            self.label is None or self.label in conversation.labels
        )


class Hit(Record, kw_only=True):
    message: Message
    contact: Contact
    shown: Shown


class Found(Record, kw_only=True):
    """following: where to look further. See `SearchView`."""

    hits: tuple[Hit, ...]
    following: Page | None
    total: int | None
    whole: bool


class Finder:
    def __init__(
        self, stores: Stores, cutter: TextCutter, clock: Clock, mask: Callable[[Message], Message] | None = None
    ) -> None:
        """mask: what the one who asks sees of a message; None: all of it."""
        self._stores = stores
        self._cutter = cutter
        self._clock = clock
        self._mask = mask

    async def find(
        self,
        text: str,
        where: SearchFilter,
        within: ConversationFilter,
        *,
        after: Page | None,
        limit: int,
        newest_first: bool,
    ) -> Found:
        """Raises Invalid when nothing in the text can be looked for."""
        asked = question.read(text, self._cutter)
        now = self._moment(after)
        candidates = await self._stores.search.find(asked.parts, where, now=now, limit=MOST, newest_first=newest_first)
        best = _after(candidates.best, after.id if after else None)
        hits: list[Hit] = []
        checked = 0
        ends = self._clock.monotonic() + CHECKING_SECONDS
        while checked < len(best) and len(hits) < limit:
            if checked >= MOST_CHECKED or (checked and self._clock.monotonic() > ends):
                break
            batch = best[checked : checked + limit - len(hits)]
            hits += await self._looked_at(batch, asked, within, candidates.alternatives)
            checked += len(batch)
        more = checked < len(best)
        certain = not asked.phrases and within == ConversationFilter() and self._mask is None
        return Found(
            hits=tuple(hits),
            following=Page(at=now, id=best[checked - 1].id) if more else None,
            total=candidates.matching if certain else None,
            whole=candidates.whole,
        )

    def _moment(self, after: Page | None) -> datetime:
        now = self._clock.now()
        if after is None:
            return now
        if not now - CURSOR_LASTS <= after.at <= now:
            raise Invalid("this search is too long ago: begin anew", field="after")
        return after.at

    async def _looked_at(
        self,
        candidates: Sequence[Candidate],
        asked: question.Question,
        within: ConversationFilter,
        sounds: dict[str, tuple[str, ...]],
    ) -> list[Hit]:
        if within != ConversationFilter():
            # The ids are in the index, so of what is not wanted no message is read.
            held = await self._stores.conversations.get_many({each.conversation_id for each in candidates})
            candidates = [each for each in candidates if within.lets(held.get(each.conversation_id))]
        stored = await self._stores.messages.get_many([candidate.id for candidate in candidates])
        messages = [stored[each.id] for each in candidates if each.id in stored]
        contacts = await self._stores.contacts.get_many({message.contact_id for message in messages})
        hits: list[Hit] = []
        for message in messages:
            seen = self._mask(message) if self._mask else message
            why = shown.shown(seen, asked.parts, sounds, self._cutter)
            # The index may know a message as it was, before it was edited or shortened: nothing of it, no hit.
            found = shown.holds(seen, asked.phrases, self._cutter) if asked.phrases else why.marks
            if found and message.contact_id in contacts:
                hits.append(Hit(message=message, contact=contacts[message.contact_id], shown=why))
        return hits


def _after(best: Sequence[Candidate], last: str | None) -> Sequence[Candidate]:
    if last is None:
        return best
    ids = [candidate.id for candidate in best]
    return best[ids.index(MessageId(last)) + 1 :] if last in ids else ()
