"""Workbooks for tests: the parts of an .xlsx that Excel needs to open one."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(rows: Sequence[Sequence[str | float]], *, shared: bool, extra: Mapping[str, bytes] | None = None) -> bytes:
    """shared: strings in a table of their own, as Excel writes them; else inside their cells, as other programs do."""
    strings: list[str] = []
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for column, value in enumerate(row):
            place = f"{chr(65 + column)}{number}"
            if isinstance(value, float | int):
                cells.append(f'<c r="{place}"><v>{value}</v></c>')
            elif shared and value:
                strings.append(value)
                cells.append(f'<c r="{place}" t="s"><v>{len(strings) - 1}</v></c>')
            elif value:
                cells.append(f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    # Excel keeps how a name is pronounced beside it: no part of the text.
    items = "".join(f"<si><t>{escape(each)}</t><rPh><t>pinyin</t></rPh></si>" for each in strings)
    parts = {
        "xl/worksheets/sheet1.xml": f"<worksheet {_MAIN}><sheetData>{''.join(lines)}</sheetData></worksheet>".encode()
    }
    if shared:
        parts["xl/sharedStrings.xml"] = f"<sst {_MAIN}>{items}</sst>".encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in (parts | dict(extra or {})).items():
            book.writestr(name, data)
    return buffer.getvalue()
