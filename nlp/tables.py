"""People's own labelled rows: CSV, TSV or XLSX, also gzipped, with or without a header. Bounded in size.

Columns are found by name (text, sentiment or label, category), else by what they hold.
"""

import codecs
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

_TEXT = {
    "text",
    "texts",
    "review",
    "content",
    "message",
    "msg",
    "comment",
    "sentence",
    "query",
    "question",
    "utterance",
    "body",
    "input",
    "内容",
    "文本",
    "评论",
    "评论内容",
    "消息",
    "消息内容",
    "问题",
    "句子",
    "语句",
    "客户消息",
    "用户消息",
    "咨询内容",
    "诉求内容",
    "正文",
    "原文",
    "texta",
    "sentence1",
    "评价",
    "对话",
    "话术",
}
_MOOD = {
    "sentiment",
    "label",
    "labels",
    "mood",
    "polarity",
    "emotion",
    "sentimentlabel",
    "score",
    "rating",
    "stars",
    "情感",
    "情绪",
    "情感倾向",
    "情感标签",
    "情感极性",
    "情绪标签",
    "标签",
    "标注",
    "极性",
    "倾向",
    "评分",
    "星级",
}
_CATEGORY = {
    "category",
    "cat",
    "class",
    "topic",
    "intent",
    "categories",
    "categorylabel",
    "type",
    "分类",
    "类别",
    "问题分类",
    "问题类别",
    "问题类型",
    "类型",
    "意图",
    "主题",
    "诉求类别",
    "一级分类",
    "一级标签",
}
_SPELT = {
    Sentiment.POSITIVE: "positive pos p + 正面 积极 正向 好评 正 褒 褒义 满意 开心 true good",
    Sentiment.NEGATIVE: "negative neg n - 负面 消极 负向 差评 负 贬 贬义 不满 不满意 愤怒 生气 抱怨 false bad",
    Sentiment.NEUTRAL: "neutral neu 中性 中立 中 无 无情感 平和 平静 一般 none",
}
_TEXT_PART = re.compile(r"(?<!客服)(?:内容|文本|评论|消息|正文)|text|content|message|review|comment")
_MOOD_PART = re.compile(r"情感|情绪|sentiment|polarity")
_TAIL = re.compile(r"(?<=.)(?:情绪|情感|评价|类|星级?|stars?)$")
_WORDS = {word: mood for mood, words in _SPELT.items() for word in words.split()}
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
    header = [_name(cell) for cell in rows[0]]
    mood = _place(header, _MOOD, _MOOD_PART)
    text = _place(header, _TEXT, _TEXT_PART)
    category = _place(header, _CATEGORY)
    if text is None and mood is None and category is None:
        text, mood = _guess(rows)
    else:
        rows = rows[1:]
        if text is None:
            text = _wordiest(rows, [place for place in range(len(header)) if place not in (mood, category)])
    moods: dict[str, Sentiment] = {}
    if mood is not None:
        cells = [row[mood] for row in rows if mood < len(row)]
        found = _moods(cells)
        if found is None and category is None and header[mood] in {"label", "labels", "标签", "标注"}:
            mood, category = None, mood  # labels that are no moods are categories
        elif found is None:
            strange = sorted({_label(cell) for cell in cells} - _WORDS.keys() - {""})[:3]
            raise Invalid(
                f"{path.name}: sentiment must be positive, neutral, negative (or 正面, 中性, 负面, or 1, 0, -1); "
                f"found {strange}."
            )
        moods = found or {}
    return [
        Labelled(
            text=row[text],
            mood=moods.get(_label(row[mood])) if mood is not None and mood < len(row) else None,
            category=(row[category].strip() or None) if category is not None and category < len(row) else None,
        )
        for row in rows
        if text < len(row) and row[text].strip()
    ]


def _place(header: Sequence[str], names: set[str], part: re.Pattern[str] | None = None) -> int | None:
    """The column with one of the names; without one, the first whose name has `part` in it."""
    exact = next((place for place, name in enumerate(header) if name in names), None)
    if exact is not None or part is None:
        return exact
    return next((place for place, name in enumerate(header) if part.search(name)), None)


def _name(cell: str) -> str:
    """A header as the tables above have it."""
    return re.sub(r"[\s_]|\.0$", "", cell.strip("\ufeff \t\"'").lower())


def _label(cell: str) -> str:
    """A label as the tables above have it: 积极情绪 is 积极, 5星 is 5."""
    return _TAIL.sub("", _name(cell))


