"""Rollups as pages read them: slots added up, and days that are over kept (`folds`).

A day that is over changes only by a correction or a late reading.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import msgspec

from scrm.clock import Clock
from scrm.model.reports import ReportFilter, Rollup
from scrm.storage.codec import Document
from scrm.storage.folds import Folds
from scrm.storage.report_day import Day, Place, day_of
from scrm.storage.shelf import Shelf

# How long a day stays open after the one of its name in UTC is over: it is over everywhere on earth twelve hours later,
# and clocks may differ by as much again.
_OPEN = timedelta(days=1)
# A quarter, the quarter before, and the five weeks before those that are looked at for anything earlier: with fewer,
# each look at a quarter would drop what the next one wants first. Some 35 MB where 2,000 messages come in a day.
_MOST_KEPT = 224
# Of `Place`, as it is folded.
_SHAPE = 1


class _Folded:
    _decoder = msgspec.msgpack.Decoder(list[Place])

    def fold(self, made: Day) -> bytes:
        return msgspec.msgpack.encode(made.places)

    def unfold(self, day: str, folded: bytes) -> Day:
        return Day(day, self._decoder.decode(folded))


class Days:
    """Reads days. One of these for each process."""

    def __init__(self, rollups: Shelf[Rollup], clock: Clock, slots: int) -> None:
        self._rollups = rollups
        self._clock = clock
        self._folds = Folds(rollups, self._read, _Folded(), shape=_SHAPE, slots=slots, most=_MOST_KEPT)

    async def read(self, report_filter: ReportFilter) -> list[Day]:
        """Oldest first. Days that are not over are read in one go, so that their numbers are of one moment."""
        over, going = self.parts(report_filter)
        kept = await self._folds.read(over, over=self._opens())
        fresh = await self._read(going)
        return [*(kept[day] for day in over), *fresh.values()]

    def parts(self, report_filter: ReportFilter) -> tuple[list[str], list[str]]:
        """Its days that are over, and those that go on; oldest first."""
        wanted, opens = _days(report_filter), self._opens()
        return [day for day in wanted if day < opens], [day for day in wanted if day >= opens]

    async def changed(self, days: Collection[str | None]) -> None:
        """Say that days change; within the transaction that changes them."""
        opens = self._opens()
        await self._rollups.update_each(self._folds.changes([day for day in days if day is not None and day < opens]))

    async def all_changed(self) -> None:
        await self._rollups.update_each(self._folds.all_changed())

    async def _read(self, days: Sequence[str]) -> dict[str, Day]:
        if not days:
            return {}
        documents: dict[str, list[Document]] = {day: [] for day in days}
        for document in await self._rollups.raw({"day": {"$gte": days[0], "$lte": days[-1]}}):
            if document["day"] in documents:
                documents[document["day"]].append(document)
        return {day: day_of(day, found) for day, found in documents.items()}

    def _opens(self) -> str:
        return (self._clock.now() - _OPEN).date().isoformat()


def _days(report_filter: ReportFilter) -> list[str]:
    first, last = date.fromisoformat(report_filter.first_day), date.fromisoformat(report_filter.last_day)
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
