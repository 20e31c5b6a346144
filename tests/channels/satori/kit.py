"""Satori's fixtures for the conformance suite."""
# ruff: noqa: E501 - tables, a row a line

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.satori.simulator import Account, SatoriSimulator
from channels.satori.simulator.server import WEBHOOK_TOKEN
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
MOMENT = int(NOW.timestamp() * 1000)
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LOGIN = {"sn": 1, "platform": "qq", "user": {"id": ACCOUNT.self_id, "name": "客服", "is_bot": True}}
USER = {"id": "20001", "name": "wangfang", "nick": "王芳"}
DIRECT = {"id": "private:20001", "type": 1}
GROUP = {"id": "30001", "type": 0, "name": "售后群"}
REALM = "satori qq http://127.0.0.1:9"
SENDER = Sender(handle="20001", name="王芳", union_id="20001", union_realm=REALM)
MENTION = f'<at id="{ACCOUNT.self_id}" name="客服"/>'

Object = dict[str, Any]


def event(kind: str = "message-created", *, sn: int = 7, **fields: Any) -> bytes:
    base = {"sn": sn, "type": kind, "timestamp": MOMENT, "login": LOGIN, "channel": DIRECT, "user": USER}
    whole = base | fields
    return json.dumps({name: value for name, value in whole.items() if value is not None}, ensure_ascii=False).encode()


def said(content: Any, message_id: str = "8", *, sn: int = 7, **fields: Any) -> bytes:
    message = {"id": message_id, "content": content, "created_at": MOMENT}
    return event(sn=sn, message=message, **fields)


def grouped(content: str, **fields: Any) -> bytes:
    return said(content, channel=GROUP, guild={"id": "30001", "name": "售后群"}, member={"nick": "小芳"}, **fields)


def request(body: bytes, token: str = WEBHOOK_TOKEN, **changes: Any) -> WebhookRequest:
    return pushed(body, {"authorization": f"Bearer {token}", "satori-opcode": "0"}, **changes)


def accepted(name: str, body: bytes, **expected: Any) -> Accepted:
    return Accepted(name, request(body), expected)


def ref(source: str, media_type: str, **more: Any) -> MediaRef:
    return MediaRef(source=source, media_type=media_type, **more)


IMAGE = "https://multimedia.nt.qq.com.cn/download?fileid=1&amp;rkey=2"
OURS = f'<quote id="5"><author id="{ACCOUNT.self_id}"/>请问订单号？</quote>'

