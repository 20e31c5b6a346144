"""The overview and the live wall."""

from collections import Counter
from datetime import date, timedelta

import pytest

from dashboards.reports import OverviewReports
from scrm.model.conversation import ConversationStatus
from scrm.model.reports import DayRange, Kpi, KpiKey, Metric, ReportFilter
from scrm.model.topics import Moods
from scrm.model.voice import ComparedOverview
from tests.demo import recount
from tests.demo.recount import where
from tests.demo.walk.walking import (
    BEFORE,
    DAYS_BEFORE,
    DAYS_OF,
    PERIOD,
    Demo,
    asks,
    bad_of,
    figures,
    moods_of,
    opened,
    where_all,
    within,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

TREND = {"conversations": "conversation_opened", "incoming": "message_in", "outgoing": "message_out"}


async def test_the_history_is_worth_walking(demo: Demo) -> None:
    metrics = Counter(fact.metric for fact in where_all(demo, PERIOD) + where_all(demo, BEFORE))
    assert set(metrics) == {str(metric) for metric in Metric} - {"conversation_reopened", "mood_dropped"}
    assert metrics["message_in"] > 100
    assert len(demo.said) > 80
    assert min(fact.day for fact in demo.facts) < BEFORE.first_day


def standing(demo: Demo, asked: ReportFilter) -> tuple[int, int]:
    """Who waits and what is open, of the conversations as they stand."""
    here = [
        (conversation, thread)
        for conversation, thread in demo.raw.values()
        if asked.channel_id in (None, conversation.channel_id) and asked.team_id in (None, conversation.team_id)
        if conversation.status is not ConversationStatus.RESOLVED
    ]
    return sum(recount.waits(*pair) for pair in here), len(here)


async def test_overview(demo: Demo) -> None:
    for asked in await asks(demo):
        board = await demo.boards.overview(asked, None)
        assert (board.range, board.previous, board.previous_since) == (PERIOD, BEFORE, None)
        kpis: dict[KpiKey, Kpi] = {kpi.key: kpi for kpi in board.kpis}
        waiting, backlog = standing(demo, asked)
        now = figures(demo, PERIOD, asked) | {KpiKey.WAITING_NOW: waiting, KpiKey.BACKLOG: backlog}
        then = figures(demo, BEFORE, asked) | {KpiKey.WAITING_NOW: None, KpiKey.BACKLOG: None}
        assert {key: kpi.value for key, kpi in kpis.items()} == now
        assert {key: kpi.previous for key, kpi in kpis.items()} == then
        walk_overview(demo, board, asked)
    await open_overview(demo)


def walk_overview(demo: Demo, board: ComparedOverview, asked: ReportFilter) -> None:
    assert [day.day for day in (*board.previous_trend, *board.trend)] == [*DAYS_BEFORE, *DAYS_OF]
    for day in (*board.previous_trend, *board.trend):
        one = within(DayRange(first_day=day.day, last_day=day.day), asked)
        for name, metric in TREND.items():
            assert getattr(day, name) == len(where(demo.facts, one, metric))
        assert Moods(negative=day.negative, neutral=day.neutral, positive=day.positive) == moods_of(
            where(demo.facts, one, "mood")
        )
    read = where(demo.facts, within(PERIOD, asked), "mood")
    assert {row.category for row in board.categories} == {fact.category for fact in read}
    for row in board.categories:
        of_it = [fact for fact in read if fact.category == row.category]
        assert (row.count, row.negative) == (len(of_it), bad_of(of_it))
        assert row.share == pytest.approx(len(of_it) / len(read))
    for cell in board.heat:
        counted = sum(fact.category == cell.category and fact.sentiment == cell.sentiment for fact in read)
        assert cell.count == counted


async def open_overview(demo: Demo) -> None:
    [asked, *_] = await asks(demo)
    board, reports = await demo.boards.overview(asked, None), OverviewReports(demo.stores)
    kpis = {kpi.key: kpi.value for kpi in board.kpis}
    assert len(await reports.waiting(asked)) == kpis[KpiKey.WAITING_NOW]
    assert len(await reports.backlog(asked)) == kpis[KpiKey.BACKLOG]
    for day in (*board.previous_trend, *board.trend):
        of_day = ReportFilter(first_day=day.day, last_day=day.day)
        for name, metric in TREND.items():
            assert getattr(day, name) == await opened(demo, of_day, metric)
    for row in board.categories:
        assert row.count == await opened(demo, asked, "mood", category=row.category or "none")
    for cell in board.heat:
        more = {"category": cell.category or "none", "sentiment": cell.sentiment}
        assert cell.count == await opened(demo, asked, "mood", **more)


async def test_a_range_whose_other_is_cut_off_says_since_when(demo: Demo) -> None:
    first = min(fact.day for fact in demo.facts)
    # As long as from a day after the first to the last: the range before begins before there was anything.
    days = (date.fromisoformat(PERIOD.last_day) - date.fromisoformat(first)).days
    asked = ReportFilter(
        first_day=str(date.fromisoformat(PERIOD.last_day) - timedelta(days=days * 2 // 3)), last_day=PERIOD.last_day
    )
    board = await demo.boards.overview(asked, None)
    assert board.previous.first_day <= first == board.previous_since <= board.previous.last_day


async def test_live_wall(demo: Demo) -> None:
    """What its page asks for: today beside the same day of last week, who waits longest, and who has how much."""
    today, last_week = (DayRange(first_day=day, last_day=day) for day in ("2026-11-20", "2026-11-13"))
    asked = ReportFilter(first_day=today.first_day, last_day=today.last_day)
    board = await demo.boards.overview(asked, last_week)
    kpis = {kpi.key: kpi for kpi in board.kpis}
    now, then = figures(demo, today, asked), figures(demo, last_week, asked)
    assert {key: (kpis[key].value, kpis[key].previous) for key in now} == {key: (now[key], then[key]) for key in now}
    read = where(demo.facts, within(today, asked), "mood")
    heat: Counter[str] = Counter()
    for cell in board.heat:
        heat[cell.sentiment] += cell.count
    assert Moods(**{sentiment: heat[sentiment] for sentiment in ("negative", "neutral", "positive")}) == moods_of(read)
    waiting = await OverviewReports(demo.stores).waiting(asked)
    assert waiting[0].waiting_since == min(each.waiting_since for each in waiting if each.waiting_since)
    unresolved = [each for each, _ in demo.raw.values() if each.status is not ConversationStatus.RESOLVED]
    counts = await demo.stores.conversations.counts(None)
    nobodys = sum(each.assignee_id is None for each in unresolved)
    assert (counts.backlog, counts.backlog_unassigned) == (len(unresolved), nobodys)
    load = Counter(each.assignee_id for each in unresolved if each.status is ConversationStatus.OPEN)
    assert await demo.stores.conversations.open_counts() == {agent: n for agent, n in load.items() if agent}
