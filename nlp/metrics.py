"""Figures about answers, each with its 95 % interval. Pure; the bootstrap is seeded, so a run repeats."""

import random
from collections.abc import Callable, Sequence
from math import sqrt
from typing import TypeVar

from scrm.model.base import Record

T = TypeVar("T")
Pair = tuple[str, str]
"""(truth, answer)"""

_RESAMPLES = 200


class Figure(Record, kw_only=True):
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def accuracy(pairs: Sequence[Pair]) -> Figure:
    return share(sum(truth == answer for truth, answer in pairs), len(pairs))


def recall(pairs: Sequence[Pair], of: str) -> Figure:
    mine = [answer for truth, answer in pairs if truth == of]
    return share(mine.count(of), len(mine))


def share(hits: int, tries: int) -> Figure:
    """Wilson's interval, honest also near 0 and 1."""
    if not tries:
        return Figure(value=0.0, low=0.0, high=1.0)
    rate, z = hits / tries, 1.96
    middle = (rate + z * z / (2 * tries)) / (1 + z * z / tries)
    reach = z * sqrt(rate * (1 - rate) / tries + z * z / (4 * tries * tries)) / (1 + z * z / tries)
    return Figure(value=rate, low=max(0.0, middle - reach), high=min(1.0, middle + reach))


def macro_f1(pairs: Sequence[Pair], classes: Sequence[str]) -> Figure:
    return bootstrap(pairs, lambda sample: _macro_f1(sample, classes))


def calibration_error(judged: Sequence[tuple[float, bool]]) -> Figure:
    """Expected calibration error over ten bins. judged: (probability given to yes, was it yes)."""
    found = bootstrap(judged, _calibration_error)
    # Resamples are noisier than the rows themselves, and noise only adds to this error: all of them may lie above it.
    return Figure(value=found.value, low=min(found.low, found.value), high=found.high)


def bootstrap(items: Sequence[T], figure: Callable[[Sequence[T]], float]) -> Figure:
    draw = random.Random(7)  # noqa: S311 -- a sample, not a secret
    values = sorted(figure(draw.choices(items, k=len(items))) for _ in range(_RESAMPLES)) if items else [0.0]
    return Figure(
        value=figure(items),
        low=values[int(len(values) * 0.025)],
        high=values[min(int(len(values) * 0.975), len(values) - 1)],
    )


def _macro_f1(pairs: Sequence[Pair], classes: Sequence[str]) -> float:
    hits = dict.fromkeys(classes, 0)
    sides = dict.fromkeys(classes, 0)
    for truth, answer in pairs:
        if truth in sides:
            sides[truth] += 1
        if answer in sides:
            sides[answer] += 1
            hits[answer] += truth == answer
    return sum(2 * hits[name] / sides[name] if sides[name] else 0.0 for name in classes) / len(classes)


def _calibration_error(judged: Sequence[tuple[float, bool]]) -> float:
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(10)]
    for chance, truth in judged:
        bins[min(9, int(chance * 10))].append((chance, truth))
    return sum(abs(sum(chance for chance, _ in some) - sum(truth for _, truth in some)) for some in bins if some) / max(
        1, len(judged)
    )
