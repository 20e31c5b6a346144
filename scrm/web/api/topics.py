"""What customers talk about, alerts on what bursts, and the messages behind both."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from scrm.errors import Invalid
from scrm.ids import AgentId, AlertId, ChannelId, MessageId
from scrm.model.people import Role
from scrm.model.topics import Alert, AlertState, BoardRange, ReadingQuery, TermReading, TopicBoard
from scrm.ports.stores import Page
from scrm.ports.topics import AlertChange
from scrm.web import cursor
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Cursor, Id, Limit
from scrm.web.views import EvidenceView

MOST_TERMS = 8
# As many as a topic has, each at most 16 characters long, joined by commas.
Terms = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+(?![\s\S])")]
Category = Annotated[str, Meta(min_length=1, max_length=64)]


class BoardQuery(Input, kw_only=True):
    range: BoardRange = BoardRange.DAY
    channel_id: Id | None = None


class TopicEvidence(Input, kw_only=True):
    """The messages a number counts: those that say any of `terms` (joined by commas). since, until, as_of, scope and
    channel: as the board or alert has them. like: only those that say nearly the same as this message."""

    terms: Terms
    since: datetime
    until: datetime
    as_of: datetime
    scope: Category | None = None
    channel_id: Id | None = None
    like: Id | None = None
    limit: Limit = 50
    after: Cursor | None = None


class AlertPatch(Input, kw_only=True):
    """snoozed_until: with state `snoozed`."""

    state: AlertState | UnsetType = UNSET
    snoozed_until: datetime | UnsetType = UNSET
    owner_id: Id | UnsetType | None = UNSET


async def board(call: Call[BoardQuery, Nothing]) -> TopicBoard:
    channel = ChannelId(call.query.channel_id) if call.query.channel_id else None
    return await call.context.topics.board(call.query.range, channel)


async def evidence(call: Call[TopicEvidence, Nothing]) -> Items[EvidenceView]:
    query = call.query
    terms = tuple(dict.fromkeys(term for term in query.terms.split(",") if term))
    if not 0 < len(terms) <= MOST_TERMS:
        raise Invalid(f"1 to {MOST_TERMS} terms", field="terms")
    for name in ("since", "until", "as_of"):
        if getattr(query, name).tzinfo is None:
            raise Invalid("a moment has a zone", field=name)
    found = await call.context.topics.evidence(
        ReadingQuery(
            terms=terms,
            since=query.since,
            until=query.until,
            as_of=query.as_of,
            channel_id=ChannelId(query.channel_id) if query.channel_id else None,
            category=query.scope,
        ),
        like=MessageId(query.like) if query.like else None,
        after=cursor.decode(query.after),
        limit=query.limit + 1,
    )
    readings, following = cursor.cut(found, query.limit, lambda reading: Page(at=reading.at, id=reading.id))
    return Items(items=await _views(call, readings), next=following)


async def _views(call: Call[TopicEvidence, Nothing], readings: list[TermReading]) -> list[EvidenceView]:
    stores = call.context.stores
    conversations = await stores.conversations.get_many({reading.conversation_id for reading in readings})
    messages = await stores.messages.get_many([reading.id for reading in readings])
    shown = await call.request.app[VIEWS].conversations(list(conversations.values()), call.who.agent_id)
    views = {view.id: view for view in shown}
    return [
        EvidenceView(
            conversation=views[reading.conversation_id], message=messages.get(reading.id), value=1.0, at=reading.at
        )
        for reading in readings
        if reading.conversation_id in views
    ]


async def alerts(call: Call[Nothing, Nothing]) -> Items[Alert]:
    return Items(items=await call.context.topics.alerts())


async def change_alert(call: Call[Nothing, AlertPatch]) -> Alert:
    body = call.body
    change = AlertChange(
        state=body.state,
        snoozed_until=body.snoozed_until,
        owner_id=AgentId(body.owner_id) if isinstance(body.owner_id, str) else body.owner_id,
    )
    if all(getattr(change, name) is msgspec.UNSET for name in change.__struct_fields__):
        raise Invalid("nothing to change")
    before = await call.context.stores.topics.alert(AlertId(call.id()))
    changed = await call.context.topics.change_alert(AlertId(call.id()), change, by=call.who.author)
    await call.context.alerts.noted(before, changed, call.who.author)
    return changed


_LEAST = Role.SUPERVISOR
ENDPOINTS = (
    Endpoint(
        method="GET", path="/topics", handler=board, role=_LEAST, query=BoardQuery, returns=TopicBoard,
        summary="What is talked about: topics that rose, and the terms said most", tag="topics",
    ),
    Endpoint(
        method="GET", path="/topics/evidence", handler=evidence, role=_LEAST, query=TopicEvidence,
        returns=Items[EvidenceView], summary="The messages a topic counts, newest first", tag="topics",
    ),
    Endpoint(
        method="GET", path="/alerts", handler=alerts, role=_LEAST, returns=Items[Alert],
        summary="Topics that burst in the last month, newest first", tag="topics",
    ),
    Endpoint(
        method="PATCH", path="/alerts/{id}", handler=change_alert, role=_LEAST, body=AlertPatch, returns=Alert,
        summary="Acknowledge, snooze or hand over an alert", tag="topics",
    ),
)  # fmt: skip
