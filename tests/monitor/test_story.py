"""A battery-heating story of 36 hours over the demo's everyday talk: one alert within two hours of its start, and
none in the four quiet weeks before. `bench.story` tells it, and draws more of them."""

import pytest

from bench import story
from bench.story import BEGINS, HOUR, Writing


@pytest.fixture(scope="module")
def everyday() -> Writing:
    writing = Writing(3)
    writing.everyday()
    return writing


async def test_no_alert_in_four_quiet_weeks(everyday: Writing) -> None:
    assert [(alert.opened_at, alert.topic.terms) for alert in await story.quiet_weeks(everyday.readings)] == []


@pytest.mark.parametrize("seed", [3, 6, 16])
async def test_one_alert_within_two_hours(everyday: Writing, seed: int) -> None:
    writing = everyday.copy()
    writing.heat(seed)
    [alert] = await story.story(writing.readings)
    assert "发热" in "".join(alert.topic.terms)
    assert BEGINS < alert.opened_at <= BEGINS + 2 * HOUR
    assert alert.ended_at is None
    assert alert.topic.moods.negative >= 0.25 * alert.topic.messages


async def test_another_story_at_the_same_time_is_another_alert(everyday: Writing) -> None:
    writing = everyday.copy()
    writing.heat(3)
    writing.coupons(3)
    heat, coupons = await story.story(writing.readings)
    assert "发热" in "".join(heat.topic.terms)
    assert "失效" in "".join(coupons.topic.terms)
    assert coupons.opened_at <= BEGINS + 8 * HOUR
