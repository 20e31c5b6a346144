"""The running mood of a conversation: recent messages weigh more. Pure."""

from scrm.model.analysis import Analysis, Sentiment
from scrm.model.conversation import Mood

# A message moves the mood this much of the way to its own score: three angry messages outweigh a friendly start.
WEIGHT = 0.5
NEGATIVE_BELOW = -0.25
POSITIVE_ABOVE = 0.35


def after(mood: Mood, analysis: Analysis) -> Mood:
    score = analysis.score if mood.messages == 0 else (1 - WEIGHT) * mood.score + WEIGHT * analysis.score
    return Mood(sentiment=_sentiment(score), score=round(score, 4), messages=mood.messages + 1)


def _sentiment(score: float) -> Sentiment:
    if score < NEGATIVE_BELOW:
        return Sentiment.NEGATIVE
    return Sentiment.POSITIVE if score > POSITIVE_ABOVE else Sentiment.NEUTRAL
