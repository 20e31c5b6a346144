"""The sums of the first dashboard. Pure: rollups and values in, an overview out.

Promise: a number here is the number of report events behind it (tests/dashboards opens each and counts), or,
for a time, one of their values. Nothing is estimated and nothing is interpolated.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from scrm.errors import Invalid
from scrm.model.analysis import Sentiment
from scrm.model.base import Record
from scrm.model.reports import (
    CategoryShare,
    DayRange,
    HeatCell,
    Kpi,
    KpiKey,
    KpiUnit,
    Metric,
    Rollup,
    TrendDay,
)
from scrm.model.voice import ComparedOverview

# Two years: what a chart can still show by day, and a bound on what one request makes the database read.
MAX_DAYS = 732

COUNTED: Mapping[KpiKey, Metric] = {
    KpiKey.CONVERSATIONS: Metric.CONVERSATION_OPENED,
    KpiKey.INCOMING: Metric.MESSAGE_IN,
    KpiKey.OUTGOING: Metric.MESSAGE_OUT,
    KpiKey.RESOLVED: Metric.CONVERSATION_RESOLVED,
}
SENTIMENTS = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)


class Figures(Record, kw_only=True):
    """What one period is counted from. first_responses, resolutions: seconds of each, the shortest first."""

    rollups: Sequence[Rollup]
    first_responses: Sequence[float]
    resolutions: Sequence[float]


def checked_range(first_day: str, last_day: str) -> DayRange:
    """Raises Invalid when the days are no days, run backwards or are more than MAX_DAYS."""
    first, last = _day(first_day), _day(last_day)
    if first > last:
        raise Invalid("the range ends before it begins", field="to")
    if (last - first).days >= MAX_DAYS:
        raise Invalid(f"at most {MAX_DAYS} days at once", field="from")
    return DayRange(first_day=first.isoformat(), last_day=last.isoformat())


def period_before(period: DayRange) -> DayRange:
    """The period of equal length that ends the day before."""
    first, last = date.fromisoformat(period.first_day), date.fromisoformat(period.last_day)
    try:
        before = DayRange(
            first_day=(first - (last - first) - timedelta(days=1)).isoformat(),
            last_day=(first - timedelta(days=1)).isoformat(),
        )
    except OverflowError:
        raise Invalid("the range lies before all calendars", field="from") from None
    return before


def days_of(period: DayRange) -> list[str]:
    first, last = date.fromisoformat(period.first_day), date.fromisoformat(period.last_day)
    return [(first + timedelta(days=step)).isoformat() for step in range((last - first).days + 1)]


def nearest_rank(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` (0 < share ≤ 1) of the values, smallest first, do not exceed; None of
    none.

    The nearest-rank percentile: always one of the values, so a screen can open the very conversation. Its p50 of an
    even number of values is the lower of the middle two.
    """
    if not ordered:
        return None
    # Rounding first: 0.9 * 10 is a hair above 9 in binary, which would pick the tenth value.
    return float(ordered[math.ceil(round(share * len(ordered), 9)) - 1])


def overview(
    period: DayRange,
    now: Figures,
    before_period: DayRange,
    before: Figures,
    waiting: int,
    backlog: int,
    since: str | None = None,
) -> ComparedOverview:
    """since: as `previous_since`."""
    return ComparedOverview(
        range=period,
        previous=before_period,
        kpis=_kpis(now, before, waiting, backlog),
        trend=_trend(days_of(period), now.rollups),
        categories=_categories(now.rollups),
        heat=_heat(now.rollups),
        previous_trend=_trend(days_of(before_period), before.rollups),
        previous_since=since,
    )


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("a day is written like 2026-11-20") from None
    if day.isoformat() != text:
        raise Invalid("a day is written like 2026-11-20")
    return day


