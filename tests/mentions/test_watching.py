"""What is to be expected, what is a burst, and the alert that comes of it: quiet before, told within two hours."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.monitor.finder import Finder
from dashboards.monitor.mentions import band, portrait, spikes
from dashboards.monitor.mentions.band import Cell
from dashboards.monitor.mentions.matching import Watchers
from dashboards.monitor.mentions.watching import MentionWatch
from nlp.terms import SearchCutter
from scrm.clock import ManualClock
from scrm.ids import MonitorId, UlidFactory
from scrm.model.analysis import Analysis, Category, Sentiment
from scrm.model.mentions import HourCount, Stream
from scrm.ports.stores import Stores
from tests.mentions import make
from tests.mentions.make import NOW, ZONE, ago

HOUR = timedelta(hours=1)
W = MonitorId("w1")


def rhythm(days: int, a_day: int = 24) -> dict[datetime, Cell]:
    """One every hour of the day, two in the evening: the same every day; a fifth is negative."""
    first = NOW - timedelta(days=days)
    return {
        first + hour * HOUR: Cell(items=a_day // 24 + (hour % 24 == 18), negative=int(hour % 5 == 0))
        for hour in range(days * 24)
    }


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 500), st.sampled_from([0.025, 0.5, 0.975]))
def test_a_quantile_holds_what_it_says(mean: float, chance: float) -> None:
    """Beside the sums made one by one from the definition."""
    found = band.quantile(mean, chance)
    odds = mean / (mean + band.STEADY)
    piece, total, below = (1 - odds) ** band.STEADY, 0.0, 0.0
    for count in range(found + 1):
        below = total
        total += piece
        piece *= odds * (count + band.STEADY) / (count + 1)
    assert total >= chance - 1e-9 > below - 2e-9 or found == 0


def test_a_past_crisis_does_not_make_the_band_wide() -> None:
    usual = [Cell(items=10, negative=2)] * 5
    calm = band.expected([*usual, Cell(items=10, negative=2)], Cell(items=10), weeks=6)
    shaken = band.expected([*usual, Cell(items=300, negative=290)], Cell(items=10), weeks=6)
    assert calm is not None and shaken is not None
    assert (calm.high, calm.share) == (shaken.high, shaken.share)
    assert calm.low <= 10 <= calm.high < 30
    assert band.expected(usual, Cell(), weeks=2) is None


def test_points_are_whole_days_with_zeros_and_a_band_once_there_is_history() -> None:
    cells = rhythm(40)
    hours = [
        HourCount(monitor_id="w", stream=Stream.MENTIONS, start=at, items=cell.items, negative=cell.negative)
        for at, cell in cells.items()
    ]
    since = portrait.midnight(NOW - timedelta(days=6), ZONE)
    points = portrait.points(hours, since, NOW, min(cells), ZONE)
    assert len(points) == 7
    assert all(point.low is not None and point.high is not None for point in points)
    assert all(point.low <= point.items <= point.high for point in points if point.low is not None and point.high)
    assert portrait.points([], since, NOW, None, ZONE) == tuple(
        portrait._point(point.start, Cell(), None, whole=True) for point in points
    )
    assert portrait.grain_of(NOW - timedelta(days=2), NOW) == "hour"


def window(length: int) -> list[datetime]:
    return [NOW - back * HOUR for back in range(length - 1, -1, -1)]


@pytest.mark.parametrize("length", [3, 24])
def test_a_burst_is_told_and_a_quiet_rhythm_is_not(length: int) -> None:
    cells = rhythm(20)
    oldest = min(cells)
    assert spikes.burst(window(length), cells, oldest) is None
    loud = {**cells, **{at: Cell(items=12, negative=2) for at in window(3)}}
    found = spikes.burst(window(3), loud, oldest)
    assert found is not None and not found.mood
    assert found.seen == 36 and 2 < found.expected < 5
    # Everybody writes as much more: of customers' messages that is no burst.
    assert spikes.burst(window(3), loud, oldest, whole=(700, 8_000)) is None
    assert spikes.burst(window(3), loud, oldest, whole=(40, 8_000)) is not None
    # Three days of history are too few to say.
    assert spikes.burst(window(3), loud, NOW - timedelta(days=2)) is None


def test_a_worse_mood_is_told_by_itself() -> None:
    cells = rhythm(20)
    sour = {**cells, **{at: Cell(items=cell.items, negative=cell.items) for at, cell in cells.items() if at > ago(24)}}
    found = spikes.burst(window(24), sour, min(cells))
    assert found is not None and found.mood
    assert found.seen > 3 * found.expected


class Reader:
    """Reads by single words."""

    model = "words"
    taxonomy: Sequence[Category] = ()

    async def analyse(self, texts: Sequence[str]) -> list[Analysis | None]:
        return [
            Analysis(model="w", sentiment=Sentiment.NEGATIVE if "烫" in text else Sentiment.NEUTRAL, score=0.0)
            for text in texts
        ]

    async def start(self) -> None: ...

    async def close(self) -> None: ...


async def test_a_story_of_a_day_and_a_half_raises_one_alert_within_two_hours(stores: Stores) -> None:
    """Four quiet weeks, two of them looked at each day, raise none."""
    clock = ManualClock(NOW - timedelta(days=14))
    watch = MentionWatch(
        stores, Reader(), Finder(stores, clock, ZONE), Watchers(SearchCutter().fold), clock, UlidFactory(clock), "me"
    )
    await stores.monitors.insert(make.monitor(id=W, expression="蓝鲸", streams=(Stream.MENTIONS,)))
    # Two weeks that nobody watched, then two that somebody did.
    quiet = [
        make.mention(published_at=ago(hour), fetched_at=ago(hour), text="蓝鲸 很好", author=f"u{hour}", grams=())
        for hour in range(36, 28 * 24, 4)
    ]
    await stores.mentions.add([one for one in quiet if one.published_at <= clock.now()])
    later = sorted((one for one in quiet if one.published_at > clock.now()), key=lambda one: one.published_at)
    assert await watch.tick()
    while clock.now() < ago(36):
        before = clock.now()
        clock.advance(24 * 3600)
        await stores.mentions.add([one for one in later if before < one.published_at <= clock.now()])
        await watch.tick()
    assert await stores.topics.alerts(ago(10_000), 9) == []
    began = clock.now()
    raised: list[datetime] = []
    for hour in range(4):
        at = began + timedelta(minutes=60 * hour + 10)
        await stores.mentions.add(
            [
                make.mention(published_at=at, fetched_at=at, text="蓝鲸 烫手", author=f"s{hour}-{n}", grams=())
                for n in range(8)
            ]
        )
        clock.advance(3600)
        await watch.tick()
        alerts = await stores.topics.alerts(ago(10_000), 9)
        if alerts and not raised:
            raised.append(clock.now())
    assert raised and raised[0] - began <= timedelta(hours=2)
    [alert] = await stores.topics.alerts(ago(10_000), 9)
    assert (alert.monitor_id, alert.stream, alert.topic.name) == (W, Stream.MENTIONS, "brand")
    assert alert.topic.moods.negative >= 16
    assert alert.severity == "high"
    # Quiet again: it ends by itself.
    clock.advance(30 * 3600)
    await watch.tick()
    [ended] = await stores.topics.alerts(ago(10_000), 9)
    assert ended.ended_at is not None
