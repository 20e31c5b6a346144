"""WeChat's fixtures for the conformance suite, in safe mode; the other modes are in `test_webhook`."""
# ruff: noqa: E501 - tables, a row a line

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from channels.wechat.config import Mode
from channels.wechat.simulator import Account, WeChatSimulator, pushes
from channels.wx.crypto import signature
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
)

ACCOUNT = Account()
SECOND = int(NOW.timestamp())
OPENID = "oABCDEFGHIJKLMNOPQRSTUVWXYZ1"
SEND = "/cgi-bin/message/custom/send"

Fields = dict[str, pushes.Field]


def message(kind: str = "text", **fields: pushes.Field) -> Fields:
    base: Fields = {
        "ToUserName": "gh_1",
        "FromUserName": OPENID,
        "CreateTime": SECOND,
        "MsgType": kind,
        "MsgId": "23456789012345678",
    }
    return base | fields


def event(name: str, **fields: pushes.Field) -> Fields:
    base: Fields = {"ToUserName": "gh_1", "FromUserName": OPENID, "CreateTime": SECOND, "MsgType": "event"}
    return base | {"Event": name} | fields


def request(
    fields: Fields | bytes,
    *,
    form: str = "xml",
    account: Account = ACCOUNT,
    timestamp: int = SECOND,
    nonce: str = "n0nce",
    received_at: datetime = NOW,
    **query: str,
) -> WebhookRequest:
    account = replace(account, form=form)
    body = fields if isinstance(fields, bytes) else pushes.render(fields, form)
    push = pushes.sign(account, body, timestamp=timestamp, nonce=nonce)
    return WebhookRequest(
        method="POST",
        query={**push.query, **query},
        headers={"content-type": push.media_type},
        body=push.body,
        received_at=received_at,
    )


def raw(body: bytes, **query: str) -> WebhookRequest:
    """A body under the signature of another."""
    return WebhookRequest(
        method="POST", query={**request(message()).query, **query}, headers={}, body=body, received_at=NOW
    )


def accepted(name: str, fields: Fields, **expected: Any) -> list[Accepted]:
    return [Accepted(f"{name}-{form}", request(fields, form=form), expected) for form in ("xml", "json")]


SENDER = Sender(handle=OPENID)
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def media(source: str, media_type: str) -> tuple[MediaRef, ...]:
    return (MediaRef(source=source, media_type=media_type),)


PICS: Fields = {"Count": 2, "PicList": {"item": [{"PicMd5Sum": "aa"}, {"PicMd5Sum": "bb"}]}}

