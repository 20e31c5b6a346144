"""Words of a company's lists are found however they are written, and not where they only seem to be."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import folding
from nlp.automaton import Automaton
from nlp.sensitive import MOST_HITS, Matcher
from nlp.texts import ChineseTexts
from scrm.clock import ManualClock
from scrm.ids import WordListId
from scrm.model.words import Word, WordAction, WordList, WordVariant


def word_list(*words: str, enabled: bool = True, list_id: str = "one") -> WordList:
    """A word that ends with ~ is found by sound."""
    return WordList(
        id=WordListId(list_id),
        name=list_id,
        action=WordAction.FLAG,
        words=tuple(Word(text=word.rstrip("~"), sound=word.endswith("~")) for word in words),
        enabled=enabled,
        updated_at=ManualClock().now(),
    )


@pytest.mark.parametrize(
    ("word", "text", "written", "variant"),
    [
        ("微信", "加我微信聊", "微信", WordVariant.EXACT),
        ("vx", "我的VX是", "VX", WordVariant.WIDTH),
        ("12315", "我打１２３１５了", "１２３１５", WordVariant.WIDTH),
        ("微信", "微 信", "微 信", WordVariant.SPACED),
        ("投诉媒体", "投.诉-媒*体", "投.诉-媒*体", WordVariant.SPACED),
        ("退货", "退\u200b\u200b\u200b\u200b货", "退\u200b\u200b\u200b\u200b货", WordVariant.SPACED),
        ("投诉", "投\u0336诉\u0336", "投\u0336诉", WordVariant.SPACED),
        ("起诉", "我要起訴你們", "起訴", WordVariant.TRADITIONAL),
        ("加微信", "加V信", "加V信", WordVariant.LOOKALIKE),
        ("微信", "薇信", "薇信", WordVariant.LOOKALIKE),
        ("加微信", "➕微信", "➕微信", WordVariant.LOOKALIKE),
        ("12315", "打l23I5", "l23I5", WordVariant.LOOKALIKE),
        ("12315", "一二三一五", "一二三一五", WordVariant.LOOKALIKE),
        ("QQ", "扣扣多少", "扣扣", WordVariant.LOOKALIKE),
        ("曝光~", "我要爆光你们", "爆光", WordVariant.SOUND),
        ("起诉~", "qisu你", "qisu", WordVariant.SOUND),
        ("起诉~", "我qi诉", "qi诉", WordVariant.SOUND),
    ],
)  # fmt: skip
def test_found_in_disguise(word: str, text: str, written: str, variant: WordVariant) -> None:
    (hit,) = Matcher([word_list(word)]).find(text)
    assert (hit.written, hit.variant, hit.word) == (written, variant, word.rstrip("~"))
    assert text[hit.start : hit.end] == written


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("12315", "订单4123156"),  # inside a longer number
        ("vx", "avx512"),  # inside a longer word
        ("退货", "退，，，，货"),  # too far apart
        ("西安~", "先到先得"),  # xian, but one syllable
        ("起诉", "qisu"),  # not asked to be found by sound
        ("iphone", "1ph0ne"),  # letters stand for digits only among digits
        ("微信", ""),
    ],
)
def test_not_found_where_it_only_seems_to_be(word: str, text: str) -> None:
    assert Matcher([word_list(word)]).find(text) == []


def test_a_word_beside_other_letters_or_digits_is_found() -> None:
    matcher = Matcher([word_list("iphone", "12315")])
    assert [hit.written for hit in matcher.find("iPhone15,打12315电话")] == ["iPhone", "12315"]


def test_each_word_of_each_enabled_list_once_in_the_order_of_the_text() -> None:
    matcher = Matcher(
        [word_list("微信", "加微信"), word_list("微信", list_id="two"), word_list("微", enabled=False, list_id="off")]
    )
    hits = matcher.find("请加微信，微信号在下面")
    assert [(hit.list_id, hit.word, hit.start) for hit in hits] == [
        ("one", "加微信", 1),
        ("one", "微信", 2),
        ("two", "微信", 2),
    ]


def test_no_list_finds_nothing_and_hits_are_bounded() -> None:
    assert Matcher([]).find("微信") == []
    many = Matcher([word_list(*(f"字{chr(0x4E00 + number)}" for number in range(200)))])
    assert len(many.find("".join(f"字{chr(0x4E00 + number)}" for number in range(200)))) == MOST_HITS


def test_what_cannot_be_looked_for_is_known_beforehand() -> None:
    texts = ChineseTexts()
    assert texts.has_substance("微信") and texts.has_substance("12")
    assert not any(map(texts.has_substance, ("", "  ", "……", "\u200b", "👍", "\ud800")))


@given(st.lists(st.text("abc", min_size=1, max_size=4), max_size=6), st.text("abc", max_size=30))
def test_the_automaton_finds_what_looking_everywhere_finds(patterns: list[str], text: str) -> None:
    found = set(Automaton(patterns).find(text))
    assert found == {
        (match.start(), pattern) for pattern in patterns for match in re.finditer(f"(?={re.escape(pattern)})", text)
    }


@given(st.text(max_size=80))
def test_any_text_folds_to_places_in_itself(text: str) -> None:
    folded = folding.fold(text)
    assert len(folded.plain) == len(folded.text) == len(folded.origin) == len(folded.gap)
    assert all(first <= second for first, second in pairwise(folded.origin))
    assert all(0 <= place < len(text) for place in folded.origin)


@given(st.text(min_size=1, max_size=12), st.text(max_size=10), st.text(max_size=10))
@settings(max_examples=60)
def test_a_word_is_found_between_han_characters(word: str, before: str, after: str) -> None:
    if folding.fold(word).text:
        hits = Matcher([word_list(word)]).find(f"{before}　好{word}好　{after}")
        assert any(hit.word == word for hit in hits)


@pytest.mark.parametrize(
    "text", ["投" * 20_000, "[" * 20_000, "微信" * 10_000, "1" * 20_000, "ﷺ" * 20_000, "\ud800" * 20_000]
)
def test_the_longest_texts_cost_little(text: str) -> None:
    matcher = Matcher([word_list("投诉~", "微信~", "1" * 50, "投" * 50)])
    began = time.process_time()
    matcher.find(text)
    assert time.process_time() - began < 5  # some hundredths of a second on any machine; quadratic would be minutes
