"""The rule by which labels and tags agree: nothing goes back and forth, and nobody's change is lost."""

from hypothesis import given
from hypothesis import strategies as st

from scrm.flow.tags import merged
from scrm.ids import LabelId

labels = st.frozensets(st.sampled_from([LabelId(name) for name in "abcde"]))


@given(labels, labels, labels)
def test_both_sides_changes_are_done_and_then_there_is_nothing_left_to_do(
    agreed: frozenset[LabelId], here: frozenset[LabelId], there: frozenset[LabelId]
) -> None:
    both = merged(agreed, here, there)
    assert merged(both, both, both) == both
    assert merged(agreed, there, here) == both  # no side is better than the other
    for label in "abcde":
        was, ours, theirs = label in agreed, label in here, label in there
        changed = {side for side in (ours, theirs) if side is not was}
        assert (label in both) is (changed.pop() if changed else was)


@given(labels, labels)
def test_the_first_time_both_get_all(here: frozenset[LabelId], there: frozenset[LabelId]) -> None:
    assert merged((), here, there) == here | there
