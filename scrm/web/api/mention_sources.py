"""Sources of mentions: added, tried, paused and deleted by administrators; how the last look went stands on each.

Values of headers are secret: they go in and never come out.
"""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from scrm.errors import Conflict, Duplicate, Invalid, NotFound, Stale
from scrm.ids import SourceId
from scrm.model.base import Record
from scrm.model.mentions import MOST_SOURCES, Fetched, Mapping, Source, SourceKind
from scrm.model.people import Role
from scrm.ports.mentions import Tried
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing, changed
from scrm.web.fields import Name

Address = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"^https?://[^\s\x00-\x1f\x7f]+(?![\s\S])")]
Prefix = Annotated[str, Meta(max_length=500)]
Every = Annotated[int, Meta(ge=5, le=1_440)]
Headers = Annotated[dict[str, Annotated[str, Meta(max_length=4_000)]], Meta(max_length=10)]


class NewSource(Input, kw_only=True):
    """own: a server of the company's own: private addresses are allowed, robots.txt is not asked. every: minutes.
    prefix: of a page list. mapping: of an endpoint. headers: sent with each request."""

    name: Name
    kind: SourceKind
    url: Address
    own: bool = False
    every: Every = 30
    prefix: Prefix = ""
    mapping: Mapping | None = None
    headers: Headers = {}


class SourcePatch(Input, kw_only=True):
    """headers: all of them anew; left out: those it has stay."""

    name: Name | UnsetType = UNSET
    url: Address | UnsetType = UNSET
    own: bool | UnsetType = UNSET
    every: Every | UnsetType = UNSET
    prefix: Prefix | UnsetType = UNSET
    mapping: Mapping | UnsetType | None = UNSET
    headers: Headers | UnsetType = UNSET
    paused: bool | UnsetType = UNSET


class SourceView(Record, kw_only=True):
    """header_names: without their values."""

    id: SourceId
    name: str
    kind: SourceKind
    url: str
    own: bool
    every: int
    paused: bool
    prefix: str
    mapping: Mapping | None
    header_names: tuple[str, ...]
    created_at: datetime
    failures: int
    next_at: datetime
    last: Fetched | None


async def listed(call: Call[Nothing, Nothing]) -> Items[SourceView]:
    return Items(items=[_view(source) for source in await call.context.stores.mention_sources.all()])


async def add(call: Call[Nothing, NewSource]) -> SourceView:
    stores = call.context.stores
    if len(await stores.mention_sources.all()) >= MOST_SOURCES:
        raise Invalid(f"there are {MOST_SOURCES} sources already", field="name")
    source = _made(call, call.body)
    try:
        await stores.mention_sources.insert(source)
    except Duplicate:
        raise Conflict("there is a source of this name and address", field="url") from None
    return _view(source)


async def change(call: Call[Nothing, SourcePatch]) -> SourceView:
    body, now = call.body, call.context.clock.now()
    current = await _existing(call)
    source = changed(current, body)
    _check(source)
    if (source.url, source.mapping, source.prefix, source.headers) != (
        current.url, current.mapping, current.prefix, current.headers,
    ):  # fmt: skip
        source = replace(source, etag="", last_modified="")
    # What was mended, or goes on, is looked at soon; but no sooner than a server asked for.
    if (current.paused and not source.paused) or source.url != current.url:
        source = replace(source, next_at=now, failures=0)
    elif source.every != current.every:
        source = replace(source, next_at=min(source.next_at, now + timedelta(minutes=source.every)))
    try:
        return _view(await call.context.stores.mention_sources.save(source))
    except Stale:
        raise Conflict("the source changed meanwhile; look again") from None
    except Duplicate:
        raise Conflict("there is a source of this name and address", field="url") from None


async def delete(call: Call[Nothing, Nothing]) -> None:
    """What it brought stays."""
    if not await call.context.stores.mention_sources.delete(SourceId(call.id())):
        raise NotFound("there is no such source")


async def try_out(call: Call[Nothing, NewSource]) -> Tried:
    return await call.context.mentions.try_source(_made(call, call.body))


async def fetch(call: Call[Nothing, Nothing]) -> SourceView:
    return _view(await call.context.mentions.fetch_now(SourceId(call.id())))


def _made(call: AnyCall, body: NewSource) -> Source:
    now = call.context.clock.now()
    source = Source(
        id=SourceId(call.context.ids()),
        name=body.name,
        kind=body.kind,
        url=body.url,
        own=body.own,
        every=body.every,
        prefix=body.prefix,
        mapping=body.mapping,
        headers=body.headers,
        created_at=now,
        next_at=now,
    )
    _check(source)
    return source


def _check(source: Source) -> None:
    """Raises Invalid."""
    if source.kind is SourceKind.ENDPOINT:
        if source.mapping is None or not (source.mapping.items and (source.mapping.text or source.mapping.title)):
            raise Invalid("say where its entries and their texts are", field="mapping")
        for path in (getattr(source.mapping, name) for name in source.mapping.__struct_fields__):
            if len(path) > 300:
                raise Invalid("a path has at most 300 characters", field="mapping")
    for name, value in source.headers.items():
        well = name and name.isascii() and all(char.isalnum() or char in "-_" for char in name)
        if not well or len(name) > 60 or any(ord(char) < 32 or ord(char) > 255 for char in value):
            raise Invalid(f"{name[:40]!r} cannot be a header, or its value cannot", field="headers")
        if name.lower() in ("host", "content-length", "transfer-encoding", "connection", "user-agent"):
            raise Invalid(f"{name} is the hub's own", field="headers")


async def _existing(call: AnyCall) -> Source:
    found = await call.context.stores.mention_sources.get(SourceId(call.id()))
    if found is None:
        raise NotFound("there is no such source")
    return found


def _view(source: Source) -> SourceView:
    names = {name: getattr(source, name) for name in SourceView.__struct_fields__ if name != "header_names"}
    return SourceView(**names, header_names=tuple(sorted(source.headers)))


_KEEPS = Role.ADMIN
ENDPOINTS = (
    Endpoint(
        method="GET", path="/mention-sources", handler=listed, role=Role.SUPERVISOR, returns=Items[SourceView],
        summary="Where mentions come from, and how the last look went", tag="mentions",
    ),
    Endpoint(
        method="POST", path="/mention-sources", handler=add, role=_KEEPS, body=NewSource, returns=SourceView,
        statuses=(201,), summary="Add a source", tag="mentions",
    ),
    Endpoint(
        method="POST", path="/mention-sources/try", handler=try_out, role=_KEEPS, body=NewSource, returns=Tried,
        summary="Look at a source once without keeping anything", tag="mentions",
    ),
    Endpoint(
        method="PATCH", path="/mention-sources/{id}", handler=change, role=_KEEPS, body=SourcePatch,
        returns=SourceView, summary="Change, pause or take up a source", tag="mentions",
    ),
    Endpoint(
        method="DELETE", path="/mention-sources/{id}", handler=delete, role=_KEEPS, statuses=(204,),
        summary="Delete a source; what it brought stays", tag="mentions",
    ),
    Endpoint(
        method="POST", path="/mention-sources/{id}/fetch", handler=fetch, role=_KEEPS, returns=SourceView,
        summary="Look at a source now", tag="mentions",
    ),
)  # fmt: skip
