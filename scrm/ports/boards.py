"""What the web room asks of the dashboards beside single figures. Implemented by `dashboards.reports`.

Everything here raises StoreUnavailable when the database cannot be reached, and Invalid on a range of days that is none
or too long.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.model.period_report import PeriodReport, ReportKind
from scrm.model.quality import ServiceReport
from scrm.model.reports import DayRange, ReportFilter
from scrm.model.tables import Book
from scrm.model.topics import TermReading
from scrm.model.voice import ComparedOverview, PhraseQuery, Voice
from scrm.ports.stores import Page


class Names(Record, kw_only=True):
    """In whose words. categories, channels, teams, agents: names by code or id; what has none stands for itself."""

    locale: Literal["zh-CN", "en"] = "zh-CN"
    categories: Mapping[str, str] = {}
    channels: Mapping[str, str] = {}
    teams: Mapping[str, str] = {}
    agents: Mapping[str, str] = {}


class Boards(Protocol):
    async def overview(self, report_filter: ReportFilter, against: DayRange | None) -> ComparedOverview:
        """against None: the period of equal length just before."""
        ...

    async def voice(self, report_filter: ReportFilter, against: DayRange | None, names: Names) -> Voice: ...

    async def service(self, report_filter: ReportFilter, against: DayRange | None) -> ServiceReport: ...

    async def phrase_evidence(self, query: PhraseQuery, *, after: Page | None, limit: int) -> list[TermReading]:
        """The messages a phrase's number counts, newest first; Page.at is `at`."""
        ...

    async def report(
        self,
        kind: ReportKind,
        day: str,
        names: Names,
        *,
        channel_id: ChannelId | None = None,
        ending: bool = False,
    ) -> PeriodReport:
        """Of the day, or of the week that has it; ending: of the seven days that end with it."""
        ...

    def overview_book(self, overview: ComparedOverview, names: Names) -> Book: ...

    def voice_book(self, voice: Voice, names: Names) -> Book: ...

    def service_book(self, report: ServiceReport, names: Names) -> Book: ...

    def csv(self, book: Book) -> str: ...

    def xlsx(self, book: Book) -> bytes:
        """Takes a while for a large book: not on the event loop."""
        ...
