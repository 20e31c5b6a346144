"""Work that failed for good after a message was stored, for an administrator: see it, try it again, dismiss it."""

from scrm.errors import NotFound
from scrm.ids import ChannelId, ContactId, ConversationId, MessageId, TaskId
from scrm.model.base import Record
from scrm.model.people import Role
from scrm.model.work import Task, TaskKind
from scrm.ports.stores import Stores
from scrm.web.endpoint import Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Id, Limit


class ListQuery(Input, kw_only=True):
    """after: id of the last task of the page before."""

    limit: Limit = 50
    after: Id | None = None


class TaskView(Record, kw_only=True):
    """What was to be done and why it could not be. position: of the message it was about, in the conversation."""

    id: TaskId
    kind: TaskKind
    channel_id: ChannelId | None
    attempts: int
    failed: bool
    error: str | None
    contact_id: ContactId | None = None
    conversation_id: ConversationId | None = None
    position: int | None = None


async def list_tasks(call: Call[ListQuery, Nothing]) -> Items[TaskView]:
    after = TaskId(call.query.after) if call.query.after else None
    found = await call.context.stores.tasks.failed(after=after, limit=call.query.limit + 1)
    page = found[: call.query.limit]
    return Items(
        items=await _views(call.context.stores, page), next=page[-1].id if len(found) > call.query.limit else None
    )


async def retry(call: Call[Nothing, Nothing]) -> TaskView:
    task = await call.context.hub.retry_task(TaskId(call.id()))
    return (await _views(call.context.stores, [task]))[0]


async def dismiss(call: Call[Nothing, Nothing]) -> None:
    task = await call.context.stores.tasks.get(TaskId(call.id()))
    if task is None or not task.failed:
        raise NotFound("there is no such failed task")
    await call.context.stores.tasks.delete([task.id])


async def _views(stores: Stores, tasks: list[Task]) -> list[TaskView]:
    messages = await stores.messages.get_many([MessageId(task.subject) for task in tasks if task.kind in _OF_MESSAGES])
    return [
        _view(task)
        if (message := messages.get(MessageId(task.subject))) is None
        else _view(
            task, contact_id=message.contact_id, conversation_id=message.conversation_id, position=message.position
        )
        for task in tasks
    ]


_OF_MESSAGES = (TaskKind.ANALYSE, TaskKind.FETCH_MEDIA)


def _view(
    task: Task,
    *,
    contact_id: ContactId | None = None,
    conversation_id: ConversationId | None = None,
    position: int | None = None,
) -> TaskView:
    channel_id = task.data.get("channel_id")
    return TaskView(
        id=task.id,
        kind=task.kind,
        channel_id=ChannelId(channel_id) if channel_id else None,
        attempts=task.attempts,
        failed=task.failed,
        error=task.error,
        contact_id=ContactId(task.subject) if task.kind is TaskKind.FETCH_PROFILE else contact_id,
        conversation_id=ConversationId(task.subject) if task.kind is TaskKind.ROUTE else conversation_id,
        position=position,
    )


ENDPOINTS = (
    Endpoint(
        method="GET", path="/tasks", handler=list_tasks, role=Role.ADMIN, query=ListQuery,
        returns=Items[TaskView], summary="Work that failed for good, newest first", tag="tasks",
    ),
    Endpoint(
        method="POST", path="/tasks/{id}/retry", handler=retry, role=Role.ADMIN, returns=TaskView,
        summary="Try a failed task again", tag="tasks",
    ),
    Endpoint(
        method="DELETE", path="/tasks/{id}", handler=dismiss, role=Role.ADMIN, statuses=(204,),
        summary="Dismiss a failed task: it will not be done", tag="tasks",
    ),
)  # fmt: skip
