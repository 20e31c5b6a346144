"""Word lists, records of what they found, and answers: kept as given, counted right, bounded."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from scrm.errors import Duplicate
from scrm.ids import LabelId, WordListId
from scrm.model.words import Word
from scrm.ports.stores import Page
from scrm.storage.stores import MongoStores
from tests.storage import records, words

HOUR = timedelta(hours=1)


async def test_lists_are_kept_as_they_are_and_have_names_of_their_own(stores: MongoStores) -> None:
    first = words.word_list(words=(Word(text="微信", sound=True), Word(text="\ud800$.")), label_id=LabelId("l1"))
    empty = words.word_list(words=(), enabled=False)
    for each in (first, empty):
        await stores.word_lists.save(each)
    stored = await stores.word_lists.get(first.id)
    assert stored is not None and stored.words[0] == first.words[0] and stored.label_id == "l1"
    assert await stores.word_lists.get(empty.id) == empty
    with pytest.raises(Duplicate):
        await stores.word_lists.save(words.word_list(name=empty.name))
    await stores.word_lists.save(replace(empty, enabled=True))
    assert [each.enabled for each in await stores.word_lists.all()] == [True, True]
    assert await stores.word_lists.delete(empty.id)
    assert not await stores.word_lists.delete(empty.id)
    assert len(await stores.word_lists.all()) == 1


async def test_what_was_found_counts_once_and_is_paged(stores: MongoStores) -> None:
    mine, other = WordListId("w1"), WordListId("w2")
    found = [words.word_record(list_id=mine, at=records.START + number * HOUR) for number in range(4)]
    elsewhere = words.word_record(list_id=other)
    assert await stores.word_records.add([*found, elsewhere]) == {each.id for each in (*found, elsewhere)}
    again = replace(found[0], words=("别的",))
    fresh = words.word_record(list_id=other, message_id=None, author_id="a1")
    assert await stores.word_records.add([again, fresh]) == {fresh.id}
    assert await stores.word_records.add([]) == frozenset()

    counts = await stores.word_records.counts(records.START, records.START + 3 * HOUR)
    assert counts == {mine: 3, other: 2}
    page = await stores.word_records.page(mine, after=None, limit=3)
    assert page == found[:0:-1]
    rest = await stores.word_records.page(mine, after=Page(at=page[-1].at, id=page[-1].id), limit=3)
    assert rest == [found[0]]


async def test_the_newest_answers_are_kept_and_read_in_the_order_of_learning(stores: MongoStores) -> None:
    answers = [
        words.answer(at=records.START + number * HOUR, learned_at=records.START - number * HOUR) for number in range(4)
    ]
    await stores.answers.put(answers)
    await stores.answers.put([replace(answers[0], text="后天到")])
    held = await stores.answers.since(records.START - 10 * HOUR)
    assert [each.id for each in held] == [each.id for each in reversed(answers)]
    assert held[-1].text == "后天到"
    assert [each.id for each in await stores.answers.since(records.START)] == [answers[0].id]
    assert await stores.answers.keep(3) == 1
    assert await stores.answers.keep(3) == 0
    assert answers[0].id not in {each.id for each in await stores.answers.since(records.START - 10 * HOUR)}
    await stores.answers.clear()
    assert await stores.answers.since(records.START - 10 * HOUR) == []
