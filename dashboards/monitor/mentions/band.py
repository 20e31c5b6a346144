"""What is to be expected of an hour or a day, from the same hours of past weeks. Pure.

A sample is the counts of the same hour of the same weekday in up to `WEEKS` past weeks, with the hours beside it (a
post at 10:05 belongs as well to 9). The highest sixth of it is left out, so that last week's crisis does not make this
week's look usual; what is left gives a mean, and the band is where 95 % of counts would fall if the rate swung as a
steady thing's does (`bursts.STEADY`: by a third from week to week): a negative binomial. With fewer than `LEAST_WEEKS`
weeks of history there is no band. docs/decisions/0016-mentions.md has how often quiet weeks leave it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from dashboards.monitor.bursts import STEADY
from scrm.model.base import Record

WEEKS = 6
LEAST_WEEKS = 3
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
TAIL = 0.025
_LEFT_OUT = 6
_MOST = 100_000


class Cell(Record, kw_only=True):
    """How many items, and how many of them negative."""

    items: int = 0
    negative: int = 0


class Expected(Record, kw_only=True):
    """low … high hold 95 % of the counts of a usual hour or day. share: negative of all to be expected, share_high as
    much as a usual one reaches; None where past weeks had nothing."""

    low: float
    mean: float
    high: float
    share: float | None = None
    share_high: float | None = None


NOTHING = Cell()


def sample(
    at: datetime, history: Mapping[datetime, Cell], oldest: datetime, step: timedelta, *, beside: bool
) -> list[Cell]:
    """The cells of past weeks for the one that begins at `at`. oldest: when history begins. beside: with the ones next
    to it."""
    found: list[Cell] = []
    for week in range(1, WEEKS + 1):
        then = at - week * WEEK
        if then < oldest:
            break
        for offset in (-1, 0, 1) if beside else (0,):
            found.append(history.get(then + offset * step, NOTHING))
    return found


def expected(cells: Sequence[Cell], now: Cell, *, weeks: int) -> Expected | None:
    """now: how many there are, for the share that so many may reach. None: too little history."""
    if weeks < LEAST_WEEKS or not cells:
        return None
    kept = sorted(cells, key=lambda cell: cell.items)
    kept = kept[: len(kept) - len(kept) // _LEFT_OUT]
    # Half a message in all of it: where nothing was ever said, one is no event.
    mean = (sum(cell.items for cell in kept) + 0.5) / len(kept)
    said, bad = sum(cell.items for cell in kept), sum(cell.negative for cell in kept)
    share = bad / said if said else None
    return Expected(
        low=float(quantile(mean, TAIL)),
        mean=mean,
        high=float(quantile(mean, 1 - TAIL)),
        share=share,
        share_high=_share_high(bad, said, now.items) if said else None,
    )


def quantile(mean: float, chance: float, shape: float = STEADY) -> int:
    """Of the negative binomial with this mean and shape: the least count whose chance to be reached from below is at
    least `chance`."""
    odds = mean / (mean + shape)
    piece = math.exp(shape * math.log1p(-odds))
    total, count = piece, 0
    while total < chance and count < _MOST:
        piece *= odds * (count + shape) / (count + 1)
        count += 1
        total += piece
        if piece < 1e-12 and count > mean:
            break
    return count


def _share_high(bad: int, said: int, items: int) -> float:
    """A share that one in forty hours with so many items exceeds: Wilson's upper bound, wide where little is said."""
    if items == 0:
        return 1.0
    share, z, n = (bad + 0.5) / (said + 1), 1.96, float(items)
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return min(1.0, (middle + spread) / (1 + z * z / n))


def weeks_of(at: datetime, oldest: datetime) -> int:
    """Whole weeks of history before that moment, as far as they count."""
    return max(0, min(WEEKS, (at - oldest) // WEEK))


def by_day(hours: Mapping[datetime, Cell], day_of: Callable[[datetime], datetime]) -> dict[datetime, Cell]:
    """day_of: when the day of a moment began."""
    days: dict[datetime, Cell] = {}
    for at, cell in hours.items():
        day = day_of(at)
        held = days.get(day, NOTHING)
        days[day] = Cell(items=held.items + cell.items, negative=held.negative + cell.negative)
    return days
