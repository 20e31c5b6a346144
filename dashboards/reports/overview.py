"""The first dashboard: what it reads. All arithmetic is in `arithmetic`.

Promise: the counts of one answer come from one read of the rollups, so they agree with each other, and each equals
the number of events that `evidence` (for people waiting: `waiting`) lists for it under the same filter.
"""

from collections.abc import Collection
from itertools import chain

from dashboards.reports.arithmetic import COUNTED, Figures, checked_range, days_of, overview, period_before
from scrm.model.conversation import Conversation
from scrm.model.reports import DayRange, Metric, ReportEvent, ReportFilter, Rollup
from scrm.model.voice import ComparedOverview
from scrm.ports.stores import EvidenceQuery, Page, Stores

_METRICS = frozenset({*COUNTED.values(), Metric.FIRST_RESPONSE, Metric.MOOD, Metric.SATISFACTION})


class OverviewReports:
    """Implements `scrm.ports.flow.Reports`."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def overview(self, report_filter: ReportFilter, against: DayRange | None = None) -> ComparedOverview:
        """against: what it is compared with, None: the period of equal length just before. Raises Invalid on a range
        that is none or too long."""
        period = checked_range(report_filter.first_day, report_filter.last_day)
        before = compared_with(period, against)
        rollups = await both_rollups(self._stores, report_filter, period, before, _METRICS)
        standing = await self._stores.conversations.standing(report_filter.channel_id, report_filter.team_id)
        return overview(
            period,
            _figures(period, rollups),
            before,
            _figures(before, rollups),
            standing.waiting,
            standing.unresolved,
            await partly_since(self._stores, period, before),
        )

    async def evidence(self, query: EvidenceQuery, *, after: Page | None, limit: int) -> list[ReportEvent]:
        """The events a number was counted from, newest first. Raises Invalid as `overview` does."""
        checked_range(query.filter.first_day, query.filter.last_day)
        return await self._stores.reports.events(query, after=after, limit=limit)

    async def waiting(self, report_filter: ReportFilter) -> list[Conversation]:
        """What `waiting_now` counts: unresolved conversations whose customer waits for an answer, longest first.

        Of the filter only channel and team matter: it is about this moment.
        """
        found = [
            (each.waiting_since, each.id, each) for each in await self.backlog(report_filter) if each.waiting_since
        ]
        return [conversation for _, _, conversation in sorted(found, key=lambda row: row[:2])]

    async def backlog(self, report_filter: ReportFilter) -> list[Conversation]:
        """Unresolved conversations at this moment, oldest first, under the same filter."""
        return await self._stores.conversations.unresolved(report_filter.channel_id, report_filter.team_id)


def _figures(period: DayRange, rollups: list[Rollup]) -> Figures:
    of_it = [rollup for rollup in rollups if period.first_day <= rollup.day <= period.last_day]

    def took(metric: Metric) -> list[float]:
        return sorted(chain.from_iterable(rollup.times for rollup in of_it if rollup.metric is metric))

    return Figures(
        rollups=of_it,
        first_responses=took(Metric.FIRST_RESPONSE),
        resolutions=took(Metric.CONVERSATION_RESOLVED),
    )


def compared_with(period: DayRange, against: DayRange | None) -> DayRange:
    return checked_range(against.first_day, against.last_day) if against else period_before(period)


async def partly_since(stores: Stores, period: DayRange, before: DayRange) -> str | None:
    """The first day of which anything is known, where the range compared with is not whole after it: that day itself
    may have begun before anything was counted, so it is none to compare with."""
    # Where there was nothing then, perhaps because nothing had begun.
    return await stores.reports.begins_within(before.first_day, max(before.last_day, period.last_day))


async def both_rollups(
    stores: Stores, report_filter: ReportFilter, period: DayRange, before: DayRange, metrics: Collection[Metric],
    *, by_channel: bool = False,
) -> list[Rollup]:  # fmt: skip
    """Of both ranges; in one read where one follows the other, so that today's are of one moment."""
    first, last = min(before.first_day, period.first_day), max(before.last_day, period.last_day)
    near = DayRange(first_day=first, last_day=last)
    if len(days_of(near)) == len(days_of(period)) + len(days_of(before)):
        return await stores.reports.rollups(within(report_filter, near), metrics, by_channel=by_channel)
    return [
        *await stores.reports.rollups(within(report_filter, before), metrics, by_channel=by_channel),
        *await stores.reports.rollups(within(report_filter, period), metrics, by_channel=by_channel),
    ]


def within(report_filter: ReportFilter, period: DayRange) -> ReportFilter:
    return ReportFilter(
        first_day=period.first_day,
        last_day=period.last_day,
        channel_id=report_filter.channel_id,
        team_id=report_filter.team_id,
    )
