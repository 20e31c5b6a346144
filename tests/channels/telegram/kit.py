"""Telegram's fixtures for the conformance suite. Updates as the platform writes them: ASCII, with \\u escapes."""
# ruff: noqa: E501 - tables, a row a line

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from channels.telegram.config import webhook_secret
from channels.telegram.simulator import Bot, TelegramSimulator
from scrm.clock import Clock
from scrm.errors import SendErrorCode, WebhookRefusal
from scrm.ids import ChannelId
from scrm.model.message import ContentType
from scrm.ports.channel import MediaRef, Sender, WebhookRequest
from tests.channels.conformance import (
    NOW,
    NOWHERE,
    Accepted,
    CodeCase,
    Kit,
    Pair,
    Refused,
    SimulatorBench,
    Unreadable,
    pushed,
)

BOT = Bot()
SECRET = webhook_secret(BOT.token, ChannelId("channel1"))
SECOND = int(NOW.timestamp())
HEADER = "x-telegram-bot-api-secret-token"
USER = {"id": 5_200_000_001, "is_bot": False, "first_name": "芳", "last_name": "王", "language_code": "zh-hans"}
CHAT = {"id": 5_200_000_001, "type": "private", "first_name": "芳"}
GROUP = {"id": -100_123, "type": "supergroup", "title": "群"}
HANDLE = "5200000001"
SENDER = Sender(handle=HANDLE, name="芳 王")
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

Object = dict[str, Any]


def update(number: int = 1, **kinds: Object) -> bytes:
    return json.dumps({"update_id": number, **kinds}).encode()


def message(number: int = 1, *, update_id: int = 1, **fields: Any) -> bytes:
    base = {"message_id": number, "from": USER, "chat": CHAT, "date": SECOND}
    return update(update_id, message=base | fields)


def request(body: bytes, secret: str = SECRET, **changes: Any) -> WebhookRequest:
    return pushed(body, {HEADER: secret}, **changes)


def file(**fields: Any) -> Object:
    return {"file_id": "AgAC-1", "file_unique_id": "AQAD1", "file_size": 1000} | fields


def media(media_type: str, **fields: Any) -> tuple[MediaRef, ...]:
    return (MediaRef(**({"source": "AgAC-1", "media_type": media_type, "size": 1000} | fields)),)


def accepted(name: str, body: bytes, **expected: Any) -> Accepted:
    return Accepted(name, request(body), expected)


SIZES = [file(file_id="small", width=90, height=67), file(width=1280, height=960),
         file(file_id="huge", width=9000, height=9000, file_size=21_000_000)]  # fmt: skip
PLACE = {"latitude": 31.2304, "longitude": 121.4737}
ANSWERED = {
    "message_id": 7,
    "from": {"id": BOT.id, "is_bot": True, "first_name": "客服"},
    "chat": CHAT,
    "date": SECOND,
    "text": "请问订单号？",
}
KEYS = {
    "inline_keyboard": [[{"text": "查物流", "callback_data": "track"}, {"text": "转人工", "callback_data": "human"}]]
}
PRESSED = {
    "id": "4382bfdwdsb323b2d9",
    "from": USER,
    "message": ANSWERED | {"reply_markup": KEYS},
    "chat_instance": "1",
    "data": "human",
}
LINKED = [
    {"type": "bold", "offset": 0, "length": 1},
    {"type": "text_link", "offset": 0, "length": 2, "url": "https://example.com/a"},
]

