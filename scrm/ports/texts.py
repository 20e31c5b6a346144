"""What is read of a text on the spot, in the hub's own process. Implemented by `nlp.texts`.

Everything here is pure, linear in the text, and raises nothing, whatever the text holds.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from scrm.model.answers import Answer, Suggestion
from scrm.model.people import CannedReply
from scrm.model.words import PersonalSpan, WordHit, WordList


class WordMatcher(Protocol):
    """Some lists, compiled."""

    def find(self, text: str) -> list[WordHit]:
        """Each word of each list at its first place, in the order of the text; at most 50."""
        ...


class AnswerIndex(Protocol):
    """Answered questions, in memory: a copy of what the store holds, cheap to ask."""

    def __len__(self) -> int: ...

    def add(self, answers: Sequence[Answer]) -> None:
        """One with a known id takes the place of the old one."""
        ...

    def keep(self, count: int) -> None:
        """Forget all but the newest `count`."""
        ...

    def search(
        self, question: str, canned: Sequence[CannedReply], *, category: str | None = None, limit: int = 3
    ) -> list[Suggestion]:
        """The best answers first, the same answer once. category: of the conversation; speaks for its prepared
        replies."""
        ...


class Texts(Protocol):
    def matcher(self, lists: Sequence[WordList]) -> WordMatcher:
        """Of those that are enabled."""
        ...

    def index(self) -> AnswerIndex:
        """An empty one."""
        ...

    def has_substance(self, word: str) -> bool:
        """Whether a word holds anything that can be looked for: a letter, digit or Han character."""
        ...

    def personal(self, text: str) -> list[PersonalSpan]:
        """In the order of the text, none over another."""
        ...

    def mask(self, text: str) -> str:
        """The text with personal data shortened: 138****8000."""
        ...

    def anonymous(self, text: str, names: Collection[str]) -> str:
        """The text with placeholders for personal data, order and other long numbers, addresses, and these names."""
        ...
