"""What a desk shares: teams, labels, prepared replies. Everybody reads them, supervisors write them."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from scrm.errors import Conflict, Duplicate, Invalid, NotFound
from scrm.ids import CannedReplyId, LabelId, TeamId
from scrm.model.people import CannedReply, Label, Role, Team
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing, changed
from scrm.web.fields import Color, Line, LongText, Name

Categories = Annotated[tuple[Line, ...], msgspec.Meta(max_length=100)]
Shortcut = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^[^\s/\x00-\x1f\x7f]+$")]
Content = Annotated[LongText, msgspec.Meta(min_length=1)]


class NewTeam(Input, kw_only=True):
    """fallback: takes what no other team claims; at most one team does, so the last one set wins."""

    name: Name
    categories: Categories = ()
    fallback: bool = False


class TeamPatch(Input, kw_only=True):
    name: Name | UnsetType = UNSET
    categories: Categories | UnsetType = UNSET
    fallback: bool | UnsetType = UNSET


class NewLabel(Input, kw_only=True):
    name: Name
    color: Color


class LabelPatch(Input, kw_only=True):
    name: Name | UnsetType = UNSET
    color: Color | UnsetType = UNSET


class NewCannedReply(Input, kw_only=True):
    shortcut: Shortcut
    title: Name
    content: Content
    category: Line | None = None


class CannedReplyPatch(Input, kw_only=True):
    shortcut: Shortcut | UnsetType = UNSET
    title: Name | UnsetType = UNSET
    content: Content | UnsetType = UNSET
    category: Line | UnsetType | None = UNSET


async def list_teams(call: Call[Nothing, Nothing]) -> Items[Team]:
    return Items(items=await call.context.stores.teams.all())


async def add_team(call: Call[Nothing, NewTeam]) -> Team:
    body, context = call.body, call.context
    _check_categories(call, body.categories)
    team = Team(
        id=TeamId(context.ids()),
        name=body.name,
        categories=body.categories,
        fallback=body.fallback,
        created_at=context.clock.now(),
    )
    await _save_team(call, team)
    return team


async def change_team(call: Call[Nothing, TeamPatch]) -> Team:
    team_id = call.id()
    current = next((team for team in await call.context.stores.teams.all() if team.id == team_id), None)
    if current is None:
        raise NotFound("there is no such team")
    if isinstance(call.body.categories, tuple):
        # One that is out of use stays until somebody takes it off: older conversations still carry it.
        _check_categories(call, tuple(code for code in call.body.categories if code not in current.categories))
    team = changed(current, call.body)
    await _save_team(call, team)
    return team


async def delete_team(call: Call[Nothing, Nothing]) -> None:
    """Its agents leave it; conversations keep its id, as part of their history."""
    stores, team_id = call.context.stores, TeamId(call.id())

    async def work() -> None:
        if not await stores.teams.delete(team_id):
            raise NotFound("there is no such team")
        for agent in await stores.agents.all():
            if team_id in agent.team_ids:
                left = tuple(team for team in agent.team_ids if team != team_id)
                await stores.agents.save(msgspec.structs.replace(agent, team_ids=left))

    await stores.transaction(work)


async def _save_team(call: AnyCall, team: Team) -> None:
    teams = call.context.stores.teams

    async def work() -> None:
        if team.fallback:
            for other in await teams.all():
                if other.fallback and other.id != team.id:
                    await teams.save(msgspec.structs.replace(other, fallback=False))
        await teams.save(team)

    await call.context.stores.transaction(work)


async def list_labels(call: Call[Nothing, Nothing]) -> Items[Label]:
    return Items(items=await call.context.stores.labels.all())


async def add_label(call: Call[Nothing, NewLabel]) -> Label:
    label = Label(id=LabelId(call.context.ids()), name=call.body.name, color=call.body.color)
    return await _save_label(call, label)


async def change_label(call: Call[Nothing, LabelPatch]) -> Label:
    label_id = call.id()
    current = next((label for label in await call.context.stores.labels.all() if label.id == label_id), None)
    if current is None:
        raise NotFound("there is no such label")
    return await _save_label(call, changed(current, call.body))


async def _save_label(call: AnyCall, label: Label) -> Label:
    try:
        await call.context.stores.labels.save(label)
    except Duplicate:
        raise Conflict("there is a label of this name", field="name") from None
    return label


async def delete_label(call: Call[Nothing, Nothing]) -> None:
    if not await call.context.stores.labels.delete(LabelId(call.id())):
        raise NotFound("there is no such label")


async def list_canned(call: Call[Nothing, Nothing]) -> Items[CannedReply]:
    return Items(items=await call.context.stores.canned_replies.all())


async def add_canned(call: Call[Nothing, NewCannedReply]) -> CannedReply:
    body, context = call.body, call.context
    if body.category:
        _check_categories(call, (body.category,), field="category")
    reply = CannedReply(
        id=CannedReplyId(context.ids()),
        shortcut=body.shortcut,
        title=body.title,
        content=body.content,
        category=body.category or None,
        updated_at=context.clock.now(),
    )
    return await _save_canned(call, reply)


async def change_canned(call: Call[Nothing, CannedReplyPatch]) -> CannedReply:
    reply_id = call.id()
    replies = await call.context.stores.canned_replies.all()
    current = next((reply for reply in replies if reply.id == reply_id), None)
    if current is None:
        raise NotFound("there is no such prepared reply")
    if isinstance(call.body.category, str) and call.body.category:
        _check_categories(call, (call.body.category,), field="category")
    reply = changed(current, call.body)
    reply = msgspec.structs.replace(reply, category=reply.category or None, updated_at=call.context.clock.now())
    return await _save_canned(call, reply)


async def _save_canned(call: AnyCall, reply: CannedReply) -> CannedReply:
    try:
        await call.context.stores.canned_replies.save(reply)
    except Duplicate:
        raise Conflict("there is a prepared reply with this shortcut", field="shortcut") from None
    return reply


async def delete_canned(call: Call[Nothing, Nothing]) -> None:
    if not await call.context.stores.canned_replies.delete(CannedReplyId(call.id())):
        raise NotFound("there is no such prepared reply")


def _check_categories(
    call: AnyCall,
    codes: tuple[str, ...],
    field: str = "categories",
) -> None:
    known = {category.code for category in call.context.analyser.taxonomy}
    for code in codes:
        if code not in known:
            raise Invalid(f"there is no category {code[:40]!r}", field=field)


_WRITE = Role.SUPERVISOR
ENDPOINTS = (
    Endpoint(
        method="GET", path="/teams", handler=list_teams, returns=Items[Team], summary="All teams", tag="desk",
    ),
    Endpoint(
        method="POST", path="/teams", handler=add_team, role=_WRITE, body=NewTeam, returns=Team,
        statuses=(201,), summary="Add a team", tag="desk",
    ),
    Endpoint(
        method="PATCH", path="/teams/{id}", handler=change_team, role=_WRITE, body=TeamPatch, returns=Team,
        summary="Change a team", tag="desk",
    ),
    Endpoint(
        method="DELETE", path="/teams/{id}", handler=delete_team, role=_WRITE, statuses=(204,),
        summary="Delete a team", tag="desk",
    ),
    Endpoint(
        method="GET", path="/labels", handler=list_labels, returns=Items[Label], summary="All labels", tag="desk",
    ),
    Endpoint(
        method="POST", path="/labels", handler=add_label, role=_WRITE, body=NewLabel, returns=Label,
        statuses=(201,), summary="Add a label", tag="desk",
    ),
    Endpoint(
        method="PATCH", path="/labels/{id}", handler=change_label, role=_WRITE, body=LabelPatch, returns=Label,
        summary="Change a label", tag="desk",
    ),
    Endpoint(
        method="DELETE", path="/labels/{id}", handler=delete_label, role=_WRITE, statuses=(204,),
        summary="Delete a label", tag="desk",
    ),
    Endpoint(
        method="GET", path="/canned-replies", handler=list_canned, returns=Items[CannedReply],
        summary="All prepared replies", tag="desk",
    ),
    Endpoint(
        method="POST", path="/canned-replies", handler=add_canned, role=_WRITE, body=NewCannedReply,
        returns=CannedReply, statuses=(201,), summary="Add a prepared reply", tag="desk",
    ),
    Endpoint(
        method="PATCH", path="/canned-replies/{id}", handler=change_canned, role=_WRITE, body=CannedReplyPatch,
        returns=CannedReply, summary="Change a prepared reply", tag="desk",
    ),
    Endpoint(
        method="DELETE", path="/canned-replies/{id}", handler=delete_canned, role=_WRITE, statuses=(204,),
        summary="Delete a prepared reply", tag="desk",
    ),
)  # fmt: skip
