"""Service quality: who answered how soon, what was promised and kept, how customers felt. Sums of report events.

Promise: every count is the number of events that `evidence` lists for its row, every percentile one of their values,
every mean their mean. Agents, teams and channels add up to the whole.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from math import ceil
from typing import TypeVar

from dashboards.reports.arithmetic import checked_range, days_of
from dashboards.reports.overview import compared_with, partly_since, within
from scrm.model.quality import Kept, ServiceReport, ServiceRow, StaffHour, Times, WeekHour
from scrm.model.reports import DayRange, Digest, Metric, Outcome, ReportFilter
from scrm.ports.stores import Stores

_METRICS = (
    Metric.CONVERSATION_OPENED,
    Metric.CONVERSATION_REOPENED,
    Metric.CONVERSATION_RESOLVED,
    Metric.MESSAGE_IN,
    Metric.MESSAGE_OUT,
    Metric.FIRST_RESPONSE,
    Metric.NEXT_RESPONSE,
    Metric.ASSIGNED,
    Metric.HANDED_OFF,
    Metric.SATISFACTION,
    Metric.MOOD_BEFORE,
    Metric.MOOD_AFTER,
)
V = TypeVar("V")

_NOBODY = "-"
_HOURS = range(24)


class ServiceReports:
    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def service(self, report_filter: ReportFilter, against: DayRange | None = None) -> ServiceReport:
        """Raises Invalid on a range that is none or too long."""
        period = checked_range(report_filter.first_day, report_filter.last_day)
        before = compared_with(period, against)
        now = await self._stores.reports.digests(within(report_filter, period), _METRICS)
        then = await self._stores.reports.digests(within(report_filter, before), _METRICS)
        return service(period, now, before, then, await partly_since(self._stores, period, before))


def service(
    period: DayRange,
    now: Sequence[Digest],
    previous: DayRange,
    then: Sequence[Digest],
    since: str | None = None,
) -> ServiceReport:
    """since: as `previous_since`."""
    whole, by_agent, by_team, by_channel = _Tally(), _rows(), _rows(), _rows()
    for digest in now:
        whole.add(digest)
        by_team[digest.team_id].add(digest)
        by_channel[digest.channel_id].add(digest)
        agents = {agent for counts in digest.counts.values() for agent in counts}
        for agent in agents:
            by_agent[None if agent == _NOBODY else agent].add(digest, agent)
    before = _Tally()
    for digest in then:
        before.add(digest)
    return ServiceReport(
        range=period,
        previous=previous,
        days=len(days_of(period)),
        total=whole.row(None),
        before=before.row(None),
        agents=_sorted(by_agent),
        teams=_sorted(by_team),
        channels=_sorted(by_channel),
        arrivals=_arrivals(now),
        staffing=_staffing(now),
        previous_since=since,
    )


class _Tally:
    """What happened to one agent, team or channel, or to all."""

    def __init__(self) -> None:
        self._counts: Counter[Metric] = Counter()
        self._sums: defaultdict[Metric, float] = defaultdict(float)
        self._kept: Counter[tuple[Metric, Outcome]] = Counter()
        self._times: defaultdict[Metric, Counter[str]] = defaultdict(Counter)

    def add(self, digest: Digest, agent: str | None = None) -> None:
        """agent None: of all of them."""
        count = sum(sum(_picked(agents, agent)) for agents in digest.counts.values())
        self._counts[digest.metric] += count
        self._sums[digest.metric] += sum(_picked(digest.sums, agent))
        for outcome, agents in digest.kept.items():
            self._kept[digest.metric, Outcome(outcome)] += sum(_picked(agents, agent))
        for times in _picked(digest.times, agent):
            self._times[digest.metric].update(times)

    @property
    def work(self) -> int:
        return self._counts[Metric.MESSAGE_OUT] + self._counts[Metric.MESSAGE_IN] + self._counts[Metric.ASSIGNED]

    @property
    def empty(self) -> bool:
        return not any(self._counts.values())

    def row(self, key: str | None) -> ServiceRow:
        count = self._counts
        return ServiceRow(
            key=key,
            opened=count[Metric.CONVERSATION_OPENED],
            assigned=count[Metric.ASSIGNED],
            incoming=count[Metric.MESSAGE_IN],
            outgoing=count[Metric.MESSAGE_OUT],
            resolved=count[Metric.CONVERSATION_RESOLVED],
            reopened=count[Metric.CONVERSATION_REOPENED],
            handed_off=count[Metric.HANDED_OFF],
            first_response=self._of_times(Metric.FIRST_RESPONSE),
            next_response=self._of_times(Metric.NEXT_RESPONSE),
            resolution=self._of_times(Metric.CONVERSATION_RESOLVED),
            first_kept=self._of_kept(Metric.FIRST_RESPONSE),
            next_kept=self._of_kept(Metric.NEXT_RESPONSE),
            resolution_kept=self._of_kept(Metric.CONVERSATION_RESOLVED),
            satisfaction=self._mean(Metric.SATISFACTION),
            rated=count[Metric.SATISFACTION],
            mood_before=self._mean(Metric.MOOD_BEFORE),
            mood_after=self._mean(Metric.MOOD_AFTER),
            moods=count[Metric.MOOD_AFTER],
        )

    def _of_times(self, metric: Metric) -> Times:
        took: Counter[int] = Counter()
        open_: Counter[int] = Counter()
        for pair, count in self._times[metric].items():
            by_clock, _, in_hours = pair.partition("_")
            took[int(by_clock)] += count
            open_[int(in_hours)] += count
        return Times(
            count=took.total(),
            p50=rank(took, 0.5),
            p90=rank(took, 0.9),
            open_p50=rank(open_, 0.5),
            open_p90=rank(open_, 0.9),
        )

    def _of_kept(self, metric: Metric) -> Kept:
        return Kept(met=self._kept[metric, Outcome.MET], missed=self._kept[metric, Outcome.MISSED])

    def _mean(self, metric: Metric) -> float | None:
        count = self._counts[metric]
        return round(self._sums[metric] / count, 4) if count else None


def rank(values: Mapping[int, int], share: float) -> float | None:
    """Like `arithmetic.nearest_rank`, of values with how often each was."""
    place = ceil(round(share * sum(values.values()), 9))
    for value in sorted(values):
        place -= values[value]
        if place <= 0:
            return float(value)
    return None


def _picked(of_agents: Mapping[str, V], agent: str | None) -> Collection[V]:
    if agent is None:
        return of_agents.values()
    return (of_agents[agent],) if agent in of_agents else ()


def _rows() -> defaultdict[str | None, _Tally]:
    return defaultdict(_Tally)


def _sorted(rows: Mapping[str | None, _Tally]) -> tuple[ServiceRow, ...]:
    """Most work first; what is nobody's last."""
    order = sorted((key is None, -tally.work, key or "") for key, tally in rows.items() if not tally.empty)
    return tuple(rows[key or None].row(key or None) for _, _, key in order)


