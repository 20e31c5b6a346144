"""Suggested replies: asked for, put into the composer by the agent, never sent from here."""

from scrm.ids import ConversationId
from scrm.model.answers import Suggestion
from scrm.model.base import Record
from scrm.model.people import Role
from scrm.web.endpoint import Call, Endpoint, Items, Nothing


class Relearning(Record, kw_only=True):
    """forgotten: how many answers this process knew."""

    forgotten: int


async def suggestions(call: Call[Nothing, Nothing]) -> Items[Suggestion]:
    """Empty when the customer's last question is answered."""
    return Items(items=await call.context.hub.suggestions(ConversationId(call.id())))


async def relearn(call: Call[Nothing, Nothing]) -> Relearning:
    return Relearning(forgotten=await call.context.hub.relearn_answers())


ENDPOINTS = (
    Endpoint(
        method="GET", path="/conversations/{id}/suggestions", handler=suggestions, returns=Items[Suggestion],
        summary="Replies that may fit what the customer asked last, best first", tag="suggestions",
    ),
    Endpoint(
        method="POST", path="/suggestions/relearn", handler=relearn, role=Role.ADMIN, returns=Relearning,
        summary="Learn the answered questions anew from the conversations", tag="suggestions",
    ),
)  # fmt: skip
