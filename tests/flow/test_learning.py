"""A company's own categories at work: drafts, training in the background, publishing and back, corrections, drift."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from scrm.clock import ManualClock
from scrm.errors import Conflict, Invalid, NotFound, Unavailable
from scrm.flow.learning import Learning
from scrm.flow.training import BEAT_SECONDS, LEASE, blob_id
from scrm.ids import MessageId, TaxonomyId
from scrm.model.analysis import Category, Sentiment
from scrm.model.message import Author, AuthorType, Message, MessageKind
from scrm.model.reports import Metric, ReportFilter
from scrm.model.taxonomy import CorrectionState, Evaluation, Example, Rate, TrainingReport, TrainingStatus
from scrm.ports.stores import Stores
from scrm.ports.taxonomy import (
    CategoryChange,
    CompanyModel,
    Progress,
    Seeds,
    Table,
    TableRow,
    TaxonomyView,
    Trained,
    Tried,
)
from tests.flow.conftest import World

BY = Author(type=AuthorType.AGENT, id="m1", name="林经理")
_HALF = Rate(value=0.5, low=0.4, high=0.6, of=10)
REPORT = TrainingReport(
    examples=10, seeds=0, tested=10, folds=5, seconds=0.1, threshold=0.4, accuracy=_HALF, right=_HALF, unknown=_HALF,
    categories=(), confusion=(), doubts=(), steps=(),
)  # fmt: skip


class ScriptedTrainer:
    """Trains when the test says so; a table is `text|category` lines."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.progress: Progress = lambda step, share: None
        self.began = asyncio.Event()
        self.fault: Exception | None = None

    def shipped(self) -> Sequence[Seeds]:
        names = (("refund_return", "退款退货"), ("logistics", "物流"))
        return [
            Seeds(
                category=Category(code=code, name_zh=name, name_en=code),
                phrases=tuple(f"{name}第{number}句" for number in range(6)),
            )
            for code, name in names
        ]

    async def read_table(self, name: str, data: bytes) -> Table:
        rows = [line.partition("|") for line in data.decode().splitlines()]
        table = [TableRow(line=line, text=text, category=named) for line, (text, _, named) in enumerate(rows, start=1)]
        return Table(rows=tuple(table), bad=(), encoding="utf-8")

    async def train(self, examples: Sequence[Example], progress: Progress) -> Trained:
        self.progress = progress
        self.began.set()
        await self.go.wait()
        if self.fault is not None:
            raise self.fault
        return Trained(weights=f"{len(examples)} examples".encode(), report=REPORT)

    async def try_out(self, weights: bytes, threshold: float, texts: Sequence[str]) -> list[Tried]:
        return [Tried(text=f"{weights!r} {threshold}", category=None, confidence=0.0, guesses=(), evidence=())]


class Reader:
    """Notes what it was told to read by."""

    model = "words-1"

    def __init__(self) -> None:
        self.using: CompanyModel | None = None
        self.broken = False

    @property
    def taxonomy(self) -> Sequence[Category]:
        names = ("refund_return", "logistics", "complaint")
        return self.using.categories if self.using else [Category(code=c, name_zh=c, name_en=c) for c in names]

    async def use(self, model: CompanyModel | None) -> None:
        if self.broken:
            raise RuntimeError("does not start")
        self.using = model

    async def analyse(self, texts: Sequence[str]) -> list[Any]:
        raise AssertionError("the hub reads")

    async def start(self) -> None: ...

    async def close(self) -> None: ...


