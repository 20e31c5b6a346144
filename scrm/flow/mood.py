"""The running mood of a conversation: recent messages weigh more. Pure."""

from scrm.model.analysis import Analysis, Sentiment
from scrm.model.conversation import Mood

# A message moves the mood this much of the way to its own score: three angry messages outweigh a friendly start.
WEIGHT = 0.5
NEGATIVE_BELOW = -0.25
POSITIVE_ABOVE = 0.35
DROP = 0.4
"""How far one message must lower the mood, into the negative, to be an event of its own."""


def after(mood: Mood, analysis: Analysis) -> Mood:
    score = analysis.score if mood.messages == 0 else (1 - WEIGHT) * mood.score + WEIGHT * analysis.score
    return Mood(sentiment=_sentiment(score), score=round(score, 4), messages=mood.messages + 1)


def fell(before: Mood, now: Mood) -> float | None:
    """By how much the mood dropped sharply, or None. A conversation that begins angry has not dropped."""
    drop = before.score - now.score
    sharp = before.messages > 0 and now.sentiment is Sentiment.NEGATIVE and drop >= DROP
    return round(drop, 4) if sharp else None


def _sentiment(score: float) -> Sentiment:
    if score < NEGATIVE_BELOW:
        return Sentiment.NEGATIVE
    return Sentiment.POSITIVE if score > POSITIVE_ABOVE else Sentiment.NEUTRAL
