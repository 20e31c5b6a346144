"""Tables that people bring: good rows are kept, bad ones told with their line, hostile files cost nothing."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp import sheet
from scrm.errors import Invalid
from scrm.model.taxonomy import LONGEST_EXAMPLE, MOST_EXAMPLES
from scrm.ports.taxonomy import Table
from tests.nlp.workbook import workbook


def rows(table: Table) -> list[tuple[int, str, str]]:
    return [(row.line, row.text, row.category) for row in table.rows]


def faults(table: Table) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in table.bad]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_excel_writes(encoding: str) -> None:
    table = sheet.table("表.csv", "文本,分类\n車位滿了吗,停车\n".encode(encoding))
    assert rows(table) == [(2, "車位滿了吗", "停车")]
    assert table.encoding == encoding.removesuffix("-sig")


def test_bad_rows_are_told_with_their_line() -> None:
    text = "分类,备注,内容\n停车,x,车位满了吗\n,,\n停车,,\n停车,," + "长" * (LONGEST_EXAMPLE + 1)
    text += "\n" + "名" * 41 + ',,怎么走\n餐饮,,"早餐\n几点\t开始"\n,,没有分类\n'
    table = sheet.table("a.csv", text.encode())
    assert rows(table) == [(2, "车位满了吗", "停车"), (8, "早餐 几点 开始", "餐饮"), (9, "没有分类", "")]
    assert faults(table) == [(4, "no_text"), (5, "too_long"), (6, "name_too_long")]


def test_pasted_lines_have_tabs_or_no_category() -> None:
    table = sheet.table("pasted.txt", '车位满了吗\t停车\r\n他说"满了\n'.encode())
    assert rows(table) == [(1, "车位满了吗", "停车"), (2, '他说"满了', "")]


def test_a_workbook_as_excel_saves_it() -> None:
    data = workbook([["分类", "文本"], ["停车", "车位满了吗"], ["", ""], ["餐饮", "早餐几点"], [3, 4.5]], shared=True)
    assert rows(sheet.table("表.XLSX", data)) == [(2, "车位满了吗", "停车"), (4, "早餐几点", "餐饮"), (5, "4.5", "3")]
    inline = workbook([["车位满了吗", "停车"]], shared=False)
    assert rows(sheet.table("b.xlsx", inline)) == [(1, "车位满了吗", "停车")]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0", "saved as .xlsx"),
        ("a.csv", b"", "no rows"),
        ("a.csv", "文本,别的\n一,二\n".encode(), "category"),
        ("a.xlsx", b"PK\x03\x04 nothing", "no workbook"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0 locked", "no workbook"),
        ("a.csv", b"a,b\n" * (MOST_EXAMPLES + 2), "20,000 rows"),
        ("a.csv", b"x" * (sheet.MOST_BYTES + 1), "10 MB"),
        ("a.csv", b'"' + b"x" * 200_000, "Line"),
    ],
)
def test_a_file_that_does_not_do_is_refused_with_what_to_mend(name: str, data: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        sheet.table(name, data)


def test_bombs_and_entities_are_refused() -> None:
    bomb = workbook([["一", "二"]], shared=False, extra={"xl/worksheets/sheet2.xml": b"0" * (sheet.MOST_UNPACKED + 1)})
    assert len(bomb) < 1_000_000
    with pytest.raises(Invalid, match="too large"):
        sheet.table("bomb.xlsx", bomb)
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet><sheetData/></worksheet>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", laughs)
    with pytest.raises(Invalid):
        sheet.table("laughs.xlsx", buffer.getvalue())
    with pytest.raises(Invalid, match="damaged"):
        sheet.table("a.xlsx", workbook([["一"]], shared=True, extra={"xl/sharedStrings.xml": b"<sst/>"}))


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.txt", "a.tsv", "a.xlsx"]))
def test_whatever_the_bytes_only_invalid_is_raised(data: bytes, name: str) -> None:
    try:
        table = sheet.table(name, data)
    except Invalid:
        return
    assert all(row.text and len(row.text) <= LONGEST_EXAMPLE for row in table.rows)
