"""Agents, as their administrator sees them."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from scrm.errors import Conflict, Duplicate, Invalid, NotFound
from scrm.ids import AgentId, TeamId
from scrm.model.people import Agent, Role
from scrm.web.api.session import NewPassword
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing, changed
from scrm.web.fields import Id, Login, Name
from scrm.web.realtime.hall import HALL
from scrm.web.views import AgentView

Capacity = Annotated[int, msgspec.Meta(ge=0, le=1_000)]
TeamIds = Annotated[tuple[Id, ...], msgspec.Meta(max_length=100)]


class NewAgent(Input, kw_only=True):
    login: Login
    name: Name
    public_name: Name | None = None
    role: Role = Role.AGENT
    password: NewPassword
    team_ids: TeamIds = ()
    capacity: Capacity = 20


class AgentPatch(Input, kw_only=True):
    login: Login | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    public_name: Name | UnsetType | None = UNSET
    role: Role | UnsetType = UNSET
    password: NewPassword | UnsetType = UNSET
    team_ids: TeamIds | UnsetType = UNSET
    capacity: Capacity | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


async def list_agents(call: Call[Nothing, Nothing]) -> Items[AgentView]:
    return Items(items=await call.request.app[VIEWS].agents())


async def add_agent(call: Call[Nothing, NewAgent]) -> AgentView:
    body, context = call.body, call.context
    await _check_teams(call, body.team_ids)
    now = context.clock.now()
    agent = Agent(
        id=AgentId(context.ids()),
        login=body.login,
        name=body.name,
        public_name=body.public_name,
        role=body.role,
        password_hash=await context.passwords.hash(body.password),
        team_ids=tuple(TeamId(team) for team in body.team_ids),
        capacity=body.capacity,
        created_at=now,
        updated_at=now,
    )
    try:
        await context.stores.agents.insert(agent)
    except Duplicate:
        raise _taken() from None
    return await call.request.app[VIEWS].agent(agent)


async def change_agent(call: Call[Nothing, AgentPatch]) -> AgentView:
    body, context, agent_id = call.body, call.context, AgentId(call.id())
    if isinstance(body.team_ids, tuple):
        await _check_teams(call, body.team_ids)
    hashed = await context.passwords.hash(body.password) if isinstance(body.password, str) else None

    async def work() -> Agent:
        current = await context.stores.agents.get(agent_id)
        if current is None:
            raise NotFound("there is no such agent")
        fresh = changed(current, body, "login", "name", "public_name", "role", "team_ids", "capacity", "disabled")
        if hashed is not None:
            fresh = msgspec.structs.replace(fresh, password_hash=hashed)
        if _rules(current) and not _rules(fresh):
            others = [agent for agent in await context.stores.agents.all() if agent.id != agent_id and _rules(agent)]
            if not others:
                raise Conflict("this is the last administrator")
        fresh = msgspec.structs.replace(fresh, updated_at=context.clock.now())
        await context.stores.agents.save(fresh)
        return fresh

    try:
        agent = await context.stores.transaction(work)
    except Duplicate:
        raise _taken() from None
    if hashed is not None or agent.disabled:
        await context.stores.sessions.delete_of(agent.id)
        call.request.app[HALL].end_agent(agent.id)
    return await call.request.app[VIEWS].agent(agent)


def _rules(agent: Agent) -> bool:
    return agent.role is Role.ADMIN and not agent.disabled


def _taken() -> Conflict:
    return Conflict("this login is taken", field="login")


async def _check_teams(call: AnyCall, team_ids: tuple[str, ...]) -> None:
    if team_ids and not {team.id for team in await call.context.stores.teams.all()}.issuperset(
        TeamId(team) for team in team_ids
    ):
        raise Invalid("there is no such team", field="team_ids")


ENDPOINTS = (
    Endpoint(
        method="GET", path="/agents", handler=list_agents, returns=Items[AgentView], summary="All agents",
        tag="agents",
    ),
    Endpoint(
        method="POST", path="/agents", handler=add_agent, role=Role.ADMIN, body=NewAgent, returns=AgentView,
        statuses=(201,), summary="Add an agent", tag="agents",
    ),
    Endpoint(
        method="PATCH", path="/agents/{id}", handler=change_agent, role=Role.ADMIN, body=AgentPatch,
        returns=AgentView, summary="Change an agent; a new password or disabling ends its sessions", tag="agents",
    ),
)  # fmt: skip
