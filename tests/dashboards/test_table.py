"""A file holds what the page holds, numbers as numbers, and nothing a spreadsheet would run."""

import csv
import io
import re
import zipfile
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.reports.render import to_csv, to_xlsx
from dashboards.reports.table import overview_book
from dashboards.reports.wording import Wording
from scrm.model.reports import CategoryShare, DayRange, HeatCell, Kpi, KpiKey, KpiUnit, TrendDay
from scrm.model.tables import Book, CellKind, Column, Sheet, TableRow, plain
from scrm.model.voice import ComparedOverview

TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=20)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _overview(category: str | None = "logistics") -> ComparedOverview:
    return ComparedOverview(
        range=DayRange(first_day="2026-11-01", last_day="2026-11-02"),
        previous=DayRange(first_day="2026-10-30", last_day="2026-10-31"),
        kpis=(
            Kpi(key=KpiKey.CONVERSATIONS, value=12.0, previous=9, unit=KpiUnit.COUNT),
            Kpi(key=KpiKey.FIRST_RESPONSE_P50, value=61.25, previous=None, unit=KpiUnit.SECONDS),
            Kpi(key=KpiKey.NEGATIVE_SHARE, value=0.125, previous=None, unit=KpiUnit.SHARE),
        ),
        trend=(
            TrendDay(day="2026-11-01", conversations=5, incoming=9, outgoing=8, negative=1, neutral=7, positive=1),
            TrendDay(day="2026-11-02", conversations=7, incoming=0, outgoing=0, negative=0, neutral=0, positive=0),
        ),
        previous_trend=(
            TrendDay(day="2026-10-30", conversations=9, incoming=0, outgoing=0, negative=0, neutral=0, positive=0),
        ),
        categories=(CategoryShare(category=category, count=9, negative=1, share=1.0),),
        heat=(
            HeatCell(category=category, sentiment="negative", count=1),
            HeatCell(category=category, sentiment="neutral", count=7),
            HeatCell(category=category, sentiment="positive", count=1),
        ),
    )


def _csv(book: Book) -> list[list[str]]:
    text = to_csv(book)
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


