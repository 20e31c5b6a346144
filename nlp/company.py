"""A company's own categories: learned from its examples in seconds, judged by cross-validation, and read with.

The same examples give the same weights and the same report. Every figure of the report comes from models that had not
seen the texts they were asked about; phrases of the shipped taxonomy are trained on but never tested on. Unknown is an
answer: the threshold below which a text gets no category is chosen from the held-out answers, and from those to texts
of categories left out altogether: customers also write about what nobody thought of. Pure but for the clock.
"""

import random
from collections.abc import Callable, Sequence
from math import sqrt
from time import perf_counter
from typing import Protocol

from msgspec.structs import replace

from nlp import category, corpora, heldout, linear
from nlp.heldout import Answer, Case
from nlp.linear import LinearModel, StoredModel
from nlp.normalise import normalise, shown
from nlp.segment import segment
from scrm.errors import Invalid
from scrm.model.analysis import Analysis, Evidence, Sentiment
from scrm.model.taxonomy import LEAST_EXAMPLES, Example, Source
from scrm.ports.taxonomy import CompanyModel, Progress, Trained, Tried

MODEL = "company"

_FOLDS, _FEWER_FOLDS = 5, 3
_MANY = 60_000
"""Examples times categories beyond which three folds have to do."""
_MOST_OTHERS = 2_000
"""Examples of other categories that one category is told apart from; more teach little and cost in proportion."""
_LEAST_TESTED = 30
_KEEP = 30_000
_LEFT_OUT = 4
"""Categories, the fullest, each left out once to see what becomes of what was not taught."""
_LEFT_OUT_CASES, _LEFT_OUT_ASKED = 1_200, 60
_EVIDENCE_CHARACTERS = 200
_EVIDENCE_WORDS = 3
_LOUD_ENOUGH = 0.2
"""Of the loudest word: what is quieter only happened to stand there."""


