"""Service: the dashboard of its quality, and what the company promises."""

from aiohttp import web
from msgspec.structs import replace

from scrm.model.people import Role
from scrm.model.quality import ServiceReport
from scrm.model.service import ServiceSettings
from scrm.model.tables import Book
from scrm.ports.boards import Names
from scrm.web.api.boards import XLSX, ComparedRange, against, as_csv, as_xlsx, names_of
from scrm.web.api.reports import report_filter
from scrm.web.endpoint import AnyCall, Call, Endpoint, Nothing, Raw
from scrm.web.fields import Locale


async def service(call: Call[ComparedRange, Nothing]) -> ServiceReport:
    return await call.context.boards.service(report_filter(call.query), against(call.query))


async def service_csv(call: Call[ComparedRange, Nothing]) -> web.Response:
    return as_csv(call, await _book(call))


async def service_xlsx(call: Call[ComparedRange, Nothing]) -> web.Response:
    return await as_xlsx(call, await _book(call))


async def settings(call: Call[Nothing, Nothing]) -> ServiceSettings:
    return await call.context.hub.service_settings()


async def save_settings(call: Call[Nothing, ServiceSettings]) -> ServiceSettings:
    return await call.context.hub.save_service_settings(call.body)


async def _book(call: Call[ComparedRange, Nothing]) -> Book:
    found = await service(call)
    return call.context.boards.service_book(found, await _names(call, call.query.locale))


async def _names(call: AnyCall, locale: Locale) -> Names:
    stores = call.context.stores
    return replace(
        await names_of(call, locale),
        teams={str(team.id): team.name for team in await stores.teams.all()},
        agents={str(agent.id): agent.name for agent in await stores.agents.all()},
    )


_LEAST = Role.SUPERVISOR
ENDPOINTS = (
    Endpoint(
        method="GET", path="/reports/service", handler=service, role=_LEAST, query=ComparedRange,
        returns=ServiceReport, summary="Service quality by agent, team and channel", tag="reports",
    ),
    Endpoint(
        method="GET", path="/reports/service.csv", handler=service_csv, role=_LEAST, query=ComparedRange,
        returns=Raw, produces="text/csv", summary="The same figures as a table", tag="reports",
    ),
    Endpoint(
        method="GET", path="/reports/service.xlsx", handler=service_xlsx, role=_LEAST, query=ComparedRange,
        returns=Raw, produces=XLSX, summary="The same figures as an Excel workbook", tag="reports",
    ),
    Endpoint(
        method="GET", path="/workspace/service", handler=settings, returns=ServiceSettings,
        summary="Business hours and what is promised", tag="workspace",
    ),
    Endpoint(
        method="PUT", path="/workspace/service", handler=save_settings, role=Role.ADMIN, body=ServiceSettings,
        returns=ServiceSettings, summary="Set them: for what happens from now on", tag="workspace",
    ),
)  # fmt: skip
