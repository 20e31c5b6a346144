"""An incident told: its timeline, and the facts a summary is made of. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scrm.alerts import sentence
from scrm.alerts.claims import Fact
from scrm.alerts.sentence import Named
from scrm.ids import ConversationId, MessageId
from scrm.model.incidents import (
    Citation,
    EntryKind,
    EvidenceKind,
    HourPoint,
    Incident,
    IncidentEntry,
    Phase,
    Recovery,
    ReplyTarget,
    TargetState,
)
from scrm.model.notices import Locale
from scrm.model.topics import Alert, TermReading

Places = Mapping[MessageId, tuple[ConversationId, int]]
"""Where messages stand: conversation and position."""

_SAMPLE = 5
_HOUR = timedelta(hours=1)


def derived(alert: Alert, recovery: Recovery) -> list[IncidentEntry]:
    """What follows from the alert and its messages, as lines of the timeline."""
    topic = alert.topic

    def entry(kind: EntryKind, at: datetime, **details: object) -> IncidentEntry:
        said = {name: str(value) for name, value in details.items()}
        return IncidentEntry(id=f"{alert.id}|{kind}", incident_id=alert.id, kind=kind, at=at, details=said)

    found = [
        entry(EntryKind.STARTED, max(topic.first_seen, topic.since), name=topic.name),
        entry(EntryKind.ALERTED, alert.opened_at, severity=alert.severity, messages=topic.messages),
    ]
    if (peak := _peak(alert, recovery)) is not None:
        found.append(entry(EntryKind.PEAKED, peak.start, messages=peak.messages, negative=peak.negative))
    if alert.ended_at is not None:
        found.append(entry(EntryKind.CALMED, alert.ended_at))
    return found


def timeline(entries: Sequence[IncidentEntry]) -> list[IncidentEntry]:
    """Oldest first; of one moment, what follows from the messages before what people did."""
    order = list(EntryKind)
    return sorted(entries, key=lambda entry: (entry.at, order.index(entry.kind), entry.id))


def facts(
    alert: Alert,
    incident: Incident | None,
    recovery: Recovery,
    readings: Sequence[TermReading],
    targets: Sequence[ReplyTarget],
    places: Places,
    named: Named,
    zone: ZoneInfo,
    locale: Locale,
) -> list[Fact]:
    """readings: of the topic, newest first. targets: of the latest round."""
    topic, zh = alert.topic, locale == "zh-CN"
    name = sentence.title(alert, named, locale)
    public = sentence.public(alert)

    def counted(since: datetime, until: datetime, as_of: datetime) -> tuple[Citation, ...]:
        """The page that lists all that a number counts, and the newest of them."""
        page = Citation(kind=EvidenceKind.COUNT, id=sentence.evidence_path(alert, since, until, as_of))
        newest = _within(readings, since, until)
        return page, *(_mentions(newest) if public else _sample([reading.id for reading in newest], places))

    cites = counted(topic.since, topic.until, topic.as_of)
    since, until = (at.astimezone(zone).strftime("%m-%d %H:%M") for at in (topic.since, topic.until))
    said = sentence.explained(alert, locale)
    found = [
        Fact(
            id="f1",
            said=f"{since} 至 {until}，“{name}”{said}。" if zh else f"“{name}”, {since} to {until}: {said}.",
            cites=cites,
        ),
        Fact(
            id="f2",
            said=f"涉及 {sentence.people(alert, locale)}。"
            if zh
            else f"{sentence.people(alert, locale)} wrote about it.",
            cites=cites,
        ),
    ]
    by_name = {phase.name: phase for phase in recovery.phases}
    if (peak := _peak(alert, recovery)) is not None:
        said = _of_peak(alert, peak, zone, locale)
        found.append(Fact(id="f3", said=said, cites=counted(*_span(peak), recovery.as_of)))
    found += _replied(incident, targets, places, locale)
    for phase, id_ in ((by_name.get("before"), "f5"), (by_name.get("after"), "f6")):
        if phase is not None:
            cites = counted(phase.since, phase.until, recovery.as_of)
            found.append(Fact(id=id_, said=_of_phase(phase, public, locale), cites=cites))
    return found


def cited(alert: Alert, recovery: Recovery, readings: Sequence[TermReading]) -> list[MessageId]:
    """The messages that `facts` may cite, if they stand somewhere; some more, for those that do not."""
    spans = [(alert.topic.since, alert.topic.until), *((phase.since, phase.until) for phase in recovery.phases)]
    if (peak := _peak(alert, recovery)) is not None:
        spans.append(_span(peak))
    return [reading.id for since, until in spans for reading in _within(readings, since, until)[: 4 * _SAMPLE]]


def _peak(alert: Alert, recovery: Recovery) -> HourPoint | None:
    """The hour of the most messages since it began; of several, the last."""
    busy = [point for point in recovery.hours if point.messages and point.start + _HOUR > alert.topic.since]
    return max(busy, key=lambda point: (point.messages, point.start), default=None)


def _span(hour: HourPoint) -> tuple[datetime, datetime]:
    """Both included."""
    return hour.start, hour.start + _HOUR - timedelta(milliseconds=1)


def _of_peak(alert: Alert, peak: HourPoint, zone: ZoneInfo, locale: Locale) -> str:
    at, what = peak.start.astimezone(zone).strftime("%m-%d %H:%M"), sentence.what(alert, locale)
    if locale == "en":
        return f"It peaked in the 1 h from {at}: {peak.messages} {what}, {peak.negative} negative."
    return f"高峰在 {at} 起的 1 小时，{peak.messages} 条{what}，{peak.negative} 条为负面。"


def _replied(incident: Incident | None, targets: Sequence[ReplyTarget], places: Places, locale: Locale) -> list[Fact]:
    sent = [target.message_id for target in targets if target.state is TargetState.QUEUED and target.message_id]
    if incident is None or incident.reply is None or not sent:
        return []
    refused = sum(target.state is TargetState.REFUSED for target in targets)
    said = f"经审批的回复发给了 {len(sent)} 个会话，另有 {refused} 个不允许发送。"
    if locale == "en":
        said = f"The approved reply went to {len(sent)} conversations; {refused} did not permit it."
    return [Fact(id="f4", said=said, cites=_sample(sent, places))]


def _of_phase(phase: Phase, public: bool, locale: Locale) -> str:
    hours = f"{max(1, round(phase.hours))}"
    share = 0 if phase.share is None else round(100 * phase.share)
    bad = phase.negative
    if locale == "zh-CN":
        when = f"此前 {hours} 小时" if phase.name == "before" else f"之后 {hours} 小时"
        return f"{when}有 {phase.messages} 条相关{'提及' if public else '消息'}，{bad} 条（{share}%）为负面。"
    when = f"In the {hours} h before" if phase.name == "before" else f"In the {hours} h since"
    what = "mentions" if public else "messages about it"
    return f"{when} there were {phase.messages} {what}, {bad} ({share}%) negative."


def _within(readings: Sequence[TermReading], since: datetime, until: datetime) -> list[TermReading]:
    return [reading for reading in readings if since <= reading.at <= until]


def _mentions(readings: Sequence[TermReading]) -> tuple[Citation, ...]:
    return tuple(Citation(kind=EvidenceKind.MENTION, id=reading.id) for reading in readings[:_SAMPLE])


def _sample(ids: Sequence[MessageId], places: Places) -> tuple[Citation, ...]:
    return tuple(
        Citation(kind=EvidenceKind.MESSAGE, id=id_, conversation_id=places[id_][0], position=places[id_][1])
        for id_ in [each for each in ids if each in places][:_SAMPLE]
    )
