"""Web chat's fixtures: what the hub's own door hands in, and what only looks like it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from channels.webchat.adapter import WebChatAdapter
from scrm.clock import Clock
from scrm.errors import WebhookRefusal
from scrm.model.message import ContentType, MessageStatus
from scrm.ports.channel import ChannelAdapter, MediaRef, OutboundMessage, SendResult, WebhookRequest
from scrm.ports.visitor import SIGNATURE, TIMESTAMP, sign
from tests.channels.conformance import (
    NOW,
    Accepted,
    Challenged,
    CodeCase,
    Connected,
    Kit,
    MemoryTokens,
    Pair,
    Refused,
    Unreadable,
)

SECRET = "0123456789abcdef0123456789abcdef"
HANDLE = "vKq3xW0aZ9"
FILE = {"id": "f1", "media_type": "image/png", "file_name": "图片.png", "size": 8}


def envelope(said: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"visitor": HANDLE, "at": NOW.isoformat(), "said": said, **more}, ensure_ascii=False).encode()


def message(text: str = "你好", message_id: str = "0123456789abcdef", **more: Any) -> dict[str, Any]:
    return {"type": "message", "id": message_id, "text": text, **more}


def handed(
    body: bytes, *, secret: str = SECRET, at: timedelta = timedelta(), method: str = "POST", **headers: str
) -> WebhookRequest:
    timestamp = str(int((NOW + at).timestamp()))
    signed = {TIMESTAMP: timestamp, SIGNATURE: sign(secret, timestamp, body)} | headers
    return WebhookRequest(method=method, query={}, headers=signed, body=body, received_at=NOW)


RATING = {"type": "rating", "conversation_id": "c1", "occasion": "c1:1", "score": 4, "comment": "不错"}


class Page:
    """The visitor's page, which shows what is stored as sent: here, what `send` let through."""

    api_base = ""
    recipient = HANDLE

    def __init__(self) -> None:
        self.seen: list[OutboundMessage] = []

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(each.content_type, each.content) for each in self.seen]

    def shown(self, kind: ContentType) -> set[ContentType]:
        return {kind}

    def files(self) -> Sequence[bytes]:
        return [each.file.data for each in self.seen if each.file is not None]

    def writes(self) -> None: ...

    def fail_next(self, platform_code: str) -> None:
        raise NotImplementedError

    def answer_next(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        raise NotImplementedError

    def hang_next(self, *, taken: bool) -> None:
        raise NotImplementedError

    def cut_next(self, *, taken: bool) -> None:
        raise NotImplementedError

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        raise NotImplementedError

    def stale_credentials(self) -> Sequence[Any]:
        return ()


class WebChatKit(Kit):
    type_name = "webchat"
    challenged: Sequence[Challenged] = ()
    codes: Sequence[CodeCase] = ()
    accepted = (
        Accepted(
            "text",
            handed(envelope(message(page="https://shop.example.com/cart"))),
            {
                "content": "你好",
                "content_type": ContentType.TEXT,
                "external_id": f"{HANDLE}:0123456789abcdef",
                "details": {"page": "https://shop.example.com/cart"},
                "sent_at": NOW,
            },
        ),
        Accepted(
            "picture",
            handed(envelope(message("", files=[FILE]))),
            {
                "content_type": ContentType.IMAGE,
                "media": (MediaRef(source="f1", media_type="image/png", file_name="图片.png", size=8, stored=True),),
            },
        ),
        Accepted(
            "file",
            handed(envelope(message("", files=[{**FILE, "media_type": "application/pdf"}]))),
            {"content_type": ContentType.FILE},
        ),
        *(
            Accepted(
                kind,
                handed(envelope(message("", files=[{**FILE, "media_type": f"{family}/mp4"}]))),
                {"content_type": kind},
            )
            for kind, family in ((ContentType.VOICE, "audio"), (ContentType.VIDEO, "video"))
        ),
        Accepted(
            "text with a picture",
            handed(envelope(message("看图", files=[FILE]))),
            {"content_type": ContentType.TEXT, "content": "看图"},
        ),
        Accepted("rating", handed(envelope(RATING)), {"event": "rating", "content": "不错", "details": {"score": "4"}}),
    )
    refused = (
        Refused("forged", handed(envelope(message()), secret="x" * 32), WebhookRefusal.BAD_SIGNATURE),
        Refused("unsigned", handed(envelope(message()), **{SIGNATURE: ""}), WebhookRefusal.BAD_SIGNATURE),
        Refused("another time", handed(envelope(message()), **{TIMESTAMP: "1"}), WebhookRefusal.BAD_SIGNATURE),
        Refused("stale", handed(envelope(message()), at=-timedelta(minutes=11)), WebhookRefusal.STALE),
        Refused("of tomorrow", handed(envelope(message()), at=timedelta(days=1)), WebhookRefusal.STALE),
        Refused("GET", handed(b"", method="GET"), WebhookRefusal.MALFORMED),
    )
    unreadable = (
        Unreadable("unknown type", handed(envelope({"type": "dance"}))),
        Unreadable("says nothing", handed(envelope(message(" ")))),
        Unreadable("no visitor", handed(json.dumps({"at": NOW.isoformat(), "said": message()}).encode())),
        Unreadable("score out of range", handed(envelope({**RATING, "score": 6}))),
    )
    pairs = (
        Pair("said again", handed(envelope(message())), handed(envelope(message()), at=timedelta(seconds=9)), True),
        Pair(
            "the same words twice", handed(envelope(message())), handed(envelope(message(message_id="f" * 16))), False
        ),
        Pair("rated twice", handed(envelope(RATING)), handed(envelope({**RATING, "score": 1})), True),
        Pair("another occasion", handed(envelope(RATING)), handed(envelope({**RATING, "occasion": "c1:2"})), False),
    )
    corpus = (
        envelope(message("你好", files=[FILE], form={"name": "李雷", "phone": "1"}), user="u1", name="李雷"),
        envelope(RATING),
        envelope({"type": "receipts", "status": "read", "ids": ["m1", "m2"]}),
    )

    def settings(self, api_base: str = "") -> dict[str, str]:
        settings = {"origins": "https://shop.example.com", "secret": SECRET}
        texts = dict.fromkeys(("title_en", "welcome_en", "away_en", "agent_title_en"), "x")
        more = {"hours": "mon-fri 09:00-18:00", "form": "name! phone", "privacy_url": "https://example.com/p"}
        return {**settings, **texts, **more}

    def signed(self, body: bytes) -> WebhookRequest:
        return handed(body)

    def says(self, sender: str, text: str, at: datetime, number: int) -> WebhookRequest:
        said = envelope(message(text, f"{number:016}"), visitor=sender, at=at.isoformat())
        return replace(handed(said, at=at - NOW), received_at=at)

    def tells(self, status: MessageStatus, external_id: str, recipient: str, at: datetime) -> WebhookRequest | None:
        if status is MessageStatus.FAILED:
            return None
        told = {"type": "receipts", "status": status.value, "ids": [external_id.partition(":")[0]]}
        return replace(handed(envelope(told, visitor=recipient, at=at.isoformat()), at=at - NOW), received_at=at)

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[Page]:
        yield Page()

    @asynccontextmanager
    async def connected(self, *, patience: float = 5.0) -> AsyncIterator[Connected]:
        page = Page()
        yield Connected(adapter=Watched(self.adapter(), page), bench=page, tokens=MemoryTokens())


class Watched:
    """The adapter, and the page beside it."""

    def __init__(self, adapter: ChannelAdapter, page: Page) -> None:
        assert isinstance(adapter, WebChatAdapter)
        self._adapter = adapter
        self._page = page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    async def send(self, sent: OutboundMessage) -> SendResult:
        result = await self._adapter.send(sent)
        self._page.seen.append(sent)
        return result
