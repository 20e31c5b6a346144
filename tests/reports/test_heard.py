"""What many say is read once for all its phrases, and every number is still the one that the store gives."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from dashboards.reports import heard
from dashboards.reports.heard import Heard
from scrm.clock import ManualClock
from scrm.ids import ChannelId, ContactId, ConversationId, MessageId
from scrm.model.topics import ReadingQuery, TermReading
from scrm.ports.stores import Page, Stores
from tests.storage.records import START

BURST, PHRASES = 240, ("鼓包发热", "要求退款", "没人回复")
SHOP, SITE = ChannelId("heard-shop"), ChannelId("heard-site")


def said(number: int) -> TermReading:
    at = START + timedelta(seconds=10 * number)
    return TermReading(
        id=MessageId(f"heard{number:04d}"), at=at, counted_at=at, channel_id=SITE if number % 3 else SHOP,
        conversation_id=ConversationId(f"v{number % 70}"), contact_id=ContactId(f"p{number % 70}"),
        sentiment="neutral" if number % 5 else "negative", terms=PHRASES,
    )  # fmt: skip


@pytest.fixture(autouse=True)
async def burst(stores: Stores) -> None:
    await note(stores, *(said(number) for number in range(BURST)))


async def note(stores: Stores, *readings: TermReading) -> None:
    await stores.topics.record(readings, [START.replace(hour=0, minute=0)] * len(readings))


@pytest.fixture
def asked(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> list[ReadingQuery]:
    """What the store is asked for meanwhile."""
    found: list[ReadingQuery] = []
    real = stores.topics.readings

    async def readings(query: ReadingQuery, *, after: Page | None, limit: int) -> list[TermReading]:
        found.append(query)
        return await real(query, after=after, limit=limit)

    monkeypatch.setattr(stores.topics, "readings", readings)
    return found


def query(term: str = PHRASES[0]) -> ReadingQuery:
    until = START + timedelta(hours=8)
    return ReadingQuery(terms=(term,), since=START - timedelta(hours=8), until=until, as_of=until)


async def check(stores: Stores, kept: Heard, wanted: ReadingQuery, seen: int) -> None:
    """As the store says by itself, and as `seen` says."""
    assert await kept.sayers(wanted, seen) == await stores.topics.sayers(wanted)


async def test_one_read_answers_for_all_phrases(stores: Stores, asked: list[ReadingQuery]) -> None:
    kept = Heard(stores, ManualClock(START))
    for term in PHRASES:
        await check(stores, kept, query(term), BURST)
    await check(stores, kept, replace(query(), channel_id=SHOP), BURST // 3)
    await check(stores, kept, replace(query(), sentiment="negative"), BURST // 5)
    newest = await kept.newest(query(PHRASES[1]), BURST, 3)
    assert [each.id for each in newest] == [said(BURST - 1 - back).id for back in range(3)]
    assert len(asked) == 1


async def test_what_came_since_is_read_alone_and_what_came_late_is_not_missed(
    stores: Stores, asked: list[ReadingQuery]
) -> None:
    clock = ManualClock(START)
    kept = Heard(stores, clock)
    first = replace(query(), until=said(199).at)
    await check(stores, kept, first, 200)
    await check(stores, kept, query(), BURST)
    assert [each.since for each in asked] == [first.since, said(199).at]
    # Noted after the look before, of a time that was read already.
    late = replace(said(50), id=MessageId("heard-late"), contact_id=ContactId("late"), terms=("迟到", *PHRASES[:1]))
    await note(stores, late)
    await check(stores, kept, query(), BURST + 1)
    assert asked[-1].since == first.since
    assert (await kept.sayers(query(), BURST + 1)).people == 71
    before = len(asked)
    clock.advance(601)
    await check(stores, kept, query(), BURST + 1)
    assert len(asked) == before + 1  # not believed for ever


async def test_what_few_say_is_looked_for_where_it_is_and_what_too_many_say_counted_there(
    stores: Stores, asked: list[ReadingQuery], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Heard(stores, ManualClock(START))
    await note(stores, replace(said(1), id=MessageId("heard-rare"), terms=("少见",)))
    assert [each.id for each in await kept.newest(query("少见"), 1, 3)] == ["heard-rare"]
    assert len(asked) == 1
    monkeypatch.setattr(heard, "MOST_KEPT", 100)
    await check(stores, kept, query(PHRASES[2]), BURST)
    assert len(await kept.newest(query(PHRASES[2]), BURST, 3)) == 3
    assert len(asked) == 2
    assert kept._kept == {}
