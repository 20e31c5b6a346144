"""Store of the search index: what waits to be taken in, what is in it, and looking things up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from scrm.ids import MessageId
from scrm.model.search import Candidates, Indexed, SearchFilter, Waiting, Wanted


class SearchStore(Protocol):
    """A message is queued in the transaction that stores it, or its reading: nothing stays out of the index."""

    async def queue(self, message_ids: Sequence[MessageId]) -> None:
        """Have messages taken in again, because what is found of them has changed."""
        ...

    async def waiting(self, limit: int) -> list[Waiting]:
        """The oldest first."""
        ...

    async def add(self, messages: Sequence[Indexed], done: Sequence[Waiting]) -> None:
        """Take messages in and their place in the queue away, in one transaction."""
        ...

    async def tidy(self) -> bool:
        """Join small parts of the index to larger ones; whether there may be more to do."""
        ...

    async def rebuild(self) -> int:
        """Empty the index and queue every message there is; how many."""
        ...

    async def find(
        self, wanted: Sequence[Wanted], where: SearchFilter, *, now: datetime, limit: int, newest_first: bool = False
    ) -> Candidates:
        """The best messages that hold most of what is wanted, every phrase's characters among it.

        now: for their age. At most about a tenth of a second of work; `Candidates.whole` says when that cut it short.
        """
        ...
