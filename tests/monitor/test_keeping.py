"""Readings kept from look to look: never believed where one is missing, and no more than fit."""

from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace

from dashboards.monitor import MonitorTopics, bursts, keeping
from dashboards.monitor.bursts import ALL, Counts
from dashboards.monitor.counting import Counting
from dashboards.monitor.keeping import KeptReadings, Place
from dashboards.monitor.topics import FRESH
from scrm.clock import ManualClock
from scrm.ids import ChannelId
from scrm.model.topics import BoardRange, ReadingQuery, TermReading
from scrm.ports.stores import Page, Stores
from tests.monitor.said import ZONE, store
from tests.monitor.test_watch import HOUR, NOW, heat, opened, usual
from tests.storage import records

HEAT: Place = (("发热", ALL), None)


def test_what_is_kept_answers_only_for_all_that_is_counted() -> None:
    kept = KeptReadings()
    said = [records.term_reading(at=records.at(-60 * minute)) for minute in range(5)]
    assert kept.said(HEAT, records.at(-600), records.at(0), 5) is None
    kept.keep(HEAT, said)
    assert kept.said(HEAT, records.at(-600), records.at(0), 5) == said
    assert kept.said(HEAT, records.at(-600), records.at(0), 6) is None  # one more came
    assert kept.said(HEAT, records.at(-120), records.at(0), 3) == said[:3]  # a narrower window of the same
    assert kept.said(HEAT, records.at(-120), records.at(-60), 2) == said[1:3]
    assert kept.said((HEAT[0], ChannelId("ch")), records.at(-600), records.at(0), 5) is None
    assert kept.said((("发热", "quality"), None), records.at(-600), records.at(0), 5) is None
    kept.clear()
    assert kept.said(HEAT, records.at(-600), records.at(0), 5) is None


def test_the_oldest_goes_when_there_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_KEPT", 5)
    kept = KeptReadings()
    places: list[Place] = [((term, ALL), None) for term in ("一", "二", "三")]
    said = [records.term_reading(), records.term_reading()]
    since, until = records.at(-1), records.at(1)
    kept.keep(places[0], said)
    kept.keep(places[1], said)
    kept.keep(places[1], said)  # again, not beside
    assert kept.said(places[0], since, until, 2) == said  # looked at last
    kept.keep(places[2], said)
    assert [kept.said(place, since, until, 2) for place in places] == [said, None, said]


def test_side_by_side_says_what_adding_up_says() -> None:
    random = Random(4)
    parts = [
        Counts(
            messages=random.randrange(9),
            terms={(term, code): random.randrange(1, 9) for term in "甲乙丙丁" for code in (ALL, "a", "b")
                   if random.random() < 0.5},
        )
        for _ in range(6)
    ]  # fmt: skip
    added, beside = bursts.added(parts), bursts.side_by_side(parts)
    assert beside.messages == added.messages
    assert dict(beside.terms) == dict(added.terms)
    assert len(beside.terms) == len(added.terms)
    assert beside.terms.get(("戊", ALL), 0) == 0


async def test_a_second_board_asks_only_for_what_came(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock(NOW)
    topics, counting = MonitorTopics(stores, clock, ZONE), Counting(stores, clock, ZONE)
    await store(stores, [*usual(Random(6), 240, NOW - timedelta(days=15), NOW), *heat(10, NOW - HOUR)])
    await counting.count(NOW - timedelta(days=20))
    asked: list[ReadingQuery] = []
    real = stores.topics.readings

    async def readings(query: ReadingQuery, *, after: Page | None, limit: int) -> list[TermReading]:
        asked.append(query)
        return await real(query, after=after, limit=limit)

    monkeypatch.setattr(stores.topics, "readings", readings)
    first = await topics.make_board(BoardRange.DAY, None)
    assert [topic.name for topic in first.topics] == ["充电发热"]
    assert asked
    asked.clear()
    clock.advance(130)
    second = await topics.make_board(BoardRange.DAY, None)
    assert asked == []
    moved = {"until": second.until, "as_of": second.until, "surprise": second.topics[0].surprise}
    assert second.topics == tuple(replace(topic, **moved) for topic in first.topics)

    # Of another hour, and noted late: it is in the next board, and that opens.
    late = replace(heat(1, NOW - 3 * HOUR)[0], who="late", text="充电发热很严重，摸着烫手")
    await store(stores, [late])
    clock.advance(130)
    await counting.count(NOW - 6 * HOUR)
    [topic] = (await topics.make_board(BoardRange.DAY, None)).topics
    found = await opened(topics, topic)
    assert len(found) == topic.messages
    assert "late" in {reading.contact_id for reading in found}
    # One that remembers nothing says the same.
    assert (await MonitorTopics(stores, clock, ZONE).make_board(BoardRange.DAY, None)).topics == (topic,)


async def test_a_board_is_made_anew_before_a_page_would_wait_for_it(stores: Stores) -> None:
    clock = ManualClock(NOW)
    topics = MonitorTopics(stores, clock, ZONE)
    held = await topics.make_board(BoardRange.DAY, None)
    clock.advance(FRESH[BoardRange.DAY].total_seconds() - 46)
    await topics.board(BoardRange.DAY, None, ahead=timedelta(seconds=45))
    assert await topics.board(BoardRange.DAY, None) == held
    clock.advance(1)
    await topics.board(BoardRange.DAY, None, ahead=timedelta(seconds=45))
    assert (await topics.board(BoardRange.DAY, None)).until == clock.now()
