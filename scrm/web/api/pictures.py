"""Agents' pictures: what colleagues, and visitors of the company's sites, see beside a name."""

import msgspec

from scrm.errors import NotFound
from scrm.ids import AgentId
from scrm.model.people import Agent, Role
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import AnyCall, Call, Endpoint, Nothing
from scrm.web.picture import MAX_BYTES, cleaned
from scrm.web.upload import one_file
from scrm.web.views import AgentView


async def put_mine(call: Call[Nothing, Nothing]) -> AgentView:
    agent, context = call.who.person(), call.context
    data, _ = await one_file(call.request, most=MAX_BYTES)
    picture = cleaned(data)
    # Each picture has an id of its own, so that whoever has one may keep it for ever.
    picture_id = context.ids()
    await context.stores.blobs.put(picture_id, picture.data, picture.media_type, None)
    try:
        return await _show(call, agent.id, picture_id)
    except BaseException:
        await context.stores.blobs.delete(picture_id)
        raise


async def remove_mine(call: Call[Nothing, Nothing]) -> AgentView:
    return await _show(call, call.who.person().id, None)


async def remove(call: Call[Nothing, Nothing]) -> AgentView:
    return await _show(call, AgentId(call.id()), None)


async def _show(call: AnyCall, agent_id: AgentId, picture_id: str | None) -> AgentView:
    stores = call.context.stores
    before: str | None = None

    async def work() -> Agent:
        nonlocal before
        current = await stores.agents.get(agent_id)
        if current is None:
            raise NotFound("there is no such agent")
        before = current.picture
        fresh = msgspec.structs.replace(current, picture=picture_id, updated_at=call.context.clock.now())
        await stores.agents.save(fresh)
        return fresh

    agent = await stores.transaction(work)
    if before is not None:
        await stores.blobs.delete(before)
    return await call.request.app[VIEWS].agent(agent)


ENDPOINTS = (
    Endpoint(
        method="PUT", path="/me/picture", handler=put_mine, returns=AgentView, uploads=True, tag="session",
        summary="Show a picture of oneself (multipart field `file`: PNG or JPEG, 16 to 1024 points a side, at most "
        "512 KB); what it says besides its points is left out",
    ),
    Endpoint(
        method="DELETE", path="/me/picture", handler=remove_mine, returns=AgentView, tag="session",
        summary="Show no picture of oneself any more",
    ),
    Endpoint(
        method="DELETE", path="/agents/{id}/picture", handler=remove, role=Role.ADMIN, returns=AgentView, tag="agents",
        summary="Take an agent's picture away",
    ),
)  # fmt: skip
