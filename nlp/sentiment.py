"""Mood of a text in three classes. Three questions to one linear model, each learnt from texts that know its answer.

*Is somebody displeased? Is somebody pleased?* learn from service messages, of which most are neither. *Which way does
an opinion go?* learns from reviews, all of which have one. The chance that a text feels anything comes from the first
two; which way it feels from all three, the third alone speaking for long texts, since the first two learn from short
ones.
"""

from collections.abc import Mapping, Sequence
from math import exp

from nlp import lexicon
from nlp.features import grams
from nlp.linear import LinearModel, Row
from nlp.normalise import shown
from scrm.model.analysis import Evidence, Sentiment
from scrm.model.base import Record

GOOD, BAD, FOND = "good", "bad", "fond"
SHORT = 40
"""Characters up to which a text teaches `BAD` and `FOND`: longer ones would teach that length is mood.
From there on only `GOOD` says which way a text feels."""

_EVIDENCE = 6


class Mood(Record, kw_only=True):
    """As in `Analysis`."""

    sentiment: Sentiment
    score: float
    probabilities: dict[str, float]
    evidence: tuple[Evidence, ...]


def row(text: str, cost: float = 1.0) -> Row:
    """What the learner sees of a normalised text."""
    low = text.lower()
    said = lexicon.read(low)
    return Row(grams=tuple(sorted(grams(lexicon.seen(low, said)))), signals=said.signals, cost=cost)


def read(model: LinearModel, text: str, words: list[str]) -> Mood:
    """`text`: `Normalised.text`; `words`: its segments, for the evidence."""
    low = text.lower()
    said = lexicon.read(low)
    feels, positive = probabilities(model, low, said)
    chances = {
        Sentiment.NEGATIVE.value: feels * (1.0 - positive),
        Sentiment.NEUTRAL.value: 1.0 - feels,
        Sentiment.POSITIVE.value: feels * positive,
    }
    best = max(chances, key=lambda name: chances[name])
    score = chances[Sentiment.POSITIVE] - chances[Sentiment.NEGATIVE]
    sentiment = Sentiment(best)
    return Mood(
        sentiment=sentiment,
        score=round(score, 4),
        probabilities={name: round(chance, 4) for name, chance in chances.items()},
        evidence=_evidence(model, said, words, sentiment),
    )


def probabilities(model: LinearModel, low: str, said: lexicon.Reading) -> tuple[float, float]:
    """(P(feels anything), P(positive | feels)) of a lower-cased normalised text."""
    if not low:
        return 0.0, 0.5
    scores = model.scores(grams(lexicon.seen(low, said)), said.signals)
    return decide(model.names, model.calibration, scores, len(low))


def decide(names: Sequence[str], fit: Mapping[str, float], scores: Sequence[float], size: int) -> tuple[float, float]:
    """The same from the scores of the three questions, which `names` names. size: characters."""
    chance = {
        name: fit[f"{name}_slope"] * score + fit[f"{name}_offset"] for name, score in zip(names, scores, strict=True)
    }
    calm = (1.0 - sigmoid(chance[BAD])) * (1.0 - sigmoid(chance[FOND]))
    share = max(0.0, 1.0 - size / SHORT)
    way = (chance[GOOD] + share * (chance[FOND] - chance[BAD])) / (1.0 + share)
    return 1.0 - calm, sigmoid(way)


def sigmoid(value: float) -> float:
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, value))))


def _evidence(
    model: LinearModel, said: lexicon.Reading, words: list[str], sentiment: Sentiment
) -> tuple[Evidence, ...]:
    """The words of mood first; when there are few, the words the model leans on."""
    if sentiment is Sentiment.NEUTRAL:
        return ()
    sign = 1.0 if sentiment is Sentiment.POSITIVE else -1.0
    spoke = {hit.text: hit.value for hit in said.hits if hit.value * sign > 0}
    if len(spoke) < _EVIDENCE:
        column = model.names.index(FOND if sign > 0 else BAD)
        for word in dict.fromkeys(words):
            weight = sum(model.weight(column, gram) for gram in grams(word.lower())) / 2.0
            if weight > 0.5 and not any(word in other for other in spoke):
                spoke[word] = sign * weight
    ranked = sorted(spoke.items(), key=lambda item: (-abs(item[1]), item[0]))[:_EVIDENCE]
    return tuple(
        Evidence(text=shown(text), weight=round(weight, 3), speaks_for=sentiment.value) for text, weight in ranked
    )
