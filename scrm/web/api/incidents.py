"""The incident room of an alert over HTTP: for supervisors and above."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from scrm.errors import Invalid
from scrm.ids import AgentId, AlertId, ConversationId, MessageId
from scrm.model.base import Record
from scrm.model.incidents import Incident, IncidentEntry, Reach, Recovery, ReplyTarget
from scrm.model.message import MessageStatus
from scrm.model.people import Role
from scrm.model.topics import Alert
from scrm.ports.alerts import Room, Summary, TaskChange
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Nothing
from scrm.web.fields import Id, Locale, Name
from scrm.web.views import ConversationView

MOST_TARGETS = 300
Text = Annotated[str, Meta(min_length=1, max_length=4_000, pattern=r"\S")]


class ReachView(Record, kw_only=True):
    """An affected conversation. code: why a reply may not be sent to it now; null when it may."""

    conversation: ConversationView
    messages: int
    code: str | None


class TargetView(Record, kw_only=True):
    """status: of the reply itself once it is queued."""

    target: ReplyTarget
    status: MessageStatus | None
    failure: str | None
    contact_name: str
    position: int | None


class IncidentView(Record, kw_only=True):
    """An incident, whole. affected: unresolved conversations the topic concerns, newest first; contacts, messages: of
    all. second_approval: the workspace wants another person to approve a reply."""

    alert: Alert
    incident: Incident
    entries: tuple[IncidentEntry, ...]
    recovery: Recovery
    affected: tuple[ReachView, ...]
    contacts: int
    messages: int
    more: bool
    targets: tuple[TargetView, ...]
    second_approval: bool


class Comment(Input, kw_only=True):
    text: Text


class NewTask(Input, kw_only=True):
    title: Name
    assignee_id: Id | None = None
    due_at: datetime | None = None


class TaskPatch(Input, kw_only=True):
    title: Name | UnsetType = UNSET
    assignee_id: Id | UnsetType | None = UNSET
    due_at: datetime | UnsetType | None = UNSET
    done: bool | UnsetType = UNSET


class Apply(Input, kw_only=True):
    conversation_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MOST_TARGETS)]


class InLocale(Input, kw_only=True):
    locale: Locale = "zh-CN"


class Close(Input, kw_only=True):
    remark: Annotated[str, Meta(max_length=2_000)] = ""
    locale: Locale = "zh-CN"


async def room(call: Call[Nothing, Nothing]) -> IncidentView:
    return await _view(call, await call.context.alerts.room(_id(call)))


async def summary(call: Call[InLocale, Nothing]) -> Summary:
    return await call.context.alerts.summary(_id(call), call.query.locale)


async def comment(call: Call[Nothing, Comment]) -> Incident:
    return await call.context.alerts.comment(_id(call), call.body.text.strip(), call.who.author)


async def add_task(call: Call[Nothing, NewTask]) -> Incident:
    body = call.body
    _check_moment(body.due_at)
    assignee = AgentId(body.assignee_id) if body.assignee_id else None
    return await call.context.alerts.add_task(_id(call), body.title, assignee, body.due_at, call.who.author)


async def change_task(call: Call[Nothing, TaskPatch]) -> Incident:
    body = call.body
    if all(getattr(body, name) is UNSET for name in body.__struct_fields__):
        raise Invalid("nothing to change")
    if isinstance(body.due_at, datetime):
        _check_moment(body.due_at)
    change = TaskChange(
        title=body.title,
        assignee_id=AgentId(body.assignee_id) if isinstance(body.assignee_id, str) else body.assignee_id,
        due_at=body.due_at,
        done=body.done,
    )
    task_id = call.id("task_id")
    return await call.context.alerts.change_task(_id(call), task_id, change, call.who.author)


async def write_reply(call: Call[Nothing, Comment]) -> Incident:
    return await call.context.alerts.write_reply(_id(call), call.body.text.strip(), call.who.author)


async def approve_reply(call: Call[Nothing, Nothing]) -> Incident:
    return await call.context.alerts.approve_reply(_id(call), call.who.author)


async def apply_reply(call: Call[Nothing, Apply]) -> Incident:
    chosen = [ConversationId(each) for each in call.body.conversation_ids]
    return await call.context.alerts.apply_reply(_id(call), chosen, call.who.author)


async def close(call: Call[Nothing, Close]) -> Incident:
    body = call.body
    return await call.context.alerts.close_incident(_id(call), body.remark.strip(), body.locale, call.who.author)


async def reopen(call: Call[Nothing, Nothing]) -> Incident:
    return await call.context.alerts.reopen_incident(_id(call), call.who.author)


def _id(call: AnyCall) -> AlertId:
    return AlertId(call.id())


def _check_moment(at: datetime | None) -> None:
    if at is not None and at.tzinfo is None:
        raise Invalid("a moment has a zone", field="due_at")


async def _view(call: AnyCall, room: Room) -> IncidentView:
    stores = call.context.stores
    reaches: dict[ConversationId, Reach] = {each.conversation_id: each for each in room.affected.conversations}
    targets = {target.conversation_id for target in room.targets}
    conversations = await stores.conversations.get_many(reaches.keys() | targets)
    views = await call.request.app[VIEWS].conversations(list(conversations.values()), call.who.agent_id)
    shown = {view.id: view for view in views}
    messages = await stores.messages.get_many(
        [MessageId(target.message_id) for target in room.targets if target.message_id]
    )

    def target_view(target: ReplyTarget) -> TargetView:
        message = messages.get(target.message_id) if target.message_id else None
        view = shown.get(target.conversation_id)
        return TargetView(
            target=target,
            status=message.status if message else None,
            failure=message.failure.code if message and message.failure else None,
            contact_name=view.contact.name if view else "",
            position=message.position if message else None,
        )

    return IncidentView(
        alert=room.alert,
        incident=room.incident,
        entries=room.entries,
        recovery=room.recovery,
        affected=tuple(
            ReachView(conversation=shown[id_], messages=reach.messages, code=reach.code)
            for id_, reach in reaches.items()
            if id_ in shown
        ),
        contacts=room.affected.contacts,
        messages=room.affected.messages,
        more=room.affected.more,
        targets=tuple(target_view(target) for target in room.targets),
        second_approval=await call.context.alerts.second_approval(),
    )


_LEAST = Role.SUPERVISOR
ENDPOINTS = (
    Endpoint(
        method="GET", path="/incidents/{id}", handler=room, role=_LEAST, returns=IncidentView,
        summary="What happened around an alert, and what people do about it", tag="incidents",
    ),
    Endpoint(
        method="GET", path="/incidents/{id}/summary", handler=summary, role=_LEAST, query=InLocale, returns=Summary,
        summary="The incident in sentences, each with its evidence", tag="incidents",
    ),
    Endpoint(
        method="POST", path="/incidents/{id}/comments", handler=comment, role=_LEAST, body=Comment, returns=Incident,
        statuses=(201,), summary="Say something in the incident", tag="incidents",
    ),
    Endpoint(
        method="POST", path="/incidents/{id}/tasks", handler=add_task, role=_LEAST, body=NewTask, returns=Incident,
        statuses=(201,), summary="Add a task", tag="incidents",
    ),
    Endpoint(
        method="PATCH", path="/incidents/{id}/tasks/{task_id}", handler=change_task, role=_LEAST, body=TaskPatch,
        returns=Incident, summary="Change or finish a task", tag="incidents",
    ),
    Endpoint(
        method="PUT", path="/incidents/{id}/reply", handler=write_reply, role=_LEAST, body=Comment, returns=Incident,
        summary="Write the reply for the affected conversations", tag="incidents",
    ),
    Endpoint(
        method="POST", path="/incidents/{id}/reply/approve", handler=approve_reply, role=_LEAST, returns=Incident,
        summary="Approve the reply", tag="incidents",
    ),
    Endpoint(
        method="POST", path="/incidents/{id}/reply/apply", handler=apply_reply, role=_LEAST, body=Apply,
        returns=Incident, summary="Send the approved reply to these conversations, each once", tag="incidents",
    ),
    Endpoint(
        method="POST", path="/incidents/{id}/close", handler=close, role=_LEAST, body=Close, returns=Incident,
        summary="Close the incident with its summary", tag="incidents",
    ),
    Endpoint(
        method="POST", path="/incidents/{id}/reopen", handler=reopen, role=_LEAST, returns=Incident,
        summary="Open a closed incident again", tag="incidents",
    ),
)  # fmt: skip
