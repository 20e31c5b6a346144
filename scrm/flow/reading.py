"""What is made of a customer's words: the reading, asked for in time or not at all, and what a conversation feels.

Most texts are read in a few milliseconds, so they are read before they are stored, and stored once, with everything
that follows from the reading. Nobody waits for a reader that is slow, broken or busy: then the words are stored as
they came, and read afterwards (`flow/enrich`).
"""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from msgspec.structs import replace

from scrm.clock import end_tasks
from scrm.flow import mood
from scrm.flow.decide import team_of
from scrm.flow.words import Words
from scrm.model.analysis import Analysis
from scrm.model.base import Record
from scrm.model.conversation import Conversation
from scrm.model.message import Counted, Message
from scrm.model.people import Team
from scrm.model.words import WordHit
from scrm.ports.services import Analyser

log = structlog.get_logger(__name__)

# A text takes the reader some milliseconds, a full batch some tens. An agent waits no longer than this for a mood.
SOON_SECONDS = 0.1


class Understood(Record, kw_only=True):
    """By text. A text that is not in `readings` is read later; `words` are those of the company's lists."""

    readings: Mapping[str, Analysis] = {}
    words: Mapping[str, list[WordHit]] = {}


NOTHING = Understood()


class Reader:
    def __init__(self, analyser: Analyser, words: Words) -> None:
        self._analyser = analyser
        self._words = words
        # They run to their end, even when it is too late for who asked: whoever breaks one off kills the reader.
        self._questions: set[asyncio.Task[list[Analysis | None]]] = set()
        self._overdue: set[asyncio.Task[list[Analysis | None]]] = set()

    async def soon(self, texts: Sequence[str]) -> Understood:
        """What is understood of them within SOON_SECONDS; nothing at once while an earlier question is overdue.

        Raises StoreUnavailable.
        """
        texts = list(dict.fromkeys(texts))
        if not texts or self._overdue:
            return NOTHING
        question = asyncio.create_task(self._analyser.analyse(texts), name="read-soon")
        self._questions.add(question)
        question.add_done_callback(self._answered)
        _, late = await asyncio.wait({question}, timeout=SOON_SECONDS)
        self._overdue |= late
        if late or question.cancelled() or question.exception() is not None:
            return NOTHING
        readings = {text: reading for text, reading in zip(texts, question.result(), strict=True) if reading}
        return Understood(readings=readings, words=await self._words.of(list(readings)))

    def _answered(self, question: asyncio.Task[list[Analysis | None]]) -> None:
        self._questions.discard(question)
        self._overdue.discard(question)
        if not question.cancelled() and (error := question.exception()) is not None:
            # The same text is read again as a task, whose failure an admin sees.
            log.warning("reading.failed", error=type(error).__name__)

    async def close(self) -> None:
        await end_tasks(*self._questions)


def felt(conversation: Conversation, message: Message, teams: Sequence[Team]) -> tuple[Conversation, Message]:
    """Both after the message was read. The mood runs on; the first category stands until a person changes it, and picks
    the team of who has none yet, so that the very first message is counted for the team that will answer it."""
    knew, drop = conversation.category, None
    if message.analysis is not None:
        now = mood.after(conversation.mood, message.analysis)
        drop = mood.fell(conversation.mood, now)
        conversation = replace(
            conversation,
            mood=now,
            first_mood=message.analysis.score if conversation.mood.messages == 0 else conversation.first_mood,
            category=conversation.category or message.analysis.category,
        )
    if conversation.routed_at is None and (conversation.team_id is None or knew != conversation.category):
        undecided = conversation if conversation.team_id is None else replace(conversation, team_id=None)
        team, _ = team_of(undecided, teams)
        conversation = replace(conversation, team_id=team.id if team else conversation.team_id)
    return conversation, replace(message, counted=_counted(message, conversation, drop))


def _counted(message: Message, conversation: Conversation, drop: float | None) -> Counted:
    held = message.counted or Counted(agent_id=conversation.assignee_id)
    of_conversation = message.analysis is not None and message.analysis.category is None
    return replace(
        held,
        team_id=held.team_id or conversation.team_id,
        category=conversation.category if of_conversation else held.category,
        drop=held.drop or drop,
    )
