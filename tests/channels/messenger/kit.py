"""Messenger's fixtures for the conformance suite. Pushes as the platform writes them: ASCII, with \\u escapes."""
# ruff: noqa: E501 - tables, a row a line

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.messenger.adapter import KINDS
from channels.messenger.simulator import MessengerSimulator, Page
from channels.meta.signed import signature
from scrm.clock import Clock
from scrm.errors import SendErrorCode, WebhookRefusal
from scrm.model.message import ContentType, MessageStatus
from scrm.ports.channel import MediaRef, Sender, WebhookRequest
from tests.channels.conformance import (
    NOW,
    NOWHERE,
    Accepted,
    Challenged,
    CodeCase,
    Kit,
    Pair,
    Refused,
    SimulatorBench,
    Unreadable,
    pushed,
)

PAGE = Page()
APP = PAGE.app
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HANDLE = "1234567890123456"
SENDER = Sender(handle=HANDLE)
MID = "m_1457764197618:41d102a3e1ae206a38"
ANSWERED = "m_1fTq8oLumEyIp3Q2MR-aY7IfLZDamVrALniheU"
ADDRESS = "https://scontent.xx.fbcdn.net/v/t1.15752-9/1_n.jpg?oh=x&oe=y"

Object = dict[str, Any]


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


MILLISECONDS = milliseconds(NOW)


def happened(**what: Any) -> Object:
    return {"sender": {"id": HANDLE}, "recipient": {"id": PAGE.id}, "timestamp": MILLISECONDS, **what}


def push(*events: Object, page: str = PAGE.id, **beside: Any) -> bytes:
    return json.dumps(
        {"object": "page", "entry": [{"id": page, "time": MILLISECONDS, "messaging": list(events), **beside}]}
    ).encode()


def message(**fields: Any) -> bytes:
    """A push of one message."""
    return push(happened(message={"mid": MID, **fields}))


def request(body: bytes, secret: str = APP.app_secret, **changes: Any) -> WebhookRequest:
    return pushed(body, {"x-hub-signature-256": signature(body, secret)}, **changes)


def question(**query: str) -> WebhookRequest:
    asked = {
        "hub.mode": "subscribe",
        "hub.challenge": "CHALLENGE_ACCEPTED",
        "hub.verify_token": APP.verify_token,
    } | query
    return WebhookRequest(method="GET", query=asked, headers={}, body=b"", received_at=NOW)


def attached(kind: str, **payload: Any) -> Object:
    return {"type": kind, "payload": {"url": ADDRESS} | payload}


def media(media_type: str, name: str | None = None, address: str = ADDRESS) -> MediaRef:
    return MediaRef(source=address, media_type=media_type, file_name=name)


def accepted(name: str, body: bytes, **expected: Any) -> Accepted:
    return Accepted(name, request(body), expected)


PDF = "https://cdn.fbsbx.com/v/t59/1_n.pdf/%E5%90%88%E5%90%8C.pdf?oh=x"
PRESSED = {"mid": MID, "title": "转人工", "payload": "human"}

