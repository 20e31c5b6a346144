"""The report of a day or a week: one page, every figure with the link that opens its evidence."""

from datetime import datetime
from enum import StrEnum

from scrm.model.base import Record
from scrm.model.reports import DayRange, Kpi, TrendDay
from scrm.model.voice import Finding


class ReportKind(StrEnum):
    """daily: one day, against the same day a week before. weekly: Monday to Sunday, against the week before."""

    DAILY = "daily"
    WEEKLY = "weekly"


class ReportFigure(Record, kw_only=True):
    """label: in the words of the screen. link: the page of the client that lists what the figure counts."""

    kpi: Kpi
    label: str
    link: str


class ReportCategory(Record, kw_only=True):
    """category None: unknown. before: messages in the range compared with."""

    category: str | None
    label: str
    count: int
    before: int
    negative: int
    link: str


class ReportAlert(Record, kw_only=True):
    """messages, negative: of its topic at its height. ended_at None: it goes on."""

    label: str
    messages: int
    expected: float | None
    negative: int
    high: bool
    opened_at: datetime
    ended_at: datetime | None
    link: str


class PeriodReport(Record, kw_only=True):
    """trend: the days of the range; of a daily report the fourteen days that end with it. previous_trend: the days
    before those, of a weekly report the week compared with. whole: the period is over.
    previous_since: as of an overview (`ComparedOverview`)."""

    kind: ReportKind
    range: DayRange
    previous: DayRange
    made_at: datetime
    whole: bool
    figures: tuple[ReportFigure, ...]
    trend: tuple[TrendDay, ...]
    previous_trend: tuple[TrendDay, ...]
    categories: tuple[ReportCategory, ...]
    findings: tuple[Finding, ...]
    alerts: tuple[ReportAlert, ...]
    previous_since: str | None = None
