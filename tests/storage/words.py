"""Valid records of word lists, what they found, and answers; each call makes new ids."""

from typing import Any

from scrm.ids import ConversationId, MessageId, WordListId
from scrm.model.answers import Answer
from scrm.model.words import Word, WordAction, WordList, WordRecord
from tests.storage import records


def word_list(**fields: Any) -> WordList:
    id_ = WordListId(records.new_id("w"))
    given: dict[str, Any] = {"id": id_, "name": id_, "action": WordAction.FLAG, "words": (Word(text="微信"),)}
    return WordList(**{**given, "updated_at": records.START, **fields})


def word_record(**fields: Any) -> WordRecord:
    given: dict[str, Any] = {
        "id": records.new_id("h"),
        "list_id": WordListId("w1"),
        "action": WordAction.FLAG,
        "conversation_id": ConversationId("c1"),
        "message_id": MessageId("m1"),
        "author_id": None,
        "words": ("微信",),
    }
    return WordRecord(**{**given, "at": records.START, **fields})


def answer(**fields: Any) -> Answer:
    given: dict[str, Any] = {"id": MessageId(records.new_id("m")), "conversation_id": ConversationId("c1")}
    return Answer(
        **{**given, "question": "多久到", "text": "明天到", "at": records.START, "learned_at": records.START, **fields}
    )
