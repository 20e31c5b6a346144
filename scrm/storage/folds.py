"""What days come to, worked out once: kept in memory, and folded into one small document beside what it was made of.

Whoever changes a day that is kept says so, in the same transaction (`changes`), and a reader asks for what was said
before it believes what it keeps: what is kept is never behind. The folded document is what the first look after a start
reads instead of everything; it carries what had been said when it was made, and is believed by the same rule.
"""

import asyncio
import secrets
import zlib
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from pymongo import UpdateOne

from scrm.storage.shelf import Shelf

T = TypeVar("T")

# Read at once: what is longer holds up everybody else of the embedded server.
_TOGETHER = 7
_CHANGED, _FOLDED, _ALL = "changed", "folded", "all"

Make = Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]


class Form(Protocol[T]):
    """How a day is folded into bytes."""

    def fold(self, made: T) -> bytes: ...

    def unfold(self, day: str, folded: bytes) -> T: ...


class Folds(Generic[T]):
    """Days of one collection, by name. One of these for each process.

    make: works days out from what is stored. form: what is folded of one, and its `shape`, to be counted up when that
    changes. slots: over how many documents it is spread that days changed. most: days kept in memory. owner: whose days
    these are, where a collection holds those of several. marks: fields that folded documents bear, to be deleted by.
    """

    def __init__(
        self,
        shelf: Shelf[Any],
        make: Make[T],
        form: Form[T],
        *,
        shape: int,
        slots: int,
        most: int,
        owner: str = "",
        marks: Mapping[str, str] | None = None,
    ) -> None:
        self._shelf = shelf
        self._make = make
        self._form = form
        self._shape = shape
        self._slots = slots
        self._most = most
        self._owner = f"{owner}|" if owner else ""
        self._marks = dict(marks or {})
        self._kept: OrderedDict[str, tuple[tuple[int, ...], T]] = OrderedDict()
        self._filling = asyncio.Lock()

    async def read(self, days: Sequence[str], *, over: str) -> dict[str, T]:
        """over: days before it are folded; later ones go on."""
        if not days:
            return {}
        async with self._filling:
            return await self._read(days, over)

    def changes(self, days: Collection[str]) -> list[UpdateOne]:
        """What says that days change; to be written in the transaction that changes them."""
        return self._say({f"{_CHANGED}.{day}": 1 for day in sorted(days)}) if days else []

    def all_changed(self) -> list[UpdateOne]:
        return self._say({f"{_CHANGED}.{_ALL}": 1})

    async def drop(self, days: Collection[str]) -> None:
        """What was folded of days that nobody asks for any more."""
        if days:
            await self._shelf.delete_many({"_id": {"$in": [self._folded_id(day) for day in sorted(days)]}})

    async def forget(self) -> None:
        """What was said, once there is nothing any more that days could be made of, nor ever will be."""
        await self._shelf.delete_many({"_id": {"$in": self._said_ids()}})

    def _say(self, counts: Mapping[str, int]) -> list[UpdateOne]:
        # Spread like what is counted, so that transactions that run at once seldom meet.
        return [UpdateOne({"_id": secrets.choice(self._said_ids())}, {"$inc": counts}, upsert=True)]

    def _said_ids(self) -> list[str]:
        return [f"{_CHANGED}|{self._owner}{slot}" for slot in range(self._slots)]

    def _folded_id(self, day: str) -> str:
        return f"{_FOLDED}|{self._owner}{day}"

    async def _read(self, days: Sequence[str], over: str) -> dict[str, T]:
        said: Counter[str] = Counter()
        for document in await self._shelf.raw({"_id": {"$in": self._said_ids()}}):
            said.update(document[_CHANGED])
        versions = {day: (self._shape, said[_ALL], said[day]) for day in days}
        found: dict[str, T] = {}
        for day in days:
            version, kept = self._kept.get(day, ((), None))
            if kept is not None and version == versions[day]:
                self._kept.move_to_end(day)
                found[day] = kept
        if missing := sorted({day for day in days if day not in found}):
            found |= await self._folded([day for day in missing if day < over], versions)
            await self._made([day for day in missing if day not in found], versions, found, over)
            for day in missing:
                self._kept[day] = (versions[day], found[day])
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found

    async def _folded(self, days: Sequence[str], versions: Mapping[str, tuple[int, ...]]) -> dict[str, T]:
        found: dict[str, T] = {}
        ids = {self._folded_id(day): day for day in days}
        for document in await self._shelf.raw({"_id": {"$in": list(ids)}}) if ids else ():
            day = ids[document["_id"]]
            if tuple(document["version"]) == versions[day]:
                found[day] = self._form.unfold(day, zlib.decompress(document[_FOLDED]))
        return found

    async def _made(
        self, days: Sequence[str], versions: Mapping[str, tuple[int, ...]], found: dict[str, T], over: str
    ) -> None:
        for start in range(0, len(days), _TOGETHER):
            # What changes between asking what was said and reading is read again the next time: versions differ.
            made = await self._make(days[start : start + _TOGETHER])
            found.update(made)
            for day, each in made.items():
                if day < over:
                    packed = zlib.compress(self._form.fold(each), 1)
                    body = {"_id": self._folded_id(day), "version": list(versions[day]), _FOLDED: packed}
                    await self._shelf.put_document({**self._marks, **body})
