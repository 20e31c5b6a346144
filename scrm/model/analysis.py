"""What the reading of a text says. The contract between `nlp` and everything that uses it."""

from enum import StrEnum

from scrm.model.base import Record


class Sentiment(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Evidence(Record, kw_only=True):
    """A word that spoke, for a screen that shows why.

    speaks_for: a `Sentiment` value or the category's code. weight: comparable only among words that speak for the same;
    below zero for words of displeasure.
    """

    text: str
    weight: float
    speaks_for: str


class Entity(Record, kw_only=True):
    """Something service needs from the text.

    kind: order_number, phone, amount, date, product, tax_number, email or url.
    """

    kind: str
    text: str


class Analysis(Record, kw_only=True):
    """The reading of one message.

    model: version of the weights and rules that read it; two analyses compare only within one version.
    score: -1 (surely negative) … 1 (surely positive). probabilities: by `Sentiment` value, sum 1.
    category: a code of the taxonomy, or None for unknown. confidence: 0 … 1, of the category.
    keywords: telling words, best first.
    """

    model: str
    sentiment: Sentiment
    score: float
    probabilities: dict[str, float] = {}
    category: str | None = None
    confidence: float = 0.0
    keywords: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    language: str = "und"


class AnalysisState(StrEnum):
    """`none`: nothing to read (an image, a note). `failed`: the reader broke on it; kept for an admin."""

    NONE = "none"
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Category(Record, kw_only=True):
    """One entry of a taxonomy. `code` is stable and stored; the names are shown."""

    code: str
    name_zh: str
    name_en: str