class _Share:
    """Passes progress on, which only moves forward."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._told = 0.0

    def __call__(self, step: str, share: float) -> None:
        self._told = max(self._told, share)
        self._progress(step, round(self._told, 3))


def learn(examples: Sequence[Example], progress: Progress, *, clock: Callable[[], float] = perf_counter) -> Trained:
    """Raises Invalid when there are not two categories with `LEAST_EXAMPLES` each."""
    began = clock()
    told = _Share(progress)
    told("reading", 0.0)
    cases = _cases(examples)
    codes = sorted({case.code for case in cases if case.example})
    fullest = sorted(sum(case.code == code for case in cases) for code in codes)
    if len(fullest) < 2 or fullest[-2] < LEAST_EXAMPLES:
        raise Invalid(f"Training needs at least two categories with {LEAST_EXAMPLES} different examples each.")
    folds = _FOLDS if len(cases) * len(codes) <= _MANY else _FEWER_FOLDS
    answers = _held_out(cases, folds, told)
    slope, offset = heldout.calibrate(answers)
    labelled = [heldout.judged(answer, slope, offset) for answer in answers if answer.case.example is not None]
    strangers = [heldout.judged(answer, slope, offset) for answer in _left_out(cases, codes, told)]
    threshold = heldout.choose_threshold(labelled, strangers)
    told("training", 0.85)
    stored = _fit(cases)
    columns = tuple(
        replace(column, bias=column.bias - offset) if column.name == category.OTHER else column
        for column in stored.columns
    )
    stored = replace(stored, columns=columns, calibration={"slope": slope, "threshold": threshold})
    report = heldout.report(labelled, strangers, codes, threshold)
    told("done", 1.0)
    seeds = sum(case.example is not None and case.example.source is Source.SEED for case in cases)
    return Trained(
        weights=linear.pack({MODEL: stored}),
        report=replace(report, examples=len(examples), seeds=seeds, folds=folds, seconds=round(clock() - began, 2)),
    )


class Judge:
    """Reads normalised texts by a company's categories."""

    def __init__(self, weights: bytes, threshold: float) -> None:
        """Raises ValueError or msgspec.MsgspecError on what `learn` never made."""
        stored = linear.unpack(weights)
        if MODEL not in stored:
            raise ValueError("these are no weights of a company's categories")
        self._model = LinearModel(stored[MODEL])
        self._slope = self._model.calibration["slope"]
        self._threshold = threshold

    def guesses(self, text: str) -> list[tuple[str, float]]:
        """Categories with their chances, likeliest first; `category.OTHER` among them. text: `Normalised.text`."""
        if not text:
            return []
        row = category.row(text)
        chances = heldout.chances(self._model.scores(set(row.grams), row.signals), self._slope)
        return sorted(zip(self._model.names, chances, strict=True), key=lambda guess: -guess[1])

    def decide(self, guesses: Sequence[tuple[str, float]]) -> tuple[str | None, float]:
        """(code or None for unknown, confidence of the best guess)."""
        if not guesses:
            return None, 0.0
        best, chance = guesses[0]
        return (best if best != category.OTHER and chance >= self._threshold else None), round(chance, 4)

    def evidence(self, text: str, words: Sequence[str], code: str) -> tuple[Evidence, ...]:
        """The words that spoke loudest for `code` rather than for the others, of the text's beginning."""
        low = text.lower()[:_EVIDENCE_CHARACTERS]
        loud = self._loudness(low, code)
        found: dict[str, float] = {}
        at = 0
        for word in words:
            at = low.find(word.lower(), at)
            if at < 0:
                break
            end = at + len(word)
            found[word] = max(found.get(word, 0.0), sum(loud[at:end]))
            at = end
        least = _LOUD_ENOUGH * max(found.values(), default=0.0)
        best = sorted((word for word in found if found[word] > least), key=lambda word: (-found[word], word))
        return tuple(
            Evidence(text=shown(word), weight=round(found[word], 3), speaks_for=code) for word in best[:_EVIDENCE_WORDS]
        )

    def _loudness(self, low: str, code: str) -> list[float]:
        """For each character, what the n-grams over it add to `code` beyond what they add on average."""
        places: dict[str, list[int]] = {}
        for size in (1, 2, 3):
            for place in range(len(low) - size + 1):
                places.setdefault(low[place : place + size], []).append(place)
        column = self._model.names.index(code)
        columns = range(len(self._model.names))
        loud = [0.0] * len(low)
        for gram, starts in places.items():
            weights = [self._model.weight(each, gram) for each in columns]
            lift = (weights[column] - sum(weights) / len(weights)) / sqrt(len(places)) / (len(gram) * len(starts))
            for start in starts:
                for place in range(start, start + len(gram)):
                    loud[place] += lift
        return loud

    def try_out(self, raw: str) -> Tried:
        text = normalise(raw).text
        guesses = self.guesses(text)
        code, _ = self.decide(guesses)
        named = [(name, round(chance, 4)) for name, chance in guesses if name != category.OTHER]
        evidence = self.evidence(text, segment(text), named[0][0]) if named else ()
        confidence = named[0][1] if named else 0.0
        return Tried(text=raw, category=code, confidence=confidence, guesses=tuple(named[:3]), evidence=evidence)


class Shipped(Protocol):
    """The reader that comes with the product (`nlp.pipeline.Reader`)."""

    model: str

    def read(self, raw: str) -> Analysis: ...


class OwnReader:
    """The shipped reader, its category replaced by the company's. `model` names both."""

    def __init__(self, shipped: Shipped, model: CompanyModel) -> None:
        self.model = f"{shipped.model}+{model.version}"
        self._shipped = shipped
        self._judge = Judge(model.weights, model.threshold)

    def read(self, raw: str) -> Analysis:
        shipped = self._shipped.read(raw)
        text = normalise(raw).text
        code, confidence = self._judge.decide(self._judge.guesses(text))
        moods = tuple(each for each in shipped.evidence if each.speaks_for in _MOODS)
        why = self._judge.evidence(text, segment(text), code) if code is not None else ()
        return replace(shipped, model=self.model, category=code, confidence=confidence, evidence=moods + why)


