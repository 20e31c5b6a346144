"""Parts add up to the whole, whatever the numbers."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.reports import explain
from dashboards.reports.explain import Tally

KEYS = st.sampled_from([None, "a", "b", "c", "d", "e"])


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    messages = draw(st.integers(min_value=0, max_value=100_000))
    return Tally(messages=messages, negative=draw(st.integers(min_value=0, max_value=messages)))


SIDES = st.dictionaries(KEYS, tallies())


def exact_share(side: dict[str | None, Tally]) -> Fraction:
    return Fraction(sum(each.negative for each in side.values()), sum(each.messages for each in side.values()))


@given(SIDES, SIDES, st.sampled_from([1.0, 0.5, 28 / 31]))
def test_parts_of_a_volume_add_up_to_its_change(now: dict, before: dict, scale: float) -> None:
    parts = explain.volume(now, before, scale=scale)
    change = sum(each.messages for each in now.values()) - scale * sum(each.messages for each in before.values())
    assert math.fsum(part.effect for part in parts) == pytest.approx(change, abs=1e-6)
    assert [part.key for part in parts if part.effect == 0] or len(parts) == len({**now, **before})
    shares = [part.share for part in parts]
    if parts and None not in shares:
        assert math.fsum(share for share in shares if share is not None) == pytest.approx(1.0)


@given(SIDES, SIDES)
def test_mix_and_rate_add_up_to_the_change_of_the_share(now: dict, before: dict) -> None:
    parts = explain.negative(now, before)
    if not any(each.messages for each in now.values()) or not any(each.messages for each in before.values()):
        assert parts == ()
        return
    change = float(exact_share(now) - exact_share(before))
    assert math.fsum(part.effect for part in parts) == pytest.approx(change, abs=1e-9)
    assert math.fsum((part.mix or 0) + (part.rate or 0) for part in parts) == pytest.approx(change, abs=1e-9)
    # Turned round in time, every part is turned round.
    back = {part.key: part for part in explain.negative(before, now)}
    for part in parts:
        assert back[part.key].effect == pytest.approx(-part.effect, abs=1e-9)


def test_by_hand() -> None:
    """Refunds grew from a tenth to a half of all messages and are worse than the rest, which did not change."""
    before = {"refund": Tally(messages=10, negative=5), "other": Tally(messages=90, negative=9)}
    now = {"refund": Tally(messages=50, negative=25), "other": Tally(messages=50, negative=5)}
    refund, other = sorted(explain.negative(now, before), key=lambda part: part.key or "", reverse=True)
    assert (refund.key, other.key) == ("refund", "other")
    assert refund.rate == other.rate == 0
    assert refund.effect + other.effect == pytest.approx(0.30 - 0.14)
    # Halfway between the two ranges 22 % are negative: refunds lie 28 points above, the others 12 below.
    assert (refund.mix, other.mix) == (pytest.approx(0.4 * 0.28), pytest.approx(-0.4 * -0.12))
    assert refund.share == pytest.approx(0.7)


def test_parts_that_cancel_out_bear_no_share() -> None:
    parts = explain.volume(
        {"a": Tally(messages=101), "b": Tally(messages=0)}, {"a": Tally(messages=0), "b": Tally(messages=100)}
    )
    assert [(part.effect, part.share) for part in parts] == [(101, None), (-100, None)]


def test_a_part_that_is_new_is_all_mix() -> None:
    parts = explain.negative({"a": Tally(messages=9), "b": Tally(messages=1, negative=1)}, {"a": Tally(messages=10)})
    [new] = [part for part in parts if part.key == "b"]
    assert (new.rate, new.effect) == (0, pytest.approx(0.1 * (1 - 0.05)))
