"""Personal data is recognised by what makes it such, shortened for a screen, and replaced for another customer's."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp import personal
from scrm.model.words import PersonalKind as Kind

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_card(first17: str) -> str:
    return (
        first17 + "10X98765432"[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first17, strict=True)) % 11]
    )


def card(first: str) -> str:
    """A number with its Luhn digit."""
    total = sum(sum(divmod(int(char) * (2 - place % 2), 10)) for place, char in enumerate(reversed(first)))
    return first + str(-total % 10)


ID = id_card("11010519491231002")
UNIONPAY = card("622202123456789012")


@pytest.mark.parametrize(
    ("text", "kind", "found", "masked"),
    [
        ("电话13800138000。", Kind.MOBILE, "13800138000", "电话138****8000。"),
        ("+86 138 0013 8000", Kind.MOBILE, "+86 138 0013 8000", "+86 138****8000"),
        ("138-0013-8000", Kind.MOBILE, "138-0013-8000", "138****8000"),
        ("１３８００１３８０００", Kind.MOBILE, "１３８００１３８０００", "138****8000"),
        ("tel013800138000", Kind.MOBILE, "013800138000", "tel138****8000"),
        ("打0571-87654321", Kind.LANDLINE, "0571-87654321", "打057****4321"),
        ("(010)62345678", Kind.LANDLINE, "(010)62345678", "010****5678"),
        ("发到a.b@qq.com吧", Kind.EMAIL, "a.b@qq.com", "发到a****@qq.com吧"),
        (f"身份证{ID}", Kind.ID_CARD, ID, f"身份证110****{ID[-4:]}"),
        (ID.lower(), Kind.ID_CARD, ID.lower(), f"110****{ID[-4:].lower()}"),
        ("110105 19491231 002X", Kind.ID_CARD, "110105 19491231 002X", "110****002X"),
        ("110105491231002", Kind.ID_CARD, "110105491231002", "110****1002"),
        (UNIONPAY, Kind.BANK_CARD, UNIONPAY, f"6222****{UNIONPAY[-4:]}"),
        ("4111 1111 1111 1111", Kind.BANK_CARD, "4111 1111 1111 1111", "4111****1111"),
        ("护照E12345678", Kind.PASSPORT, "E12345678", "护照E****78"),
        ("车牌京A12345的", Kind.LICENCE_PLATE, "京A12345", "车牌京A****45的"),
        ("粤B·D12345", Kind.LICENCE_PLATE, "粤B·D12345", "粤B****45"),
        ("税号91350100M000100Y43", Kind.TAX_ID, "91350100M000100Y43", "税号91350100M000100Y43"),
    ],
)  # fmt: skip
def test_recognised_and_masked(text: str, kind: Kind, found: str, masked: str) -> None:
    (span,) = personal.find(text)
    assert (span.kind, text[span.start : span.end]) == (kind, found)
    assert personal.mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "订单20261122001234567",
        "SF1380013800012",  # a parcel
        "110105194912310021",  # check digit
        id_card("99010519491231002"),  # no such region
        id_card("11010519491331002"),  # no such day
        "6222021234567890120",  # Luhn
        card("100000000000000"),  # no such issuer
        "91350100M000100Y44",  # check character
        "400-820-8820",
        "苏ABCDEF",  # no plate without digits
        "满99减10，2026-11-22 12:30",
        "12345678901",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert personal.find(text) == []
    assert personal.mask(text) == text


def test_several_in_one_text_and_a_company_number_is_no_bank_card() -> None:
    text = f"{ID}，13800138000/13900139000，91110000600037341L"
    kinds = [span.kind for span in personal.find(text)]
    assert kinds == [Kind.ID_CARD, Kind.MOBILE, Kind.MOBILE, Kind.TAX_ID]


def test_another_customers_data_becomes_placeholders() -> None:
    text = (
        "林小北您好，张先生的订单JD0123456789已发货，运单SF1234567890123，电话１３８００１３８０００，"
        "寄到文三路138号3幢201室，看https://x.cn/a?id=1，满99减10，客服400-820-8820"
    )
    safe = personal.anonymous(text, {"林小北", ""})
    assert safe == (
        "⟨姓名⟩您好，⟨称呼⟩先生的订单⟨单号⟩已发货，运单⟨单号⟩，电话⟨手机号⟩，"
        "⟨地址⟩，看⟨链接⟩，满99减10，客服400-820-8820"
    )


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("周五下午 3 点半上门取件，收到后3 个工作日内退款219元", "⟨时间⟩上门取件，收到后3 个工作日内退款⟨金额⟩元"),
        ("明天 18:00前退回，229.5元原路返还，另补偿 30 元券", "⟨时间⟩前退回，⟨金额⟩元原路返还，另补偿 ⟨金额⟩ 元券"),
        ("11月25日 14:00送到，12日下午三点安装", "⟨时间⟩送到，⟨时间⟩安装"),
    ],
)
def test_what_was_reckoned_for_or_agreed_with_one_customer_is_left_out(text: str, safe: str) -> None:
    assert personal.anonymous(text, ()) == safe


@pytest.mark.parametrize(
    "text",
    [
        "周一至周五 9:00-18:00，周六上午 9 点到下午 5 点，我们 9 点上班",
        "满99元减10元，运费10元，售价 399 元，7天内可退款",
        "退款一般 3 个工作日到账，明天发货，后天到",
    ],
)
def test_what_holds_for_everybody_stays(text: str) -> None:
    assert personal.anonymous(text, ()) == text


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_phone_never_shows_whatever_stands_around_it(before: str, after: str) -> None:
    text = f"{before} 13812345678 {after}"
    assert "13812345678" not in personal.anonymous(text, ())
    masked = personal.mask(text)
    assert "13812345678" not in masked
    # Nobody's number appears by masking another.
    assert all(span.kind in (Kind.TAX_ID, Kind.EMAIL) for span in personal.find(masked))


@given(st.text("0123456789Xx +-()@.京Aa（１", max_size=60))
def test_spans_are_in_order_and_apart(text: str) -> None:
    spans = personal.find(text)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


def test_beyond_the_longest_nothing_is_shown() -> None:
    assert "138" not in personal.mask("好" * personal.LONGEST + "13812345678")


@pytest.mark.parametrize(
    "text",
    [
        "1" * 20_000,
        "1 " * 10_000,
        "a@" * 10_000,
        "6222 " * 4_000,
        "退款" * 10_000,
        "12 月 " * 5_000,
        "9" * 9_000 + "元",
        "文三路" * 7_000,
        "a-" * 10_000,
    ],
)
def test_the_longest_texts_cost_little(text: str) -> None:
    began = time.process_time()
    personal.mask(text)
    personal.anonymous(text, {"甲乙"})
    assert time.process_time() - began < 5
