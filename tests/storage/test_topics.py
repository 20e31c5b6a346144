"""Readings are noted once, counts equal the readings behind them, and alerts change by compare-and-set."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from scrm.clock import ManualClock
from scrm.errors import Stale
from scrm.ids import ChannelId, ContactId
from scrm.model.topics import Cell, DayWords, Grain, Sayers
from scrm.ports.stores import Page, Stores
from scrm.storage import topics
from scrm.storage.stores import MongoStores
from scrm.storage.topics import MongoTopics
from tests.storage import records
from tests.storage.records import at

DAY = records.START.replace(hour=0) - records.timedelta(hours=8)
BAD = Cell(category="quality", sentiment="negative")


async def test_noted_twice_is_counted_once(stores: Stores) -> None:
    readings = [
        records.term_reading(),
        records.term_reading(category=None, sentiment="neutral", terms=("v1.2", "发热")),
    ]
    assert await stores.topics.record(readings, [DAY, DAY]) == 2
    late = records.term_reading(at=at(4000), terms=())
    assert await stores.topics.record([*readings, late], [DAY] * 3) == 1
    [day] = await stores.topics.volumes(Grain.DAY, DAY, at(0))
    unknown = Cell(category=None, sentiment="neutral")
    assert day.messages == {BAD: 2, unknown: 1}
    assert day.terms["发热"] == {BAD: 1, unknown: 1}
    assert day.terms["v1.2"] == {unknown: 1}  # a dot in a term is no path
    hours = await stores.topics.volumes(Grain.HOUR, at(0), at(7200))
    assert [(hour.start, sum(hour.messages.values())) for hour in hours] == [(at(0), 2), (at(3600), 1)]
    assert await stores.topics.volumes(Grain.HOUR, at(0), at(7200), ChannelId("other")) == []
    assert await stores.topics.known([late.id, records.new_id("m")]) == {late.id}  # type: ignore[list-item]


async def test_evidence_pages_over_the_union_of_terms(stores: Stores) -> None:
    both = [records.term_reading(at=at(step), terms=("充电", "发热")) for step in range(3)]
    one = [records.term_reading(at=at(10 + step), terms=("发热",)) for step in range(3)]
    other = [
        records.term_reading(at=at(20), terms=("发票",)),
        records.term_reading(at=at(4000)),  # after the span
        records.term_reading(at=at(5), counted_at=at(8000)),  # noted later than the number was made
        records.term_reading(at=at(6), category=None),
        records.term_reading(at=at(7), channel_id=ChannelId("else")),
    ]
    await stores.topics.record([*both, *one, *other], [DAY] * 11)
    query = records.reading_query(channel_id=ChannelId("ch"), category="quality")
    found, after = [], None
    while page := await stores.topics.readings(query, after=after, limit=2):
        found += [reading.id for reading in page]
        after = Page(at=page[-1].at, id=page[-1].id)
    assert found == [reading.id for reading in reversed([*both, *one])]
    [unknown] = await stores.topics.readings(replace(query, category="none"), after=None, limit=5)
    assert unknown.category is None


async def test_a_flood_is_noted_up_to_a_bound(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "MOST_AN_HOUR", 3)
    first = [records.term_reading() for _ in range(2)]
    assert await stores.topics.record(first, [DAY] * 2) == 2
    assert await stores.topics.record([records.term_reading() for _ in range(4)], [DAY] * 4) == 1
    elsewhere = records.term_reading(channel_id=ChannelId("quiet"))
    assert await stores.topics.record([elsewhere], [DAY]) == 1


async def test_a_day_that_is_too_large_stops_neither_hours_nor_other_channels(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "LARGEST_DAY", 2_000)

    async def say(number: int) -> None:
        terms = tuple(f"{number}x{word}" for word in range(14))
        reading = records.term_reading(at=at(3_600 * number), terms=terms)
        other = records.term_reading(at=at(3_600 * number), channel_id=ChannelId("quiet"), terms=("一样",))
        assert await stores.topics.record([reading, other], [DAY] * 2) == 2

    for number in range(6):
        await say(number)
    days = {each.channel_id: sum(each.messages.values()) for each in await stores.topics.volumes(Grain.DAY, DAY, at(0))}
    assert days.pop(ChannelId("quiet")) == 6
    assert 0 < min(days.values()) < 6
    hours = await stores.topics.volumes(Grain.HOUR, at(0), at(3_600 * 6))
    assert sum(sum(hour.messages.values()) for hour in hours) == 12


async def test_forgetting_a_span_leaves_the_rest(stores: Stores) -> None:
    old, new = records.term_reading(), records.term_reading(at=at(86400))
    await stores.topics.record([old, new], [DAY, DAY + records.timedelta(days=1)])
    await stores.topics.forget(DAY, DAY + records.timedelta(days=1))
    assert await stores.topics.known([old.id, new.id]) == {new.id}
    [day] = await stores.topics.volumes(Grain.DAY, DAY, at(90000))
    assert day.start == DAY + records.timedelta(days=1)


async def test_an_alert_is_changed_by_who_saw_it_as_it_is(stores: Stores) -> None:
    alert = records.alert()
    await stores.topics.add_alert(alert)
    saved = await stores.topics.save_alert(replace(alert, handled_by="李敏"))
    assert saved.version == 1
    assert await stores.topics.alert(alert.id) == saved
    with pytest.raises(Stale):
        await stores.topics.save_alert(alert)
    newer = records.alert(last_seen_at=at(60))
    await stores.topics.add_alert(newer)
    assert [each.id for each in await stores.topics.alerts(at(-1), 5)] == [newer.id, alert.id]
    assert await stores.topics.alerts(at(30), 5) == [newer]
    board = records.board()
    await stores.topics.put_board(board)
    assert await stores.topics.board(board.id) == board


async def test_words_of_days_follow_what_is_noted_and_forgotten(stores: MongoStores) -> None:
    """Two processes: each hears of what the other notes, on a day that is over too."""
    clock = ManualClock(DAY + timedelta(days=9))
    here, there = (MongoTopics(stores.database, clock, stores._transactions) for _ in range(2))
    days = [DAY - timedelta(days=1), DAY]
    first = records.term_reading(terms=("发热", "v1.2", "发热"))
    other = records.term_reading(terms=("发热",), sentiment="neutral", channel_id=ChannelId("else"))

    async def words(channel: str | None = None) -> list[list[DayWords]]:
        return [await each.words(days, ChannelId(channel) if channel else None) for each in (here, there)]

    nothing = DayWords(messages=0, negative=0, terms={})
    assert await words() == [[nothing] * 2] * 2
    await there.record([first], [DAY])
    one = DayWords(messages=1, negative=1, terms={"发热": 1 << 32 | 1, "v1.2": 1 << 32 | 1})
    assert await words() == [[nothing, one]] * 2
    await here.record([other], [DAY])
    both = DayWords(messages=2, negative=1, terms={"发热": 1 << 32 | 2, "v1.2": 1 << 32 | 1})
    assert await words() == [[nothing, both]] * 2
    assert await words("ch") == [[nothing, one]] * 2
    assert (both.said("发热"), both.said("?")) == ((2, 1), (0, 0))
    folded = MongoTopics(stores.database, clock, stores._transactions)
    folded._words._make = None  # type: ignore[assignment]  # after a start nothing is counted again
    assert await folded.words(days) == [nothing, both]
    await there.forget(DAY, DAY + timedelta(days=1))
    assert await words() == [[nothing] * 2] * 2


async def test_who_says_it(stores: Stores) -> None:
    readings = [records.term_reading(at=at(step), contact_id=ContactId(f"p{step % 2}")) for step in (3, 1, 2)]
    await stores.topics.record(readings, [DAY] * 3)
    query = records.reading_query(terms=("发热",))
    assert await stores.topics.sayers(query) == Sayers(people=2, first_at=at(1))
    assert await stores.topics.sayers(replace(query, channel_id=ChannelId("else"))) == Sayers(people=0, first_at=None)