ACCEPTED = [
    accepted("text", message(8, text="  你好 😀 <b>\n"), content_type=ContentType.TEXT, content="  你好 😀 <b>\n", sender=SENDER,
             sent_at=AT, sequence=8, external_id=f"{HANDLE}:8", trigger=None, edited_at=None),
    accepted("text with entities", message(text="看这里", entities=LINKED), content="看这里", details={"links": "https://example.com/a"}),
    accepted("photo", message(photo=SIZES, caption="坏了"), content_type=ContentType.IMAGE, content="坏了", media=media("image/jpeg"),
             details={"file": "AQAD1"}),
    accepted("voice", message(voice=file(mime_type="audio/ogg", duration=3)), content_type=ContentType.VOICE, content="",
             media=media("audio/ogg", duration=3.0)),
    accepted("audio with words", message(caption="听听这个", audio=file(mime_type="audio/mpeg", duration=200, title="小城故事")),
             content_type=ContentType.VOICE, content="听听这个", media=media("audio/mpeg", duration=200.0)),
    accepted("audio", message(audio=file(mime_type="audio/mpeg", duration=200, performer="邓丽君", title="小城故事", file_name="a.mp3")),
             content_type=ContentType.VOICE, content="邓丽君 – 小城故事", media=media("audio/mpeg", duration=200.0, file_name="a.mp3")),
    accepted("video", message(video=file(mime_type="video/mp4", duration=9, width=1, height=1)), content_type=ContentType.VIDEO,
             media=media("video/mp4", duration=9.0)),
    accepted("video note", message(video_note=file(length=240, duration=9)), content_type=ContentType.VIDEO, details={"round": "1"}),
    accepted("animation", message(animation=file(mime_type="video/mp4"), document=file(mime_type="video/mp4")),
             content_type=ContentType.VIDEO, details={"animation": "1"}, media=media("video/mp4")),
    accepted("document", message(document=file(mime_type="application/pdf", file_name="合同.pdf")), content_type=ContentType.FILE,
             media=media("application/pdf", file_name="合同.pdf")),
    accepted("picture as a document", message(document=file(mime_type="image/png", file_name="a.png")), content_type=ContentType.IMAGE),
    accepted("sticker", message(sticker=file(emoji="👍", set_name="s", is_animated=False, is_video=False)), content_type=ContentType.IMAGE,
             content="👍", media=media("image/webp"), details={"sticker": "1", "set": "s"}),
    accepted("video sticker", message(sticker=file(emoji="👍", is_animated=False, is_video=True)), content_type=ContentType.VIDEO),
    accepted("animated sticker", message(sticker=file(emoji="👍", is_animated=True, is_video=False)), content_type=ContentType.FILE),
    accepted("location", message(location=PLACE), content_type=ContentType.LOCATION, details={"latitude": "31.2304", "longitude": "121.4737"}),
    accepted("venue", message(location=PLACE, venue={"location": PLACE, "title": "人民广场", "address": "黄浦区"}),
             content_type=ContentType.LOCATION, content="人民广场", details={"address": "人民广场 黄浦区"}),
    accepted("another's contact", message(contact={"phone_number": "+8613800138000", "first_name": "李雷", "user_id": 9}), content="李雷 +8613800138000",
             sender=SENDER, details={"type": "contact"}),
    accepted("own contact", message(contact={"phone_number": "+8613800138000", "first_name": "芳", "user_id": USER["id"]}),
             sender=replace(SENDER, phone="+8613800138000")),
    accepted("poll", message(poll={"id": "1", "question": "喜欢吗", "options": [{"text": "是"}, {"text": "否"}]}), content="喜欢吗\n- 是\n- 否"),
    accepted("dice", message(dice={"emoji": "🎲", "value": 5}), content="🎲 5"),
    accepted("game", message(game={"title": "贪吃蛇", "description": "d", "photo": []}), content_type=ContentType.LINK, content="贪吃蛇"),
    accepted("a reply", message(text="1234", reply_to_message=ANSWERED), details={"reply_to": f"{HANDLE}:7", "quote": "请问订单号？"}),
    accepted("a reply to a part", message(text="1234", reply_to_message=ANSWERED, quote={"text": "订单号", "position": 2}), details={"quote": "订单号"}),
    accepted("a reply to a picture", message(text="这个", reply_to_message=ANSWERED | {"text": None, "photo": SIZES}), details={"quote": "[image]"}),
    accepted("forwarded", message(text="a", forward_origin={"type": "hidden_user", "sender_user_name": "某人", "date": 1}), details={"forwarded_from": "某人"}),
    accepted("one of an album", message(photo=SIZES, media_group_id="42"), details={"album": "42"}),
    accepted("edited", update(edited_message={"message_id": 8, "from": USER, "chat": CHAT, "date": SECOND, "edit_date": SECOND + 60, "text": "退款"}),
             external_id=f"{HANDLE}:8", content="退款", sent_at=AT, edited_at=AT + timedelta(minutes=1)),
    accepted("a button", update(callback_query=PRESSED), content="转人工", sender=SENDER, sent_at=NOW, external_id="callback:4382bfdwdsb323b2d9",
             details={"type": "button", "data": "human", "reply_to": f"{HANDLE}:7", "quote": "请问订单号？"}),
    accepted("a button of an old message", update(callback_query=PRESSED | {"message": {"chat": CHAT, "message_id": 7, "date": 0}}), content="human"),
    accepted("a button without a message", update(callback_query={"id": "1", "from": USER, "inline_message_id": "x", "data": "d", "chat_instance": "1"}), content="d"),
    accepted("start", message(text="/start"), event="follow", subscribed=True, opens_conversation=False, content=""),
    accepted("start by a link", message(text="/start store-7"), event="follow", content="store-7", details={"scene": "store-7"},
             source={"event": "follow", "scene": "store-7"}),
    accepted("not the start", message(text="/start over again"), content="/start over again"),
    accepted("blocked", update(my_chat_member={"chat": CHAT, "from": USER, "date": SECOND, "new_chat_member": {"status": "kicked"}}),
             event="unfollow", subscribed=False, external_id="update:1"),
    accepted("unblocked", update(my_chat_member={"chat": CHAT, "from": USER, "date": SECOND, "new_chat_member": {"status": "member"}}),
             event="follow", subscribed=True),
    accepted("a reaction", update(message_reaction={"chat": CHAT, "message_id": 7, "user": USER, "date": SECOND, "old_reaction": [],
             "new_reaction": [{"type": "emoji", "emoji": "❤"}]}), event="reaction", content="❤", details={"message": f"{HANDLE}:7"}),
    accepted("a reaction taken back", update(message_reaction={"chat": CHAT, "message_id": 7, "user": USER, "date": SECOND, "new_reaction": []}),
             event="reaction_removed"),
    accepted("a service message", message(message_auto_delete_timer_changed={"message_auto_delete_time": 86400}),
             event="message_auto_delete_timer_changed", details={"message_auto_delete_time": "86400"}),
    accepted("an unknown message", message(hologram={"depth": 3, "shape": {"kind": "cube"}, "live": True}), content_type=ContentType.UNKNOWN,
             details={"type": "hologram", "hologram_depth": "3", "hologram_shape_kind": "cube", "hologram_live": "1"}),
    accepted("an unknown update", update(telepathy={"from": USER, "date": SECOND, "thought": "贵"}), content_type=ContentType.UNKNOWN,
             details={"type": "telepathy", "thought": "贵"}, sent_at=AT),
    accepted("from the future", message(text="a", date=SECOND + 9_000_000), sent_at=NOW),
    accepted("no time", message(text="a", date=0), sent_at=NOW),
    accepted("nameless", message(text="a", **{"from": {"id": 5_200_000_001, "is_bot": False, "first_name": "", "username": "wf"}}),
             sender=Sender(handle=HANDLE, name="wf")),
]  # fmt: skip

