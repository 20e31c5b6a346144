"""Open time: how much of it lies between two moments, and when a given amount of it has passed. Pure.

A wall time stands for the first moment at which clocks show it or more. So a span that a change to summer time skips
takes no time, one that is repeated in autumn counts its first pass, and spans that meet on the clock meet in time:
what lies between two moments is the sum of its parts, in every zone and on every day.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scrm.errors import Invalid
from scrm.model.service import OpenSpan, Schedule

MOST_SPANS = 6
MOST_SPECIAL_DAYS = 400
_WALL = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
# A schedule that is closed for longer than this never opens.
_LONGEST_LOOK = 800

Interval = tuple[datetime, datetime]


class Hours:
    """A schedule in a zone. Raises Invalid (naming the field) on one that cannot be."""

    def __init__(self, schedule: Schedule, zone: ZoneInfo) -> None:
        self.always = schedule.always
        self._zone = zone
        week = [_minutes(spans, "week") for spans in schedule.week]
        if len(week) != 7:
            raise Invalid("A week has seven days.", errors={"week": "has seven days"})
        self._week = week
        self._special = {special.day: _minutes(special.hours, "special") for special in schedule.special}
        if len(schedule.special) > MOST_SPECIAL_DAYS:
            raise Invalid(f"At most {MOST_SPECIAL_DAYS} special days.", errors={"special": "are too many"})
        if len(self._special) < len(schedule.special):
            raise Invalid("A day is there twice.", errors={"special": "holds a day twice"})
        for day in self._special:
            _checked_day(day)
        self._days: dict[date, Sequence[Interval]] = {}

    def between(self, start: datetime, end: datetime) -> float:
        """Seconds of open time from start to end; 0 where end is not after start."""
        if end <= start:
            return 0.0
        if self.always:
            return (end - start).total_seconds()
        open_ = timedelta()
        for opens, closes in self._from(start):
            if opens >= end:
                break
            open_ += min(closes, end) - max(opens, start)
        return open_.total_seconds()

    def after(self, start: datetime, seconds: float) -> datetime | None:
        """The first moment by which so much open time has passed since start; None: it never will."""
        if self.always:
            return start + timedelta(seconds=seconds)
        left = timedelta(seconds=seconds)
        if not left:
            return start
        for opens, closes in self._from(start):
            piece = closes - max(opens, start)
            if piece >= left:
                return max(opens, start) + left
            left -= piece
        return None

    def opens_at(self, now: datetime) -> datetime | None:
        """`now` while it is open; else when it opens next; None: never."""
        if self.always:
            return now
        opens, _ = next(self._from(now), (None, None))
        return opens if opens is None else max(opens, now)

    def _from(self, start: datetime) -> Iterator[Interval]:
        """Open times that end after start, oldest first, none of them empty; ends where nothing opens any more."""
        day = start.astimezone(self._zone).date() - _DAY
        empty = 0
        while empty < _LONGEST_LOOK and day < date.max - _DAY:
            spans = self._of(day)
            empty = 0 if spans else empty + 1
            yield from (span for span in spans if span[1] > start)
            day += _DAY

    def _of(self, day: date) -> Sequence[Interval]:
        known = self._days.get(day)
        if known is None:
            spans = self._special.get(day.isoformat(), self._week[day.weekday()])
            midnight = datetime.combine(day, time())
            walls = [(midnight + timedelta(minutes=opens), midnight + timedelta(minutes=to)) for opens, to in spans]
            moments = [(_moment(opens, self._zone), _moment(closes, self._zone)) for opens, closes in walls]
            known = self._days[day] = [(opens, closes) for opens, closes in moments if opens < closes]
        return known


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at which clocks in the zone show `wall` or more."""
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # Clocks jump over it: the jump itself, which lies between its two readings.
    late = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while late - early > _SECOND:
        middle = early + (late - early) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) >= wall:
            late = middle
        else:
            early = middle
    return late


def _minutes(spans: Sequence[OpenSpan], field: str) -> list[tuple[int, int]]:
    if len(spans) > MOST_SPANS:
        raise Invalid(f"At most {MOST_SPANS} spans a day.", errors={field: "holds a day of too many spans"})
    found = [(_minute(span.opens, field), _minute(span.closes, field)) for span in spans]
    before = 0
    for opens, closes in found:
        if not before <= opens < closes:
            raise Invalid(
                "Spans of a day follow each other, and end after they begin.", errors={field: "is out of order"}
            )
        before = closes
    return found


def _minute(wall: str, field: str) -> int:
    if not _WALL.fullmatch(wall):
        raise Invalid("A time is written like 09:00.", errors={field: "holds what is no time"})
    return int(wall[:2]) * 60 + int(wall[3:])


def _checked_day(day: str) -> None:
    try:
        known = date.fromisoformat(day).isoformat() == day
    except ValueError:
        known = False
    if not known:
        raise Invalid("A day is written like 2026-10-01.", errors={"special": "holds what is no day"})
