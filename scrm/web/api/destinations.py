"""Where alerts and reports are pushed to, and what became of each push. Secrets go in and never come out."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from scrm.errors import Conflict, Invalid, NotFound
from scrm.ids import DestinationId, NoticeId
from scrm.model.base import Record
from scrm.model.notices import (
    Destination,
    DestinationKind,
    DestinationType,
    Notice,
)
from scrm.model.people import Role
from scrm.ports.stores import Page
from scrm.web import cursor
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing, changed
from scrm.web.fields import Cursor, Id, Key, Limit, Locale, Name

MOST = 50
Settings = Annotated[dict[Key, Annotated[str, msgspec.Meta(max_length=4_096)]], msgspec.Meta(max_length=20)]
Ids = Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST)]


class DestinationView(Record, kw_only=True):
    """A destination without its secrets: they are "" in settings, and secrets_set names those that have a value."""

    id: DestinationId
    kind: DestinationKind
    name: str
    locale: str
    settings: dict[str, str]
    secrets_set: tuple[str, ...]
    paused: bool
    created_at: datetime
    updated_at: datetime
    last_sent_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None


class DestinationBrief(Record, kw_only=True):
    id: DestinationId
    kind: DestinationKind
    name: str
    paused: bool


class NewDestination(Input, kw_only=True):
    kind: DestinationKind
    name: Name
    locale: Locale = "zh-CN"
    settings: Settings = {}


class DestinationPatch(Input, kw_only=True):
    """settings: only the given ones change; an empty secret stays as it is."""

    name: Name | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    settings: Settings | UnsetType = UNSET
    paused: bool | UnsetType = UNSET


class TestResult(Record, kw_only=True):
    """error: why it did not arrive; null when it did."""

    error: str | None


class NoticeQuery(Input, kw_only=True):
    limit: Limit = 20
    after: Cursor | None = None


class NoticeAgain(Input, kw_only=True):
    """id: of the notice; it holds signs a path does not take."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


async def types(call: Call[Nothing, Nothing]) -> Items[DestinationType]:
    return Items(items=list(call.context.alerts.destination_types()))


async def briefs(call: Call[Nothing, Nothing]) -> Items[DestinationBrief]:
    found = await call.context.stores.destinations.all()
    return Items(items=[DestinationBrief(id=one.id, kind=one.kind, name=one.name, paused=one.paused) for one in found])


async def list_destinations(call: Call[Nothing, Nothing]) -> Items[DestinationView]:
    return Items(items=[_view(call, each) for each in await call.context.stores.destinations.all()])


async def add_destination(call: Call[Nothing, NewDestination]) -> DestinationView:
    body, context = call.body, call.context
    if len(await context.stores.destinations.all()) >= MOST:
        raise Conflict(f"at most {MOST} destinations")
    now = context.clock.now()
    made = Destination(
        id=DestinationId(context.ids()),
        kind=body.kind,
        name=body.name,
        locale=body.locale,
        settings=context.alerts.checked(body.kind, body.settings),
        created_at=now,
        updated_at=now,
    )
    await context.stores.destinations.save(made)
    return _view(call, made)


async def change_destination(call: Call[Nothing, DestinationPatch]) -> DestinationView:
    body, context = call.body, call.context

    async def work() -> Destination:
        place = await _destination(call)
        settings = place.settings
        if isinstance(body.settings, dict):
            secret = _secret(call, place.kind)
            given = {name: value for name, value in body.settings.items() if value or name not in secret}
            settings = context.alerts.checked(place.kind, {**settings, **given})
        fresh = changed(place, body, "name", "locale", "paused")
        fresh = msgspec.structs.replace(fresh, settings=settings, updated_at=context.clock.now())
        await context.stores.destinations.save(fresh)
        return fresh

    return _view(call, await context.stores.transaction(work))


