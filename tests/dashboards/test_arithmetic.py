"""The sums against slow, obvious ones."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dashboards.reports.arithmetic import (
    MAX_DAYS,
    Figures,
    checked_range,
    days_of,
    nearest_rank,
    overview,
    period_before,
)
from scrm.errors import Invalid
from scrm.ids import ChannelId
from scrm.model.reports import DayRange, KpiKey, Metric, Rollup

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 1, 1))


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=60), st.sampled_from([0.5, 0.9, 0.1, 1.0]))
def test_nearest_rank_is_the_smallest_value_that_enough_do_not_exceed(values: list[float], share: float) -> None:
    answer = nearest_rank(sorted(values), share)
    tenths = round(share * 10)
    enough = [value for value in values if sum(other <= value for other in values) * 10 >= tenths * len(values)]
    assert answer == min(enough)
    assert answer in values


def test_nearest_rank_of_known_lists() -> None:
    assert nearest_rank([], 0.5) is None
    assert nearest_rank([15, 20, 35, 40, 50], 0.5) == 35
    assert nearest_rank([1, 2, 3, 4], 0.5) == 2
    assert nearest_rank(list(range(1, 11)), 0.9) == 9
    assert nearest_rank([7], 0.9) == 7


@given(DAYS, st.integers(min_value=0, max_value=MAX_DAYS - 1))
def test_the_period_before_has_equal_length_and_touches(first: date, more: int) -> None:
    period = checked_range(first.isoformat(), (first + timedelta(days=more)).isoformat())
    before = period_before(period)
    both = DayRange(first_day=before.first_day, last_day=period.last_day)
    assert days_of(before) + days_of(period) == days_of(both)
    assert len(days_of(before)) == len(days_of(period)) == more + 1


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-11-02", "2026-11-01"),
        ("2026-02-30", "2026-03-01"),
        ("20261101", "2026-11-02"),
        ("2026-W45-1", "2026-11-09"),
        ("", "2026-11-02"),
        ("2020-01-01", "2026-11-02"),
    ],
)
def test_a_range_that_is_none_is_refused(first: str, last: str) -> None:
    with pytest.raises(Invalid):
        checked_range(first, last)


def test_the_first_days_of_the_calendar_have_no_period_before() -> None:
    with pytest.raises(Invalid):
        period_before(checked_range("0001-01-03", "0001-01-09"))


def _rollup(day: str, metric: Metric, count: int, **more: str) -> Rollup:
    return Rollup(day=day, metric=metric, channel_id=ChannelId("c"), count=count, total=float(count), **more)


def test_an_overview_by_hand() -> None:
    period, before = checked_range("2026-11-03", "2026-11-05"), checked_range("2026-10-31", "2026-11-02")
    now = Figures(
        rollups=[
            _rollup("2026-11-03", Metric.CONVERSATION_OPENED, 2),
            _rollup("2026-11-05", Metric.CONVERSATION_OPENED, 1),
            _rollup("2026-11-03", Metric.MESSAGE_IN, 5),
            _rollup("2026-11-03", Metric.MOOD, 3, sentiment="neutral", category="logistics"),
            _rollup("2026-11-03", Metric.MOOD, 1, sentiment="negative"),
            _rollup("2026-11-05", Metric.MOOD, 1, sentiment="negative", category="logistics"),
            replace(_rollup("2026-11-05", Metric.SATISFACTION, 2), total=9.0),
        ],
        first_responses=[30.0, 60.0, 600.0],
        resolutions=[900.0, 1800.0],
    )
    result = overview(
        period, now, before, Figures(rollups=[], first_responses=[], resolutions=[60.0]), waiting=4, backlog=9
    )
    kpis = {kpi.key: (kpi.value, kpi.previous) for kpi in result.kpis}
    assert kpis == {
        KpiKey.CONVERSATIONS: (3, 0),
        KpiKey.INCOMING: (5, 0),
        KpiKey.OUTGOING: (0, 0),
        KpiKey.RESOLVED: (0, 0),
        KpiKey.FIRST_RESPONSE_P50: (60.0, None),
        KpiKey.FIRST_RESPONSE_P90: (600.0, None),
        KpiKey.RESOLUTION_P50: (900.0, 60.0),
        KpiKey.RESOLUTION_P90: (1800.0, 60.0),
        KpiKey.NEGATIVE_SHARE: (0.4, None),
        KpiKey.WAITING_NOW: (4, None),
        KpiKey.BACKLOG: (9, None),
        KpiKey.SATISFACTION: (4.5, None),
    }
    assert [(day.day, day.conversations, day.negative) for day in result.trend] == [
        ("2026-11-03", 2, 1),
        ("2026-11-04", 0, 0),
        ("2026-11-05", 1, 1),
    ]
    assert [(row.category, row.count, row.negative, row.share) for row in result.categories] == [
        ("logistics", 4, 1, 0.8),
        (None, 1, 1, 0.2),
    ]
    assert [(cell.category, cell.sentiment, cell.count) for cell in result.heat] == [
        ("logistics", "negative", 1),
        ("logistics", "neutral", 3),
        ("logistics", "positive", 0),
        (None, "negative", 1),
        (None, "neutral", 0),
        (None, "positive", 0),
    ]