GOOD = message(text="a")

REFUSED = [
    Refused("another secret", request(GOOD, "0" * 64), WebhookRefusal.BAD_SIGNATURE),
    Refused(
        "another channel's secret",
        request(GOOD, webhook_secret(BOT.token, ChannelId("channel2"))),
        WebhookRefusal.BAD_SIGNATURE,
    ),
    Refused("no secret", request(GOOD, headers={}), WebhookRefusal.BAD_SIGNATURE),
    Refused("an empty secret", request(GOOD, ""), WebhookRefusal.BAD_SIGNATURE),
    Refused("the secret and more", request(GOOD, SECRET + "0"), WebhookRefusal.BAD_SIGNATURE),
    Refused("a secret that is not ascii", request(GOOD, "é\udcff" * 32), WebhookRefusal.BAD_SIGNATURE),
    Refused("the bot's token", request(GOOD, BOT.token), WebhookRefusal.BAD_SIGNATURE),
    Refused("GET", request(GOOD, method="GET"), WebhookRefusal.MALFORMED),
    Refused("empty", request(b" \n"), WebhookRefusal.MALFORMED),
]

UNREADABLE = [
    Unreadable("no number", request(b'{"message": {"message_id": 1}}')),
    Unreadable("a number that is text", request(b'{"update_id": "1", "message": {}}')),
    Unreadable("a number that is true", request(b'{"update_id": true, "message": {}}')),
    Unreadable("a negative number", request(b'{"update_id": -1, "message": {}}')),
    Unreadable("nothing happened", request(b'{"update_id": 1}')),
    Unreadable("no sender", request(update(message={"message_id": 1, "chat": CHAT, "date": SECOND, "text": "a"}))),
    Unreadable("no chat", request(update(message={"message_id": 1, "from": USER, "date": SECOND, "text": "a"}))),
    Unreadable("no message number", request(update(message={"from": USER, "chat": CHAT, "date": SECOND, "text": "a"}))),
    Unreadable("a text that is a list", request(message(text=["a"]))),
    Unreadable("a sender of the wrong form", request(message(text="a", **{"from": "王芳"}))),
    Unreadable("a sender below one", request(message(text="a", **{"from": {"id": 0, "first_name": "x"}}))),
    Unreadable("a file without an id", request(message(photo=[{"width": 1, "height": 1}]))),
    Unreadable("nobody's update", request(update(telepathy={"date": SECOND}))),
]

PAIRS = [
    Pair("delivered again", request(GOOD), request(GOOD, received_at=NOW + timedelta(hours=3)), same=True),
    Pair("written otherwise", request(GOOD), request(json.dumps(json.loads(GOOD), ensure_ascii=False, indent=1).encode()), same=True),
    Pair("two messages", request(GOOD), request(message(2, update_id=2, text="a")), same=False),
    Pair("two presses", request(update(1, callback_query=PRESSED)), request(update(2, callback_query=PRESSED | {"id": "2"})), same=False),
    Pair("blocked twice", *(request(update(n, my_chat_member={"chat": CHAT, "from": USER, "date": SECOND, "new_chat_member": {"status": "kicked"}})) for n in (1, 2)), same=False),
]  # fmt: skip

