"""Which alerts a rule tells now, and which wait: severity, channels, quiet hours, what comes in bunches. Pure.

An alert is told when it opens, once more when it becomes severe, and again after `repeat_hours` while it goes on and
nobody took it. What comes in quiet hours is told when they end, even if it is over by then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from scrm.ids import AlertId
from scrm.model.base import Record
from scrm.model.notices import AlertRule, Telling
from scrm.model.topics import Alert, AlertState, Severity

# An alert that nobody could be told of for so long is no news.
STALE = timedelta(hours=24)
_NEW, _HIGH = "new", "high"


class Due(Record, kw_only=True):
    """again: it was told before."""

    alert: Alert
    step: str
    again: bool = False


def telling_id(rule: AlertRule, due: Due) -> str:
    return _id(rule, due.alert, due.step)


def first_ids(rule: AlertRule, alerts: Iterable[Alert]) -> list[str]:
    """Of what the rule told of these when they opened or became severe, however long ago."""
    return [_id(rule, alert, step) for alert in alerts for step in (_NEW, _HIGH)]


def _id(rule: AlertRule, alert: Alert, step: str) -> str:
    return f"{rule.id}|{alert.id}|{step}"


def due(rule: AlertRule, alerts: Sequence[Alert], told: Sequence[Telling], now: datetime, zone: ZoneInfo) -> list[Due]:
    """What the rule tells now, the most severe first. told: what it told so far, of the last days, and
    of longer alerts what it told first."""
    if not rule.enabled or not rule.destination_ids:
        return []
    by_alert: dict[AlertId, dict[str, datetime]] = {}
    for telling in told:
        by_alert.setdefault(telling.alert_id, {})[telling.id.rpartition("|")[2]] = telling.at
    waiting = [found for alert in alerts if (found := _step(rule, alert, by_alert.get(alert.id, {}), now))]
    if quiet(rule, now, zone):
        waiting = [each for each in waiting if rule.urgent_breaks and each.alert.severity is Severity.HIGH]
    latest = max((telling.at for telling in told), default=None)
    gathering = latest is not None and now - latest < timedelta(minutes=rule.gather_minutes)
    if gathering and not any(each.alert.severity is Severity.HIGH for each in waiting):
        return []
    return sorted(waiting, key=lambda each: (each.alert.severity is not Severity.HIGH, each.alert.opened_at))


def matches(rule: AlertRule, alert: Alert) -> bool:
    if rule.severity is Severity.HIGH and alert.severity is not Severity.HIGH:
        return False
    if rule.monitor_ids and alert.monitor_id not in rule.monitor_ids:
        return False
    return not rule.channel_ids or not alert.topic.channels.keys().isdisjoint(rule.channel_ids)


def quiet(rule: AlertRule, now: datetime, zone: ZoneInfo) -> bool:
    if not rule.quiet_from or not rule.quiet_until or rule.quiet_from == rule.quiet_until:
        return False
    begins, ends = time.fromisoformat(rule.quiet_from), time.fromisoformat(rule.quiet_until)
    at = now.astimezone(zone).time()
    return begins <= at < ends if begins < ends else at >= begins or at < ends


def _step(rule: AlertRule, alert: Alert, told: Mapping[str, datetime], now: datetime) -> Due | None:
    if not matches(rule, alert) or alert.last_seen_at < rule.created_at or now - alert.last_seen_at > STALE:
        return None
    taken = alert.state is not AlertState.OPEN and not (
        alert.state is AlertState.SNOOZED and alert.snoozed_until is not None and alert.snoozed_until <= now
    )
    if taken:
        return None
    if not told:
        return Due(alert=alert, step=_HIGH if alert.severity is Severity.HIGH else _NEW)
    if alert.ended_at is not None:
        return None
    if alert.severity is Severity.HIGH and _HIGH not in told:
        return Due(alert=alert, step=_HIGH, again=True)
    last = max(told.values())
    if rule.repeat_hours and now - last >= timedelta(hours=rule.repeat_hours):
        # Named by its time: what was told before may be forgotten, and no name may come twice.
        return Due(alert=alert, step=f"again{now:%Y%m%d%H%M}", again=True)
    return None
