"""Every number of the dashboard, on the real store: it equals what its evidence opens, and an independent recount.

Random histories share one database: each example writes to channels of its own and asks for those.
"""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dashboards.reports import OverviewReports
from scrm.errors import Invalid
from scrm.ids import ChannelId, TeamId
from scrm.model.analysis import Sentiment
from scrm.model.reports import KpiKey, Metric, Overview, ReportEvent, ReportFilter
from scrm.ports.stores import EvidenceQuery, Page, Stores
from tests.dashboards.histories import START, TEAMS, Said, Talk, conversation_of, day_of, events_of, talks

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST, LAST = "2026-11-12", "2026-11-15"
BEFORE = ("2026-11-08", "2026-11-11")
DAYS = ("2026-11-12", "2026-11-13", "2026-11-14", "2026-11-15")
EVENT_KPIS = {
    KpiKey.CONVERSATIONS: Metric.CONVERSATION_OPENED,
    KpiKey.INCOMING: Metric.MESSAGE_IN,
    KpiKey.OUTGOING: Metric.MESSAGE_OUT,
    KpiKey.RESOLVED: Metric.CONVERSATION_RESOLVED,
}
_channel_numbers = itertools.count(1)


def one_message(channel: str, number: int) -> Talk:
    """A customer who wrote once, the later the greater the number, and waits."""
    at = START + timedelta(days=4, minutes=number)
    said = Said(id=f"{channel}-{number}-0", at=at, incoming=True, sentiment=None, category=None)
    return Talk(id=f"{channel}-{number}", channel=channel, team=None, said=(said,), resolved_at=None)


async def evidence(reports: OverviewReports, query: EvidenceQuery, page: int) -> list[ReportEvent]:
    """The whole list behind a number, page by page."""
    found: list[ReportEvent] = []
    after: Page | None = None
    while True:
        events = await reports.evidence(query, after=after, limit=page)
        found += events
        if len(events) < page:
            break
        after = Page(at=events[-1].at, id=events[-1].id)
    assert [(e.at, e.id) for e in found] == sorted({(e.at, e.id) for e in found}, reverse=True)
    return found


def kpi(overview: Overview, key: KpiKey) -> float | None:
    return next(kpi.value for kpi in overview.kpis if kpi.key == key)


def previous(overview: Overview, key: KpiKey) -> float | None:
    return next(kpi.previous for kpi in overview.kpis if kpi.key == key)


def middle(values: list[float], tenths: int) -> float | None:
    """Nearest rank, the slow way."""
    enough = [v for v in values if 10 * sum(other <= v for other in values) >= tenths * len(values)]
    return min(enough, default=None)


def recount(history: list[Talk], first: str, last: str) -> dict[KpiKey, float | None]:
    """The figures straight from the messages."""
    said = [one for talk in history for one in talk.said if first <= day_of(one.at) <= last]
    read = [one for one in said if one.sentiment is not None]
    answers = [
        talk.first_response
        for talk in history
        if talk.first_response is not None
        and first <= day_of(next(one.at for one in talk.said if not one.incoming)) <= last
    ]
    done = [
        (talk.resolved_at - talk.said[0].at).total_seconds()
        for talk in history
        if talk.resolved_at is not None and first <= day_of(talk.resolved_at) <= last
    ]
    return {
        KpiKey.CONVERSATIONS: sum(first <= day_of(talk.said[0].at) <= last for talk in history),
        KpiKey.INCOMING: sum(one.incoming for one in said),
        KpiKey.OUTGOING: sum(not one.incoming for one in said),
        KpiKey.RESOLVED: len(done),
        KpiKey.FIRST_RESPONSE_P50: middle(answers, 5),
        KpiKey.FIRST_RESPONSE_P90: middle(answers, 9),
        KpiKey.RESOLUTION_P50: middle(done, 5),
        KpiKey.RESOLUTION_P90: middle(done, 9),
        KpiKey.NEGATIVE_SHARE: sum(one.sentiment == "negative" for one in read) / len(read) if read else None,
    }


async def store(stores: Stores, history: list[Talk]) -> None:
    for talk in history:
        conversation = conversation_of(talk, await stores.conversations.next_number())
        if talk.resolved_at is None:
            await stores.conversations.insert(conversation)
        await stores.reports.record(events_of(talk))


async def check(stores: Stores, history: list[Talk], report_filter: ReportFilter, page: int) -> None:
    reports = OverviewReports(stores)
    result = await reports.overview(report_filter)
    ours = [
        talk
        for talk in history
        if talk.channel == report_filter.channel_id and report_filter.team_id in (None, talk.team)
    ]
    for key, value in recount(ours, FIRST, LAST).items():
        assert kpi(result, key) == value, key
    for key, value in recount(ours, *BEFORE).items():
        assert previous(result, key) == value, key
    assert kpi(result, KpiKey.WAITING_NOW) == sum(talk.waits for talk in ours)
    assert {c.id for c in await reports.waiting(report_filter)} == {talk.id for talk in ours if talk.waits}
    await check_evidence(reports, result, report_filter, page)


