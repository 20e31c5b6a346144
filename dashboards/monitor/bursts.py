"""Does a term take a greater share of what is said than it used to? Pure.

The test is on the **share** of all messages, not on the count: when everybody writes four times as much, nothing is a
burst. Past counts give a gamma distribution of the rate at which the term is said, the messages of the window give a
Poisson count, so the number to expect is negative binomial, and `surprise` is how unlikely so many are under it.
A common term's rate swings by itself (hours of the day, campaigns), so no history, however long, makes the rate surer
than `STEADY` messages would. docs/decisions/0009-bursts.md has the figures.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scrm.model.base import Record

# What is known before any history: half a message among 500.
PRIOR_SEEN, PRIOR_VOLUME = 0.5, 500.0
# Relative spread of a steady term's true rate from window to window: 1/sqrt(10) = 32 %.
STEADY = 10.0
# Below these nothing is reported, however surprising: a few messages are anecdotes, and one person is no topic.
LEAST_MESSAGES = 4
LEAST_PEOPLE = 3
LEAST_RISE = 3.0
# -log10 of the chance.
ALARM = 6.5
_TAIL_STEPS = 2_000

Key = tuple[str, str | None]
"""A term over all categories (None), or within one ("none": the unknown)."""
ALL = None


class Counts(Record, kw_only=True):
    """messages: all of them. terms: those that say a term, over all categories and within each. negative: of these,
    over all categories, those in a bad mood."""

    messages: int
    terms: Mapping[Key, int]
    negative: Mapping[str, int] = {}


class Spike(Record, kw_only=True):
    """A term that is said more than its history explains. category: where it rose; None: over all."""

    term: str
    category: str | None
    seen: int
    expected: float
    surprise: float


def expected(window: int, past_seen: int, past_volume: int) -> float:
    """Messages to expect among `window`, had the term kept its share of the past."""
    return window * (past_seen + PRIOR_SEEN) / (past_volume + PRIOR_VOLUME)


def surprise(seen: int, window: int, past_seen: int, past_volume: int) -> float:
    """-log10 of the chance of `seen` or more among `window` messages; 0 where there is nothing surprising."""
    mean = expected(window, past_seen, past_volume)
    if seen <= mean or mean <= 0:
        return 0.0
    shape = min(past_seen + PRIOR_SEEN, STEADY)
    return -_log_tail(seen, shape, mean / (mean + shape)) / math.log(10)


def _log_tail(least: int, shape: float, odds: float) -> float:
    """log P(X >= least) of the negative binomial with this shape and success odds (mean = shape·odds/(1-odds))."""
    first = (
        math.lgamma(least + shape)
        - math.lgamma(shape)
        - math.lgamma(least + 1)
        + shape * math.log1p(-odds)
        + least * math.log(odds)
    )
    total, piece = 1.0, 1.0
    for step in range(least, least + _TAIL_STEPS):
        piece *= odds * (step + shape) / (step + 1)
        total += piece
        if piece < total * 1e-9:
            break
    return min(0.0, first + math.log(total))


def spikes(window: Counts, past: Counts, *, alarm: float = ALARM, least: int = LEAST_MESSAGES) -> list[Spike]:
    """Every term whose share rose beyond chance, over all or within a category; the most surprising first."""
    best: dict[str, Spike] = {}
    for (term, category), seen in window.terms.items():
        if seen < least:
            continue
        past_seen = past.terms.get((term, category), 0)
        mean = expected(window.messages, past_seen, past.messages)
        if seen < LEAST_RISE * mean:
            continue
        score = surprise(seen, window.messages, past_seen, past.messages)
        # One that rose over all is told as such; a category is named only where the whole hides it.
        better = term not in best or (category is ALL, score) > (best[term].category is ALL, best[term].surprise)
        if score >= alarm and better:
            best[term] = Spike(term=term, category=category, seen=seen, expected=mean, surprise=score)
    return sorted(best.values(), key=lambda spike: (-spike.surprise, -spike.seen, spike.term))


def added(parts: Iterable[Counts]) -> Counts:
    messages = 0
    terms: Counter[Key] = Counter()
    negative: Counter[str] = Counter()
    for part in parts:
        messages += part.messages
        terms.update(part.terms)
        negative.update(part.negative)
    return Counts(messages=messages, terms=terms, negative=negative)


class _Sums(Mapping[Key, int]):
    """Several counts as one, each number added up when it is asked for; 0 for what nobody said."""

    def __init__(self, parts: Sequence[Mapping[Key, int]]) -> None:
        self._parts = parts

    def __getitem__(self, key: Key) -> int:
        return sum(part.get(key, 0) for part in self._parts)

    def __iter__(self) -> Iterator[Key]:
        return iter(set().union(*self._parts))

    def __len__(self) -> int:
        return len(set().union(*self._parts))


def side_by_side(parts: Sequence[Counts]) -> Counts:
    """Like `added`, for whoever asks for few terms of much; without negatives."""
    return Counts(messages=sum(part.messages for part in parts), terms=_Sums([part.terms for part in parts]))
