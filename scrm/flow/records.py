"""The records that flow makes: entries of a conversation and the conversation after them. Pure."""

from datetime import datetime

from msgspec.structs import replace

from scrm.flow import order
from scrm.ids import AgentId, AttachmentId, IdFactory, MessageId
from scrm.model.analysis import AnalysisState
from scrm.model.conversation import Conversation, ConversationStatus, Preview
from scrm.model.message import (
    Attachment,
    AttachmentState,
    Author,
    AuthorType,
    ContentType,
    Counted,
    Message,
    MessageKind,
    MessageStatus,
)
from scrm.model.work import OutboxEntry, partition_of
from scrm.ports.channel import IncomingMessage, MediaRef, PlatformEvent

PREVIEW_LENGTH = 120
QUOTE_LENGTH = 300
SYSTEM = Author(type=AuthorType.SYSTEM)


def activity(
    conversation: Conversation, ids: IdFactory, now: datetime, action: str, by: Author = SYSTEM, **details: str
) -> tuple[Conversation, Message]:
    """The conversation with one more system line. `details["action"]` names it; screens word it."""
    message = Message(
        id=MessageId(ids()),
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        channel_id=conversation.channel_id,
        position=conversation.last_position + 1,
        rank=conversation.last_position + 1,
        kind=MessageKind.ACTIVITY,
        content_type=ContentType.EVENT,
        content=action,
        details={"action": action, **details},
        counted=Counted(team_id=conversation.team_id, agent_id=conversation.assignee_id),
        author=by,
        occurred_at=order.following(now, conversation.last_activity_at),
        created_at=now,
    )
    return replace(conversation, last_position=message.position), message


def written(
    conversation: Conversation,
    ids: IdFactory,
    now: datetime,
    *,
    kind: MessageKind,
    author: Author,
    content: str,
    client_id: str,
    attachments: tuple[Attachment, ...],
) -> Message:
    """A reply or note at the end of the conversation."""
    return Message(
        id=MessageId(ids()),
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        channel_id=conversation.channel_id,
        position=conversation.last_position + 1,
        rank=conversation.last_position + 1,
        kind=kind,
        content_type=content_type_of(attachments[0]) if attachments and not content else ContentType.TEXT,
        content=content,
        attachments=attachments,
        author=author,
        client_id=client_id,
        counted=Counted(team_id=conversation.team_id, agent_id=_writer(author) or conversation.assignee_id),
        occurred_at=order.following(now, conversation.last_activity_at),
        created_at=now,
        status=MessageStatus.QUEUED if kind is MessageKind.OUTGOING else None,
    )


def incoming(
    conversation: Conversation,
    ids: IdFactory,
    event: IncomingMessage | PlatformEvent,
    *,
    received_at: datetime,
    now: datetime,
) -> Message:
    """What the customer sent or did, as the next entry of the conversation."""
    is_message = isinstance(event, IncomingMessage)
    details = event.details if isinstance(event, IncomingMessage) else {"event": event.event, **event.details}
    if isinstance(event, IncomingMessage) and event.edited_at is not None:  # its first form never came
        details = {**details, "edited_at": event.edited_at.isoformat()}
    media = event.media if isinstance(event, IncomingMessage) else ()
    return Message(
        id=MessageId(ids()),
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        channel_id=conversation.channel_id,
        position=conversation.last_position + 1,
        rank=conversation.last_position + 1,
        kind=MessageKind.INCOMING if is_message else MessageKind.ACTIVITY,
        content_type=event.content_type if isinstance(event, IncomingMessage) else ContentType.EVENT,
        content=event.content,
        details=details,
        attachments=tuple(_attachment(ref, ids) for ref in media),
        author=Author(type=AuthorType.CONTACT, id=conversation.contact_id),
        occurred_at=order.following(now, conversation.last_activity_at),
        created_at=received_at,
        sent_at=event.sent_at,
        sequence=event.sequence if isinstance(event, IncomingMessage) else None,
        external_ids=(event.external_id,),
        counted=Counted(team_id=conversation.team_id, agent_id=conversation.assignee_id),
        analysis_state=AnalysisState.PENDING if readable(event) else AnalysisState.NONE,
    )


