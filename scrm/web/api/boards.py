"""Dashboards: the overview, customer voice, and each of them as a file of exactly what the page shows."""

import asyncio
from datetime import datetime
from typing import Annotated

from aiohttp import web
from msgspec import Meta

from scrm.errors import Invalid
from scrm.model.analysis import Sentiment
from scrm.model.people import Role
from scrm.model.period_report import PeriodReport, ReportKind
from scrm.model.reports import DayRange
from scrm.model.tables import Book
from scrm.model.topics import TermReading
from scrm.model.voice import ComparedOverview, PhraseQuery, Voice
from scrm.ports.boards import Names
from scrm.ports.stores import Page
from scrm.web import cursor
from scrm.web.api.reports import Range, checked_day, report_filter
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing, Raw
from scrm.web.fields import Cursor, Day, Limit, Locale
from scrm.web.views import EvidenceView

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Term = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+(?![\s\S])")]


class ComparedRange(Range, kw_only=True):
    """compare_from, compare_to: another range to compare with; by itself the period of equal length just before."""

    compare_from: Day | None = None
    compare_to: Day | None = None
    locale: Locale = "zh-CN"


class PhraseParameters(Range, kw_only=True):
    """The messages a phrase's number counts. term: none given: whatever they say. as_of: as the answer
    had it."""

    term: Term | None = None
    sentiment: Sentiment | None = None
    as_of: datetime | None = None
    limit: Limit = 50
    after: Cursor | None = None


class PeriodQuery(Input, kw_only=True):
    """day: the one a daily report is about; any of the week of a weekly one."""

    kind: ReportKind
    day: Day
    locale: Locale = "zh-CN"


async def overview(call: Call[ComparedRange, Nothing]) -> ComparedOverview:
    return await call.context.boards.overview(report_filter(call.query), against(call.query))


async def overview_csv(call: Call[ComparedRange, Nothing]) -> web.Response:
    return as_csv(call, await _overview_book(call))


async def overview_xlsx(call: Call[ComparedRange, Nothing]) -> web.Response:
    return await as_xlsx(call, await _overview_book(call))


async def voice(call: Call[ComparedRange, Nothing]) -> Voice:
    names = await names_of(call, call.query.locale)
    return await call.context.boards.voice(report_filter(call.query), against(call.query), names)


async def voice_csv(call: Call[ComparedRange, Nothing]) -> web.Response:
    return as_csv(call, await _voice_book(call))


async def voice_xlsx(call: Call[ComparedRange, Nothing]) -> web.Response:
    return await as_xlsx(call, await _voice_book(call))


async def period_report(call: Call[PeriodQuery, Nothing]) -> PeriodReport:
    names = await names_of(call, call.query.locale)
    return await call.context.boards.report(call.query.kind, checked_day(call.query.day, "day"), names)


async def phrase_evidence(call: Call[PhraseParameters, Nothing]) -> Items[EvidenceView]:
    query = call.query
    if query.team_id is not None:
        raise Invalid("words are not counted by team", field="team_id")
    if query.as_of is not None and query.as_of.tzinfo is None:
        raise Invalid("a moment has a zone", field="as_of")
    found = await call.context.boards.phrase_evidence(
        PhraseQuery(
            first_day=checked_day(query.first_day, "from"),
            last_day=checked_day(query.last_day, "to"),
            term=query.term,
            sentiment=query.sentiment,
            channel_id=query.channel_id,
            as_of=query.as_of,
        ),
        after=cursor.decode(query.after),
        limit=query.limit + 1,
    )
    readings, following = cursor.cut(found, query.limit, lambda reading: Page(at=reading.at, id=reading.id))
    return Items(items=await _views(call, readings), next=following)


async def _views(call: AnyCall, readings: list[TermReading]) -> list[EvidenceView]:
    stores = call.context.stores
    conversations = await stores.conversations.get_many({reading.conversation_id for reading in readings})
    messages = await stores.messages.get_many([reading.id for reading in readings])
    shown = await call.request.app[VIEWS].conversations(list(conversations.values()), call.who.agent_id)
    views = {view.id: view for view in shown}
    return [
        EvidenceView(conversation=views[each.conversation_id], message=messages.get(each.id), value=1.0, at=each.at)
        for each in readings
        if each.conversation_id in views
    ]


