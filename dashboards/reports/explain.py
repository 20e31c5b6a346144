"""Why a number moved: the change between two ranges, cut into parts that add up to it. Pure.

Volume: the effect of a part is its own change in messages. Negative share: R = Σ w·r over the parts, w a part's share
of all messages, r the negative share within it; with means over both ranges,

    R₁ − R₀ = Σ (w₁ − w₀)·(r̄ − R̄)  +  Σ w̄·(r₁ − r₀)
              mix: it became a larger   rate: its own
              or smaller part of all    messages got worse

which holds exactly, treats both ranges alike, and leaves nothing unexplained. A part that has no messages in one range
has no rate there: the other range's stands for it, so that all its effect is mix.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from scrm.model.base import Record
from scrm.model.voice import Part

# Where the parts' effects are together more than so many times the change, they nearly cancel out.
CANCELS = 12.0


class Tally(Record, kw_only=True):
    """Messages of one part in one range, and how many of them are negative."""

    messages: int = 0
    negative: int = 0


Key = str | None
NOTHING = Tally()


def volume(now: Mapping[Key, Tally], before: Mapping[Key, Tally], *, scale: float = 1.0) -> tuple[Part, ...]:
    """Parts of the change in messages. scale: days of the range by days of the one before."""
    parts = [
        _part(key, now.get(key, NOTHING), before.get(key, NOTHING), effect=_volume_effect(key, now, before, scale))
        for key in {**now, **before}
    ]
    return shared(parts)


def _volume_effect(key: Key, now: Mapping[Key, Tally], before: Mapping[Key, Tally], scale: float) -> float:
    return now.get(key, NOTHING).messages - scale * before.get(key, NOTHING).messages


def negative(now: Mapping[Key, Tally], before: Mapping[Key, Tally]) -> tuple[Part, ...]:
    """Parts of the change in the negative share; none where one range has no messages."""
    total, total_before = added(now.values()), added(before.values())
    if not total.messages or not total_before.messages:
        return ()
    mean = (rate_of(total) + rate_of(total_before)) / 2
    parts = []
    for key in {**now, **before}:
        one, other = now.get(key, NOTHING), before.get(key, NOTHING)
        if not one.messages and not other.messages:
            continue
        weight, weight_before = one.messages / total.messages, other.messages / total_before.messages
        rate = rate_of(one) if one.messages else rate_of(other)
        rate_before = rate_of(other) if other.messages else rate
        mix = (weight - weight_before) * ((rate + rate_before) / 2 - mean)
        worse = (weight + weight_before) / 2 * (rate - rate_before)
        parts.append(_part(key, one, other, effect=mix + worse, mix=mix, rate=worse))
    return shared(parts)


def added(tallies: Iterable[Tally]) -> Tally:
    messages = negative_ = 0
    for each in tallies:
        messages += each.messages
        negative_ += each.negative
    return Tally(messages=messages, negative=negative_)


def rate_of(tally: Tally) -> float:
    return tally.negative / tally.messages if tally.messages else 0.0


def shared(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The same with their shares of the whole change, the greatest effect first."""
    change = math.fsum(part.effect for part in parts)
    gross = math.fsum(abs(part.effect) for part in parts)
    telling = abs(change) > 1e-12 and gross <= CANCELS * abs(change)
    ordered = sorted(parts, key=lambda part: (-abs(part.effect), part.key is None, part.key or ""))
    return tuple(replace(part, share=part.effect / change if telling else None) for part in ordered)


def _part(
    key: Key, now: Tally, before: Tally, *, effect: float, mix: float | None = None, rate: float | None = None
) -> Part:
    return Part(
        key=key,
        now=now.messages,
        before=before.messages,
        negative_now=now.negative,
        negative_before=before.negative,
        effect=effect,
        mix=mix,
        rate=rate,
    )
