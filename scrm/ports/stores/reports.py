"""Store of what happened: report events and their rollups."""

from collections.abc import Collection, Sequence
from typing import Protocol

from scrm.model.reports import Digest, Metric, ReportEvent, ReportFilter, Rollup
from scrm.ports.stores.queries import EvidenceQuery, Page


class ReportStore(Protocol):
    async def record(self, events: Sequence[ReportEvent], *, new: bool = False) -> None:
        """Keep the events that are new and add them to their rollups, in one transaction.

        new: all of them are, because what they are about is written in the same transaction; they are not looked for.
        Raises Duplicate, and the transaction is over, when one is there all the same."""
        ...

    async def amend(self, event: ReportEvent) -> bool:
        """Put it in place of the recorded event of its id and count it instead of that one; False where there is none.
        The same again changes nothing. Time, channel and team stay as recorded."""
        ...

    async def rollups(
        self, report_filter: ReportFilter, metrics: Collection[Metric], *, by_channel: bool = False
    ) -> list[Rollup]:
        """By day, oldest first."""
        ...

    async def digest(self, report_filter: ReportFilter, *, rows: bool = True) -> Digest:
        """What happened of every metric, by hour and, as `rows`, by agent, team and channel; with every value of the
        times."""
        ...

    async def values(self, report_filter: ReportFilter, metric: Metric) -> list[float]:
        """Each value of one of the TIMED metrics, in no order."""
        ...

    async def events(self, query: EvidenceQuery, *, after: Page | None, limit: int) -> list[ReportEvent]:
        """Newest first; Page.at is `at`."""
        ...

    async def begins_within(self, first_day: str, last_day: str) -> str | None:
        """The day on which the first of all events happened, where it is one of these; None: there is an earlier one,
        or nothing happened on them."""
        ...

    async def clear(self) -> None:
        """Forget every event and rollup. Outside a transaction."""
        ...

    async def load(self, events: Sequence[ReportEvent]) -> None:
        """Keep many events none of which is recorded yet, and add them to their rollups. One step only within a
        transaction."""
        ...