def _arrivals(digests: Iterable[Digest]) -> tuple[WeekHour, ...]:
    counts: Counter[tuple[int, int]] = Counter()
    weekdays: dict[str, int] = {}
    for digest in digests:
        if digest.metric is Metric.MESSAGE_IN:
            weekday = weekdays.setdefault(digest.day, date.fromisoformat(digest.day).weekday())
            for hour, agents in digest.counts.items():
                counts[weekday, int(hour)] += sum(agents.values())
    return tuple(
        WeekHour(weekday=weekday, hour=hour, count=counts[weekday, hour]) for weekday in range(7) for hour in _HOURS
    )


def _staffing(digests: Iterable[Digest]) -> tuple[StaffHour, ...]:
    came: Counter[int] = Counter()
    sent: Counter[int] = Counter()
    answered: Counter[tuple[str, int, str]] = Counter()
    for digest in digests:
        if digest.metric is Metric.MESSAGE_IN:
            for hour, agents in digest.counts.items():
                came[int(hour)] += sum(agents.values())
        elif digest.metric is Metric.MESSAGE_OUT:
            for hour, agents in digest.counts.items():
                sent[int(hour)] += sum(agents.values())
                for agent, count in agents.items():
                    answered[digest.day, int(hour), agent] += count
    here = Counter(hour for (_, hour, agent), count in answered.items() if count and agent != _NOBODY)
    return tuple(
        StaffHour(hour=hour, incoming=came[hour], outgoing=sent[hour], agent_days=here[hour]) for hour in _HOURS
    )