ACCEPTED = [
    accepted("text", said("你好 😀 &lt;b&gt; &amp;amp;"), content_type=ContentType.TEXT, content="你好 😀 <b> &amp;", sender=SENDER, sent_at=AT,
             external_id="private:20001 8", edited_at=None, trigger=None, details={"channel": "private:20001"}),
    accepted("text on two lines", said("第一行\n第二行<br/>第三行"), content="第一行\n第二行\n第三行"),
    accepted("what does not pair is text", said("1 < 2 <foo> a </bar> &#x4f60;&#22909;"), content="1 < 2 <foo> a </bar> 你好"),
    accepted("styles", said("<b>粗</b><i>斜<u>线</u></i> <spl>密</spl><!-- 注 -->"), content="粗斜线 密"),
    accepted("paragraphs", said("<p>一</p><p>二</p>三"), content="一\n二\n三"),
    accepted("a mention", said('<at id="7" name="李雷"/> 和 <at type="all"/> <sharp id="9" name="闲聊"/>'), content="@李雷 和 @所有人 #闲聊"),
    accepted("the bot's own name", said(f"{MENTION} 在吗"), content="在吗"),
    accepted("an emoji", said('<emoji id="14" name="微笑"/><face id="1"><img src="https://e/1.png"/></face>'), content="[微笑][1]", media=()),
    accepted("a link", said('看<a href="https://example.com/?a=1&amp;b=2">这里</a>'), content="看这里 (https://example.com/?a=1&b=2)",
             details={"links": "https://example.com/?a=1&b=2"}),
    accepted("a picture", said(f'坏了<img src="{IMAGE}" title="a.png" width="3"/>'), content_type=ContentType.IMAGE, content="坏了",
             media=(ref("https://multimedia.nt.qq.com.cn/download?fileid=1&rkey=2", "image/png", file_name="a.png"),)),
    accepted("two pictures", said('<img src="https://e/1.jpg"/><img src="internal:qq/1/2"/>'), content_type=ContentType.IMAGE,
             media=(ref("https://e/1.jpg", "image/jpeg"), ref("internal:qq/1/2", "image/jpeg"))),
    accepted("a picture inside", said('<img src="data:image/gif;base64,R0lGODdhAQABAAAAACw="/>'), content_type=ContentType.IMAGE,
             media=(ref("data:image/gif;base64,R0lGODdhAQABAAAAACw=", "image/gif"),)),
    accepted("a voice", said('<audio src="internal:qq/1/v" duration="3.5"/>'), content_type=ContentType.VOICE,
             media=(ref("internal:qq/1/v", "audio/mpeg", duration=3.5),)),
    accepted("a film", said('<video src="https://e/f.mp4"/>'), content_type=ContentType.VIDEO, media=(ref("https://e/f.mp4", "video/mp4"),)),
    accepted("a file", said('<file src="https://e/x" title="合同.pdf"/>'), content_type=ContentType.FILE,
             media=(ref("https://e/x", "application/pdf", file_name="合同.pdf"),)),
    accepted("a quotation", said('<quote id="5"><author id="1"/>请问<b>订单号</b>？</quote>1234'), content="1234",
             details={"reply_to": "private:20001 5", "quote": "请问订单号？"}),
    accepted("a quotation beside it", event(message={"id": "8", "content": "1234", "quote": {"id": "5", "content": "订单号"}}), content="1234",
             details={"reply_to": "private:20001 5", "quote": "订单号"}),
    accepted("forwarded", said('<message forward><message><author name="李雷"/>在</message><message><author name="韩梅"/>不在</message></message>'),
             content="李雷: 在\n韩梅: 不在"),
    accepted("buttons", said('选<button id="a">退款</button>'), content="选[退款]"),
    accepted("a platform's own element", said('<kook:card size="lg"><kook:countdown end-time="1"/></kook:card>'), content_type=ContentType.UNKNOWN,
             details={"type": "kook:card", "size": "lg"}),
    accepted("a platform's own element with text", said("<kook:card>优惠券</kook:card>"), content_type=ContentType.TEXT, content="优惠券"),
    accepted("nothing said", said(""), content_type=ContentType.UNKNOWN, details={"type": "empty"}),
    accepted("with a way back", said("a", referrer={"msg_id": "x", "seq": 1}), details={"referrer": '{"msg_id":"x","seq":1}'}),
    accepted("a mention in a group", grouped(f"{MENTION} 坏了"), content="坏了", sender=Sender(handle="20001 30001", name="小芳（售后群）"),
             details={"channel": "30001", "group": "售后群"}, external_id="30001 8"),
    accepted("a quotation in a group", grouped(f"{OURS}1234"), content="1234", details={"reply_to": "30001 5", "quote": "请问订单号？"}),
    accepted("edited", event("message-updated", message={"id": "8", "content": "退款", "created_at": MOMENT, "updated_at": MOMENT + 60_000}, timestamp=MOMENT + 60_000),
             external_id="private:20001 8", content="退款", sent_at=AT, edited_at=AT + timedelta(minutes=1)),
    accepted("taken back", event("message-deleted", message={"id": "8"}), event="message_deleted", details={"message": "private:20001 8"},
             external_id="private:20001 8 deleted", opens_conversation=False),
    accepted("a button", event("interaction/button", button={"id": "human"}), content="human", details={"type": "button", "channel": "private:20001"},
             external_id=f"interaction/button {MOMENT} 7"),
    accepted("a command", event("interaction/command", argv={"name": "查单", "arguments": ["1234"], "options": {"all": True}}), content="/查单 1234 --all=True"),
    accepted("a command as a message", event("interaction/command", message={"id": "8", "content": "/查单"}), content="/查单"),
    accepted("a reaction", event("reaction-added", message={"id": "5"}, emoji={"id": "1", "name": "❤"}), event="reaction", content="❤",
             details={"message": "private:20001 5"}),
    accepted("a reaction taken back", event("reaction-removed", message={"id": "5"}, emoji={"id": "1"}), event="reaction_removed"),
    accepted("an unknown event", event("poke", poke={"strength": 3, "shape": {"kind": "hand"}}), content_type=ContentType.UNKNOWN,
             details={"type": "poke", "poke_strength": "3", "poke_shape_kind": "hand"}),
    accepted("ids as numbers", said("a", user={"id": 20001, "name": "王芳"}), sender=SENDER),
    accepted("of the first version", event(login=None, platform="qq", self_id=ACCOUNT.self_id, message={"id": "8", "content": "a"}), content="a"),
    accepted("nameless", said("a", user={"id": "20001"}), sender=Sender(handle="20001", union_id="20001", union_realm=REALM)),
    accepted("an id with a blank", said("a", user={"id": "a b%", "name": "x"}), sender=Sender(handle="a%20b%25", name="x", union_id="a b%", union_realm=REALM)),
    accepted("from the future", event(message={"id": "8", "content": "a", "created_at": MOMENT + 9_000_000}, timestamp=MOMENT + 9_000_000), sent_at=NOW),
    accepted("no time", event(message={"id": "8", "content": "a"}, timestamp=None), sent_at=NOW),
]  # fmt: skip

