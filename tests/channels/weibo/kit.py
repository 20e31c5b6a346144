"""Weibo's fixtures for the conformance suite: pushes, and comments as a page of them becomes (`commented`)."""
# ruff: noqa: E501 - tables, a row a line

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from msgspec.structs import replace

from channels.weibo.comments import Place, read_page
from channels.weibo.simulator import Account, WeiboSimulator
from channels.weibo.webhook import signature
from scrm.clock import Clock
from scrm.errors import SendErrorCode, WebhookRefusal
from scrm.model.message import ContentType
from scrm.ports.channel import MediaRef, Sender, VerifiedRequest, WebhookRequest
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
)

ACCOUNT = Account()
STAMP = int(NOW.timestamp() * 1000)
REPLY = "/2/messages/reply.json"
CUSTOMER = 2489518277
SENT_AT = NOW - timedelta(seconds=30)
CREATED = "Fri Nov 20 09:59:30 +0800 2026"
SENDER = Sender(handle=str(CUSTOMER))


def push(kind: str, text: str = "", data: Any = None, **fields: Any) -> dict[str, Any]:
    made = {"type": kind, "receiver_id": int(ACCOUNT.uid), "sender_id": CUSTOMER, "created_at": CREATED, "text": text}
    return {**made, "data": {} if data is None else data, **fields}


def event(subtype: str, **data: Any) -> dict[str, Any]:
    return push("event", "事件消息", {"subtype": subtype, **data})


def request(
    body: dict[str, Any] | bytes, *, stamp: int | str = STAMP, secret: str = ACCOUNT.app_secret, nonce: str = "57155157"
) -> WebhookRequest:
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    query = {"signature": signature(secret, str(stamp), nonce), "timestamp": str(stamp), "nonce": nonce}
    return WebhookRequest(method="POST", query=query, headers={}, body=data, received_at=NOW)


def comment(text: str = "什么时候有货", **fields: Any) -> dict[str, Any]:
    """As a page lists it."""
    return {
        "created_at": CREATED,
        "id": 4800000000000001,
        "idstr": "4800000000000001",
        "text": text,
        "user": {"id": CUSTOMER, "idstr": str(CUSTOMER), "screen_name": "王芳"},
        "status": {"id": 4700000000000001, "idstr": "4700000000000001", "text": "新品上架"},
        **fields,
    }


def commented(item: dict[str, Any]) -> VerifiedRequest:
    [found] = read_page({"comments": [item]}, Place(seen=1), ACCOUNT.uid, NOW).requests
    return found


def accepted(name: str, body: dict[str, Any], **wanted: Any) -> Accepted:
    return Accepted(name, request(body), {"sender": SENDER, "sent_at": SENT_AT, **wanted})


