"""The burst test, phrases, groups and near-duplicates: pure, and bounded whatever the text."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.monitor import bursts, duplicates
from dashboards.monitor.bursts import Counts, Spike
from dashboards.monitor.groups import grouped
from dashboards.monitor.phrases import MOST, terms_of

PAST = Counts(messages=10_000, terms={("退款", None): 800, ("充电", None): 60, ("充电", "quality"): 3})


def test_a_share_that_rises_is_a_spike_and_a_count_that_rises_with_all_is_none() -> None:
    rising = Counts(messages=100, terms={("充电", None): 14, ("退款", None): 9})
    [spike] = bursts.spikes(rising, PAST)
    assert (spike.term, spike.category, spike.seen) == ("充电", None, 14)
    assert spike.expected == pytest.approx(0.6, abs=0.05)
    # Everybody writes four times as much: four times as many of everything, and nothing new.
    usual = {("退款", None): 8, ("充电", None): 1}
    surge = Counts(messages=400, terms={key: 4 * seen for key, seen in usual.items()})
    assert bursts.spikes(surge, PAST) == []
    many = Counts(messages=400, terms={key: 4 * seen for key, seen in rising.terms.items()})
    assert [spike.term for spike in bursts.spikes(many, PAST)] == ["充电"]


def test_a_category_is_named_where_the_whole_hides_the_rise() -> None:
    often = Counts(messages=10_000, terms={("充电", None): 1_500, ("充电", "presale"): 1_490, ("充电", "quality"): 2})
    window = Counts(messages=100, terms={("充电", None): 24, ("充电", "presale"): 15, ("充电", "quality"): 9})
    [spike] = bursts.spikes(window, often)
    assert (spike.category, spike.seen) == ("quality", 9)


def test_a_few_messages_are_anecdotes() -> None:
    assert bursts.spikes(Counts(messages=10, terms={("充电", None): bursts.LEAST_MESSAGES - 1}), PAST) == []


@given(
    seen=st.integers(1, 500), more=st.integers(1, 50), window=st.integers(1, 5_000),
    past=st.integers(0, 5_000), volume=st.integers(0, 200_000),
)  # fmt: skip
def test_surprise_grows_with_what_is_seen_and_falls_with_what_was(
    seen: int, more: int, window: int, past: int, volume: int
) -> None:
    first = bursts.surprise(seen, window, past, volume)
    assert first >= 0.0
    assert bursts.surprise(seen + more, window, past, volume) >= first - 1e-9
    assert bursts.surprise(seen, window, past + more, volume) <= first + 1e-9
    assert bursts.surprise(seen, window + more, past, volume) <= first + 1e-9


def test_surprise_is_the_chance_of_the_negative_binomial() -> None:
    # By hand: shape 0.5, mean 0.1: P(X >= 1) = 1 - (shape / (shape + mean)) ** shape.
    window, volume = 100, 0
    mean = bursts.expected(window, 0, volume)
    assert mean == pytest.approx(0.1)
    chance = 1 - (0.5 / 0.6) ** 0.5
    assert 10 ** -bursts.surprise(1, window, 0, volume) == pytest.approx(chance, rel=1e-6)


def test_phrases_are_keywords_that_stand_together() -> None:
    terms = terms_of("充电发热很严重，Pro Max 也一样", ["发热", "充电", "严重", "pro", "max"])
    assert terms[:5] == ("发热", "充电", "严重", "pro", "max")
    assert set(terms[5:]) == {"充电发热", "发热很严重", "pro max"}
    assert terms_of("充电的时候发热", ["发热", "充电"]) == ("发热", "充电")
    assert terms_of("", []) == ()


@settings(max_examples=40)
@given(st.text(max_size=300), st.lists(st.text(max_size=6), max_size=20))
def test_terms_are_few_and_once_each(content: str, keywords: list[str]) -> None:
    terms = terms_of(content, keywords)
    assert len(terms) <= MOST
    assert len(set(terms)) == len(terms)
    assert all(terms)


def test_pathological_texts_take_no_time() -> None:
    began = time.process_time()
    terms_of("充电发热" * 50_000, ["充电", "发热", "电发", "热充"] * 100)
    duplicates.grouped(["[" * 100_000] * 1_000 + ["充电发热" * 50_000] * 1_000)
    duplicates.grouped([f"{'甲乙丙丁' * 400}{number}" for number in range(400)])
    assert time.process_time() - began < 5.0  # TextRank on one such text took 23


def test_terms_of_the_same_messages_are_one_topic_named_by_its_phrase() -> None:
    said_in = {
        "充电": {"1", "2", "3", "4", "5"}, "发热": {"1", "2", "3", "4"}, "充电发热": {"1", "2", "3"},
        "发票": {"7", "8", "9", "1"}, "空": set[str](),
    }  # fmt: skip
    spikes = [
        Spike(term=term, category=None, seen=len(ids), expected=0.1 if term != "充电" else 1.2, surprise=9.0 - place)
        for place, (term, ids) in enumerate(said_in.items())
    ]
    heat, invoice = grouped(spikes, said_in, most=5)
    assert (heat.name, heat.terms, heat.surprise) == ("充电发热", ("充电发热", "充电", "发热"), 9.0)
    assert (invoice.name, invoice.terms) == ("发票", ("发票",))
    assert [group.name for group in grouped(spikes, said_in, most=1)] == ["充电发热"]


def test_near_duplicates_are_grouped_and_numbers_do_not_part_them() -> None:
    texts = [
        "订单 88123 充电的时候发热很严重，要求退货！",
        "发票什么时候开",
        "订单 99001 充电的时候发热很严重，要求退货",
        "订单77充电的时候发热很严重，我要求退货",
        "",
        "！！！",
    ]
    groups = duplicates.grouped(texts)
    assert groups[0] == [0, 2, 3]
    assert sorted(place for group in groups for place in group) == list(range(6))


@settings(max_examples=40)
@given(st.lists(st.text(alphabet="充电发热的很退货，1 ", max_size=12), max_size=25))
def test_who_is_alone_is_like_nobody_first_in_a_group(texts: list[str]) -> None:
    groups = duplicates.grouped(texts)
    assert sorted(place for group in groups for place in group) == list(range(len(texts)))
    again = duplicates.grouped(texts)
    assert groups == again
