from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.flow.split import measure, split
from scrm.model.channel import LengthUnit
from tests.flow.make import CAPABILITIES

SMALL = replace(CAPABILITIES, text_limit=60)


def joined(parts: tuple[str, ...]) -> str:
    return "".join("".join(parts).split())


def test_short_text_is_one_part_as_it_is() -> None:
    assert split("您好，\n  请稍等。", CAPABILITIES) == ("您好，\n  请稍等。",)


def test_blank_text_is_no_part() -> None:
    assert split(" \n ", CAPABILITIES) == ()


def test_a_paragraph_is_the_best_cut() -> None:
    text = "第一段说退款流程。后面还有一句\n第二段说运费由谁承担"
    assert split(text, SMALL) == ("第一段说退款流程。后面还有一句", "第二段说运费由谁承担")


def test_a_sentence_is_cut_with_its_closing_quote() -> None:
    text = "他说：“已经签收了。”但是我没有收到任何东西，请帮我查一下"
    first, *_ = split(text, replace(SMALL, text_limit=50))
    assert first == "他说：“已经签收了。”"


def test_a_long_word_is_cut_at_a_grapheme() -> None:
    family = "👨‍👩‍👧‍👦"
    parts = split(family * 6, SMALL)
    assert len(parts) > 1
    assert all(part.replace(family, "") == "" for part in parts)


def test_the_platforms_limit_counts_bytes() -> None:
    parts = split("好" * 2000, CAPABILITIES)
    assert [len(part.encode()) for part in parts] == [2046, 2046, 1908]


@given(
    st.text(alphabet=st.sampled_from("好。，\n ab.\u0301👍🏽‍\U000e0067"), max_size=400),
    st.sampled_from([8, 30, 61]),
    st.sampled_from(list(LengthUnit)),
)
def test_no_part_is_too_long_and_no_word_is_lost(text: str, limit: int, unit: LengthUnit) -> None:
    capabilities = replace(CAPABILITIES, text_limit=limit, text_unit=unit)
    parts = split(text, capabilities)
    assert joined(parts) == "".join(text.split())
    assert all(part and measure(capabilities)(part) <= limit for part in parts)
