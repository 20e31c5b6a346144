"""WhatsApp's fixtures for the conformance suite. Pushes as the platform writes them: ASCII, with \\u escapes."""
# ruff: noqa: E501 - tables, a row a line

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from channels.meta.signed import signature
from channels.whatsapp.simulator import Account, WhatsAppSimulator
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

ACCOUNT = Account()
APP = ACCOUNT.app
SECOND = int(NOW.timestamp())
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HANDLE = "8613800138000"
USER_ID = "CN.13491208655302741918"
WAMID = "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA="
ANSWERED = "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI4QTNGMjU5Q0ZERjA1RkI3AA=="
SENDER = Sender(handle=HANDLE, name="王芳", phone=f"+{HANDLE}", union_id=USER_ID, union_realm="whatsapp")
CONTACT = {"profile": {"name": "王芳"}, "wa_id": HANDLE, "user_id": USER_ID}

Object = dict[str, Any]


def change(number: str = ACCOUNT.phone_number_id, field: str = "messages", **value: Any) -> Object:
    metadata = {"display_phone_number": "15550783881", "phone_number_id": number}
    return {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}


def push(*changes: Object) -> bytes:
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT.account_id, "changes": list(changes)}]}
    ).encode()


def one(kind: str = "text", contact: Object | None = CONTACT, sender: str | None = HANDLE, **fields: Any) -> bytes:
    """A push of one message."""
    message: Object = {
        "from": sender,
        "from_user_id": USER_ID,
        "id": WAMID,
        "timestamp": str(SECOND),
        "type": kind,
        **fields,
    }
    message = {name: value for name, value in message.items() if value is not None}
    people: Object = {"contacts": [contact]} if contact else {}
    return push(change(messages=[message], **people))


def status_of(name: str = "delivered", id_: str = ANSWERED, **fields: Any) -> Object:
    return {"id": id_, "status": name, "timestamp": str(SECOND), "recipient_id": HANDLE, **fields}


def request(body: bytes, secret: str = APP.app_secret, **changes: Any) -> WebhookRequest:
    return pushed(body, {"x-hub-signature-256": signature(body, secret)}, **changes)


def question(**query: str) -> WebhookRequest:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": APP.verify_token} | query
    return WebhookRequest(method="GET", query=asked, headers={}, body=b"", received_at=NOW)


def file(**fields: Any) -> Object:
    return {"id": "1013859600285441", "mime_type": "image/jpeg", "sha256": "x"} | fields


def media(media_type: str, name: str | None = None) -> tuple[MediaRef, ...]:
    return (MediaRef(source="1013859600285441", media_type=media_type, file_name=name),)


def accepted(name: str, body: bytes, **expected: Any) -> Accepted:
    return Accepted(name, request(body), expected)


PLACE = {"latitude": 31.2304, "longitude": 121.4737}
CARD = {"name": {"formatted_name": "李雷", "first_name": "雷"}, "phones": [{"phone": "+86 139", "wa_id": "86139", "type": "CELL"}],
        "emails": [{"email": "l@example.com"}], "org": {"company": "某公司"}}  # fmt: skip
ITEM = {"product_retailer_id": "di9ozbzfi4", "quantity": 2, "item_price": 7.99, "currency": "USD"}
UNSUPPORTED = [{"code": 131051, "title": "Message type unknown", "message": "Message type unknown",
                "error_data": {"details": "Message type is currently not supported."}}]  # fmt: skip
MOVED = {
    "body": "User changed",
    "type": "user_changed_number",
    "wa_id": "8613900139000",
    "user_id": "CN.2",
    "previous_user_id": USER_ID,
}

