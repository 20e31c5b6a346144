"""An overview as CSV: exactly the figures the screen shows, one block after another, an empty line between.

Form: RFC 4180 with a byte-order mark, because Excel takes UTF-8 without one for the local code page. No cell can be
taken for a formula.
"""

import csv
import io
from collections.abc import Callable, Mapping
from typing import Literal

from scrm.model.analysis import Sentiment
from scrm.model.reports import KpiKey, KpiUnit, Overview

Locale = Literal["zh-CN", "en"]
Cell = str | int | float | None
Row = tuple[Cell, ...]

# The words of the screen (dashboards/web/src/i18n), so that file and screen read alike.
_KPIS: Mapping[KpiKey, tuple[str, str]] = {
    KpiKey.CONVERSATIONS: ("新会话", "New conversations"),
    KpiKey.INCOMING: ("客户消息", "Customers' messages"),
    KpiKey.OUTGOING: ("回复消息", "Replies"),
    KpiKey.FIRST_RESPONSE_P50: ("首次响应（中位）", "First response (median)"),
    KpiKey.FIRST_RESPONSE_P90: ("首次响应（P90）", "First response (P90)"),
    KpiKey.NEGATIVE_SHARE: ("负面情绪占比", "Negative share"),
    KpiKey.WAITING_NOW: ("正在等待", "Waiting now"),
    KpiKey.RESOLVED: ("已解决会话", "Resolved conversations"),
}
_UNITS: Mapping[KpiUnit, tuple[str, str]] = {
    KpiUnit.COUNT: ("个", "count"),
    KpiUnit.SECONDS: ("秒", "seconds"),
    KpiUnit.SHARE: ("比例", "share"),
}
_SENTIMENTS: Mapping[str, tuple[str, str]] = {
    Sentiment.NEGATIVE: ("负面", "negative"),
    Sentiment.NEUTRAL: ("中性", "neutral"),
    Sentiment.POSITIVE: ("正面", "positive"),
}
_WORDS: Mapping[str, tuple[str, str]] = {
    "range": ("统计区间", "Range"),
    "previous": ("对比区间", "Compared with"),
    "figure": ("指标", "Figure"),
    "value": ("本期", "Value"),
    "before": ("上期", "Before"),
    "unit": ("单位", "Unit"),
    "day": ("日期", "Day"),
    "category": ("问题分类", "Category"),
    "count": ("客户消息", "Messages"),
    "share": ("占比", "Share"),
    "unknown": ("未识别", "unknown"),
}
# What Excel, LibreOffice and WPS take for the beginning of a formula, full-width forms included (OWASP, CSV injection).
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def to_csv(overview: Overview, *, locale: Locale = "zh-CN", names: Mapping[str, str] | None = None) -> str:
    """names: category names by code, as the screen shows them; a code without one stands for itself."""
    tongue = 0 if locale == "zh-CN" else 1
    words = {key: pair[tongue] for key, pair in _WORDS.items()}
    moods = {key: pair[tongue] for key, pair in _SENTIMENTS.items()}
    kpis = {key: pair[tongue] for key, pair in _KPIS.items()}

    def category(code: str | None) -> str:
        return words["unknown"] if code is None else (names or {}).get(code, code)

    period, before = overview.range, overview.previous
    ranges: list[Row] = [
        (words["range"], period.first_day, period.last_day),
        (words["previous"], before.first_day, before.last_day),
    ]
    figures: list[Row] = [(words["figure"], words["value"], words["before"], words["unit"])]
    figures += [(kpis[kpi.key], kpi.value, kpi.previous, _UNITS[kpi.unit][tongue]) for kpi in overview.kpis]
    counted = (KpiKey.CONVERSATIONS, KpiKey.INCOMING, KpiKey.OUTGOING)
    trend: list[Row] = [(words["day"], *(kpis[key] for key in counted), *moods.values())]
    trend += [
        (day.day, day.conversations, day.incoming, day.outgoing, day.negative, day.neutral, day.positive)
        for day in overview.trend
    ]
    categories: list[Row] = [(words["category"], words["count"], moods[Sentiment.NEGATIVE], words["share"])]
    categories += [(category(row.category), row.count, row.negative, row.share) for row in overview.categories]
    heat: list[Row] = [(words["category"], *moods.values()), *_heat_rows(overview, category)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for number, block in enumerate((ranges, figures, trend, categories, heat)):
        if number:
            text.write("\r\n")
        writer.writerows([[_safe(cell) for cell in row] for row in block])
    return "\ufeff" + text.getvalue()


def _heat_rows(overview: Overview, name: Callable[[str | None], str]) -> list[Row]:
    counts = {(cell.category, cell.sentiment): cell.count for cell in overview.heat}
    rows = dict.fromkeys(cell.category for cell in overview.heat)
    return [(name(row), *(counts.get((row, sentiment), 0) for sentiment in _SENTIMENTS)) for row in rows]


def _safe(cell: Cell) -> str:
    """A cell as text. Whole numbers lose their point; a text that looks like a formula gets an apostrophe before it."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return "'" + cell if cell.startswith(_FORMULA) else cell
    return str(int(cell)) if cell == int(cell) else repr(cell)