ACCEPTED = [
    accepted("text", message(text="  你好 😀 <b>\n"), content_type=ContentType.TEXT, content="  你好 😀 <b>\n", sender=SENDER, sent_at=AT,
             external_id=MID, trigger="message", edited_at=None),
    accepted("image", message(attachments=[attached("image")]), content_type=ContentType.IMAGE, content="", media=(media("image/jpeg"),)),
    accepted("image with a text", message(text="坏了", attachments=[attached("image")]), content_type=ContentType.IMAGE, content="坏了", media=(media("image/jpeg"),)),
    accepted("several images", message(attachments=[attached("image"), attached("image")]), content_type=ContentType.IMAGE, media=(media("image/jpeg"),) * 2),
    accepted("thumb", message(attachments=[attached("image", sticker_id=369239263222822)]), content_type=ContentType.IMAGE, details={"sticker": "1"}),
    accepted("audio", message(attachments=[attached("audio")]), content_type=ContentType.VOICE, media=(media("audio/mp4"),)),
    accepted("video", message(attachments=[attached("video")]), content_type=ContentType.VIDEO, media=(media("video/mp4"),)),
    accepted("file", message(attachments=[attached("file", url=PDF)]), content_type=ContentType.FILE, media=(media("application/octet-stream", "合同.pdf", PDF),)),
    accepted("location", message(attachments=[{"type": "location", "title": "人民广场", "payload": {"coordinates": {"lat": 31.23, "long": 121.47}}}]),
             content_type=ContentType.LOCATION, content="人民广场", details={"latitude": "31.23", "longitude": "121.47"}),
    accepted("a link", message(text="https://a.cn", attachments=[{"type": "fallback", "title": "首页", "payload": {"url": "https://a.cn", "title": "首页"}}]),
             content_type=ContentType.TEXT, content="https://a.cn", details={"links": "https://a.cn", "title": "首页"}),
    accepted("something shared", message(attachments=[{"type": "post", "payload": {"url": "https://a.cn", "title": "新品"}}]), content_type=ContentType.LINK,
             content="新品", details={"url": "https://a.cn"}),
    accepted("an unknown attachment", message(attachments=[{"type": "hologram", "payload": {"depth": 3}}]), content_type=ContentType.UNKNOWN,
             details={"type": "hologram", "payload_depth": "3"}),
    accepted("nothing in it", message(), content_type=ContentType.UNKNOWN, details={"type": "empty"}),
    accepted("a quick reply", message(text="好的", quick_reply={"payload": "ok"}), content="好的", details={"type": "button", "data": "ok"}),
    accepted("a reply", message(text="1234", reply_to={"mid": ANSWERED, "is_self_reply": False}), details={"reply_to": ANSWERED}),
    accepted("by an advertisement", message(text="a", referral={"source": "ADS", "type": "OPEN_THREAD", "ad_id": "7", "ref": "sale"}),
             details={"ref": "sale", "came_by": "ADS", "ad_id": "7"}),
    accepted("edited", push(happened(message_edit={"mid": MID, "text": "退款", "num_edit": 1})), external_id=MID, content="退款", edited_at=AT),
    accepted("a button", push(happened(postback=PRESSED)), external_id=MID, content="转人工", details={"type": "button", "data": "human"}, trigger="message"),
    accepted("a button of an older app", push(happened(postback={"title": "开始", "payload": "GET_STARTED"})), content="开始"),
    accepted("a reaction", push(happened(reaction={"reaction": "love", "emoji": "❤", "action": "react", "mid": MID})), event="reaction", content="❤",
             details={"message": MID}),
    accepted("a reaction taken back", push(happened(reaction={"action": "unreact", "mid": MID})), event="reaction_removed"),
    accepted("by a link", push(happened(referral={"ref": "store-7", "source": "SHORTLINK", "type": "OPEN_THREAD"})), event="referral", content="store-7",
             source={"event": "referral", "scene": "store-7"}, details={"scene": "store-7", "came_by": "SHORTLINK"}, trigger="message"),
    accepted("an unknown event", push(happened(telepathy={"thought": "贵", "depth": {"a": 1}})), event="telepathy", details={"thought": "贵", "depth_a": "1"},
             opens_conversation=False),
    accepted("from the future", push(happened(timestamp=MILLISECONDS + 9_000_000_000, message={"mid": MID, "text": "a"})), sent_at=NOW),
    accepted("no time", push(happened(timestamp=None, message={"mid": MID, "text": "a"})), sent_at=NOW),
    accepted("beside what the page said", push(happened(message={"mid": "m_2", "text": "b", "is_echo": True}) | {"sender": {"id": PAGE.id}},
             happened(message={"mid": MID, "text": "a"}), changes=[{"field": "feed"}]), content="a"),
]  # fmt: skip

GOOD = message(text="a")

REFUSED = [
    Refused("another secret", request(GOOD, "0" * 32), WebhookRefusal.BAD_SIGNATURE),
    Refused("no signature", request(GOOD, headers={}), WebhookRefusal.BAD_SIGNATURE),
    Refused(
        "an older signature only", request(GOOD, headers={"x-hub-signature": "sha1=0"}), WebhookRefusal.BAD_SIGNATURE
    ),
    Refused("another body's", request(GOOD + b" ", headers=dict(request(GOOD).headers)), WebhookRefusal.BAD_SIGNATURE),
    Refused("another verify token", question(**{"hub.verify_token": "x"}), WebhookRefusal.BAD_SIGNATURE),
    Refused("another question", question(**{"hub.mode": "x"}), WebhookRefusal.MALFORMED),
    Refused("PUT", request(GOOD, method="PUT"), WebhookRefusal.MALFORMED),
    Refused("empty", request(b" \n"), WebhookRefusal.MALFORMED),
]

UNREADABLE = [
    Unreadable("of nothing", request(b'{"object": "page"}')),
    Unreadable(
        "events that are none",
        request(json.dumps({"object": "page", "entry": [{"id": PAGE.id, "messaging": [1]}]}).encode()),
    ),
    Unreadable("no sender", request(push({"recipient": {"id": PAGE.id}, "message": {"mid": MID, "text": "a"}}))),
    Unreadable("no id", request(push(happened(message={"text": "a"})))),
    Unreadable("a text that is a list", request(message(text=["a"]))),
    Unreadable("a message that is a text", request(push(happened(message="a")))),
    Unreadable("an edit of nothing", request(push(happened(message_edit={"mid": "", "text": "a"})))),
    Unreadable("a receipt of no time", request(push(happened(read={})))),
    Unreadable("a receipt of the year 300,000,000", request(push(happened(read={"watermark": 10**19})))),
]

