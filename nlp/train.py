"""Builds the shipped weights from what may be shipped. The same inputs give the same bytes, on any machine.

`python -m nlp.train` rebuilds nlp/data/weights.bin; docs/nlp-model-card.md says what goes in.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import exp, log
from pathlib import Path
from typing import TypeVar

import msgspec

from nlp import category, corpora, linear, sentiment, taxonomy
from nlp.features import grams
from nlp.linear import LinearModel, Row, StoredModel
from nlp.normalise import normalise
from nlp.pipeline import IDF, MOOD, TOPIC, weights_file
from nlp.segment import segment
from scrm.model.analysis import Sentiment

T = TypeVar("T")
Progress = Callable[[str, float], None]
"""Called with what is being done and the share done, 0 … 1."""

FOLDS = 5
SIGNAL = 0.2
_REVIEW_COST = 1.0
_WRITTEN_COST = 3.0
"""Few and chosen: each says something the reviews do not."""
_SHORT = 40
"""A review this short may teach the `feels` question: longer ones would teach that length is mood."""

_THRESHOLDS = [step / 100 for step in range(10, 80)]
_RIGHT_AT_LEAST = 0.80
"""Of the answers given, this share must be right on held-out texts: it sets the threshold of "unknown"."""


def train(out: Path, progress: Progress) -> dict[str, StoredModel]:
    """Write the weights to `out`, under 1 MB. Raises StartupError when the training texts are not installed."""
    progress("reading texts", 0.0)
    models = {
        MOOD: _mood(partial(_within, progress, 0.05, 0.80)),
        TOPIC: _topic(partial(_within, progress, 0.80, 0.95)),
        IDF: _idf(),
    }
    out.write_bytes(linear.pack(models))
    progress("done", 1.0)
    return models


def _within(progress: Progress, start: float, end: float, what: str, share: float) -> None:
    progress(what, start + (end - start) * share)


# --- mood ---------------------------------------------------------------------------------------------------------


def mood_rows() -> tuple[list[Row], list[int], list[int]]:
    """(rows, good, feels): for each row 1, -1, or 0 where the row does not know the answer."""
    rows: list[Row] = []
    good: list[int] = []
    feels: list[int] = []

    def add(text: str, mood: Sentiment, *, cost: float, tells_feels: bool) -> None:
        clean = normalise(text).text
        if clean:
            rows.append(sentiment.row(clean, cost))
            good.append({Sentiment.POSITIVE: 1, Sentiment.NEGATIVE: -1}.get(mood, 0))
            feels.append((-1 if mood is Sentiment.NEUTRAL else 1) if tells_feels else 0)

    for review in corpora.reviews():
        add(review.text, review.mood, cost=_REVIEW_COST, tells_feels=len(review.text) <= _SHORT)
    for opinion in corpora.written():
        add(opinion.text, opinion.mood, cost=_WRITTEN_COST, tells_feels=True)
    for question in corpora.questions():
        if question.mood is not None:
            add(question.text, question.mood, cost=2.0, tells_feels=True)
    return rows, good, feels


def fit_mood(rows: Sequence[Row], good: Sequence[int], feels: Sequence[int]) -> StoredModel:
    return linear.train(
        rows,
        {sentiment.GOOD: good, sentiment.FEELS: feels},
        cost=0.5,
        signal=SIGNAL,
        least_rows=3,
        keep=60_000,
    )


def _mood(progress: Progress) -> StoredModel:
    rows, good, feels = mood_rows()
    progress("mood: calibrating", 0.1)
    held = [place for place in range(len(rows)) if place % FOLDS == 0]
    rest = [place for place in range(len(rows)) if place % FOLDS]
    trial = LinearModel(fit_mood(_pick(rows, rest), _pick(good, rest), _pick(feels, rest)))
    scored = [trial.scores(set(rows[place].grams), rows[place].signals) for place in held]
    fit: dict[str, float] = {}
    for column, (name, truth) in enumerate(((sentiment.GOOD, good), (sentiment.FEELS, feels))):
        pairs = [(scores[column], truth[place]) for scores, place in zip(scored, held, strict=True) if truth[place]]
        fit[f"{name}_slope"], fit[f"{name}_offset"] = _calibrate(pairs)
    progress("mood: training", 0.5)
    return msgspec.structs.replace(fit_mood(rows, good, feels), calibration=fit)


def _pick(items: Sequence[T], places: Sequence[int]) -> list[T]:
    return [items[place] for place in places]


def _calibrate(pairs: Sequence[tuple[float, int]]) -> tuple[float, float]:
    """Slope and offset of the logistic that fits held-out scores best, from a grid: no digit depends on luck."""

    def loss(slope: float, offset: float) -> float:
        total = 0.0
        for score, truth in pairs:
            total += log(1.0 + exp(-max(-30.0, min(30.0, truth * (slope * score + offset)))))
        return total

    slope = min((step / 10 for step in range(3, 60)), key=lambda value: loss(value, 0.0))
    offset = min((step / 20 for step in range(-30, 31)), key=lambda value: loss(slope, value))
    return slope, offset


# --- category -----------------------------------------------------------------------------------------------------


def topic_rows(texts: Iterable[tuple[str, str]], *, with_seeds: bool = True) -> tuple[list[Row], list[str]]:
    """Rows and their codes from (text, code) pairs, the taxonomy's seeds, and talk about nothing."""
    pairs = list(texts)
    if with_seeds:
        pairs += [(seed, topic.category.code) for topic in taxonomy.topics() for seed in topic.seeds]
    pairs += [(text, category.OTHER) for text in corpora.chat()]
    clean = [(normalise(text).text, code) for text, code in pairs]
    rows = [category.row(text) for text, _ in clean]
    return rows, [code for _, code in clean]