ACCEPTED = [
    *accepted("text", message(Content="  你好 ]]> &amp; 😀\n"), content_type=ContentType.TEXT, content="  你好 ]]> &amp; 😀\n",
              sender=SENDER, sent_at=AT, sequence=23456789012345678, external_id="23456789012345678", trigger="message"),
    *accepted("empty text", message(Content=""), content=""),
    *accepted("image", message("image", MediaId="m1", PicUrl="http://mmbiz.qpic.cn/1"), content_type=ContentType.IMAGE,
              media=media("m1", "image/jpeg"), details={"url": "http://mmbiz.qpic.cn/1"}),
    *accepted("voice", message("voice", MediaId="m2", Format="amr", Recognition="退款"), content_type=ContentType.VOICE,
              content="退款", media=media("m2", "audio/amr")),
    *accepted("mp3 voice", message("voice", MediaId="m2", Format="mp3"), content="", media=media("m2", "audio/mpeg")),
    *accepted("video", message("video", MediaId="m3", ThumbMediaId="t"), content_type=ContentType.VIDEO,
              media=media("m3", "video/mp4"), details={"thumb_media_id": "t"}),
    *accepted("short video", message("shortvideo", MediaId="m4"), content_type=ContentType.VIDEO, details={"short": "1"}),
    *accepted("location", message("location", Location_X="31.23", Location_Y="121.47", Scale="16", Label="人民广场"),
              content_type=ContentType.LOCATION, content="人民广场",
              details={"latitude": "31.23", "longitude": "121.47", "scale": "16", "address": "人民广场"}),
    *accepted("link", message("link", Title="标题", Description="说明", Url="https://example.com/?a=1&b=2"),
              content_type=ContentType.LINK, content="标题",
              details={"url": "https://example.com/?a=1&b=2", "title": "标题", "description": "说明"}),
    *accepted("file", message("file", Title="合同.pdf", FileTotalLen="12345", FileMd5="ab"), content_type=ContentType.FILE,
              content="合同.pdf", details={"file_name": "合同.pdf", "size": "12345", "md5": "ab"}),
    *accepted("mini program", message("miniprogrampage", Title="商品", AppId="wx1", PagePath="pages/a"),
              content_type=ContentType.LINK, content="商品", details={"app_id": "wx1", "page_path": "pages/a"}),
    *accepted("unknown message", message("hologram", Depth="3", Shape={"Kind": "cube"}), content_type=ContentType.UNKNOWN,
              details={"type": "hologram", "depth": "3", "shape_kind": "cube"}, trigger="message"),
    *accepted("follow", event("subscribe", EventKey=""), event="follow", trigger="follow", subscribed=True,
              source={"event": "follow"}, opens_conversation=False),
    *accepted("follow by code", event("subscribe", EventKey="qrscene_店7", Ticket="T"), event="follow", content="店7",
              source={"event": "follow", "scene": "店7"}, details={"scene": "店7", "ticket": "T"}, subscribed=True),
    *accepted("unfollow", event("unsubscribe", EventKey=""), event="unfollow", subscribed=False, trigger=None),
    *accepted("scan", event("SCAN", EventKey="42", Ticket="T"), event="scan", trigger="scan",
              source={"event": "scan", "scene": "42"}, details={"scene": "42"}),
    *accepted("reported location", event("LOCATION", Latitude="23.1", Longitude="113.3", Precision="119"),
              event="location", details={"latitude": "23.1", "longitude": "113.3", "precision": "119"}, trigger=None),
    *accepted("click", event("CLICK", EventKey="V1_NEWS"), event="menu_click", trigger="menu_click", content="V1_NEWS",
              opens_conversation=False),
    *accepted("click for help", event("CLICK", EventKey="人工客服"), event="menu_click", opens_conversation=True),
    *accepted("view", event("VIEW", EventKey="https://example.com"), event="menu_view", trigger=None,
              content="https://example.com"),
    *accepted("view mini program", event("view_miniprogram", EventKey="pages/i", MenuId="M"),
              event="menu_view_miniprogram", trigger=None, details={"menu_id": "M"}),
    *accepted("scan code", event("scancode_waitmsg", EventKey="k", ScanCodeInfo={"ScanType": "qrcode", "ScanResult": "1"}),
              event="scancode_waitmsg", trigger="menu_click", details={"scan_code_info_scan_result": "1"}),
    *accepted("pictures", event("pic_weixin", EventKey="k", SendPicsInfo=PICS), event="pic_weixin", trigger=None,
              details={"send_pics_info_pic_list_item_pic_md5_sum": "aa",
                       "send_pics_info_pic_list_item_2_pic_md5_sum": "bb"}),
    *accepted("payment", event("user_pay_from_pay_cell", CardId="c", Fee="100"), event="user_pay_from_pay_cell",
              trigger="payment"),
    *accepted("session", event("kf_create_session", KfAccount="a@b"), event="kf_create_session",
              details={"kf_account": "a@b"}, opens_conversation=False),
    *accepted("account notice", event("annual_renew", ExpiredTime="1"), event="annual_renew",
              sender=Sender(handle=OPENID, name="微信平台")),
    *accepted("unknown event", event("debug_demo", debug_str="x"), event="debug_demo", details={"debug_str": "x"}),
    Accepted("numbers in json", request(b'{"FromUserName":"%s","CreateTime":%d,"MsgType":"text","MsgId":6789012345678901234,'
             b'"Content":"\\u4f60\\ud83d\\ude00"}' % (OPENID.encode(), SECOND)),
             {"content": "你😀", "sequence": 6789012345678901234}),
    Accepted("no time", request(message(CreateTime="soon", Content="a")), {"sent_at": NOW}),
    Accepted("from the future", request(message(CreateTime=SECOND + 9_000_000, Content="a")), {"sent_at": NOW}),
    Accepted("no message id", request(message(MsgId="", Content="a")), {"content": "a", "sequence": None}),
    Accepted("compatible", request(message(Content="a"), account=replace(ACCOUNT, mode=Mode.COMPATIBLE)), {"content": "a"}),
    Accepted("nearly stale", request(message(Content="a"), received_at=NOW + timedelta(minutes=9, seconds=59)), {}),
]  # fmt: skip

GOOD = request(message(Content="a"))
WRONG_KEY = replace(ACCOUNT, encoding_aes_key="B" * 43)
XML = pushes.render(message(Content="a"), "xml")

