"""A company's own categories in the store."""

import pytest
from msgspec.structs import replace

from scrm.errors import Duplicate, Stale
from scrm.model.analysis import Sentiment
from scrm.model.message import Corrected
from scrm.model.reports import Metric, ReportFilter
from scrm.model.taxonomy import CorrectionState, TrainingStatus
from scrm.ports.stores import EvidenceQuery, Page
from scrm.storage.stores import MongoStores
from tests.storage import records


async def test_versions_are_saved_by_compare_and_set(stores: MongoStores) -> None:
    made = records.taxonomy(run=records.run())
    await stores.taxonomies.insert(made)
    with pytest.raises(Duplicate):
        await stores.taxonomies.insert(records.taxonomy(number=made.number))
    saved = await stores.taxonomies.save(replace(made, name="二"))
    assert await stores.taxonomies.get(made.id) == saved
    with pytest.raises(Stale):
        await stores.taxonomies.save(made)
    assert made.run is not None
    assert await stores.taxonomies.note_run(made.id, replace(made.run, share=0.5, step="fold"))
    with pytest.raises(Stale):
        await stores.taxonomies.save(saved)
    assert await stores.taxonomies.note_run(made.id, replace(made.run, status=TrainingStatus.CANCELLED))
    assert not await stores.taxonomies.note_run(made.id, replace(made.run, share=0.9)), "a run that ended stays ended"


async def test_a_text_is_an_example_once_in_a_version(stores: MongoStores) -> None:
    one, other = records.taxonomy(), records.taxonomy()
    first, same = records.example(one, "我要退货"), records.example(one, " 我要 退货")
    assert await stores.examples.add([first, same]) == {first.id}
    assert await stores.examples.add([records.example(other, "我要退货")])
    assert await stores.examples.known(one.id, [same.key, "none"]) == {first.key: first}
    await stores.examples.add([records.example(one, f"第{number}句", code="logistics") for number in range(5)])
    assert await stores.examples.counts(one.id) == {"refund": 1, "logistics": 5}
    page = await stores.examples.page(one.id, code="logistics", after=None, limit=3)
    rest = await stores.examples.page(one.id, code="logistics", after=page[-1].id, limit=3)
    assert [each.text for each in page + rest] == [f"第{number}句" for number in (4, 3, 2, 1, 0)]
    assert await stores.examples.move(one.id, "logistics", "refund") == 5
    assert await stores.examples.delete_of(one.id, None) == 6
    assert await stores.examples.all(one.id) == []
    assert len(await stores.examples.all(other.id)) == 1


async def test_the_newest_publication_is_at_work(stores: MongoStores) -> None:
    assert await stores.taxonomies.published_id() is None
    first, second = records.publication(id="00000001"), records.publication(id="00000002", number=0)
    await stores.taxonomies.publish(first)
    await stores.taxonomies.publish(second)
    with pytest.raises(Duplicate):
        await stores.taxonomies.publish(second)
    assert await stores.taxonomies.publications() == [second, first]
    assert await stores.taxonomies.published_id() == second.id


async def test_corrections_wait_until_decided(stores: MongoStores) -> None:
    made = [records.correction(at=records.at(number)) for number in range(4)]
    for each in made:
        await stores.corrections.save(each)
    waiting = CorrectionState.WAITING
    page = await stores.corrections.page(waiting, after=None, limit=2)
    rest = await stores.corrections.page(waiting, after=Page(at=page[-1].at, id=page[-1].id), limit=5)
    assert page + rest == made[::-1]
    assert await stores.corrections.decide([made[0].id, made[1].id], CorrectionState.DROPPED, None, records.at(9)) == 2
    assert await stores.corrections.decide([made[0].id], CorrectionState.ACCEPTED, None, records.at(9)) == 0
    assert await stores.corrections.count(waiting) == 2
    assert [each.id for each in await stores.corrections.between(records.at(1), records.at(3))] == [
        made[1].id,
        made[2].id,
    ]


async def test_a_correction_changes_its_message(stores: MongoStores) -> None:
    message = records.message()
    await stores.messages.insert(message)
    says = Corrected(category=None, sentiment=Sentiment.NEGATIVE, by=records.MANAGER, at=records.at(1))
    changed = await stores.messages.set_correction(message.id, says)
    assert changed is not None
    assert (changed.correction, changed.revision) == (says, message.revision + 1)
    assert await stores.messages.set_correction(records.message().id, says) is None


async def test_an_amended_event_is_counted_once(stores: MongoStores) -> None:
    event = records.event(metric=Metric.MOOD, category="refund", sentiment="neutral", value=0.0)
    await stores.reports.record([event])
    angry = replace(event, category="logistics", sentiment="negative", value=-0.8)
    for _ in range(2):
        assert await stores.reports.amend(angry)
    days = ReportFilter(first_day=event.day, last_day=event.day)
    [rollup] = await stores.reports.rollups(days, [Metric.MOOD])
    assert (rollup.category, rollup.sentiment, rollup.count, rollup.total) == ("logistics", "negative", 1, -0.8)
    query = EvidenceQuery(metric=Metric.MOOD, filter=days, category="logistics", sentiment="negative")
    assert [each.id for each in await stores.reports.events(query, after=None, limit=5)] == [event.id]
    await stores.reports.record([event])  # the reading is stored again: it was counted already
    assert await stores.reports.rollups(days, [Metric.MOOD]) == [rollup]
    assert not await stores.reports.amend(records.event())
