"""What a visitor's page is told, and what it says. Nothing here holds what only the company should see: no note, no
agent's name but the public one, no reading of the text, no number of conversations."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from scrm.ids import AttachmentId, ConversationId, MessageId
from scrm.model.base import Record
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import AttachmentState, AuthorType, Message, MessageKind, MessageStatus
from scrm.ports.visitor import BEST_SCORE, MAX_FILES, MAX_RECEIPTS, MAX_TEXT, VisitorForm
from scrm.web.endpoint import Input
from scrm.web.fields import Id
from scrm.web.visitor.faces import Faces

# Of an agent's message: it leaves or has left, so the visitor sees it. Nothing lies between sending and the page but
# the note that it was sent, which takes as long again as everything before it.
OUT = frozenset({MessageStatus.SENDING, MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ})


class Place(Record, kw_only=True):
    """How far a page has read: the position in a conversation. Conversations' ids are in the order they began."""

    conversation_id: Id
    position: Annotated[int, Meta(ge=0, le=2**53)]


class FileView(Record, kw_only=True):
    id: AttachmentId
    media_type: str
    file_name: str | None
    size: int | None
    ready: bool


class Entry(Record, kw_only=True):
    """One bubble. mine: the visitor's own. client_id: of the visitor's, to know what was sent by it again.

    rank orders the entries of a conversation. agent: the public name; null: the channel's word for its agents.
    face: the picture of that agent, among /faces.
    """

    id: MessageId
    conversation_id: ConversationId
    position: int
    rank: float
    mine: bool
    client_id: str | None
    agent: str | None
    face: str | None
    text: str
    files: tuple[FileView, ...]
    at: datetime
    seen: bool
    revision: int


class Hello(Record, kw_only=True, tag="hello"):
    """The stream stands; what was missed follows."""


class EntryFrame(Record, kw_only=True, tag="entry"):
    entry: Entry


class StateFrame(Record, kw_only=True, tag="state"):
    """The newest conversation. occasion: what can be rated now, null when nothing can. face: see `Entry`. read: the
    position up to which somebody of the company has read it."""

    conversation_id: ConversationId
    resolved: bool
    agent: str | None
    face: str | None
    read: int
    occasion: str | None


class TypingFrame(Record, kw_only=True, tag="typing"):
    """An agent writes. Lasts some seconds."""

    agent: str | None


class CaughtUp(Record, kw_only=True, tag="caught_up"):
    """Everything up to here was sent. place null: this visitor has no history. earlier: there is more before it, to be
    asked for from `before` on; an entry that comes late may stand further back, and says nothing of what is between.

    anew: what the page had before does not join on to this; it shows only what came now.
    """

    place: Place | None
    earlier: bool
    anew: bool
    before: Place | None = None


class Reload(Record, kw_only=True, tag="reload"):
    """Frames were dropped, or may have been: resume."""


class Ping(Record, kw_only=True, tag="ping"):
    pass


Frame = Hello | EntryFrame | StateFrame | TypingFrame | CaughtUp | Reload | Ping


class Greeting(Input, kw_only=True, tag="hello"):
    """The first frame of a socket. after: null for a page that has nothing yet."""

    token: Annotated[str, Meta(min_length=1, max_length=1_200)]
    after: Place | None = None


class Resume(Input, kw_only=True, tag="resume"):
    after: Place | None = None


class NewFile(Input, kw_only=True):
    """A file that was uploaded, as the upload's answer described it."""

    id: Id
    media_type: Annotated[str, Meta(max_length=120)]
    file_name: Annotated[str, Meta(max_length=200)]
    size: Annotated[int, Meta(ge=0)]
    key: Annotated[str, Meta(min_length=64, max_length=64)]


class NewMessage(Input, kw_only=True, tag="message"):
    id: Annotated[str, Meta(min_length=16, max_length=64, pattern=r"^[0-9A-Za-z_-]+\Z")]
    text: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    files: Annotated[tuple[NewFile, ...], Meta(max_length=MAX_FILES)] = ()
    form: VisitorForm | None = None
    page: Annotated[str, Meta(max_length=500)] = ""


class NewRating(Input, kw_only=True, tag="rating"):
    occasion: Annotated[str, Meta(min_length=1, max_length=120)]
    score: Annotated[int, Meta(ge=1, le=BEST_SCORE)]
    comment: Annotated[str, Meta(max_length=1_000)] = ""


class Seen(Input, kw_only=True, tag="seen"):
    """Agents' messages that are on the page. read: somebody looks at it."""

    ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MAX_RECEIPTS)]
    read: bool


class Typing(Input, kw_only=True, tag="typing"):
    pass


class Pong(Input, kw_only=True, tag="pong"):
    pass


Spoken = NewMessage | NewRating | Seen | Typing
Heard = Greeting | Resume | Seen | Typing | Pong

_ENCODER = msgspec.json.Encoder()
_HEARD: msgspec.json.Decoder[Heard] = msgspec.json.Decoder(Heard)
SPOKEN: msgspec.json.Decoder[Spoken] = msgspec.json.Decoder(Spoken)


def encode(frame: Frame) -> bytes:
    return _ENCODER.encode(frame)


def decode(text: str) -> Heard:
    """Raises msgspec.MsgspecError, UnicodeError or RecursionError."""
    return _HEARD.decode(text)


def shown(message: Message) -> bool:
    """Whether a visitor sees it: their own messages, and agents' on their way out or further."""
    if message.kind is MessageKind.INCOMING:
        return True
    return message.kind is MessageKind.OUTGOING and message.status in OUT


def entry(message: Message, faces: Faces) -> Entry:
    mine = message.kind is MessageKind.INCOMING
    by_agent = message.author.type is AuthorType.AGENT
    return Entry(
        id=message.id,
        conversation_id=message.conversation_id,
        position=message.position,
        rank=message.rank,
        mine=mine,
        client_id=message.external_ids[0].rpartition(":")[2] if mine and message.external_ids else None,
        agent=faces.name(message.author.id) if by_agent else None,
        face=faces.picture(message.author.id) if by_agent else None,
        text=message.content,
        files=tuple(
            FileView(
                id=file.id,
                media_type=file.media_type,
                file_name=file.file_name,
                size=file.size,
                ready=file.state is AttachmentState.STORED,
            )
            for file in message.attachments
        ),
        at=message.created_at if mine else message.occurred_at,
        seen=message.status is MessageStatus.READ,
        revision=message.revision,
    )


def state(conversation: Conversation, faces: Faces, *, rating: bool) -> StateFrame:
    resolved = conversation.status is ConversationStatus.RESOLVED
    occasion = occasion_of(conversation) if rating else None
    return StateFrame(
        conversation_id=conversation.id,
        resolved=resolved,
        agent=faces.name(conversation.assignee_id),
        face=faces.picture(conversation.assignee_id),
        read=conversation.read_position,
        occasion=occasion,
    )


def occasion_of(conversation: Conversation) -> str | None:
    """What can be rated: a conversation in which somebody answered, each time it is resolved."""
    if conversation.status is not ConversationStatus.RESOLVED or conversation.resolved_at is None:
        return None
    if conversation.first_response_at is None:
        return None
    return f"{conversation.id}:{int(conversation.resolved_at.timestamp() * 1000)}"
