"""Rows of a table that somebody brings: CSV, TSV, pasted lines or XLSX, with their line numbers.

Hostile by nature: meant to run in a process of its own. Bounded in bytes, unpacked bytes, rows and columns; XML without
entities; a row that does not do is told with its line and why, and never costs the others anything.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import ParseError as XmlError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from scrm.errors import Invalid
from scrm.model.taxonomy import LONGEST_EXAMPLE, MOST_EXAMPLES
from scrm.ports.mentions import RawTable
from scrm.ports.taxonomy import BadRow, Table, TableRow

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED = 80 * 1024 * 1024
LONGEST_NAME = 40
"""Characters of a category's name."""

_MOST_COLUMNS = 60
_LONGEST_CELL = 100_000
_TEXT = {"text", "content", "message", "question", "example", "内容", "文本", "消息", "问题", "例句", "客户消息"}
_CATEGORY = {"category", "label", "class", "topic", "分类", "类别", "问题分类", "标签"}
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CELL = re.compile(r"([A-Z]{1,3})\d{1,7}")

Row = tuple[int, list[str]]


def table(name: str, data: bytes) -> Table:
    """name: decides the kind by its ending. Raises Invalid with what to mend."""
    if len(data) > MOST_BYTES:
        raise Invalid(f"A file may have {MOST_BYTES // 2**20} MB at the most.")
    kind = name.rpartition(".")[2].lower()
    if kind == "xlsx":
        rows, encoding = list(_bounded(_workbook(data))), "xlsx"
    elif kind in {"csv", "tsv", "txt"}:
        text, encoding = _decoded(data)
        rows = list(_bounded(_lines(text, kind)))
    else:
        raise Invalid("Only .xlsx, .csv, .tsv and .txt files can be read; an .xls is saved as .xlsx first.")
    return _sorted_out(rows, encoding)


def cells(name: str, data: bytes) -> RawTable:
    """Every row as it is, for who knows its columns. A text whose lines are of different encodings is read line by
    line; a line that is of none is told, and costs the others nothing. Raises Invalid with what to mend."""
    if len(data) > MOST_BYTES:
        raise Invalid(f"A file may have {MOST_BYTES // 2**20} MB at the most.")
    kind = name.rpartition(".")[2].lower()
    bad: list[tuple[int, str]] = []
    if kind == "xlsx":
        rows, encoding = list(_bounded(_workbook(data))), "xlsx"
    elif kind in {"csv", "tsv"}:
        text, encoding = _mixed(data)
        rows = []
        for line, row in _bounded(_lines(text, kind)):
            if any("\ufffd" in cell for cell in row):
                bad.append((line, "bad_encoding"))
            elif any(cell.strip() for cell in row):
                rows.append((line, row))
    else:
        raise Invalid("Only .xlsx, .csv and .tsv files can be read; an .xls is saved as .xlsx first.")
    if not rows:
        raise Invalid("There are no rows in it.")
    return RawTable(rows=tuple(rows), bad=tuple(bad), encoding=encoding)