async def check_evidence(reports: OverviewReports, result: Overview, report_filter: ReportFilter, page: int) -> None:
    async def count(metric: Metric, *, day: str | None = None, **narrow: str | None) -> int:
        within = ReportFilter(
            first_day=day or report_filter.first_day,
            last_day=day or report_filter.last_day,
            channel_id=report_filter.channel_id,
            team_id=report_filter.team_id,
        )
        return len(await evidence(reports, EvidenceQuery(metric=metric, filter=within, **narrow), page))

    for key, metric in EVENT_KPIS.items():
        assert kpi(result, key) == await count(metric), key
    assert tuple(day.day for day in result.trend) == DAYS
    for day in result.trend:
        assert day.conversations == await count(Metric.CONVERSATION_OPENED, day=day.day)
        assert day.incoming == await count(Metric.MESSAGE_IN, day=day.day)
        assert day.outgoing == await count(Metric.MESSAGE_OUT, day=day.day)
        for sentiment in ("negative", "neutral", "positive"):
            assert getattr(day, sentiment) == await count(Metric.MOOD, day=day.day, sentiment=sentiment)
    for row in result.categories:
        assert row.count == await count(Metric.MOOD, category=row.category or "none")
        assert row.negative == await count(Metric.MOOD, category=row.category or "none", sentiment="negative")
    for cell in result.heat:
        assert cell.count == await count(Metric.MOOD, category=cell.category or "none", sentiment=cell.sentiment)
    for metric, median, ninth in (
        (Metric.FIRST_RESPONSE, KpiKey.FIRST_RESPONSE_P50, KpiKey.FIRST_RESPONSE_P90),
        (Metric.CONVERSATION_RESOLVED, KpiKey.RESOLUTION_P50, KpiKey.RESOLUTION_P90),
    ):
        query = EvidenceQuery(metric=metric, filter=report_filter)
        values = [event.value for event in await evidence(reports, query, page)]
        assert (kpi(result, median), kpi(result, ninth)) == (middle(values, 5), middle(values, 9))


# Not shrunk: each try is a round of the database, and a history of seven conversations is read as it is.
@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), page=st.integers(min_value=1, max_value=9), team=st.sampled_from(TEAMS))
async def test_every_number_equals_its_evidence_and_a_recount(
    stores: Stores, data: st.DataObject, page: int, team: TeamId | None
) -> None:
    number = next(_channel_numbers)
    ours, others = f"ch{number}a", f"ch{number}b"
    history = data.draw(talks((ours, ours, others)))
    await store(stores, history)
    await check(
        stores, history, ReportFilter(first_day=FIRST, last_day=LAST, channel_id=ChannelId(ours), team_id=team), page
    )


async def test_a_busy_day_whose_messages_share_their_rollups(stores: Stores) -> None:
    history = []
    for number in range(6):
        talk = one_message("busy", number)
        more = tuple(
            Said(
                id=f"busy-{number}-{place}",
                at=talk.said[0].at + timedelta(seconds=30 * place + number),
                incoming=place % 3 != 2,
                sentiment=Sentiment.NEGATIVE if place % 3 == 0 else None,
                category="logistics" if place % 3 == 0 else None,
            )
            for place in range(1, 10)
        )
        history.append(replace(talk, said=(*talk.said, *more), resolved_at=more[-1].at if number < 4 else None))
    await store(stores, history)
    report_filter = ReportFilter(first_day=FIRST, last_day=LAST, channel_id=ChannelId("busy"))
    await check(stores, history, report_filter, page=7)
    assert kpi(await OverviewReports(stores).overview(report_filter), KpiKey.NEGATIVE_SHARE) == 1.0


async def test_recording_a_history_twice_counts_it_once(stores: Stores) -> None:
    talk = one_message("twice", 0)
    await store(stores, [talk])
    await stores.reports.record(events_of(talk))
    report_filter = ReportFilter(first_day=FIRST, last_day=LAST, channel_id=ChannelId("twice"))
    await check(stores, [talk], report_filter, page=2)


async def test_everybody_who_waits_is_listed_longest_first(stores: Stores) -> None:
    history = [one_message("many", number) for number in range(10)]
    await store(stores, history)
    reports = OverviewReports(stores)
    report_filter = ReportFilter(first_day=FIRST, last_day=LAST, channel_id=ChannelId("many"))
    waiting = await reports.waiting(report_filter)
    assert kpi(await reports.overview(report_filter), KpiKey.WAITING_NOW) == 10
    assert [conversation.id for conversation in waiting] == [talk.id for talk in history]


async def test_a_range_that_is_none_is_refused_everywhere(stores: Stores) -> None:
    reports = OverviewReports(stores)
    wrong = ReportFilter(first_day="2026-11-31", last_day="2026-12-01")
    with pytest.raises(Invalid):
        await reports.overview(wrong)
    with pytest.raises(Invalid):
        await reports.evidence(EvidenceQuery(metric=Metric.MOOD, filter=wrong), after=None, limit=5)
