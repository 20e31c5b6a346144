"""The index: what is taken in is found, at every size of its segments, whatever dies in between."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.terms import SearchCutter
from scrm.ids import AgentId, ChannelId, MessageId
from scrm.model.analysis import Sentiment
from scrm.model.message import MessageKind
from scrm.model.search import Candidates, Indexed, SearchFilter, Wanted, WantedForm
from scrm.ports.stores import Stores
from scrm.storage import lookup, search, segment
from scrm.storage.migrations import MIGRATIONS, migrate
from scrm.storage.stores import MongoStores
from tests.storage import records

CUTTER = SearchCutter()
NOW = records.at(0)


def indexed(text: str, **fields: Any) -> Indexed:
    folded = CUTTER.fold(text)
    given: dict[str, Any] = {
        "id": records.new_id("m"),
        "conversation_id": "v1",
        "at": NOW,
        "channel_id": "ch",
        "kind": MessageKind.INCOMING,
    }
    return Indexed(**{**given, "text": folded, "words": tuple(CUTTER.words(folded)), **fields})


def wanted(*texts: str, form: WantedForm = WantedForm.WORD) -> list[Wanted]:
    return [Wanted(text=text, form=form) for text in texts]


async def find(stores: Stores, *texts: str, form: WantedForm = WantedForm.WORD, **where: Any) -> list[str]:
    """Ids, best first."""
    found = await stores.search.find(wanted(*texts, form=form), SearchFilter(**where), now=NOW, limit=100)
    assert found.whole
    return [each.id for each in found.best]


async def test_words_pairs_single_characters_and_letters(stores: Stores) -> None:
    order, shirt, service = indexed("订单AB1234567890，退货运费谁出？"), indexed("和服很好看"), indexed("产品和服务")
    await stores.search.add([order, shirt, service], [])
    for text in ("退货", "运费", "谁", "出", "ab1234567890", "退货运费"):
        assert await find(stores, text) == [order.id], text
    assert await find(stores, "退款") == []
    assert await find(stores, "ab12") == []
    assert await find(stores, "ab12", form=WantedForm.BEGINNING) == [order.id]
    # Cut as a word it is before two characters that only happen to stand together.
    assert await find(stores, "和服") == [shirt.id, service.id]
    assert await stores.search.find([], SearchFilter(), now=NOW, limit=5) == Candidates(best=(), matching=0)


async def test_pinyin_finds_what_sounds_so(stores: Stores) -> None:
    message = indexed("退货的运费谁出")
    latin = indexed("tuihuo please")
    await stores.search.add([message, latin, indexed("你好")], [])
    for text in ("tuihuo", "yunfei", "shuichu"):
        assert message.id in await find(stores, text), text
    assert set(await find(stores, "tuihuo")) == {message.id, latin.id}
    assert await find(stores, "tuihuoyunfei") == []  # 的 stands between
    assert await find(stores, "yunfeishuichu") == [message.id]
    for text in ("tuih", "yunfeishuic", "yunfeish"):
        assert message.id in await find(stores, text, form=WantedForm.BEGINNING), text
    found = await stores.search.find(wanted("tuihuo"), SearchFilter(), now=NOW, limit=5)
    assert found.alternatives == {"tuihuo": ("退货",)}


async def test_most_of_the_weight_is_enough_and_neighbours_come_first(stores: Stores) -> None:
    apart = indexed("运费的事，退货时谁出")
    whole = indexed("退货运费谁出")
    most = indexed("退货运费是多少")
    others = [indexed(f"谁出门{number}") for number in range(20)]
    await stores.search.add([apart, whole, most, *others], [])
    parts = wanted("退货运费谁出", form=WantedForm.RUN)
    found = await stores.search.find(parts, SearchFilter(), now=NOW, limit=9)
    assert [each.id for each in found.best] == [whole.id, apart.id, most.id]
    assert found.matching == 3
    phrase = [Wanted(text="退货运费", form=WantedForm.PHRASE)]
    found = await stores.search.find([*phrase, *wanted("谁")], SearchFilter(), now=NOW, limit=9)
    assert [each.id for each in found.best] == [whole.id, most.id]
    # Of two words both, of many most: one nobody ever wrote hides nothing where the rest is plenty.
    assert await find(stores, "退货", "鸭嘴兽") == []
    assert whole.id in await find(stores, "退货", "运费", "谁出", "鸭嘴兽")


async def test_newer_first_among_equals_and_when_asked_for(stores: Stores) -> None:
    old, new = indexed("退货", at=NOW - timedelta(days=60)), indexed("退货")
    better = indexed("退货退款", at=NOW - timedelta(days=90))
    await stores.search.add([old, new, better], [])
    assert await find(stores, "退货") == [new.id, old.id, better.id]
    parts = wanted("退货", "退款")
    best = await stores.search.find(parts, SearchFilter(), now=NOW, limit=5)
    assert [each.id for each in best.best] == [better.id]
    newest = await stores.search.find(wanted("退货"), SearchFilter(), now=NOW, limit=2, newest_first=True)
    assert ([each.id for each in newest.best], newest.matching) == ([new.id, old.id], 3)
    assert newest.best[0].at == NOW


async def test_filters(stores: Stores) -> None:
    later = NOW + timedelta(seconds=1)
    each: list[dict[str, Any]] = [
        {"channel_id": ChannelId("other")},
        {"kind": MessageKind.NOTE},
        {"author": AgentId("a1")},
        {"sentiment": Sentiment.NEGATIVE},
        {"category": "refund"},
    ]
    special = [indexed("退货", **where) for where in each]
    new = indexed("退货", at=later)
    await stores.search.add([*special, new], [])
    for where, message in zip(each, special, strict=True):
        assert await find(stores, "退货", **where) == [message.id], where
    assert await find(stores, "退货", since=later) == [new.id]
    assert new.id not in await find(stores, "退货", until=later)
    assert await find(stores, "退货", category="nobody's") == []
    assert await find(stores, "退货", **each[0], **each[1]) == []


async def test_small_segments_are_joined_and_nothing_is_lost(stores: MongoStores) -> None:
    """Readers meanwhile too."""
    messages = [indexed(f"第{number}条 退货 号{number}", channel_id=f"ch{number % 3}") for number in range(40)]
    for at in range(0, 40, 2):
        await stores.search.add(messages[at : at + 2], [])
        while await stores.search.tidy():
            assert len(await find(stores, "退货")) == at + 2
    assert len(await stores.database[search.SEGMENTS].find({}).to_list()) == 1
    listed = await stores.search._segments()  # type: ignore[attr-defined]
    assert len(listed.segments) < search.FAN
    names = {page["_id"].partition("/")[0] for page in await stores.database[search.PAGES].find({}).to_list()}
    assert names == {entry.id for entry in listed.segments}
    for number in (0, 17, 39):
        assert await find(stores, f"号{number}", str(number)) == [messages[number].id]
    assert len(await find(stores, "退货", channel_id=ChannelId("ch1"))) == 13


async def test_a_reader_whose_pages_went_reads_the_list_again(
    stores: MongoStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(search.FAN):
        await stores.search.add([indexed(f"退货{number}")], [])
    other = search.MongoSearch(stores.database, stores.search._clock, stores._transactions)  # type: ignore[attr-defined]
    stale = await other._segments()
    assert await stores.search.tidy()
    answers = iter([stale])
    fresh = other._segments

    async def once_stale() -> search.SegmentList:
        return next(answers, None) or await fresh()

    monkeypatch.setattr(other, "_segments", once_stale)
    found = await other.find(wanted("退货"), SearchFilter(), now=NOW, limit=20)
    assert found.matching == search.FAN


async def test_what_is_stored_is_queued_with_it(stores: Stores) -> None:
    first, second = records.message(), records.message(position=2)
    await stores.messages.insert(first, second)

    async def undone() -> None:
        await stores.messages.insert(records.message())
        raise LookupError

    with pytest.raises(LookupError):
        await stores.transaction(undone)
    waiting = await stores.search.waiting(9)
    assert [place.message_ids for place in waiting] == [(first.id, second.id)]
    await stores.search.add([indexed("你好", id=first.id)], waiting)
    assert await stores.search.waiting(9) == []
    assert await find(stores, "你好") == [first.id]


async def test_taking_in_happens_whole_or_not_at_all(stores: MongoStores, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the process died just before the end; eight segments stand, so that joining them is tried as well."""
    for number in range(search.FAN):
        await stores.search.add([indexed(f"退货{number}")], [])
    await stores.messages.insert(message := records.message(content="退货"))
    waiting = await stores.search.waiting(9)
    pages = stores.search._pages  # type: ignore[attr-defined]
    before = await stores.database[search.PAGES].distinct("_id")

    async def dies(*_: Any) -> int:
        raise LookupError

    with monkeypatch.context() as patch:
        patch.setattr(stores.search._queue, "delete_many", dies)  # type: ignore[attr-defined]
        patch.setattr(pages, "delete_many", dies)
        with pytest.raises(LookupError):
            await stores.search.add([indexed("退货", id=message.id)], waiting)
        with pytest.raises(LookupError):
            await stores.search.tidy()
    assert await stores.search.waiting(9) == waiting
    assert sorted(await stores.database[search.PAGES].distinct("_id")) == sorted(before)
    assert len(await find(stores, "退货")) == search.FAN
    await stores.search.add([indexed("退货", id=message.id)], waiting)
    assert await stores.search.tidy()
    assert len(await find(stores, "退货")) == search.FAN + 1


