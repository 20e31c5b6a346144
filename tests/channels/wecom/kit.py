"""WeCom customer service's fixtures for the conformance suite.

Its callbacks carry no message, so `accepted` holds what a page of `kf/sync_msg` becomes (`fetched`).
"""
# ruff: noqa: E501 - tables, a row a line

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from channels.wecom.pages import kept
from channels.wecom.simulator import Account, WeComSimulator, pushes
from channels.wx.simulator.pushes import Field, xml
from scrm.clock import Clock
from scrm.errors import SendErrorCode, WebhookRefusal
from scrm.model.message import ContentType, MessageStatus
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
SECOND = int(NOW.timestamp())
CUSTOMER = "wmABCDEFGHIJKLMNOPQRSTUVWXYZ0123"
SEND = "/cgi-bin/kf/send_msg"
SENT_AT = NOW - timedelta(seconds=30)


def notice(**fields: Field) -> dict[str, Field]:
    return pushes.notice(ACCOUNT, "ENCtoken", timestamp=SECOND) | fields


def request(
    fields: dict[str, Field] | bytes,
    *,
    account: Account = ACCOUNT,
    timestamp: int = SECOND,
    nonce: str = "n0nce",
    received_at: datetime = NOW,
) -> WebhookRequest:
    body = fields if isinstance(fields, bytes) else xml(fields)
    push = pushes.sign(account, body, timestamp=timestamp, nonce=nonce)
    return WebhookRequest(
        method="POST",
        query=push.query,
        headers={"content-type": push.media_type},
        body=push.body,
        received_at=received_at,
    )


def raw(body: bytes) -> WebhookRequest:
    return replace(request(notice()), body=body)


def message(kind: str, **part: Any) -> dict[str, Any]:
    """As `kf/sync_msg` lists it."""
    return {
        "msgid": "from_msgid_4622416642169452483",
        "open_kfid": ACCOUNT.open_kfid,
        "external_userid": CUSTOMER,
        "send_time": int(SENT_AT.timestamp()),
        "origin": 3,
        "msgtype": kind,
        kind: part,
    }


def event(kind: str, **fields: Any) -> dict[str, Any]:
    inner = {"event_type": kind, "open_kfid": ACCOUNT.open_kfid, "external_userid": CUSTOMER} | fields
    return {"msgid": "e1", "send_time": int(SENT_AT.timestamp()), "origin": 4, "msgtype": "event", "event": inner}


def fetched(item: dict[str, Any], **facts: str) -> VerifiedRequest:
    found = kept(item, NOW)
    return replace(found, facts=found.facts | facts)


def media(source: str, media_type: str) -> tuple[MediaRef, ...]:
    return (MediaRef(source=source, media_type=media_type),)


def accepted(name: str, item: dict[str, Any], **wanted: Any) -> Accepted:
    return Accepted(name, fetched(item), {"sent_at": SENT_AT, **wanted})


ITEMS = [
    {
        "sender_name": "王芳",
        "msgtype": "text",
        "msg_content": json.dumps({"msgtype": "text", "text": {"content": "在吗"}}),
    },
    {"sender_name": "李雷", "msgtype": "image", "msg_content": "{"},
]
MENU = [
    {"type": "click", "click": {"id": "101", "content": "满意"}},
    {"type": "view", "view": {"url": "https://example.com", "content": "官网"}},
    {"type": "text", "text": {"content": "说明"}},
]

