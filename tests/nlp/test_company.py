"""A company's own categories: learned, judged on what was not seen, read with; and the process that does it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp import category, company, trainer
from nlp.normalise import normalise
from nlp.own import OwnAnalyser
from nlp.trainer import ProcessTrainer
from scrm.errors import Invalid, Unavailable
from scrm.ids import ExampleId, TaxonomyId
from scrm.model.message import Author, AuthorType
from scrm.model.taxonomy import CompanyCategory, Example, Source, example_key
from scrm.ports.taxonomy import CompanyModel, Trained

BY = Author(type=AuthorType.AGENT, id="a1", name="林经理")
WHAT = {
    "room": (
        ["房间", "客房", "屋里", "大床房"],
        ["空调不制冷", "没有热水", "太吵了", "有异味", "灯坏了", "打扫一下吧", "马桶堵了"],
    ),
    "dining": (
        ["早餐", "自助餐", "餐厅", "晚餐"],
        ["几点开始", "有素食吗", "味道太咸", "可以送到房里吗", "要预约吗", "儿童收费吗", "在几楼"],
    ),
    "parking": (
        ["停车", "车位", "车库", "充电桩"],
        ["收费吗", "怎么走", "满了吗", "可以过夜吗", "限高多少", "有人看管吗", "要登记车牌吗"],
    ),
}


def example(text: str, code: str, number: int, **fields: Any) -> Example:
    given: dict[str, Any] = {"id": ExampleId(f"x{number:05d}"), "taxonomy_id": TaxonomyId("t1"), "text": text}
    given |= {"code": code, "key": example_key(text), "source": Source.IMPORT, "added_by": BY}
    return Example(**{**given, "added_at": datetime(2026, 11, 20, tzinfo=UTC), **fields})


def examples() -> list[Example]:
    texts = [(a + b, code) for code, (things, rest) in WHAT.items() for a in things for b in rest]
    return [example(text, code, number) for number, (text, code) in enumerate(texts)]


def quietly(step: str, share: float) -> None: ...


@pytest.fixture(scope="module")
def trained() -> Trained:
    return company.learn(examples(), quietly, clock=lambda: 0.0)


def test_it_learns_and_says_how_well(trained: Trained) -> None:
    report = trained.report
    assert (report.examples, report.tested, report.seeds, report.folds) == (84, 84, 0, 5)
    assert report.accuracy.value >= 0.9
    assert report.accuracy.low < report.accuracy.value <= report.accuracy.high
    assert sum(cell.count for cell in report.confusion) == 84
    for result in report.categories:
        mine = [cell for cell in report.confusion if cell.truth == result.code]
        right = sum(cell.count for cell in mine if cell.read == result.code)
        assert result.examples == sum(cell.count for cell in mine) == 28
        assert result.recall is not None
        assert result.recall.value == pytest.approx(right / 28, abs=1e-4)
    unknown = sum(cell.count for cell in report.confusion if cell.read is None)
    assert report.unknown.value == pytest.approx(unknown / 84, abs=1e-4)
    # What nobody taught it is left without an answer more often than what was taught.
    assert report.strangers is not None
    assert report.strangers.of == 84
    assert report.strangers.value > report.unknown.value + 0.3
    # A higher threshold answers less.
    shares = [step.unknown for step in report.steps]
    assert shares == sorted(shares)
    alone = [step.strangers for step in report.steps if step.strangers is not None]
    assert len(alone) == len(shares)
    assert alone == sorted(alone)


def test_the_same_examples_give_the_same_bytes_and_progress_only_moves_on(trained: Trained) -> None:
    seen: list[float] = []
    assert company.learn(examples(), lambda step, share: seen.append(share), clock=lambda: 0.0) == trained
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert seen == sorted(seen)


def test_a_wrong_label_is_doubted() -> None:
    wrong = "停车场收费怎么算，车位满了吗"
    rows = [*examples(), example(wrong, "dining", 900)]
    doubts = company.learn(rows, quietly).report.doubts
    assert doubts[0].example_id == "x00900"
    assert (doubts[0].code, doubts[0].read) == ("dining", "parking")


def test_seeds_are_trained_on_but_never_tested_on() -> None:
    rows = [
        msgspec.structs.replace(each, source=Source.SEED) if number % 2 else each
        for number, each in enumerate(examples())
    ]
    report = company.learn(rows, quietly).report
    assert (report.examples, report.seeds, report.tested) == (84, 42, 42)


def test_too_little_is_refused() -> None:
    with pytest.raises(Invalid, match="two categories"):
        company.learn([each for each in examples() if each.code == "room"], quietly)
    with pytest.raises(Invalid, match="two categories"):
        company.learn([example("？？", code, number) for number, code in enumerate("abcdefgh")], quietly)


def test_it_reads_with_evidence_and_knows_what_it_does_not_know(trained: Trained) -> None:
    judge = company.Judge(trained.weights, trained.report.threshold)
    tried = judge.try_out("请问你们车位收费吗？")
    assert tried.category == "parking"
    assert tried.guesses[0] == ("parking", tried.confidence)
    assert "车位" in [each.text for each in tried.evidence]
    assert all(each.speaks_for == "parking" and each.weight > 0 for each in tried.evidence)
    for chat in ("你好", "谢谢", "在吗", ""):
        assert judge.try_out(chat).category is None
    strict = company.Judge(trained.weights, 0.9999)
    assert strict.try_out("请问你们车位收费吗？").category is None
    with pytest.raises(ValueError, match="no weights"):
        company.Judge(company.linear.pack({}), 0.5)


@given(st.text(max_size=300))
def test_whatever_the_text_nothing_is_raised(trained: Trained, raw: str) -> None:
    judge = company.Judge(trained.weights, trained.report.threshold)
    guesses = judge.guesses(normalise(raw).text)
    assert judge.try_out(raw).category in {None, *WHAT}
    if guesses:
        assert sum(chance for _, chance in guesses) == pytest.approx(1.0)
        assert {name for name, _ in guesses} == {category.OTHER, *WHAT}


# --- in a process of its own --------------------------------------------------------------------------------------


async def test_a_process_trains_reads_files_and_tries(trained: Trained) -> None:
    told: list[tuple[str, float]] = []
    own = ProcessTrainer()
    made = await own.train(examples(), lambda step, share: told.append((step, share)))
    assert made.weights == trained.weights
    assert told[-1] == ("done", 1.0)
    tried, table = await asyncio.gather(
        own.try_out(made.weights, made.report.threshold, ["车位满了吗\ud800", "你好"]),
        own.read_table("例.csv", "文本,分类\n车位满了吗,停车\n".encode("gb18030")),
    )
    assert [each.category for each in tried] == ["parking", None]
    assert [(row.line, row.text, row.category) for row in table.rows] == [(2, "车位满了吗", "停车")]
    assert table.encoding == "gb18030"


async def test_a_job_that_does_not_do_is_refused_and_a_long_one_ends() -> None:
    with pytest.raises(Invalid, match=r"\.xlsx"):
        await ProcessTrainer().read_table("a.pdf", b"%PDF")
    with pytest.raises(Unavailable, match="longer"):
        await ProcessTrainer(training_seconds=0.01).train(examples(), quietly)
    with pytest.raises(Unavailable, match="broke"):
        await ProcessTrainer().try_out(b"no weights", 0.5, ["车位"])


async def test_a_cancelled_training_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[asyncio.subprocess.Process] = []
    spawn = asyncio.create_subprocess_exec

    async def noting(*arguments: Any, **options: Any) -> asyncio.subprocess.Process:
        started.append(await spawn(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(trainer.asyncio, "create_subprocess_exec", noting)
    begun = asyncio.Event()
    task = asyncio.create_task(ProcessTrainer().train(examples(), lambda step, share: begun.set()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert started[0].returncode is not None


async def test_the_reader_changes_while_it_reads(trained: Trained) -> None:
    """No text is lost over two changes, and each reading says by which categories it was read."""
    model = CompanyModel(
        version="c1-12345678",
        categories=tuple(CompanyCategory(code=code, name_zh=code, name_en=code) for code in WHAT),
        threshold=trained.report.threshold,
        weights=trained.weights,
    )
    analyser = OwnAnalyser()
    await analyser.start()
    try:
        shipped = analyser.model
        codes = [each.code for each in analyser.taxonomy]
        reading = asyncio.create_task(analyser.analyse(["车位满了吗"] * 200))
        await asyncio.sleep(0)
        await analyser.use(model)
        assert [each.code for each in analyser.taxonomy] == list(WHAT)
        [own] = await analyser.analyse(["早餐几点开始，太差劲了！"])
        before = await reading
        assert None not in before
        assert {each.model for each in before if each} == {shipped}
        assert own is not None
        assert (own.category, own.sentiment, own.model) == ("dining", "negative", f"{shipped}+{model.version}")
        assert "早餐" in [each.text for each in own.evidence if each.speaks_for == "dining"]
        with pytest.raises(RuntimeError):
            await analyser.use(msgspec.structs.replace(model, weights=b"broken"))
        assert analyser.model == own.model, "what had worked goes on"
        await analyser.use(None)
        assert (analyser.model, [each.code for each in analyser.taxonomy]) == (shipped, codes)
    finally:
        await analyser.close()
