"""API tokens: keys of programs."""

import msgspec

from scrm.errors import NotFound
from scrm.ids import TokenId
from scrm.model.people import ApiToken, Role
from scrm.web.auth import new_api_token
from scrm.web.endpoint import Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Name
from scrm.web.realtime.hall import HALL
from scrm.web.views import TokenCreated, TokenView


class NewToken(Input, kw_only=True):
    """role: what the program may do."""

    name: Name
    role: Role = Role.ADMIN


async def list_tokens(call: Call[Nothing, Nothing]) -> Items[TokenView]:
    return Items(items=[_view(token) for token in await call.context.stores.api_tokens.all()])


async def add_token(call: Call[Nothing, NewToken]) -> TokenCreated:
    context = call.context
    token, record = new_api_token(call.body.name, call.body.role, clock=context.clock, ids=context.ids)
    await context.stores.api_tokens.insert(record)
    return TokenCreated(**msgspec.structs.asdict(_view(record)), token=token)


async def delete_token(call: Call[Nothing, Nothing]) -> None:
    token_id = TokenId(call.id())
    if not await call.context.stores.api_tokens.delete(token_id):
        raise NotFound("there is no such token")
    call.request.app[HALL].end_token(token_id)


def _view(token: ApiToken) -> TokenView:
    return TokenView(
        id=token.id, name=token.name, role=token.role, created_at=token.created_at, last_used_at=token.last_used_at
    )


ENDPOINTS = (
    Endpoint(
        method="GET", path="/tokens", handler=list_tokens, role=Role.ADMIN, returns=Items[TokenView],
        summary="API tokens, without their values", tag="tokens",
    ),
    Endpoint(
        method="POST", path="/tokens", handler=add_token, role=Role.ADMIN, body=NewToken, returns=TokenCreated,
        statuses=(201,), summary="Make an API token; its value is shown this once", tag="tokens",
    ),
    Endpoint(
        method="DELETE", path="/tokens/{id}", handler=delete_token, role=Role.ADMIN, statuses=(204,),
        summary="Delete an API token: it opens nothing any more", tag="tokens",
    ),
)  # fmt: skip
