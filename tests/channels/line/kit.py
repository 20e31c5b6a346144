"""LINE's fixtures for the conformance suite. Pushes as the platform writes them: UTF-8, several events in one."""
# ruff: noqa: E501 - tables, a row a line

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.line import webhook
from channels.line.simulator import Account, LineSimulator
from channels.line.simulator.account import MEDIA, Content
from scrm.clock import Clock
from scrm.errors import SendErrorCode, WebhookRefusal
from scrm.model.message import ContentType
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

ACCOUNT = Account()
HEADER = "x-line-signature"
MILLISECOND = int(NOW.timestamp() * 1000)
USER = "U4af4980629" + "a" * 22
GROUP = "Ca56f94637c" + "b" * 22
ROOM = "Ra8dbf4673c" + "c" * 22
SENDER = Sender(handle=USER)
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
EVENT = "01JABCDEFGHJKMNPQRSTVWXYZ0"
PUSH = "/v2/bot/message/push"
FRESH = int((NOW + timedelta(seconds=50)).timestamp())

Object = dict[str, Any]


def event(kind: str = "message", **fields: Any) -> Object:
    base: Object = {
        "type": kind,
        "mode": "active",
        "timestamp": MILLISECOND,
        "source": {"type": "user", "userId": USER},
        "webhookEventId": EVENT,
        "deliveryContext": {"isRedelivery": False},
    }
    return base | fields


def message(
    kind: str = "text", *, id: str = "444573844083572737", outer: Object | None = None, **fields: Any
) -> Object:
    return event(message={"id": id, "type": kind, **fields}, **(outer or {}))


def push(*events: Object) -> bytes:
    return json.dumps({"destination": ACCOUNT.user_id, "events": list(events)}, ensure_ascii=False).encode()


def request(body: bytes, secret: str = ACCOUNT.channel_secret, **changes: Any) -> WebhookRequest:
    return pushed(body, {HEADER: webhook.signature(body, secret)}, **changes)


def accepted(name: str, *events: Object, **expected: Any) -> Accepted:
    return Accepted(name, request(push(*events)), expected)


def media(media_type: str, **fields: Any) -> tuple[MediaRef, ...]:
    return (MediaRef(**({"source": "444573844083572737", "media_type": media_type} | fields)),)


LINE = {"contentProvider": {"type": "line"}}
ELSEWHERE = {
    "contentProvider": {
        "type": "external",
        "originalContentUrl": "https://example.com/a.jpg",
        "previewImageUrl": "https://example.com/b.jpg",
    }
}
IN_GROUP = {"source": {"type": "group", "groupId": GROUP, "userId": USER}}
IN_ROOM = {"source": {"type": "room", "roomId": ROOM, "userId": USER}}
TO_US = {
    "mention": {"mentionees": [{"index": 0, "length": 3, "type": "user", "userId": ACCOUNT.user_id, "isSelf": True}]}
}
TO_ALL = {
    "mention": {
        "mentionees": [
            {"index": 0, "length": 4, "type": "all"},
            {"index": 5, "length": 3, "type": "user", "userId": USER},
        ]
    }
}
SMILE = {"emojis": [{"index": 0, "length": 7, "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"}]}
TOKEN = {"replyToken": "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA"}

