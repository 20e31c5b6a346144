"""Mood of a text in three classes. Two questions to one linear model: does it feel anything, and which way?

P(neutral) = 1 - P(feels); P(positive) = P(feels) · P(good). Most service messages are neutral, reviews are not;
asked apart, each question is learnt from the texts that know its answer.
"""

from math import exp

from nlp import lexicon
from nlp.features import grams
from nlp.linear import LinearModel, Row
from nlp.normalise import shown
from scrm.model.analysis import Evidence, Sentiment
from scrm.model.base import Record

GOOD, FEELS = "good", "feels"
_EVIDENCE = 6


class Mood(Record, kw_only=True):
    """good: P(positive | it feels anything), calibrated on reviews. The rest as in `Analysis`."""

    sentiment: Sentiment
    score: float
    probabilities: dict[str, float]
    good: float
    evidence: tuple[Evidence, ...]


def row(text: str, cost: float = 1.0) -> Row:
    """What the learner sees of a normalised text."""
    low = text.lower()
    return Row(grams=tuple(sorted(grams(low))), signals=lexicon.read(low).signals, cost=cost)


def read(model: LinearModel, text: str, words: list[str]) -> Mood:
    """`text`: `Normalised.text`; `words`: its segments, for the evidence."""
    low = text.lower()
    said = lexicon.read(low)
    good, feels = probabilities(model, low, said)
    chances = {
        Sentiment.NEGATIVE.value: feels * (1.0 - good),
        Sentiment.NEUTRAL.value: 1.0 - feels,
        Sentiment.POSITIVE.value: feels * good,
    }
    best = max(chances, key=lambda name: chances[name])
    score = chances[Sentiment.POSITIVE] - chances[Sentiment.NEGATIVE]
    sentiment = Sentiment(best)
    return Mood(
        sentiment=sentiment,
        score=round(score, 4),
        probabilities={name: round(chance, 4) for name, chance in chances.items()},
        good=good,
        evidence=_evidence(model, said, words, sentiment),
    )


def probabilities(model: LinearModel, low: str, said: lexicon.Reading) -> tuple[float, float]:
    """(P(positive | feels), P(feels)) of a lower-cased normalised text."""
    good, feels = model.scores(grams(low), said.signals)
    fit = model.calibration
    if not low:
        return 0.5, 0.0
    return (
        sigmoid(fit["good_slope"] * good + fit["good_offset"]),
        sigmoid(fit["feels_slope"] * feels + fit["feels_offset"]),
    )


def sigmoid(value: float) -> float:
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, value))))


def _evidence(
    model: LinearModel, said: lexicon.Reading, words: list[str], sentiment: Sentiment
) -> tuple[Evidence, ...]:
    """The words of mood first; when there are none, the words the model leans on."""
    if sentiment is Sentiment.NEUTRAL:
        return ()
    sign = 1.0 if sentiment is Sentiment.POSITIVE else -1.0
    spoke = {hit.text: hit.value for hit in said.hits if hit.value * sign > 0}
    if len(spoke) < _EVIDENCE:
        column = model.names.index(GOOD)
        for word in dict.fromkeys(words):
            weight = sum(model.weight(column, gram) for gram in grams(word.lower())) / 2.0
            if weight * sign > 0.5 and not any(word in other for other in spoke):
                spoke[word] = weight
    ranked = sorted(spoke.items(), key=lambda item: (-abs(item[1]), item[0]))[:_EVIDENCE]
    return tuple(
        Evidence(text=shown(text), weight=round(weight, 3), speaks_for=sentiment.value) for text, weight in ranked
    )
