"""What is said over the socket: one JSON object a frame, named by `type`."""

from datetime import datetime
from typing import Annotated

import msgspec

from scrm.ids import AgentId, AlertId, ConversationId
from scrm.model.base import Record
from scrm.model.message import Message
from scrm.model.topics import Alert
from scrm.ports.stores import Counts
from scrm.web.fields import Id
from scrm.web.views import AgentView, ContactBrief, ConversationView


class Hello(Record, kw_only=True, tag="hello"):
    """The first frame. agent_id: null for an API token."""

    agent_id: AgentId | None
    server_time: datetime


class MessageFrame(Record, kw_only=True, tag="message"):
    """New or changed, in the watched conversation; a copy with a lower `revision` is stale."""

    message: Message


class ConversationFrame(Record, kw_only=True, tag="conversation"):
    conversation: ConversationView


class ContactFrame(Record, kw_only=True, tag="contact"):
    """A contact that lists show is different now."""

    contact: ContactBrief


class CountsFrame(Record, kw_only=True, tag="counts"):
    counts: Counts


class AgentFrame(Record, kw_only=True, tag="agent"):
    agent: AgentView


class TypingFrame(Record, kw_only=True, tag="typing"):
    """Somebody writes in the watched conversation: a colleague, or (null) the customer. Lasts some seconds."""

    conversation_id: ConversationId
    agent_id: AgentId | None


class MentionedFrame(Record, kw_only=True, tag="mentioned"):
    """Somebody named this agent in a note of a conversation that is not the watched one.

    position: the note's. agent_id: who wrote it; null for a program.
    """

    conversation_id: ConversationId
    position: int
    agent_id: AgentId | None
    content: str


class AlertFrame(Record, kw_only=True, tag="alert"):
    """An alert is new or different. For supervisors and above."""

    alert: Alert


class IncidentFrame(Record, kw_only=True, tag="incident"):
    """Something happened in the incident room of this alert: fetch it again. For supervisors and above."""

    incident_id: AlertId


class Ping(Record, kw_only=True, tag="ping"):
    """The line lives; comes when nothing else did for a while."""


class CaughtUp(Record, kw_only=True, tag="caught_up"):
    """Everything up to `position` has been sent; from here on, entries come as they are written."""

    conversation_id: ConversationId
    position: int


class Reload(Record, kw_only=True, tag="reload"):
    """Frames were dropped, or may have been: fetch again what is on the screen."""


class ErrorFrame(Record, kw_only=True, tag="error"):
    """What was asked for cannot be had."""

    code: str
    conversation_id: ConversationId | None = None


ServerFrame = (
    Hello
    | MessageFrame
    | ConversationFrame
    | ContactFrame
    | CountsFrame
    | AgentFrame
    | TypingFrame
    | MentionedFrame
    | AlertFrame
    | IncidentFrame
    | Ping
    | CaughtUp
    | Reload
    | ErrorFrame
)


class WatchFrame(Record, kw_only=True, tag="watch"):
    """Follow a conversation, and no other any more. after_position -1: without its backlog."""

    conversation_id: Id
    after_position: Annotated[int, msgspec.Meta(ge=-1, le=2**53)]


class Unwatch(Record, kw_only=True, tag="unwatch"):
    pass


class Typing(Record, kw_only=True, tag="typing"):
    conversation_id: Id


class Pong(Record, kw_only=True, tag="pong"):
    pass


ClientFrame = WatchFrame | Unwatch | Typing | Pong

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)


def encode(frame: ServerFrame) -> bytes:
    return _ENCODER.encode(frame)


def decode(text: str) -> ClientFrame:
    """Raises msgspec.MsgspecError, UnicodeError or RecursionError."""
    return _DECODER.decode(text)
