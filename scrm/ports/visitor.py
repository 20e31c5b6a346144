"""What the hub's own door for visitors (`scrm.web.visitor`) and the channel type `channels.webchat` share.

The platform of web chat is the hub itself. The door knows a visitor by a token, writes what the visitor did as one of
the records below, signs it with the channel's secret, and hands it to the journal as a platform's webhook: the same
path, the same guarantees. What comes over /hooks without that signature is refused like any other forgery.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from scrm.ids import AttachmentId, ConversationId, MessageId
from scrm.model.base import Record

MAX_TEXT = 5_000
MAX_FILES = 5
MAX_RECEIPTS = 100
BEST_SCORE = 5
SIGNATURE = "x-visitor-signature"
TIMESTAMP = "x-visitor-time"

Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+\Z")]
# The end of the text: `$` also matches before a last line break.
Line = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z")]


class VisitorFile(Record, kw_only=True):
    """A file the hub holds already, uploaded by this visitor. size in bytes."""

    id: AttachmentId
    media_type: Annotated[str, Meta(max_length=120)]
    file_name: Line
    size: int


class VisitorForm(Record, kw_only=True):
    """What a visitor wrote of themself before the first message. away: written while nobody was there."""

    name: Line = ""
    phone: Line = ""
    email: Line = ""
    company: Line = ""
    away: bool = False


class VisitorMessage(Record, kw_only=True, tag="message"):
    """id: the widget's own, random; the same message sent again has the same. page: address without its query."""

    id: Word
    text: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    files: Annotated[tuple[VisitorFile, ...], Meta(max_length=MAX_FILES)] = ()
    form: VisitorForm | None = None
    page: Annotated[str, Meta(max_length=500)] = ""


class VisitorRating(Record, kw_only=True, tag="rating"):
    """How content the visitor was. occasion: what is rated, once: the conversation and when it was resolved."""

    conversation_id: ConversationId
    occasion: Annotated[str, Meta(min_length=1, max_length=120)]
    score: Annotated[int, Meta(ge=1, le=BEST_SCORE)]
    comment: Annotated[str, Meta(max_length=1_000)] = ""


class VisitorReceipts(Record, kw_only=True, tag="receipts"):
    """Messages of agents that reached the visitor's screen, or were seen there."""

    status: Literal["delivered", "read"]
    ids: Annotated[tuple[Annotated[MessageId, Meta(max_length=64)], ...], Meta(min_length=1, max_length=MAX_RECEIPTS)]


Said = VisitorMessage | VisitorRating | VisitorReceipts


class Envelope(Record, kw_only=True):
    """What the door hands in. visitor: the handle. user: the company's own id of a signed-in visitor. at: taken in."""

    visitor: Word
    user: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    name: Line = ""
    at: datetime
    said: Said


_ENVELOPE: msgspec.json.Decoder[Envelope] = msgspec.json.Decoder(Envelope)


def read_envelope(body: bytes) -> Envelope:
    """Raises msgspec.MsgspecError, UnicodeError or RecursionError."""
    return _ENVELOPE.decode(body)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """timestamp: seconds since 1970, as in the header, which may be bytes that are no text."""
    said = b"door." + timestamp.encode("utf-8", "surrogateescape") + b"." + body
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def incoming_id(handle: str, client_id: str) -> str:
    """External id of a visitor's message: names the visitor, so that every process knows whose it is."""
    return f"{handle}:{client_id}"


def outgoing_id(message_id: str, part: int) -> str:
    """External id of a part of an agent's message."""
    return f"{message_id}:{part}"
