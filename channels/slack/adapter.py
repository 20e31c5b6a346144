"""The channel contract for a Slack app: verify and parse are pure, everything else is a request or three, and a line
that is kept open where the hub has no address of its own."""

from collections.abc import Sequence
from typing import ClassVar

from channels.slack import events, webhook
from channels.slack.client import SlackClient
from channels.slack.config import CAPABILITIES, TEXT_LIMIT, TYPE, Channels, Delivery, read_config
from channels.slack.line import Line
from channels.slack.mrkdwn import escape
from channels.slack.payloads import external_id, id_of, read_external_id, read_handle, ts_of
from channels.trees import part, text
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

NOT_A_BOT = "the token is not an app's bot token"
# What the app is asked to be allowed in docs/slack.md, as far as nothing works without.
SCOPES = ("chat:write", "im:history", "im:write", "users:read", "files:read", "files:write")
HEARS = ("channels:history", "groups:history", "app_mentions:read")  # in channels, one of them
NAMES = ("display_name", "real_name")


class SlackAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext) -> None:
        """context.channel.settings: complete, as `normalise_settings` returns them."""
        self._config = read_config(context.channel.settings)
        self._client = SlackClient(self._config, context.session)
        self._line = Line(self._client, context.session, context.clock, self._concerns)

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        found = webhook.verify(request, self._config.signing_secret)
        return found if isinstance(found, Challenge) or self._concerns(found) else webhook.emptied(found)

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        return events.parse(request, self._config)

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        return WebhookReply()

    # Out

    async def send(self, message: OutboundMessage) -> SendResult:
        """`message.answers` says where the customer wrote last; without it the person is written to directly, or named
        in the channel."""
        user, group = read_handle(message.recipient)
        if not user:
            raise SendError(SendErrorCode.RECIPIENT_UNKNOWN)
        _check(message)
        channel = group or id_of(message.answers.get("channel")) or await self._client.direct_channel(user)
        thread = ts_of(message.answers.get("thread"))
        at, answered, root = read_external_id(message.reply_to)
        if answered and at == channel:
            thread = root or answered
        if message.file is not None:
            await self._client.share(channel, message.file, thread)
            return SendResult()
        named = f"<@{user}> " if group and not thread else ""
        number = await self._client.post(channel, named + escape(message.content), thread)
        return SendResult(external_id=external_id(channel, number, thread) if number else "")

    async def check(self) -> None:
        """The token is a bot's and may do what the hub does; with Socket Mode, a line can be opened. Raises
        SendError."""
        me = await self._client.me()
        if not me.bot:
            raise SendError(SendErrorCode.CREDENTIALS_REFUSED, detail=NOT_A_BOT)
        missing = [each for each in SCOPES if me.scopes is not None and each not in me.scopes]
        if self._config.channels is not Channels.NEVER and me.scopes is not None and me.scopes.isdisjoint(HEARS):
            missing.append(HEARS[0])
        if missing:
            raise SendError(SendErrorCode.NOT_PERMITTED, detail=f"the app lacks the scopes {', '.join(missing)}")
        if self.listens:
            try:
                await self._client.open_line()
            except SendError as error:
                if error.code is not SendErrorCode.RATE_LIMITED:  # asked too often, which says nothing of the token
                    raise

    async def describe(self) -> str:
        me = await self._client.me()
        return " · ".join(each for each in (me.workspace, f"@{me.name}" if me.name else "", me.user) if each)

    # In

    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        return await self._client.download(ref, limit)

    async def fetch_profile(self, handle: str) -> Profile:
        user_id, group = read_handle(handle)
        user = await self._client.user(user_id)
        profile = part(user, "profile")
        found = [text(profile.get(key)) for key in NAMES] + [text(user.get(key)) for key in ("real_name", "name")]
        name = next((each for each in found if each), "")
        if name and group:
            place = await self._client.channel_name(group)
            name = f"{name}（#{place}）" if place else name
        avatar = profile.get("image_192")
        shown = isinstance(avatar, str) and avatar.startswith("https://") and len(avatar) <= 2000
        return Profile(
            name=name or None,
            email=text(profile.get("email"), 300) or None,
            avatar_url=str(avatar) if shown else None,
            language=text(user.get("locale"), 20) or None,
        )

    @property
    def listens(self) -> bool:
        return self._config.delivery is Delivery.SOCKET_MODE

    async def listen(self, mark: str) -> Heard:
        return await self._line.hear(mark)

    async def settle(self, requests: Sequence[VerifiedRequest]) -> None:
        await self._line.settle(requests)

    def close(self) -> None:
        self._line.close()

    def _concerns(self, request: VerifiedRequest) -> bool:
        try:
            return bool(events.parse(request, self._config))
        except ParseError:
            return True  # for an administrator to see


def _check(message: OutboundMessage) -> None:
    """Raises SendError for what Slack would not take, or would cut."""
    file = message.file
    if file is not None:
        _check_file(message.content_type, file)
    elif not message.content:
        raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="neither text nor a file")
    elif len(message.content) > TEXT_LIMIT:
        raise SendError(SendErrorCode.TOO_LONG, detail=f"longer than {TEXT_LIMIT} characters")


def _check_file(kind: ContentType, file: OutboundFile) -> None:
    limit = CAPABILITIES.media_limits.get(kind)
    if limit is None:
        raise SendError(SendErrorCode.UNSUPPORTED_CONTENT)
    if len(file.data) > limit:
        raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
    if not file.data:
        raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the file is empty")
    taken = CAPABILITIES.media_types.get(kind)
    if taken is not None and file.media_type not in taken:
        raise SendError(SendErrorCode.MEDIA_REFUSED, detail="not a kind of picture that Slack shows")