ACCEPTED = [
    accepted("text", message("text", content="你好 & <b>再见</b> 😀", menu_id="101"), content_type=ContentType.TEXT,
             content="你好 & <b>再见</b> 😀", details={"menu_id": "101"}, external_id="from_msgid_4622416642169452483",
             trigger="message", sender=Sender(handle=CUSTOMER, union_id=CUSTOMER, union_realm=f"wecom:{ACCOUNT.corp_id}")),
    Accepted("text of somebody known", fetched(message("text", content="a"), name="王芳", union_id="u1"),
             {"sender": Sender(handle=CUSTOMER, name="王芳", union_id="u1", union_realm="wechat")}),
    accepted("empty text", message("text"), content=""),
    accepted("image", message("image", media_id="m1"), content_type=ContentType.IMAGE, media=media("m1", "image/jpeg")),
    accepted("voice", message("voice", media_id="m2"), content_type=ContentType.VOICE, media=media("m2", "audio/amr")),
    accepted("video", message("video", media_id="m3"), content_type=ContentType.VIDEO, media=media("m3", "video/mp4")),
    accepted("file", message("file", media_id="m4"), content_type=ContentType.FILE,
             media=media("m4", "application/octet-stream")),
    accepted("location", message("location", latitude=23.106021881103501, longitude=113.320503234863, name="广州国际媒体港",
                                 address="广州市海珠区"), content_type=ContentType.LOCATION, content="广州国际媒体港",
             details={"latitude": "23.1060218811035", "longitude": "113.320503234863", "address": "广州市海珠区"}),
    accepted("link", message("link", title="标题", desc="说明", url="https://example.com/?a=1&b=2", pic_url="https://p/1"),
             content_type=ContentType.LINK, content="标题", details={"url": "https://example.com/?a=1&b=2", "title": "标题",
                                                                   "description": "说明", "picture_url": "https://p/1"}),
    accepted("business card", message("business_card", userid="zhangsan"), content_type=ContentType.LINK,
             content="zhangsan", details={"type": "business_card", "userid": "zhangsan"}),
    accepted("mini program", message("miniprogram", title="商品", appid="wx1", pagepath="pages/a", thumb_media_id="t"),
             content_type=ContentType.LINK, content="商品", details={"app_id": "wx1", "page_path": "pages/a"}),
    accepted("video account", message("channels", sub_type=1, nickname="店", title="新品"), content_type=ContentType.LINK,
             content="新品", details={"type": "channels", "sub_type": "1", "nickname": "店"}),
    accepted("product", message("channels_shop_product", product_id="1", title="桌子", sales_price="60000"),
             content_type=ContentType.LINK, content="桌子", details={"type": "channels_shop_product", "sales_price": "60000"}),
    accepted("order", message("channels_shop_order", order_id="9", product_titles="桌子,椅子", price_wording="￥60"),
             content_type=ContentType.LINK, content="桌子,椅子", details={"order_id": "9", "price_wording": "￥60"}),
    accepted("menu", message("msgmenu", head_content="满意吗？", list=MENU, tail_content="谢谢"),
             content_type=ContentType.TEXT, content="满意吗？\n满意\n官网\n说明\n谢谢", details={"type": "msgmenu"}),
    accepted("forwarded", message("merged_msg", title="聊天记录", item=ITEMS), content_type=ContentType.TEXT,
             content="聊天记录\n王芳: 在吗\n李雷: [image]", details={"type": "merged_msg"}),
    accepted("unknown message", message("hologram", depth=3, shape={"kind": "cube"}), content_type=ContentType.UNKNOWN,
             details={"type": "hologram", "depth": "3", "shape_kind": "cube"}, trigger="message"),
    accepted("of a person in WeCom", message("text", content="您好") | {"origin": 5, "servicer_userid": "zhangsan"},
             event="servicer_message", content="您好", details={"servicer": "zhangsan", "type": "text"}, trigger=None,
             opens_conversation=False),
    accepted("enter", event("enter_session", scene="123", scene_param="abc", welcome_code="c1",
                            wechat_channels={"nickname": "店", "scene": 1}), event="enter_session", content="123",
             trigger=None, opens_conversation=False, details={"scene": "123", "scene_param": "abc"},
             source={"event": "enter_session", "scene": "123", "scene_param": "abc", "video_account": "店"}),
    accepted("session taken", event("session_status_change", change_type=1, new_servicer_userid="zhangsan"),
             event="session_status_change", content="zhangsan", details={"change": "taken"}),
    accepted("session ended", event("session_status_change", change_type=3, old_servicer_userid="zhangsan", msg_code="c"),
             event="session_status_change", content="zhangsan", details={"change": "ended"}),
    accepted("recalled", event("user_recall_msg", recall_msgid="m9"), event="message_recalled",
             details={"recall_msgid": "m9"}, opens_conversation=False),
    accepted("recalled by a person", event("servicer_recall_msg", recall_msgid="m9", servicer_userid="z"),
             event="servicer_message_recalled"),
    accepted("unknown event", event("reject_customer_msg_switch_change", reject_switch=1),
             event="reject_customer_msg_switch_change", details={"reject_switch": "1"}),
    accepted("no time", message("text", content="a") | {"send_time": "soon"}, sent_at=NOW),
    accepted("from the future", message("text", content="a") | {"send_time": SECOND + 9_000_000}, sent_at=NOW),
]  # fmt: skip

