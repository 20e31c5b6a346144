"""What answers to texts that a model had not seen say about a company's categories: how sharp its scores are, from
which confidence on it may answer, and the report people decide by. Pure."""

from collections import Counter
from collections.abc import Sequence
from math import exp, log

from nlp import category, metrics
from nlp.linear import Row
from scrm.model.base import Record
from scrm.model.taxonomy import CategoryResult, Confused, Doubt, Example, Rate, ThresholdStep, TrainingReport

RIGHT_AT_LEAST = 0.85
"""Of the answers given this share must be right: it sets the threshold of "unknown"."""
STRANGERS = 0.1
"""Share of messages taken to be about something no category was made for; any answer to them is wrong."""

_THRESHOLDS = [step / 50 for step in range(5, 48)]
_MOST_DOUBTS = 100
_CALIBRATED_ON = 600
_SHARE_OF_OTHER = 0.15


class Case(Record, kw_only=True):
    """A text as the learner sees it. example None: talk about nothing, shipped with the product."""

    row: Row
    code: str
    example: Example | None = None


class Answer(Record, kw_only=True):
    """What a model that had not seen the case said of it: a score for each of `names`."""

    case: Case
    scores: tuple[float, ...]
    names: tuple[str, ...]

    def chances(self, slope: float, offset: float) -> list[float]:
        """offset: how much less likely talk about nothing is than its score."""
        scores = self.scores
        if offset:
            pairs = zip(self.names, self.scores, strict=True)
            scores = tuple(score - offset if name == category.OTHER else score for name, score in pairs)
        return chances(scores, slope)


class Judged(Record, kw_only=True):
    """An answer as chances. guess: the likeliest of the company's own. sure: talk about nothing is less likely.

    label_chance: of the category its label says, 0 where the model was not taught it.
    """

    case: Case
    guess: str
    confidence: float
    sure: bool
    label_chance: float

    def read(self, threshold: float) -> str | None:
        return self.guess if self.sure and self.confidence >= threshold else None


def chances(scores: Sequence[float], slope: float) -> list[float]:
    raised = [exp(max(-50.0, min(50.0, slope * score))) for score in scores]
    total = sum(raised)
    return [value / total for value in raised]


