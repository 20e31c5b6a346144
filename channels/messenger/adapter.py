"""The channel contract for pages on Messenger: verify and parse are pure, everything else is one API call or two."""

from collections.abc import Sequence
from typing import ClassVar

from channels.messenger import events, webhook
from channels.messenger.client import MessengerClient
from channels.messenger.config import CAPABILITIES, TEXT_LIMIT, TYPE, read_config
from scrm.errors import SendError, SendErrorCode
from scrm.model.channel import ChannelType
from scrm.model.message import ContentType
from scrm.ports.channel import (
    Challenge,
    ChannelContext,
    ChannelEvent,
    FetchedMedia,
    MediaRef,
    OutboundFile,
    OutboundMessage,
    Profile,
    SendResult,
    VerifiedRequest,
    WebhookReply,
    WebhookRequest,
)

KINDS: dict[ContentType, str] = {
    ContentType.IMAGE: "image",
    ContentType.VOICE: "audio",
    ContentType.VIDEO: "video",
    ContentType.FILE: "file",
}


class MessengerAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext) -> None:
        """context.channel.settings: complete, as `normalise_settings` returns them."""
        self._config = read_config(context.channel.settings)
        self._client = MessengerClient(self._config, context.session)

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        return webhook.verify(request, self._config)

    def split(self, request: VerifiedRequest) -> Sequence[VerifiedRequest]:
        return webhook.split(request, self._config)

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        return events.parse(request, self._config.page_id, self._config.trigger)

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        return WebhookReply()

    async def send(self, message: OutboundMessage) -> SendResult:
        content = await self._content(message)
        return SendResult(external_id=await self._client.send(message.recipient, content))

    async def _content(self, message: OutboundMessage) -> dict[str, object]:
        if message.file is None:
            if not message.content.strip():
                raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="neither text nor a file")
            if len(message.content) > TEXT_LIMIT:
                raise SendError(SendErrorCode.TOO_LONG, detail=f"longer than {TEXT_LIMIT} characters")
            return {"text": message.content}
        kind = KINDS.get(message.content_type)
        if kind is None:
            raise SendError(SendErrorCode.UNSUPPORTED_CONTENT)
        _check(message.content_type, message.file)
        attachment_id = await self._client.upload(kind, message.file)
        return {"attachment": {"type": kind, "payload": {"attachment_id": attachment_id}}}

    async def check(self) -> None:
        if (await self._client.page()).id != self._config.page_id:
            raise SendError(SendErrorCode.CREDENTIALS_REFUSED, detail="the token is of another page")

    async def describe(self) -> str:
        return (await self._client.page()).name

    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        return await self._client.download(ref, limit)

    async def fetch_profile(self, handle: str) -> Profile:
        """No picture: its address ends after some days."""
        return Profile(name=(await self._client.person(handle)).name or None)

    async def send_typing(self, recipient: str) -> None:
        await self._client.typing(recipient)

    async def register(self, address: str | None) -> None:
        """The page is subscribed to the app; where the app's pushes go, a person says in its console."""
        await self._client.subscribe()


def _check(kind: ContentType, file: OutboundFile) -> None:
    if len(file.data) > CAPABILITIES.media_limits[kind]:
        raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {CAPABILITIES.media_limits[kind]} bytes")
    taken = CAPABILITIES.media_types.get(kind)
    if taken is not None and file.media_type.partition(";")[0].strip().lower() not in taken:
        raise SendError(SendErrorCode.MEDIA_REFUSED, detail="Messenger does not take this kind of picture")
