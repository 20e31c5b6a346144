"""How an alert is told: one sentence of its own numbers, and the pages that open them. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from scrm.model.mentions import Stream
from scrm.model.notices import Letter, Line, Locale
from scrm.model.topics import Alert, Severity
from scrm.ports.services import Analyser

Named = Callable[[str | None, Locale], str]
"""The name of a category by its code; None: unknown."""

UNKNOWN: dict[Locale, str] = {"zh-CN": "未识别", "en": "Not recognised"}

# Below this, what was to be expected is as good as nothing.
NOTHING = 0.05


def names_of(analyser: Analyser) -> Named:
    """By the taxonomy that is at work; a code that is out of use stays as it is."""

    def named(code: str | None, locale: Locale) -> str:
        if code is None:
            return UNKNOWN[locale]
        found = next((each for each in analyser.taxonomy if each.code == code), None)
        return code if found is None else found.name_zh if locale == "zh-CN" else found.name_en

    return named


class Pages:
    """Addresses of the client's pages. base: the hub's own, without a slash at its end; None: nobody said it."""

    def __init__(self, base: str | None) -> None:
        self._base = base.rstrip("/") if base else None

    def incident(self, alert: Alert) -> str | None:
        return self.at(f"/incidents/{alert.id}")

    def evidence(self, alert: Alert) -> str | None:
        topic = alert.topic
        return self.at(evidence_path(alert, topic.since, topic.until, topic.as_of))

    def at(self, path: str) -> str | None:
        return f"{self._base}{path}" if self._base else None


def evidence_path(alert: Alert, since: datetime, until: datetime, as_of: datetime) -> str:
    """The client's page that lists what the alert counts in a span, both ends included."""
    topic = alert.topic
    span_ = {"since": stamp(since), "until": stamp(until)}
    if alert.monitor_id is not None:
        asked = {"monitor": alert.monitor_id, "stream": str(alert.stream or Stream.MENTIONS), **span_}
        return f"/mentions?{urlencode(asked)}"
    asked = {"ev": "topic", "what": topic.name, "terms": ",".join(topic.terms), **span_, "as_of": stamp(as_of)}
    if topic.scope:
        asked["scope"] = topic.scope
    return f"/topics?{urlencode(asked)}"


def stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def few(value: float) -> str:
    """A number to expect, as a person says it: 0.6, 12."""
    return f"{round(value, 1):g}" if value < 10 else str(round(value))


def span(lasts: timedelta, locale: Locale) -> str:
    """2 h, 90 min: never finer than minutes."""
    minutes = max(1, round(lasts.total_seconds() / 60))
    if minutes < 100:
        return f"{minutes} 分钟" if locale == "zh-CN" else f"{minutes} min"
    hours = round(minutes / 60)
    if hours < 48:
        return f"{hours} 小时" if locale == "zh-CN" else f"{hours} h"
    return f"{round(hours / 24)} 天" if locale == "zh-CN" else f"{round(hours / 24)} days"


def title(alert: Alert, named: Named, locale: Locale) -> str:
    if alert.monitor_id is not None:
        kind = {"zh-CN": ("监测", "监测（负面）"), "en": ("Monitor", "Monitor (negative)")}[locale][alert.mood]
        return f"{kind} · {alert.topic.name}"
    return f"{named(alert.topic.category, locale)} · {alert.topic.name}"


def explained(alert: Alert, locale: Locale) -> str:
    """14 messages in 2 h against 0.6 expected, 86 % negative."""
    topic = alert.topic
    within = span(topic.until - topic.since, locale)
    bad = round(100 * topic.moods.negative / topic.messages) if topic.messages else 0
    expected = None if topic.expected is None or topic.expected < NOTHING else few(topic.expected)
    if locale == "zh-CN":
        usual = "以往没有" if expected is None else f"按以往应有 {expected} 条"
        return f"{within}内 {topic.messages} 条{what(alert, locale)}，{usual}，{bad}% 为负面"
    usual = "with none before" if expected is None else f"against {expected} expected"
    return f"{topic.messages} {what(alert, locale)} in {within} {usual}, {bad} % negative"


def public(alert: Alert) -> bool:
    """Whether it counts what is said outside, by authors that are no customers."""
    return alert.stream is Stream.MENTIONS


def what(alert: Alert, locale: Locale) -> str:
    """What it counts."""
    return {"zh-CN": ("消息", "提及"), "en": ("messages", "mentions")}[locale][public(alert)]


def people(alert: Alert, locale: Locale) -> str:
    """How many, and of whom."""
    number = alert.topic.people
    if locale == "zh-CN":
        return f"{number} 位{'作者' if public(alert) else '客户'}"
    return f"{number} {'authors' if public(alert) else 'customers'}"


_WORDS = {
    "zh-CN": {
        "one": "突发", "high": "严重突发", "many": "个话题突发", "ended": "（已平息）",
        "since": "开始于", "again": "仍在继续：",
    },
    "en": {
        "one": "Burst", "high": "Severe burst", "many": "topics burst", "ended": " (quiet again)",
        "since": "since", "again": "Still going on: ",
    },
}  # fmt: skip


def letter(alerts: list[tuple[Alert, bool]], named: Named, pages: Pages, zone: ZoneInfo, locale: Locale) -> Letter:
    """alerts: each with whether it was told before. Customers' own words stay in the hub: a group chat is no place for
    them."""
    words = _WORDS[locale]
    urgent = any(alert.severity is Severity.HIGH for alert, _ in alerts)
    lines: list[Line] = []
    for alert, again in alerts:
        ended = words["ended"] if alert.ended_at is not None else ""
        said = f"{words['again'] if again else ''}{explained(alert, locale)}{ended}"
        if len(alerts) > 1:
            lines.append(Line(label=title(alert, named, locale), text=said, url=pages.incident(alert)))
            continue
        began = alert.topic.since.astimezone(zone).strftime("%m-%d %H:%M")
        lines.append(Line(text=said, url=pages.evidence(alert)))
        lines.append(Line(text=f"{people(alert, locale)}, {words['since']} {began}", url=pages.evidence(alert)))
    first = alerts[0][0]
    if len(alerts) > 1:
        head = f"{len(alerts)} {words['many']}"
        return Letter(title=head, lines=tuple(lines), url=pages.at("/topics"), urgent=urgent)
    head = f"{words['high' if urgent else 'one']}: {title(first, named, locale)}"
    return Letter(title=head, lines=tuple(lines), url=pages.incident(first), urgent=urgent)
