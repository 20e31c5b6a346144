"""The language of monitors: what matches, what is refused and where, and that nothing breaks it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.monitor.mentions import expression
from dashboards.monitor.mentions.expression import And, Node, Not, Or, Word
from nlp.terms import SearchCutter
from scrm.errors import Invalid

FOLD = SearchCutter().fold
FOLD("蓝鲸")  # its tables are read once, and not inside a strategy
MANY = settings(max_examples=80, deadline=None)


def matches(written: str, text: str) -> bool:
    return expression.compiled(written, FOLD).matches(text)


@pytest.mark.parametrize(
    ("written", "hits", "misses"),
    [
        ("蓝鲸 发热", ["蓝鲸充电发热", "發熱！藍鯨"], ["蓝鲸", "发热"]),
        ("蓝鲸 AND (发热 OR 鼓包) NOT 招聘", ["蓝鲸鼓包了"], ["蓝鲸发热岗位招聘", "蓝鲸很好"]),
        ("蓝鲸|bluewhale -二手", ["BlueWhale 很棒", "ＢＬＵＥＷＨＡＬＥ"], ["二手蓝鲸", "bluewhales"]),
        ("bluewhale*", ["bluewhales!"], ["a-bluewhalex".replace("bluewhalex", "blue whale")]),
        ('"充电 发热"', ["充电，发热", "充电发热"], ["充电时发热"]),
        ("「退 款」", ["退款"], ["退了款"]),
        ("a OR b c", ["a", "b c"], ["b", "c"]),
        ("c++ OR c#", ["c"], ["d"]),
        ("power bank", ["power-bank", "bank of power"], ["powerbank"]),
        ('"power bank"', ["Power\nBank"], ["bank power", "powerbank"]),
        ("12315", ["拨打12315投诉"], ["412315", "123156"]),
        ("蓝鲸 NOT NOT 发热", ["蓝鲸发热"], ["蓝鲸"]),
        ("x OR (a -b)", ["x b", "a"], ["a b"]),
        ("a|b c", ["b c"], ["a", "b"]),
    ],
)
def test_what_matches(written: str, hits: list[str], misses: list[str]) -> None:
    assert [matches(written, text) for text in hits] == [True] * len(hits)
    assert [matches(written, text) for text in misses] == [False] * len(misses)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "empty"), ("  ", "empty"), ("(a", r"bracket at place 1 is not closed"), ("a)", "place 2 closes"),
        ("a OR", "end at place 5"), ("OR a", "OR at place 1"), ("a AND AND b", "AND at place 7"), ('a "b', "place 3"),
        ("-a", "only excludes"), ("NOT a NOT b", "only excludes"), ("a OR -b", "only excludes"), ("a ！！", "place 3"),
        ("()", "place 2"), ("(" * 50 + "a" + ")" * 50, "too deep"), ("a " * 101, "100 words"), ("a" * 2_001, "2,000"),
        ("a" * 70, "longer than 60"), ("NOT " * 60 + "a", "too deep"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_where(written: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        expression.parse(written, FOLD)


WORDS = st.text(alphabet="ab蓝鲸发热電12 ", min_size=1, max_size=5).filter(lambda text: bool(text.strip()))


def _word(text: str) -> Node:
    text = text.strip()
    return Word(text=text, form=expression.squeezed(FOLD(text)))


def _flat(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    """As it is read: an AND in an AND keeps its bracket, so nothing has to be flattened; one part is no list."""
    return parts[0] if len(parts) == 1 else kind(parts=tuple(parts))


NODES = st.recursive(
    WORDS.map(_word),
    lambda inner: st.one_of(
        inner.map(lambda node: Not(inner=node)),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: _flat(And, parts)),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: _flat(Or, parts)),
    ),
    max_leaves=8,
)


@MANY
@given(NODES)
def test_what_is_written_is_read_back(node: Node) -> None:
    written = expression.written(node)
    try:
        assert expression.parse(written, FOLD) == node
    except Invalid as error:
        assert "only excludes" in error.detail


@MANY
@given(NODES, st.text(alphabet="ab蓝鯨发热電12 ，", max_size=30))
def test_matching_is_what_logic_says(node: Node, text: str) -> None:
    """Beside an interpreter that looks each word up by itself."""
    seen = expression.squeezed(FOLD(text))

    def truth(each: Node) -> bool:
        match each:
            case Word():
                return expression.Matcher(each, FOLD).matches_folded(seen)
            case Not(inner=inner):
                return not truth(inner)
            case And(parts=parts):
                return not [part for part in parts if not truth(part)]
            case Or(parts=parts):
                return bool([part for part in parts if truth(part)])

    assert expression.Matcher(node, FOLD).matches(text) == truth(node)
    # What is wanted has a word that the empty text has not.
    if expression._wants(node):
        assert not expression.Matcher(node, FOLD).matches("")


@MANY
@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_written_breaks_it(written: str, text: str) -> None:
    try:
        matcher = expression.compiled(written, FOLD)
    except Invalid as error:
        assert error.detail
    else:
        assert matcher.matches(text) in (True, False)
        assert matcher.matches(text.swapcase()) == matcher.matches(text) or not text.isascii()
