"""Stores of word lists, of what they found, and of answered questions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from scrm.ids import WordListId
from scrm.model.answers import Answer
from scrm.model.words import WordList, WordRecord
from scrm.ports.stores.queries import Page


class WordListStore(Protocol):
    async def all(self) -> list[WordList]: ...

    async def get(self, list_id: WordListId) -> WordList | None: ...

    async def save(self, word_list: WordList) -> None:
        """Raises Duplicate on a taken name."""
        ...

    async def delete(self, list_id: WordListId) -> bool: ...


class WordRecordStore(Protocol):
    async def add(self, records: Sequence[WordRecord]) -> frozenset[str]:
        """Keep those that are new; their ids."""
        ...

    async def counts(self, since: datetime, until: datetime) -> dict[WordListId, int]:
        """Records by list, since <= at < until."""
        ...

    async def page(self, list_id: WordListId, *, after: Page | None, limit: int) -> list[WordRecord]:
        """Newest first; Page.at is `at`."""
        ...


class AnswerStore(Protocol):
    async def put(self, answers: Sequence[Answer]) -> None:
        """Insert or replace by id."""
        ...

    async def since(self, learned_at: datetime) -> list[Answer]:
        """Those learned at that moment or later, in the order of their learning."""
        ...

    async def keep(self, count: int) -> int:
        """Delete all but the `count` newest answers; how many went."""
        ...

    async def clear(self) -> None: ...
