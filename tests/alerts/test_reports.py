"""Reports leave once a period over all processes and restarts, at the workspace's hour, and say what the overview
says."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dashboards.reports.wording import Wording
from scrm.alerts import periods, reports
from scrm.alerts.phrasing import Phrasing
from scrm.alerts.pushes import Pushes
from scrm.alerts.reports import ScheduledReports
from scrm.alerts.sentence import Pages
from scrm.clock import ManualClock
from scrm.ids import ChannelId, CountingIds
from scrm.model.notices import Every, ReportPlan
from scrm.model.period_report import PeriodReport, ReportCategory, ReportFigure, ReportKind
from scrm.model.reports import DayRange, Kpi, KpiKey, KpiUnit
from scrm.ports.boards import Names
from scrm.ports.stores import Stores
from tests.alerts.test_telling import Nowhere, named
from tests.monitor.said import ZONE
from tests.storage import notices as made
from tests.storage import records

# A Friday, nine o'clock in Shanghai.
NINE = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OLD = NINE - timedelta(days=40)


def plan_of(**fields: Any) -> ReportPlan:
    return made.plan(**{"destination_ids": (made.destination().id,), "created_at": OLD, **fields})


@pytest.mark.parametrize(
    ("fields", "now", "days"),
    [
        ({}, NINE, ("2026-11-19", "2026-11-19")),
        ({}, NINE - timedelta(seconds=1), None),
        ({}, NINE + 11 * HOUR, ("2026-11-19", "2026-11-19")),
        ({}, NINE + 13 * HOUR, None),
        ({"last_period": "2026-11-20"}, NINE, None),
        ({"enabled": False}, NINE, None),
        ({"destination_ids": ()}, NINE, None),
        ({"created_at": NINE + HOUR}, NINE + 2 * HOUR, None),  # made after today's hour: tomorrow is the first
        ({"at": "00:10"}, NINE - 9 * HOUR + timedelta(minutes=10), ("2026-11-19", "2026-11-19")),
        ({"at": "23:50"}, NINE - 9 * HOUR, ("2026-11-18", "2026-11-18")),  # just past midnight, of the day before
        ({"every": Every.WEEK, "weekday": 4}, NINE, ("2026-11-13", "2026-11-19")),
        ({"every": Every.WEEK, "weekday": 3}, NINE - 14 * HOUR, ("2026-11-12", "2026-11-18")),
        ({"every": Every.WEEK, "weekday": 0}, NINE, None),
    ],
)
def test_which_days_a_report_tells_of(fields: dict[str, Any], now: datetime, days: tuple[str, str] | None) -> None:
    period = periods.due(plan_of(**fields), now, ZONE)
    assert (None if period is None else (period.first_day, period.last_day)) == days


@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=60), st.sampled_from(Every), st.integers(0, 6))
def test_each_period_comes_up_once_and_none_is_left_out(waits: list[int], every: Every, weekday: int) -> None:
    """However the loop is woken, as long as it is within LATE of each hour."""
    plan = plan_of(every=every, weekday=weekday, created_at=NINE)
    now, told = NINE, list[str]()
    for wait in waits:
        end = now + timedelta(minutes=wait)
        while now < end:
            now = min(end, now + 11 * HOUR)
            period = periods.due(plan, now, ZONE)
            if period is not None:
                told.append(period.key)
                plan = replace(plan, last_period=period.key)
    assert told == sorted(set(told))
    days = [datetime.fromisoformat(key).date() for key in told]
    step = 1 if every is Every.DAY else 7
    assert all(later - earlier == timedelta(days=step) for earlier, later in pairwise(days))


NO_DAYS = DayRange(first_day="2026-11-12", last_day="2026-11-12")
KPIS = (
    Kpi(key=KpiKey.INCOMING, value=1_234.0, previous=1_000.0, unit=KpiUnit.COUNT),
    Kpi(key=KpiKey.NEGATIVE_SHARE, value=0.125, previous=0.1, unit=KpiUnit.SHARE),
    Kpi(key=KpiKey.FIRST_RESPONSE_P50, value=75.0, previous=None, unit=KpiUnit.SECONDS),
    Kpi(key=KpiKey.RESOLVED, value=None, previous=3.0, unit=KpiUnit.COUNT),
)


class Room:
    def __init__(self, stores: Stores, session: ClientSession, clock: ManualClock) -> None:
        self.stores, self.session, self.clock = stores, session, clock
        self.asked: list[tuple[ReportKind, str, bool]] = []
        self.since: str | None = None
        self.faults = 0

    async def report(
        self, kind: ReportKind, day: str, names: Names, *, channel_id: ChannelId | None, ending: bool
    ) -> PeriodReport:
        """As the printed page has it."""
        self.asked.append((kind, day, ending))
        if self.faults:
            self.faults -= 1
            raise RuntimeError("a bug")
        words = Wording(locale=names.locale)
        quality = ReportCategory(
            category="quality", label="", count=40, before=31, negative=30, link="/dashboard/voice?ev=mood"
        )
        return PeriodReport(
            kind=kind, range=DayRange(first_day=day, last_day=day), previous=NO_DAYS, made_at=self.clock.now(),
            whole=True, trend=(), previous_trend=(), findings=(), alerts=(), categories=(quality,),
            figures=tuple(
                ReportFigure(kpi=kpi, label=words.kpi(kpi.key), link=f"/dashboard?ev={kpi.key}") for kpi in KPIS
            ),
            previous_since=self.since,
        )  # fmt: skip

    def process(self, owner: str) -> ScheduledReports:
        pushes = Pushes(self.stores, Nowhere(), self.clock, CountingIds(), owner)
        return ScheduledReports(
            self.stores, self, Phrasing(self.stores, self.session), pushes, named, Pages("https://scrm.example"),
            self.clock, CountingIds(owner), ZONE, owner, "星火数码",
        )  # fmt: skip


async def test_a_report_leaves_once_a_period_over_processes_and_restarts(stores: Stores) -> None:
    async with ClientSession() as session:
        clock = ManualClock(NINE)
        room = Room(stores, session, clock)
        places = [made.destination(), made.destination(locale="en"), made.destination(paused=True)]
        for place in places:
            await stores.destinations.save(place)
        plan = made.plan(destination_ids=tuple(place.id for place in places), created_at=OLD)
        await stores.report_plans.save(plan)
        alert = records.alert(opened_at=NINE - 12 * HOUR, last_seen_at=NINE - 12 * HOUR)
        await stores.topics.add_alert(alert)

        first, second = room.process("one"), room.process("two")
        assert await first.tick() == 2
        assert await first.tick() == await second.tick() == 0
        # A process that died after queuing, before it noted the period: the queue takes the same notice once.
        await stores.report_plans.save(plan)
        clock.advance(reports.LEASE.total_seconds() + 1)
        assert await second.tick() == 0
        assert await room.process("three").send_now(plan) == 2

        notices = [each for each in await stores.notices.due(clock.now(), 9) if "|now-" not in each.id]
        letters = {notice.destination_id: notice.letter for notice in notices}
        zh, en = letters[places[0].id], letters[places[1].id]
        assert zh.title == "星火数码 · 日报 2026-11-19"
        said = {line.label: line.text for line in zh.lines if line.label}
        assert said["客户消息"] == "1,234（上期 1,000，+23%）"
        assert said["负面情绪占比"] == "12.5%（上期 10.0%）"
        assert said["首次响应（中位）"] == "1 分钟"
        assert said["已解决会话"] == "—"
        assert len(said) == 6
        assert said["质量"] == "40 条（上期 31），30 条负面"
        assert said["质量 · 充电发热"] == "2 小时内 14 条消息，按以往应有 0.6 条，86% 为负面"
        assert zh.lines[0].text == "收到客户消息 1,234 条，上周同日 1,000 条。"
        assert all(line.url is not None for line in zh.lines)  # every figure opens
        assert en.lines[3].text == "1 topics burst, first “Quality · 充电发热”."
        links = {line.label: line.url for line in zh.lines}
        assert links["客户消息"] == "https://scrm.example/dashboard?ev=incoming"
        assert set(room.asked) == {(ReportKind.DAILY, "2026-11-19", True)}


async def test_nothing_is_compared_with_days_of_which_only_a_part_is_known(stores: Stores) -> None:
    async with ClientSession() as session:
        room = Room(stores, session, ManualClock(NINE))
        room.since = "2026-11-12"
        zh = await room.process("one").letter(plan_of(every=Every.WEEK, weekday=4), None, "zh-CN")
        assert {line.text for line in zh.lines if line.label == "客户消息"} == {"1,234"}
        assert any("2026-11-12" in line.text and "不计算变化" in line.text for line in zh.lines)
        assert not any("上期" in line.text or "%）" in line.text for line in zh.lines)
        en = await room.process("one").letter(plan_of(every=Every.WEEK, weekday=4), None, "en")
        assert en.lines[0].text == "1,234 messages came in."
        assert room.asked[0] == (ReportKind.WEEKLY, "2026-11-19", True)


async def test_the_next_day_has_its_own(stores: Stores) -> None:
    async with ClientSession() as session:
        clock = ManualClock(NINE)
        room = Room(stores, session, clock)
        place = made.destination()
        await stores.destinations.save(place)
        await stores.report_plans.save(made.plan(destination_ids=(place.id,), created_at=OLD))
        counts = []
        for _ in range(4):
            counts.append(await room.process("one").tick())
            clock.advance(12 * 3600)
        assert counts == [1, 0, 1, 0]


async def test_a_plan_whose_report_cannot_be_made_keeps_no_other_from_leaving(stores: Stores) -> None:
    async with ClientSession() as session:
        room = Room(stores, session, ManualClock(NINE))
        place = made.destination()
        await stores.destinations.save(place)
        for _ in range(2):
            await stores.report_plans.save(made.plan(destination_ids=(place.id,), created_at=OLD))
        room.faults = 1
        process = room.process("one")
        assert await process.tick() == 1
        assert await process.tick() == 1  # and it is tried again
        assert await process.tick() == 0