async def delete_destination(call: Call[Nothing, Nothing]) -> None:
    if not await call.context.stores.destinations.delete(DestinationId(call.id())):
        raise NotFound("there is no such destination")


async def try_destination(call: Call[Nothing, Nothing]) -> TestResult:
    return TestResult(error=await call.context.alerts.test(await _destination(call)))


async def notices(call: Call[NoticeQuery, Nothing]) -> Items[Notice]:
    place = await _destination(call)
    found = await call.context.stores.notices.page(
        place.id, after=cursor.decode(call.query.after), limit=call.query.limit + 1
    )
    page, following = cursor.cut(found, call.query.limit, lambda notice: Page(at=notice.created_at, id=notice.id))
    return Items(items=page, next=following)


async def retry_notice(call: Call[Nothing, NoticeAgain]) -> Notice:
    return await call.context.alerts.retry(NoticeId(call.body.id))


async def known_destinations(call: AnyCall, ids: tuple[str, ...]) -> tuple[DestinationId, ...]:
    known = {place.id for place in await call.context.stores.destinations.all()}
    places = tuple(dict.fromkeys(DestinationId(id_) for id_ in ids))
    if not known.issuperset(places):
        raise Invalid("there is no such destination", field="destination_ids")
    return places


def _view(call: AnyCall, place: Destination) -> DestinationView:
    secret = _secret(call, place.kind)
    values = msgspec.structs.asdict(place)
    values["settings"] = {name: "" if name in secret else value for name, value in place.settings.items()}
    return DestinationView(**values, secrets_set=tuple(sorted(name for name in secret if place.settings.get(name))))


def _secret(call: AnyCall, kind: DestinationKind) -> frozenset[str]:
    return next(each.secret_settings for each in call.context.alerts.destination_types() if each.kind == kind)


async def _destination(call: AnyCall) -> Destination:
    place = await call.context.stores.destinations.get(DestinationId(call.id()))
    if place is None:
        raise NotFound("there is no such destination")
    return place


_ADMIN, _MANAGER = Role.ADMIN, Role.MANAGER
ENDPOINTS = (
    Endpoint(
        method="GET", path="/destination-types", handler=types, role=_ADMIN, returns=Items[DestinationType],
        summary="The kinds of destinations, their settings and limits", tag="notices",
    ),
    Endpoint(
        method="GET", path="/destinations", handler=list_destinations, role=_ADMIN, returns=Items[DestinationView],
        summary="Where alerts and reports are pushed to", tag="notices",
    ),
    Endpoint(
        method="GET", path="/destinations/briefs", handler=briefs, role=_MANAGER, returns=Items[DestinationBrief],
        summary="Their names, for rules and reports", tag="notices",
    ),
    Endpoint(
        method="POST", path="/destinations", handler=add_destination, role=_ADMIN, body=NewDestination,
        returns=DestinationView, statuses=(201,), summary="Add a destination", tag="notices",
    ),
    Endpoint(
        method="PATCH", path="/destinations/{id}", handler=change_destination, role=_ADMIN, body=DestinationPatch,
        returns=DestinationView, summary="Rename, pause or set up a destination", tag="notices",
    ),
    Endpoint(
        method="DELETE", path="/destinations/{id}", handler=delete_destination, role=_ADMIN, statuses=(204,),
        summary="Delete a destination", tag="notices",
    ),
    Endpoint(
        method="POST", path="/destinations/{id}/test", handler=try_destination, role=_ADMIN, returns=TestResult,
        summary="Send a test message now", tag="notices",
    ),
    Endpoint(
        method="GET", path="/destinations/{id}/notices", handler=notices, role=_ADMIN, query=NoticeQuery,
        returns=Items[Notice], summary="What went there, newest first", tag="notices",
    ),
    Endpoint(
        method="POST", path="/notices/retry", handler=retry_notice, role=_ADMIN, body=NoticeAgain, returns=Notice,
        summary="Send a failed notice again", tag="notices",
    ),
)  # fmt: skip
