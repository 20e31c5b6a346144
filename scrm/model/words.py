"""What a company watches for in texts: lists of words, what was found of them, and personal data."""

from datetime import datetime
from enum import StrEnum

from scrm.ids import ConversationId, LabelId, MessageId, WordListId
from scrm.model.base import Record


class WordAction(StrEnum):
    """What a hit does. `flag` marks the conversation; `risk` also raises its priority; `block` keeps a reply from
    leaving. A customer's message is never blocked."""

    FLAG = "flag"
    RISK = "risk"
    BLOCK = "block"


class WordVariant(StrEnum):
    """How the written form differs from the word, in the first respect that explains it."""

    EXACT = "exact"
    WIDTH = "width"  # full width, or another case
    SPACED = "spaced"  # blanks, punctuation or invisible characters in between
    TRADITIONAL = "traditional"
    LOOKALIKE = "lookalike"  # V信, 1Z3I5, 一二三
    SOUND = "sound"  # other characters, or letters, read the same


class Word(Record, kw_only=True):
    """sound: find it by its pinyin too. Off by default: short words have many homophones."""

    text: str
    sound: bool = False


class WordList(Record, kw_only=True):
    """label_id: put on a conversation in which a customer's message has a word of the list."""

    id: WordListId
    name: str
    action: WordAction
    words: tuple[Word, ...] = ()
    label_id: LabelId | None = None
    enabled: bool = True
    updated_at: datetime


class WordHit(Record, kw_only=True):
    """A word of a list in a text. written: as it stands there, at start … end (in characters)."""

    list_id: WordListId
    word: str
    written: str
    start: int
    end: int
    variant: WordVariant


class WordRecord(Record, kw_only=True):
    """What one list found in one message, kept so that hits can be counted and opened.

    id: message id and list id, so that reading a message twice counts once; of a reply that was kept back, of which
    there is no message, an id of its own. words: the list's words, each once, never the customer's text.
    """

    id: str
    list_id: WordListId
    action: WordAction
    conversation_id: ConversationId
    message_id: MessageId | None
    author_id: str | None
    words: tuple[str, ...]
    at: datetime


class PersonalKind(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"
    EMAIL = "email"
    ID_CARD = "id_card"
    BANK_CARD = "bank_card"
    PASSPORT = "passport"
    LICENCE_PLATE = "licence_plate"
    TAX_ID = "tax_id"  # a company's, not a person's: recognised so that it is taken for nothing else


class PersonalSpan(Record, kw_only=True):
    """start … end: characters of the text."""

    kind: PersonalKind
    start: int
    end: int
