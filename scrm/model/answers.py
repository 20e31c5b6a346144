"""Questions that agents have answered, and what is suggested from them."""

from datetime import datetime
from enum import StrEnum

from scrm.ids import CannedReplyId, ConversationId, MessageId
from scrm.model.base import Record

UNTIL = "answers.until"
"""Name of the workspace's setting that says up to when conversations have been learned from."""


class Answer(Record, kw_only=True):
    """A customer's question and the agent's answer to it. Both texts are without the customer's personal data, numbers
    and name, what was reckoned for them and agreed with them: placeholders (⟨手机号⟩) stand in their place, in the
    database as well. Where the agent gave their own name, that of whoever uses the answer comes ({{agent.name}}).

    id: of the message that answers. category: what its conversation was about. at: when it was written. learned_at:
    when it was put down here.
    """

    id: MessageId
    conversation_id: ConversationId
    question: str
    text: str
    category: str | None = None
    at: datetime
    learned_at: datetime


class SuggestionSource(StrEnum):
    HISTORY = "history"
    CANNED = "canned"


class Suggestion(Record, kw_only=True):
    """A reply that may fit. score: 0 … 1, how similar what it answered is to what is asked now.

    count: how often this answer was given among similar questions. question, conversation_id, message_id: the most
    similar of them; None for a prepared reply that nobody has used on one.
    """

    text: str
    source: SuggestionSource
    score: float
    count: int
    canned_id: CannedReplyId | None = None
    title: str = ""
    question: str | None = None
    conversation_id: ConversationId | None = None
    message_id: MessageId | None = None
    at: datetime | None = None
