"""A book of tables as CSV or as an Excel workbook: the same cells either way.

CSV is RFC 4180 with a byte-order mark, because Excel takes UTF-8 without one for the local code page; one table after
another, an empty line between. No cell can be taken for a formula: CSV has no types, so a text that looks like one gets
an apostrophe before it; in a workbook texts are stored as texts, which no program runs. Numbers are numbers; a length
of time is seconds in CSV and a time ([h]:mm:ss) in a workbook.
"""

import csv
import io
import re
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from scrm.model.tables import Book, Cell, CellKind, Column, Sheet, TableRow

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

# What Excel, LibreOffice and WPS take for the beginning of a formula, full-width forms included (OWASP, CSV injection).
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
# Excel's own bounds: learn.microsoft.com, "Excel specifications and limits".
LONGEST_CELL = 32_767
LONGEST_TITLE = 31
_NO_TITLE = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_FORMATS = {
    CellKind.COUNT: "#,##0",
    CellKind.NUMBER: "#,##0.0",
    CellKind.SECONDS: "[h]:mm:ss",
    CellKind.SHARE: "0.0%",
    CellKind.DAY: "yyyy-mm-dd",
}
_DAY_SECONDS = 86_400
_WIDEST = 48


def to_csv(book: Book) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for number, sheet in enumerate(book.sheets):
        if number:
            text.write("\r\n")
        if sheet.columns:
            writer.writerow([_safe(column.title) for column in sheet.columns])
        writer.writerows([[_safe(cell) for cell in row.cells] for row in sheet.rows])
    return "\ufeff" + text.getvalue()


def to_xlsx(book: Book) -> bytes:
    import xlsxwriter  # an eighth of a second that no start should wait for

    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    formats = {kind: workbook.add_format({"num_format": form}) for kind, form in _FORMATS.items()}
    head = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    titles: set[str] = set()
    for sheet in book.sheets:
        page = workbook.add_worksheet(_title(sheet.title, titles))
        if sheet.columns:
            for place, column in enumerate(sheet.columns):
                page.write_string(0, place, _text(column.title), head)
            page.freeze_panes(1, 1)
        for number, row in enumerate(sheet.rows, 1 if sheet.columns else 0):
            _row(page, number, row, sheet.columns, formats)
        for place, width in enumerate(_widths(sheet)):
            page.set_column(place, place, width)
    workbook.close()
    return file.getvalue()


def _row(
    page: "Worksheet", number: int, row: TableRow, columns: tuple[Column, ...], formats: dict[CellKind, Any]
) -> None:
    for place, cell in enumerate(row.cells):
        kind = columns[place].kind if place < len(columns) else CellKind.TEXT
        if cell is None:
            continue
        if isinstance(cell, str):
            day = _day(cell) if kind is CellKind.DAY or not columns else None
            if day is not None:
                page.write_datetime(number, place, day, formats[CellKind.DAY])
            else:
                page.write_string(number, place, _text(cell))
            continue
        if row.kind is not None and kind not in (CellKind.TEXT, CellKind.DAY):
            kind = row.kind
        value = cell / _DAY_SECONDS if kind is CellKind.SECONDS else cell
        page.write_number(number, place, value, formats.get(kind))


def _day(text: str) -> Any:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _text(text: str) -> str:
    """As long as a cell bears, without the signs that XML has no way to write."""
    return _NO_XML.sub("\ufffd", text[:LONGEST_CELL])


def _title(title: str, taken: set[str]) -> str:
    """A name that Excel takes: without its signs, at most 31 characters, none twice."""
    name = "".join(sign for sign in title.translate(_NO_TITLE) if sign.isprintable()).strip()[:LONGEST_TITLE] or "Sheet"
    number = 1
    while name.casefold() in taken:
        number += 1
        tail = f" {number}"
        name = name[: LONGEST_TITLE - len(tail)] + tail
    taken.add(name.casefold())
    return name


def _widths(sheet: Sheet) -> Iterable[float]:
    """By the widest cell; Chinese characters are about two wide."""
    rows = [tuple(column.title for column in sheet.columns), *(row.cells for row in sheet.rows)]
    for place in range(max((len(cells) for cells in rows), default=0)):
        texts = [_shown(cells[place]) for cells in rows if place < len(cells)]
        yield min(_WIDEST, 2 + max(sum(2 if ord(sign) > 0x2E7F else 1 for sign in text) for text in texts))


def _shown(cell: Cell) -> str:
    return "" if cell is None else cell[:_WIDEST] if isinstance(cell, str) else f"{cell:,.1f}"


def _safe(cell: Cell) -> str:
    """A cell as text. Whole numbers lose their point; a text that looks like a formula gets an apostrophe before it."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return "'" + cell if cell.startswith(_FORMULA) else cell
    return str(int(cell)) if cell == int(cell) else repr(cell)
