"""Does a monitor's window hold more than its past explains, or a worse mood? Pure; the tests are `bursts.surprise`.

**Volume**: against its own hours of the week. How many mentions there are in all says nothing (it is a matter of which
sources are watched), so the test is on the rate by the hour: the past is the same hours of past days, and of past weeks
where there are enough. For customers' messages there is a whole to compare with, so there its share must have risen
too: when everybody writes four times as much, nothing is a burst. **Mood**: negative ones among its own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dashboards.monitor.bursts import ALARM, LEAST_MESSAGES, LEAST_RISE, surprise
from dashboards.monitor.mentions.band import NOTHING, Cell
from scrm.model.base import Record

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PAST_DAYS = 14
# Mood needs more to go by: three angry ones of four are an afternoon.
LEAST_FOR_MOOD = 12
LEAST_MOOD = 0.5
LEAST_WORSE = 2.0
LEAST_HISTORY_DAYS = 3
# What an hour weighs beside the prior of `bursts`, which is half a hit in 500 of these: half a hit in half an hour.
HOUR_WEIGHT = 1_000


class Burst(Record, kw_only=True):
    """seen: items (volume) or negative ones (mood) of the window. expected: had the past gone on."""

    mood: bool
    seen: int
    expected: float
    surprise: float


def burst(
    window: Sequence[datetime],
    cells: Mapping[datetime, Cell],
    oldest: datetime,
    *,
    whole: tuple[int, int] | None = None,
    alarm: float = ALARM,
) -> Burst | None:
    """window: the hours of it, one after the other. cells: by hour, as far as there is history, which begins at
    `oldest`. whole: messages of all in the window, and in all the hours of `cells` before it, where there is a whole to
    compare with."""
    now = added([cells.get(hour, NOTHING) for hour in window])
    past_hours = season(window, oldest)
    if len(past_hours) < LEAST_HISTORY_DAYS * len(window) or now.items < LEAST_MESSAGES:
        return None
    past = added([cells.get(hour, NOTHING) for hour in past_hours])
    ever = added([cell for hour, cell in cells.items() if hour < window[0]])
    risen = _risen(len(window), len(past_hours), now, past, ever, whole)
    if risen is not None and risen.surprise >= alarm and risen.seen >= LEAST_RISE * risen.expected:
        return risen
    return _worse(now, ever, alarm)


def season(window: Sequence[datetime], oldest: datetime) -> list[datetime]:
    """The same hours of the day in the past days, those of the window's own day left out."""
    first = window[0]
    found: list[datetime] = []
    for days in range(1, PAST_DAYS + 1):
        for hour in window:
            then = hour - days * DAY
            if oldest <= then < first:
                found.append(then)
    return found


def added(cells: Sequence[Cell]) -> Cell:
    return Cell(items=sum(cell.items for cell in cells), negative=sum(cell.negative for cell in cells))


def _risen(
    hours: int, past_hours: int, now: Cell, past: Cell, ever: Cell, whole: tuple[int, int] | None
) -> Burst | None:
    """past: of the same hours of past days. ever: of all hours before."""
    mean = past.items * hours / past_hours
    score = surprise(now.items, hours * HOUR_WEIGHT, past.items, past_hours * HOUR_WEIGHT)
    if whole is not None:
        said, said_before = whole
        score = min(score, surprise(now.items, said, ever.items, said_before))
        mean = max(mean, said * ever.items / said_before) if said_before else mean
    return Burst(mood=False, seen=now.items, expected=mean, surprise=score) if score > 0 else None


def _worse(now: Cell, past: Cell, alarm: float) -> Burst | None:
    if now.items < LEAST_FOR_MOOD or now.negative < LEAST_MOOD * now.items or past.items < LEAST_FOR_MOOD:
        return None
    mean = now.items * past.negative / past.items
    score = surprise(now.negative, now.items, past.negative, past.items)
    if score < alarm or now.negative < LEAST_WORSE * mean:
        return None
    return Burst(mood=True, seen=now.negative, expected=mean, surprise=score)
