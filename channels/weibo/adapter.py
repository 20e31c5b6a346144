"""The channel contract for Weibo: verify and parse are pure, everything else asks the platform.

What an answer is, the customer's latest word decides, or the one that is answered in particular: a comment is answered
by a comment, which everybody can read, anything else by a private message.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from channels.weibo import events, webhook
from channels.weibo.client import WeiboClient
from channels.weibo.comments import COMMENT_FACTS, read_page, read_place
from channels.weibo.config import CAPABILITIES, TYPE, read_config
from channels.weibo.webhook import user_id
from scrm.clock import Clock
from scrm.errors import SendError, SendErrorCode
from scrm.model.channel import ChannelType
from scrm.ports.abilities import Pulled
from scrm.ports.channel import (
    Challenge,
    ChannelContext,
    ChannelEvent,
    FetchedMedia,
    MediaRef,
    OutboundMessage,
    Profile,
    SendResult,
    VerifiedRequest,
    WebhookReply,
    WebhookRequest,
)

# A user of an app has 150 requests an hour where the app is on trial (open.weibo.com/wiki/Rate-limiting).
PULL_EVERY = timedelta(minutes=2)
NO_COMMENTS_EVERY = timedelta(days=1)


class WeiboAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext) -> None:
        """context.channel.settings: complete, as `normalise_settings` returns them."""
        self._config = read_config(context.channel.settings)
        self._clock: Clock = context.clock
        self._client = WeiboClient(self._config, context.session)

    # What comes in

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        return webhook.verify(request, self._config.app_secret)

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        if request.facts.get("kind") == COMMENT_FACTS["kind"]:
            return events.commented(request)
        return events.pushed(request, self._config.uid)

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        """An empty answer: the platform neither answers the customer nor pushes again."""
        return WebhookReply()

    @property
    def account(self) -> str:
        return f"weibo/{self._config.uid}"

    @property
    def pull_every(self) -> timedelta:
        return PULL_EVERY if self._config.comments_token else NO_COMMENTS_EVERY

    async def pull(self, cursor: str, ticket: str, ticket_at: datetime | None) -> Pulled:
        if not self._config.comments_token:
            return Pulled(requests=(), cursor=cursor, more=False)
        place = read_place(cursor)
        answer = await self._client.comments(str(place.seen or ""), str(place.below or ""))
        return read_page(answer, place, self._config.uid, self._clock.now())

    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        file = user_id(ref.source)
        if not file:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="no file's number")
        return await self._client.file(file, limit)

    async def fetch_profile(self, handle: str) -> Profile:
        """Only of those who follow the account: the platform says nothing of anybody else, but that they do not."""
        found = await self._client.person(handle)
        follows = found.get("follow")
        return Profile(
            name=_text(found.get("nickname"), 100),
            avatar_url=_text(found.get("headimgurl_large"), 2_000) or _text(found.get("headimgurl"), 2_000),
            language=_text(found.get("language"), 40),
            city=_text(found.get("city"), 100),
            subscribed=None if follows is None else str(follows) == "1",
        )

    # What goes out

    async def send(self, message: OutboundMessage) -> SendResult:
        if message.file is not None or not message.content:
            raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="text only")
        if len(message.content) > CAPABILITIES.text_limit:
            raise SendError(SendErrorCode.TOO_LONG, detail=f"longer than {CAPABILITIES.text_limit} characters")
        comment, status = (user_id(message.answers.get(name)) for name in ("comment_id", "status_id"))
        if comment and status:
            if not self._config.comments_token:
                raise SendError(SendErrorCode.NOT_PERMITTED, detail="the channel has no token for comments")
            answer = await self._client.reply_comment(comment, status, message.content)
            return SendResult(external_id=f"comment:{user_id(answer.get('idstr')) or user_id(answer.get('id'))}")
        if not user_id(message.recipient):
            raise SendError(SendErrorCode.RECIPIENT_UNKNOWN, detail="no person's number")
        self._has_token()
        await self._client.send(message.recipient, message.content)
        return SendResult()  # the platform gives private messages no number

    async def check(self) -> None:
        self._has_token()
        for token in self._tokens():
            found = await self._client.token_info(token)
            if user_id(found.get("uid")) != self._config.uid:
                raise SendError(SendErrorCode.CREDENTIALS_REFUSED, detail="a token of another account")

    async def describe(self) -> str:
        """How long each token is good for."""
        said = []
        for name, token in zip(("private messages", "comments"), self._tokens(), strict=False):
            left = (await self._client.token_info(token)).get("expire_in")
            days = f" {int(left) // 86_400} d" if isinstance(left, int) and not isinstance(left, bool) else ""
            said.append(name + days)
        return " · ".join(said)

    def _has_token(self) -> None:
        """A channel may wait for it: Weibo shows it only once it has the channel's address. Raises SendError."""
        if not self._config.access_token:
            raise SendError(SendErrorCode.CREDENTIALS_REFUSED, detail="no access token has been entered yet")

    def _tokens(self) -> list[str]:
        return [each for each in (self._config.access_token, self._config.comments_token) if each]


def _text(value: object, limit: int) -> str | None:
    return value.encode("utf-8", "replace").decode()[:limit] or None if isinstance(value, str) else None
