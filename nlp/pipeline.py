"""One text in, one `Analysis` out: every stage in order, each visible. Total: whatever the text holds, nothing raises.

normalise → segment → sentiment, category, keywords, language → Analysis.
"""

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from nlp import category, language, lexicon, sentiment, taxonomy
from nlp import normalise as normaliser
from nlp.keywords import keywords
from nlp.linear import LinearModel, unpack
from nlp.products import products
from nlp.segment import segment
from scrm.model.analysis import Analysis

RULES = "zh4"
"""Version of the rules in code: counts up when they change what comes out of the same weights."""

MOOD, TOPIC, IDF, INPUTS = "mood", "topic", "idf", "inputs"
"""What the weights file holds; the last names the fingerprint of the texts that the others were learnt from."""


def weights_file() -> Path:
    return Path(str(files("nlp") / "data" / "weights.bin"))


@lru_cache(maxsize=4)
def model_version(path: Path | None = None) -> str:
    """What `Analysis.model` says: the rules' version and the fingerprint of the weights and the words."""
    digest = hashlib.sha256((path or weights_file()).read_bytes())
    for name in ("lexicon.txt", "faces.txt", "products.txt", "stopwords.txt"):
        digest.update((files("nlp") / "data" / name).read_bytes())
    return f"{RULES}-{digest.hexdigest()[:8]}"


class Reader:
    """Loads once, in well under a second; then `read` as often as wanted. Holds no state between texts."""

    def __init__(self, path: Path | None = None) -> None:
        stored = unpack((path or weights_file()).read_bytes())
        self.model = model_version(path)
        self.mood = LinearModel(stored[MOOD])
        self.topic = LinearModel(stored[TOPIC])
        self._idf = LinearModel(stored[IDF])
        self.taxonomy = taxonomy.categories()
        lexicon.words()
        normaliser.warm_up()
        segment("预热")

    def read(self, raw: str) -> Analysis:
        """The reading of one text, of which at most `normalise.CAP` characters count."""
        text = normaliser.normalise(raw)
        words = segment(text.text)
        mood = sentiment.read(self.mood, text.text, words)
        code, confidence = category.read(self.topic, text.text)
        return Analysis(
            model=self.model,
            sentiment=mood.sentiment,
            score=mood.score,
            probabilities=mood.probabilities,
            category=code,
            confidence=confidence,
            keywords=keywords(self._idf, words),
            entities=text.entities + products(text.text),
            evidence=mood.evidence + (category.evidence(self.topic, words, code) if code else ()),
            language=language.language(text.plain, traditional=normaliser.has_traditional(text.plain)),
        )
