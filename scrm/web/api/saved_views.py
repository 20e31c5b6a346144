"""Saved views of the conversation list: an agent's own, and those a supervisor shares with everybody."""

from typing import Literal

from msgspec.structs import replace

from scrm.errors import Conflict, NotFound
from scrm.ids import ChannelId, LabelId, TeamId, ViewId
from scrm.model.people import Role
from scrm.model.saved_views import SavedView, ViewFilter
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Id, Name

# An agent's own. More than a menu can hold is a mistake of a program.
LIMIT = 50


class FilterInput(Input, kw_only=True):
    assignee: Literal["me", "none", "any"] = "any"
    status: Literal["active", "open", "pending", "snoozed", "resolved"] = "active"
    channel_id: Id | None = None
    team_id: Id | None = None
    label_id: Id | None = None
    due: Literal["soon", "missed", "near"] | None = None


class ViewInput(Input, kw_only=True):
    """shared: everybody sees it; supervisors only."""

    name: Name
    filter: FilterInput
    shared: bool = False


async def list_views(call: Call[Nothing, Nothing]) -> Items[SavedView]:
    return Items(items=await _seen(call))


async def add_view(call: Call[Nothing, ViewInput]) -> SavedView:
    me = call.who.person().id
    if sum(view.owner_id == me for view in await _seen(call)) >= LIMIT:
        raise Conflict(f"an agent keeps at most {LIMIT} views")
    if call.body.shared:
        call.who.require(Role.SUPERVISOR)
    view = SavedView(
        id=ViewId(call.context.ids()),
        owner_id=me,
        name=call.body.name,
        shared=call.body.shared,
        filter=_filter(call.body.filter),
        created_at=call.context.clock.now(),
    )
    await call.context.stores.saved_views.save(view)
    return view


async def change_view(call: Call[Nothing, ViewInput]) -> SavedView:
    current = await _own(call)
    if call.body.shared:
        call.who.require(Role.SUPERVISOR)
    view = replace(current, name=call.body.name, shared=call.body.shared, filter=_filter(call.body.filter))
    await call.context.stores.saved_views.save(view)
    return view


async def delete_view(call: Call[Nothing, Nothing]) -> None:
    view = await _own(call)
    await call.context.stores.saved_views.delete(view.id)


async def _seen(call: AnyCall) -> list[SavedView]:
    me = call.who.person().id
    return [view for view in await call.context.stores.saved_views.all() if view.shared or view.owner_id == me]


async def _own(call: AnyCall) -> SavedView:
    """The view of the path. Another's, where it is shared, is a supervisor's to change."""
    view_id = call.id()
    for view in await _seen(call):
        if view.id == view_id:
            if view.owner_id != call.who.person().id:
                call.who.require(Role.SUPERVISOR)
            return view
    raise NotFound("there is no such view")


def _filter(given: FilterInput) -> ViewFilter:
    return ViewFilter(
        assignee=given.assignee,
        status=given.status,
        channel_id=ChannelId(given.channel_id) if given.channel_id else None,
        team_id=TeamId(given.team_id) if given.team_id else None,
        label_id=LabelId(given.label_id) if given.label_id else None,
        due=given.due,
    )


ENDPOINTS = (
    Endpoint(
        method="GET", path="/views", handler=list_views, returns=Items[SavedView],
        summary="Saved views of the conversation list: your own and the shared ones", tag="views",
    ),
    Endpoint(
        method="POST", path="/views", handler=add_view, body=ViewInput, returns=SavedView, statuses=(201,),
        summary="Save a view", tag="views",
    ),
    Endpoint(
        method="PATCH", path="/views/{id}", handler=change_view, body=ViewInput, returns=SavedView,
        summary="Change a view", tag="views",
    ),
    Endpoint(
        method="DELETE", path="/views/{id}", handler=delete_view, statuses=(204,), summary="Delete a view", tag="views",
    ),
)  # fmt: skip
