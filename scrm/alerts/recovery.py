"""How a topic's volume and mood went before, during and after an incident. Pure.

Every number counts readings of the alert's terms within the span it names, so each opens its messages. What there would
have been without an incident is the alert's own expectation, spread evenly over the hours.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from scrm.model.analysis import Sentiment
from scrm.model.incidents import HourPoint, Phase, Recovery
from scrm.model.topics import Alert, TermReading

BEFORE = timedelta(hours=24)
LONGEST = timedelta(days=14)
HOUR = timedelta(hours=1)
# The hours that must be quiet for an incident to be over, and what is quiet: at most twice the usual, or so little that
# it is nothing.
QUIET = timedelta(hours=4)
TWICE, NOTHING = 2.0, 0.5
# Of so few messages a share of bad mood says nothing.
FEW = 3
_JUST = timedelta(milliseconds=1)


def span(alert: Alert, now: datetime) -> tuple[datetime, datetime]:
    """What readings are needed of: from a day before the alert's window to now, or two weeks."""
    return alert.topic.since - BEFORE, min(now, alert.topic.since + LONGEST)


def recovery(alert: Alert, readings: Sequence[TermReading], applied_at: datetime | None, now: datetime) -> Recovery:
    """readings: of the alert's terms within `span`, in any order."""
    since, until = span(alert, now)
    usual = usual_per_hour(alert)
    turned = applied_at or alert.ended_at
    if turned is not None:
        turned = min(turned, until)
    phases = [
        _phase("before", since, alert.topic.since - _JUST, readings, usual),
        _phase(
            "during", alert.topic.since, until if turned is None else max(turned, alert.topic.since), readings, usual
        ),
    ]
    if turned is not None and turned < until:
        phases.append(_phase("after", max(turned, alert.topic.since) + _JUST, until, readings, usual))
    return Recovery(
        as_of=now,
        state=_state(phases, readings, turned, until, usual),
        turned_at=turned,
        hours=_hours(readings, since, until, usual),
        phases=tuple(phases),
    )


def usual_per_hour(alert: Alert) -> float | None:
    topic = alert.topic
    hours = (topic.until - topic.since).total_seconds() / 3600
    return None if topic.expected is None or hours <= 0 else topic.expected / hours


def _hours(
    readings: Sequence[TermReading], since: datetime, until: datetime, usual: float | None
) -> tuple[HourPoint, ...]:
    counts: defaultdict[datetime, list[int]] = defaultdict(lambda: [0, 0])
    for reading in readings:
        count = counts[_hour(reading.at)]
        count[0] += 1
        count[1] += reading.sentiment == Sentiment.NEGATIVE
    points: list[HourPoint] = []
    start = _hour(since)
    while start <= until:
        messages, negative = counts.get(start, [0, 0])
        points.append(HourPoint(start=start, messages=messages, negative=negative, expected=usual))
        start += HOUR
    return tuple(points)


def _phase(
    name: Literal["before", "during", "after"],
    since: datetime,
    until: datetime,
    readings: Sequence[TermReading],
    usual: float | None,
) -> Phase:
    within = [reading for reading in readings if since <= reading.at <= until]
    negative = sum(reading.sentiment == Sentiment.NEGATIVE for reading in within)
    hours = max((until - since).total_seconds() / 3600, 1 / 60)
    return Phase(
        name=name,
        since=since,
        until=until,
        hours=hours,
        messages=len(within),
        negative=negative,
        share=negative / len(within) if within else None,
        per_hour=len(within) / hours,
        expected_per_hour=usual,
    )


def _state(
    phases: Sequence[Phase],
    readings: Sequence[TermReading],
    turned: datetime | None,
    until: datetime,
    usual: float | None,
) -> Literal["growing", "easing", "recovered"]:
    during = phases[1]
    last = _phase("after", until - QUIET, until, readings, usual)
    if turned is not None and until - turned >= QUIET:
        calm = last.per_hour <= max(TWICE * (usual or 0.0), NOTHING)
        before, after = phases[0].share or 0.0, phases[2].share
        content = (
            last.messages < FEW
            or after is None
            or last.negative / last.messages <= max(before, 0.5 * (during.share or 0))
        )
        if calm and content:
            return "recovered"
    return "easing" if last.per_hour < during.per_hour else "growing"


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
