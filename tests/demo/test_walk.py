"""Every number of every dashboard on a smaller demo: each equals a recount of the raw messages and mentions, and each
opens as many of them as it says. `recount` holds the rules once more, without any of the code that is tested."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import pytest
import pytest_asyncio

from dashboards.monitor.phrases import terms_of
from dashboards.reports import OverviewReports
from scrm.model.conversation import ConversationStatus
from scrm.model.mentions import Mention, MentionQuery, Stream
from scrm.model.quality import Kept, ServiceRow, Times
from scrm.model.reports import DayRange, Kpi, KpiKey, Metric, Outcome, ReportFilter
from scrm.model.topics import BoardRange, Moods, ReadingQuery, Topic
from scrm.model.voice import ComparedOverview, Part, PhraseQuery
from scrm.ports.boards import Names
from scrm.ports.services import Analyser
from tests.demo import recount
from tests.demo.conftest import OpenStores
from tests.demo.recount import ZONE, Fact, where
from tests.demo.walking import BEFORE, EVERYTHING, NOW, PERIOD, WEEK, Demo, asks, opened, walked, where_all, within

pytestmark = pytest.mark.asyncio(loop_scope="module")

TREND = {"conversations": "conversation_opened", "incoming": "message_in", "outgoing": "message_out"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(database: OpenStores, analyser: Analyser) -> Demo:
    return await walked(await database("walk"), analyser)


async def test_the_history_is_worth_walking(demo: Demo) -> None:
    metrics = Counter(fact.metric for fact in where_all(demo, PERIOD) + where_all(demo, BEFORE))
    assert set(metrics) == {str(metric) for metric in Metric} - {"conversation_reopened", "mood_dropped"}
    assert metrics["message_in"] > 100
    assert len(demo.said) > 80
    assert min(fact.day for fact in demo.facts) < BEFORE.first_day


# --- overview -------------------------------------------------------------------------------------------------------


def figures(demo: Demo, period: DayRange, asked: ReportFilter) -> dict[KpiKey, float | None]:
    wanted = within(period, asked)
    responses, resolutions = (
        [fact.value for fact in where(demo.facts, wanted, metric)]
        for metric in ("first_response", "conversation_resolved")
    )
    read = where(demo.facts, wanted, "mood")
    counted = {
        KpiKey.CONVERSATIONS: "conversation_opened", KpiKey.INCOMING: "message_in", KpiKey.OUTGOING: "message_out",
        KpiKey.RESOLVED: "conversation_resolved",
    }  # fmt: skip
    return {
        **{key: len(where(demo.facts, wanted, metric)) for key, metric in counted.items()},
        KpiKey.FIRST_RESPONSE_P50: recount.nearest(responses, 5),
        KpiKey.FIRST_RESPONSE_P90: recount.nearest(responses, 9),
        KpiKey.RESOLUTION_P50: recount.nearest(resolutions, 5),
        KpiKey.RESOLUTION_P90: recount.nearest(resolutions, 9),
        KpiKey.NEGATIVE_SHARE: sum(fact.sentiment == "negative" for fact in read) / len(read) if read else None,
        KpiKey.SATISFACTION: recount.mean([fact.value for fact in where(demo.facts, wanted, "satisfaction")]),
    }


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
    assert [day.day for day in (*board.previous_trend, *board.trend)] == [f"2026-11-{day}" for day in range(15, 21)]
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
    asked = ReportFilter(first_day="2026-11-16", last_day="2026-11-20")
    board = await demo.boards.overview(asked, None)
    assert board.previous.first_day <= first == board.previous_since <= board.previous.last_day


# --- service quality ------------------------------------------------------------------------------------------------


def served(facts: Sequence[Fact], key: str | None) -> ServiceRow:
    of: dict[str, list[Fact]] = {str(metric): [] for metric in Metric}
    for fact in facts:
        of[fact.metric].append(fact)

    def times(metric: str) -> Times:
        took, open_ = [fact.value for fact in of[metric]], [fact.open_value or 0.0 for fact in of[metric]]
        return Times(
            count=len(took), p50=recount.nearest(took, 5), p90=recount.nearest(took, 9),
            open_p50=recount.nearest(open_, 5), open_p90=recount.nearest(open_, 9),
        )  # fmt: skip

    def kept(metric: str) -> Kept:
        return Kept(met=sum(bool(fact.kept) for fact in of[metric]), missed=sum(not fact.kept for fact in of[metric]))

    def mean(metric: str) -> float | None:
        return recount.mean([fact.value for fact in of[metric]])

    return ServiceRow(
        key=key, opened=len(of["conversation_opened"]), assigned=len(of["assigned"]), incoming=len(of["message_in"]),
        outgoing=len(of["message_out"]), resolved=len(of["conversation_resolved"]), reopened=0,
        handed_off=len(of["handed_off"]), first_response=times("first_response"),
        next_response=times("next_response"), resolution=times("conversation_resolved"),
        first_kept=kept("first_response"), next_kept=kept("next_response"),
        resolution_kept=kept("conversation_resolved"), satisfaction=mean("satisfaction"),
        rated=len(of["satisfaction"]), mood_before=mean("mood_before"), mood_after=mean("mood_after"),
        moods=len(of["mood_after"]),
    )  # fmt: skip


async def test_service_quality(demo: Demo) -> None:
    for asked in await asks(demo):
        report = await demo.boards.service(asked, None)
        wanted = within(PERIOD, asked)
        # Neither moods nor the drops of moods are anybody's service.
        now = [fact for fact in demo.facts if wanted(fact) and fact.metric != "mood"]
        then = [fact for fact in demo.facts if within(BEFORE, asked)(fact)]
        assert same(report.total, served(now, None))
        assert same(report.before, served(then, None))
        for rows, name in ((report.agents, "agent"), (report.teams, "team"), (report.channels, "channel")):
            assert {row.key for row in rows} == {getattr(fact, name) for fact in now}
            for row in rows:
                assert same(row, served([fact for fact in now if getattr(fact, name) == row.key], row.key)), row
        for cell in report.arrivals:
            came = [f for f in where(now, wanted, "message_in") if (f.weekday, f.hour) == (cell.weekday, cell.hour)]
            assert cell.count == len(came)
        for hour in report.staffing:
            came, sent = (
                [f for f in where(now, wanted, m) if f.hour == hour.hour] for m in ("message_in", "message_out")
            )
            assert (hour.incoming, hour.outgoing) == (len(came), len(sent))
            assert hour.agent_days == len({(fact.day, fact.agent) for fact in sent})
    await walk_service(demo)


def same(row: ServiceRow, counted: ServiceRow) -> bool:
    """Means are rounded sums of floats."""
    for name in row.__struct_fields__:
        one, other = getattr(row, name), getattr(counted, name)
        if isinstance(one, float) and isinstance(other, float):
            assert one == pytest.approx(other, abs=2e-4), name
        else:
            assert one == other, name
    return True


async def walk_service(demo: Demo) -> None:
    [asked, *_] = await asks(demo)
    report = await demo.boards.service(asked, None)
    for row in report.agents:
        agent = row.key or "none"
        assert row.outgoing == await opened(demo, asked, "message_out", agent_id=agent)
        assert row.first_response.count == await opened(demo, asked, "first_response", agent_id=agent)
        assert row.resolved == await opened(demo, asked, "conversation_resolved", agent_id=agent)
        assert row.handed_off == await opened(demo, asked, "handed_off", agent_id=agent)
        missed = await opened(demo, asked, "first_response", agent_id=agent, outcome=Outcome.MISSED)
        assert row.first_kept.missed == missed
    for cell in report.arrivals:
        if cell.count:
            more = {"weekday": cell.weekday, "hour": cell.hour}
            assert cell.count == await opened(demo, asked, "message_in", **more)


# --- customer voice -------------------------------------------------------------------------------------------------


def says(fact: Fact) -> frozenset[str]:
    message = fact.message
    assert message is not None and message.analysis is not None
    return frozenset(terms_of(message.content, message.analysis.keywords))


async def test_customer_voice(demo: Demo) -> None:
    for asked in await asks(demo):
        voice = await demo.boards.voice(asked, None, Names())
        now, then = (where(demo.facts, within(period, asked), "mood") for period in (PERIOD, BEFORE))
        assert (voice.volume.now, voice.volume.before) == (len(now), len(then))
        assert {row.category for row in voice.rows} == {fact.category for fact in (*now, *then)}
        for row in voice.rows:
            assert row.now == moods_of([fact for fact in now if fact.category == row.category])
            assert row.before == moods_of([fact for fact in then if fact.category == row.category])
        for trend in voice.trends:
            for days, numbers, bad in (
                (voice.days, trend.messages, False), (voice.days, trend.negative, True),
                (("2026-11-15", "2026-11-16", "2026-11-17"), trend.before, False),
            ):  # fmt: skip
                of_it = [each for each in (*now, *then) if each.category == trend.category]
                of_it = [each for each in of_it if not bad or each.sentiment == "negative"]
                assert list(numbers) == [sum(each.day == day for each in of_it) for day in days]
        for explained in (voice.volume, voice.negative):
            assert explained is not None
            for parts, name in ((explained.categories, "category"), (explained.channels, "channel")):
                for part in parts:
                    one, other = ([f for f in side if getattr(f, name) == part.key] for side in (now, then))
                    assert counts_of(part) == (len(one), len(other), bad_of(one), bad_of(other))
            for part in explained.phrases:
                one, other = ([f for f in side if part.key in says(f)] for side in (now, then))
                assert counts_of(part) == (len(one), len(other), bad_of(one), bad_of(other))
        assert voice.negative is not None
        assert voice.negative.now == pytest.approx(bad_of(now) / len(now))
        assert voice.negative.before == pytest.approx(bad_of(then) / len(then))
        assert (voice.phrases is None) == (asked.team_id is not None)
    await walk_phrases(demo)


def moods_of(facts: Sequence[Fact]) -> Moods:
    counts = Counter(fact.sentiment for fact in facts)
    return Moods(negative=counts["negative"], neutral=counts["neutral"], positive=counts["positive"])


def bad_of(facts: Sequence[Fact]) -> int:
    return sum(fact.sentiment == "negative" for fact in facts)


def counts_of(part: Part) -> tuple[int, int, int, int]:
    return part.now, part.before, part.negative_now, part.negative_before


async def walk_phrases(demo: Demo) -> None:
    [asked, *_] = await asks(demo)
    voice = await demo.boards.voice(asked, None, Names())
    assert voice.phrases is not None and voice.negative is not None
    now, then = (where(demo.facts, within(period, asked), "mood") for period in (PERIOD, BEFORE))
    assert (voice.phrases.messages, voice.phrases.before) == (len(now), len(then))

    async def listed(term: str | None, period: DayRange, bad: bool = False) -> int:
        query = PhraseQuery(
            first_day=period.first_day, last_day=period.last_day, term=term,
            sentiment="negative" if bad else None, as_of=voice.phrases and voice.phrases.as_of,
        )  # fmt: skip
        return len(await demo.boards.phrase_evidence(query, after=None, limit=EVERYTHING))

    assert len(voice.phrases.moved) > 5
    for phrase in (*voice.phrases.moved, *voice.phrases.new):
        one, other = ([fact for fact in side if phrase.term in says(fact)] for side in (now, then))
        assert (phrase.now, phrase.before, phrase.negative) == (len(one), len(other), bad_of(one))
        assert phrase.days == tuple(sum(fact.day == day for fact in one) for day in voice.days)
        assert phrase.expected == pytest.approx(len(now) * len(other) / len(then))
        assert phrase.now == await listed(phrase.term, PERIOD)
        assert phrase.before == await listed(phrase.term, BEFORE)
        assert phrase.negative == await listed(phrase.term, PERIOD, bad=True)
    for phrase in voice.phrases.new:
        by = [fact.message for fact in demo.facts if fact.metric == "mood" and phrase.term in says(fact)]
        assert phrase.people == len({message.contact_id for message in by if message})
        assert phrase.first_at == min(message.created_at for message in by if message)
    for part in voice.negative.phrases:
        assert part.now == await listed(part.key, PERIOD)
        assert part.negative_before == await listed(part.key, BEFORE, bad=True)
    for finding in voice.findings:
        known = {message.id for _, thread in demo.raw.values() for message in thread}
        assert finding.cites and {cited.message_id for cited in finding.cites} <= known


# --- live wall, topics ----------------------------------------------------------------------------------------------


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
    assert (counts.all, counts.unassigned) == (len(unresolved), sum(each.assignee_id is None for each in unresolved))
    load = Counter(each.assignee_id for each in unresolved if each.status is ConversationStatus.OPEN)
    assert await demo.stores.conversations.open_counts() == {agent: n for agent, n in load.items() if agent}


async def test_topics_and_their_alerts(demo: Demo) -> None:
    read = [fact for fact in demo.facts if fact.metric == "mood"]
    for board_range in BoardRange:
        board = await demo.topics.board(board_range, None)
        inside = [fact for fact in read if board.since <= fact.at <= board.until]
        assert board.messages == len(inside)
        for count in board.terms:
            of_term = [fact for fact in inside if count.term in says(fact)]
            assert (count.messages, count.negative) == (len(of_term), bad_of(of_term))
            assert count.messages == await readings(demo, (count.term,), board.since, board.until, None, board.until)
        for topic in board.topics:
            await walk_topic(demo, topic, read)
    for alert in await demo.stores.topics.alerts(NOW - WEEK, 50):
        if alert.monitor_id is None:
            await walk_topic(demo, alert.topic, read)


async def readings(
    demo: Demo, terms: tuple[str, ...], since: datetime, until: datetime, scope: str | None, as_of: datetime
) -> int:
    query = ReadingQuery(terms=terms, since=since, until=until, as_of=as_of, category=scope)
    return len(await demo.topics.evidence(query, like=None, after=None, limit=EVERYTHING))


async def walk_topic(demo: Demo, topic: Topic, read: Sequence[Fact]) -> None:
    own = [
        fact
        for fact in read
        if topic.since <= fact.at <= topic.until
        and set(topic.terms) & says(fact)
        and topic.scope in (None, fact.category or "none")
    ]
    assert (topic.messages, topic.moods) == (len(own), moods_of(own))
    assert topic.people == len({fact.message.contact_id for fact in own if fact.message})
    assert topic.channels == Counter(fact.channel for fact in own)
    assert sum(point.messages for point in topic.spark) == len(own)
    assert topic.messages == await readings(demo, topic.terms, topic.since, topic.until, topic.scope, topic.as_of)


# --- what is said outside -------------------------------------------------------------------------------------------


def has(text: str, *words: str) -> bool:
    return any(word in text for word in words)


# The demo's monitors, said once more.
WATCHED: dict[str, Callable[[str], bool]] = {
    "demo-brand": lambda t: "柚屿" in t and not has(t, "小学", "古镇", "物业", "花园", "柚屿路"),
    "demo-rival-1": lambda t: "木星家居" in t,
    "demo-rival-2": lambda t: "小橘智造" in t,
    "demo-power": lambda t: has(t, "移动电源", "充电宝") and has(t, "发热", "发烫", "烫", "鼓包", "鼓起"),
    "demo-rights": lambda t: has(t, "12315", "投诉", "维权") or ("退款" in t and has(t, "不", "没", "未")),
    "demo-robot": lambda t: "扫地机" in t or re.search(r"(?<![0-9a-z])r2(?![0-9a-z])", t.lower()) is not None,
}


def shown(mention: Mention) -> str:
    return f"{mention.title}\n{mention.text}\n{mention.author}"


def of_mentions(found: Sequence[Mention]) -> Moods:
    counts = Counter(mention.sentiment for mention in found)
    return Moods(negative=counts["negative"], neutral=counts["neutral"], positive=counts["positive"])  # type: ignore[index]


@pytest.mark.parametrize("hours", [24, 72, 168])
async def test_mentions_and_monitors(demo: Demo, hours: int) -> None:
    since, until = NOW - timedelta(hours=hours), NOW
    for monitor_id in (None, *(monitor.id for monitor in await demo.stores.monitors.all())):
        report = await demo.mentions.report(monitor_id, since, until)
        matches = WATCHED[monitor_id] if monitor_id else lambda _: True
        for stream in report.streams:
            own: Sequence[Mention | Fact]
            if stream.stream is Stream.MENTIONS:
                every = [each for each in demo.said if matches(shown(each))]
                own = [each for each in every if report.since <= each.published_at <= report.until]
                assert stream.moods == of_mentions(own)
                assert stream.reach == sum(each.reach or 0 for each in own)
                assert dict(Counter(each.site for each in own).most_common(8)).items() >= {
                    (place.name, place.items) for place in stream.places
                } or sorted(place.items for place in stream.places) == sorted(
                    count for _, count in Counter(each.site for each in own).most_common(8)
                )
                assert stream.people == len({each.author or each.id for each in own})
                query = MentionQuery(since=report.since, until=report.until, monitor_id=monitor_id)
                listed, _ = await demo.mentions.page(query, words="", after=None, limit=EVERYTHING)
                assert {each.mention.id for each in listed} == {each.id for each in own}
                times = [each.published_at for each in own]
                bad = [each.published_at for each in own if each.sentiment == "negative"]
            else:
                read = [each for each in demo.facts if each.metric == "mood" and matches(each.message.content)]
                own = [each for each in read if report.since <= each.at <= report.until]
                assert stream.moods == moods_of(own)
                assert stream.people == len({each.message.contact_id for each in own})
                assert {(p.channel_id, p.items, p.negative) for p in stream.places} == {
                    (key, len(on), bad_of(on))
                    for key in {each.channel for each in own}
                    for on in [[each for each in own if each.channel == key]]
                }
                hits = await demo.stores.monitors.hits(
                    report.monitor.id, stream.stream, report.since, report.until, limit=EVERYTHING
                )
                assert {hit.item_id for hit in hits} == {each.message.id for each in own}
                times = [each.at for each in own]
                bad = [each.at for each in own if each.sentiment == "negative"]
            assert stream.items == len(own)
            edges = [*(point.start for point in stream.points), until + WEEK]
            for place, point in enumerate(stream.points):
                held = [sum(point.start <= at < edges[place + 1] for at in side) for side in (times, bad)]
                assert [point.items, point.negative] == held


async def test_share_of_voice_and_the_period_before(demo: Demo) -> None:
    since = NOW.astimezone(ZONE).replace(hour=0) - timedelta(days=2)
    shares = await demo.mentions.shares((), since, NOW)
    assert [share.monitor.id for share in shares] == ["demo-brand", "demo-rival-1", "demo-rival-2"]
    spans = {
        each.monitor.id: [
            [m for m in demo.said if WATCHED[each.monitor.id](shown(m)) and first <= m.published_at <= last]
            for first, last in ((since, NOW), (since - (NOW - since), since - timedelta(microseconds=1)))
        ]
        for each in shares
    }
    whole = sum(len(now) for now, _ in spans.values())
    for share in shares:
        now, _ = spans[share.monitor.id]
        assert (share.items, share.negative) == (len(now), of_mentions(now).negative)
        assert share.reach == sum(each.reach or 0 for each in now)
        assert share.share == pytest.approx(len(now) / whole)
    assert date.fromisoformat(PERIOD.last_day) == NOW.astimezone(ZONE).date()