class Office:
    def __init__(self, world: World, trainer: ScriptedTrainer, owner: str = "one") -> None:
        self.world = world
        self.stores: Stores = world.stores
        self.clock = world.clock
        self.trainer = trainer
        self.reader = Reader()
        self.learning = Learning(
            world.stores, self.reader, self.reader, trainer, world.hub, world.clock, world.ids,
            zone=ZoneInfo("Asia/Shanghai"), owner=owner,
        )  # fmt: skip
        self.taxonomies = self.learning.taxonomies
        self.corrections = self.learning.corrections

    async def draft(self, **counts: int) -> TaxonomyView:
        """A version with so many examples of each category."""
        made = await self.taxonomies.create(name="我们的", start="nothing", by=BY)
        lines = [f"{name}的第{number}句|{name}" for name, count in counts.items() for number in range(count)]
        await self.add(made, *lines)
        self.clock.advance(1)
        return await self.taxonomies.get(made.id)

    async def add(self, version: TaxonomyView, *lines: str, code: str | None = None) -> Any:
        data = "\n".join(lines).encode()
        return await self.taxonomies.import_table(version.id, name="a.csv", data=data, code=code, by=BY)

    async def trained(self, version: TaxonomyView) -> TaxonomyView:
        self.trainer.go.set()
        await self.taxonomies.train(version.id, by=BY)
        await self.learning.training.idle()
        return await self.taxonomies.get(version.id)

    async def message(self, text: str, sender: str = "alice") -> Message:
        await self.world.says(text, sender=sender)
        found = await self.world.conversation(sender)
        return [each for each in await self.world.thread(found.id) if each.kind is MessageKind.INCOMING][-1]

    async def counted(self) -> dict[tuple[str | None, str | None], int]:
        day = self.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d")
        rollups = await self.stores.reports.rollups(ReportFilter(first_day=day, last_day=day), [Metric.MOOD])
        return {(each.category, each.sentiment): each.count for each in rollups}


@pytest.fixture
async def office(world: World) -> AsyncIterator[Office]:
    office = Office(world, ScriptedTrainer())
    yield office
    await office.learning.close()


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


# --- corrections --------------------------------------------------------------------------------------------------


async def test_a_correction_stands_over_the_reading_and_is_counted_once(office: Office) -> None:
    message = await office.message("refund please")
    assert await office.counted() == {("refund_return", "neutral"): 1}
    for _ in range(2):
        changed = await office.corrections.correct(
            message.id, category="logistics", sentiment=Sentiment.NEGATIVE, by=BY
        )
        assert changed.correction is not None
        assert (changed.correction.category, changed.correction.sentiment) == ("logistics", Sentiment.NEGATIVE)
        assert changed.correction.by == BY
        assert changed.analysis == message.analysis, "the model's own reading stays"
        assert changed.revision == message.revision + 1
        assert await office.counted() == {("logistics", "negative"): 1}
    conversation = await office.world.conversation()
    assert conversation.category == "logistics"
    lines = [each for each in await office.world.thread(conversation.id) if each.details.get("action") == "category"]
    assert [line.author for line in lines] == [BY]
    # Back to what the model said: counted as it was.
    await office.corrections.correct(message.id, category="refund_return", sentiment=Sentiment.NEUTRAL, by=BY)
    assert await office.counted() == {("refund_return", "neutral"): 1}
    [waiting] = await office.corrections.page(CorrectionState.WAITING, after=None, limit=5)
    assert (waiting.id, waiting.was == waiting.now, waiting.by, waiting.text) == (message.id, True, BY, message.content)


async def test_what_a_correction_cannot_change(office: Office) -> None:
    message = await office.message("refund please")
    conversation = await office.world.conversation()
    await office.stores.conversations.save(replace(conversation, category="complaint"))
    await office.corrections.correct(message.id, category="logistics", sentiment=UNSET, by=BY)
    assert (await office.world.conversation()).category == "complaint"

    message = await office.message("refund please", sender="carol")
    with pytest.raises(Invalid):
        await office.corrections.correct(message.id, category="parking", sentiment=UNSET, by=BY)
    with pytest.raises(NotFound):
        await office.corrections.correct(MessageId("gone"), category=None, sentiment=UNSET, by=BY)
    unread = await office.message("this breaks the reader", sender="bob")
    with pytest.raises(Conflict):
        await office.corrections.correct(unread.id, category=None, sentiment=Sentiment.NEGATIVE, by=BY)