CODES = [
    CodeCase("400 chat not found", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("400 PEER_ID_INVALID", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("400 message is too long", SendErrorCode.TOO_LONG),
    CodeCase("400 message text is empty", SendErrorCode.UNSUPPORTED_CONTENT),
    CodeCase("400 PHOTO_INVALID_DIMENSIONS", SendErrorCode.MEDIA_REFUSED),
    CodeCase("400 IMAGE_PROCESS_FAILED", SendErrorCode.MEDIA_REFUSED),
    CodeCase("400 VOICE_MESSAGES_FORBIDDEN", SendErrorCode.NOT_PERMITTED),
    CodeCase("400 not enough rights to send text messages to the chat", SendErrorCode.NOT_PERMITTED),
    CodeCase("400 something new", SendErrorCode.PLATFORM_ERROR),
    CodeCase("401", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("403 bot was blocked by the user", SendErrorCode.BLOCKED_BY_CONTACT),
    CodeCase("403 user is deactivated", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("403 bot can't initiate conversation with a user", SendErrorCode.WINDOW_CLOSED),
    CodeCase("403 bot can't send messages to bots", SendErrorCode.NOT_PERMITTED),
    CodeCase("404", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("409 terminated by other getUpdates request", SendErrorCode.NOT_PERMITTED),
    CodeCase("413 Request Entity Too Large", SendErrorCode.TOO_LONG),
    CodeCase("429 retry after 5", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("418 a teapot", SendErrorCode.PLATFORM_ERROR),
]
WORDS = {
    "400": "Bad Request",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "Not Found",
    "409": "Conflict",
    "429": "Too Many Requests",
}
SHOWN = {
    "sendMessage": "text",
    "sendPhoto": "image",
    "sendVoice": "voice",
    "sendAudio": "voice",
    "sendVideo": "video",
    "sendAnimation": "image",
    "sendDocument": "file",
}


class TelegramBench(SimulatorBench[TelegramSimulator]):
    sends = "sendMessage"

    def refusal(self, platform_code: str) -> dict[str, Any]:
        code, _, words = platform_code.partition(" ")
        return {"code": int(code), "detail": ": ".join(part for part in (WORDS.get(code, ""), words) if part)}

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(ContentType(SHOWN[message.method]), message.content) for message in self.simulator.sent]

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        file_id = self.simulator.platform.keep_file(data, f"files/{content_type}_{name}")
        return MediaRef(source=file_id, media_type=media_type, file_name=name)


class TelegramKit(Kit):
    type_name = "telegram"
    signs_id = True
    covers_body = False
    challenged = ()
    accepted = ACCEPTED
    refused = REFUSED
    unreadable = UNREADABLE
    pairs = PAIRS
    codes = CODES
    corpus = [
        message(text="你好", entities=LINKED, reply_to_message=ANSWERED),
        message(
            photo=SIZES,
            caption="a",
            media_group_id="1",
            forward_origin={"type": "user", "sender_user": USER, "date": 1},
        ),
        message(location=PLACE, venue={"location": PLACE, "title": "a", "address": "b"}),
        message(hologram={"depth": [1, 2, {"a": None}]}),
        update(callback_query=PRESSED),
        update(
            edited_message={
                "message_id": 8,
                "from": USER,
                "chat": CHAT,
                "date": SECOND,
                "edit_date": SECOND,
                "text": "a",
            }
        ),
        update(my_chat_member={"chat": CHAT, "from": USER, "date": SECOND, "new_chat_member": {"status": "kicked"}}),
        update(message={"message_id": 8, "from": USER, "chat": GROUP, "date": SECOND, "text": "a"}),
    ]

    def settings(self, api_base: str = NOWHERE) -> dict[str, str]:
        return {"bot_token": BOT.token, "delivery": "webhook", "api_base": api_base}

    def signed(self, body: bytes) -> WebhookRequest:
        return request(body, headers={HEADER: SECRET})

    def says(self, sender: str, text: str, at: datetime, number: int) -> WebhookRequest:
        who: Object = {"from": USER | {"id": int(sender)}, "chat": CHAT | {"id": int(sender)}}
        return request(message(number, update_id=number, date=int(at.timestamp()), text=text, **who), received_at=at)

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[TelegramBench]:
        async with TelegramSimulator(BOT, clock=clock) as simulator:
            yield TelegramBench(simulator, simulator.url, str(simulator.platform.user("王芳")))
