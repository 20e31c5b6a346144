"""Every number of the overview and of service quality, on a history the real flow made: recomputed from nothing but the
stored threads, by sums of this file's own, and opened one by one."""

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboards.reports import OverviewReports
from dashboards.reports.service import ServiceReports
from scrm.errors import Conflict, Invalid, ReplyRefused
from scrm.model.message import Message
from scrm.model.quality import ServiceRow
from scrm.model.reports import KpiKey, Metric, ReportFilter
from scrm.ports.stores import ConversationQuery, EvidenceQuery, Page
from tests.flow.conftest import World
from tests.flow.test_rebuild import Office

ZONE = ZoneInfo("Asia/Shanghai")
OPENS, CLOSES = 9, 18
STEPS = (
    "say",
    "answer",
    "say_much",
    "answer",
    "change",
    "rate",
    "resolve",
    "wait",
    "say",
    "answer",
    "resolve",
    "answer",
)


class Fact:
    """What the threads show, in this file's own words."""

    def __init__(self, kind: str, entry: Message, **more: Any) -> None:
        self.kind, self.at = kind, entry.created_at.astimezone(ZONE)
        counted = entry.counted
        assert counted is not None
        self.team, self.agent, self.channel = counted.team_id, counted.agent_id, entry.channel_id
        self.took = self.open = self.kept = None
        self.score = 1.0
        self.mood: str | None = None
        self.__dict__ |= more


def open_seconds(start: datetime, end: datetime) -> float:
    """Second by second would do; minute by minute from the first is enough, with the odd seconds at both ends."""
    total, at = 0.0, start.astimezone(ZONE)
    end = end.astimezone(ZONE)
    while at < end:
        step = min(end, at.replace(second=0, microsecond=0) + timedelta(minutes=1))
        total += (step - at).total_seconds() if OPENS <= at.hour < CLOSES else 0
        at = step
    return total


def facts_of(thread: list[Message], created: datetime) -> Iterable[Fact]:
    asked = first_asked = answered = opened = None
    holder: str | None = None
    for entry in thread:
        action, said = entry.details.get("action"), entry.details
        if entry.kind == "incoming":
            asked, first_asked = asked or entry.created_at, first_asked or entry.created_at
            if opened is None:
                opened = entry.created_at
                yield Fact("opened", entry)
            yield Fact("in", entry)
            if entry.analysis is not None:
                stands = entry.correction or entry.analysis
                yield Fact("mood", entry, mood=str(stands.sentiment))
        elif entry.kind == "outgoing":
            if entry.author.type == "system" and entry.author.id is None:
                continue  # a test of the channel
            yield Fact("out", entry)
            since = asked if answered else first_asked
            if since is not None:
                yield timed("next" if answered else "first", entry, since)
                answered = True
            asked = None
        elif said.get("event") == "rating" and said.get("score") in set("12345"):
            yield Fact("rated", entry, score=float(said["score"]))
        elif action in ("assigned", "routed"):
            if said["assignee_id"] and said["assignee_id"] != holder:
                yield Fact("assigned", entry)
            holder = said["assignee_id"] or None
        elif action == "unassigned":
            holder = None
        if "from_id" in said:
            yield Fact("handed", entry, agent=said["from_id"], team=said["from_team_id"] or None)
        if action == "reopened" or (action == "status" and said["before"] == "resolved"):
            yield Fact("reopened", entry)
            opened = entry.created_at
        elif action == "status" and said["status"] == "resolved":
            yield timed("resolved", entry, opened or created)
            asked = None
            if "mood_before" in said:
                yield Fact("before", entry, score=float(said["mood_before"]))
                yield Fact("after", entry, score=float(said["mood_after"]))


def timed(kind: str, entry: Message, since: datetime) -> Fact:
    in_hours = open_seconds(since, entry.created_at)
    assert entry.counted is not None
    promised = entry.counted.target
    kept = None if promised is None else "met" if in_hours <= promised else "missed"
    return Fact(kind, entry, took=int((entry.created_at - since).total_seconds()), open=int(in_hours), kept=kept)


def middle(values: list[int], tenths: int) -> float | None:
    enough = [each for each in values if 10 * sum(other <= each for other in values) >= tenths * len(values)]
    return min(enough, default=None)