REFUSED = [
    Refused("another token", request(message(), account=replace(ACCOUNT, token="wrong")), WebhookRefusal.BAD_SIGNATURE),
    Refused("a changed signature", replace(GOOD, query={**GOOD.query, "msg_signature": "0" * 40}),
            WebhookRefusal.BAD_SIGNATURE),
    Refused("no signature", replace(GOOD, query={}), WebhookRefusal.BAD_SIGNATURE),
    Refused("an empty signature", replace(GOOD, query={**GOOD.query, "msg_signature": ""}),
            WebhookRefusal.BAD_SIGNATURE),
    Refused("a signature that is not ascii", replace(GOOD, query={**GOOD.query, "msg_signature": "é" * 40}),
            WebhookRefusal.BAD_SIGNATURE),
    Refused("another key", request(message(), account=WRONG_KEY), WebhookRefusal.BAD_SIGNATURE),
    Refused("another app", request(message(), account=replace(ACCOUNT, app_id="wx_other")), WebhookRefusal.BAD_SIGNATURE),
    Refused("in clear", request(message(), account=replace(ACCOUNT, mode=Mode.PLAIN)), WebhookRefusal.BAD_SIGNATURE),
    Refused("stale", request(message(), received_at=NOW + timedelta(minutes=11)), WebhookRefusal.STALE),
    Refused("early", request(message(), timestamp=SECOND + 660), WebhookRefusal.STALE),
    Refused("a time that is none", request(message(), timestamp=10**15), WebhookRefusal.STALE),
    Refused("a negative time", request(message(), timestamp=-5), WebhookRefusal.STALE),
    Refused("an empty body", raw(b""), WebhookRefusal.MALFORMED),
    Refused("not xml", raw(b"<xml>"), WebhookRefusal.MALFORMED),
    Refused("not utf-8", raw(b"<xml><Encrypt>\xff</Encrypt></xml>"), WebhookRefusal.MALFORMED),
    Refused("a document type", raw(b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>'),
            WebhookRefusal.MALFORMED),
    Refused("two encrypted parts", raw(b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>"), WebhookRefusal.MALFORMED),
    Refused("a nested encrypted part", raw(b"<xml><Encrypt><a>b</a></Encrypt></xml>"), WebhookRefusal.MALFORMED),
    Refused("deep json", raw(b'{"a":' * 9_000), WebhookRefusal.MALFORMED),
    Refused("a json list", raw(b"[1]"), WebhookRefusal.MALFORMED),
    Refused("a name twice", raw(b'{"Encrypt": "a", "Encrypt": "b"}'), WebhookRefusal.MALFORMED),
    Refused("no encrypted part", raw(b"<xml><a>b</a></xml>"), WebhookRefusal.BAD_SIGNATURE),
    Refused("PUT", replace(GOOD, method="PUT"), WebhookRefusal.MALFORMED),
    Refused("GET without echo", replace(GOOD, method="GET"), WebhookRefusal.MALFORMED),
    Refused("an empty message", request(b" \n"), WebhookRefusal.MALFORMED),
]  # fmt: skip

UNREADABLE = [
    Unreadable("two texts", request(XML.replace(b"</xml>", b"<Content>b</Content></xml>"))),
    Unreadable("a nested text", request(XML.replace(b"</xml>", b"<EventKey><b>c</b></EventKey></xml>"))),
    Unreadable("no type", request({"FromUserName": OPENID})),
    Unreadable("no sender", request({"MsgType": "text", "Content": "a"})),
    Unreadable("an endless sender", request(message(FromUserName="o" * 300))),
    Unreadable("too deep", request(b"<xml>" + b"<a>" * 20 + b"</a>" * 20 + b"</xml>")),
    Unreadable("too many fields", request(b"<xml>" + b"<a>1</a>" * 600 + b"</xml>")),
    Unreadable("a receipt of nothing", request(event("TEMPLATESENDJOBFINISH", Status="success"))),
]

PAIRS = [
    Pair("encrypted twice", request(message(Content="a")), request(message(Content="a"), nonce="other"), same=True),
    Pair("signed a second later", request(message(Content="a")), request(message(Content="a"), timestamp=SECOND + 1),
         same=True),
    Pair("the same in json", request(message(Content="a")), request(message(Content="a"), form="json"), same=True),
    Pair("two messages", request(message(Content="a")), request(message(Content="a", MsgId="2")), same=False),
    Pair("an event twice", request(event("CLICK", EventKey="a")), request(event("CLICK", EventKey="a"), nonce="x"),
         same=True),
    Pair("an event in json", request(event("CLICK", EventKey="a")), request(event("CLICK", EventKey="a"), form="json"),
         same=True),
    Pair("two keys", request(event("CLICK", EventKey="a")), request(event("CLICK", EventKey="b")), same=False),
    Pair("two seconds", request(event("CLICK")), request(event("CLICK", CreateTime=SECOND + 1)), same=False),
    Pair("two people", request(event("CLICK")), request(event("CLICK", FromUserName="o2")), same=False),
    Pair("two tickets", request(event("SCAN", Ticket="1")), request(event("SCAN", Ticket="2")), same=False),
    Pair("an event and a message of one number", request(event("CLICK", MsgId="7")), request(message(MsgId="7")), same=False),
]  # fmt: skip

_ECHO = ACCOUNT.cipher.encrypt(b"echo 1", b"0123456789abcdef")


def challenged() -> list[Challenged]:
    plain = WebhookRequest(
        method="GET",
        query=pushes.challenge(ACCOUNT, timestamp=SECOND, echo="5927…<b>"),
        headers={},
        body=b"",
        received_at=NOW,
    )
    stamp = str(SECOND)
    covered = signature(ACCOUNT.token, stamp, "n", _ECHO)
    query = {"msg_signature": covered, "timestamp": stamp, "nonce": "n", "echostr": _ECHO}
    return [
        Challenged("plain", plain, "5927…<b>".encode()),
        Challenged("encrypted", replace(plain, query=query), b"echo 1"),
    ]


CODES = [
    CodeCase("-1", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("45015", SendErrorCode.WINDOW_CLOSED),
    CodeCase("45047", SendErrorCode.REPLIES_USED_UP),
    CodeCase("43101", SendErrorCode.NO_CONSENT),
    CodeCase("47003", SendErrorCode.TEMPLATE_REFUSED),
    CodeCase("45157", SendErrorCode.TAG_REFUSED),
    CodeCase("40018", SendErrorCode.MENU_REFUSED),
    CodeCase("45002", SendErrorCode.TOO_LONG),
    CodeCase("48001", SendErrorCode.NOT_PERMITTED),
    CodeCase("48004", SendErrorCode.NOT_PERMITTED),
    CodeCase("45064", SendErrorCode.NOT_PERMITTED),
    CodeCase("40003", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("40007", SendErrorCode.MEDIA_REFUSED),
    CodeCase("40008", SendErrorCode.UNSUPPORTED_CONTENT),
    CodeCase("40013", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("40164", SendErrorCode.ADDRESS_NOT_ALLOWED),
    CodeCase("43004", SendErrorCode.BLOCKED_BY_CONTACT),
    CodeCase("44004", SendErrorCode.CONTENT_REFUSED),
    CodeCase("45009", SendErrorCode.DAILY_QUOTA),
    CodeCase("45011", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("47001", SendErrorCode.PLATFORM_ERROR),
    CodeCase("87014", SendErrorCode.CONTENT_REFUSED),
    CodeCase("99999", SendErrorCode.PLATFORM_ERROR),
]


class WeChatBench(SimulatorBench[WeChatSimulator]):
    sends = SEND

    def writes(self) -> None:
        self.simulator.platform().permit(self.recipient, "message")

    def refusal(self, platform_code: str) -> dict[str, Any]:
        return {"code": int(platform_code)}

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(ContentType(message.type), message.content) for message in self.simulator.sent]

    def files(self) -> Sequence[bytes]:
        media = self.simulator.platform().media
        return [media[sent.media_id].data for sent in self.simulator.sent if sent.media_id]

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        return MediaRef(source=self.simulator.platform().keep(content_type.value, data, media_type, name))

    def stale_credentials(self) -> Sequence[Callable[[], None]]:
        return [self.simulator.platform().end_tokens, self.simulator.platform().expire_tokens]


class WeChatKit(Kit):
    type_name = "wechat"
    challenged = challenged()
    accepted = ACCEPTED
    refused = REFUSED
    unreadable = UNREADABLE
    pairs = PAIRS
    codes = CODES
    corpus = [
        pushes.render(fields, form)
        for fields in (
            message(Content="你好"),
            message("location", Location_X="1", Location_Y="2", Label="x"),
            event("pic_weixin", EventKey="k", SendPicsInfo=PICS),
            event("TEMPLATESENDJOBFINISH", MsgID="200", Status="success"),
        )
        for form in ("xml", "json")
    ]

    def settings(self, api_base: str = NOWHERE) -> dict[str, str]:
        return ACCOUNT.settings(api_base)

    def signed(self, body: bytes) -> WebhookRequest:
        return request(body)

    def says(self, sender: str, text: str, at: datetime, number: int) -> WebhookRequest:
        moment, message_id = int(at.timestamp()), str(23456789012345678 + number)
        fields = message(FromUserName=sender, CreateTime=moment, MsgId=message_id, Content=text)
        return request(fields, timestamp=moment, received_at=at)

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[WeChatBench]:
        async with WeChatSimulator(ACCOUNT, clock=clock) as simulator:
            yield WeChatBench(simulator, simulator.url, OPENID)
