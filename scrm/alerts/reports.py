"""Reports that leave by the calendar: figures against the days before, in a letter whose every line opens its page.

Promise: the report of a period is queued once a plan and destination, over all processes and restarts: the notice's id
is made of plan, period and destination, and the queue takes an id once.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import structlog

from scrm.alerts import periods, sentence
from scrm.alerts.claims import Fact
from scrm.alerts.periods import Period
from scrm.alerts.phrasing import Phrasing
from scrm.alerts.pushes import Pushes
from scrm.alerts.sentence import Named, Pages
from scrm.clock import Clock
from scrm.ids import ChannelId, IdFactory, NoticeId
from scrm.model.incidents import Citation, EvidenceKind
from scrm.model.notices import Destination, Every, Letter, Line, Locale, Notice, NoticeKind, ReportPlan
from scrm.model.period_report import PeriodReport, ReportCategory, ReportKind
from scrm.model.reports import Kpi, KpiKey, KpiUnit, ReportFilter
from scrm.model.topics import Alert
from scrm.ports.boards import Names
from scrm.ports.stores import Stores
from scrm.ports.turn import Turn, over_and_over, spared

log = structlog.get_logger(__name__)

LEASE_NAME = "report_plans"
LEASE = timedelta(seconds=120)
TICK_SECONDS = 20.0
MOST_CATEGORIES = 5
MOST_ALERTS = 5


class Source(Protocol):
    """`Boards`, as far as letters go: the printed report of the same days. A letter has no figures of its own."""

    async def report(
        self, kind: ReportKind, day: str, names: Names, *, channel_id: ChannelId | None, ending: bool
    ) -> PeriodReport: ...


class ScheduledReports:
    def __init__(
        self,
        stores: Stores,
        source: Source,
        phrasing: Phrasing,
        pushes: Pushes,
        named: Named,
        pages: Pages,
        clock: Clock,
        ids: IdFactory,
        zone: ZoneInfo,
        owner: str,
        workspace: str,
    ) -> None:
        self._stores = stores
        self._source = source
        self._phrasing = phrasing
        self._pushes = pushes
        self._named = named
        self._pages = pages
        self._clock = clock
        self._ids = ids
        self._zone = zone
        self._turn = Turn(stores.leases, LEASE_NAME, owner, clock, LEASE)
        self._workspace = workspace

    async def run(self) -> None:
        await over_and_over("report_plans", self.tick, partial(self._clock.sleep, TICK_SECONDS))

    async def release(self) -> None:
        await self._turn.end()

    async def tick(self) -> int:
        """How many notices were queued."""
        now = self._clock.now()
        if not await self._turn.mine():
            return 0
        queued = 0
        for plan in await self._stores.report_plans.all():
            period = periods.due(plan, now, self._zone)
            if period is not None and await self._turn.mine():
                async with spared("report_plans", plan=plan.id):
                    queued += await self._queue(plan, period, period.key)
                    await self._stores.report_plans.note_period(plan.id, period.key)
        return queued

    async def send_now(self, plan: ReportPlan) -> int:
        period = periods.latest(plan, self._clock.now(), self._zone)
        return await self._queue(plan, period, f"now-{self._ids()}")

    async def letter(self, plan: ReportPlan, period: Period | None, locale: Locale) -> Letter:
        """period None: what would leave now."""
        period = period or periods.latest(plan, self._clock.now(), self._zone)
        asked = ReportFilter(first_day=period.first_day, last_day=period.last_day, channel_id=plan.channel_id)
        kind = ReportKind.DAILY if plan.every is Every.DAY else ReportKind.WEEKLY
        report = await self._source.report(
            kind, period.last_day, Names(locale=locale), channel_id=plan.channel_id, ending=True
        )
        page = dashboard(asked)
        url = self._pages.at(page)
        alerts = await self._alerts(plan, period)
        text = await self._phrasing.text(headline(report, alerts, page, self._named, locale), locale)
        lines = [Line(text=each.text, url=self._pages.at(each.cites[0].id)) for each in text.sentences]
        whole = report.previous_since is None
        lines += [
            Line(label=each.label, text=_compared(each.kpi, locale, whole=whole), url=self._pages.at(each.link))
            for each in report.figures
        ]
        if not whole:
            lines.append(Line(text=_partly(report, locale), url=url))
        for category in report.categories[:MOST_CATEGORIES]:
            said = _of_category(category, locale, whole=whole)
            lines.append(
                Line(label=self._named(category.category, locale), text=said, url=self._pages.at(category.link))
            )
        for alert in alerts[:MOST_ALERTS]:
            said = sentence.explained(alert, locale)
            lines.append(
                Line(label=sentence.title(alert, self._named, locale), text=said, url=self._pages.incident(alert))
            )
        return Letter(title=title(self._workspace, plan, period, locale), lines=tuple(lines), url=url)

    async def _queue(self, plan: ReportPlan, period: Period, key: str) -> int:
        places = [each for each in await self._stores.destinations.all() if each.id in plan.destination_ids]
        places = [each for each in places if not each.paused]
        letters: dict[Locale, Letter] = {}
        for place in places:
            if place.locale not in letters:
                letters[place.locale] = await self.letter(plan, period, place.locale)
        queued = await self._stores.notices.add(
            [self._notice(plan, key, place, letters[place.locale]) for place in places]
        )
        if queued:
            self._pushes.ring()
        return queued

    def _notice(self, plan: ReportPlan, key: str, place: Destination, letter: Letter) -> Notice:
        now = self._clock.now()
        return Notice(
            id=NoticeId(f"report|{plan.id}|{key}|{place.id}"),
            destination_id=place.id,
            kind=NoticeKind.REPORT,
            letter=letter,
            due_at=now,
            created_at=now,
        )

    async def _alerts(self, plan: ReportPlan, period: Period) -> list[Alert]:
        found = await self._stores.topics.alerts(self._clock.now() - timedelta(days=10), 100)

        def within(alert: Alert) -> bool:
            day = alert.opened_at.astimezone(self._zone).date().isoformat()
            here = plan.channel_id is None or plan.channel_id in alert.topic.channels
            return here and period.first_day <= day <= period.last_day

        return sorted((each for each in found if within(each)), key=lambda each: -each.topic.surprise)


def dashboard(asked: ReportFilter, **more: str) -> str:
    """The page of the client that shows these days."""
    query = {"range": "custom", "from": asked.first_day, "to": asked.last_day}
    if asked.channel_id:
        query["channel"] = asked.channel_id
    return f"/dashboard?{urlencode({**query, **more})}"


def headline(report: PeriodReport, alerts: Sequence[Alert], page: str, named: Named, locale: Locale) -> list[Fact]:
    """What there is to say first; each with the page its numbers are on."""
    kpis = {each.kpi.key: each.kpi for each in report.figures}
    compared = report.previous_since is None
    zh = locale == "zh-CN"
    cite = (Citation(kind=EvidenceKind.COUNT, id=page),)
    found: list[Fact] = []
    incoming, share = kpis.get(KpiKey.INCOMING), kpis.get(KpiKey.NEGATIVE_SHARE)
    if incoming is not None and incoming.value is not None:
        value = shown(incoming.value, incoming.unit, locale)
        before = shown(incoming.previous or 0.0, incoming.unit, locale) if compared else ""
        said = f"收到客户消息 {value} 条" + (f"，{_then(report, locale)} {before} 条。" if before else "。")
        if not zh:
            said = f"{value} messages came in" + (f", {before} {_then(report, locale)}." if before else ".")
        found.append(Fact(id="f1", said=said, cites=cite))
    if share is not None and share.value is not None:
        value = shown(share.value, share.unit, locale)
        usual = "" if share.previous is None or not compared else shown(share.previous, share.unit, locale)
        said = f"负面占比 {value}" + (f"，{_then(report, locale)} {usual}。" if usual else "。")
        if not zh:
            said = f"{value} of them were negative" + (f", {usual} {_then(report, locale)}." if usual else ".")
        found.append(Fact(id="f2", said=said, cites=cite))
    top = next((each for each in report.categories if each.category is not None), None)
    if top is not None and top.count:
        name = named(top.category, locale)
        said = f"“{name}”最多，{top.count} 条，其中 {top.negative} 条为负面。"
        if not zh:
            said = f"“{name}” came most, {top.count} messages, {top.negative} negative."
        found.append(Fact(id="f3", said=said, cites=cite))
    if alerts:
        first = sentence.title(alerts[0], named, locale)
        said = (
            f"有 {len(alerts)} 个话题突发，最突出的是“{first}”。"
            if zh
            else f"{len(alerts)} topics burst, first “{first}”."
        )
        cites = (Citation(kind=EvidenceKind.COUNT, id=f"/incidents/{alerts[0].id}"),)
        found.append(Fact(id="f4", said=said, cites=cites))
    return found


def title(workspace: str, plan: ReportPlan, period: Period, locale: Locale) -> str:
    days = period.last_day if plan.every is Every.DAY else f"{period.first_day} – {period.last_day}"
    if locale == "en":
        return f"{workspace} · {'Daily' if plan.every is Every.DAY else 'Weekly'} report {days}"
    return f"{workspace} · {'日报' if plan.every is Every.DAY else '周报'} {days}"


def shown(value: float, unit: KpiUnit, locale: Locale) -> str:
    if unit is KpiUnit.SHARE:
        return f"{value:.1%}"
    if unit is KpiUnit.SCORE:
        return f"{value:.1f}"
    if unit is KpiUnit.SECONDS:
        return sentence.span(timedelta(seconds=value), locale) if value >= 60 else _seconds(value, locale)
    return f"{round(value):,}"


def _seconds(value: float, locale: Locale) -> str:
    return f"{round(value)} 秒" if locale == "zh-CN" else f"{round(value)} s"


def _then(report: PeriodReport, locale: Locale) -> str:
    """What is compared with: of a day, the same day of the week before."""
    if locale == "zh-CN":
        return "上周同日" if report.kind is ReportKind.DAILY else "上期"
    return "on that day last week" if report.kind is ReportKind.DAILY else "the week before"


def _partly(report: PeriodReport, locale: Locale) -> str:
    days = sorted({report.previous.first_day, report.previous.last_day})
    before = " – ".join(days)
    if locale == "zh-CN":
        return f"对比日期 {before} 没有完整数据（始于 {report.previous_since}），不计算变化"
    return f"{before} has no whole data (they begin {report.previous_since}): no change is shown"


def _compared(kpi: Kpi, locale: Locale, *, whole: bool) -> str:
    if kpi.value is None:
        return "—"
    now = shown(kpi.value, kpi.unit, locale)
    if kpi.previous is None or not whole:
        return now
    before = shown(kpi.previous, kpi.unit, locale)
    change = ""
    if kpi.previous and kpi.unit in (KpiUnit.COUNT, KpiUnit.SECONDS):
        change = f"{(kpi.value - kpi.previous) / kpi.previous:+.0%}".replace("-", "−")
    if locale == "zh-CN":
        return f"{now}（上期 {before}{'，' + change if change else ''}）"
    return f"{now} ({before} before{', ' + change if change else ''})"


def _of_category(category: ReportCategory, locale: Locale, *, whole: bool) -> str:
    before = f"{category.before:,}" if whole else ""
    if locale == "zh-CN":
        return f"{category.count:,} 条{f'（上期 {before}）' if before else ''}，{category.negative:,} 条负面"
    return f"{category.count:,} messages{f' ({before} before)' if before else ''}, {category.negative:,} negative"