def mean(values: list[float]) -> Any:
    return pytest.approx(sum(values) / len(values), abs=1e-3) if values else None


FIELDS = {
    "opened": ("opened", Metric.CONVERSATION_OPENED),
    "assigned": ("assigned", Metric.ASSIGNED),
    "incoming": ("in", Metric.MESSAGE_IN),
    "outgoing": ("out", Metric.MESSAGE_OUT),
    "resolved": ("resolved", Metric.CONVERSATION_RESOLVED),
    "reopened": ("reopened", Metric.CONVERSATION_REOPENED),
    "handed_off": ("handed", Metric.HANDED_OFF),
    "rated": ("rated", Metric.SATISFACTION),
    "moods": ("after", Metric.MOOD_AFTER),
}
TIMES = {
    "first_response": ("first", "first_kept", Metric.FIRST_RESPONSE),
    "next_response": ("next", "next_kept", Metric.NEXT_RESPONSE),
    "resolution": ("resolved", "resolution_kept", Metric.CONVERSATION_RESOLVED),
}
SCORES = {"satisfaction": "rated", "mood_before": "before", "mood_after": "after"}


@pytest.fixture
async def history(world: World) -> AsyncIterator[tuple[World, list[Fact], int, int]]:
    """Random days of four customers and two agents; what their threads show; how many wait, and are unresolved."""
    office, chance = Office(world), random.Random(7)
    await office.open()
    for sender in ("a", "b", "c", "d"):
        await world.says(chance.choice(("angry about my refund", "hello")), sender=sender)
    for place in range(46):
        sender = chance.choice("abcd")
        try:
            await office.step(STEPS[place % len(STEPS)], sender, chance)
        except (Conflict, Invalid, ReplyRefused):
            continue  # as people would
    await world.works()
    facts: list[Fact] = []
    conversations = await world.stores.conversations.page(ConversationQuery(), after=None, limit=100)
    for each in conversations:
        facts += facts_of(await world.stores.messages.thread(each.id, after=0, until=500), each.created_at)
    unresolved = [each for each in conversations if each.status != "resolved"]
    yield world, facts, sum(each.waiting_since is not None for each in unresolved), len(unresolved)


async def test_every_number_is_recomputed_and_opened(history: tuple[World, list[Fact], int, int]) -> None:
    world, facts, waiting, unresolved = history
    first = min(fact.at for fact in facts).date()
    last = max(fact.at for fact in facts).date()
    wanted = ReportFilter(first_day=str(first), last_day=str(last))
    kinds = {fact.kind for fact in facts}
    assert kinds == {"opened", "in", "mood", "out", "first", "next", "rated", "assigned", "handed", "reopened",
                     "resolved", "before", "after"}, "the history must show everything"  # fmt: skip
    opened = Opened(OverviewReports(world.stores), wanted)
    report = await ServiceReports(world.stores).service(wanted)
    await check_row(report.total, facts, opened, {})
    for rows, name, param in ((report.agents, "agent", "agent_id"), (report.teams, "team", "team_id"),
                              (report.channels, "channel", "channel_id")):  # fmt: skip
        groups: dict[Any, list[Fact]] = defaultdict(list)
        for fact in facts:
            if fact.kind != "mood":
                groups[getattr(fact, name)].append(fact)
        assert {row.key for row in rows} == groups.keys()
        for row in rows:
            await check_row(row, groups[row.key], opened, {param: row.key or "none"})
    for cell in report.arrivals:
        came = [f for f in facts if f.kind == "in" and (f.at.weekday(), f.at.hour) == (cell.weekday, cell.hour)]
        assert cell.count == len(came)
        if came:
            assert await opened.count(Metric.MESSAGE_IN, weekday=cell.weekday, hour=cell.hour) == len(came)
    for each in report.staffing:
        of_hour = [fact for fact in facts if fact.at.hour == each.hour]
        assert each.incoming == sum(fact.kind == "in" for fact in of_hour)
        answers = [fact for fact in of_hour if fact.kind == "out"]
        assert each.outgoing == len(answers)
        assert each.agent_days == len({(fact.at.date(), fact.agent) for fact in answers if fact.agent})
    await check_overview(opened, facts, waiting, unresolved)