ACCEPTED = [
    accepted("text", message(text="  你好 😀 <b>\n", quoteToken="q3Plxr4AgKd", markAsReadToken="read", outer=TOKEN), content_type=ContentType.TEXT,
             content="  你好 😀 <b>\n", sender=SENDER, sent_at=AT, external_id="444573844083572737", trigger=None,
             details={"quote_token": "444573844083572737 q3Plxr4AgKd", "reply_token": f"{FRESH} {TOKEN['replyToken']}"}),
    accepted("text with emojis", message(text="(hello)好", **SMILE), content="(hello)好", details={"emojis": "5ac1bfd5040ab15980c9b435/001"}),
    accepted("text with mentions", message(text="@All @王芳", **TO_ALL), details={"mentions": f"all {USER}"}),
    accepted("a quote", message(text="这个", quotedMessageId="325708"), details={"reply_to": "325708"}),
    accepted("image", message("image", quoteToken="q", **LINE), content_type=ContentType.IMAGE, content="", media=media("image/jpeg")),
    accepted("one of several images", message("image", imageSet={"id": "E005", "index": 1, "total": 2}, **LINE), content_type=ContentType.IMAGE,
             details={"album": "E005", "place": "1/2"}, media=media("image/jpeg")),
    accepted("one of several images of an old app", message("image", imageSet={"id": "E005"}, **LINE), details={"album": "E005"}),
    accepted("an image from elsewhere", message("image", **ELSEWHERE), content_type=ContentType.LINK, content="https://example.com/a.jpg",
             details={"url": "https://example.com/a.jpg", "type": "image"}, media=()),
    accepted("video", message("video", duration=60_000, quoteToken="q", **LINE), content_type=ContentType.VIDEO, media=media("video/mp4", duration=60.0)),
    accepted("audio", message("audio", duration=1500, **LINE), content_type=ContentType.VOICE, media=media("audio/mp4", duration=1.5)),
    accepted("file", message("file", fileName="合同.pdf", fileSize=2138), content_type=ContentType.FILE,
             media=media("application/octet-stream", file_name="合同.pdf", size=2138)),
    accepted("location", message("location", title="台北101", address="信义路五段7号", latitude=25.0339, longitude=121.5645), content_type=ContentType.LOCATION,
             content="台北101", details={"latitude": "25.0339", "longitude": "121.5645", "address": "台北101 信义路五段7号"}),
    accepted("location without words", message("location", latitude=0, longitude=0), content="", details={"latitude": "0.0", "longitude": "0.0"}),
    accepted("sticker", message("sticker", packageId="446", stickerId="1988", stickerResourceType="STATIC", keywords=["bow", "hi", "thanks", "cute"], quoteToken="q"),
             content_type=ContentType.IMAGE, content="[bow, hi, thanks]", details={"sticker": "1", "package": "446", "sticker_id": "1988"}),
    accepted("sticker with words", message("sticker", packageId="1", stickerId="2", stickerResourceType="MESSAGE", text="辛苦了"), content="辛苦了"),
    accepted("sticker that quotes", message("sticker", packageId="1", stickerId="2", stickerResourceType="STATIC", quotedMessageId="7"), details={"reply_to": "7"}),
    accepted("an unknown message", message("hologram", depth=3, shape={"kind": "cube"}, live=True, quoteToken="q"), content_type=ContentType.UNKNOWN,
             details={"type": "hologram", "depth": "3", "shape_kind": "cube", "live": "1"}),
    accepted("follow", event("follow", follow={"isUnblocked": False}, **TOKEN), event="follow", subscribed=True, opens_conversation=False,
             source={"event": "follow"}, external_id=f"event:{EVENT}"),
    accepted("unblocked", event("follow", follow={"isUnblocked": True}), event="follow", details={"unblocked": "1"}),
    accepted("a follow of old", event("follow"), event="follow", subscribed=True),
    accepted("unfollow", event("unfollow"), event="unfollow", subscribed=False),
    accepted("unsend", event("unsend", unsend={"messageId": "325708"}), event="message_deleted", details={"message": "325708"}),
    accepted("postback", event("postback", postback={"data": "action=buy&id=1"}, **TOKEN), content="action=buy&id=1", sender=SENDER,
             details={"type": "button", "data": "action=buy&id=1"}),
    accepted("a time that was picked", event("postback", postback={"data": "when", "params": {"datetime": "2026-12-25T01:00"}}), content="2026-12-25T01:00",
             details={"data": "when"}),
    accepted("another page of the menu", event("postback", postback={"data": "tab", "params": {"newRichMenuAliasId": "b", "status": "SUCCESS"}}), event="menu_switched",
             details={"newRichMenuAliasId": "b", "status": "SUCCESS", "data": "tab"}),
    accepted("account link", event("accountLink", link={"result": "ok", "nonce": "n0nce"}, **TOKEN), event="account_link", details={"result": "ok"}),
    accepted("beacon", event("beacon", beacon={"hwid": "d41d8cd98f", "type": "enter", "dm": "00"}), event="beacon", details={"hwid": "d41d8cd98f", "type": "enter", "dm": "00"}),
    accepted("a video was seen", event("videoPlayComplete", videoPlayComplete={"trackingId": "t1"}), event="video_played", details={"trackingId": "t1"}),
    accepted("membership", event("membership", membership={"type": "joined", "membershipId": 3189}), event="membership", details={"type": "joined", "membershipId": "3189"}),
    accepted("an unknown event", event("telepathy", telepathy={"thought": "贵"}), content_type=ContentType.UNKNOWN, details={"type": "telepathy", "telepathy_thought": "贵"},
             sent_at=AT, external_id=f"event:{EVENT}"),
    accepted("a mention in a group", message(text="@客服 在吗", outer=IN_GROUP, **TO_US), sender=Sender(handle=f"{GROUP}/{USER}"), details={"group": GROUP, "mentions": ACCOUNT.user_id}),
    accepted("a mention in a chat of several", message(text="@客服 在吗", outer=IN_ROOM, **TO_US), sender=Sender(handle=f"{ROOM}/{USER}"), details={"group": ROOM}),
    accepted("a button in a group", event("postback", postback={"data": "d"}, **IN_GROUP), content="d", sender=Sender(handle=f"{GROUP}/{USER}")),
    accepted("while another answers", message(text="a", outer={"mode": "standby"}), content="a"),
    accepted("delivered again", message(text="a", outer={"deliveryContext": {"isRedelivery": True}}), content="a"),
    accepted("from the future", message(text="a", outer={"timestamp": MILLISECOND + 9_000_000_000}), sent_at=NOW),
    accepted("no time", message(text="a", outer={"timestamp": 0}), sent_at=NOW),
]  # fmt: skip

