"""Somebody at work on a company's own categories: a trainer and a reader that do what a test has written down."""

import asyncio
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from scrm.flow.learning import Learning
from scrm.model.analysis import Category
from scrm.model.message import Author, AuthorType, Message, MessageKind
from scrm.model.reports import Metric, ReportFilter
from scrm.model.taxonomy import Example, Rate, TrainingReport
from scrm.ports.stores import Stores
from scrm.ports.taxonomy import (
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
