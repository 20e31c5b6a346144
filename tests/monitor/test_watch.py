"""From read messages to boards and alerts, on a real database: counted once, found, explained, and opened."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from msgspec.structs import replace

from dashboards.monitor import MonitorTopics, TopicWatch, lifecycle, rebuild
from dashboards.monitor.counting import Counting
from scrm.clock import ManualClock
from scrm.errors import Conflict, Invalid, NotFound
from scrm.ids import AgentId, AlertId, ChannelId, CountingIds
from scrm.model.analysis import Sentiment
from scrm.model.message import Author, AuthorType
from scrm.model.topics import AlertState, BoardRange, Grain, ReadingQuery, TermReading, TermVolume, Topic
from scrm.ports.stores import Stores
from scrm.ports.topics import AlertChange
from scrm.ports.turn import LeaseLost
from tests.monitor.said import ZONE, Said, store
from tests.storage import records

NOW = datetime(2026, 11, 20, 6, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVERYDAY = (
    ("什么时候发货呀", ("发货",), "logistics"),
    ("想退款", ("退款",), "refund"),
    ("这款充电宝多少钱", ("充电宝", "多少钱"), "presale"),
    ("发票怎么开", ("发票",), "invoice"),
    ("充电口是什么接口", ("充电", "接口"), "presale"),
)
HOT = (
    "充电发热很严重，摸着烫手",
    "充电发热，摸着烫手很严重！",
    "你们这个充电发热，会爆炸吗",
    "昨天开始充电发热 要退货",
)
BOSS = Author(type=AuthorType.AGENT, id="a1", name="李敏")


def usual(random: Random, count: int, since: datetime, until: datetime) -> list[Said]:
    span = (until - since).total_seconds()
    found = []
    for number in range(count):
        text, keywords, category = random.choice(EVERYDAY)
        found.append(
            Said(
                at=since + timedelta(seconds=random.uniform(0, span)), text=text, keywords=keywords, category=category,
                who=f"usual{number % 60}", channel=random.choice(("ch", "other")),
                sentiment=random.choice((Sentiment.NEUTRAL, Sentiment.NEUTRAL, Sentiment.NEGATIVE)),
            )
        )  # fmt: skip
    return [replace(one, at=one.at.replace(microsecond=0)) for one in found]


def heat(count: int, since: datetime) -> list[Said]:
    return [
        Said(
            at=since + timedelta(minutes=4 * number), text=HOT[number % len(HOT)], keywords=("充电", "发热"),
            category="quality", who=f"hot{number % 9}", channel="ch" if number % 3 else "other",
            sentiment=Sentiment.NEGATIVE if number % 5 else Sentiment.NEUTRAL,
        )
        for number in range(count)
    ]  # fmt: skip


def watch_of(stores: Stores, clock: ManualClock, owner: str = "one") -> tuple[TopicWatch, MonitorTopics]:
    topics = MonitorTopics(stores, clock, ZONE)
    return TopicWatch(stores, topics, clock, CountingIds(f"{owner}-"), ZONE, owner), topics


async def everything(stores: Stores) -> tuple[list[TermVolume], list[TermReading]]:
    since, until = NOW - timedelta(days=70), NOW + timedelta(days=70)
    volumes = [volume for grain in Grain for volume in await stores.topics.volumes(grain, since, until)]
    terms = tuple({term for volume in volumes for term in volume.terms})
    query = ReadingQuery(terms=terms, since=since, until=until, as_of=until)
    readings = await stores.topics.readings(query, after=None, limit=5_000)
    return volumes, [replace(reading, counted_at=NOW) for reading in readings]


async def test_rebuilt_is_incremental_whatever_was_read_when(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.monitor.counting.KEEP", timedelta(days=5))
    random = Random(3)
    clock = ManualClock(NOW)
    counting = Counting(stores, clock, ZONE)
    said = usual(random, 60, NOW - timedelta(days=3), NOW) + heat(8, NOW - 2 * HOUR)
    random.shuffle(said)  # read in any order: many of them late
    for start in range(0, len(said), 17):
        await store(stores, said[start : start + 17])
        await counting.count(NOW - timedelta(days=random.choice((4, 4, 5))))
        await counting.count(NOW - HOUR)  # and again, over any range
    counted = await everything(stores)
    assert sum(sum(volume.messages.values()) for volume in counted[0] if volume.grain is Grain.DAY) == len(said)
    assert len(counted[1]) == len(said)
    # By hand: each term of each message once.
    by_hand = Counter(term for one in said for term in one.keywords)
    by_store = Counter(term for reading in counted[1] for term in reading.terms)
    assert {term: by_store[term] for term in by_hand} == by_hand

    steps: list[tuple[int, int]] = []
    assert await rebuild(stores, clock, ZONE, "r", lambda done, total: steps.append((done, total))) == len(said)
    assert await everything(stores) == counted
    assert steps[-1][0] == steps[-1][1] == len(steps)
    await stores.leases.acquire("topics", "a hub", clock.now(), clock.now() + HOUR)
    with pytest.raises(LeaseLost):
        await rebuild(stores, clock, ZONE, "r", lambda done, total: None)


async def opened(topics: MonitorTopics, topic: Topic, channel: str | None = None) -> list[TermReading]:
    query = ReadingQuery(
        terms=topic.terms, since=topic.since, until=topic.until, as_of=topic.as_of, category=topic.scope,
        channel_id=ChannelId(channel) if channel else None,
    )  # fmt: skip
    return await topics.evidence(query, like=None, after=None, limit=500)


async def test_a_burst_is_found_explained_and_opened(stores: Stores) -> None:
    clock = ManualClock(NOW - HOUR)
    watch, topics = watch_of(stores, clock)
    rest, _ = watch_of(stores, clock, "two")
    await stores.workspace.put("topics_looked_until", (NOW - 2 * HOUR).isoformat())
    await store(stores, usual(Random(5), 240, NOW - timedelta(days=15), NOW - HOUR))
    assert await watch.tick()
    assert not await rest.tick()  # one watches
    assert await topics.alerts() == []

    await store(stores, heat(14, NOW - HOUR))
    clock.advance(3960)
    assert await watch.tick()
    [alert] = await topics.alerts()
    topic = alert.topic
    assert (topic.name, topic.category, topic.messages, topic.people) == ("充电发热", "quality", 14, 9)
    assert topic.expected is not None
    assert topic.expected < 3  # everyday talk of 充电 included
    assert (topic.moods.negative, topic.moods.neutral) == (11, 3)
    assert topic.first_seen == NOW - HOUR
    assert sum(point.messages for point in topic.spark) == 14
    # Each number opens its messages.
    assert len(await opened(topics, topic)) == 14
    assert {channel: len(await opened(topics, topic, channel)) for channel in topic.channels} == topic.channels
    voice = topic.voices[0]
    query = ReadingQuery(terms=topic.terms, since=topic.since, until=topic.until, as_of=topic.as_of)
    alike = await topics.evidence(query, like=voice.message_id, after=None, limit=50)
    assert len(alike) == voice.similar
    texts = await stores.messages.get_many([reading.id for reading in alike])
    assert {message.content for message in texts.values()} == {HOT[0], HOT[1]}

    # What comes later belongs to the next number, not to this one.
    await store(stores, [replace(heat(1, NOW + timedelta(minutes=5))[0], who="late")])
    clock.advance(360)
    await watch.tick()
    assert len(await opened(topics, topic)) == 14
    [same] = await topics.alerts()
    assert (same.id, same.topic.messages) == (alert.id, 15)
    clock.advance(3 * 3600)
    await watch.release()
    assert await rest.tick()  # it looks at the hours nobody watched
    [ended] = await topics.alerts()
    assert ended.ended_at is None  # within the day it still is one
    clock.advance(26 * 3600)
    await stores.workspace.put("topics_looked_until", (clock.now() - 2 * HOUR).isoformat())
    await rest.tick()
    [ended] = await topics.alerts()
    assert ended.ended_at is not None
    assert ended.ended_at >= ended.last_seen_at + lifecycle.QUIET


async def test_a_board_says_what_rises_and_its_numbers_open(stores: Stores) -> None:
    clock = ManualClock(NOW)
    topics = MonitorTopics(stores, clock, ZONE)
    await store(stores, [*usual(Random(6), 240, NOW - timedelta(days=15), NOW), *heat(10, NOW - HOUR)])
    fresh = await topics.board(BoardRange.DAY, None)
    assert (fresh.messages, fresh.comparable, fresh.topics) == (0, False, ())
    await Counting(stores, clock, ZONE).count(NOW - timedelta(days=20))
    assert await topics.board(BoardRange.DAY, None) == fresh  # kept for some minutes
    clock.advance(130)
    topics = MonitorTopics(stores, clock, ZONE)
    for channel in (None, ChannelId("other")):
        board = await topics.board(BoardRange.DAY, channel)
        assert board.comparable == (channel is None)  # one channel alone has too little history
        if channel is None:
            assert [topic.name for topic in board.topics] == ["充电发热"]
            assert board.messages > 10
        for topic in board.topics:
            assert len(await opened(topics, topic, channel)) == topic.messages
        assert [term.messages for term in board.terms] == sorted((term.messages for term in board.terms), reverse=True)
        for term in board.terms:
            query = ReadingQuery(
                terms=(term.term,), since=board.since, until=board.until, as_of=board.until, channel_id=channel
            )
            found = await topics.evidence(query, like=None, after=None, limit=500)
            assert len(found) == term.messages
            assert sum(reading.sentiment == Sentiment.NEGATIVE for reading in found) == term.negative
    week = await topics.board(BoardRange.WEEK, None)
    assert week.since == datetime(2026, 11, 13, 16, tzinfo=UTC)  # a midnight in Shanghai
    assert not week.comparable


async def test_people_decide_about_an_alert(stores: Stores) -> None:
    clock = ManualClock(NOW)
    topics = MonitorTopics(stores, clock, ZONE)
    alert = records.alert(last_seen_at=NOW)
    await stores.topics.add_alert(alert)
    agent = records.agent(id=AgentId("a1"))
    await stores.agents.insert(agent)
    later = clock.now() + HOUR
    snoozed = await topics.change_alert(
        alert.id, AlertChange(state=AlertState.SNOOZED, snoozed_until=later, owner_id=agent.id), by=BOSS
    )
    assert (snoozed.state, snoozed.owner_id, snoozed.handled_by) == (AlertState.SNOOZED, agent.id, "李敏")
    clock.advance(3600)
    [woken] = await topics.alerts()
    assert (woken.state, woken.snoozed_until) == (AlertState.OPEN, None)
    done = await topics.change_alert(alert.id, AlertChange(state=AlertState.ACKNOWLEDGED, owner_id=None), by=BOSS)
    assert (done.state, done.owner_id, done.snoozed_until) == (AlertState.ACKNOWLEDGED, None, None)
    for bad in (
        AlertChange(state=AlertState.SNOOZED),
        AlertChange(state=AlertState.SNOOZED, snoozed_until=clock.now()),
        AlertChange(state=AlertState.SNOOZED, snoozed_until=clock.now() + timedelta(days=400)),
        AlertChange(snoozed_until=later),
        AlertChange(owner_id=AgentId("nobody")),
    ):
        with pytest.raises(Invalid):
            await topics.change_alert(alert.id, bad, by=BOSS)
    with pytest.raises(NotFound):
        await topics.change_alert(AlertId("none"), AlertChange(state=AlertState.OPEN), by=BOSS)


async def test_two_who_decide_at_once_are_told(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    topics = MonitorTopics(stores, ManualClock(NOW), ZONE)
    alert = records.alert()
    await stores.topics.add_alert(alert)
    read = stores.topics.alert

    async def beaten(alert_id: AlertId) -> object:
        found = await read(alert_id)
        assert found is not None
        await stores.topics.save_alert(found)
        return found

    monkeypatch.setattr(stores.topics, "alert", beaten)
    with pytest.raises(Conflict):
        await topics.change_alert(alert.id, AlertChange(state=AlertState.ACKNOWLEDGED), by=BOSS)
