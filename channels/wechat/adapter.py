"""The channel contract for WeChat Official Accounts: verify and parse are pure, everything else is one API call."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

from channels.transport import safe_name
from channels.wechat import events, tools
from channels.wechat.client import WeChatClient
from channels.wechat.config import CAPABILITIES, TYPE, read_config
from channels.wechat.error_codes import TYPING_REPEATED
from channels.wechat.webhook import Webhook
from channels.wx.transport import Answer
from scrm.errors import SendError, SendErrorCode
from scrm.model.account import MenuButton
from scrm.model.channel import ChannelType
from scrm.model.message import ContentType
from scrm.ports.abilities import PlatformQr, PlatformTag, PlatformTemplate
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

MAX_MEDIA_ID = 512


class WeChatAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext) -> None:
        """context.channel.settings: complete, as `normalise_settings` returns them."""
        config = read_config(context.channel.settings)
        self._webhook = Webhook(config)
        self._client = WeChatClient(config, context.session, context.tokens, context.clock)

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        return self._webhook.verify(request)

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        return events.parse(request)

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        """An empty 200 stops the platform's retries; the answer goes out through the customer-service API."""
        return WebhookReply()

    async def send(self, message: OutboundMessage) -> SendResult:
        if message.template is not None:
            answer = await self._client.send_template(message.recipient, message.template, message.message_id)
            return SendResult(external_id=_text(answer, "msgid") or "")
        kind, content = await self._content(message)
        answer = await self._client.custom_send({"touser": message.recipient, "msgtype": kind, kind: content})
        # Ordinary accounts get no id back; where one comes, receipts name it.
        return SendResult(external_id=_text(answer, "msgid") or "")

    async def _content(self, message: OutboundMessage) -> tuple[str, dict[str, str]]:
        if message.file is None:
            if not message.content:
                raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="neither text nor a file")
            if len(message.content.encode("utf-8", "replace")) > CAPABILITIES.text_limit:
                raise SendError(SendErrorCode.TOO_LONG, detail=f"longer than {CAPABILITIES.text_limit} bytes")
            return "text", {"content": message.content}
        kind = message.content_type
        if kind not in (ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO):
            raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="WeChat takes pictures, voice and video only")
        media_id = await self._upload(kind, message.file)
        return kind.value, {"media_id": media_id}

    async def _upload(self, kind: ContentType, file: OutboundFile) -> str:
        if len(file.data) > CAPABILITIES.media_limits[kind]:
            raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {CAPABILITIES.media_limits[kind]} bytes")
        if file.media_type not in CAPABILITIES.media_types[kind]:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="WeChat does not take this kind of file")
        # The platform goes by the extension, so a name without one would be refused.
        name = safe_name(file.file_name) or kind.value
        extension = EXTENSIONS[file.media_type]
        if not name.lower().endswith(extension):
            name = name[:100] + extension[0]
        return await self._client.upload(kind.value, file.data, file.media_type, name)

    async def check(self) -> None:
        await self._client.api_addresses()

    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        if not 0 < len(ref.source) <= MAX_MEDIA_ID:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="no media id")
        return await self._client.download(ref.source, limit)

    async def fetch_profile(self, handle: str) -> Profile:
        """No name and no picture: the platform has given neither since December 2021."""
        answer = await self._client.user_info(handle)
        union_id = _text(answer, "unionid")
        source = {"event": _text(answer, "subscribe_scene"), "scene": _text(answer, "qr_scene_str", "qr_scene")}
        return Profile(
            name=_text(answer, "nickname"),
            avatar_url=_text(answer, "headimgurl"),
            language=_text(answer, "language"),
            city=_text(answer, "city"),
            subscribed={0: False, 1: True}.get(_number(answer, "subscribe")),
            union_id=union_id,
            union_realm=events.UNION_REALM if union_id else None,
            source={name: value for name, value in source.items() if value},
            remark=_text(answer, "remark"),
            tags=_tags(answer),
        )

    async def send_typing(self, recipient: str) -> None:
        try:
            await self._client.typing(recipient)
        except SendError as error:
            if error.platform_code != TYPING_REPEATED:  # the customer sees it already
                raise

    async def tags(self) -> Sequence[PlatformTag]:
        return await self._client.tools.tags()

    async def create_tag(self, name: str) -> PlatformTag:
        return await self._client.tools.create_tag(name)

    async def tag(self, tag_id: str, handle: str) -> None:
        await self._client.tools.put_tag(tag_id, handle, on=True)

    async def untag(self, tag_id: str, handle: str) -> None:
        await self._client.tools.put_tag(tag_id, handle, on=False)

    def qr_problem(self, scene: str, lasts: timedelta | None) -> str | None:
        return tools.qr_problem(scene, lasts)

    async def make_qr_code(self, scene: str, lasts: timedelta | None) -> PlatformQr:
        return await self._client.tools.make_qr_code(scene, lasts)

    async def qr_picture(self, ticket: str) -> FetchedMedia:
        return await self._client.tools.qr_picture(ticket)

    def menu_problems(self, buttons: Sequence[MenuButton]) -> Mapping[str, str]:
        return tools.menu_problems(buttons)

    async def fetch_menu(self) -> Sequence[MenuButton]:
        return await self._client.tools.fetch_menu()

    async def publish_menu(self, buttons: Sequence[MenuButton]) -> None:
        await self._client.tools.publish_menu(buttons)

    async def delete_menu(self) -> None:
        await self._client.tools.delete_menu()

    async def templates(self) -> Sequence[PlatformTemplate]:
        return await self._client.templates()


EXTENSIONS: dict[str, tuple[str, ...]] = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/bmp": (".bmp",),
    "audio/amr": (".amr",),
    "audio/mpeg": (".mp3",),
    "audio/mp3": (".mp3",),
    "video/mp4": (".mp4",),
}


def _text(answer: Answer, *names: str) -> str | None:
    """The first of the fields that says something, as text; a scene of 0 says nothing."""
    for name in names:
        value = answer.get(name)
        if isinstance(value, str) and value:
            return value[:500]
        if type(value) is int and value:
            return str(value)
    return None


def _tags(answer: Answer) -> tuple[str, ...] | None:
    """Nothing is said of the tags of somebody who does not follow."""
    value = answer.get("tagid_list")
    if not isinstance(value, list):
        return None
    return tuple(str(tag) for tag in value[:100] if type(tag) is int and tag not in tools.SYSTEM_TAGS)


def _number(answer: Answer, name: str) -> int:
    value = answer.get(name)
    return value if type(value) is int else -1