ACCEPTED = [
    accepted("text", one(text={"body": "  你好 😀 <b>\n"}), content_type=ContentType.TEXT, content="  你好 😀 <b>\n", sender=SENDER,
             sent_at=AT, external_id=WAMID, trigger="message", edited_at=None),
    accepted("without a number", one(contact={"profile": {"name": "王芳", "username": "wf"}, "user_id": USER_ID}, text={"body": "a"}, sender=None),
             sender=replace(SENDER, handle=USER_ID, phone=None)),
    accepted("of an older kind", one(contact={"profile": {"name": "王芳"}, "wa_id": HANDLE}, text={"body": "a"}, from_user_id=None),
             sender=replace(SENDER, union_id=None, union_realm=None)),
    accepted("nobody is named", one(contact=None, text={"body": "a"}), sender=replace(SENDER, name=None)),
    accepted("image", one("image", image=file(caption="坏了")), content_type=ContentType.IMAGE, content="坏了", media=media("image/jpeg")),
    accepted("voice", one("audio", audio=file(mime_type="audio/ogg; codecs=opus", voice=True)), content_type=ContentType.VOICE,
             content="", media=media("audio/ogg"), details={"recorded": "1"}),
    accepted("audio", one("audio", audio=file(mime_type="audio/mpeg", voice=False)), content_type=ContentType.VOICE, media=media("audio/mpeg")),
    accepted("video", one("video", video=file(mime_type="video/mp4", caption="看")), content_type=ContentType.VIDEO, content="看",
             media=media("video/mp4")),
    accepted("document", one("document", document=file(mime_type="application/pdf", filename="合同.pdf")), content_type=ContentType.FILE,
             media=media("application/pdf", "合同.pdf")),
    accepted("sticker", one("sticker", sticker=file(mime_type="image/webp", animated=True)), content_type=ContentType.IMAGE,
             media=media("image/webp"), details={"sticker": "1", "animated": "1"}),
    accepted("location", one("location", location=PLACE), content_type=ContentType.LOCATION, details={"latitude": "31.2304", "longitude": "121.4737"}),
    accepted("a place with a name", one("location", location=PLACE | {"name": "人民广场", "address": "黄浦区", "url": "https://a.cn"}), content="人民广场",
             details={"address": "人民广场 黄浦区", "url": "https://a.cn"}),
    accepted("contacts", one("contacts", contacts=[CARD]), content_type=ContentType.TEXT, content="李雷 某公司 +86 139 l@example.com",
             details={"type": "contact", "phone_number": "+86 139"}, sender=SENDER),
    accepted("a button of a template", one("button", button={"text": "联系客服", "payload": "human"}), content="联系客服", details={"type": "button", "data": "human"}),
    accepted("a button", one("interactive", interactive={"type": "button_reply", "button_reply": {"id": "ok", "title": "好的"}}), content="好的",
             details={"type": "button", "data": "ok"}),
    accepted("a line of a list", one("interactive", interactive={"type": "list_reply", "list_reply": {"id": "sf", "title": "顺丰", "description": "次日达"}}),
             content="顺丰", details={"data": "sf", "description": "次日达"}),
    accepted("a form", one("interactive", interactive={"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{\"a\": 1}"}}),
             content="Sent", details={"type": "form", "form": "flow", "data": "{\"a\": 1}"}),
    accepted("an unknown choice", one("interactive", interactive={"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}),
             content_type=ContentType.UNKNOWN, details={"type": "interactive", "interactive_call_permission_reply_response": "accept"}),
    accepted("order", one("order", order={"catalog_id": "7", "text": "要两个", "product_items": [ITEM]}), content="要两个\ndi9ozbzfi4 × 2 7.99 USD",
             details={"type": "order", "catalog": "7"}),
    accepted("a reply", one(text={"body": "1234"}, context={"from": "15550783881", "id": ANSWERED}), details={"reply_to": ANSWERED}),
    accepted("forwarded", one(text={"body": "a"}, context={"frequently_forwarded": True}), details={"forwarded": "1"}),
    accepted("about a product", one(text={"body": "有货吗"}, context={"from": "1", "id": ANSWERED, "referred_product": {"catalog_id": "7", "product_retailer_id": "x1"}}),
             details={"product": "x1", "catalog": "7", "reply_to": ANSWERED}),
    accepted("by an advertisement", one(text={"body": "a"}, referral={"source_url": "https://fb.me/1", "source_id": "12", "source_type": "ad", "headline": "大促", "ctwa_clid": "c"}),
             details={"ad_url": "https://fb.me/1", "ad_id": "12", "ad_headline": "大促", "ad_ctwa_clid": "c"}),
    accepted("edited", one("edit", edit={"original_message_id": ANSWERED, "message": {"type": "text", "text": {"body": "退款"}}}),
             external_id=ANSWERED, content="退款", edited_at=AT),
    accepted("taken back", one("revoke", revoke={"original_message_id": ANSWERED}), event="message_deleted", details={"message": ANSWERED}),
    accepted("a reaction", one("reaction", reaction={"message_id": ANSWERED, "emoji": "❤"}), event="reaction", content="❤", details={"message": ANSWERED}),
    accepted("a reaction taken back", one("reaction", reaction={"message_id": ANSWERED}), event="reaction_removed"),
    accepted("another number", one("system", contact=None, system=MOVED), event="changed_number", details={"phone_number": HANDLE},
             sender=Sender(handle="8613900139000", phone="+8613900139000", union_id=USER_ID, union_realm="whatsapp")),
    accepted("the chat is opened", one("request_welcome"), event="enter", opens_conversation=False),
    accepted("what the platform keeps", one("unsupported", errors=UNSUPPORTED, unsupported={"type": "poll_creation"}), content_type=ContentType.UNKNOWN,
             details={"type": "unsupported", "unsupported_type": "poll_creation", "error": "131051", "error_words": "Message type is currently not supported."}),
    accepted("an unknown type", one("hologram", hologram={"depth": 3, "shape": {"kind": "cube"}, "live": True}), content_type=ContentType.UNKNOWN,
             details={"type": "hologram", "hologram_depth": "3", "hologram_shape_kind": "cube", "hologram_live": "1"}),
    accepted("from the future", one(text={"body": "a"}, timestamp=str(SECOND + 9_000_000)), sent_at=NOW),
    accepted("no time", one(text={"body": "a"}, timestamp=None), sent_at=NOW),
    accepted("beside another number's", push(change("999", messages=[{"from": "1", "id": "w", "type": "text", "text": {"body": "b"}}]),
             change(field="account_update", event="x"), change(contacts=[CONTACT], messages=[{"from": HANDLE, "id": WAMID, "type": "text", "text": {"body": "a"}}])),
             content="a"),
]  # fmt: skip

GOOD = one(text={"body": "a"})

REFUSED = [
    Refused("another secret", request(GOOD, "0" * 32), WebhookRefusal.BAD_SIGNATURE),
    Refused("no signature", request(GOOD, headers={}), WebhookRefusal.BAD_SIGNATURE),
    Refused(
        "an older signature only", request(GOOD, headers={"x-hub-signature": "sha1=0"}), WebhookRefusal.BAD_SIGNATURE
    ),
    Refused("another body's", request(GOOD + b" ", headers=dict(request(GOOD).headers)), WebhookRefusal.BAD_SIGNATURE),
    Refused(
        "a bare digest",
        request(GOOD, headers={"x-hub-signature-256": signature(GOOD, APP.app_secret)[7:]}),
        WebhookRefusal.BAD_SIGNATURE,
    ),
    Refused("not ascii", request(GOOD, headers={"x-hub-signature-256": "é\udcff"}), WebhookRefusal.BAD_SIGNATURE),
    Refused("another verify token", question(**{"hub.verify_token": "x"}), WebhookRefusal.BAD_SIGNATURE),
    Refused("no verify token", question(**{"hub.verify_token": ""}), WebhookRefusal.BAD_SIGNATURE),
    Refused("another question", question(**{"hub.mode": "unsubscribe"}), WebhookRefusal.MALFORMED),
    Refused("markup to repeat", question(**{"hub.challenge": "<script>"}), WebhookRefusal.MALFORMED),
    Refused("PUT", request(GOOD, method="PUT"), WebhookRefusal.MALFORMED),
    Refused("empty", request(b" \n"), WebhookRefusal.MALFORMED),
]

UNREADABLE = [
    Unreadable("of nothing", request(b'{"object": "whatsapp_business_account"}')),
    Unreadable("no object", request(b'{"entry": []}')),
    Unreadable("entries that are none", request(b'{"object": "whatsapp_business_account", "entry": [1]}')),
    Unreadable("messages that are none", request(push(change(messages="a")))),
    Unreadable("no sender", request(one(contact=None, text={"body": "a"}, from_user_id=None, sender=None))),
    Unreadable("no id", request(one(text={"body": "a"}, id=None))),
    Unreadable("no text", request(one())),
    Unreadable("a text that is a list", request(one(text={"body": ["a"]}))),
    Unreadable("a file without an id", request(one("image", image={"mime_type": "image/png"}))),
    Unreadable("a place without a length", request(one("location", location={"latitude": 1.0}))),
    Unreadable("an edit of nothing", request(one("edit", edit={}))),
    Unreadable("a reaction to nothing", request(one("reaction", reaction={"emoji": "a"}))),
    Unreadable("a status without an id", request(push(change(statuses=[{"status": "read"}])))),
]

PAIRS = [
    Pair("delivered again", request(GOOD), request(GOOD, received_at=NOW + timedelta(hours=3)), same=True),
    Pair("written otherwise", request(GOOD), request(json.dumps(json.loads(GOOD), ensure_ascii=False, indent=1).encode()), same=True),
    Pair("two messages", request(GOOD), request(one(text={"body": "a"}, id=ANSWERED)), same=False),
    Pair("a reaction and its end", request(one("reaction", reaction={"message_id": ANSWERED, "emoji": "❤"})), request(one("reaction", id="wamid.2", reaction={"message_id": ANSWERED})), same=False),
]  # fmt: skip

CODES = [
    CodeCase("131047", SendErrorCode.WINDOW_CLOSED),
    CodeCase("131026", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("131021", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("131050", SendErrorCode.NO_CONSENT),
    CodeCase("131051", SendErrorCode.UNSUPPORTED_CONTENT),
    CodeCase("131052", SendErrorCode.MEDIA_REFUSED),
    CodeCase("131053", SendErrorCode.MEDIA_REFUSED),
    CodeCase("132001", SendErrorCode.TEMPLATE_REFUSED),
    CodeCase("132012", SendErrorCode.TEMPLATE_REFUSED),
    CodeCase("4", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("80007", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("130429", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("131056", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("131048", SendErrorCode.DAILY_QUOTA),
    CodeCase("131016", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("2", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("131049", SendErrorCode.NOT_PERMITTED),
    CodeCase("131031", SendErrorCode.NOT_PERMITTED),
    CodeCase("131042", SendErrorCode.NOT_PERMITTED),
    CodeCase("133010", SendErrorCode.NOT_PERMITTED),
    CodeCase("10", SendErrorCode.NOT_PERMITTED),
    CodeCase("200", SendErrorCode.NOT_PERMITTED),
    CodeCase("190", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("190/463", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("100", SendErrorCode.PLATFORM_ERROR),
    CodeCase("999999", SendErrorCode.PLATFORM_ERROR),
]
SHOWN = {"text": "text", "image": "image", "audio": "voice", "video": "video", "document": "file", "template": "text"}


class WhatsAppBench(SimulatorBench[WhatsAppSimulator]):
    sends = "messages"

    def writes(self) -> None:
        self.simulator.platform.wrote_at["王芳"] = self.simulator.clock.now()

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(ContentType(SHOWN[sent.kind]), sent.content) for sent in self.simulator.sent]

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        media_id = self.simulator.platform.keep_file(data, media_type, name)
        return MediaRef(source=media_id, media_type=media_type, file_name=name)


class WhatsAppKit(Kit):
    type_name = "whatsapp"
    challenged = (Challenged("a new address", question(), b"1158201444"),)
    accepted = ACCEPTED
    refused = REFUSED
    unreadable = UNREADABLE
    pairs = PAIRS
    codes = CODES
    corpus = [
        GOOD,
        one("image", image=file(caption="a"), context={"from": "1", "id": ANSWERED}),
        one("interactive", interactive={"type": "list_reply", "list_reply": {"id": "sf", "title": "顺丰"}}),
        one("contacts", contacts=[CARD]),
        one("order", order={"catalog_id": "7", "product_items": [ITEM]}),
        one("system", contact=None, system=MOVED),
        one("edit", edit={"original_message_id": ANSWERED, "message": {"type": "text", "text": {"body": "退款"}}}),
        one("hologram", hologram={"depth": [1, 2, {"a": None}]}),
        push(
            change(statuses=[status_of(), status_of("failed", errors=UNSUPPORTED)]),
            change(contacts=[CONTACT], messages=[]),
        ),
    ]

    def settings(self, api_base: str = NOWHERE) -> dict[str, str]:
        return {
            "phone_number_id": ACCOUNT.phone_number_id,
            "account_id": ACCOUNT.account_id,
            "access_token": APP.access_token,
            "app_secret": APP.app_secret,
            "verify_token": APP.verify_token,
            "callback": "hub",
            "api_base": api_base,
        }

    def signed(self, body: bytes) -> WebhookRequest:
        return request(body)

    def says(self, sender: str, text: str, at: datetime, number: int) -> WebhookRequest:
        contact = {"profile": {"name": "王芳"}, "wa_id": sender}
        more = {"id": f"wamid.{number}", "timestamp": str(int(at.timestamp())), "from_user_id": None}
        return request(one(contact=contact, sender=sender, text={"body": text}, **more), received_at=at)

    def tells(self, status: MessageStatus, external_id: str, recipient: str, at: datetime) -> WebhookRequest | None:
        told = status_of(status.value, external_id, recipient_id=recipient, timestamp=str(int(at.timestamp())))
        return request(push(change(statuses=[told])), received_at=at)

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[WhatsAppBench]:
        async with WhatsAppSimulator(ACCOUNT, clock=clock) as simulator:
            yield WhatsAppBench(simulator, simulator.api_base, simulator.platform.person("王芳").phone)
