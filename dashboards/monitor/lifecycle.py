"""The life of an alert: it opens with a burst, grows with it, ends when it is quiet, and comes back with it. Pure.

An alert is told once: while its topic goes on, or comes back within a day, the same alert is carried on, with what
people decided about it. A story that goes on for hours becomes its own history: its first words rise no more, and
others of the same people do. So what belongs to an alert is told by the conversations, not by the words.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from msgspec.structs import replace

from scrm.ids import AlertId, ConversationId
from scrm.model.topics import Alert, AlertState, Severity, Topic

QUIET = timedelta(hours=4)
COMES_BACK = timedelta(hours=24)
# A burst of mostly bad mood that is far beyond chance.
BAD_MOOD = 0.5
FAR = 8.0
# Of the smaller of two sets of conversations, how many must be in both for them to be one story; and never only one:
# somebody may well write about two, the more so the longer an alert stands.
SAME_STORY = 1 / 2
LEAST_SHARED = 2

Conversations = AbstractSet[ConversationId]


def severity(topic: Topic) -> Severity:
    angry = topic.moods.negative >= BAD_MOOD * topic.messages
    return Severity.HIGH if angry and topic.surprise >= FAR else Severity.NORMAL


def one_story(one: Conversations, other: Conversations) -> bool:
    """Whether what these conversations are about is the same."""
    return len(one & other) >= max(LEAST_SHARED, SAME_STORY * min(len(one), len(other)))


def settled(
    standing: Sequence[Alert],
    bursting: Sequence[Topic],
    at: datetime,
    make_id: Callable[[], str],
    *,
    said_in: Sequence[Conversations] = (),
    about: Mapping[AlertId, Conversations] | None = None,
) -> tuple[list[Alert], list[Alert]]:
    """(new alerts, changed ones) when these topics burst at this moment. standing: those known, of some days.

    said_in: the conversations of each bursting topic. about: those that say the words of a recent alert since it began.
    Without them alerts and topics are the same by a word they share.
    """
    alerts = {alert.id: alert for alert in standing}
    of_alert = dict(about or {})
    new: list[Alert] = []
    for place, topic in enumerate(bursting):
        mine = said_in[place] if said_in else None
        recent = [*(alert for alert in alerts.values() if is_recent(alert, at)), *new]
        if mine is None:
            known = next((alert for alert in recent if _same(alert.topic, topic)), None)
        else:
            known = next((alert for alert in recent if one_story(of_alert.get(alert.id, frozenset()), mine)), None)
        if known is None:
            alert = Alert(id=AlertId(make_id()), topic=topic, severity=severity(topic), opened_at=at, last_seen_at=at)
            new.append(alert)
            of_alert[alert.id] = mine or frozenset()
        elif known.id in alerts:
            alerts[known.id] = _grown(known, topic, at)
    for alert in list(alerts.values()):
        if alert.ended_at is None and at - alert.last_seen_at >= QUIET:
            alerts[alert.id] = replace(alert, ended_at=at)
    before = {alert.id: alert for alert in standing}
    return new, [alert for alert in alerts.values() if alert != before[alert.id]]


def is_recent(alert: Alert, at: datetime) -> bool:
    """It goes on, or would come back."""
    return at - alert.last_seen_at <= COMES_BACK


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