ACCEPTED = [
    accepted("text", push("text", "你好 & <b>再见</b> 😀"), content_type=ContentType.TEXT, content="你好 & <b>再见</b> 😀", trigger="message"),
    accepted("empty text", push("text"), content=""),
    accepted("image", push("image", "发了一张图片", {"vfid": 821804459, "tovfid": 821804469}), content_type=ContentType.IMAGE, content="",
             media=(MediaRef(source="821804469", media_type="image/jpeg"),)),
    accepted("voice", push("voice", "发了一个语音消息", {"vfid": 821804459, "tovfid": 821804469}), content_type=ContentType.VOICE,
             media=(MediaRef(source="821804469"),)),
    accepted("position", push("position", "我在这里: http://t.cn/zQgLLYO", {"longitude": "116.308586", "latitude": "39.982525"}),
             content_type=ContentType.LOCATION, content="我在这里: http://t.cn/zQgLLYO", details={"latitude": "39.982525", "longitude": "116.308586"}),
    accepted("mention", push("mention", "@模拟微博 在吗", {"key": "4700"}), content="@模拟微博 在吗", trigger="mention", details={"type": "mention", "key": "4700"}),
    accepted("unknown message", push("hologram", "一个全息", {"depth": 3, "shape": {"kind": "cube"}}), content_type=ContentType.UNKNOWN, trigger="message",
             content="一个全息", details={"type": "hologram", "depth": "3", "shape_kind": "cube"}),
    accepted("follow", event("follow"), event="follow", trigger="message", subscribed=True, source={"event": "follow"}, opens_conversation=False),
    accepted("unfollow", event("unfollow"), event="unfollow", trigger=None, subscribed=False, source={}),
    accepted("subscribe", event("subscribe"), event="subscribe", trigger="message", subscribed=None),
    accepted("scan", event("scan_follow", key="store-7", ticket="T"), event="scan_follow", trigger="message", subscribed=True, content="store-7",
             source={"event": "scan_follow", "scene": "store-7"}, details={"key": "store-7"}),
    accepted("menu", event("click", key="HELP"), event="click", trigger="message", key="HELP", subscribed=None),
    accepted("menu link", event("view", key="https://example.com"), event="view", trigger=None, key=None, details={"key": "https://example.com"}),
    accepted("unknown event", event("teleport", to={"x": 1}), event="teleport", trigger=None, details={"to_x": "1"}),
    accepted("no time", push("text", "a", created_at="soon"), sent_at=NOW),
    accepted("from the future", push("text", "a", created_at="Fri Nov 20 23:59:30 +0800 2026"), sent_at=NOW),
    accepted("data that is no object", push("text", "a", "{}"), content="a"),
    Accepted("comment", commented(comment()), {"content": "什么时候有货", "external_id": "comment:4800000000000001", "sent_at": SENT_AT, "trigger": "comment",
             "sender": Sender(handle=str(CUSTOMER), name="王芳"),
             "details": {"type": "comment", "comment_id": "4800000000000001", "status_id": "4700000000000001", "quote": "新品上架"}}),
]  # fmt: skip

GOOD = request(push("text", "a"))

REFUSED = [
    Refused("another secret", request(push("text"), secret="wrong"), WebhookRefusal.BAD_SIGNATURE),
    Refused("a changed signature", replace(GOOD, query={**GOOD.query, "signature": "0" * 40}), WebhookRefusal.BAD_SIGNATURE),
    Refused("another nonce", replace(GOOD, query={**GOOD.query, "nonce": "1"}), WebhookRefusal.BAD_SIGNATURE),
    Refused("another time", replace(GOOD, query={**GOOD.query, "timestamp": str(STAMP + 1)}), WebhookRefusal.BAD_SIGNATURE),
    Refused("no signature", replace(GOOD, query={}), WebhookRefusal.BAD_SIGNATURE),
    Refused("a signature that is not ascii", replace(GOOD, query={**GOOD.query, "signature": "é" * 40}), WebhookRefusal.BAD_SIGNATURE),
    Refused("a question that is not signed", replace(GOOD, method="GET", query={"echostr": "a"}), WebhookRefusal.BAD_SIGNATURE),
    Refused("stale", request(push("text"), stamp=STAMP - 660_000), WebhookRefusal.STALE),
    Refused("early", request(push("text"), stamp=STAMP + 660_000), WebhookRefusal.STALE),
    Refused("a time that is none", request(push("text"), stamp="yesterday"), WebhookRefusal.STALE),
    Refused("an empty body", replace(GOOD, body=b" \n"), WebhookRefusal.MALFORMED),
    Refused("PUT", replace(GOOD, method="PUT"), WebhookRefusal.MALFORMED),
    Refused("GET without echo", replace(GOOD, method="GET"), WebhookRefusal.MALFORMED),
]  # fmt: skip

UNREADABLE = [
    Unreadable("for another account", request(push("text", "a", receiver_id=7))),
    Unreadable("no sender", request(push("text", "a", sender_id="a"))),
    Unreadable("no type", request(push("", "a"))),
    Unreadable("comment: no author", replace(commented(comment()), body=json.dumps(comment(user={})).encode())),
    Unreadable("comment: no post", commented(comment(status=None))),
]

