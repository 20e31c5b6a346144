"""The entries of a conversation: reading them by position, writing replies and notes, deciding on failed ones."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from scrm.errors import Invalid, NotFound
from scrm.ids import AgentId, AttachmentId, ConversationId, MessageId
from scrm.model.message import Attachment, AttachmentState, Message
from scrm.web.endpoint import Answer, Call, Endpoint, Input, Nothing
from scrm.web.fields import Id, Limit, LongText, Position
from scrm.web.views import MessagePage


class ThreadQuery(Input, kw_only=True):
    """after_position: entries after it. before_position: the newest ones before it. Neither: the newest page."""

    after_position: Position | UnsetType = UNSET
    before_position: Position | UnsetType = UNSET
    limit: Limit = 50


class NewMessage(Input, kw_only=True):
    """client_id: the writer's own, unique in the conversation; sent again, it gives the first message again.

    attachments: ids from POST /attachments. mentions: agents, of a note. reply_to: the message that a reply answers,
    where the channel's capabilities say `quotes`.
    """

    content: LongText = ""
    client_id: Id
    kind: Literal["outgoing", "note"] = "outgoing"
    attachments: Annotated[tuple[Id, ...], msgspec.Meta(max_length=10)] = ()
    mentions: Annotated[tuple[Id, ...], msgspec.Meta(max_length=50)] = ()
    reply_to: Id | UnsetType = UNSET


async def list_messages(call: Call[ThreadQuery, Nothing]) -> MessagePage:
    query, stores = call.query, call.context.stores
    if query.after_position is not UNSET and query.before_position is not UNSET:
        raise Invalid("give after_position or before_position, not both", field="before_position")
    conversation = await stores.conversations.get(ConversationId(call.id()))
    if conversation is None:
        raise NotFound("there is no such conversation")
    last = conversation.last_position
    if query.after_position is not UNSET:
        after, until = query.after_position, query.after_position + query.limit
        following = str(until) if until < last else None
    else:
        before = last + 1 if query.before_position is UNSET else min(query.before_position, last + 1)
        until = before - 1
        after = max(0, until - query.limit)
        following = str(after + 1) if after > 0 else None
    items = await stores.messages.thread(conversation.id, after=after, until=until) if until > after else []
    return MessagePage(items=items, next=following, last_position=last)


async def write_message(call: Call[Nothing, NewMessage]) -> Answer[Message]:
    body, hub = call.body, call.context.hub
    if not body.content.strip() and not body.attachments:
        raise Invalid("there is nothing to send", field="content")
    conversation_id = ConversationId(call.id())
    attachments = [await _attachment(call, attachment_id) for attachment_id in dict.fromkeys(body.attachments)]
    if body.kind == "note":
        message, created = await hub.note(
            conversation_id,
            author=call.who.author,
            content=body.content,
            client_id=body.client_id,
            mentions=[AgentId(agent) for agent in dict.fromkeys(body.mentions)],
            attachments=attachments,
        )
    else:
        if body.mentions:
            raise Invalid("only a note mentions colleagues", field="mentions")
        message, created = await hub.reply(
            conversation_id,
            author=call.who.author,
            content=body.content,
            client_id=body.client_id,
            attachments=attachments,
            reply_to=None if isinstance(body.reply_to, UnsetType) else MessageId(body.reply_to),
        )
    return Answer(message, 201 if created else 200)


async def retry(call: Call[Nothing, Nothing]) -> Message:
    return await call.context.hub.retry(MessageId(call.id()), by=call.who.author)


async def give_up(call: Call[Nothing, Nothing]) -> Message:
    return await call.context.hub.give_up(MessageId(call.id()), by=call.who.author)


async def _attachment(call: Call[Nothing, NewMessage], attachment_id: str) -> Attachment:
    info = await call.context.stores.blobs.info(attachment_id)
    if info is None:
        raise Invalid("there is no such file; upload it first", field="attachments")
    return Attachment(
        id=AttachmentId(attachment_id),
        state=AttachmentState.STORED,
        media_type=info.media_type,
        file_name=info.file_name,
        size=info.size,
    )


ENDPOINTS = (
    Endpoint(
        method="GET", path="/conversations/{id}/messages", handler=list_messages, query=ThreadQuery,
        returns=MessagePage, summary="Entries of a conversation, ascending by position", tag="messages",
    ),
    Endpoint(
        method="POST", path="/conversations/{id}/messages", handler=write_message, body=NewMessage,
        returns=Message, statuses=(201, 200), summary="Reply to the customer, or write a note", tag="messages",
    ),
    Endpoint(
        method="POST", path="/messages/{id}/retry", handler=retry, returns=Message,
        summary="Send a failed or unknown message again", tag="messages",
    ),
    Endpoint(
        method="POST", path="/messages/{id}/give-up", handler=give_up, returns=Message,
        summary="Call an unknown message failed", tag="messages",
    ),
)  # fmt: skip