async def test_a_rebuild_queues_everything(stores: Stores) -> None:
    message = records.message(content="退货")
    await stores.messages.insert(message)
    await stores.search.add([indexed("退货", id=message.id)], await stores.search.waiting(9))
    assert await stores.search.rebuild() == 1
    empty = await stores.search.find(wanted("退货"), SearchFilter(), now=NOW, limit=5)
    assert (empty.best, empty.whole) == ((), False)
    waiting = await stores.search.waiting(9)
    assert [place.message_ids for place in waiting] == [(message.id,)]
    await stores.search.add([indexed("退货", id=message.id)], waiting)
    assert await find(stores, "退货") == [message.id]


async def test_a_rebuild_that_is_broken_off_says_so_until_the_next(
    stores: MongoStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [records.message(content="退货") for _ in range(3)]
    for message in messages:
        await stores.messages.insert(message)
    await stores.search.add([indexed("退货", id=each.id) for each in messages], await stores.search.waiting(9))
    monkeypatch.setattr(search, "QUEUED_TOGETHER", 1)
    queue = stores.search.queue

    async def once(message_ids: Sequence[MessageId]) -> None:
        monkeypatch.setattr(stores.search, "queue", killed)
        await queue(message_ids)

    async def killed(message_ids: Sequence[MessageId]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stores.search, "queue", once)
    with pytest.raises(KeyboardInterrupt):
        await stores.search.rebuild()
    monkeypatch.undo()
    waiting = await stores.search.waiting(9)
    await stores.search.add([indexed("退货", id=each) for place in waiting for each in place.message_ids], waiting)
    half = await stores.search.find(wanted("退货"), SearchFilter(), now=NOW, limit=5)
    assert (len(half.best), half.whole) == (1, False)
    assert await stores.search.rebuild() == 3
    waiting = await stores.search.waiting(9)
    await stores.search.add([indexed("退货", id=each) for place in waiting for each in place.message_ids], waiting)
    all_ = await stores.search.find(wanted("退货"), SearchFilter(), now=NOW, limit=5)
    assert (len(all_.best), all_.whole) == (3, True)


async def test_taken_in_again_it_is_found_once(stores: Stores) -> None:
    message = indexed("退货")
    for _ in range(2):
        await stores.search.add([message], [])
    assert await find(stores, "退货") == [message.id]


async def test_messages_of_the_first_form_are_migrated(stores: MongoStores) -> None:
    message = records.message(content="退货")
    await stores.messages.insert(message)
    database = stores.database
    await database[search.QUEUE].delete_many({"message_ids": message.id})
    await database["messages"].update_one({"_id": message.id}, {"$set": {"terms": ["退货"]}})
    await database["messages"].create_index([("terms", 1)], name="terms", sparse=True)
    await database["migrations"].delete_many({"_id": {"$gte": 2}})
    contact = records.contact(name="欧阳张伟")
    await stores.contacts.insert(contact)
    await database["contacts"].update_one({"_id": contact.id}, {"$set": {"terms": ["^o"]}})
    assert await migrate(database, stores.search._clock, records.new_id, MIGRATIONS[:3]) == [2, 3]  # type: ignore[attr-defined]
    assert await stores.contacts.search("ouyangzhangw", 9) == [contact]
    assert "terms" not in await database["messages"].index_information()
    assert "terms" not in (await database["messages"].find_one({"_id": message.id}) or {})
    assert [place.message_ids for place in await stores.search.waiting(9)] == [(message.id,)]


# --- without a database --------------------------------------------------------------------------------------------

TEXTS = st.lists(st.text(alphabet="退货运费谁出的ab1 ", max_size=12), max_size=30)


@settings(max_examples=60, deadline=None)
@given(batches=st.lists(TEXTS, min_size=1, max_size=4), asked=st.sampled_from(["退货", "运", "ab", "运费", "a1"]))
def test_joined_segments_hold_what_one_would(batches: Sequence[Sequence[str]], asked: str) -> None:
    made = [[indexed(text, channel_id=f"c{len(text) % 3}") for text in batch] for batch in batches]
    once = segment.build([message for batch in made for message in batch])
    joined = segment.join([segment.build(batch) for batch in made])
    assert joined.ids == once.ids
    assert [segment.read_page(page) for page in joined.pages] == [segment.read_page(page) for page in once.pages]
    assert joined.head == once.head
    part = lookup.part_of(Wanted(text=asked))
    entries = lookup.Entries(joined.head, {at: segment.read_page(page) for at, page in enumerate(joined.pages)})
    expected = {
        number
        for number, message in enumerate(message for batch in made for message in batch)
        if asked in (CUTTER.words(message.text) if asked.isascii() else message.text)
    }
    match = entries.match(part)
    assert set(match.pairs[0] if part.pairs else match.found) == expected


def test_pages_are_cut_and_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "PAGE_BYTES", 64)
    made = segment.build([indexed(f"退货{number} 运费a{number}") for number in range(30)])
    assert len(made.pages) > 9
    for number in range(30):
        part = lookup.part_of(Wanted(text=f"a{number}"))
        read = {at: segment.read_page(made.pages[at]) for at in lookup.pages_for(made.head, [part])}
        assert lookup.Entries(made.head, read).match(part).found == {number}
    opened = lookup.part_of(Wanted(text="a1", form=WantedForm.BEGINNING))
    read = {at: segment.read_page(made.pages[at]) for at in lookup.pages_for(made.head, [opened])}
    assert lookup.Entries(made.head, read).match(opened).found == {1, *range(10, 20)}


def test_letters_are_cut_into_syllables_every_way_and_in_bounded_time() -> None:
    assert next(iter(lookup.splits("tuihuo", whole=True))) == ("tui", "huo")
    assert {("xian",), ("xi", "an")} <= set(lookup.splits("xian", whole=True))
    assert ("yun", "fei", "sh") in lookup.splits("yunfeish", whole=False)
    assert list(lookup.splits("bcdf", whole=True)) == []
    assert len(lookup.part_of(Wanted(text="a" * 40)).ways) < 9
    assert list(lookup.splits("an" * 29 + "x", whole=True)) == []


def test_times_survive_any_machine() -> None:
    moment = datetime.fromisoformat("2026-11-20T02:00:00+00:00")
    made = segment.build([indexed("退", at=moment, id=MessageId("m"))])
    assert segment.moment(segment.numbers(made.head.seconds, "I")[0]) == moment