class Opened:
    """The lists behind numbers."""

    def __init__(self, reports: OverviewReports, wanted: ReportFilter) -> None:
        self.reports, self.wanted = reports, wanted

    async def count(self, metric: Metric, **narrow: Any) -> int:
        within = ReportFilter(
            first_day=self.wanted.first_day,
            last_day=self.wanted.last_day,
            team_id=narrow.pop("team_id", None),
            channel_id=narrow.pop("channel_id", None),
        )
        found, after = 0, None
        while True:
            query = EvidenceQuery(metric=metric, filter=within, **narrow)
            page = await self.reports.evidence(query, after=after, limit=50)
            found += len(page)
            if len(page) < 50:
                return found
            after = Page(at=page[-1].at, id=page[-1].id)


async def check_row(row: ServiceRow, facts: list[Fact], opened: Opened, whose: dict[str, str]) -> None:
    for field, (kind, metric) in FIELDS.items():
        expected = sum(fact.kind == kind for fact in facts)
        assert getattr(row, field) == expected, (field, row.key)
        assert await opened.count(metric, **whose) == expected, (field, row.key)
    for field, (kind, kept, metric) in TIMES.items():
        of_it = [fact for fact in facts if fact.kind == kind]
        took, in_hours = [fact.took for fact in of_it], [fact.open for fact in of_it]
        times = getattr(row, field)
        assert (times.count, times.p50, times.p90) == (len(took), middle(took, 5), middle(took, 9)), (field, row.key)
        assert (times.open_p50, times.open_p90) == (middle(in_hours, 5), middle(in_hours, 9)), (field, row.key)
        for outcome in ("met", "missed"):
            expected = sum(fact.kept == outcome for fact in of_it)
            assert getattr(getattr(row, kept), outcome) == expected, (field, row.key)
            if expected:
                assert await opened.count(metric, outcome=outcome, **whose) == expected
    for field, kind in SCORES.items():
        assert getattr(row, field) == mean([fact.score for fact in facts if fact.kind == kind]), (field, row.key)


async def check_overview(opened: Opened, facts: list[Fact], waiting: int, unresolved: int) -> None:
    overview = await opened.reports.overview(opened.wanted)
    shown = {kpi.key: kpi.value for kpi in overview.kpis}
    firsts, done = ([fact.took for fact in facts if fact.kind == kind] for kind in ("first", "resolved"))
    moods = [fact.mood for fact in facts if fact.kind == "mood"]
    assert shown == {
        KpiKey.CONVERSATIONS: sum(fact.kind == "opened" for fact in facts),
        KpiKey.INCOMING: sum(fact.kind == "in" for fact in facts),
        KpiKey.OUTGOING: sum(fact.kind == "out" for fact in facts),
        KpiKey.RESOLVED: sum(fact.kind == "resolved" for fact in facts),
        KpiKey.FIRST_RESPONSE_P50: middle(firsts, 5),
        KpiKey.FIRST_RESPONSE_P90: middle(firsts, 9),
        KpiKey.RESOLUTION_P50: middle(done, 5),
        KpiKey.RESOLUTION_P90: middle(done, 9),
        KpiKey.NEGATIVE_SHARE: moods.count("negative") / len(moods),
        KpiKey.WAITING_NOW: waiting,
        KpiKey.BACKLOG: unresolved,
        KpiKey.SATISFACTION: mean([fact.score for fact in facts if fact.kind == "rated"]),
    }
    assert len(await opened.reports.backlog(opened.wanted)) == unresolved
    assert len(await opened.reports.waiting(opened.wanted)) == waiting
    for day in overview.trend:
        of_day = [fact for fact in facts if str(fact.at.date()) == day.day]
        kinds = [fact.kind for fact in of_day]
        assert (day.conversations, day.incoming, day.outgoing) == tuple(map(kinds.count, ("opened", "in", "out")))
        of_moods = [fact.mood for fact in of_day]
        assert (day.negative, day.neutral, day.positive) == tuple(
            map(of_moods.count, ("negative", "neutral", "positive"))
        )
    assert sum(cell.count for cell in overview.heat) == len(moods)
    for cell in overview.heat:
        narrow = {"category": cell.category or "none", "sentiment": cell.sentiment}
        assert await opened.count(Metric.MOOD, **narrow) == cell.count