def quote_of(message: Message) -> str:
    """What an answer to this message shows of it."""
    return message.content[:QUOTE_LENGTH] or f"[{message.content_type}]"


def readable(event: IncomingMessage | PlatformEvent) -> bool:
    """Whether there are words of the customer's own to be read."""
    return isinstance(event, IncomingMessage) and own_words(event)


def own_words(said: IncomingMessage | Message) -> bool:
    """What a card is called, a place or a file, is shown and found, but is no mood and no question of the customer's: a
    headline passed on is another's anger."""
    if said.content_type in (ContentType.LINK, ContentType.LOCATION):
        return False
    words = said.content.strip()
    return bool(words) and words not in (
        said.details.get("file_name", "").strip(),
        said.details.get("title", "").strip(),
    )


def outbox_entry(message: Message, recipient: str, now: datetime) -> OutboxEntry:
    """The message, to leave now."""
    return OutboxEntry(
        id=message.id,
        conversation_id=message.conversation_id,
        channel_id=message.channel_id,
        recipient=recipient,
        partition=partition_of(message.channel_id, recipient),
        order=message.position,
        due_at=now,
        created_at=now,
    )


def revised(message: Message, event: IncomingMessage, ids: IdFactory) -> Message:
    """The message as its sender edited it; the same one where the edit is older than one it has had.

    details: `edited_at`, and `original`, what it said at first, once the text is another. A file that was put in place
    of another stands after it: both were sent.
    """
    edited_at = event.edited_at.isoformat() if event.edited_at else ""
    if message.kind is not MessageKind.INCOMING or edited_at < message.details.get("edited_at", ""):
        return message
    details = {**event.details, "edited_at": edited_at}
    said_otherwise = event.content != message.content
    original = message.details.get("original", message.content if said_otherwise else "")
    if original:
        details["original"] = original
    files = message.attachments
    if event.details.get("file") != message.details.get("file"):
        files = (*files, *(_attachment(ref, ids) for ref in event.media))
    return replace(
        message,
        content_type=event.content_type,
        content=event.content,
        details=details,
        attachments=files,
        analysis_state=AnalysisState.PENDING if said_otherwise and readable(event) else message.analysis_state,
    )


def with_revised(conversation: Conversation, message: Message) -> Conversation:
    """The conversation with its preview mended, where that showed the message."""
    preview = conversation.preview
    if preview is None or (preview.kind, preview.at) != (message.kind, message.occurred_at):
        return conversation
    return replace(conversation, preview=replace(preview, content=message.content[:PREVIEW_LENGTH]))


def with_message(conversation: Conversation, message: Message) -> Conversation:
    """The conversation after `message` became its newest entry."""
    return replace(
        conversation,
        last_position=message.position,
        last_activity_at=max(message.occurred_at, conversation.last_activity_at),
        preview=Preview(
            kind=message.kind,
            content_type=message.content_type,
            content=message.content[:PREVIEW_LENGTH],
            author_type=message.author.type,
            at=message.occurred_at,
        ),
    )


def nobodys(author: Author) -> bool:
    """Whether what was written is nobody's answer: a greeting, what a menu button says, a test of the channel."""
    return author.type is AuthorType.SYSTEM and author.id is None


def woken(conversation: Conversation) -> Conversation:
    """The customer wrote: whatever it waited for has come."""
    if conversation.status in (ConversationStatus.PENDING, ConversationStatus.SNOOZED):
        return replace(conversation, status=ConversationStatus.OPEN, snoozed_until=None)
    return conversation


def _writer(author: Author) -> AgentId | None:
    return AgentId(author.id) if author.type is AuthorType.AGENT and author.id else None


def _attachment(ref: MediaRef, ids: IdFactory) -> Attachment:
    return Attachment(
        id=AttachmentId(ref.source if ref.stored else ids()),
        state=AttachmentState.STORED if ref.stored else AttachmentState.PENDING,
        media_type=ref.media_type,
        file_name=ref.file_name,
        size=ref.size,
        duration=ref.duration,
        source=None if ref.stored else ref.source,
    )


def content_type_of(attachment: Attachment) -> ContentType:
    family = attachment.media_type.partition("/")[0]
    return {"image": ContentType.IMAGE, "audio": ContentType.VOICE, "video": ContentType.VIDEO}.get(
        family, ContentType.FILE
    )