_MOODS = frozenset(mood.value for mood in Sentiment)


# --- training -----------------------------------------------------------------------------------------------------


def _cases(examples: Sequence[Example]) -> list[Case]:
    cases = []
    for example in examples:
        text = normalise(example.text).text
        if text:
            cases.append(Case(row=category.row(text), code=example.code, example=example))
    for chat in corpora.chat():
        cases.append(Case(row=category.row(normalise(chat).text), code=category.OTHER))
    return cases


def _fit(cases: Sequence[Case]) -> StoredModel:
    names = sorted({case.code for case in cases})
    rare = 1 if len(cases) <= 3_000 else 2 if len(cases) <= 8_000 else 3
    targets = {name: _asked(cases, name, seed) for seed, name in enumerate(names)}
    return linear.train([case.row for case in cases], targets, cost=0.5, signal=0.0, least_rows=rare, keep=_KEEP)


def _asked(cases: Sequence[Case], name: str, seed: int) -> list[int]:
    """1 for the category's own, -1 for others, 0 for those of them that are not asked."""
    others = [place for place, case in enumerate(cases) if case.code != name]
    if len(others) > _MOST_OTHERS:
        others = random.Random(seed).sample(others, _MOST_OTHERS)  # noqa: S311 -- a draw, not a secret
    asked = [1 if case.code == name else 0 for case in cases]
    for place in others:
        asked[place] = -1
    return asked


def _held_out(cases: Sequence[Case], folds: int, progress: Progress) -> list[Answer]:
    """Every tested case, answered by a model trained on the other folds."""
    fold_of = _folds(cases, folds)
    answers = []
    for fold in range(folds):
        progress("testing", 0.05 + 0.55 * fold / folds)
        model = LinearModel(_fit([case for place, case in enumerate(cases) if fold_of.get(place) != fold]))
        for place, case in enumerate(cases):
            if fold_of.get(place) == fold:
                scores = model.scores(set(case.row.grams), case.row.signals)
                answers.append(Answer(case=case, scores=tuple(scores), names=model.names))
    return answers


def _left_out(cases: Sequence[Case], codes: Sequence[str], progress: Progress) -> list[Answer]:
    """Texts of a category, answered by a model that was not taught it. None with fewer than three categories."""
    if len(codes) < 3:
        return []
    by_code = {code: [case for case in cases if case.code == code] for code in codes}
    fullest = sorted(codes, key=lambda code: (-len(by_code[code]), code))[:_LEFT_OUT]
    answers = []
    for number, code in enumerate(fullest):
        progress("unknown", 0.6 + 0.25 * number / len(fullest))
        rest = [case for case in cases if case.code != code]
        model = LinearModel(_fit(rest[:: 1 + len(rest) // _LEFT_OUT_CASES]))
        for case in by_code[code][:: 1 + len(by_code[code]) // _LEFT_OUT_ASKED]:
            scores = model.scores(set(case.row.grams), case.row.signals)
            answers.append(Answer(case=case, scores=tuple(scores), names=model.names))
    return answers


def _folds(cases: Sequence[Case], folds: int) -> dict[int, int]:
    """The fold of each tested case: dealt out within each category, in an order that has nothing to do with the texts'.

    Seeds are expanded templates, alike as twins: tested they would flatter. Only where there is little else are they.
    """
    own = [case for case in cases if case.example is None or case.example.source is not Source.SEED]
    enough = sum(case.example is not None for case in own) >= _LEAST_TESTED
    by_code: dict[str, list[int]] = {}
    for place, case in enumerate(cases):
        if case.example is None or not enough or case.example.source is not Source.SEED:
            by_code.setdefault(case.code, []).append(place)
    fold_of = {}
    for places in by_code.values():
        places.sort(key=lambda place: (example.key if (example := cases[place].example) else "", place))
        fold_of.update({place: number % folds for number, place in enumerate(places)})
    return fold_of