def _kpis(now: Figures, before: Figures, waiting: int, backlog: int) -> tuple[Kpi, ...]:
    def count(key: KpiKey) -> Kpi:
        metric = COUNTED[key]
        return Kpi(
            key=key, value=_count(now.rollups, metric), previous=_count(before.rollups, metric), unit=KpiUnit.COUNT
        )

    def percentile(key: KpiKey, took: Sequence[float], took_before: Sequence[float], share: float) -> Kpi:
        return Kpi(
            key=key,
            value=nearest_rank(took, share),
            previous=nearest_rank(took_before, share),
            unit=KpiUnit.SECONDS,
        )

    return (
        count(KpiKey.CONVERSATIONS),
        # How many waited at some moment of the past was never recorded, so there is nothing to compare with.
        Kpi(key=KpiKey.WAITING_NOW, value=waiting, previous=None, unit=KpiUnit.COUNT),
        percentile(KpiKey.FIRST_RESPONSE_P50, now.first_responses, before.first_responses, 0.5),
        percentile(KpiKey.FIRST_RESPONSE_P90, now.first_responses, before.first_responses, 0.9),
        percentile(KpiKey.RESOLUTION_P50, now.resolutions, before.resolutions, 0.5),
        percentile(KpiKey.RESOLUTION_P90, now.resolutions, before.resolutions, 0.9),
        count(KpiKey.INCOMING),
        count(KpiKey.OUTGOING),
        Kpi(
            key=KpiKey.NEGATIVE_SHARE,
            value=_negative_share(now.rollups),
            previous=_negative_share(before.rollups),
            unit=KpiUnit.SHARE,
        ),
        count(KpiKey.RESOLVED),
        Kpi(key=KpiKey.BACKLOG, value=backlog, previous=None, unit=KpiUnit.COUNT),
        Kpi(
            key=KpiKey.SATISFACTION,
            value=_mean(now.rollups, Metric.SATISFACTION),
            previous=_mean(before.rollups, Metric.SATISFACTION),
            unit=KpiUnit.SCORE,
        ),
    )


def _count(rollups: Iterable[Rollup], metric: Metric, sentiment: Sentiment | None = None) -> int:
    return sum(
        rollup.count
        for rollup in rollups
        if rollup.metric is metric and (sentiment is None or rollup.sentiment == sentiment)
    )


def _mean(rollups: Sequence[Rollup], metric: Metric) -> float | None:
    count = _count(rollups, metric)
    return round(sum(each.total for each in rollups if each.metric is metric) / count, 4) if count else None


def _negative_share(rollups: Sequence[Rollup]) -> float | None:
    read = _count(rollups, Metric.MOOD)
    return _count(rollups, Metric.MOOD, Sentiment.NEGATIVE) / read if read else None


def _trend(days: Sequence[str], rollups: Iterable[Rollup]) -> tuple[TrendDay, ...]:
    counts: defaultdict[str, Counter[Metric]] = defaultdict(Counter)
    moods: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
    for rollup in rollups:
        counts[rollup.day][rollup.metric] += rollup.count
        if rollup.metric is Metric.MOOD:
            moods[rollup.day][rollup.sentiment] += rollup.count
    return tuple(
        TrendDay(
            day=day,
            conversations=counts[day][Metric.CONVERSATION_OPENED],
            incoming=counts[day][Metric.MESSAGE_IN],
            outgoing=counts[day][Metric.MESSAGE_OUT],
            negative=moods[day][Sentiment.NEGATIVE],
            neutral=moods[day][Sentiment.NEUTRAL],
            positive=moods[day][Sentiment.POSITIVE],
        )
        for day in days
    )


def _categories(rollups: Iterable[Rollup]) -> tuple[CategoryShare, ...]:
    """Most messages first; the unknown last, however many they are, because nobody can act on them."""
    counts: Counter[str | None] = Counter()
    negative: Counter[str | None] = Counter()
    for rollup in rollups:
        if rollup.metric is Metric.MOOD:
            counts[rollup.category] += rollup.count
            negative[rollup.category] += rollup.count if rollup.sentiment == Sentiment.NEGATIVE else 0
    total = counts.total()
    order = sorted(counts, key=lambda category: (category is None, -counts[category], category or ""))
    return tuple(
        CategoryShare(
            category=category, count=counts[category], negative=negative[category], share=counts[category] / total
        )
        for category in order
        if counts[category]
    )


def _heat(rollups: Sequence[Rollup]) -> tuple[HeatCell, ...]:
    """A cell for each sentiment of each category that occurs, zeros included: a table without holes."""
    cells: Counter[tuple[str | None, str | None]] = Counter()
    for rollup in rollups:
        if rollup.metric is Metric.MOOD:
            cells[rollup.category, rollup.sentiment] += rollup.count
    return tuple(
        HeatCell(category=row.category, sentiment=sentiment, count=cells[row.category, sentiment])
        for row in _categories(rollups)
        for sentiment in SENTIMENTS
    )
