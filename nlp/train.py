"""Builds the shipped weights from what may be shipped. The same inputs give the same bytes, on any machine.

`python -m nlp.train` rebuilds nlp/data/weights.bin; docs/nlp-model-card.md says what goes in.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from math import exp, log, sqrt
from pathlib import Path
from typing import TypeVar

import msgspec

from nlp import category, corpora, linear, sentiment, taxonomy
from nlp.features import grams
from nlp.linear import LinearModel, Row, StoredModel
from nlp.normalise import normalise
from nlp.pipeline import IDF, INPUTS, MOOD, TOPIC, weights_file
from nlp.segment import segment
from nlp.sentiment import BAD, FOND, GOOD
from scrm.model.analysis import Sentiment
from scrm.model.base import Record

T = TypeVar("T")
Progress = Callable[[str, float], None]
"""Called with what is being done and the share done, 0 … 1."""

FOLDS = 5
_TRIALS = 3
"""Folds that are held out to choose the threshold of categories."""
SIGNAL = 0.2
_REVIEW, _LONG_PRAISE, _OPINION = 1.0, 3.0, 1.5
"""Costs of `GOOD`. The reviews we have are half and half; people's long ones mostly praise while naming a fault."""
_QUESTION, _WRITTEN, _WRITTEN_REVIEW, _SHORT_REVIEW = 3.0, 3.0, 1.5, 0.2
"""Costs of `BAD` and `FOND`; those of written texts are divided by the square root of how many twins they have."""

_TEMPER, _PRAISE = 0.8, 0.2
"""Other people's reviews are read a fifth less surely than those we hold out, and praise a little more often: ours are
half praise and half blame by their making."""
_MISSED = 0.25
"""Added to the held-out offset of `BAD`: a complaint that nobody sees costs more than a question taken for one."""
_OFFSETS = [step / 20 for step in range(-40, 41)]
_THRESHOLDS = [step / 100 for step in range(10, 80)]
_RIGHT_AT_LEAST = 0.85
"""Of the answers given, this share must be right on held-out texts: it sets the threshold of "unknown"."""
_SHARE_OF_OTHER = 0.2
"""How much of what customers write is about nothing, where the threshold is chosen."""
_CHAT = 2.0
"""Cost of the shortest talk: "received" alone is no matter of quality, though many such matters begin with it."""


def train(out: Path, progress: Progress) -> dict[str, StoredModel]:
    """Write the weights to `out`, about 1 MB. Raises StartupError when the training texts are not installed."""
    progress("reading texts", 0.0)
    models = {
        MOOD: _mood(partial(_within, progress, 0.05, 0.80)),
        TOPIC: _topic(partial(_within, progress, 0.80, 0.95)),
        IDF: _idf(),
        INPUTS: StoredModel(features=corpora.fingerprint(), columns=(), signal=0.0),
    }
    out.write_bytes(linear.pack(models))
    progress("done", 1.0)
    return models


def _within(progress: Progress, start: float, end: float, what: str, share: float) -> None:
    progress(what, start + (end - start) * share)


# --- mood ---------------------------------------------------------------------------------------------------------


class MoodRows(Record, kw_only=True):
    """rows; for each question 1, -1 or, where the row does not know the answer, 0; what a mistake costs; and the fold
    in which a row is held out: twins share one, or the held-out would be known.
    """

    rows: list[Row]
    targets: dict[str, list[int]]
    costs: dict[str, list[float]]
    folds: list[int]
    sizes: list[int]

    def pick(self, wanted: Callable[[int], bool]) -> "MoodRows":
        places = [place for place in range(len(self.rows)) if wanted(place)]
        return MoodRows(
            rows=_pick(self.rows, places),
            targets={name: _pick(signs, places) for name, signs in self.targets.items()},
            costs={name: _pick(each, places) for name, each in self.costs.items()},
            folds=_pick(self.folds, places),
            sizes=_pick(self.sizes, places),
        )


