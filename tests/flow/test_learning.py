"""A company's own categories at work: drafts, training in the background, publishing and back."""

import asyncio

import pytest
from msgspec.structs import replace

from scrm.errors import Conflict, Invalid, NotFound, Unavailable
from scrm.flow.training import BEAT_SECONDS, LEASE, blob_id
from scrm.model.taxonomy import TrainingStatus
from scrm.ports.taxonomy import (
    CategoryChange,
)
from tests.flow.office import BY, REPORT, Office, ScriptedTrainer

# --- versions and their examples ----------------------------------------------------------------------------------


async def test_rows_are_sorted_into_new_known_contradictory_and_bad(office: Office) -> None:
    version = await office.draft(停车=2)
    told = await office.add(
        version,
        "停车的第0句|停车",
        "停车的第1句|餐饮",
        "新的一句|餐饮",
        " 新 的一句 |餐饮",
        "新的一句|停车",
        "没有分类|",
    )
    assert (told.rows, told.added, told.duplicates, told.new_categories) == (6, 1, 2, ("餐饮",))
    assert [(row.line, row.reason) for row in told.bad] == [(6, "no_category")]
    known, twice = told.conflicts
    assert (known.line, known.category, known.known) == (2, "餐饮", "停车")
    assert (twice.line, twice.category, twice.known, twice.example_id) == (5, "停车", "餐饮", None)
    # Taking the row's side of a contradiction.
    assert known.example_id is not None and known.code is not None
    await office.taxonomies.relabel(version.id, known.example_id, known.code)
    version = await office.taxonomies.get(version.id)
    assert {each.name_zh: version.counts[each.code] for each in version.categories} == {"停车": 1, "餐饮": 2}
    [parking, dining] = [each.code for each in version.categories]
    assert (await office.add(version, "没有分类", code=parking)).added == 1
    # Names of the shipped taxonomy keep its codes, so that teams and reports go on.
    await office.add(version, "快递到哪了|物流")
    version = await office.taxonomies.get(version.id)
    assert version.categories[-1].code == "logistics"
    version = await office.taxonomies.remove_category(version.id, dining, parking)
    assert version.counts == {parking: 4, "logistics": 1}
    version = await office.taxonomies.remove_category(version.id, "logistics", None)
    assert version.counts == {parking: 4}

    version = await office.draft(停车=1, 餐饮=1)
    with pytest.raises(Conflict):
        await office.taxonomies.add_category(version.id, CategoryChange(name_zh="停车"))
    with pytest.raises(Conflict):
        await office.taxonomies.change_category(version.id, version.categories[0].code, CategoryChange(name_zh="餐饮"))
    changed = await office.taxonomies.change_category(
        version.id, version.categories[0].code, CategoryChange(name_zh="车位", description="含充电")
    )
    assert (changed.categories[0].name_zh, changed.categories[0].description) == ("车位", "含充电")
    with pytest.raises(Invalid):
        await office.taxonomies.add_category(version.id, CategoryChange())
    with pytest.raises(NotFound):
        await office.taxonomies.relabel(version.id, (await office.stores.examples.all(version.id))[0].id, "none")


async def test_a_version_begins_with_what_is_shipped_or_as_a_copy(office: Office) -> None:
    shipped = await office.taxonomies.create(name="一", start="shipped", by=BY)
    assert shipped.counts == {"refund_return": 6, "logistics": 6}
    await office.taxonomies.change_category(shipped.id, "logistics", CategoryChange(name_zh="配送"))
    copy = await office.taxonomies.create(name="二", start=shipped.id, by=BY)
    assert (copy.number, copy.counts) == (2, shipped.counts)
    assert [each.name_zh for each in copy.categories] == ["退款退货", "配送"]
    await office.taxonomies.delete(copy.id)
    assert await office.stores.examples.all(copy.id) == []
    assert len(await office.stores.examples.all(shipped.id)) == 12
    with pytest.raises(NotFound):
        await office.taxonomies.create(name="三", start="gone", by=BY)


# --- training -----------------------------------------------------------------------------------------------------


async def test_training_runs_in_the_background_and_tells(office: Office) -> None:
    version = await office.draft(停车=5, 餐饮=5)
    begun = await office.taxonomies.train(version.id, by=BY)
    assert begun.run is not None
    assert (begun.run.status, begun.run.by) == (TrainingStatus.RUNNING, BY)
    await office.trainer.began.wait()
    other = await office.draft(甲=5, 乙=5)
    with pytest.raises(Conflict, match="under way"):
        await office.taxonomies.train(other.id, by=BY)
    office.trainer.progress("testing", 0.4)
    async with asyncio.timeout(20 * BEAT_SECONDS):
        while (await office.taxonomies.get(version.id)).run.share != 0.4:  # type: ignore[union-attr]  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    office.clock.advance(1)
    await office.add(version, "训练时加的|停车")
    office.trainer.go.set()
    await office.learning.training.idle()
    done = await office.taxonomies.get(version.id)
    assert done.run is not None
    assert (done.run.status, done.threshold, done.accuracy) == (TrainingStatus.DONE, 0.4, REPORT.accuracy)
    assert done.state == "stale", "what was added meanwhile is not learned"
    with pytest.raises(Conflict, match="train it"):
        await office.taxonomies.publish(version.id, by=BY)
    assert (await office.trained(done)).state == "trained"
    assert await office.taxonomies.report(version.id) == REPORT
    [tried] = await office.taxonomies.try_out(version.id, ["一句"])
    assert tried.text == "b'11 examples' 0.4"

    version = await office.draft(停车=5, 餐饮=4)
    with pytest.raises(Conflict, match="餐饮"):
        await office.taxonomies.train(version.id, by=BY)
    with pytest.raises(NotFound):
        await office.taxonomies.report(version.id)


