"""A company's own categories: what `nlp` does for them (`Trainer`, `CompanyReader`), and what the web room asks of
`flow` (`Taxonomies`, `Corrections`)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import UNSET, UnsetType

from scrm.ids import ExampleId, MessageId, TaxonomyId
from scrm.model.analysis import Category, Evidence, Sentiment
from scrm.model.base import Record
from scrm.model.message import Author, Message
from scrm.model.taxonomy import (
    CompanyCategory,
    Correction,
    CorrectionState,
    Evaluation,
    Example,
    Publication,
    Taxonomy,
    TrainingReport,
)
from scrm.ports.stores import Page

Progress = Callable[[str, float], None]
"""Called with what is being done and the share done, 0 … 1."""


class Seeds(Record, kw_only=True):
    """A category of the shipped taxonomy and phrases for it."""

    category: Category
    phrases: tuple[str, ...]


class TableRow(Record, kw_only=True):
    """line: in the file, from 1. category: its name as written."""

    line: int
    text: str
    category: str


RowFault = Literal["no_text", "no_category", "too_long", "name_too_long"]


class BadRow(Record, kw_only=True):
    line: int
    reason: RowFault
    text: str = ""


class Table(Record, kw_only=True):
    """What a file holds. encoding: of a text file ("utf-8", "gb18030"), "xlsx" of a workbook."""

    rows: tuple[TableRow, ...]
    bad: tuple[BadRow, ...]
    encoding: str


class Trained(Record, kw_only=True):
    weights: bytes
    report: TrainingReport


class Tried(Record, kw_only=True):
    """category None: unknown at this threshold. guesses: likeliest first, up to three. confidence: of the first."""

    text: str
    category: str | None
    confidence: float
    guesses: tuple[tuple[str, float], ...]
    evidence: tuple[Evidence, ...]


class CompanyModel(Record, kw_only=True):
    """What a worker needs to read by a company's own categories. version: names the publication in `Analysis.model`."""

    version: str
    categories: tuple[CompanyCategory, ...]
    threshold: float
    weights: bytes


class Trainer(Protocol):
    """Work that may take long or meets hostile files: in a process of its own, bounded in time and memory, ended when
    the caller is cancelled."""

    def shipped(self) -> Sequence[Seeds]: ...

    async def read_table(self, name: str, data: bytes) -> Table:
        """name: of the file, for its kind: .csv, .tsv, .txt, .xlsx. Raises Invalid with what to mend."""
        ...

    async def train(self, examples: Sequence[Example], progress: Progress) -> Trained:
        """Raises Invalid when the examples do not do, Unavailable when it took too long or broke."""
        ...

    async def try_out(self, weights: bytes, threshold: float, texts: Sequence[str]) -> list[Tried]:
        """Raises Unavailable."""
        ...


class CompanyReader(Protocol):
    """An analyser that can read by a company's own categories."""

    async def use(self, model: CompanyModel | None) -> None:
        """From its return on every new reading is by `model`; None: by the shipped taxonomy. Readings under way are
        finished by what they began with. Raises OSError or RuntimeError, and then goes on with what it had."""
        ...


VersionState = Literal["draft", "stale", "trained", "published", "retired"]


class TaxonomyView(Taxonomy, kw_only=True):
    """state: `trained` is ready to be published; `stale` was changed after training. counts: examples by code."""

    state: VersionState
    counts: dict[str, int]


class ShippedView(Record, kw_only=True):
    """The shipped taxonomy, number 0. examples: its seed phrases."""

    published: bool
    categories: tuple[Category, ...]
    examples: int


class TaxonomyList(Record, kw_only=True):
    """items: newest first. log: what was published, newest first. waiting: corrections to decide on."""

    items: list[TaxonomyView]
    shipped: ShippedView
    log: list[Publication]
    waiting: int


class Conflicting(Record, kw_only=True):
    """A row whose text is already an example of another category (`known`, by name), or stands twice in the file with
    two. example_id, code: relabelling that example with that code takes the row's side; None within the file."""

    line: int
    text: str
    category: str
    known: str
    code: str | None
    example_id: ExampleId | None