def mood_rows() -> MoodRows:
    """Reviews, then written examples, then the labelled questions, in this order."""
    found = MoodRows(
        rows=[],
        targets={name: [] for name in (GOOD, BAD, FOND)},
        costs={name: [] for name in (GOOD, BAD, FOND)},
        folds=[],
        sizes=[],
    )

    def add(text: str, mood: Sentiment, fold: int, *, good: float, felt: float) -> None:
        clean = normalise(text).text
        if not clean:
            return
        found.rows.append(sentiment.row(clean))
        found.folds.append(fold % FOLDS)
        found.sizes.append(len(clean))
        way = {Sentiment.POSITIVE: 1, Sentiment.NEGATIVE: -1}.get(mood, 0)
        for name, sign, cost in (
            (GOOD, way, good),
            (BAD, 1 if way < 0 else -1, felt),
            (FOND, 1 if way > 0 else -1, felt),
        ):
            found.targets[name].append(sign if cost else 0)
            found.costs[name].append(cost)

    for number, review in enumerate(corpora.reviews()):
        long = len(review.text) > sentiment.SHORT
        praise = _LONG_PRAISE if long and review.mood is Sentiment.POSITIVE else _REVIEW
        add(review.text, review.mood, number, good=praise, felt=0.0 if long else _SHORT_REVIEW)
    for opinion in corpora.written():
        cost = (_WRITTEN_REVIEW if opinion.review else _WRITTEN) / sqrt(opinion.twins)
        add(opinion.text, opinion.mood, opinion.template, good=_OPINION, felt=cost)
    for number, question in enumerate(corpora.questions()):
        if question.mood is not None:
            add(question.text, question.mood, number, good=_QUESTION, felt=_QUESTION)
    return found


def fit_mood(rows: MoodRows, *, epochs: int = 10) -> StoredModel:
    return linear.train(
        rows.rows,
        rows.targets,
        cost=0.6,
        signal=SIGNAL,
        least_rows=2,
        keep=140_000,
        costs=rows.costs,
        epochs=epochs,
    )


def _mood(progress: Progress) -> StoredModel:
    rows = mood_rows()
    progress("mood: calibrating", 0.1)
    trial = LinearModel(fit_mood(rows.pick(lambda place: rows.folds[place] != 0), epochs=6))
    fit = calibrate_mood(trial, rows.pick(lambda place: rows.folds[place] == 0))
    progress("mood: training", 0.5)
    return msgspec.structs.replace(fit_mood(rows), calibration=fit)


def calibrate_mood(trial: LinearModel, held: MoodRows) -> dict[str, float]:
    """Slope and offset of each question, from rows the model has not seen."""
    scores = [trial.scores(set(row.grams), row.signals) for row in held.rows]
    fit = fitted(held, scores, range(len(scores)), good=(0.0,))
    fit[f"{GOOD}_slope"] *= _TEMPER
    fit[f"{GOOD}_offset"] = _PRAISE
    fit[f"{BAD}_offset"] += _MISSED
    return fit


def fitted(
    held: MoodRows, scores: Sequence[Sequence[float]], places: Sequence[int], *, good: Sequence[float] = _OFFSETS
) -> dict[str, float]:
    """Slope and offset of each question that fit the scores of the rows at `places` best, all of them held out.

    good: the offsets among which that of `GOOD` is chosen.
    """
    fit: dict[str, float] = {}
    for column, name in enumerate(held.targets):
        truths, costs = held.targets[name], held.costs[name]
        pairs = [
            (scores[place][column], truths[place], costs[place]) for place in places if truths[place] and costs[place]
        ]
        fit[f"{name}_slope"], fit[f"{name}_offset"] = _calibrate(pairs, good if name == GOOD else _OFFSETS)
    return fit


def _pick(items: Sequence[T], places: Sequence[int]) -> list[T]:
    return [items[place] for place in places]


def _calibrate(pairs: Sequence[tuple[float, int, float]], offsets: Sequence[float]) -> tuple[float, float]:
    """Slope and offset of the logistic that fits held-out scores best, from a grid: no digit depends on luck.

    pairs: (score, 1 or -1, how much the row counts).
    """

    def loss(slope: float, offset: float) -> float:
        total = 0.0
        for score, truth, cost in pairs:
            total += cost * log(1.0 + exp(-max(-30.0, min(30.0, truth * (slope * score + offset)))))
        return total

    slope, offset = 1.0, 0.0
    for _ in range(2):
        slope = min((step / 10 for step in range(3, 60)), key=lambda value: loss(value, offset))
        offset = min(offsets, key=lambda value: loss(slope, value))
    return slope, offset


# --- category -----------------------------------------------------------------------------------------------------


class Case(Record, kw_only=True):
    """A text and its category. fold: twins of one written line share it."""

    text: str
    code: str
    cost: float = 1.0
    fold: int = 0