def fit_topic(rows: Sequence[Row], codes: Sequence[str]) -> StoredModel:
    names = sorted(set(codes))
    targets = {name: [1 if code == name else -1 for code in codes] for name in names}
    return linear.train(rows, targets, cost=0.5, signal=0.0, keep=20_000)


def _topic(progress: Progress) -> StoredModel:
    labelled = [
        (question.text, code)
        for question in corpora.questions()
        if (code := taxonomy.code_of(question.category)) is not None
    ]
    guesses: list[tuple[list[float], list[str], str]] = []
    for fold in range(FOLDS):
        progress("category: calibrating", fold / (FOLDS + 1))
        held = [pair for place, pair in enumerate(labelled) if place % FOLDS == fold]
        rest = [pair for place, pair in enumerate(labelled) if place % FOLDS != fold]
        trial = LinearModel(fit_topic(*topic_rows(rest)))
        guesses += [(trial.scores(grams(normalise(text).text.lower())), list(trial.names), code) for text, code in held]
    slope = min((step / 4 for step in range(2, 40)), key=lambda value: _softmax_loss(guesses, value))
    progress("category: training", FOLDS / (FOLDS + 1))
    fit = {"slope": slope, "threshold": _threshold(guesses, slope)}
    return msgspec.structs.replace(fit_topic(*topic_rows(labelled)), calibration=fit)


def _softmax_loss(guesses: Sequence[tuple[list[float], list[str], str]], slope: float) -> float:
    total = 0.0
    for scores, names, truth in guesses:
        raised = [exp(slope * score) for score in scores]
        total -= log(raised[names.index(truth)] / sum(raised))
    return total


def _threshold(guesses: Sequence[tuple[list[float], list[str], str]], slope: float) -> float:
    """The lowest confidence above which `_RIGHT_AT_LEAST` of the held-out answers are right."""
    answers = []
    for scores, names, truth in guesses:
        raised = [exp(slope * score) for score in scores]
        best = max(range(len(scores)), key=lambda place: scores[place])
        answers.append((raised[best] / sum(raised), names[best] == truth))
    for threshold in _THRESHOLDS:
        given = [right for confidence, right in answers if confidence >= threshold]
        if given and sum(given) / len(given) >= _RIGHT_AT_LEAST:
            return threshold
    return _THRESHOLDS[-1]


# --- rarity of words ----------------------------------------------------------------------------------------------


def _idf() -> StoredModel:
    """How rare words are in questions and reviews, for keywords."""
    texts = [question.text for question in corpora.questions()] + [review.text for review in corpora.reviews()]
    counts: dict[str, int] = {}
    for text in texts:
        for word in {word.lower() for word in segment(normalise(text).text) if len(word) > 1}:
            counts[word] = counts.get(word, 0) + 1
    common = sorted((word for word, count in counts.items() if count >= 8), key=lambda word: (-counts[word], word))
    kept = sorted(common[:12_000])
    rarest = round(log(len(texts) / 4), 3)
    weights = [log(len(texts) / counts[word]) for word in kept]
    return StoredModel(
        features="\n".join(kept),
        columns=(linear.quantise("idf", weights, 0.0),),
        signal=0.0,
        calibration={"rarest": rarest},
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scrm train", description="Rebuild the shipped weights, bit for bit.")
    parser.parse_args(arguments)
    train(weights_file(), lambda what, share: print(f"{share:4.0%} {what}", file=sys.stderr))
    print(f"{weights_file()}: {weights_file().stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