async def test_corrections_become_examples_or_are_dropped(office: Office) -> None:
    version = await office.taxonomies.create(name="一", start="shipped", by=BY)
    taken, disputed, foreign, mood, dropped = [
        await office.message(text, sender=str(number))
        for number, text in enumerate(["到哪了 refund", "物流第1句 refund", "投诉你们", "一般般", "随便"])
    ]
    correct = office.corrections.correct
    await correct(taken.id, category="logistics", sentiment=UNSET, by=BY)
    await correct(disputed.id, category="logistics", sentiment=UNSET, by=BY)
    await office.add(version, f"{disputed.content}|退款退货")
    await correct(foreign.id, category="complaint", sentiment=UNSET, by=BY)
    await correct(mood.id, category=UNSET, sentiment=Sentiment.NEGATIVE, by=BY)
    await correct(dropped.id, category="logistics", sentiment=UNSET, by=BY)
    waiting = await office.corrections.page(CorrectionState.WAITING, after=None, limit=9)
    assert mood.id not in {each.id for each in waiting}, "a mood teaches no category"
    told = await office.corrections.decide([taken.id, disputed.id, foreign.id], taxonomy_id=version.id, by=BY)
    assert (told.added, told.conflict_count, told.bad_count) == (1, 1, 1)
    await office.corrections.decide([dropped.id], taxonomy_id=None, by=BY)
    assert (await office.taxonomies.list()).waiting == 2
    [example] = [each for each in await office.stores.examples.all(version.id) if each.message_id == taken.id]
    assert (example.text, example.code, example.source) == (taken.content, "logistics", "correction")
    [accepted] = await office.corrections.page(CorrectionState.ACCEPTED, after=None, limit=9)
    assert (accepted.id, accepted.decided_by) == (taken.id, BY.id)
    with pytest.raises(NotFound):
        await office.corrections.decide([foreign.id], taxonomy_id=TaxonomyId("gone"), by=BY)


# --- how readings fare --------------------------------------------------------------------------------------------


async def test_every_day_that_is_over_is_evaluated_once(office: Office) -> None:
    first = await office.message("refund please")
    second = await office.message("refund again", sender="bob")
    await office.corrections.correct(first.id, category="logistics", sentiment=UNSET, by=BY)
    await office.corrections.correct(second.id, category="refund_return", sentiment=Sentiment.NEGATIVE, by=BY)
    today = (await office.corrections.drift(office.clock.now())).days[-1]
    assert (today.read, today.corrected) == (2, 2)
    assert (today.category_judged, today.category_right, today.sentiment_judged, today.sentiment_right) == (2, 1, 1, 0)
    office.clock.advance(timedelta(days=1).total_seconds())
    await office.learning.nightly.tick()
    drift = await office.corrections.drift(office.clock.now())
    assert len(drift.days) == 35
    assert [replace(day, at=today.at) for day in drift.days if day.read] == [today]
    # Evaluated is evaluated: what is corrected later counts on its own day.
    await office.corrections.correct(first.id, category="complaint", sentiment=UNSET, by=BY)
    await office.learning.nightly.tick()
    assert (await office.corrections.drift(office.clock.now())).days[-2].corrected == 2

    days = [day.id for day in (await _evaluated(office)).days]
    for number, day in enumerate(days[:-1]):
        await office.stores.evaluations.save(_day(day, corrected=10 if number < 28 else 12))
    assert not (await office.corrections.drift(office.clock.now())).drifting
    for day in days[28:-1]:
        await office.stores.evaluations.save(_day(day, corrected=40))
    assert (await office.corrections.drift(office.clock.now())).drifting


async def _evaluated(office: Office) -> Any:
    await office.learning.nightly.tick()
    return await office.corrections.drift(office.clock.now())


def _day(day: str, *, corrected: int) -> Evaluation:
    return Evaluation(
        id=day, read=200, corrected=corrected, category_judged=corrected, category_right=0, sentiment_judged=0,
        sentiment_right=0, at=ManualClock().now(),
    )  # fmt: skip
