"""The channel contract for Telegram bots: verify and parse are pure, everything else is one API call or two."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from channels.telegram import events, webhook
from channels.telegram.client import TelegramClient
from channels.telegram.config import CAPABILITIES, TEXT_LIMIT, TYPE, Delivery, read_config
from channels.telegram.error_codes import is_webhook_in_the_way
from channels.telegram.payloads import read_tree
from channels.trees import Malformed
from scrm.errors import SendError, SendErrorCode
from scrm.model.channel import ChannelType
from scrm.model.message import ContentType
from scrm.ports.abilities import Heard
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

MAX_FILE_ID = 512
NO_ADDRESS = "the hub does not know its public address: set public_url (https), or choose polling"

# What goes by a method of its own, by content type and media type; the rest of a content type as a document.
METHODS: dict[ContentType, tuple[tuple[frozenset[str], str, str], ...]] = {
    ContentType.IMAGE: (
        (frozenset({"image/gif"}), "sendAnimation", "animation"),
        (frozenset({"image/jpeg", "image/png", "image/webp"}), "sendPhoto", "photo"),
    ),
    ContentType.VOICE: (
        (frozenset({"audio/ogg"}), "sendVoice", "voice"),
        (frozenset({"audio/mpeg", "audio/mp4", "audio/x-m4a"}), "sendAudio", "audio"),
    ),
    ContentType.VIDEO: ((frozenset({"video/mp4"}), "sendVideo", "video"),),
    ContentType.FILE: (),
}
DOCUMENT = ("sendDocument", "document")


class TelegramAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext) -> None:
        """context.channel.settings: complete, as `normalise_settings` returns them."""
        self._config = read_config(context.channel.id, context.channel.settings)
        self._client = TelegramClient(self._config, context.session)
        self._clock = context.clock

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        return webhook.verify(request, self._config.webhook_secret)

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        return events.parse(request)

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        """The answer to a push may be a call of a method: a pressed button stops waiting by it, at no cost."""
        query_id = _pressed(request)
        if query_id is None:
            return WebhookReply()
        body = msgspec.json.encode({"method": "answerCallbackQuery", "callback_query_id": query_id})
        return WebhookReply(body=body, media_type="application/json")

    async def send(self, message: OutboundMessage) -> SendResult:
        fields: dict[str, object] = {"chat_id": message.recipient, **_answering(message)}
        if message.file is None:
            return SendResult(external_id=await self._client.send("sendMessage", fields | _text(message.content)))
        method, field = _method(message.content_type, message.file)
        return SendResult(external_id=await self._client.send(method, fields, (field, message.file)))

    async def check(self) -> None:
        me = await self._client.me()
        if not me.is_bot or me.id != self._config.bot_id:
            raise SendError(SendErrorCode.CREDENTIALS_REFUSED, detail="the token is not this bot's")

    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        if not 0 < len(ref.source) <= MAX_FILE_ID:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="no file id")
        return await self._client.download(ref, limit)

    async def send_typing(self, recipient: str) -> None:
        await self._client.typing(recipient)

    # How updates come in

    async def register(self, address: str | None) -> None:
        """The platform pushes to one address or to none, and answers getUpdates only while there is none."""
        if self._config.delivery is Delivery.POLLING:
            return  # `listen` clears the way when it meets a webhook
        if address is None:
            raise SendError(SendErrorCode.NOT_PERMITTED, detail=NO_ADDRESS)
        await self._client.set_webhook(address, self._config.webhook_secret)

    @property
    def listens(self) -> bool:
        return self._config.delivery is Delivery.POLLING

    async def listen(self, mark: str) -> Heard:
        """mark: the number from which on updates are wanted. The platform itself remembers what it has been told to
        forget, so nothing has to be kept here, and after a quiet week, when it counts from anywhere, nothing is wrong.
        """
        try:
            updates = await self._client.updates(int(mark) if mark else None)
        except SendError as error:
            if not is_webhook_in_the_way(error.platform_code):
                raise
            await self._client.delete_webhook()
            return Heard(requests=(), mark=mark)
        numbers = [update.number for update in updates if update.number is not None]
        if updates and not numbers:
            raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="updates without a number")
        now = self._clock.now()
        requests = tuple(webhook.of_update(update.body, now) for update in updates)
        return Heard(requests=requests, mark=str(max(numbers) + 1) if numbers else "")

    async def settle(self, requests: Sequence[VerifiedRequest]) -> None:
        for request in requests:
            query_id = _pressed(request)
            if query_id is not None:
                await self._client.answer_callback(query_id)


def _answering(message: OutboundMessage) -> dict[str, object]:
    """A message that the customer deleted since is no reason not to send the answer."""
    chat, _, number = message.reply_to.partition(":")
    if chat != message.recipient or not number.isascii() or not number.isdigit():
        return {}
    return {"reply_parameters": {"message_id": int(number), "allow_sending_without_reply": True}}


def _text(content: str) -> dict[str, object]:
    if not content:
        raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="neither text nor a file")
    if len(content.encode("utf-16-le", "replace")) // 2 > TEXT_LIMIT:
        raise SendError(SendErrorCode.TOO_LONG, detail=f"longer than {TEXT_LIMIT} UTF-16 units")
    return {"text": content}


def _method(kind: ContentType, file: OutboundFile) -> tuple[str, str]:
    methods = METHODS.get(kind)
    if methods is None:
        raise SendError(SendErrorCode.UNSUPPORTED_CONTENT)
    if len(file.data) > CAPABILITIES.media_limits[kind]:
        raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {CAPABILITIES.media_limits[kind]} bytes")
    taken = CAPABILITIES.media_types.get(kind)
    if taken is not None and file.media_type not in taken:
        raise SendError(SendErrorCode.MEDIA_REFUSED, detail="Telegram does not take this kind of picture")
    media_type = file.media_type.partition(";")[0].strip().lower()
    return next(((method, field) for types, method, field in methods if media_type in types), DOCUMENT)


def _pressed(request: VerifiedRequest) -> str | None:
    """The query a pressed button waits with."""
    try:
        _, kind, value = read_tree(request.body)
    except Malformed:
        return None
    query_id = value.get("id") if kind == "callback_query" else None
    return query_id if isinstance(query_id, str) and 0 < len(query_id) <= 100 else None