def _mixed(data: bytes) -> tuple[str, str]:
    """No byte of a UTF-8 or GB 18030 character is a line feed, so lines come apart before they are read."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(data)
    names: dict[str, None] = {}
    lines: list[str] = []
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        for encoding in ("utf-8", "gb18030"):
            try:
                lines.append(line.decode(encoding))
            except UnicodeDecodeError:
                continue
            if not line.isascii():
                names[encoding] = None
            break
        else:
            lines.append(line.decode("utf-8", "replace"))
    return "\n".join(lines), " + ".join(names) or "utf-8"


def _bounded(rows: Iterator[Row]) -> Iterator[Row]:
    for count, row in enumerate(rows):
        if count > MOST_EXAMPLES:
            raise Invalid(f"A file may have {MOST_EXAMPLES:,} rows at the most.")
        yield row


def _sorted_out(rows: Sequence[Row], encoding: str) -> Table:
    filled = [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]
    if not filled:
        raise Invalid("There are no rows in it.")
    header = [cell.strip().lower() for cell in filled[0][1]]
    text = next((place for place, name in enumerate(header) if name in _TEXT), None)
    code = next((place for place, name in enumerate(header) if name in _CATEGORY), None)
    if text is None and code is None:
        text, code = 0, 1
    elif text is None or code is None:
        missing = "text (文本)" if text is None else "category (分类)"
        raise Invalid(f"The first line has no column {missing}; the template shows both.")
    else:
        filled = filled[1:]
    good: list[TableRow] = []
    bad: list[BadRow] = []
    for line, cells in filled:
        said, named = (_clean(cells[place]) if place < len(cells) else "" for place in (text, code))
        if not said:
            bad.append(BadRow(line=line, reason="no_text", text=named[:LONGEST_NAME]))
        elif len(said) > LONGEST_EXAMPLE:
            bad.append(BadRow(line=line, reason="too_long", text=said[:60]))
        elif len(named) > LONGEST_NAME:
            bad.append(BadRow(line=line, reason="name_too_long", text=said[:60]))
        else:
            good.append(TableRow(line=line, text=said, category=named))
    return Table(rows=tuple(good), bad=tuple(bad), encoding=encoding)


def _clean(cell: str) -> str:
    """One line, as shown: no controls, no half characters, blanks single."""
    kept = "".join(char if char.isprintable() else " " for char in cell)
    return " ".join(kept.split())


def _decoded(data: bytes) -> tuple[str, str]:
    """UTF-8; UTF-16 where a mark says so (Excel's "Unicode text"); else GB 18030, as Excel writes in China."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), "utf-16"
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace"), "gb18030"


def _lines(text: str, kind: str) -> Iterator[Row]:
    """A tab anywhere in the first lines makes a table of tabs, whatever the file is called."""
    tabs = kind != "csv" or "\t" in text[:2_000].partition("\n")[0]
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(
        io.StringIO(text.replace("\0", ""), newline=""),
        delimiter="\t" if tabs else ",",
        quoting=csv.QUOTE_NONE if kind == "txt" else csv.QUOTE_MINIMAL,
    )
    try:
        for cells in reader:
            yield reader.line_num, cells[:_MOST_COLUMNS]
    except csv.Error as error:
        raise Invalid(f"Line {reader.line_num} cannot be read: {error}.") from error


# --- workbooks ----------------------------------------------------------------------------------------------------


def _workbook(data: bytes) -> Iterator[Row]:
    """The first sheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            # zipfile never unpacks more of a part than its entry claims.
            if sum(part.file_size for part in book.infolist()) > MOST_UNPACKED:
                raise Invalid("This workbook is too large unpacked; copy the rows into a new one.")
            names = set(book.namelist())
            sheets = sorted(
                (name for name in names if re.fullmatch(r"xl/worksheets/sheet\d{1,4}\.xml", name)),
                key=lambda name: (len(name), name),
            )
            if not sheets:
                raise Invalid("This is no workbook of Excel's (.xlsx).")
            shared: list[str] = []
            if "xl/sharedStrings.xml" in names:
                with book.open("xl/sharedStrings.xml") as part:
                    shared = [_said(item) for item in _elements(part, "si")]
            with book.open(sheets[0]) as part:
                for count, row in enumerate(_elements(part, "row"), start=1):
                    number = row.get("r", "")
                    yield int(number) if number.isdigit() and len(number) < 8 else count, _cells(row, shared)
    except (zipfile.BadZipFile, XmlError, DefusedXmlException, NotImplementedError, RuntimeError) as error:
        raise Invalid("This is no workbook of Excel's (.xlsx), or it is damaged or locked with a password.") from error
    except (KeyError, IndexError, ValueError, EOFError, OSError) as error:
        raise Invalid("This workbook is damaged.") from error


def _elements(part: IO[bytes], name: str) -> Iterator[Element]:
    """Each element of that name, forgotten once it was read: a sheet is never whole in memory."""
    root: Element | None = None
    for event, element in ElementTree.iterparse(part, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            root = element if root is None else root
        elif element.tag == f"{_MAIN}{name}":
            yield element
            element.clear()
            if root is not None and name == "si":
                root.clear()


def _said(item: Element) -> str:
    """The text of a string, without the reading aids (phonetic runs) that Excel keeps beside it."""
    pieces = [piece.text or "" for piece in item.findall(f"{_MAIN}t")]
    pieces += [piece.text or "" for run in item.findall(f"{_MAIN}r") for piece in run.findall(f"{_MAIN}t")]
    return "".join(pieces)[:_LONGEST_CELL]


def _cells(row: Element, shared: Sequence[str]) -> list[str]:
    cells: list[str] = []
    for cell in row.iter(f"{_MAIN}c"):
        found = _CELL.fullmatch(cell.get("r", ""))
        place = _column(found[1]) if found else len(cells)
        if place >= _MOST_COLUMNS:
            break
        cells += [""] * (place - len(cells))
        value = cell.find(f"{_MAIN}v")
        if cell.get("t") == "s" and value is not None:
            cells.append(shared[int(value.text or "0")])
        elif cell.get("t") == "inlineStr":
            inline = cell.find(f"{_MAIN}is")
            cells.append(_said(inline) if inline is not None else "")
        else:
            cells.append((value.text or "") if value is not None else "")
    return cells


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1
