"""The CSV holds what the overview holds, and nothing a spreadsheet would run."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from dashboards.reports import to_csv
from scrm.model.reports import CategoryShare, DayRange, HeatCell, Kpi, KpiKey, KpiUnit, Overview, TrendDay

TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=20)


def _overview(category: str | None = "logistics") -> Overview:
    return Overview(
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
        categories=(CategoryShare(category=category, count=9, negative=1, share=1.0),),
        heat=(
            HeatCell(category=category, sentiment="negative", count=1),
            HeatCell(category=category, sentiment="neutral", count=7),
            HeatCell(category=category, sentiment="positive", count=1),
        ),
    )


def _rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_every_figure_in_chinese() -> None:
    rows = _rows(to_csv(_overview(), names={"logistics": "物流"}))
    assert rows == [
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
        ["问题分类", "客户消息", "负面", "占比"],
        ["物流", "9", "1", "1"],
        [],
        ["问题分类", "负面", "中性", "正面"],
        ["物流", "1", "7", "1"],
    ]


def test_english_words_and_the_unknown_category() -> None:
    rows = _rows(to_csv(_overview(None), locale="en"))
    assert ["Negative share", "0.125", "", "share"] in rows
    assert ["unknown", "9", "1", "1"] in rows


@given(TEXTS)
def test_no_cell_begins_a_formula_and_no_text_is_lost(name: str) -> None:
    rows = _rows(to_csv(_overview("code"), names={"code": name}))
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    shown = rows[-1][0]
    assert shown == name or shown == "'" + name