def topic_cases(*, with_seeds: bool = True) -> list[Case]:
    """What is written for the taxonomy, and talk about nothing."""
    cases = []
    for opinion in corpora.written():
        if opinion.category is not None and (with_seeds or opinion.category == category.OTHER):
            cost = 1.0 / sqrt(opinion.twins)
            cases.append(Case(text=opinion.text, code=opinion.category, cost=cost, fold=opinion.template % FOLDS))
    if with_seeds:
        cases += [
            Case(text=seed, code=topic.category.code, fold=-1) for topic in taxonomy.topics() for seed in topic.seeds
        ]
    return cases + [
        Case(text=text, code=category.OTHER, cost=_CHAT, fold=number % FOLDS)
        for number, text in enumerate(corpora.chat())
    ]


def fit_topic(cases: Sequence[Case], *, keep: int = 40_000) -> StoredModel:
    rows = [category.row(normalise(case.text).text, case.cost) for case in cases]
    names = sorted({case.code for case in cases})
    targets = {name: [1 if case.code == name else -1 for case in cases] for name in names}
    return linear.train(rows, targets, cost=0.5, signal=0.0, keep=keep, epochs=12)


class _Guess(Record, kw_only=True):
    """What a model said that had not seen the case."""

    scores: tuple[float, ...]
    names: tuple[str, ...]
    code: str
    weight: float


def _topic(progress: Progress) -> StoredModel:
    labelled = [
        Case(text=question.text, code=code, fold=number % FOLDS)
        for number, question in enumerate(corpora.questions())
        if (code := taxonomy.code_of(question.category)) is not None
    ]
    cases = labelled + topic_cases()
    guesses: list[_Guess] = []
    for fold in range(_TRIALS):
        progress("category: calibrating", fold / (_TRIALS + 1))
        trial = LinearModel(fit_topic([case for case in cases if case.fold != fold]))
        asked = [case for case in labelled if case.fold == fold]
        idle = [case for case in cases if case.fold == fold and case.code == category.OTHER]
        weight = _SHARE_OF_OTHER / (1.0 - _SHARE_OF_OTHER) * len(asked) / max(1, len(idle))
        for case in asked + idle:
            scores = tuple(trial.scores(grams(category.matter(normalise(case.text).text))))
            told = 1.0 if case.code != category.OTHER else weight
            guesses.append(_Guess(scores=scores, names=trial.names, code=case.code, weight=told))
    slope, offset = _sharpness(guesses)
    progress("category: training", _TRIALS / (_TRIALS + 1))
    stored = fit_topic(cases)
    columns = tuple(
        msgspec.structs.replace(column, bias=column.bias - offset) if column.name == category.OTHER else column
        for column in stored.columns
    )
    fit = {"slope": slope, "threshold": _threshold(guesses, slope, offset)}
    return msgspec.structs.replace(stored, columns=columns, calibration=fit)


def _chances(guess: _Guess, slope: float, offset: float) -> list[float]:
    raised = [
        exp(min(50.0, slope * (score - offset if name == category.OTHER else score)))
        for score, name in zip(guess.scores, guess.names, strict=True)
    ]
    total = sum(raised)
    return [value / total for value in raised]


def _sharpness(guesses: Sequence[_Guess]) -> tuple[float, float]:
    """Slope of the softmax, and how much less likely talk about nothing is than its many examples make it."""

    def loss(slope: float, offset: float) -> float:
        return -sum(
            guess.weight * log(max(1e-9, _chances(guess, slope, offset)[guess.names.index(guess.code)]))
            for guess in guesses
        )

    slope, offset = 4.0, 0.0
    for _ in range(2):
        offset = min((step / 10 for step in range(-5, 16)), key=lambda value: loss(slope, value))
        slope = min((step / 4 for step in range(4, 36)), key=lambda value: loss(value, offset))
    return slope, offset


def _threshold(guesses: Sequence[_Guess], slope: float, offset: float) -> float:
    """The lowest confidence above which `_RIGHT_AT_LEAST` of the held-out answers are right."""
    answers = []
    for guess in guesses:
        chances = _chances(guess, slope, offset)
        best = max(range(len(chances)), key=lambda place: chances[place])
        if guess.names[best] != category.OTHER:
            answers.append((chances[best], guess.names[best] == guess.code, guess.weight))
    for threshold in _THRESHOLDS:
        given = [(right, weight) for confidence, right, weight in answers if confidence >= threshold]
        right = sum(weight for right, weight in given if right)
        if given and right / sum(weight for _, weight in given) >= _RIGHT_AT_LEAST:
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
