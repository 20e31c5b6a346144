"""The channel contract for an account at a Satori server: verify and parse are pure, everything else is a request or
two, and one line that is kept open."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from channels.satori import events, webhook
from channels.satori.client import ONLINE, SatoriClient, name_of, status_of
from channels.satori.config import CAPABILITIES, TEXT_LIMIT, TYPE, Delivery, read_config
from channels.satori.elements import escape, tag
from channels.satori.line import Line
from channels.satori.payloads import account_of_login, external_id, read_external_id, read_handle
from channels.transport import safe_name
from scrm.errors import ParseError, SendError, SendErrorCode
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
    Profile,
    SendResult,
    VerifiedRequest,
    WebhookReply,
    WebhookRequest,
)

NO_ADDRESS = "the hub does not know its public address: set public_url, or choose websocket"
OTHER_ACCOUNT = "the server knows this platform and id as another account"
TAGS = {
    ContentType.IMAGE: "img",
    ContentType.VOICE: "audio",
    ContentType.VIDEO: "video",
    ContentType.FILE: "file",
}


class SatoriAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext) -> None:
        """context.channel.settings: complete, as `normalise_settings` returns them."""
        self._config = read_config(context.channel.settings)
        self._client = SatoriClient(self._config, context.session)
        self._line = Line(self._config, context.session, context.clock, self._concerns)

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        return webhook.verify(request, self._config.webhook_token)

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        return events.parse(request, self._config)

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        return WebhookReply()

    # Out

    async def send(self, message: OutboundMessage) -> SendResult:
        """`message.answers` says where the customer wrote last; without it the person is written to directly."""
        user, group = read_handle(message.recipient)
        channel = message.answers.get("channel") or group
        content = await self._content(message)
        if not channel:
            channel = await self._client.direct_channel(user)
        if message.file is None and (group or "group" in message.answers):
            content = f"{tag('at', id=user)} {content}"
        at, quoted = read_external_id(message.reply_to)
        if quoted and at == channel:
            content = tag("quote", id=quoted) + content
        referrer = _referrer(message.answers.get("referrer", ""))
        return SendResult(external_id=_own(channel, await self._client.create_message(channel, content, referrer)))

    async def _content(self, message: OutboundMessage) -> str:
        file = message.file
        if file is not None:
            _check_file(message.content_type, file)
            return tag(
                TAGS[message.content_type], src=await self._client.place(file), title=safe_name(file.file_name) or ""
            )
        if not message.content:
            raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="neither text nor a file")
        if len(message.content) > TEXT_LIMIT:
            raise SendError(SendErrorCode.TOO_LONG, detail=f"longer than {TEXT_LIMIT} characters")
        return escape(message.content)

    async def check(self) -> None:
        """The server has the account, and it is online. Raises SendError."""
        login = await self._client.login()
        platform, account = account_of_login(login)
        if (platform or self._config.platform, account or self._config.self_id) != (
            self._config.platform,
            self._config.self_id,
        ):
            raise SendError(SendErrorCode.CREDENTIALS_REFUSED, detail=OTHER_ACCOUNT)
        if status_of(login) not in (ONLINE, None):
            raise SendError(SendErrorCode.UNREACHABLE, retryable=True, detail="the account is offline at the server")

    async def describe(self) -> str:
        name = name_of(await self._client.login())
        return " · ".join(part for part in (self._config.platform, name, self._config.self_id) if part)

    # In

    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        return await self._client.download(ref, limit)

    async def fetch_profile(self, handle: str) -> Profile:
        user = await self._client.user(read_handle(handle)[0])
        name = next((user[key][:200] for key in ("nick", "name") if isinstance(user.get(key), str) and user[key]), None)
        avatar = user.get("avatar")
        shown = isinstance(avatar, str) and avatar.startswith("https://") and len(avatar) <= 2000
        return Profile(name=name, avatar_url=avatar if shown else None)

    async def register(self, address: str | None) -> None:
        """A server that is told by its own settings alone where to push is left to them."""
        if self._config.delivery is Delivery.WEBSOCKET:
            return
        if address is None:
            raise SendError(SendErrorCode.NOT_PERMITTED, detail=NO_ADDRESS)
        await self._client.push_to(address, self._config.webhook_token)

    @property
    def listens(self) -> bool:
        return self._config.delivery is Delivery.WEBSOCKET

    async def listen(self, mark: str) -> Heard:
        return await self._line.hear(mark)

    async def settle(self, requests: Sequence[VerifiedRequest]) -> None:
        """Nothing is said of an event that was heard."""

    def close(self) -> None:
        self._line.close()

    def _concerns(self, request: VerifiedRequest) -> bool:
        try:
            return bool(events.parse(request, self._config))
        except ParseError:
            return True  # for an administrator to see


def _check_file(kind: ContentType, file: OutboundFile) -> None:
    if kind not in TAGS:
        raise SendError(SendErrorCode.UNSUPPORTED_CONTENT)
    if len(file.data) > CAPABILITIES.media_limits[kind]:
        raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {CAPABILITIES.media_limits[kind]} bytes")
    taken = CAPABILITIES.media_types.get(kind)
    if taken is not None and file.media_type not in taken:
        raise SendError(SendErrorCode.MEDIA_REFUSED, detail="not a kind of picture that platforms take")


def _referrer(written: str) -> object:
    """As the platform gave it with the message that is answered; None for none."""
    try:
        return msgspec.json.decode(written) if written else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _own(channel: str, message: str) -> str:
    return external_id(channel, message) if message else ""
