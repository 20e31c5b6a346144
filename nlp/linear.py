"""Linear models over sparse features: trained in pure Python, kept as one signed byte a weight, scored in microseconds.

Training uses only + - * / on doubles in a fixed order, so the same rows give the same bytes on every machine.
The learner is dual coordinate descent for the L2-regularised squared hinge (Hsieh et al., ICML 2008).
"""

import random
import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from math import sqrt

import msgspec

from scrm.model.base import Record

_EPOCHS = 30
_TOLERANCE = 0.02
_LIFT = 128
"""Added to each stored weight, which is -127 … 127, so that lanes never borrow from each other."""


class Row(Record, kw_only=True):
    """One text as the learner sees it. grams: unit length together; signals: `LinearModel.signal` each.

    cost: how much a mistake on this row hurts; 1 is usual.
    """

    grams: tuple[str, ...]
    signals: tuple[str, ...] = ()
    cost: float = 1.0


class Column(Record, kw_only=True):
    """Weights of one question ("is it positive?"), one signed byte a feature, times `scale`."""

    name: str
    weights: bytes
    scale: float
    bias: float


class StoredModel(Record, kw_only=True):
    """A model as the weights file holds it. features: joined by line feeds; calibration: by the model's own names."""

    features: str
    columns: tuple[Column, ...]
    signal: float
    calibration: dict[str, float] = {}


class LinearModel:
    """Scores texts. One score a column: the signed distance from that column's border.

    A feature's weights for all columns are lanes of one integer, so that one lookup and one addition a feature serve
    every column. Lanes hold weight + 128, never negative; the last lane counts the features that were added.
    """

    def __init__(self, stored: StoredModel) -> None:
        self.stored = stored
        self.names = tuple(column.name for column in stored.columns)
        self.calibration = stored.calibration
        features = stored.features.split("\n")
        packed = array("I", bytes(4 * (len(self.names) + 1) * len(features)))
        if packed.itemsize != 4:  # pragma: no cover -- every platform Python is built for has 32-bit unsigned ints
            raise RuntimeError("32-bit lanes are needed")
        lanes = len(self.names) + 1
        for place, column in enumerate(stored.columns):
            packed[place::lanes] = array("I", [weight + _LIFT for weight in array("b", column.weights)])
        packed[lanes - 1 :: lanes] = array("I", [1]) * len(features)
        cells, size = packed.tobytes(), 4 * lanes
        order = sys.byteorder
        self._bytes = size
        self._table = {
            feature: int.from_bytes(cells[place * size : (place + 1) * size], order)
            for place, feature in enumerate(features)
        }
        self._scales = [column.scale for column in stored.columns]
        self._biases = [column.bias for column in stored.columns]
        self._signal = stored.signal

    def scores(self, grams: set[str], signals: Iterable[str] = ()) -> list[float]:
        value = 1.0 / sqrt(len(grams) or 1)
        *sums, known = self._sum(grams)
        lifted = known * _LIFT
        if not signals:
            return [
                value * (total - lifted) * scale + bias
                for total, scale, bias in zip(sums, self._scales, self._biases, strict=True)
            ]
        *said, loud = self._sum(signals)
        raised, signal = loud * _LIFT, self._signal
        return [
            (value * (total - lifted) + signal * (more - raised)) * scale + bias
            for total, more, scale, bias in zip(sums, said, self._scales, self._biases, strict=True)
        ]

    def weight(self, column: int, feature: str) -> float:
        packed = self._table.get(feature)
        return 0.0 if packed is None else (self._split(packed)[column] - _LIFT) * self._scales[column]

    @property
    def signal(self) -> float:
        return self._signal

    def _sum(self, features: Iterable[str]) -> list[int]:
        return self._split(sum(map(self._table.get, features, repeat(0))))

    def _split(self, packed: int) -> list[int]:
        return memoryview(packed.to_bytes(self._bytes, sys.byteorder)).cast("I").tolist()


