"""The first dashboard: what it reads. All arithmetic is in `arithmetic`.

Promise: the counts of one answer come from one read of the rollups, so they agree with each other, and each equals
the number of events that `evidence` (for people waiting: `waiting`) lists for it under the same filter.
"""

from collections.abc import AsyncIterator

from dashboards.reports.arithmetic import COUNTED, Figures, checked_range, overview, period_before
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.reports import DayRange, Metric, Overview, ReportEvent, ReportFilter, Rollup
from scrm.ports.stores import ConversationQuery, EvidenceQuery, Page, Stores

_METRICS = frozenset({*COUNTED.values(), Metric.MOOD})
_UNRESOLVED = tuple(status for status in ConversationStatus if status != ConversationStatus.RESOLVED)
_PAGE = 200


class OverviewReports:
    """Implements `scrm.ports.flow.Reports`."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def overview(self, report_filter: ReportFilter) -> Overview:
        """Raises Invalid on a range that is none or too long."""
        period = checked_range(report_filter.first_day, report_filter.last_day)
        before = period_before(period)
        both = DayRange(first_day=before.first_day, last_day=period.last_day)
        rollups = await self._stores.reports.rollups(_within(report_filter, both), _METRICS)
        waiting = [conversation async for conversation in self._waiting(report_filter)]
        return overview(
            period,
            await self._figures(report_filter, period, rollups),
            before,
            await self._figures(report_filter, before, rollups),
            len(waiting),
        )

    async def evidence(self, query: EvidenceQuery, *, after: Page | None, limit: int) -> list[ReportEvent]:
        """The events a number was counted from, newest first. Raises Invalid as `overview` does."""
        checked_range(query.filter.first_day, query.filter.last_day)
        return await self._stores.reports.events(query, after=after, limit=limit)

    async def waiting(self, report_filter: ReportFilter) -> list[Conversation]:
        """What `waiting_now` counts: unresolved conversations whose customer waits for an answer, longest first.

        Of the filter only channel and team matter: it is about this moment.
        """
        found = [conversation async for conversation in self._waiting(report_filter)]
        return sorted(found, key=lambda conversation: (conversation.waiting_since, conversation.id))

    async def _figures(self, report_filter: ReportFilter, period: DayRange, rollups: list[Rollup]) -> Figures:
        return Figures(
            rollups=[rollup for rollup in rollups if period.first_day <= rollup.day <= period.last_day],
            first_responses=await self._stores.reports.values(_within(report_filter, period), Metric.FIRST_RESPONSE),
        )

    async def _waiting(self, report_filter: ReportFilter) -> AsyncIterator[Conversation]:
        query = ConversationQuery(
            statuses=_UNRESOLVED, channel_id=report_filter.channel_id, team_id=report_filter.team_id
        )
        # A conversation that becomes active while we page moves to the front and may come twice.
        seen: set[str] = set()
        after: Page | None = None
        while True:
            page = await self._stores.conversations.page(query, after=after, limit=_PAGE)
            for conversation in page:
                if conversation.waiting_since is not None and conversation.id not in seen:
                    seen.add(conversation.id)
                    yield conversation
            if len(page) < _PAGE:
                return
            after = Page(at=page[-1].last_activity_at, id=page[-1].id)


def _within(report_filter: ReportFilter, period: DayRange) -> ReportFilter:
    return ReportFilter(
        first_day=period.first_day,
        last_day=period.last_day,
        channel_id=report_filter.channel_id,
        team_id=report_filter.team_id,
    )
