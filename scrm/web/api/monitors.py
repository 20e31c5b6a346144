"""Monitors: watch lists over mentions and customers' messages, tried before they are kept, with their numbers."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from scrm.errors import Conflict, Duplicate, Invalid, NotFound, Stale
from scrm.ids import MonitorId
from scrm.model.mentions import MOST_MONITORS, Hit, Monitor, MonitorKind, Stream
from scrm.model.people import Role
from scrm.ports.mentions import MonitorReport, Preview
from scrm.ports.stores import Page
from scrm.web import cursor
from scrm.web.api.mentions import SpanQuery, checked_span
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import Call, Endpoint, Input, Items, Nothing, changed
from scrm.web.fields import Cursor, Id, Limit, Name
from scrm.web.views import EvidenceView

Expression = Annotated[str, Meta(min_length=1, max_length=2_000)]
Streams = Annotated[tuple[Stream, ...], Meta(min_length=1, max_length=2)]


class NewMonitor(Input, kw_only=True):
    """expression: words, AND, OR, NOT, brackets, "phrases"; docs/mentions.md has the language."""

    name: Name
    kind: MonitorKind
    expression: Expression
    streams: Streams = (Stream.MENTIONS, Stream.MESSAGES)
    alerts: bool = True


class MonitorPatch(Input, kw_only=True):
    """A new expression, or other streams: it is counted anew."""

    name: Name | UnsetType = UNSET
    kind: MonitorKind | UnsetType = UNSET
    expression: Expression | UnsetType = UNSET
    streams: Streams | UnsetType = UNSET
    alerts: bool | UnsetType = UNSET


class PreviewBody(Input, kw_only=True):
    expression: Expression
    streams: Streams = (Stream.MENTIONS, Stream.MESSAGES)


class ReportQuery(SpanQuery, kw_only=True):
    """monitor_id: none: all mentions."""

    monitor_id: Id | None = None


class HitQuery(SpanQuery, kw_only=True):
    """The customers' messages a monitor's number counts."""

    sentiment: Annotated[str, Meta(max_length=20)] | None = None
    limit: Limit = 30
    after: Cursor | None = None


async def listed(call: Call[Nothing, Nothing]) -> Items[Monitor]:
    return Items(items=await call.context.stores.monitors.all())


async def add(call: Call[Nothing, NewMonitor]) -> Monitor:
    body, context = call.body, call.context
    await context.mentions.check(body.expression)
    if len(await context.stores.monitors.all()) >= MOST_MONITORS:
        raise Invalid(f"there are {MOST_MONITORS} monitors already", field="name")
    monitor = Monitor(
        id=MonitorId(context.ids()),
        name=body.name,
        kind=body.kind,
        expression=body.expression,
        streams=tuple(dict.fromkeys(body.streams)),
        alerts=body.alerts,
        created_at=context.clock.now(),
        created_by=call.who.agent_id,
    )
    try:
        await context.stores.monitors.insert(monitor)
    except Duplicate:
        raise Conflict("there is a monitor of this name", field="name") from None
    return monitor


async def change(call: Call[Nothing, MonitorPatch]) -> Monitor:
    body, stores = call.body, call.context.stores
    current = await stores.monitors.get(MonitorId(call.id()))
    if current is None:
        raise NotFound("there is no such monitor")
    if isinstance(body.expression, str):
        await call.context.mentions.check(body.expression)
    monitor = changed(current, body, "name", "kind", "expression", "streams", "alerts")
    if (monitor.expression, set(monitor.streams)) != (current.expression, set(current.streams)):
        monitor = replace(monitor, counted=False)
    try:
        return await stores.monitors.save(monitor)
    except Stale:
        raise Conflict("the monitor changed meanwhile; look again") from None
    except Duplicate:
        raise Conflict("there is a monitor of this name", field="name") from None


async def delete(call: Call[Nothing, Nothing]) -> None:
    """With its counts; alerts it raised stay."""
    if not await call.context.stores.monitors.delete(MonitorId(call.id())):
        raise NotFound("there is no such monitor")


async def preview(call: Call[Nothing, PreviewBody]) -> Items[Preview]:
    return Items(items=await call.context.mentions.preview(call.body.expression, call.body.streams))


async def report(call: Call[ReportQuery, Nothing]) -> MonitorReport:
    monitor_id = MonitorId(call.query.monitor_id) if call.query.monitor_id else None
    return await call.context.mentions.report(monitor_id, *checked_span(call.query))


async def messages(call: Call[HitQuery, Nothing]) -> Items[EvidenceView]:
    query, stores = call.query, call.context.stores
    since, until = checked_span(query)
    page = cursor.decode(query.after)
    monitor_id = MonitorId(call.id())
    if await stores.monitors.get(monitor_id) is None:
        raise NotFound("there is no such monitor")
    prefix = f"{monitor_id}|{Stream.MESSAGES}|"
    after = Page(at=page.at, id=prefix + page.id) if page else None
    found = await stores.monitors.hits(
        monitor_id, Stream.MESSAGES, since, until, after=after, limit=query.limit + 1, sentiment=query.sentiment
    )
    hits, following = cursor.cut(found, query.limit, lambda hit: Page(at=hit.at, id=hit.item_id))
    return Items(items=await _views(call, hits), next=following)


async def _views(call: Call[HitQuery, Nothing], hits: list[Hit]) -> list[EvidenceView]:
    stores = call.context.stores
    said = {str(id_): each for id_, each in (await stores.messages.get_many([hit.item_id for hit in hits])).items()}  # type: ignore[misc]
    conversations = await stores.conversations.get_many({message.conversation_id for message in said.values()})
    shown = await call.request.app[VIEWS].conversations(list(conversations.values()), call.who.agent_id)
    views = {view.id: view for view in shown}
    return [
        EvidenceView(conversation=views[message.conversation_id], message=message, value=1.0, at=hit.at)
        for hit in hits
        if (message := said.get(hit.item_id)) is not None and message.conversation_id in views
    ]


_LEAST = Role.SUPERVISOR
ENDPOINTS = (
    Endpoint(
        method="GET", path="/monitors", handler=listed, role=_LEAST, returns=Items[Monitor], summary="Monitors",
        tag="monitors",
    ),
    Endpoint(
        method="POST", path="/monitors", handler=add, role=_LEAST, body=NewMonitor, returns=Monitor, statuses=(201,),
        summary="Add a monitor; its past is counted within a minute", tag="monitors",
    ),
    Endpoint(
        method="POST", path="/monitors/preview", handler=preview, role=_LEAST, body=PreviewBody,
        returns=Items[Preview], summary="What an expression would have matched in the last 30 days", tag="monitors",
    ),
    Endpoint(
        method="GET", path="/monitors/report", handler=report, role=_LEAST, query=ReportQuery, returns=MonitorReport,
        summary="Volume with its expected band, mood, places and voices of a monitor, or of all mentions",
        tag="monitors",
    ),
    Endpoint(
        method="PATCH", path="/monitors/{id}", handler=change, role=_LEAST, body=MonitorPatch, returns=Monitor,
        summary="Change a monitor", tag="monitors",
    ),
    Endpoint(
        method="DELETE", path="/monitors/{id}", handler=delete, role=_LEAST, statuses=(204,),
        summary="Delete a monitor with its counts", tag="monitors",
    ),
    Endpoint(
        method="GET", path="/monitors/{id}/messages", handler=messages, role=_LEAST, query=HitQuery,
        returns=Items[EvidenceView], summary="The customers' messages a monitor matches, newest first",
        tag="monitors",
    ),
)  # fmt: skip
