"""The channel contract for web chat. The platform is the hub itself, so `send` reaches nobody over a network: a message
that is stored as sent is what the visitor's open pages show, at once or when they come back (`scrm.web.visitor`)."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import msgspec

from channels.webchat.config import CAPABILITIES, TYPE
from scrm.errors import ParseError, SendError, SendErrorCode, WebhookError, WebhookRefusal
from scrm.model.channel import ChannelType
from scrm.model.message import ContentType, MessageStatus
from scrm.ports.channel import (
    Challenge,
    ChannelContext,
    ChannelEvent,
    IncomingMessage,
    MediaRef,
    OutboundMessage,
    PlatformEvent,
    ReceiptEvent,
    Sender,
    SendResult,
    VerifiedRequest,
    WebhookReply,
    WebhookRequest,
)
from scrm.ports.visitor import (
    SIGNATURE,
    TIMESTAMP,
    Envelope,
    VisitorForm,
    VisitorMessage,
    VisitorRating,
    VisitorReceipts,
    incoming_id,
    outgoing_id,
    read_envelope,
    sign,
)

FRESH = timedelta(minutes=10)
MAX_BODY = 64 * 1024
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError)


class WebChatAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext) -> None:
        self._channel_id = context.channel.id
        self._secret = context.channel.settings["secret"]

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        if request.method != "POST":
            raise WebhookError(WebhookRefusal.MALFORMED, "not a POST")
        if len(request.body) > MAX_BODY:
            raise WebhookError(WebhookRefusal.TOO_LARGE)
        timestamp = request.headers.get(TIMESTAMP, "")
        wanted = sign(self._secret, timestamp, request.body)
        given = request.headers.get(SIGNATURE, "")
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode()):
            raise WebhookError(WebhookRefusal.BAD_SIGNATURE)
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
            raise WebhookError(WebhookRefusal.STALE)
        if abs(request.received_at - datetime.fromtimestamp(int(timestamp), UTC)) > FRESH:
            raise WebhookError(WebhookRefusal.STALE)
        try:
            envelope = read_envelope(request.body)
            key, handle = _key(envelope), envelope.visitor
        except _UNREADABLE:
            key, handle = f"body:{hashlib.sha256(request.body).hexdigest()}", ""
        return VerifiedRequest(body=request.body, dedupe_key=key, handle=handle, received_at=request.received_at)

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        try:
            envelope = read_envelope(request.body)
        except _UNREADABLE as error:
            raise ParseError(str(error)) from None
        match envelope.said:
            case VisitorMessage() as message:
                return self._message(envelope, message)
            case VisitorRating() as rating:
                return [self._rating(envelope, rating)]
            case VisitorReceipts() as receipts:
                status = MessageStatus(receipts.status)
                return [
                    ReceiptEvent(external_id=outgoing_id(each, 0), status=status, at=envelope.at)
                    for each in receipts.ids
                ]

    def _message(self, envelope: Envelope, message: VisitorMessage) -> list[ChannelEvent]:
        if not message.text.strip() and not message.files:
            raise ParseError("neither text nor a file")
        sender, external_id = self._sender(envelope, message.form), incoming_id(envelope.visitor, message.id)
        said = IncomingMessage(
            external_id=external_id,
            sender=sender,
            sent_at=envelope.at,
            content_type=_content_type(message),
            content=message.text,
            details={"page": message.page} if message.page else {},
            media=tuple(
                MediaRef(
                    source=file.id, media_type=file.media_type, file_name=file.file_name, size=file.size, stored=True
                )
                for file in message.files
            ),
        )
        if message.form is None:
            return [said]
        return [_form(external_id, sender, envelope, message.form), said]

    def _rating(self, envelope: Envelope, rating: VisitorRating) -> PlatformEvent:
        return PlatformEvent(
            external_id=f"rating:{rating.occasion}",
            sender=self._sender(envelope, None),
            sent_at=envelope.at,
            event="rating",
            content=rating.comment,
            details={"score": str(rating.score), "conversation_id": rating.conversation_id},
        )

    def _sender(self, envelope: Envelope, form: VisitorForm | None) -> Sender:
        return Sender(
            handle=envelope.visitor,
            name=(form.name if form else "") or envelope.name or None,
            phone=(form.phone or None) if form else None,
            email=(form.email or None) if form else None,
            company=(form.company or None) if form else None,
            union_id=envelope.user,
            union_realm=self._channel_id if envelope.user else None,
        )

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        return WebhookReply()

    async def send(self, message: OutboundMessage) -> SendResult:
        file = message.file
        if file is None:
            if not message.content:
                raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="neither text nor a file")
            if len(message.content) > CAPABILITIES.text_limit:
                raise SendError(SendErrorCode.TOO_LONG, detail=f"longer than {CAPABILITIES.text_limit} characters")
        else:
            limit = CAPABILITIES.media_limits.get(message.content_type)
            if limit is None:
                raise SendError(SendErrorCode.UNSUPPORTED_CONTENT)
            if len(file.data) > limit:
                raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
            types = CAPABILITIES.media_types.get(message.content_type)
            if types is not None and file.media_type not in types:
                raise SendError(SendErrorCode.MEDIA_REFUSED, detail="browsers do not show this kind of picture")
        return SendResult(external_id=outgoing_id(message.message_id, message.part))

    async def check(self) -> None:
        """Nothing to reach: the platform is the hub."""


def _key(envelope: Envelope) -> str:
    match envelope.said:
        case VisitorMessage(id=message_id):
            # Random, and without the handle: one that is sent again after the visitor signed in is the same message.
            return f"message:{message_id}"
        case VisitorRating(occasion=occasion):
            return f"rating:{occasion}"
        case VisitorReceipts(status=status, ids=ids):
            joined = " ".join(ids).encode()
            return f"receipts:{envelope.visitor}:{status}:{hashlib.sha256(joined).hexdigest()}"


def _form(external_id: str, sender: Sender, envelope: Envelope, form: VisitorForm) -> PlatformEvent:
    details = {"name": form.name, "phone": form.phone, "email": form.email, "company": form.company}
    return PlatformEvent(
        external_id=f"{external_id}:form",
        sender=sender,
        sent_at=envelope.at,
        event="away_form" if form.away else "chat_form",
        details={name: value for name, value in details.items() if value},
        opens_conversation=True,
    )


def _content_type(message: VisitorMessage) -> ContentType:
    """Of a message with text: text, whatever hangs on it. Of one without: what its first file is."""
    if message.text.strip():
        return ContentType.TEXT
    family = message.files[0].media_type.partition("/")[0]
    kinds = {"image": ContentType.IMAGE, "audio": ContentType.VOICE, "video": ContentType.VIDEO}
    return kinds.get(family, ContentType.FILE)
