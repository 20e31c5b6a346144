"""Answers that agents gave, learned from the conversations themselves and suggested to the next who is asked.

Learning happens beside everything else, one process at a time: conversations with recent activity are read again, what
was asked and answered in them is put down without anything that belongs to the customer, and the newest `MOST` are
kept. Every process holds a copy in memory, which is asked in milliseconds. Nothing is ever sent from here.
"""

import asyncio
import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from scrm.clock import Clock
from scrm.errors import NotFound
from scrm.flow import records
from scrm.ids import ConversationId, MessageId
from scrm.model.answers import UNTIL, Answer, Suggestion
from scrm.model.contact import Contact
from scrm.model.conversation import Conversation
from scrm.model.message import AuthorType, Message, MessageKind, MessageStatus
from scrm.model.people import Agent
from scrm.ports.stores import ConversationQuery, Page, Stores
from scrm.ports.texts import Texts

log = structlog.get_logger(__name__)

MOST = 20_000
EVERY_SECONDS = 60.0
FIRST_AFTER_SECONDS = 20.0
# What was still on its way at the last look is looked at again; sends are decided well within that.
LOOK_BACK = timedelta(minutes=10)
LEASE = timedelta(minutes=5)
ANEW = "answers.anew"
"""Name of the one that counts how often all was to be forgotten, so that every process hears of it."""

_PAGE = 20
_BREATH = 0.05
_THREAD = 200
_AT_ONCE = 200
_LOOK = 30
_LONGEST_QUESTION = 300
_LONGEST_ANSWER = 600
_SHORTEST_ANSWER = 4
_LONGEST_NAME = 10
_SHORTEST_NAME = 2
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_ARRIVED = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ})


def pairs(entries: Sequence[Message]) -> list[tuple[str, Message]]:
    """What a customer asked and the message with which an agent answered it, of a thread by rank.

    A question is what the customer wrote since the last reply; its answer is the longest of the agent's replies before
    the customer's next message. Programs' replies and those that did not arrive answer nothing.
    """
    found: list[tuple[str, Message]] = []
    asked: list[str] = []
    answer: Message | None = None
    answered = False
    for entry in entries:
        if entry.kind is MessageKind.INCOMING:
            if answered:
                if answer is not None and asked:
                    found.append((_question(asked), answer))
                asked, answer, answered = [], None, False
            if records.own_words(entry):
                asked.append(entry.content.strip())
        elif entry.kind is MessageKind.OUTGOING:
            answered = True
            if _teaches(entry) and (answer is None or len(entry.content) > len(answer.content)):
                answer = entry
    if answer is not None and asked:
        found.append((_question(asked), answer))
    return found


def open_question(entries: Sequence[Message]) -> str:
    """What the customer wrote since the last reply; "" when nothing waits for an answer."""
    asked: list[str] = []
    for entry in reversed(entries):
        if entry.kind is MessageKind.OUTGOING:
            break
        if entry.kind is MessageKind.INCOMING and records.own_words(entry):
            asked.insert(0, entry.content.strip())
    return _question(asked)