def calibrate(answers: Sequence[Answer]) -> tuple[float, float]:
    """(slope, offset): the sharpness at which chances fit the held-out answers best, and how much less likely talk
    about nothing is than its many shipped examples make it: it counts for `_SHARE_OF_OTHER` here. From a grid."""
    known = [answer for answer in answers if answer.case.code in answer.names]
    sample = known[:: 1 + len(known) // _CALIBRATED_ON]
    others = sum(answer.case.example is None for answer in sample)
    weight = _SHARE_OF_OTHER * (len(sample) - others) / max(1, others)

    def loss(slope: float, offset: float) -> float:
        total = 0.0
        for answer in sample:
            chance = answer.chances(slope, offset)[answer.names.index(answer.case.code)]
            total -= log(max(1e-9, chance)) * (weight if answer.case.example is None else 1.0)
        return total

    slope, offset = 3.0, 0.0
    for _ in range(2):
        offset = min((each / 10 for each in range(21)), key=lambda value: loss(slope, value))
        slope = min((each / 4 for each in range(2, 40)), key=lambda value: loss(value, offset))
    return slope, offset


def judged(answer: Answer, slope: float, offset: float) -> Judged:
    by_name = dict(zip(answer.names, answer.chances(slope, offset), strict=True))
    other = by_name.pop(category.OTHER, 0.0)
    guess = max(by_name, key=lambda name: by_name[name])
    return Judged(
        case=answer.case,
        guess=guess,
        confidence=by_name[guess],
        sure=by_name[guess] > other,
        label_chance=by_name.get(answer.case.code, 0.0),
    )


def choose_threshold(labelled: Sequence[Judged], strangers: Sequence[Judged]) -> float:
    """The lowest at which `RIGHT_AT_LEAST` of the answers are right, `STRANGERS` among the asked; where none does, the
    one with most right answers beyond the wrong ones."""
    weight = STRANGERS / (1 - STRANGERS) * len(labelled) / max(1, len(strangers))
    gains: list[tuple[float, float]] = []
    for threshold in _THRESHOLDS:
        reads = [(each.case.code, each.read(threshold)) for each in labelled]
        right = sum(truth == read for truth, read in reads)
        given = sum(read is not None for _, read in reads) + weight * (
            len(strangers) - _left_alone(strangers, threshold)
        )
        if right and right / given >= RIGHT_AT_LEAST:
            return threshold
        gains.append((2 * right - given, threshold))
    return max(gains)[1]


def report(
    labelled: Sequence[Judged], strangers: Sequence[Judged], codes: Sequence[str], threshold: float
) -> TrainingReport:
    """Without what only the training knows: examples, seeds, folds and seconds are 0."""
    pairs = [(each.case.code, each.read(threshold)) for each in labelled]
    given = [pair for pair in pairs if pair[1] is not None]
    counts = Counter(pairs)
    return TrainingReport(
        examples=0,
        seeds=0,
        tested=len(labelled),
        folds=0,
        seconds=0.0,
        threshold=threshold,
        accuracy=_rate(sum(each.guess == each.case.code for each in labelled), len(labelled)),
        right=_rate(sum(truth == read for truth, read in given), len(given)),
        unknown=_rate(len(pairs) - len(given), len(pairs)),
        strangers=_rate(_left_alone(strangers, threshold), len(strangers)) if strangers else None,
        categories=tuple(_of_category(code, counts) for code in codes),
        confusion=tuple(
            Confused(truth=truth, read=read, count=counts[truth, read])
            for truth, read in sorted(counts, key=lambda pair: (pair[0], pair[1] or ""))
        ),
        doubts=_doubts(labelled, threshold),
        steps=tuple(_step(labelled, strangers, each) for each in _THRESHOLDS[::2]),
    )


def _rate(hits: int, tries: int) -> Rate:
    figure = metrics.share(hits, tries)
    return Rate(value=round(figure.value, 4), low=round(figure.low, 4), high=round(figure.high, 4), of=tries)


def _of_category(code: str, counts: Counter[tuple[str, str | None]]) -> CategoryResult:
    own = sum(count for (truth, _), count in counts.items() if truth == code)
    said = sum(count for (_, read), count in counts.items() if read == code)
    right = counts[code, code]
    return CategoryResult(
        code=code,
        examples=own,
        precision=_rate(right, said) if said else None,
        recall=_rate(right, own) if own else None,
    )


def _left_alone(strangers: Sequence[Judged], threshold: float) -> int:
    return sum(each.read(threshold) is None for each in strangers)


def _step(labelled: Sequence[Judged], strangers: Sequence[Judged], threshold: float) -> ThresholdStep:
    pairs = [(each.case.code, each.read(threshold)) for each in labelled]
    given = [truth == read for truth, read in pairs if read is not None]
    return ThresholdStep(
        threshold=threshold,
        unknown=round(1 - len(given) / len(pairs), 4),
        right=round(sum(given) / len(given), 4) if given else 0.0,
        strangers=round(_left_alone(strangers, threshold) / len(strangers), 4) if strangers else None,
    )


def _doubts(labelled: Sequence[Judged], threshold: float) -> tuple[Doubt, ...]:
    """Read otherwise, and surely; the surest first."""
    found: list[tuple[float, Doubt]] = []
    for each in labelled:
        example = each.case.example
        if example is None or each.guess == each.case.code or each.confidence < threshold:
            continue
        doubt = Doubt(
            example_id=example.id,
            text=example.text,
            code=example.code,
            read=each.guess,
            confidence=round(each.confidence, 4),
        )
        found.append((each.confidence - each.label_chance, doubt))
    found.sort(key=lambda item: (-item[0], item[1].example_id))
    return tuple(doubt for _, doubt in found[:_MOST_DOUBTS])
