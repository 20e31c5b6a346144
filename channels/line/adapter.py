"""The channel contract for LINE Official Accounts: verify, split and parse are pure, everything else is a request or
two.

An answer goes as a reply while the customer's message is fresh, which is free, and else as a push, which counts to the
account's monthly quota. A push carries a key made from the message and its part, so that sending it again is harmless.
"""

import uuid
from collections.abc import Sequence
from typing import ClassVar

from channels.line import events, sound, webhook
from channels.line.client import LineClient
from channels.line.config import ADDRESS_LIMIT, CAPABILITIES, PREVIEW_LIMIT, TEXT_LIMIT, TYPE, read_config
from channels.line.payloads import read_handle
from channels.transport import safe_name
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

NO_ADDRESS = "the hub does not know its public address: set public_url (https), or set the webhook in LINE's console"
SWITCHED_OFF = "the webhook is set but switched off: turn on Use webhook in LINE's console"
NO_FILES = "LINE fetches files from the hub: set public_url to an https address"
# How long "…" is shown unless the message comes first: five to sixty seconds in steps of five.
TYPING_SECONDS = 10
SOUNDS = frozenset({"audio/mp4", "audio/x-m4a"})
FILM = "video/mp4"

Object = dict[str, object]


class LineAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext) -> None:
        """context.channel.settings: complete, as `normalise_settings` returns them."""
        self._config = read_config(context.channel.id, context.channel.settings)
        self._client = LineClient(self._config, context.session)
        self._clock = context.clock

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        return webhook.verify(request, self._config.channel_secret)

    def split(self, request: VerifiedRequest) -> Sequence[VerifiedRequest]:
        return webhook.split(request)

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        return events.parse(request, self._config.groups)

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        return WebhookReply()

    # Out

    async def send(self, message: OutboundMessage) -> SendResult:
        user, chat = read_handle(message.recipient)
        content = self._content(message, grouped=bool(chat))
        token = self._fresh_token(message)
        sent = await self._client.reply(token, content) if token else None
        if sent is None:
            sent = await self._client.push(chat or user, content, retry_key(self._config.channel_id, message))
        return SendResult(external_id=sent)

    def _fresh_token(self, message: OutboundMessage) -> str:
        """It answers once, so it is for the first part."""
        until, _, token = message.answers.get("reply_token", "").partition(" ")
        fresh = until.isdigit() and self._clock.now().timestamp() < int(until)
        return token if fresh and message.part == 0 else ""

    def _content(self, message: OutboundMessage, *, grouped: bool) -> Object:
        if message.file is not None:
            return self._file(message.content_type, message.file)
        if not message.content:
            raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="neither text nor a file")
        quoted, _, token = message.answers.get("quote_token", "").partition(" ")
        # In a group nobody else would know whom an answer is for.
        quotes = token and message.part == 0 and (quoted == message.reply_to or (grouped and not message.reply_to))
        return _text(message.content) | ({"quoteToken": token} if quotes else {})

    def _file(self, kind: ContentType, file: OutboundFile) -> Object:
        """As what it is where the platform has that, else as its name and address."""
        limit = CAPABILITIES.media_limits.get(kind)
        if limit is None:
            raise SendError(SendErrorCode.UNSUPPORTED_CONTENT)
        if len(file.data) > limit:
            raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
        media_type = file.media_type.partition(";")[0].strip().lower()
        if kind is ContentType.IMAGE and media_type not in CAPABILITIES.media_types["image"]:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="LINE takes JPEG and PNG")
        address = file.address
        # Who is asked over TLS takes no addresses without.
        if not address or (self._config.api_base.startswith("https:") and not address.startswith("https:")):
            raise SendError(SendErrorCode.NOT_PERMITTED, detail=NO_FILES)
        if max(len(address), len(file.poster)) > ADDRESS_LIMIT:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the address is too long for LINE")
        if kind is ContentType.IMAGE:
            preview = address if len(file.data) <= PREVIEW_LIMIT or not file.poster else file.poster
            return {"type": "image", "originalContentUrl": address, "previewImageUrl": preview}
        if kind is ContentType.VIDEO and media_type == FILM and file.poster:
            return {"type": "video", "originalContentUrl": address, "previewImageUrl": file.poster}
        length = (file.duration or sound.seconds(file.data)) if media_type in SOUNDS else None
        if kind is ContentType.VOICE and length:
            return {"type": "audio", "originalContentUrl": address, "duration": max(1, round(length * 1000))}
        name = safe_name(file.file_name)
        return _text(f"{name}\n{address}" if name else address)

    async def send_typing(self, recipient: str) -> None:
        user, chat = read_handle(recipient)
        if not chat:  # groups have none
            await self._client.typing(user, TYPING_SECONDS)

    # The account

    async def check(self) -> None:
        await self._client.me()

    async def describe(self) -> str:
        me = await self._client.me()
        used, quota = await self._client.usage()
        spent = f"{used} / {quota.value}" if quota.type == "limited" else str(used)
        return " · ".join(part for part in (me.display_name, me.basic_id, f"{spent} messages this month") if part)

    async def register(self, address: str | None) -> None:
        """Without an address of the hub's, one that somebody set in the console is left as it is."""
        if address is not None:
            await self._client.push_to(address)
        endpoint = await self._client.endpoint()
        if not endpoint.endpoint:
            raise SendError(SendErrorCode.NOT_PERMITTED, detail=NO_ADDRESS)
        if not endpoint.active:
            raise SendError(SendErrorCode.NOT_PERMITTED, detail=SWITCHED_OFF)

    # In

    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        return await self._client.download(ref, limit)

    async def fetch_profile(self, handle: str) -> Profile:
        user, chat = read_handle(handle)
        person = await self._client.person(user, chat)
        if person is None:
            return Profile()
        group = await self._client.group_name(chat) if chat else ""
        name = person.display_name.strip()[:200]
        shown = person.picture_url.startswith("https://") and len(person.picture_url) <= 2000
        return Profile(
            name=f"{name}（{group[:100]}）" if name and group else name or None,
            avatar_url=person.picture_url if shown else None,
            language=person.language[:35] or None,
        )


def retry_key(channel_id: str, message: OutboundMessage) -> str:
    """The same for one part of one message whenever it is sent, and for nothing else."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"line:{channel_id}/{message.message_id}/{message.part}"))


def _text(content: str) -> Object:
    if len(content.encode("utf-16-le", "replace")) // 2 > TEXT_LIMIT:
        raise SendError(SendErrorCode.TOO_LONG, detail=f"longer than {TEXT_LIMIT} UTF-16 units")
    return {"type": "text", "text": content}
