"""The running mood of a conversation, and when it drops."""

from itertools import pairwise

import pytest

from scrm.flow import mood
from scrm.model.analysis import Analysis, Sentiment
from scrm.model.conversation import Mood


def _felt(*scores: float) -> list[Mood]:
    moods = [Mood()]
    for score in scores:
        sentiment = Sentiment.NEGATIVE if score < 0 else Sentiment.NEUTRAL
        moods.append(mood.after(moods[-1], Analysis(model="m", sentiment=sentiment, score=score)))
    return moods


def test_recent_messages_weigh_more() -> None:
    *_, now = _felt(0.8, -0.9, -0.9, -0.9)
    assert now.sentiment is Sentiment.NEGATIVE
    assert now.messages == 4
    assert now.score == pytest.approx(-0.6875)


@pytest.mark.parametrize(
    ("scores", "drops"),
    [
        ((0.0, -0.95), [None, 0.475]),
        ((0.9, -0.9), [None, None]),  # a great drop, but to the middle: the friendly start still counts
        ((0.9, -0.9, -0.9), [None, None, 0.45]),
        ((-0.95,), [None]),  # it began so
        ((-0.9, -0.95), [None, None]),
        ((0.0, 0.0, -0.3), [None, None, None]),
    ],
)
def test_only_a_sharp_fall_into_the_negative_is_a_drop(scores: tuple[float, ...], drops: list[float | None]) -> None:
    moods = _felt(*scores)
    found = [mood.fell(before, now) for before, now in pairwise(moods)]
    assert found == [None if drop is None else pytest.approx(drop) for drop in drops]
