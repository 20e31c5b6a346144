"""A company's own categories: versions of a taxonomy, what they are taught with, and what agents correct.

A version is a draft until it is published; from then on it is fixed, so that going back to it gives back exactly what
it was. Version 0 is the shipped taxonomy, which is always there and never stored.
"""

import hashlib
import unicodedata
from datetime import datetime
from enum import StrEnum

from scrm.ids import AgentId, ConversationId, ExampleId, MessageId, TaxonomyId
from scrm.model.analysis import Category, Sentiment
from scrm.model.base import Record
from scrm.model.message import Author

SHIPPED = 0
"""Number of the shipped taxonomy."""
MOST_EXAMPLES = 20_000
MOST_CATEGORIES = 100
LONGEST_EXAMPLE = 500
"""Characters. Service messages are shorter; a longer row is a pasted document."""
LEAST_EXAMPLES = 5
"""A category with fewer can neither be learned nor be tested."""
MOST_VERSIONS = 50


class CompanyCategory(Category, kw_only=True):
    """description: what belongs here and what does not, for those who label."""

    description: str = ""


class Source(StrEnum):
    """Where an example came from. `seed`: a phrase of the shipped taxonomy, trained on but never tested on."""

    SEED = "seed"
    IMPORT = "import"
    PASTE = "paste"
    CORRECTION = "correction"


class Example(Record, kw_only=True):
    """A text and the category it belongs to. key: `example_key(text)`, unique within a version."""

    id: ExampleId
    taxonomy_id: TaxonomyId
    key: str
    text: str
    code: str
    source: Source
    message_id: MessageId | None = None
    added_by: Author
    added_at: datetime


class TrainingStatus(StrEnum):
    """`interrupted`: the hub that trained is gone."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class TrainingRun(Record, kw_only=True):
    """The latest training of a version. share: done, 0 … 1. step: machine word of what is being done."""

    id: str
    status: TrainingStatus
    step: str = ""
    share: float = 0.0
    error: str = ""
    by: Author
    started_at: datetime
    ended_at: datetime | None = None


class Rate(Record, kw_only=True):
    """A share of `of` tries with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float
    of: int


class CategoryResult(Record, kw_only=True):
    """At the chosen threshold. examples: tested ones of this category. None: nothing to count it from."""

    code: str
    examples: int
    precision: Rate | None
    recall: Rate | None


class Confused(Record, kw_only=True):
    """A cell of the confusion table: so many examples of `truth` were read as `read` (None: unknown)."""

    truth: str
    read: str | None
    count: int


class Doubt(Record, kw_only=True):
    """An example that models which had not seen it read otherwise, and surely: its label may be wrong."""

    example_id: ExampleId
    text: str
    code: str
    read: str
    confidence: float


class ThresholdStep(Record, kw_only=True):
    """What a threshold would mean. unknown: share of the tested left without a category. right: of the answered.
    strangers: share of texts about something never taught that are left without one; None where none were asked."""

    threshold: float
    unknown: float
    right: float
    strangers: float | None = None


class TrainingReport(Record, kw_only=True):
    """What cross-validation found: every tested example was read by a model that had not seen it.

    accuracy: of the best guess, whatever its confidence. right: of the answers given at `threshold`. unknown: share
    left without an answer there. strangers: of texts of a category the model was not taught, so many were left without
    an answer there; None with fewer than three categories. seeds: examples only trained on. seconds: it took.
    """

    examples: int
    seeds: int
    tested: int
    folds: int
    seconds: float
    threshold: float
    accuracy: Rate
    right: Rate
    unknown: Rate
    strangers: Rate | None = None
    categories: tuple[CategoryResult, ...]
    confusion: tuple[Confused, ...]
    doubts: tuple[Doubt, ...]
    steps: tuple[ThresholdStep, ...]


class Taxonomy(Record, kw_only=True):
    """A version. changed_at: of its categories or examples. trained_at: when its weights were made, None before.

    threshold: confidence below which a text is unknown; training sets it from the data, people may move it.
    accuracy: of the last training, for lists. version: counts every change, for compare-and-set.
    """

    id: TaxonomyId
    number: int
    name: str
    categories: tuple[CompanyCategory, ...] = ()
    threshold: float | None = None
    accuracy: Rate | None = None
    run: TrainingRun | None = None
    trained_at: datetime | None = None
    changed_at: datetime
    created_at: datetime
    created_by: Author
    version: int = 0


class Publication(Record, kw_only=True):
    """The log of what was put to work, by whom and when. The newest entry is at work; going back is one more entry.

    id: counts up, eight digits. taxonomy_id None: the shipped taxonomy. threshold, categories: as they were then.
    """

    id: str
    number: int
    name: str
    taxonomy_id: TaxonomyId | None
    threshold: float | None = None
    categories: tuple[CompanyCategory, ...] = ()
    by: Author
    at: datetime


class CorrectionState(StrEnum):
    """`waiting`: for a decision on whether the next training learns from it. `noted`: nothing in it to learn a category
    from (only the mood was said, or that the category is unknown)."""

    WAITING = "waiting"
    NOTED = "noted"
    ACCEPTED = "accepted"
    DROPPED = "dropped"


class Verdict(Record, kw_only=True):
    """Category (None: unknown) and mood of a message."""

    category: str | None
    sentiment: Sentiment


class Correction(Record, kw_only=True):
    """What an agent said a message is about and how it feels; one a message, the latest stands.

    id: the message's. was: the model's reading. model: which read it. of_category, of_sentiment: what the agent spoke
    about; where `now` then equals `was`, the reading was confirmed.
    """

    id: MessageId
    conversation_id: ConversationId
    text: str
    was: Verdict
    now: Verdict
    of_category: bool
    of_sentiment: bool
    model: str
    by: Author
    at: datetime
    state: CorrectionState = CorrectionState.WAITING
    decided_by: AgentId | None = None
    decided_at: datetime | None = None


class Evaluation(Record, kw_only=True):
    """How the readings of a day fared. id: the day in the workspace's zone ("2026-11-20").

    read: customers' messages of that day that were read. corrected: messages agents corrected that day. The rest: of
    the messages whose category or mood an agent spoke about, how many, and how often the model had been right.
    models: versions that had read those.
    """

    id: str
    read: int
    corrected: int
    category_judged: int
    category_right: int
    sentiment_judged: int
    sentiment_right: int
    models: tuple[str, ...] = ()
    at: datetime


def example_key(text: str) -> str:
    """The same for texts that differ only in blanks, width or case."""
    plain = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]