PAIRS = [
    Pair("delivered again", request(GOOD), request(GOOD, received_at=NOW + timedelta(hours=3)), same=True),
    Pair("written otherwise", request(GOOD), request(json.dumps(json.loads(GOOD), ensure_ascii=False, indent=1).encode()), same=True),
    Pair("two messages", request(GOOD), request(push(happened(message={"mid": "m_2", "text": "a"}))), same=False),
    Pair("two presses of an older app", request(push(happened(postback={"title": "a"}))), request(push(happened(timestamp=MILLISECONDS + 1, postback={"title": "a"}))), same=False),
    Pair("a reaction and its end", request(push(happened(reaction={"action": "react", "mid": MID}))), request(push(happened(reaction={"action": "unreact", "mid": MID}))), same=False),
]  # fmt: skip

CODES = [
    CodeCase("10/2018278", SendErrorCode.WINDOW_CLOSED),
    CodeCase("10/2018065", SendErrorCode.WINDOW_CLOSED),
    CodeCase("551/1545041", SendErrorCode.BLOCKED_BY_CONTACT),
    CodeCase("10/2018108", SendErrorCode.BLOCKED_BY_CONTACT),
    CodeCase("100/2018001", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("100/2018034", SendErrorCode.UNSUPPORTED_CONTENT),
    CodeCase("100/2018109", SendErrorCode.TOO_LONG),
    CodeCase("100/2018047", SendErrorCode.MEDIA_REFUSED),
    CodeCase("200/2018028", SendErrorCode.NOT_PERMITTED),
    CodeCase("10", SendErrorCode.NOT_PERMITTED),
    CodeCase("368", SendErrorCode.NOT_PERMITTED),
    CodeCase("4", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("613", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("1200", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("190", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("100", SendErrorCode.PLATFORM_ERROR),
]


SHOWN = {"text": ContentType.TEXT} | {name: kind for kind, name in KINDS.items()}


class MessengerBench(SimulatorBench[MessengerSimulator]):
    sends = "messages"

    def writes(self) -> None:
        self.simulator.platform.wrote_at[self.recipient] = self.simulator.clock.now()

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(SHOWN[sent.kind], sent.content) for sent in self.simulator.sent]

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        key = self.simulator.platform.keep_file(data, media_type, name)
        return MediaRef(source=f"{self.simulator.url}/cdn/{key}/{name}", media_type=media_type, file_name=name)


class MessengerKit(Kit):
    type_name = "messenger"
    challenged = (Challenged("a new address", question(), b"CHALLENGE_ACCEPTED"),)
    accepted = ACCEPTED
    refused = REFUSED
    unreadable = UNREADABLE
    pairs = PAIRS
    codes = CODES
    corpus = [
        GOOD,
        message(
            text="看",
            attachments=[attached("image", sticker_id=1), attached("file", url=PDF)],
            reply_to={"mid": ANSWERED},
        ),
        message(attachments=[{"type": "location", "payload": {"coordinates": {"lat": 1.0, "long": 2.0}}}]),
        message(
            attachments=[
                {"type": "fallback", "title": "a", "url": "https://a.cn"},
                {"type": "template", "payload": {"elements": [1, {"a": None}]}},
            ]
        ),
        push(happened(postback=PRESSED), happened(referral={"ref": "a"})),
        push(
            happened(message_edit={"mid": MID, "text": "退款", "num_edit": 1}),
            happened(reaction={"action": "react", "mid": MID}),
        ),
        push(
            happened(delivery={"mids": [MID], "watermark": MILLISECONDS}),
            happened(delivery={"watermark": MILLISECONDS}),
            happened(read={"watermark": MILLISECONDS}),
        ),
        push(happened(telepathy={"depth": [1, 2, {"a": None}]})),
    ]

    def settings(self, api_base: str = NOWHERE) -> dict[str, str]:
        return {
            "page_id": PAGE.id,
            "access_token": APP.access_token,
            "app_secret": APP.app_secret,
            "verify_token": APP.verify_token,
            "human_agent": "off",
            "api_base": api_base,
        }

    def signed(self, body: bytes) -> WebhookRequest:
        return request(body)

    def says(self, sender: str, text: str, at: datetime, number: int) -> WebhookRequest:
        said = {
            "sender": {"id": sender},
            "timestamp": milliseconds(at),
            "message": {"mid": f"m_{number}", "text": text},
        }
        return request(push(happened(**said)), received_at=at)

    def tells(self, status: MessageStatus, external_id: str, recipient: str, at: datetime) -> WebhookRequest | None:
        told: dict[MessageStatus, Object] = {
            MessageStatus.DELIVERED: {"delivery": {"mids": [external_id], "watermark": milliseconds(at)}},
            MessageStatus.READ: {"read": {"watermark": milliseconds(at)}},
        }
        if status not in told:
            return None
        return request(
            push(happened(sender={"id": recipient}, timestamp=milliseconds(at), **told[status])), received_at=at
        )

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[MessengerBench]:
        async with MessengerSimulator(PAGE, clock=clock) as simulator:
            yield MessengerBench(simulator, simulator.api_base, simulator.platform.user("王芳"))