GOOD = said("a")

REFUSED = [
    Refused("another token", request(GOOD, "0" * 27), WebhookRefusal.BAD_SIGNATURE),
    Refused("the server's token", request(GOOD, ACCOUNT.token), WebhookRefusal.BAD_SIGNATURE),
    Refused("no token", request(GOOD, headers={"satori-opcode": "0"}), WebhookRefusal.BAD_SIGNATURE),
    Refused("an empty token", request(GOOD, ""), WebhookRefusal.BAD_SIGNATURE),
    Refused("the token and more", request(GOOD, WEBHOOK_TOKEN + "0"), WebhookRefusal.BAD_SIGNATURE),
    Refused("the token bare", request(GOOD, headers={"authorization": WEBHOOK_TOKEN}), WebhookRefusal.BAD_SIGNATURE),
    Refused("a token that is not ascii", request(GOOD, "é\udcff" * 20), WebhookRefusal.BAD_SIGNATURE),
    Refused("GET", request(GOOD, method="GET"), WebhookRefusal.MALFORMED),
    Refused("empty", request(b" \n"), WebhookRefusal.MALFORMED),
    Refused(
        "a signal of lines",
        request(GOOD, headers={"authorization": f"Bearer {WEBHOOK_TOKEN}", "satori-opcode": "4"}),
        WebhookRefusal.MALFORMED,
    ),
]

UNREADABLE = [
    Unreadable("no type", request(b'{"sn": 1}')),
    Unreadable("a type that is a number", request(b'{"sn": 1, "type": 3}')),
    Unreadable("an endless type", request(event("x" * 81))),
    Unreadable("nobody's account", request(event(login=None, message={"id": "8", "content": "a"}))),
    Unreadable("an account without a user", request(event(login={"platform": "qq"}, message={"id": "8", "content": "a"}))),
    Unreadable("no channel", request(event(channel=None, message={"id": "8", "content": "a"}))),
    Unreadable("a channel without an id", request(event(channel={"type": 1}, message={"id": "8", "content": "a"}))),
    Unreadable("no user", request(said("a", user=None))),
    Unreadable("a user that is a text", request(said("a", user="王芳"))),
    Unreadable("an endless user", request(said("a", user={"id": "1" * 300}))),
    Unreadable("no message", request(event())),
    Unreadable("no message id", request(event(message={"content": "a"}))),
    Unreadable("a content that is a list", request(said(["a"]))),
    Unreadable("a button without an id", request(event("interaction/button", button={}))),
    Unreadable("a button at no time", request(event("interaction/button", button={"id": "a"}, timestamp=None))),
]  # fmt: skip