async def _overview_book(call: Call[ComparedRange, Nothing]) -> Book:
    found = await overview(call)
    return call.context.boards.overview_book(found, await names_of(call, call.query.locale))


async def _voice_book(call: Call[ComparedRange, Nothing]) -> Book:
    found = await voice(call)
    return call.context.boards.voice_book(found, await names_of(call, call.query.locale))


async def names_of(call: AnyCall, locale: Locale) -> Names:
    """Categories in use and former ones, and channels, as the screen calls them."""
    chinese = locale == "zh-CN"
    categories = {each.code: each.name_zh if chinese else each.name_en for each in call.context.analyser.taxonomy}
    channels = {str(each.id): each.name for each in await call.context.stores.channels.all()}
    return Names(locale=locale, categories=categories, channels=channels)


def as_csv(call: AnyCall, book: Book) -> web.Response:
    return web.Response(
        text=call.context.boards.csv(book), content_type="text/csv", charset="utf-8", headers=_headers(book, "csv")
    )


async def as_xlsx(call: AnyCall, book: Book) -> web.Response:
    body = await asyncio.to_thread(call.context.boards.xlsx, book)
    return web.Response(body=body, content_type=XLSX, headers=_headers(book, "xlsx"))


def _headers(book: Book, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{book.name}.{ending}"', "Cache-Control": "no-store"}


def against(query: ComparedRange) -> DayRange | None:
    if query.compare_from is None and query.compare_to is None:
        return None
    if query.compare_from is None or query.compare_to is None:
        raise Invalid("compare_from and compare_to go together", field="compare_from")
    return DayRange(
        first_day=checked_day(query.compare_from, "compare_from"), last_day=checked_day(query.compare_to, "compare_to")
    )


_LEAST = Role.SUPERVISOR
ENDPOINTS = (
    Endpoint(
        method="GET", path="/reports/overview", handler=overview, role=_LEAST, query=ComparedRange,
        returns=ComparedOverview, summary="The dashboard of a range of days, against another", tag="reports",
    ),
    Endpoint(
        method="GET", path="/reports/overview.csv", handler=overview_csv, role=_LEAST, query=ComparedRange,
        returns=Raw, produces="text/csv", summary="The same figures as a table", tag="reports",
    ),
    Endpoint(
        method="GET", path="/reports/overview.xlsx", handler=overview_xlsx, role=_LEAST, query=ComparedRange,
        returns=Raw, produces=XLSX, summary="The same figures as an Excel workbook", tag="reports",
    ),
    Endpoint(
        method="GET", path="/reports/voice", handler=voice, role=_LEAST, query=ComparedRange, returns=Voice,
        summary="What customers say, what moved against another range, and why", tag="reports",
    ),
    Endpoint(
        method="GET", path="/reports/voice.csv", handler=voice_csv, role=_LEAST, query=ComparedRange,
        returns=Raw, produces="text/csv", summary="The same figures as a table", tag="reports",
    ),
    Endpoint(
        method="GET", path="/reports/voice.xlsx", handler=voice_xlsx, role=_LEAST, query=ComparedRange,
        returns=Raw, produces=XLSX, summary="The same figures as an Excel workbook", tag="reports",
    ),
    Endpoint(
        method="GET", path="/reports/voice/evidence", handler=phrase_evidence, role=_LEAST, query=PhraseParameters,
        returns=Items[EvidenceView], summary="The messages a phrase's number counts, newest first", tag="reports",
    ),
    Endpoint(
        method="GET", path="/reports/digest", handler=period_report, role=_LEAST, query=PeriodQuery,
        returns=PeriodReport, summary="The report of a day or a week, every figure linked", tag="reports",
    ),
)  # fmt: skip
