"""What search keeps of a message, what it is asked, and what it finds."""

from datetime import datetime
from enum import StrEnum

from scrm.ids import AgentId, ChannelId, ConversationId, MessageId
from scrm.model.analysis import Sentiment
from scrm.model.base import Record
from scrm.model.message import Message, MessageKind


def searchable(message: Message) -> list[str]:
    """The lines of a message that may be found, its text first: titles and addresses, and files by their names."""
    lines = [message.content]
    lines += [attachment.file_name for attachment in message.attachments if attachment.file_name]
    lines += [message.details[name] for name in ("title", "description", "address", "label") if name in message.details]
    return [line for line in lines if line]


class Indexed(Record, kw_only=True):
    """A message as the index takes it in.

    text: everything that may be found (content, titles, file names), folded by the `TextCutter`; lines apart stand on
    lines of their own. words: of the text, as the cutter cuts it. author: the agent who wrote it, None for a customer.
    category, sentiment: of the message's own reading.
    """

    id: MessageId
    conversation_id: ConversationId
    at: datetime
    channel_id: ChannelId
    kind: MessageKind
    text: str
    words: tuple[str, ...]
    author: AgentId | None = None
    sentiment: Sentiment | None = None
    category: str | None = None


class WantedForm(StrEnum):
    """word: as the cutter cuts it. run: Han characters that are more than a word. beginning: letters that are being
    typed and may go on. phrase: these characters, in this order, or nothing."""

    WORD = "word"
    RUN = "run"
    BEGINNING = "beginning"
    PHRASE = "phrase"


class Wanted(Record, kw_only=True):
    """A part of a question; folded. A run of Han characters, or of letters and digits; a phrase may hold any."""

    text: str
    form: WantedForm = WantedForm.WORD


class SearchFilter(Record, kw_only=True):
    """What a found message must be. since, until: bounds of `occurred_at`, until not included. None: whatever."""

    channel_id: ChannelId | None = None
    kind: MessageKind | None = None
    author: AgentId | None = None
    sentiment: Sentiment | None = None
    category: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Candidate(Record, kw_only=True):
    """A message that matches by its terms. score: 0 … 1, how much of the question's weight it holds, less for age."""

    id: MessageId
    conversation_id: ConversationId
    at: datetime
    score: float


class Candidates(Record, kw_only=True):
    """The best, best first. matching: how many there are in all. whole: False when time ran out before the oldest
    part of the index was looked at, or when messages still wait to be indexed after a rebuild.

    alternatives: what a part of the question also stood for (pinyin: the words that sound so), to highlight.
    """

    best: tuple[Candidate, ...]
    matching: int
    whole: bool = True
    alternatives: dict[str, tuple[str, ...]] = {}


class Waiting(Record, kw_only=True):
    """Messages written together that the index has not taken in yet."""

    id: str
    message_ids: tuple[MessageId, ...]