GOOD = push(message(text="a"))

REFUSED = [
    Refused("another secret", request(GOOD, "0" * 32), WebhookRefusal.BAD_SIGNATURE),
    Refused("no signature", request(GOOD, headers={}), WebhookRefusal.BAD_SIGNATURE),
    Refused("an empty signature", request(GOOD, headers={HEADER: ""}), WebhookRefusal.BAD_SIGNATURE),
    Refused("another body's", request(GOOD, headers={HEADER: webhook.signature(GOOD + b" ", ACCOUNT.channel_secret)}), WebhookRefusal.BAD_SIGNATURE),
    Refused("a signature in hex", request(GOOD, headers={HEADER: "0" * 64}), WebhookRefusal.BAD_SIGNATURE),
    Refused("a signature that is not ascii", request(GOOD, headers={HEADER: "é\udcff" * 22}), WebhookRefusal.BAD_SIGNATURE),
    Refused("the access token", request(GOOD, ACCOUNT.access_token), WebhookRefusal.BAD_SIGNATURE),
    Refused("GET", request(GOOD, method="GET"), WebhookRefusal.MALFORMED),
    Refused("empty", request(b" \n"), WebhookRefusal.MALFORMED),
]  # fmt: skip

UNREADABLE = [
    Unreadable("no events", request(b'{"destination": "U1"}')),
    Unreadable("events that are none", request(b'{"events": {}}')),
    Unreadable("an event that is none", request(b'{"events": [1]}')),
    Unreadable("an event without a type", request(b'{"events": [{"timestamp": 1}]}')),
    Unreadable("nobody's event", request(push(event("telepathy", source={"type": "user"})))),
    Unreadable("nobody's message", request(push(message(text="a", outer={"source": None})))),
    Unreadable("a user whose id is none", request(push(message(text="a", outer={"source": {"type": "user", "userId": "U/1"}})))),
    Unreadable("a message without a message", request(push(event()))),
    Unreadable("a message that is a list", request(push(event(message=[1])))),
    Unreadable("a message without an id", request(push(event(message={"type": "text", "text": "a"})))),
    Unreadable("an empty id", request(push(message(text="a", id="")))),
    Unreadable("an endless id", request(push(message(text="a", id="9" * 65)))),
    Unreadable("a text that is a list", request(push(message(text=["a"])))),
    Unreadable("a duration that is text", request(push(message("audio", duration="long", **LINE)))),
    Unreadable("a button of nothing", request(push(event("postback", postback={"data": ""})))),
    Unreadable("a button that is none", request(push(event("postback")))),
    Unreadable("an unsend of nothing", request(push(event("unsend")))),
]  # fmt: skip

PAIRS = [
    Pair("delivered again", request(GOOD), request(push(message(text="a", outer={"deliveryContext": {"isRedelivery": True}})), received_at=NOW + timedelta(hours=3)), same=True),
    Pair("written otherwise", request(GOOD), request(json.dumps(json.loads(GOOD), indent=1).encode()), same=True),
    Pair("two messages", request(GOOD), request(push(message(text="a", id="2", outer={"webhookEventId": "2"}))), same=False),
    Pair("two presses", *(request(push(event("postback", postback={"data": "d"}, webhookEventId=id))) for id in ("1", "2")), same=False),
    Pair("followed twice", *(request(push(event("follow", webhookEventId=id))) for id in ("1", "2")), same=False),
    Pair("without an id, twice", *(request(push(event("follow", webhookEventId=None, deliveryContext={"isRedelivery": again}))) for again in (False, True)), same=True),
    Pair("without an id, two", *(request(push(event("follow", webhookEventId=None, timestamp=MILLISECOND + more))) for more in (0, 1)), same=False),
]  # fmt: skip