async def test_a_training_is_cancelled_from_any_process_or_interrupted_with_its_hub(office: Office) -> None:
    version = await office.draft(停车=5, 餐饮=5)
    elsewhere = Office(office.world, ScriptedTrainer(), owner="two")
    await elsewhere.taxonomies.train(version.id, by=BY)
    cancelled = await office.taxonomies.cancel(version.id)
    assert cancelled.run is not None
    assert cancelled.run.status is TrainingStatus.CANCELLED
    await elsewhere.learning.training.idle()  # it noticed
    assert (await office.trained(version)).state == "trained"

    version = await office.draft(停车=5, 餐饮=5)
    office.trainer.go.clear()
    await office.taxonomies.train(version.id, by=BY)
    await office.learning.training.close()
    interrupted = await office.taxonomies.get(version.id)
    assert interrupted.run is not None
    assert interrupted.run.status is TrainingStatus.INTERRUPTED
    # Killed outright it writes nothing; its lease runs out.
    killed = replace(interrupted.run, status=TrainingStatus.RUNNING)
    found = await office.stores.taxonomies.get(version.id)
    assert found is not None
    await office.stores.taxonomies.save(replace(found, run=killed))
    office.clock.advance(LEASE.total_seconds() + 1)
    again = await office.taxonomies.get(version.id)
    assert again.run is not None
    assert again.run.status is TrainingStatus.INTERRUPTED
    assert (await office.trained(version)).state == "trained"


async def test_a_training_that_fails_says_why(office: Office) -> None:
    version = await office.draft(停车=5, 餐饮=5)
    office.trainer.fault = Unavailable("It took longer than 900 seconds and was given up.")
    failed = await office.trained(version)
    assert failed.run is not None
    assert (failed.run.status, failed.state) == (TrainingStatus.FAILED, "draft")
    assert "900 seconds" in failed.run.error


# --- publishing ---------------------------------------------------------------------------------------------------


async def test_publishing_and_the_way_back(office: Office) -> None:
    other_process = Office(office.world, ScriptedTrainer(), owner="two")
    first = await office.trained(await office.draft(停车=5, 餐饮=5))
    published = await office.taxonomies.publish(first.id, by=BY)
    assert (published.number, published.by, published.threshold) == (first.number, BY, 0.4)
    assert office.reader.using is not None
    assert office.reader.using.version.startswith(f"c{first.number}-")
    assert office.reader.using.weights == b"10 examples"
    await other_process.learning.published.look()
    assert other_process.reader.using == office.reader.using
    with pytest.raises(Conflict, match="published"):
        await office.add(first, "再来一句|停车")
    with pytest.raises(Conflict):
        await office.taxonomies.delete(first.id)
    second = await office.taxonomies.create(name="第二版", start=first.id, by=BY)
    await office.add(second, "再来一句|停车")
    office.clock.advance(1)
    await office.taxonomies.publish((await office.trained(second)).id, by=BY)
    assert office.reader.using.weights == b"11 examples"
    # The threshold may be moved; it counts from the next publication on.
    moved = await office.taxonomies.change(first.id, threshold=0.7)
    assert (moved.state, moved.threshold) == ("retired", 0.7)
    await office.taxonomies.publish(first.id, by=BY)
    assert (office.reader.using.weights, office.reader.using.threshold) == (b"10 examples", 0.7)
    await office.taxonomies.publish(None, by=BY)
    assert office.reader.using is None
    await other_process.learning.published.look()
    assert other_process.reader.using is None
    listed = await office.taxonomies.list()
    assert [entry.number for entry in listed.log] == [0, first.number, second.number, first.number]
    assert [each.state for each in listed.items] == ["retired", "retired"]
    assert listed.shipped.published
    assert {each.name_zh for each in await office.taxonomies.former()} >= {"停车", "餐饮", "物流"}

    version = await office.trained(await office.draft(停车=5, 餐饮=5))
    office.reader.broken = True
    with pytest.raises(Unavailable):
        await office.taxonomies.publish(version.id, by=BY)
    assert len(await office.stores.taxonomies.publications()) == 4
    # Published by another process, but broken here: what was at work stays, and it is tried again later.
    office.reader.broken = False
    await office.taxonomies.publish(version.id, by=BY)
    await office.stores.blobs.put(blob_id(version.id), b"broken", "application/msgpack", None)
    fresh = Office(office.world, ScriptedTrainer(), owner="two")
    await fresh.learning.published.look()
    assert fresh.reader.using is None