GOOD = request(notice())
WRONG_KEY = replace(ACCOUNT, encoding_aes_key="B" * 43)

REFUSED = [
    Refused("another token", request(notice(), account=replace(ACCOUNT, token="wrong")), WebhookRefusal.BAD_SIGNATURE),
    Refused("a changed signature", replace(GOOD, query={**GOOD.query, "msg_signature": "0" * 40}),
            WebhookRefusal.BAD_SIGNATURE),
    Refused("no signature", replace(GOOD, query={}), WebhookRefusal.BAD_SIGNATURE),
    Refused("the plain mode's signature", replace(GOOD, query={"signature" if name == "msg_signature" else name: value
                                                              for name, value in GOOD.query.items()}),
            WebhookRefusal.BAD_SIGNATURE),
    Refused("a signature that is not ascii", replace(GOOD, query={**GOOD.query, "msg_signature": "é" * 40}),
            WebhookRefusal.BAD_SIGNATURE),
    Refused("another key", request(notice(), account=WRONG_KEY), WebhookRefusal.BAD_SIGNATURE),
    Refused("another company", request(notice(), account=replace(ACCOUNT, corp_id="ww_other")), WebhookRefusal.BAD_SIGNATURE),
    Refused("in clear", raw(xml(notice())), WebhookRefusal.BAD_SIGNATURE),
    Refused("stale", request(notice(), received_at=NOW + timedelta(minutes=11)), WebhookRefusal.STALE),
    Refused("early", request(notice(), timestamp=SECOND + 660), WebhookRefusal.STALE),
    Refused("a time that is none", request(notice(), timestamp=10**15), WebhookRefusal.STALE),
    Refused("an empty body", raw(b""), WebhookRefusal.MALFORMED),
    Refused("not xml", raw(b"<xml>"), WebhookRefusal.MALFORMED),
    Refused("a document type", raw(b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>'),
            WebhookRefusal.MALFORMED),
    Refused("two encrypted parts", raw(b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>"), WebhookRefusal.MALFORMED),
    Refused("PUT", replace(GOOD, method="PUT"), WebhookRefusal.MALFORMED),
    Refused("GET without echo", replace(GOOD, method="GET"), WebhookRefusal.MALFORMED),
    Refused("an empty notice", request(b" \n"), WebhookRefusal.MALFORMED),
]  # fmt: skip

UNREADABLE = [
    Unreadable("no event", request(notice(MsgType="text"))),
    Unreadable("no account", request(notice(OpenKfId=""))),
    Unreadable("an endless account", request(notice(OpenKfId="w" * 300))),
    Unreadable("an endless token", request(notice(Token="t" * 3000))),
    Unreadable("fetched: no kind", fetched(message("text") | {"msgtype": ""})),
    Unreadable("fetched: no customer", fetched(message("text") | {"external_userid": ""})),
    Unreadable("fetched: an event of no kind", fetched(event(""))),
    Unreadable("fetched: a failure of nothing", fetched(event("msg_send_fail", fail_type=4))),
    Unreadable("fetched: larger than the journal takes", fetched(message("text", content="好" * 30_000))),
]

PAIRS = [
    Pair("encrypted twice", request(notice()), request(notice(), nonce="other"), same=True),
    Pair("signed a second later", request(notice()), request(notice(), timestamp=SECOND + 1), same=True),
    Pair("two notices", request(notice()), request(notice(Token="other")), same=False),
    Pair("two accounts", request(notice()), request(notice(OpenKfId="wk2")), same=False),
    Pair("fetched twice", fetched(message("text", content="a")), fetched(message("text", content="a"), name="王芳"), same=True),
    Pair("two messages", fetched(message("text", content="a")), fetched(message("text", content="a") | {"msgid": "m2"}),
         same=False),
    Pair("no ids", fetched(message("text", content="a") | {"msgid": ""}), fetched(message("text", content="b") | {"msgid": ""}),
         same=False),
]  # fmt: skip

CODES = [
    CodeCase("-1", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("6000", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("95001", SendErrorCode.REPLIES_USED_UP),
    CodeCase("95002", SendErrorCode.WINDOW_CLOSED),
    CodeCase("95013", SendErrorCode.WINDOW_CLOSED),
    CodeCase("95000", SendErrorCode.NOT_PERMITTED),
    CodeCase("95012", SendErrorCode.NOT_PERMITTED),
    CodeCase("95018", SendErrorCode.WINDOW_CLOSED),  # the session's state permits it: then it is older than 48 hours
    *(CodeCase(code, SendErrorCode.SERVICER_AWAY) for code in ("95014", "95019", "60253")),
    *(CodeCase(code, SendErrorCode.NOT_PERMITTED) for code in ("95003", "95004", "95011", "95016", "95017", "95023")),
    CodeCase("48002", SendErrorCode.NOT_PERMITTED),
    CodeCase("40096", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("40007", SendErrorCode.MEDIA_REFUSED),
    CodeCase("40008", SendErrorCode.UNSUPPORTED_CONTENT),
    CodeCase("40013", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("60020", SendErrorCode.ADDRESS_NOT_ALLOWED),
    CodeCase("44004", SendErrorCode.CONTENT_REFUSED),
    CodeCase("45002", SendErrorCode.TOO_LONG),
    CodeCase("45009", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("40058", SendErrorCode.PLATFORM_ERROR),
    CodeCase("99999", SendErrorCode.PLATFORM_ERROR),
]


def challenged() -> Challenged:
    query = pushes.challenge(ACCOUNT, timestamp=SECOND, echo="5927…<b>".encode(), nonce="n")
    asked = WebhookRequest(method="GET", query=query, headers={}, body=b"", received_at=NOW)
    return Challenged("encrypted", asked, "5927…<b>".encode())


class WeComBench(SimulatorBench[WeComSimulator]):
    sends = SEND

    def writes(self) -> None:
        self.simulator.writes("王芳", {"msgtype": "text", "text": {"content": "在吗"}})

    def refusal(self, platform_code: str) -> dict[str, Any]:
        return {"code": int(platform_code)}

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(ContentType(message.type), message.content) for message in self.simulator.sent]

    def files(self) -> Sequence[bytes]:
        media = self.simulator.platform.media
        return [media[sent.media_id].data for sent in self.simulator.sent if sent.media_id]

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        return MediaRef(source=self.simulator.platform.store(content_type.value, data, media_type, name))

    def stale_credentials(self) -> Sequence[Callable[[], None]]:
        return [self.simulator.platform.end_tokens, self.simulator.platform.expire_tokens]


class WeComKit(Kit):
    type_name = "wecom_kf"
    challenged = (challenged(),)
    accepted = ACCEPTED
    refused = REFUSED
    unreadable = UNREADABLE
    pairs = PAIRS
    codes = CODES
    corpus = (xml(notice()), xml(notice(Event="change_contact")), json.dumps(notice()).encode())

    def settings(self, api_base: str = NOWHERE) -> dict[str, str]:
        return ACCOUNT.settings(api_base)

    def signed(self, body: bytes) -> WebhookRequest:
        return request(body)

    def says(self, sender: str, text: str, at: datetime, number: int) -> VerifiedRequest:
        item = message("text", content=text) | {"external_userid": sender, "send_time": int(at.timestamp())}
        return kept(item | {"msgid": f"m{number}"}, at)

    def tells(self, status: MessageStatus, external_id: str, recipient: str, at: datetime) -> VerifiedRequest | None:
        if status is not MessageStatus.FAILED:
            return None
        failed = event("msg_send_fail", external_userid=recipient, fail_msgid=external_id, fail_type=4)
        return kept(failed | {"msgid": f"failed {external_id}", "send_time": int(at.timestamp())}, at)

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[WeComBench]:
        async with WeComSimulator(ACCOUNT, clock=clock) as simulator:
            yield WeComBench(simulator, simulator.url, simulator.customer("王芳"))
