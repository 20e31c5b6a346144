"""What agents say instead of the model, and what becomes of it."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from scrm.ids import MessageId, TaxonomyId
from scrm.model.analysis import Sentiment
from scrm.model.message import Message
from scrm.model.people import Role
from scrm.model.taxonomy import Correction, CorrectionState
from scrm.ports.stores import Page
from scrm.ports.taxonomy import Drift, ImportReport
from scrm.web import cursor
from scrm.web.endpoint import Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Cursor, Id, Limit


class NewCorrection(Input, kw_only=True):
    """What is left out stays as it reads now. category null: it is none of them. The model's own value confirms it."""

    category: Id | UnsetType | None = UNSET
    sentiment: Sentiment | UnsetType = UNSET


class CorrectionQuery(Input, kw_only=True):
    state: CorrectionState = CorrectionState.WAITING
    after: Cursor | None = None
    limit: Limit = 50


class Decision(Input, kw_only=True):
    """taxonomy_id: the version whose examples the texts become; null drops them."""

    ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=100)]
    taxonomy_id: Id | None


async def correct(call: Call[Nothing, NewCorrection]) -> Message:
    body = call.body
    return await call.context.corrections.correct(
        MessageId(call.id()), category=body.category, sentiment=body.sentiment, by=call.who.author
    )


async def list_corrections(call: Call[CorrectionQuery, Nothing]) -> Items[Correction]:
    query = call.query
    after = cursor.decode(query.after)
    found = await call.context.corrections.page(query.state, after=after, limit=query.limit + 1)
    items, following = cursor.cut(found, query.limit, lambda each: Page(at=each.at, id=each.id))
    return Items(items=items, next=following)


async def decide(call: Call[Nothing, Decision]) -> ImportReport:
    body = call.body
    return await call.context.corrections.decide(
        [MessageId(each) for each in dict.fromkeys(body.ids)],
        taxonomy_id=None if body.taxonomy_id is None else TaxonomyId(body.taxonomy_id),
        by=call.who.author,
    )


async def drift(call: Call[Nothing, Nothing]) -> Drift:
    return await call.context.corrections.drift(call.context.clock.now())


ENDPOINTS = (
    Endpoint(
        method="POST", path="/messages/{id}/correction", handler=correct, body=NewCorrection, returns=Message,
        summary="Correct or confirm what was read of a message", tag="corrections",
    ),
    Endpoint(
        method="GET", path="/corrections", handler=list_corrections, role=Role.MANAGER, query=CorrectionQuery,
        returns=Items[Correction], summary="What agents corrected, newest first", tag="corrections",
    ),
    Endpoint(
        method="POST", path="/corrections/decide", handler=decide, role=Role.MANAGER, body=Decision,
        returns=ImportReport, summary="Take corrections up as examples of a version, or drop them",
        tag="corrections",
    ),
    Endpoint(
        method="GET", path="/corrections/drift", handler=drift, role=Role.MANAGER, returns=Drift,
        summary="How readings fared, a day at a time", tag="corrections",
    ),
)  # fmt: skip
