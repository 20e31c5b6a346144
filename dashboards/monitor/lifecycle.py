"""The life of an alert: it opens with a burst, grows with it, ends when it is quiet, and comes back with it. Pure.

An alert is told once: while its topic goes on, or comes back within a day, the same alert is carried on, with what
people decided about it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from scrm.ids import AlertId
from scrm.model.topics import Alert, AlertState, Severity, Topic

QUIET = timedelta(hours=4)
COMES_BACK = timedelta(hours=24)
# A burst of mostly bad mood that is far beyond chance.
BAD_MOOD = 0.5
FAR = 8.0


def severity(topic: Topic) -> Severity:
    angry = topic.moods.negative >= BAD_MOOD * topic.messages
    return Severity.HIGH if angry and topic.surprise >= FAR else Severity.NORMAL


def settled(
    standing: Sequence[Alert], bursting: Sequence[Topic], at: datetime, make_id: Callable[[], str]
) -> tuple[list[Alert], list[Alert]]:
    """(new alerts, changed ones) when these topics burst at this moment. standing: those known, of some days."""
    alerts = {alert.id: alert for alert in standing}
    new: list[Alert] = []
    for topic in bursting:
        recent = [alert for alert in alerts.values() if at - alert.last_seen_at <= COMES_BACK]
        known = next((alert for alert in (*recent, *new) if _same(alert.topic, topic)), None)
        if known is None:
            new.append(
                Alert(id=AlertId(make_id()), topic=topic, severity=severity(topic), opened_at=at, last_seen_at=at)
            )
        elif known.id in alerts:
            alerts[known.id] = _grown(known, topic, at)
    for alert in list(alerts.values()):
        if alert.ended_at is None and at - alert.last_seen_at >= QUIET:
            alerts[alert.id] = replace(alert, ended_at=at)
    before = {alert.id: alert for alert in standing}
    return new, [alert for alert in alerts.values() if alert != before[alert.id]]


def shown(alert: Alert, now: datetime) -> Alert:
    """As a person sees it: a snooze that is over is none."""
    if alert.state is AlertState.SNOOZED and alert.snoozed_until is not None and alert.snoozed_until <= now:
        return replace(alert, state=AlertState.OPEN, snoozed_until=None)
    return alert


def _same(one: Topic, other: Topic) -> bool:
    return one.scope == other.scope and not set(one.terms).isdisjoint(other.terms)


def _grown(alert: Alert, topic: Topic, at: datetime) -> Alert:
    """The topic as it stood at its height stays; its severity never falls while people read it."""
    higher = topic.surprise >= alert.topic.surprise
    worst = Severity.HIGH if Severity.HIGH in (alert.severity, severity(topic)) else Severity.NORMAL
    kept = replace(topic, first_seen=min(topic.first_seen, alert.topic.first_seen)) if higher else alert.topic
    return replace(alert, topic=kept, severity=worst, last_seen_at=max(at, alert.last_seen_at), ended_at=None)