class ImportReport(Record, kw_only=True):
    """What became of each row. duplicates: same text, same category. bad, conflicts: the first 200 of them."""

    rows: int
    added: int
    duplicates: int
    bad_count: int
    bad: tuple[BadRow, ...]
    conflict_count: int
    conflicts: tuple[Conflicting, ...]
    new_categories: tuple[str, ...]
    encoding: str


class CategoryChange(Record, kw_only=True):
    name_zh: str | UnsetType = UNSET
    name_en: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class Taxonomies(Protocol):
    """Versions, their examples, training and publishing. Everything raises NotFound for what is not there, and Conflict
    where a version is fixed (it was published) or is being trained."""

    async def list(self) -> TaxonomyList: ...

    async def get(self, taxonomy_id: TaxonomyId) -> TaxonomyView: ...

    async def create(self, *, name: str, start: str, by: Author) -> TaxonomyView:
        """start: "nothing", "shipped" (its categories and phrases) or the id of a version to copy."""
        ...

    async def change(
        self, taxonomy_id: TaxonomyId, *, name: str | None = None, threshold: float | None = None
    ) -> TaxonomyView: ...

    async def delete(self, taxonomy_id: TaxonomyId) -> None: ...

    async def add_category(self, taxonomy_id: TaxonomyId, category: CategoryChange) -> TaxonomyView: ...

    async def change_category(self, taxonomy_id: TaxonomyId, code: str, change: CategoryChange) -> TaxonomyView: ...

    async def remove_category(self, taxonomy_id: TaxonomyId, code: str, into: str | None) -> TaxonomyView:
        """into: the category its examples move to; None: they go with it."""
        ...

    async def examples(
        self, taxonomy_id: TaxonomyId, *, code: str | None, after: str | None, limit: int
    ) -> Sequence[Example]:
        """Newest first; after: the id of the last one had."""
        ...

    async def import_table(
        self, taxonomy_id: TaxonomyId, *, name: str, data: bytes, code: str | None, by: Author, pasted: bool = False
    ) -> ImportReport:
        """code: the category of rows that name none. Raises Invalid for a file that cannot be read."""
        ...

    async def relabel(self, taxonomy_id: TaxonomyId, example_id: ExampleId, code: str) -> Example: ...

    async def remove_example(self, taxonomy_id: TaxonomyId, example_id: ExampleId) -> None: ...

    async def train(self, taxonomy_id: TaxonomyId, *, by: Author) -> TaxonomyView:
        """Begins; the rest is told by `get`. Raises Conflict while another version is being trained."""
        ...

    async def cancel(self, taxonomy_id: TaxonomyId) -> TaxonomyView: ...

    async def report(self, taxonomy_id: TaxonomyId) -> TrainingReport: ...

    async def try_out(self, taxonomy_id: TaxonomyId, texts: Sequence[str]) -> Sequence[Tried]: ...

    async def publish(self, taxonomy_id: TaxonomyId | None, *, by: Author) -> Publication:
        """None: the shipped taxonomy. Also the way back. Returns once this process reads by it; others follow within
        seconds. Raises Conflict unless trained after its last change."""
        ...

    async def former(self) -> Sequence[Category]:
        """Names of categories that were at work once, by which older messages were read."""
        ...


class Drift(Record, kw_only=True):
    """days: oldest first. drifting: of the last seven days agents corrected surely more than of the 28 before."""

    days: tuple[Evaluation, ...]
    drifting: bool


class Corrections(Protocol):
    async def correct(
        self, message_id: MessageId, *, category: str | UnsetType | None, sentiment: Sentiment | UnsetType, by: Author
    ) -> Message:
        """UNSET stays as it reads now. Saying what the model says confirms it. Raises NotFound, Invalid (no such
        category), Conflict (nothing was read of it)."""
        ...

    async def page(self, state: CorrectionState, *, after: Page | None, limit: int) -> Sequence[Correction]:
        """Newest first; Page.at is `at`."""
        ...

    async def decide(
        self, message_ids: Sequence[MessageId], *, taxonomy_id: TaxonomyId | None, by: Author
    ) -> ImportReport:
        """With a taxonomy: their texts become its examples. None: dropped. Raises NotFound, Conflict."""
        ...

    async def drift(self, now: datetime) -> Drift: ...