class Read:
    """A workbook as Excel reads it: sheets by name, cells as (type, value, number format)."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            self.parts = {name: book.read(name).decode() for name in book.namelist()}
        strings = ElementTree.fromstring(self.parts.get("xl/sharedStrings.xml", f'<sst xmlns="{NS[1:-1]}"/>'))
        self._strings = ["".join(text.text or "" for text in each.iter(f"{NS}t")) for each in strings]
        styles = ElementTree.fromstring(self.parts["xl/styles.xml"])
        own = {each.get("numFmtId"): each.get("formatCode") for each in styles.iter(f"{NS}numFmt")}
        crossed = styles.find(f"{NS}cellXfs")
        assert crossed is not None
        self._formats = [own.get(each.get("numFmtId"), each.get("numFmtId")) for each in crossed]
        names = [each.get("name") for each in ElementTree.fromstring(self.parts["xl/workbook.xml"]).iter(f"{NS}sheet")]
        self.names = names
        self.sheets = [
            ElementTree.fromstring(self.parts[f"xl/worksheets/sheet{number}.xml"])
            for number in range(1, len(names) + 1)
        ]

    def rows(self, number: int) -> list[list[tuple[str, object, object]]]:
        return [[self._cell(cell) for cell in row] for row in self.sheets[number].iter(f"{NS}row")]

    def _cell(self, cell: Element) -> tuple[str, object, object]:
        kind, value = cell.get("t", "n"), cell.findtext(f"{NS}v") or ""
        look = self._formats[int(cell.get("s", 0))]
        return (kind, self._strings[int(value)], look) if kind == "s" else (kind, float(value), look)


def test_every_figure_in_chinese() -> None:
    book = overview_book(_overview(), Wording(categories={"logistics": "物流"}))
    assert book.name == "overview_2026-11-01_2026-11-02"
    assert _csv(book) == [
        ["统计区间", "2026-11-01", "2026-11-02"],
        ["对比区间", "2026-10-30", "2026-10-31"],
        [],
        ["指标", "本期", "上期", "单位"],
        ["新会话", "12", "9", "个"],
        ["首次响应（中位）", "61.25", "", "秒"],
        ["负面情绪占比", "0.125", "", "比例"],
        [],
        ["日期", "新会话", "客户消息", "回复消息", "负面", "中性", "正面"],
        ["2026-11-01", "5", "9", "8", "1", "7", "1"],
        ["2026-11-02", "7", "0", "0", "0", "0", "0"],
        [],
        ["日期", "新会话", "客户消息", "回复消息", "负面", "中性", "正面"],
        ["2026-10-30", "9", "0", "0", "0", "0", "0"],
        [],
        ["问题分类", "客户消息", "负面", "占比"],
        ["物流", "9", "1", "1"],
        [],
        ["问题分类", "负面", "中性", "正面"],
        ["物流", "1", "7", "1"],
    ]


def test_english_words_and_the_unknown_category() -> None:
    rows = _csv(overview_book(_overview(None), Wording(locale="en")))
    assert ["Negative share", "0.125", "", "share"] in rows
    assert ["Not recognised", "9", "1", "1"] in rows


def test_the_workbook_has_the_same_as_numbers() -> None:
    read = Read(to_xlsx(overview_book(_overview(), Wording(categories={"logistics": "物流"}))))
    assert read.names == ["说明", "指标", "趋势", "对比区间趋势", "问题分类排行", "分类与情绪"]
    [_, opened, response, share] = read.rows(1)
    assert [cell[:2] for cell in opened[1:3]] == [("n", 12.0), ("n", 9.0)]
    assert response[1] == ("n", 61.25 / 86_400, "[h]:mm:ss")
    assert share[1] == ("n", 0.125, "0.0%")
    assert read.rows(2)[1][0][2] == "yyyy-mm-dd"
    assert [cell[1] for cell in read.rows(2)[1][1:]] == [5, 9, 8, 1, 7, 1]
    for sheet in read.sheets[1:]:
        pane = sheet.find(f"{NS}sheetViews/{NS}sheetView/{NS}pane")
        assert pane is not None
        assert (pane.get("state"), pane.get("topLeftCell")) == ("frozen", "B2")


@given(TEXTS)
def test_no_cell_of_a_csv_begins_a_formula_and_no_text_is_lost(name: str) -> None:
    rows = _csv(overview_book(_overview("code"), Wording(categories={"code": name})))
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(FORMULA)
    assert rows[-1][0] in (name, "'" + name)


HOSTILE = st.one_of(
    TEXTS, st.sampled_from(["=1+1", "=cmd|'/c calc'!A0", "@SUM(A1)", "{=A1}", "http://x.example/", "7"])
)


@settings(max_examples=25)
@given(st.lists(HOSTILE, min_size=1, max_size=6))
def test_texts_of_a_workbook_are_texts(texts: list[str]) -> None:
    sheet = Sheet(
        title=texts[0],
        columns=(Column(title=texts[-1], kind=CellKind.TEXT),),
        rows=tuple(TableRow(cells=(text,)) for text in texts),
    )
    read = Read(to_xlsx(Book(name="b", sheets=(sheet, sheet))))
    assert not any(re.search(r"<f[ >]", part) for name, part in read.parts.items() if "worksheets" in name)
    assert not any("hyperlink" in part for part in read.parts.values())
    assert {row[0][0] for row in read.rows(0)} == {"s"}
    assert len(set(read.names)) == 2
    clean = [text for text in texts if text.isprintable()]
    assert set(clean) <= {str(row[0][1]) for row in read.rows(0)}


def test_sheet_titles_are_what_excel_takes() -> None:
    sheets = tuple(Sheet(title=title, rows=(plain("x"),)) for title in ("a/b[1]", "A B 1", "一" * 40, "一" * 40, "''"))
    assert Read(to_xlsx(Book(name="b", sheets=sheets))).names == [
        "a b 1",
        "A B 1 2",
        "一" * 31,
        "一" * 29 + " 2",
        "Sheet",
    ]
