"""Saved dashboards: a supervisor's own, and those that are shared with every supervisor."""

from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from scrm.errors import Conflict, NotFound
from scrm.ids import ViewId
from scrm.model.people import Role
from scrm.model.saved_boards import BoardPage, SavedBoard
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Name

# A person's own. More than a menu can hold is a mistake of a program.
LIMIT = 30
# The names that dashboards keep their filters under (dashboards/web/src/dashboard/useScope.ts).
Key = Literal["range", "from", "to", "channel", "team", "compare", "cfrom", "cto"]
Value = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+(?![\s\S])")]


class BoardInput(Input, kw_only=True):
    """query: filters by their names in the page's address. shared: every supervisor sees it."""

    name: Name
    page: BoardPage
    query: dict[Key, Value] = {}
    shared: bool = False


async def list_boards(call: Call[Nothing, Nothing]) -> Items[SavedBoard]:
    return Items(items=await _seen(call))


async def add_board(call: Call[Nothing, BoardInput]) -> SavedBoard:
    me, given = call.who.person().id, call.body
    if sum(board.owner_id == me for board in await _seen(call)) >= LIMIT:
        raise Conflict(f"a person keeps at most {LIMIT} dashboards")
    board = SavedBoard(
        id=ViewId(call.context.ids()),
        owner_id=me,
        name=given.name,
        page=given.page,
        query={str(name): value for name, value in given.query.items()},
        shared=given.shared,
        created_at=call.context.clock.now(),
    )
    await call.context.stores.saved_boards.save(board)
    return board


async def change_board(call: Call[Nothing, BoardInput]) -> SavedBoard:
    current, given = await _own(call), call.body
    query = {str(name): value for name, value in given.query.items()}
    board = replace(current, name=given.name, page=given.page, query=query, shared=given.shared)
    await call.context.stores.saved_boards.save(board)
    return board


async def delete_board(call: Call[Nothing, Nothing]) -> None:
    board = await _own(call)
    await call.context.stores.saved_boards.delete(board.id)


async def _seen(call: AnyCall) -> list[SavedBoard]:
    me = call.who.person().id
    return [board for board in await call.context.stores.saved_boards.all() if board.shared or board.owner_id == me]


async def _own(call: AnyCall) -> SavedBoard:
    """The one of the path. Another's, where it is shared, is a manager's to change."""
    board_id = call.id()
    for board in await _seen(call):
        if board.id == board_id:
            if board.owner_id != call.who.person().id:
                call.who.require(Role.MANAGER)
            return board
    raise NotFound("there is no such dashboard")


_LEAST = Role.SUPERVISOR
ENDPOINTS = (
    Endpoint(
        method="GET", path="/boards", handler=list_boards, role=_LEAST, returns=Items[SavedBoard],
        summary="Saved dashboards: your own and the shared ones", tag="reports",
    ),
    Endpoint(
        method="POST", path="/boards", handler=add_board, role=_LEAST, body=BoardInput, returns=SavedBoard,
        statuses=(201,), summary="Save a dashboard", tag="reports",
    ),
    Endpoint(
        method="PATCH", path="/boards/{id}", handler=change_board, role=_LEAST, body=BoardInput, returns=SavedBoard,
        summary="Change a saved dashboard", tag="reports",
    ),
    Endpoint(
        method="DELETE", path="/boards/{id}", handler=delete_board, role=_LEAST, statuses=(204,),
        summary="Delete a saved dashboard", tag="reports",
    ),
)  # fmt: skip
