"""Conversations: lists, counts, changes, how far an agent has read."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from scrm.errors import Invalid, NotFound
from scrm.ids import AgentId, ChannelId, ConversationId, LabelId, TeamId
from scrm.model.conversation import ACTIVE, Conversation, ConversationStatus, Priority
from scrm.model.message import MessageKind
from scrm.model.people import ReadMark
from scrm.ports.flow import ConversationChange, Deadline
from scrm.ports.stores import ConversationQuery, Counts, Page
from scrm.web import cursor
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Cursor, Id, Limit, Line, Position
from scrm.web.realtime.hall import HALL
from scrm.web.views import ConversationView
from scrm.web.visitor.sites import TYPE as WEB_CHAT

# How many entries one read of a thread may span (`MessageStore.thread`).
WINDOW = 500
# How many conversations one look for deadlines reads.
_LOOK = 200


class StatusFilter(StrEnum):
    """active: open and pending, neither resolved nor put off until later."""

    OPEN = "open"
    PENDING = "pending"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    ACTIVE = "active"
    ANY = "any"


class DueFilter(StrEnum):
    """soon: little is left of what was promised. missed: nothing is. near: either."""

    SOON = "soon"
    MISSED = "missed"
    NEAR = "near"

    def holds(self, deadline: Deadline, now: datetime) -> bool:
        missed = deadline.at < now
        soon = deadline.near_at <= now and not missed
        return {DueFilter.SOON: soon, DueFilter.MISSED: missed, DueFilter.NEAR: soon or missed}[self]


class ListQuery(Input, kw_only=True):
    """assignee: me, none, any or an agent's id."""

    status: StatusFilter = StatusFilter.ACTIVE
    assignee: Id = "any"
    channel_id: Id | None = None
    team_id: Id | None = None
    label_id: Id | None = None
    due: DueFilter | None = None
    limit: Limit = 50
    after: Cursor | None = None


class ConversationPatch(Input, kw_only=True):
    """What to change; what is left out stays. snoozed_until belongs to status `snoozed`."""

    status: ConversationStatus | UnsetType = UNSET
    assignee_id: Id | UnsetType | None = UNSET
    team_id: Id | UnsetType | None = UNSET
    labels: Annotated[tuple[Id, ...], msgspec.Meta(max_length=50)] | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    snoozed_until: datetime | UnsetType | None = UNSET
    category: Line | UnsetType | None = UNSET


class ReadBody(Input, kw_only=True):
    position: Position


async def list_conversations(call: Call[ListQuery, Nothing]) -> Items[ConversationView]:
    query = call.query
    match query.status:
        case StatusFilter.ACTIVE:
            statuses: tuple[ConversationStatus, ...] = ACTIVE
        case StatusFilter.ANY:
            statuses = ()
        case _:
            statuses = (ConversationStatus(query.status),)
    wanted = ConversationQuery(
        statuses=statuses,
        assignee=call.who.person().id if query.assignee == "me" else query.assignee,
        channel_id=ChannelId(query.channel_id) if query.channel_id else None,
        team_id=TeamId(query.team_id) if query.team_id else None,
        label_id=LabelId(query.label_id) if query.label_id else None,
    )
    after = cursor.decode(query.after)
    if query.due is not None:
        return await _due(call, wanted, query.due, after)
    found = await call.context.stores.conversations.page(wanted, after=after, limit=query.limit + 1)
    items, following = cursor.cut(found, query.limit, by_activity)
    return Items(
        items=await call.request.app[VIEWS].conversations(items, call.who.agent_id),
        next=following,
    )


async def _due(
    call: Call[ListQuery, Nothing], wanted: ConversationQuery, due: DueFilter, after: Page | None
) -> Items[ConversationView]:
    """Deadlines follow from the hour and today's settings, so they are looked for among what is not resolved."""
    now = call.context.clock.now()
    found: list[ConversationView] = []
    while len(found) <= call.query.limit:
        page = await call.context.stores.conversations.page(wanted, after=after, limit=_LOOK)
        views = await call.request.app[VIEWS].conversations(page, call.who.agent_id)
        found += [view for view in views if view.deadline is not None and due.holds(view.deadline, now)]
        if len(page) < _LOOK:
            break
        after = by_activity(page[-1])
    items, following = cursor.cut(found[: call.query.limit + 1], call.query.limit, by_activity)
    return Items(items=items, next=following)


async def count(call: Call[Nothing, Nothing]) -> Counts:
    return await call.context.stores.conversations.counts(call.who.agent_id)


async def get_conversation(call: Call[Nothing, Nothing]) -> ConversationView:
    conversation = await existing(call)
    return await call.request.app[VIEWS].conversation(conversation, call.who.agent_id)