class Answers:
    def __init__(self, stores: Stores, texts: Texts | None, clock: Clock, owner: str, *, learns: bool) -> None:
        """texts None: this hub suggests prepared replies' own words to nobody and learns nothing."""
        self._stores = stores
        self._texts = texts
        self._clock = clock
        self._owner = owner
        self._learns = learns
        self._index = texts.index() if texts else None
        self._read_until: datetime | None = None
        self._known: dict[MessageId, None] = {}
        self._now = asyncio.Event()
        self._anew: str | None = None

    def __len__(self) -> int:
        return len(self._index) if self._index is not None else 0

    async def suggest(self, conversation_id: ConversationId, limit: int = 3) -> list[Suggestion]:
        """For what the customer asked last; nothing when it is answered. Raises NotFound."""
        conversation = await self._stores.conversations.get(conversation_id)
        if conversation is None:
            raise NotFound("no such conversation")
        if self._index is None:
            return []
        last = conversation.last_position
        entries = await self._stores.messages.thread(conversation_id, after=max(0, last - _LOOK), until=last)
        question = open_question(sorted(entries, key=lambda entry: entry.rank))
        if not question:
            return []
        if self._read_until is None:
            await self.refresh()
        canned = await self._stores.canned_replies.all()
        return self._index.search(question, canned, category=conversation.category, limit=limit)

    async def run(self) -> None:
        if self._texts is None:
            await asyncio.Event().wait()  # nothing to do, as long as the hub runs
        await self._pause(FIRST_AFTER_SECONDS)
        while True:
            if self._learns:
                now = self._clock.now()
                if await self._stores.leases.acquire("answers", self._owner, now, now + LEASE):
                    await self.learn()
            await self.refresh()
            await self._pause(EVERY_SECONDS)

    async def relearn(self) -> int:
        """Forget everything and learn it anew, in the background; how many were known here."""
        known = len(self)

        async def work() -> None:
            count = int(await self._stores.workspace.get(ANEW) or 0)
            await self._stores.workspace.put(ANEW, str(count + 1))
            await self._stores.workspace.put(UNTIL, _EVER.isoformat())

        await self._stores.transaction(work)
        await self._stores.answers.clear()
        await self._heed()
        self._now.set()
        return known

    async def _heed(self) -> str | None:
        """Forget what this process knows where that was asked for since it looked last, by whomever."""
        anew = await self._stores.workspace.get(ANEW)
        if anew != self._anew:
            self._known.clear()
            self._index = self._texts.index() if self._texts else None
            self._read_until = None
            self._anew = anew
        return anew

    async def learn(self) -> int:
        """Read what happened since the last time; how many answers are new. Newest conversations first, so that a
        first look at a long history ends when as many are known as are kept."""
        began = self._clock.now()
        anew = await self._heed()
        stored = await self._stores.workspace.get(UNTIL)
        until = datetime.fromisoformat(stored) - LOOK_BACK if stored else _EVER
        theirs = names_of(await self._stores.agents.all())
        learned = 0
        after: Page | None = None
        while learned < MOST:
            page = await self._stores.conversations.page(ConversationQuery(), after=after, limit=_PAGE)
            fresh = [conversation for conversation in page if conversation.last_activity_at >= until]
            learned += await self._learn_from(fresh, theirs)
            if len(fresh) < _PAGE:
                break
            after = Page(at=fresh[-1].last_activity_at, id=fresh[-1].id)
            await asyncio.sleep(_BREATH)  # whatever else the database has to do comes first

        async def work() -> bool:
            if await self._stores.workspace.get(ANEW) != anew:
                return False
            await self._stores.workspace.put(UNTIL, began.isoformat())
            return True

        if not await self._stores.transaction(work):
            # All was to be forgotten meanwhile, what was just read with it: the next look begins anew.
            self._known.clear()
        if learned:
            forgotten = await self._stores.answers.keep(MOST)
            log.info("answers.learned", learned=learned, forgotten=forgotten)
        return learned

    async def refresh(self) -> None:
        """Take over what any process has learned since the last time."""
        if self._index is None:
            return
        began = self._clock.now()
        await self._heed()
        since = self._read_until - timedelta(minutes=1) if self._read_until else _EVER
        fresh = await self._stores.answers.since(since)
        for start in range(0, len(fresh), _AT_ONCE):
            self._index.add(fresh[start : start + _AT_ONCE])
            await asyncio.sleep(0)
        self._index.keep(MOST)
        self._read_until = began

    async def _learn_from(self, conversations: Sequence[Conversation], colleagues: Collection[str]) -> int:
        if self._texts is None:
            return 0
        contacts = await self._stores.contacts.get_many({each.contact_id for each in conversations})
        answers: list[Answer] = []
        for conversation in conversations:
            last = conversation.last_position
            entries = await self._stores.messages.thread(conversation.id, after=max(0, last - _THREAD), until=last)
            contact = contacts.get(conversation.contact_id)
            names = called(contact)
            for question, answer in pairs(sorted(entries, key=lambda entry: entry.rank)):
                if answer.id not in self._known:
                    said = unsigned(answer.content.strip()[:_LONGEST_ANSWER], colleagues)
                    answers.append(
                        Answer(
                            id=answer.id,
                            conversation_id=conversation.id,
                            question=self._texts.anonymous(question, names),
                            text=self._texts.anonymous(said, names),
                            category=conversation.category,
                            at=answer.created_at,
                            learned_at=self._clock.now(),
                        )
                    )
        await self._stores.answers.put(answers)
        self._known |= dict.fromkeys(answer.id for answer in answers)
        while len(self._known) > 2 * MOST:
            del self._known[next(iter(self._known))]
        return len(answers)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._now.wait()
        except TimeoutError:
            return
        self._now.clear()


def called(contact: Contact | None) -> set[str]:
    """What colleagues call a customer. A remark that is longer than a name is none."""
    if contact is None:
        return set()
    return {contact.name, *([contact.remark] if len(contact.remark) <= _LONGEST_NAME else [])}


def names_of(agents: Sequence[Agent]) -> set[str]:
    """What agents call themselves, among themselves and before customers."""
    return {name for agent in agents for name in (agent.name, agent.public_name) if name}


def unsigned(text: str, colleagues: Collection[str]) -> str:
    """Whoever says who they are, says who uses the answer: {{agent.name}}, as prepared replies have it."""
    names = [re.escape(name) for name in sorted(colleagues, key=len, reverse=True) if len(name) >= _SHORTEST_NAME]
    if not names:
        return text
    return re.sub(rf"(?<=我是|我叫|客服|专员|顾问)(?P<gap> ?)(?:{'|'.join(names)})", r"\g<gap>{{agent.name}}", text)


def _question(asked: Sequence[str]) -> str:
    """The end of it: what was said last is what is asked."""
    return " ".join(asked)[-_LONGEST_QUESTION:]


def _teaches(entry: Message) -> bool:
    return (
        entry.author.type is AuthorType.AGENT
        and entry.status in _ARRIVED
        and len(entry.content.strip()) >= _SHORTEST_ANSWER
    )
