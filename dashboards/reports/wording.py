"""The words of tables and sentences, Chinese and English; those of the screen (dashboards/web/src/i18n), so that a file
and the screen read alike."""

from collections.abc import Mapping
from typing import Literal

from scrm.model.analysis import Sentiment
from scrm.model.base import Record
from scrm.model.reports import KpiKey, KpiUnit

Locale = Literal["zh-CN", "en"]

KPIS: Mapping[str, tuple[str, str]] = {
    KpiKey.CONVERSATIONS: ("新会话", "New conversations"),
    KpiKey.INCOMING: ("客户消息", "Customers' messages"),
    KpiKey.OUTGOING: ("回复消息", "Replies"),
    KpiKey.FIRST_RESPONSE_P50: ("首次响应（中位）", "First response (median)"),
    KpiKey.FIRST_RESPONSE_P90: ("首次响应（P90）", "First response (P90)"),
    KpiKey.RESOLUTION_P50: ("解决时长（中位）", "Resolution (median)"),
    KpiKey.RESOLUTION_P90: ("解决时长（P90）", "Resolution (P90)"),
    KpiKey.NEGATIVE_SHARE: ("负面情绪占比", "Negative share"),
    KpiKey.WAITING_NOW: ("正在等待", "Waiting now"),
    KpiKey.RESOLVED: ("已解决会话", "Resolved conversations"),
    KpiKey.BACKLOG: ("未解决会话", "Backlog"),
    KpiKey.SATISFACTION: ("满意度（1–5）", "Satisfaction (1–5)"),
}
UNITS: Mapping[str, tuple[str, str]] = {
    KpiUnit.COUNT: ("个", "count"),
    KpiUnit.SECONDS: ("秒", "seconds"),
    KpiUnit.SHARE: ("比例", "share"),
    KpiUnit.SCORE: ("分", "score"),
}
SENTIMENTS: Mapping[str, tuple[str, str]] = {
    Sentiment.NEGATIVE: ("负面", "negative"),
    Sentiment.NEUTRAL: ("中性", "neutral"),
    Sentiment.POSITIVE: ("正面", "positive"),
}
WORDS: Mapping[str, tuple[str, str]] = {
    "range": ("统计区间", "Range"),
    "previous": ("对比区间", "Compared with"),
    "since": ("数据始于", "Data since"),
    "facts": ("说明", "About"),
    "figures": ("指标", "Figures"),
    "trend": ("趋势", "Trend"),
    "trend_before": ("对比区间趋势", "Trend compared with"),
    "ranking": ("问题分类排行", "Ranking"),
    "heat": ("分类与情绪", "Category and mood"),
    "figure": ("指标", "Figure"),
    "value": ("本期", "Value"),
    "before": ("上期", "Before"),
    "change": ("变化", "Change"),
    "unit": ("单位", "Unit"),
    "day": ("日期", "Day"),
    "category": ("问题分类", "Category"),
    "channel": ("渠道", "Channel"),
    "phrase": ("词语", "Phrase"),
    "count": ("客户消息", "Messages"),
    "share": ("占比", "Share"),
    "unknown": ("未识别", "Not recognised"),
    "volume": ("消息量变化", "Change of volume"),
    "negative": ("负面占比变化", "Change of negative share"),
    "part_of": ("构成", "By"),
    "part": ("部分", "Part"),
    "effect": ("贡献", "Effect"),
    "mix": ("结构影响", "Mix"),
    "rate": ("自身变化", "Rate"),
    "share_of_change": ("占变化", "Share of change"),
    "phrases": ("词语变化", "Phrases"),
    "new_phrases": ("新词语", "New phrases"),
    "expected": ("按以往应有", "Expected"),
    "people": ("客户数", "Customers"),
    "findings": ("发现", "Findings"),
    "by_day": ("分类趋势", "Categories by day"),
}


class Wording(Record, kw_only=True):
    """categories, channels, teams, agents: names by code or id, as the screen shows them; what has none stands for
    itself."""

    locale: Locale = "zh-CN"
    categories: Mapping[str, str] = {}
    channels: Mapping[str, str] = {}
    teams: Mapping[str, str] = {}
    agents: Mapping[str, str] = {}

    @property
    def tongue(self) -> int:
        return 0 if self.locale == "zh-CN" else 1

    def __getitem__(self, word: str) -> str:
        return WORDS[word][self.tongue]

    def kpi(self, key: str) -> str:
        return KPIS[key][self.tongue] if key in KPIS else key

    def unit(self, unit: str) -> str:
        return UNITS[unit][self.tongue] if unit in UNITS else unit

    def mood(self, sentiment: str) -> str:
        return SENTIMENTS[sentiment][self.tongue]

    def category(self, code: str | None) -> str:
        return self["unknown"] if code is None else self.categories.get(code, code)

    def channel(self, id_: str | None) -> str:
        return self["unknown"] if id_ is None else self.channels.get(id_) or id_
