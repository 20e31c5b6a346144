"""A channel type for flow's tests: JSON in, JSON out, and a platform that answers what a test has written down.

It exists because flow must stand every outcome a platform can have, at the moment a test chooses; the real platforms'
behaviour is tested with their simulators.
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from scrm.errors import ParseError, SendError, SendErrorCode, WebhookError, WebhookRefusal
from scrm.model.channel import Capabilities, ChannelType, ReplyRule
from scrm.model.message import ContentType, MessageStatus
from scrm.ports.channel import (
    Challenge,
    ChannelAdapter,
    ChannelContext,
    ChannelEvent,
    FetchedMedia,
    IncomingMessage,
    MediaRef,
    OutboundMessage,
    PlatformEvent,
    Profile,
    ReceiptEvent,
    Sender,
    SendResult,
    VerifiedRequest,
    WebhookReply,
    WebhookRequest,
)

TYPE = ChannelType(
    type="scripted",
    name_zh="剧本",
    name_en="Scripted",
    badge="剧",
    color="#000000",
    settings=(),
    capabilities=Capabilities(
        receives=tuple(ContentType),
        sends=(ContentType.TEXT, ContentType.IMAGE),
        text_limit=20,
        media_limits={"image": 1000},
        reply_rules=(ReplyRule(trigger="message", lasts=timedelta(hours=48), replies=5),),
        receipts=True,
    ),
)


class Platform:
    """What the scripted platform saw, and what it will answer next (success when nothing is written down)."""

    def __init__(self) -> None:
        self.sent: list[OutboundMessage] = []
        self.answers: deque[SendError | Callable[[], Any]] = deque()
        self.files: dict[str, FetchedMedia | SendError] = {}
        self.profiles: dict[str, Profile] = {}

    async def take(self, message: OutboundMessage) -> SendResult:
        if self.answers:
            answer = self.answers.popleft()
            if isinstance(answer, SendError):
                raise answer
            await answer()
        self.sent.append(message)
        return SendResult(external_id=f"out-{len(self.sent)}")


class ScriptedAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext, platform: Platform) -> None:
        self._clock = context.clock
        self._platform = platform

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        if request.query.get("key") != "right":
            raise WebhookError(WebhookRefusal.BAD_SIGNATURE)
        key = hashlib.sha256(request.body).hexdigest()
        handle = request.query.get("from", "")
        return VerifiedRequest(body=request.body, dedupe_key=key, handle=handle, received_at=request.received_at)

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        try:
            return [self._event(item) for item in json.loads(request.body)]
        except (ValueError, KeyError, TypeError) as error:
            raise ParseError(f"cannot read it: {type(error).__name__}") from error

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        return WebhookReply(body=b"ok")

    async def send(self, message: OutboundMessage) -> SendResult:
        return await self._platform.take(message)

    async def check(self) -> None:
        return None

    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        found = self._platform.files[ref.source]
        if isinstance(found, SendError):
            raise found
        return found

    async def fetch_profile(self, handle: str) -> Profile:
        return self._platform.profiles.get(handle, Profile())

    def _event(self, item: dict[str, Any]) -> ChannelEvent:
        at = datetime.fromisoformat(item["at"])
        if item["kind"] == "receipt":
            return ReceiptEvent(
                external_id=item["of"],
                status=MessageStatus(item["status"]),
                at=at,
                code=SendErrorCode(item.get("code", "platform_error")),
            )
        sender = Sender(
            handle=item["from"], union_id=item.get("union"), union_realm="owner" if "union" in item else None
        )
        if item["kind"] == "event":
            return PlatformEvent(
                external_id=item["id"],
                sender=sender,
                sent_at=at,
                event=item["event"],
                details=item.get("details", {}),
                subscribed=item.get("subscribed"),
                source=item.get("source", {}),
            )
        media = tuple(MediaRef(source=source, media_type="image/png") for source in item.get("media", []))
        return IncomingMessage(
            external_id=item["id"],
            sender=sender,
            sent_at=at,
            sequence=item.get("sequence"),
            content_type=ContentType.IMAGE if media else ContentType.TEXT,
            content=item.get("text", ""),
            media=media,
            trigger="message",
            edited_at=datetime.fromisoformat(item["edited"]) if "edited" in item else None,
        )


class ScriptedTypes:
    """Implements `scrm.ports.channel.ChannelTypes` with this one type."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def all(self) -> Sequence[ChannelType]:
        return [TYPE]

    def get(self, type_name: str) -> ChannelType | None:
        return TYPE if type_name == TYPE.type else None

    def adapter(self, context: ChannelContext) -> ChannelAdapter:
        return ScriptedAdapter(context, self._platform)

    def capabilities(self, type_name: str) -> Capabilities:
        return TYPE.capabilities

    def normalise_settings(self, type_name: str, settings: dict[str, str]) -> dict[str, str]:
        return settings