CODES = [
    CodeCase("400 Failed to send messages", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("400 The property, 'to', in the request body is invalid (line: -, column: -)", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("400 The request body has 1 error(s): messages[0].text May not be empty", SendErrorCode.UNSUPPORTED_CONTENT),
    CodeCase("400 The request body has 1 error(s): messages[0].text Length must be between 0 and 5000", SendErrorCode.TOO_LONG),
    CodeCase("400 The request body has 1 error(s): messages[0].originalContentUrl invalid uri scheme", SendErrorCode.MEDIA_REFUSED),
    CodeCase("400 The request body has 1 error(s): messages[0].previewImageUrl invalid uri scheme", SendErrorCode.MEDIA_REFUSED),
    CodeCase("400 something new", SendErrorCode.PLATFORM_ERROR),
    CodeCase("401 Authentication failed due to the following reason: invalid token", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("403 Access to this API is not available for your account", SendErrorCode.NOT_PERMITTED),
    CodeCase("404 Not found", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("409 in conflict with something else", SendErrorCode.PLATFORM_ERROR),
    CodeCase("413 Payload Too Large", SendErrorCode.TOO_LONG),
    CodeCase("415 The content type, text/plain, is not supported", SendErrorCode.PLATFORM_ERROR),
    CodeCase("429 The API rate limit has been exceeded. Try again later", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("429 You have reached your monthly limit", SendErrorCode.DAILY_QUOTA),
    CodeCase("418 a teapot", SendErrorCode.PLATFORM_ERROR),
]  # fmt: skip
SHOWN = {"text": "text"} | MEDIA


class LineBench(SimulatorBench[LineSimulator]):
    sends = PUSH

    def refusal(self, platform_code: str) -> dict[str, Any]:
        code, _, words = platform_code.partition(" ")
        return {"code": int(code), "detail": words}

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(ContentType(SHOWN[message.type]), message.content) for message in self.simulator.sent]

    def shown(self, kind: ContentType) -> set[ContentType]:
        """What the platform has no message for, as a text with the address."""
        return {kind, ContentType.TEXT}

    def files(self) -> Sequence[bytes]:
        """Where the platform has no such message, the address is a text's last line."""
        return [(sent.address or sent.content.splitlines()[-1]).encode() for sent in self.simulator.sent]

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        id_ = self.simulator.platform.next_id()
        self.simulator.platform.files[id_] = Content(data=data, media_type=media_type)
        return MediaRef(source=id_, file_name=name)


class LineKit(Kit):
    type_name = "line"
    challenged = (Challenged("the console's Verify button", request(push()), b""),)
    accepted = ACCEPTED
    refused = REFUSED
    unreadable = UNREADABLE
    pairs = PAIRS
    codes = CODES
    corpus = [
        push(message(text="你好", quoteToken="q", quotedMessageId="1", outer=TOKEN, **SMILE)),
        push(message(text="@客服", outer=IN_GROUP, **TO_US), message("image", imageSet={"id": "E", "index": 1, "total": 2}, **LINE)),
        push(message("location", title="a", address="b", latitude=1.5, longitude=2.5), event("unsend", unsend={"messageId": "1"})),
        push(message("hologram", depth=[1, 2, {"a": None}]), event("telepathy", telepathy={"thought": [1, {"b": 2}]})),
        push(event("postback", postback={"data": "d", "params": {"date": "2026-12-25"}}), event("follow", follow={"isUnblocked": True})),
        push(event("join", source={"type": "group", "groupId": GROUP}), event("beacon", beacon={"hwid": "1", "type": "stay"})),
    ]  # fmt: skip

    def settings(self, api_base: str = NOWHERE) -> dict[str, str]:
        return {
            "channel_secret": ACCOUNT.channel_secret,
            "access_token": ACCOUNT.access_token,
            "groups": "mentioned",
            "api_base": api_base,
        }

    def signed(self, body: bytes) -> WebhookRequest:
        return request(body)

    def says(self, sender: str, text: str, at: datetime, number: int) -> WebhookRequest:
        outer = {"timestamp": int(at.timestamp() * 1000), "source": {"type": "user", "userId": sender}}
        written = message(id=str(number), text=text, outer=outer | {"webhookEventId": f"01JABC{number:020}"})
        return request(push(written), received_at=at)

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[LineBench]:
        async with LineSimulator(ACCOUNT, clock=clock) as simulator:
            yield LineBench(simulator, simulator.url, simulator.platform.user("王芳"))
