"""Store of what happened: report events and their rollups."""

from collections.abc import Collection, Sequence
from typing import Protocol

from scrm.model.reports import Metric, ReportEvent, ReportFilter, Rollup
from scrm.ports.stores.queries import EvidenceQuery, Page


class ReportStore(Protocol):
    async def record(self, events: Sequence[ReportEvent]) -> None:
        """Keep the events that are new and add them to their rollups, in one transaction."""
        ...

    async def rollups(self, report_filter: ReportFilter, metrics: Collection[Metric]) -> list[Rollup]: ...

    async def values(self, report_filter: ReportFilter, metric: Metric) -> list[float]:
        """Each event's value, in no order."""
        ...

    async def events(self, query: EvidenceQuery, *, after: Page | None, limit: int) -> list[ReportEvent]:
        """Newest first; Page.at is `at`."""
        ...
