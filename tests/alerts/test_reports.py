"""Reports leave once a period over all processes and restarts, at the workspace's hour, and say what the overview
says."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.alerts import periods, reports
from scrm.alerts.phrasing import Phrasing
from scrm.alerts.pushes import Pushes
from scrm.alerts.reports import ScheduledReports
from scrm.alerts.sentence import Pages
from scrm.clock import ManualClock
from scrm.ids import CountingIds
from scrm.model.base import Record
from scrm.model.notices import Every, ReportPlan
from scrm.model.reports import CategoryShare, Kpi, KpiKey, KpiUnit, ReportFilter
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


class Overview(Record, kw_only=True):
    kpis: Sequence[Kpi] = (
        Kpi(key=KpiKey.INCOMING, value=1_234.0, previous=1_000.0, unit=KpiUnit.COUNT),
        Kpi(key=KpiKey.NEGATIVE_SHARE, value=0.125, previous=0.1, unit=KpiUnit.SHARE),
        Kpi(key=KpiKey.FIRST_RESPONSE_P50, value=75.0, previous=None, unit=KpiUnit.SECONDS),
        Kpi(key=KpiKey.RESOLVED, value=None, previous=3.0, unit=KpiUnit.COUNT),
        Kpi(key=KpiKey.WAITING_NOW, value=7.0, previous=None, unit=KpiUnit.COUNT),
    )
    categories: Sequence[CategoryShare] = (CategoryShare(category="quality", count=40, negative=30, share=0.4),)


class Room:
    def __init__(self, stores: Stores, session: ClientSession, clock: ManualClock) -> None:
        self.stores, self.session, self.clock = stores, session, clock
        self.asked: list[ReportFilter] = []

    async def figures(self, report_filter: ReportFilter) -> Overview:
        self.asked.append(report_filter)
        return Overview()

    def process(self, owner: str) -> ScheduledReports:
        pushes = Pushes(self.stores, Nowhere(), self.clock, CountingIds(), owner)
        return ScheduledReports(
            self.stores, self.figures, Phrasing(self.stores, self.session), pushes, named, Pages("https://scrm.example"),
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
        assert said["负面占比"] == "12.5%（上期 10.0%）"
        assert said["首次响应（中位数）"] == "1 分钟"
        assert said["已解决"] == "—"
        assert len(said) == 6  # what waits at this moment is none of yesterday's business
        assert said["质量"] == "40 条，占 40%，30 条负面"
        assert said["质量 · 充电发热"] == "2 小时内 14 条消息，按以往应有 0.6 条，86% 为负面"
        assert zh.lines[0].text == "收到客户消息 1,234 条，上期 1,000 条。"
        assert all(line.url is not None for line in zh.lines)  # every figure opens
        assert en.lines[3].text == "1 topics burst, first “Quality · 充电发热”."
        assert {(each.first_day, each.last_day) for each in room.asked} == {("2026-11-19", "2026-11-19")}


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
