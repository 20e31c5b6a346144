"""Customers passed on to the company's people on a platform itself, and taken back."""

from typing import Annotated

import msgspec

from scrm.ids import ConversationId
from scrm.ports.abilities import Servicer
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import Call, Endpoint, Input, Items, Nothing
from scrm.web.views import ConversationView


class PassOnInput(Input, kw_only=True):
    """servicer_id: as the list gives it; empty: to whoever is free first."""

    servicer_id: Annotated[str, msgspec.Meta(max_length=200)] = ""


async def list_servicers(call: Call[Nothing, Nothing]) -> Items[Servicer]:
    return Items(items=list(await call.context.hub.servicers.of(ConversationId(call.id()))))


async def pass_on(call: Call[Nothing, PassOnInput]) -> ConversationView:
    conversation = await call.context.hub.servicers.pass_on(
        ConversationId(call.id()), call.body.servicer_id, by=call.who.author
    )
    return await call.request.app[VIEWS].conversation(conversation, call.who.agent_id)


async def take_back(call: Call[Nothing, Nothing]) -> ConversationView:
    conversation = await call.context.hub.servicers.take_back(ConversationId(call.id()), by=call.who.author)
    return await call.request.app[VIEWS].conversation(conversation, call.who.agent_id)


ENDPOINTS = (
    Endpoint(
        method="GET", path="/conversations/{id}/servicers", handler=list_servicers, returns=Items[Servicer],
        summary="The company's people on the platform who could take the customer", tag="conversations",
    ),
    Endpoint(
        method="PUT", path="/conversations/{id}/servicer", handler=pass_on, body=PassOnInput, returns=ConversationView,
        summary="Pass the customer on to a person on the platform", tag="conversations",
    ),
    Endpoint(
        method="DELETE", path="/conversations/{id}/servicer", handler=take_back, returns=ConversationView,
        summary="Take the customer back from the platform's people", tag="conversations",
    ),
)  # fmt: skip