def train(
    rows: Sequence[Row],
    targets: Mapping[str, Sequence[int]],
    *,
    cost: float,
    signal: float,
    least_rows: int = 1,
    keep: int = 60_000,
    calibration: Mapping[str, float] | None = None,
    costs: Mapping[str, Sequence[float]] | None = None,
    epochs: int = _EPOCHS,
) -> StoredModel:
    """One column for each of `targets`: 1 yes, -1 no, 0 not asked of that row.

    costs: what a mistake on each row costs a column, where that is not the row's own cost. epochs: at most so many
    times through the rows; of tens of thousands the first ten decide nearly all.
    least_rows: rows a feature must occur in. keep: features that survive, heaviest first.
    """
    vocabulary = _vocabulary(rows, least_rows)
    places = [
        (
            [vocabulary[gram] for gram in row.grams if gram in vocabulary],
            [vocabulary[name] for name in row.signals if name in vocabulary],
            1.0 / sqrt(len(row.grams) or 1),
        )
        for row in rows
    ]
    usual = [row.cost for row in rows]
    solved = {
        name: _solve(
            places,
            wanted,
            [each * cost for each in (costs or {}).get(name, usual)],
            signal=signal,
            size=len(vocabulary),
            epochs=epochs,
        )
        for name, wanted in targets.items()
    }
    heaviest = [max(abs(weights[place]) for weights, _ in solved.values()) for place in range(len(vocabulary))]
    features = list(vocabulary)
    kept = sorted(range(len(features)), key=lambda place: (-heaviest[place], features[place]))[:keep]
    kept = sorted((place for place in kept if heaviest[place] > 0), key=lambda place: features[place])
    columns = tuple(
        quantise(name, [weights[place] for place in kept], bias) for name, (weights, bias) in solved.items()
    )
    return StoredModel(
        features="\n".join(features[place] for place in kept),
        columns=columns,
        signal=signal,
        calibration=dict(calibration or {}),
    )


def pack(models: Mapping[str, StoredModel]) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(dict(models)), 9)


def unpack(data: bytes) -> dict[str, StoredModel]:
    return msgspec.msgpack.decode(zlib.decompress(data), type=dict[str, StoredModel])


def _vocabulary(rows: Sequence[Row], least_rows: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        for feature in (*row.grams, *row.signals):
            if "\n" not in feature:
                counts[feature] = counts.get(feature, 0) + 1
    chosen = sorted(feature for feature, count in counts.items() if count >= least_rows)
    return {feature: place for place, feature in enumerate(chosen)}


def _solve(
    places: Sequence[tuple[list[int], list[int], float]],
    wanted: Sequence[int],
    costs: Sequence[float],
    *,
    signal: float,
    size: int,
    epochs: int,
) -> tuple[list[float], float]:
    weights, bias = [0.0] * size, 0.0
    asked = [row for row in range(len(places)) if wanted[row] and costs[row] > 0]
    alphas = dict.fromkeys(asked, 0.0)
    shuffler = random.Random(20_261_120)  # noqa: S311 -- an order, not a secret
    for _ in range(epochs):
        shuffler.shuffle(asked)
        worst = 0.0
        for row in asked:
            grams, signals, value = places[row]
            sign, slack, alpha = wanted[row], 0.5 / costs[row], alphas[row]
            total = 0.0
            for place in grams:
                total += weights[place]
            loud = 0.0
            for place in signals:
                loud += weights[place]
            gradient = sign * (total * value + loud * signal + bias) - 1.0 + slack * alpha
            if alpha == 0.0 and gradient >= 0.0:
                continue
            worst = max(worst, abs(gradient))
            curve = value * value * len(grams) + signal * signal * len(signals) + 1.0 + slack
            fresh = max(alpha - gradient / curve, 0.0)
            step = (fresh - alpha) * sign
            alphas[row] = fresh
            bias += step
            small, large = step * value, step * signal
            for place in grams:
                weights[place] += small
            for place in signals:
                weights[place] += large
        if worst < _TOLERANCE:
            break
    return weights, bias


def quantise(name: str, weights: Sequence[float], bias: float) -> Column:
    # A handful of huge weights would leave the rest without steps; they are clipped at the 1 in 2,000 mark.
    ordered = sorted(abs(weight) for weight in weights)
    top = ordered[max(0, len(ordered) - 1 - len(ordered) // 2_000)] if ordered else 1.0
    scale = (top or 1.0) / 127.0
    cells = array("b", [max(-127, min(127, round(weight / scale))) for weight in weights])
    return Column(name=name, weights=cells.tobytes(), scale=scale, bias=bias)
