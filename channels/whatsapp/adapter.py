"""The channel contract for WhatsApp numbers: verify and parse are pure, everything else is one API call or two."""

import re
from collections.abc import Sequence
from typing import ClassVar

from channels.transport import safe_name
from channels.whatsapp import events, templates, webhook
from channels.whatsapp.client import WhatsAppClient
from channels.whatsapp.config import CAPABILITIES, TEXT_LIMIT, TYPE, Callback, read_config
from scrm.errors import SendError, SendErrorCode
from scrm.model.channel import ChannelType
from scrm.model.message import ContentType
from scrm.ports.abilities import PlatformTemplate
from scrm.ports.channel import (
    Challenge,
    ChannelContext,
    ChannelEvent,
    FetchedMedia,
    MediaRef,
    OutboundFile,
    OutboundMessage,
    SendResult,
    VerifiedRequest,
    WebhookReply,
    WebhookRequest,
)

MEDIA_ID = re.compile(r"[A-Za-z0-9_\-]{1,256}")
KINDS: dict[ContentType, str] = {
    ContentType.IMAGE: "image",
    ContentType.VOICE: "audio",
    ContentType.VIDEO: "video",
    ContentType.FILE: "document",
}
NO_ADDRESS = "the hub does not know its public address: set public_url (https), or choose console"


class WhatsAppAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext) -> None:
        """context.channel.settings: complete, as `normalise_settings` returns them."""
        self._config = read_config(context.channel.settings)
        self._client = WhatsAppClient(self._config, context.session)

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        return webhook.verify(request, self._config)

    def split(self, request: VerifiedRequest) -> Sequence[VerifiedRequest]:
        return webhook.split(request, self._config)

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        return events.parse(request, self._config.phone_number_id)

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        return WebhookReply()

    async def send(self, message: OutboundMessage) -> SendResult:
        if message.template is not None:
            kind, content = "template", templates.message_of(message.template)
            return SendResult(external_id=await self._client.send(message.recipient, kind, content))
        kind, content = await self._content(message)
        sent = await self._client.send(message.recipient, kind, content, answers=message.reply_to)
        return SendResult(external_id=sent)

    async def _content(self, message: OutboundMessage) -> tuple[str, dict[str, object]]:
        if message.file is None:
            if not message.content.strip():
                raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="neither text nor a file")
            if len(message.content) > TEXT_LIMIT:
                raise SendError(SendErrorCode.TOO_LONG, detail=f"longer than {TEXT_LIMIT} characters")
            return "text", {"body": message.content, "preview_url": False}
        kind = KINDS.get(message.content_type)
        if kind is None:
            raise SendError(SendErrorCode.UNSUPPORTED_CONTENT)
        _check(message.content_type, message.file)
        content: dict[str, object] = {"id": await self._client.upload(message.file)}
        if kind == "document":
            content["filename"] = safe_name(message.file.file_name) or "file"
        return kind, content

    async def check(self) -> None:
        number = await self._client.number()
        if number.id != self._config.phone_number_id:
            raise SendError(SendErrorCode.CREDENTIALS_REFUSED, detail="the token is of another number")

    async def describe(self) -> str:
        number = await self._client.number()
        return " · ".join(filter(None, (number.verified_name, number.display_phone_number)))

    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        if not MEDIA_ID.fullmatch(ref.source):
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="no media id")
        return await self._client.download(ref, limit)

    async def type_below(self, recipient: str, message_id: str) -> None:
        await self._client.typing(message_id)

    async def templates(self) -> Sequence[PlatformTemplate]:
        return await self._client.templates()

    async def register(self, address: str | None) -> None:
        """An app has one address for all its numbers; one that is told for a number goes before it."""
        if self._config.callback is Callback.CONSOLE:
            return
        if address is None:
            raise SendError(SendErrorCode.NOT_PERMITTED, detail=NO_ADDRESS)
        await self._client.subscribe(address)


def _check(kind: ContentType, file: OutboundFile) -> None:
    if len(file.data) > CAPABILITIES.media_limits[kind]:
        raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {CAPABILITIES.media_limits[kind]} bytes")
    if file.media_type.partition(";")[0].strip().lower() not in CAPABILITIES.media_types[kind]:
        raise SendError(SendErrorCode.MEDIA_REFUSED, detail="WhatsApp does not take this kind of file")
