"""Service quality: who answered how soon, what was promised and kept, how customers felt. Sums of report events.

Promise: every count is the number of events that `evidence` lists for its row, every percentile one of their values,
every mean their mean. Agents, teams and channels add up to the whole.
"""

import asyncio
from collections.abc import Mapping

from dashboards.reports.arithmetic import checked_range, days_of, nearest_rank
from dashboards.reports.overview import compared_with, partly_since, within
from scrm.model.quality import Kept, ServiceReport, ServiceRow, StaffHour, Times, WeekHour
from scrm.model.reports import DayRange, Digest, Metric, ReportFilter, Work
from scrm.ports.stores import Stores

_HOURS = range(24)


class ServiceReports:
    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def service(self, report_filter: ReportFilter, against: DayRange | None = None) -> ServiceReport:
        """Raises Invalid on a range that is none or too long."""
        period = checked_range(report_filter.first_day, report_filter.last_day)
        before = compared_with(period, against)
        now = await self._stores.reports.digest(within(report_filter, period))
        then = await self._stores.reports.digest(within(report_filter, before), rows=False)
        since = await partly_since(self._stores, period, before)
        # In a thread: the event loop, which takes messages in, is not held up by putting a quarter's times in order.
        return await asyncio.to_thread(service, period, now, before, then, since)


def service(period: DayRange, now: Digest, previous: DayRange, then: Digest, since: str | None = None) -> ServiceReport:
    """since: as `previous_since`."""
    return ServiceReport(
        range=period,
        previous=previous,
        days=len(days_of(period)),
        total=_row(None, now.whole),
        before=_row(None, then.whole),
        agents=_sorted(now.agents),
        teams=_sorted(now.teams),
        channels=_sorted(now.channels),
        arrivals=_arrivals(now),
        staffing=_staffing(now),
        previous_since=since,
    )


def _row(key: str | None, work: Work) -> ServiceRow:
    def count(metric: Metric) -> int:
        return work.counts.get(metric, 0)

    def mean(metric: Metric) -> float | None:
        return round(work.sums.get(metric, 0.0) / count(metric), 4) if count(metric) else None

    def kept(metric: Metric) -> Kept:
        return Kept(met=work.met.get(metric, 0), missed=work.missed.get(metric, 0))

    def times(metric: Metric) -> Times:
        took, open_ = work.took.get(metric, []), work.open.get(metric, [])
        same = took == open_  # always open
        took = sorted(took)
        open_ = took if same else sorted(open_)
        return Times(
            count=len(took),
            p50=nearest_rank(took, 0.5),
            p90=nearest_rank(took, 0.9),
            open_p50=nearest_rank(open_, 0.5),
            open_p90=nearest_rank(open_, 0.9),
        )

    return ServiceRow(
        key=key,
        opened=count(Metric.CONVERSATION_OPENED),
        assigned=count(Metric.ASSIGNED),
        incoming=count(Metric.MESSAGE_IN),
        outgoing=count(Metric.MESSAGE_OUT),
        resolved=count(Metric.CONVERSATION_RESOLVED),
        reopened=count(Metric.CONVERSATION_REOPENED),
        handed_off=count(Metric.HANDED_OFF),
        first_response=times(Metric.FIRST_RESPONSE),
        next_response=times(Metric.NEXT_RESPONSE),
        resolution=times(Metric.CONVERSATION_RESOLVED),
        first_kept=kept(Metric.FIRST_RESPONSE),
        next_kept=kept(Metric.NEXT_RESPONSE),
        resolution_kept=kept(Metric.CONVERSATION_RESOLVED),
        satisfaction=mean(Metric.SATISFACTION),
        rated=count(Metric.SATISFACTION),
        mood_before=mean(Metric.MOOD_BEFORE),
        mood_after=mean(Metric.MOOD_AFTER),
        moods=count(Metric.MOOD_AFTER),
    )


def _sorted(works: Mapping[str | None, Work]) -> tuple[ServiceRow, ...]:
    """Most work first; what is nobody's last, and without what only ever was amended away."""
    order = sorted((key is None, -_load(work), key or "") for key, work in works.items() if any(work.counts.values()))
    return tuple(_row(key or None, works[key or None]) for _, _, key in order)


def _load(work: Work) -> int:
    return sum(work.counts.get(metric, 0) for metric in (Metric.MESSAGE_OUT, Metric.MESSAGE_IN, Metric.ASSIGNED))


def _arrivals(digest: Digest) -> tuple[WeekHour, ...]:
    return tuple(
        WeekHour(weekday=weekday, hour=hour, count=digest.came.get((weekday, hour), 0))
        for weekday in range(7)
        for hour in _HOURS
    )


def _staffing(digest: Digest) -> tuple[StaffHour, ...]:
    came = [sum(digest.came.get((weekday, hour), 0) for weekday in range(7)) for hour in _HOURS]
    return tuple(
        StaffHour(
            hour=hour, incoming=came[hour], outgoing=digest.sent.get(hour, 0), agent_days=digest.here.get(hour, 0)
        )
        for hour in _HOURS
    )