def _wordiest(rows: Sequence[Sequence[str]], places: Sequence[int]) -> int:
    """Of the columns at `places` the one with most letters."""
    return max(
        places or [0],
        key=lambda place: sum(char.isalpha() for row in rows[:2_000] if place < len(row) for char in row[place]),
    )


def _guess(rows: Sequence[Sequence[str]]) -> tuple[int, int | None]:
    """Without a header: the column with most letters is the text, one that reads as moods throughout the mood."""
    sample = [row for row in rows[:2_000] if len(row) == len(rows[0])]
    width = range(len(rows[0]))
    values = [{_label(row[place]) for row in sample} for place in width]
    moods = [
        place
        for place in width
        if 2 <= len(values[place]) <= 3 and (values[place] <= _WORDS.keys() or _numbers(values[place]) is not None)
    ]
    texts = [place for place in width if place not in moods] or list(width)
    text = _wordiest(sample, texts)
    return text, next((place for place in moods if place != text), None)


def _moods(cells: Sequence[str]) -> dict[str, Sentiment] | None:
    """What each label means, or None where most are no moods. Labels nobody knows have none."""
    names = [name for cell in cells if (name := _label(cell))]
    if numbers := _numbers(set(names)):
        return numbers
    known = sum(name in _WORDS for name in names)
    return _WORDS if known * 2 > len(names) else None


def _numbers(values: set[str]) -> dict[str, Sentiment] | None:
    """0 and 1; -1, 0 and 1; 0, 1 and 2; 1 to 3; or stars, 1 to 5."""
    try:
        numbers = {value: float(value) for value in values}
    except ValueError:
        return None
    if not 2 <= len(numbers) <= 11 or not all(-5 <= number <= 5 for number in numbers.values()):
        return None
    low, high = min(numbers.values()), max(numbers.values())
    middle = 0.0 if low < 0 else 3.0 if high > 3 else (low + high) / 2
    if low == 0 and high > 3:
        return None
    return {
        value: Sentiment.NEUTRAL
        if number == middle
        else (Sentiment.POSITIVE if number > middle else Sentiment.NEGATIVE)
        for value, number in numbers.items()
    }


def _rows(path: Path) -> Iterator[list[str]]:
    packed = path.suffix.lower() == ".gz"
    kind = (Path(path.stem).suffix if packed else path.suffix).lower()
    if kind == ".xlsx":
        yield from _sheet(path)
        return
    if kind not in {".csv", ".tsv", ".txt"}:
        raise Invalid(f"{path.name}: only .csv, .tsv and .xlsx files can be read.")
    with gzip.open(path, "rb") if packed else path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Invalid(f"{path.name} is larger than {MOST_BYTES // 2**20} MB.")
    csv.field_size_limit(1_000_000)
    try:
        text = _decoded(data)
        first = text.partition("\n")[0]
        tabs = "\t" in first and (kind != ".csv" or "," not in first)
        between = "\t" if tabs else ";" if ";" in first and "," not in first else ","
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=between)
        for count, row in enumerate(reader):
            if count > MOST_ROWS:
                raise Invalid(f"{path.name} has more than {MOST_ROWS:,} rows.")
            yield row
    except csv.Error as error:
        raise Invalid(f"{path.name} is no readable table: {error}.") from error


def _decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 or GB 18030, which Excel on a Chinese machine writes."""
    try:
        if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return data.decode("utf-16")
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
                shared = [_said(piece) for piece in tree.iter(f"{_NAMESPACE}si")]
            sheets = sorted(name for name in names if name.startswith("xl/worksheets/sheet"))
            tree = ElementTree.fromstring(book.read(sheets[0]))
            for row in tree.iter(f"{_NAMESPACE}row"):
                yield _cells(row, shared)
    except (zipfile.BadZipFile, XmlError, DefusedXmlException, KeyError, IndexError, ValueError) as error:
        raise Invalid(f"{path.name} is no readable workbook.") from error


def _said(string: "ElementTree.Element") -> str:
    """A string without the readings that Excel keeps beside it (`rPh`: pinyin)."""
    runs = [string, *string.findall(f"{_NAMESPACE}r")]
    return "".join(part.text or "" for run in runs for part in run.findall(f"{_NAMESPACE}t"))


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
            cells.append("".join(_said(piece) for piece in cell.iter(f"{_NAMESPACE}is")))
        else:
            cells.append((value.text or "") if value is not None else "")
    return cells


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1
