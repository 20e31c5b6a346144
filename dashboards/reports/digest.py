"""The report of a day or a week, put together from the overview, the voice and the alerts of its days.

`period_report` is pure: whoever sends reports may call it with figures of their own. Nothing that is about this moment
(who waits, what is open) stands in it: a report says the same whenever it is read.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from dashboards.reports import links
from dashboards.reports.arithmetic import checked_range
from dashboards.reports.links import Ask
from dashboards.reports.wording import Wording
from scrm.clock import Clock
from scrm.ids import ChannelId
from scrm.model.analysis import Sentiment
from scrm.model.period_report import PeriodReport, ReportAlert, ReportCategory, ReportFigure, ReportKind
from scrm.model.reports import DayRange, KpiKey, Metric, ReportFilter
from scrm.model.topics import Alert, Severity
from scrm.model.voice import ComparedOverview, Voice
from scrm.ports.stores import Stores

MOST_CATEGORIES = 6
MOST_FINDINGS = 7
MOST_ALERTS = 5
# One page: as many figures as two rows bear.
SHOWN: Mapping[str, Ask] = {
    KpiKey.CONVERSATIONS: Ask(metric=Metric.CONVERSATION_OPENED),
    KpiKey.INCOMING: Ask(metric=Metric.MESSAGE_IN),
    KpiKey.OUTGOING: Ask(metric=Metric.MESSAGE_OUT),
    KpiKey.RESOLVED: Ask(metric=Metric.CONVERSATION_RESOLVED),
    KpiKey.FIRST_RESPONSE_P50: Ask(metric=Metric.FIRST_RESPONSE),
    KpiKey.FIRST_RESPONSE_P90: Ask(metric=Metric.FIRST_RESPONSE),
    KpiKey.RESOLUTION_P50: Ask(metric=Metric.CONVERSATION_RESOLVED),
    KpiKey.RESOLUTION_P90: Ask(metric=Metric.CONVERSATION_RESOLVED),
    KpiKey.NEGATIVE_SHARE: Ask(sentiment=Sentiment.NEGATIVE),
    "satisfaction": Ask(metric=Metric.SATISFACTION),
}
_DAILY_TREND = 14
_READ_ALERTS = 100


class Overviews(Protocol):
    async def overview(self, report_filter: ReportFilter, against: DayRange | None = None) -> ComparedOverview: ...


class Voices(Protocol):
    async def voice(self, report_filter: ReportFilter, against: DayRange | None, words: Wording) -> Voice: ...


class Reporting:
    def __init__(self, stores: Stores, overviews: Overviews, voices: Voices, clock: Clock, zone: ZoneInfo) -> None:
        self._stores = stores
        self._overviews = overviews
        self._voices = voices
        self._clock = clock
        self._zone = zone

    async def report(
        self, kind: ReportKind, day: str, words: Wording, *, channel_id: ChannelId | None = None, ending: bool = False
    ) -> PeriodReport:
        """As `scrm.ports.boards.Boards.report`. Raises Invalid."""
        period, before, trend = ranges(kind, day, ending=ending)

        def of(days: DayRange) -> ReportFilter:
            return ReportFilter(first_day=days.first_day, last_day=days.last_day, channel_id=channel_id)

        asked = of(period)
        overview = await self._overviews.overview(asked, before)
        of_trend = overview
        if trend != period:
            of_trend = await self._overviews.overview(of(trend))
        voice = await self._voices.voice(asked, before, words)
        begins = self._midnight(period.first_day)
        ends = self._midnight(period.last_day) + timedelta(days=1)
        alerts = [
            alert
            for alert in await self._stores.topics.alerts(begins, _READ_ALERTS)
            if alert.opened_at < ends and (channel_id is None or channel_id in alert.topic.channels)
        ]
        now = self._clock.now()
        return period_report(kind, asked, overview, of_trend, voice, alerts, words, made_at=now, whole=now >= ends)

    def _midnight(self, day: str) -> datetime:
        first = date.fromisoformat(day)
        return datetime(first.year, first.month, first.day, tzinfo=self._zone)


def ranges(kind: ReportKind, day: str, *, ending: bool = False) -> tuple[DayRange, DayRange, DayRange]:
    """What a report is about, what it compares with, and the days of its trend. Raises Invalid on no day."""
    chosen = date.fromisoformat(checked_range(day, day).first_day)
    if kind is ReportKind.WEEKLY:
        first = chosen - timedelta(days=6 if ending else chosen.weekday())
        last = first + timedelta(days=6)
    else:
        first = last = chosen
    week = timedelta(days=7)
    period = checked_range(first.isoformat(), last.isoformat())
    before = checked_range((first - week).isoformat(), (last - week).isoformat())
    if kind is ReportKind.WEEKLY:
        return period, before, period
    return period, before, checked_range((last - timedelta(days=_DAILY_TREND - 1)).isoformat(), last.isoformat())


def period_report(
    kind: ReportKind,
    asked: ReportFilter,
    overview: ComparedOverview,
    of_trend: ComparedOverview,
    voice: Voice,
    alerts: Sequence[Alert],
    words: Wording,
    *,
    made_at: datetime,
    whole: bool,
) -> PeriodReport:
    by_key = {str(kpi.key): kpi for kpi in overview.kpis}
    return PeriodReport(
        kind=kind,
        range=overview.range,
        previous=overview.previous,
        made_at=made_at,
        whole=whole,
        figures=tuple(
            ReportFigure(kpi=by_key[key], label=words.kpi(key), link=links.evidence("", asked, overview.previous, ask))
            for key, ask in SHOWN.items()
            if key in by_key
        ),
        trend=of_trend.trend,
        previous_trend=of_trend.previous_trend,
        categories=_categories(voice, asked, words),
        findings=voice.findings[:MOST_FINDINGS],
        alerts=tuple(_alert(alert, words) for alert in alerts[:MOST_ALERTS]),
        previous_since=overview.previous_since,
    )


def _categories(voice: Voice, asked: ReportFilter, words: Wording) -> tuple[ReportCategory, ...]:
    return tuple(
        ReportCategory(
            category=row.category,
            label=words.category(row.category),
            count=row.now.negative + row.now.neutral + row.now.positive,
            before=row.before.negative + row.before.neutral + row.before.positive,
            negative=row.now.negative,
            link=links.evidence("/voice", asked, voice.previous, Ask(category=row.category or "none")),
        )
        for row in voice.rows[:MOST_CATEGORIES]
    )


def _alert(alert: Alert, words: Wording) -> ReportAlert:
    topic = alert.topic
    query = {
        "ev": "topic",
        "what": topic.name,
        "terms": ",".join(topic.terms),
        "since": _instant(topic.since),
        "until": _instant(topic.until),
        "as_of": _instant(topic.as_of),
        **({"scope": topic.scope} if topic.scope else {}),
    }
    return ReportAlert(
        label=f"{words.category(topic.category)} · {topic.name}",
        messages=topic.messages,
        expected=topic.expected,
        negative=topic.moods.negative,
        high=alert.severity is Severity.HIGH,
        opened_at=alert.opened_at,
        ended_at=alert.ended_at,
        link=f"/topics?{urlencode(query)}",
    )


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