EDITED = {"id": "8", "content": "退款", "updated_at": MOMENT}
PAIRS = [
    Pair("told again", request(GOOD), request(GOOD, received_at=NOW + timedelta(hours=3)), same=True),
    Pair("told by a server that began anew", request(GOOD), request(said("a", sn=1)), same=True),
    Pair("written otherwise", request(GOOD), request(json.dumps(json.loads(GOOD), indent=1).encode()), same=True),
    Pair("two messages", request(GOOD), request(said("a", "9")), same=False),
    Pair("two channels", request(GOOD), request(said("a", channel={"id": "x", "type": 1})), same=False),
    Pair("two presses", request(event("interaction/button", sn=1, button={"id": "a"})), request(event("interaction/button", sn=2, button={"id": "a"})), same=False),
    Pair("two reactions", request(event("reaction-added", sn=1, message={"id": "5"}, emoji={"id": "1"})), request(event("reaction-added", sn=2, message={"id": "5"}, emoji={"id": "1"})), same=False),
]  # fmt: skip

CODES = [
    CodeCase("400 channel not found", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("400 message too long", SendErrorCode.TOO_LONG),
    CodeCase("400 something new", SendErrorCode.PLATFORM_ERROR),
    CodeCase("401 invalid token", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("403 invalid token", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("403 login not found", SendErrorCode.NOT_PERMITTED),
    CodeCase("403 you are blocked by the user", SendErrorCode.BLOCKED_BY_CONTACT),
    CodeCase("404 user not found", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("404 method not found", SendErrorCode.NOT_PERMITTED),
    CodeCase("405 Please use POST method to send requests.", SendErrorCode.NOT_PERMITTED),
    CodeCase("413", SendErrorCode.TOO_LONG),
    CodeCase("418 a teapot", SendErrorCode.PLATFORM_ERROR),
    CodeCase("429 slower", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("501 not implemented", SendErrorCode.NOT_PERMITTED),
]


class SatoriBench(SimulatorBench[SatoriSimulator]):
    sends = "message.create"

    def refusal(self, platform_code: str) -> dict[str, Any]:
        status, _, words = platform_code.partition(" ")
        return {"status": int(status), "body": words.encode()}

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(ContentType(message.kind), message.content) for message in self.simulator.sent]

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        source = self.simulator.platform.keep_file(data, media_type, name)
        return MediaRef(source=source, file_name=name)


class SatoriKit(Kit):
    type_name = "satori"
    covers_body = False
    challenged = (
        Challenged(
            "news of the server itself",
            request(b'{"proxy_urls": []}', headers={"authorization": f"Bearer {WEBHOOK_TOKEN}", "satori-opcode": "5"}),
            b"",
        ),
    )
    accepted = ACCEPTED
    refused = REFUSED
    unreadable = UNREADABLE
    pairs = PAIRS
    codes = CODES
    corpus = [
        said(f'{OURS}你好 <a href="https://e">x</a><img src="data:image/png;base64,AAAA"/> &lt;'),
        grouped(f"{MENTION}<p>a<b>c</p></b><br/>&#x26;"),
        said("<message><message><message>a</message></message></message>", referrer={"a": [1, {"b": None}]}),
        event("message-updated", message=EDITED),
        event("message-deleted", message={"id": "8"}),
        event("interaction/command", argv={"name": "a", "arguments": [1, "b"], "options": {"c": None}}),
        event("poke", poke={"depth": [1, 2, {"a": None}]}),
        grouped("nobody is meant"),
    ]

    def settings(self, api_base: str = NOWHERE) -> dict[str, str]:
        return {
            "address": api_base,
            "token": ACCOUNT.token,
            "platform": "qq",
            "self_id": ACCOUNT.self_id,
            "delivery": "webhook",
            "webhook_token": WEBHOOK_TOKEN,
            "groups": "mentioned",
        }

    def signed(self, body: bytes) -> WebhookRequest:
        return request(body, headers={"authorization": f"Bearer {WEBHOOK_TOKEN}"})

    def says(self, sender: str, text: str, at: datetime, number: int) -> WebhookRequest:
        moment = int(at.timestamp() * 1000)
        place: Object = {"channel": {"id": f"private:{sender}", "type": 1}, "user": {"id": sender, "name": "王芳"}}
        written = {"id": str(number), "content": text, "created_at": moment}
        return request(event(sn=number, message=written, timestamp=moment, **place), received_at=at)

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[SatoriBench]:
        async with SatoriSimulator(ACCOUNT, clock=clock) as simulator:
            yield SatoriBench(simulator, simulator.url, simulator.platform.user("王芳"))