PAIRS = [
    Pair("pushed again, signed anew", request(push("text", "a")), request(push("text", "a"), stamp=STAMP + 5000, nonce="2"), same=True),
    Pair("in another order", request(push("text", "a")), request(dict(reversed(push("text", "a").items()))), same=True),
    Pair("two words in one second", request(push("text", "a")), request(push("text", "b")), same=False),
    Pair("a second later", request(push("text", "a")), request(push("text", "a", created_at="Fri Nov 20 09:59:31 +0800 2026")), same=False),
    Pair("two people", request(push("text", "a")), request(push("text", "a", sender_id=7)), same=False),
    Pair("a comment twice", commented(comment()), commented(comment("edited")), same=True),
    Pair("two comments", commented(comment()), commented(comment(id=4800000000000002, idstr="4800000000000002")), same=False),
]  # fmt: skip

CODES = [
    CodeCase("10002", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("10009", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("10004", SendErrorCode.ADDRESS_NOT_ALLOWED),
    *(CodeCase(code, SendErrorCode.NOT_PERMITTED) for code in ("10005", "10014", "20031", "21321")),
    *(CodeCase(code, SendErrorCode.CREDENTIALS_REFUSED) for code in ("10006", "21301", "21315", "21327", "21332")),
    *(CodeCase(code, SendErrorCode.RECIPIENT_UNKNOWN) for code in ("10013", "20003", "20101", "20201")),
    *(CodeCase(code, SendErrorCode.RATE_LIMITED, retryable=True) for code in ("10022", "10023", "10024", "20016")),
    *(CodeCase(code, SendErrorCode.TOO_LONG) for code in ("10018", "20012", "20013")),
    *(CodeCase(code, SendErrorCode.CONTENT_REFUSED) for code in ("20008", "20017", "20019")),
    CodeCase("20206", SendErrorCode.BLOCKED_BY_CONTACT),
    CodeCase("99999", SendErrorCode.PLATFORM_ERROR),
]


def challenged() -> Challenged:
    # The example of open.weibo.com/wiki, at its own time.
    query = {**request(push("text")).query, "echostr": "dnPdpTZz85"}
    return Challenged(
        "echo", WebhookRequest(method="GET", query=query, headers={}, body=b"", received_at=NOW), b"dnPdpTZz85"
    )


class WeiboBench(SimulatorBench[WeiboSimulator]):
    sends = REPLY

    def writes(self) -> None:
        self.simulator.platform.push("王芳", "text", "在吗", {})

    def refusal(self, platform_code: str) -> dict[str, Any]:
        return {"code": int(platform_code)}

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(ContentType.TEXT, message.content) for message in self.simulator.sent]

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        return MediaRef(source=self.simulator.platform.keep_file(data, media_type))


class WeiboKit(Kit):
    type_name = "weibo"
    covers_body = False
    challenged = (challenged(),)
    accepted = ACCEPTED
    refused = REFUSED
    unreadable = UNREADABLE
    pairs = PAIRS
    codes = CODES
    corpus = tuple(
        json.dumps(each, ensure_ascii=False).encode()
        for each in (
            push("text", "你好"),
            push("position", "a", {"longitude": "1.5", "latitude": 2}),
            push("image", "a", {"tovfid": 1}),
            event("scan_follow", key="a"),
            push("hologram", "a", {"depth": [1, {"b": None}]}),
        )
    )

    def settings(self, api_base: str = NOWHERE) -> dict[str, str]:
        return ACCOUNT.settings(api_base)

    def signed(self, body: bytes) -> WebhookRequest:
        return request(body)

    def says(self, sender: str, text: str, at: datetime, number: int) -> WebhookRequest:
        created = at.astimezone(timezone(timedelta(hours=8))).strftime("%a %b %d %H:%M:%S %z %Y")
        written = push("text", text, sender_id=int(sender), created_at=created)
        return replace(request(written, stamp=int(at.timestamp() * 1000)), received_at=at)

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[WeiboBench]:
        async with WeiboSimulator(ACCOUNT, clock=clock) as simulator:
            yield WeiboBench(simulator, simulator.url, simulator.platform.person("王芳").uid)
