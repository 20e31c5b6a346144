"""All pages behind one door. Implements `scrm.ports.boards.Boards`."""

from zoneinfo import ZoneInfo

from dashboards.reports import render, table
from dashboards.reports.digest import Reporting
from dashboards.reports.overview import OverviewReports
from dashboards.reports.service import ServiceReports
from dashboards.reports.service_table import service_book
from dashboards.reports.voice import VoiceReports
from dashboards.reports.wording import Wording
from scrm.clock import Clock
from scrm.ids import ChannelId
from scrm.model.period_report import PeriodReport, ReportKind
from scrm.model.quality import ServiceReport
from scrm.model.reports import DayRange, ReportFilter
from scrm.model.tables import Book
from scrm.model.topics import TermReading
from scrm.model.voice import ComparedOverview, PhraseQuery, Voice
from scrm.ports.boards import Names
from scrm.ports.stores import Page, Stores


class ReportBoards:
    def __init__(self, stores: Stores, clock: Clock, zone: ZoneInfo) -> None:
        self._overview = OverviewReports(stores)
        self._service = ServiceReports(stores)
        self._voice = VoiceReports(stores, clock, zone)
        self._reporting = Reporting(stores, self._overview, self._voice, clock, zone)

    async def overview(self, report_filter: ReportFilter, against: DayRange | None) -> ComparedOverview:
        return await self._overview.overview(report_filter, against)

    async def voice(self, report_filter: ReportFilter, against: DayRange | None, names: Names) -> Voice:
        return await self._voice.voice(report_filter, against, _wording(names))

    async def service(self, report_filter: ReportFilter, against: DayRange | None) -> ServiceReport:
        return await self._service.service(report_filter, against)

    async def phrase_evidence(self, query: PhraseQuery, *, after: Page | None, limit: int) -> list[TermReading]:
        return await self._voice.phrase_evidence(query, after=after, limit=limit)

    async def report(
        self,
        kind: ReportKind,
        day: str,
        names: Names,
        *,
        channel_id: ChannelId | None = None,
        ending: bool = False,
    ) -> PeriodReport:
        return await self._reporting.report(kind, day, _wording(names), channel_id=channel_id, ending=ending)

    def overview_book(self, overview: ComparedOverview, names: Names) -> Book:
        return table.overview_book(overview, _wording(names))

    def voice_book(self, voice: Voice, names: Names) -> Book:
        return table.voice_book(voice, _wording(names))

    def service_book(self, report: ServiceReport, names: Names) -> Book:
        return service_book(report, _wording(names))

    def csv(self, book: Book) -> str:
        return render.to_csv(book)

    def xlsx(self, book: Book) -> bytes:
        return render.to_xlsx(book)


def _wording(names: Names) -> Wording:
    return Wording(
        locale=names.locale,
        categories=names.categories,
        channels=names.channels,
        teams=names.teams,
        agents=names.agents,
    )