async def change_conversation(call: Call[Nothing, ConversationPatch]) -> ConversationView:
    body = call.body
    change = ConversationChange(
        status=body.status,
        assignee_id=AgentId(body.assignee_id) if isinstance(body.assignee_id, str) else body.assignee_id,
        team_id=TeamId(body.team_id) if isinstance(body.team_id, str) else body.team_id,
        labels=body.labels if body.labels is UNSET else tuple(LabelId(label) for label in dict.fromkeys(body.labels)),
        priority=body.priority,
        snoozed_until=body.snoozed_until,
        category=body.category,
    )
    codes = {category.code for category in call.context.analyser.taxonomy}
    if isinstance(change.category, str) and change.category not in codes:
        raise Invalid("there is no such category", field="category")
    if isinstance(change.snoozed_until, datetime) and change.snoozed_until.tzinfo is None:
        raise Invalid("a time needs its zone, like 2026-11-20T02:00:00Z", field="snoozed_until")
    conversation = await call.context.hub.change(ConversationId(call.id()), change, by=call.who.author)
    return await call.request.app[VIEWS].conversation(conversation, call.who.agent_id)


async def mark_read(call: Call[Nothing, ReadBody]) -> None:
    """An agent has seen everything up to a position; the number of unread messages follows."""
    agent = call.who.person()
    conversation = await existing(call)
    position = min(call.body.position, conversation.last_position)
    unseen = await _incoming_after(call, conversation, position)
    mark = ReadMark(
        agent_id=agent.id,
        conversation_id=conversation.id,
        position=position,
        incoming_count=max(0, conversation.incoming_count - unseen),
        at=call.context.clock.now(),
    )
    await call.context.stores.read_marks.save(mark)
    await _tell_visitor(call, conversation, position)
    # Read again: it may have changed meanwhile, and an older one is not shown over a newer.
    call.request.app[HALL].has_read(mark, await existing(call))


async def _tell_visitor(call: AnyCall, conversation: Conversation, position: int) -> None:
    """A web chat's page shows what was read; it hears of it as of any change of its conversation."""
    if position <= conversation.read_position:
        return
    names = await call.request.app[VIEWS].channel_names.get([conversation.channel_id])
    if names[conversation.channel_id].type != WEB_CHAT:
        return
    stores = call.context.stores

    async def work() -> None:
        current = await stores.conversations.get(conversation.id)
        if current is not None and current.read_position < position:
            await stores.conversations.save(msgspec.structs.replace(current, read_position=position))

    await stores.transaction(work)


async def typing(call: Call[Nothing, Nothing]) -> None:
    conversation_id = ConversationId(call.id())
    await call.context.hub.typing(conversation_id)
    if call.who.agent_id:
        call.request.app[HALL].typing(conversation_id, call.who.agent_id)


async def existing(call: AnyCall) -> Conversation:
    """The conversation of the path. Raises NotFound."""
    conversation = await call.context.stores.conversations.get(ConversationId(call.id()))
    if conversation is None:
        raise NotFound("there is no such conversation")
    return conversation


def by_activity(conversation: Conversation) -> Page:
    return Page(at=conversation.last_activity_at, id=conversation.id)


async def _incoming_after(call: Call[Nothing, ReadBody], conversation: Conversation, position: int) -> int:
    """How many of the customer's messages stand after a position. Mostly none: agents read to the end."""
    found = 0
    after = position
    while after < conversation.last_position:
        until = min(after + WINDOW, conversation.last_position)
        entries = await call.context.stores.messages.thread(conversation.id, after=after, until=until)
        found += sum(entry.kind is MessageKind.INCOMING for entry in entries)
        after = until
    return found


ENDPOINTS = (
    Endpoint(
        method="GET", path="/conversations", handler=list_conversations, query=ListQuery,
        returns=Items[ConversationView], summary="Conversations, newest activity first", tag="conversations",
    ),
    Endpoint(
        method="GET", path="/conversations/counts", handler=count, returns=Counts,
        summary="How many active conversations are mine, nobody's, and there at all", tag="conversations",
    ),
    Endpoint(
        method="GET", path="/conversations/{id}", handler=get_conversation, returns=ConversationView,
        summary="One conversation", tag="conversations",
    ),
    Endpoint(
        method="PATCH", path="/conversations/{id}", handler=change_conversation, body=ConversationPatch,
        returns=ConversationView, summary="Change status, assignee, team, labels, priority, snooze or category",
        tag="conversations",
    ),
    Endpoint(
        method="POST", path="/conversations/{id}/read", handler=mark_read, body=ReadBody, statuses=(204,),
        summary="Everything up to a position has been seen", tag="conversations",
    ),
    Endpoint(
        method="POST", path="/conversations/{id}/typing", handler=typing, statuses=(204,),
        summary="The caller is writing", tag="conversations",
    ),
)  # fmt: skip
