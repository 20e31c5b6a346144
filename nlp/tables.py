"""People's own labelled rows: CSV, TSV or XLSX, also gzipped, with or without a header. Bounded in size.

Columns are found by name (text, sentiment or label, category), else by what they hold.
"""

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import ParseError as XmlError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from scrm.errors import Invalid
from scrm.model.analysis import Sentiment
from scrm.model.base import Record

MOST_BYTES = 256 * 1024 * 1024
MOST_ROWS = 500_000

_TEXT = {"text", "review", "content", "message", "comment", "内容", "文本", "评论", "消息", "问题", "诉求内容"}
_MOOD = {"sentiment", "label", "mood", "polarity", "情感", "情绪", "标签"}
_CATEGORY = {"category", "cat", "class", "topic", "分类", "类别", "问题分类", "诉求类别", "一级标签"}
_WORDS = {
    "positive": Sentiment.POSITIVE, "pos": Sentiment.POSITIVE, "正面": Sentiment.POSITIVE, "积极": Sentiment.POSITIVE,
    "好评": Sentiment.POSITIVE, "正": Sentiment.POSITIVE,
    "negative": Sentiment.NEGATIVE, "neg": Sentiment.NEGATIVE, "负面": Sentiment.NEGATIVE, "消极": Sentiment.NEGATIVE,
    "差评": Sentiment.NEGATIVE, "负": Sentiment.NEGATIVE,
    "neutral": Sentiment.NEUTRAL, "neu": Sentiment.NEUTRAL, "中性": Sentiment.NEUTRAL, "中": Sentiment.NEUTRAL,
}  # fmt: skip
_NUMBERS = {
    frozenset({"0", "1"}): {"0": Sentiment.NEGATIVE, "1": Sentiment.POSITIVE},
    frozenset({"-1", "1"}): {"-1": Sentiment.NEGATIVE, "1": Sentiment.POSITIVE},
    frozenset({"-1", "0", "1"}): {"-1": Sentiment.NEGATIVE, "0": Sentiment.NEUTRAL, "1": Sentiment.POSITIVE},
    frozenset({"0", "1", "2"}): {"0": Sentiment.NEGATIVE, "1": Sentiment.NEUTRAL, "2": Sentiment.POSITIVE},
}
_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CELL = re.compile(r"([A-Z]{1,3})\d+")


class Labelled(Record, kw_only=True):
    """mood, category: None where the file has no such column or the cell is empty."""

    text: str
    mood: Sentiment | None
    category: str | None


def labelled(path: Path) -> list[Labelled]:
    """The rows that have a text. Raises Invalid, with what to mend, and OSError."""
    rows = list(_rows(path))
    if not rows:
        raise Invalid(f"{path.name} has no rows.")
    header = [cell.strip().lower() for cell in rows[0]]
    text, mood, category = (_place(header, names) for names in (_TEXT, _MOOD, _CATEGORY))
    if text is None:
        text, mood = _guess(rows)
    else:
        rows = rows[1:]
    moods = _moods([row[mood] for row in rows if mood < len(row)], path) if mood is not None else {}
    return [
        Labelled(
            text=row[text],
            mood=moods.get(row[mood].strip().lower()) if mood is not None and mood < len(row) else None,
            category=(row[category].strip() or None) if category is not None and category < len(row) else None,
        )
        for row in rows
        if text < len(row) and row[text].strip()
    ]


def _place(header: Sequence[str], names: set[str]) -> int | None:
    return next((place for place, name in enumerate(header) if name in names), None)


def _guess(rows: Sequence[Sequence[str]]) -> tuple[int, int | None]:
    """Without a header: the column with most letters is the text, one with two or three values the mood."""
    sample = [row for row in rows[:2_000] if len(row) == len(rows[0])]
    width = range(len(rows[0]))
    text = max(width, key=lambda place: sum(char.isalpha() for row in sample for char in row[place]))
    mood = next(
        (place for place in width if frozenset(row[place].strip() for row in sample) in _NUMBERS and place != text),
        None,
    )
    return text, mood


def _moods(cells: Sequence[str], path: Path) -> dict[str, Sentiment]:
    values = {cell.strip().lower().removesuffix(".0") for cell in cells} - {""}
    if numbers := _NUMBERS.get(frozenset(values)):
        return numbers | {f"{number}.0": mood for number, mood in numbers.items()}
    if values <= _WORDS.keys():
        return _WORDS
    strange = sorted(values - _WORDS.keys())[:3]
    raise Invalid(
        f"{path.name}: sentiment must be positive, neutral, negative (or 正面, 中性, 负面, or 1, 0); found {strange}."
    )


def _rows(path: Path) -> Iterator[list[str]]:
    packed = path.suffix == ".gz"
    kind = Path(path.stem).suffix if packed else path.suffix
    if kind == ".xlsx":
        yield from _sheet(path)
        return
    if kind not in {".csv", ".tsv"}:
        raise Invalid(f"{path.name}: only .csv, .tsv and .xlsx files can be read.")
    with gzip.open(path, "rb") if packed else path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Invalid(f"{path.name} is larger than {MOST_BYTES // 2**20} MB.")
    csv.field_size_limit(1_000_000)
    try:
        reader = csv.reader(io.StringIO(_decoded(data), newline=""), delimiter="\t" if kind == ".tsv" else ",")
        for count, row in enumerate(reader):
            if count > MOST_ROWS:
                raise Invalid(f"{path.name} has more than {MOST_ROWS:,} rows.")
            yield row
    except csv.Error as error:
        raise Invalid(f"{path.name} is no readable table: {error}.") from error


def _decoded(data: bytes) -> str:
    """UTF-8, or GB 18030, which Excel on a Chinese machine writes."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _sheet(path: Path) -> Iterator[list[str]]:
    """The first sheet of a workbook."""
    try:
        with zipfile.ZipFile(path) as book:
            if sum(part.file_size for part in book.infolist()) > MOST_BYTES:
                raise Invalid(f"{path.name} is larger than {MOST_BYTES // 2**20} MB.")
            names = book.namelist()
            shared: list[str] = []
            if "xl/sharedStrings.xml" in names:
                tree = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
                shared = ["".join(piece.itertext()) for piece in tree.iter(f"{_NAMESPACE}si")]
            sheets = sorted(name for name in names if name.startswith("xl/worksheets/sheet"))
            tree = ElementTree.fromstring(book.read(sheets[0]))
            for row in tree.iter(f"{_NAMESPACE}row"):
                yield _cells(row, shared)
    except (zipfile.BadZipFile, XmlError, DefusedXmlException, KeyError, IndexError, ValueError) as error:
        raise Invalid(f"{path.name} is no readable workbook.") from error


def _cells(row: "ElementTree.Element", shared: Sequence[str]) -> list[str]:
    cells: list[str] = []
    for cell in row.iter(f"{_NAMESPACE}c"):
        found = _CELL.fullmatch(cell.get("r", ""))
        place = _column(found[1]) if found else len(cells)
        cells += [""] * (place - len(cells))
        value = cell.find(f"{_NAMESPACE}v")
        if cell.get("t") == "s" and value is not None:
            cells.append(shared[int(value.text or "0")])
        elif cell.get("t") == "inlineStr":
            cells.append("".join(cell.itertext()))
        else:
            cells.append((value.text or "") if value is not None else "")
    return cells


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1
