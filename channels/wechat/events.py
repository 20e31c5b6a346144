"""What a push says, in the hub's words. Pure; raises only ParseError.

Sources: developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html and
Receiving_event_pushes.html; the event names of wechatpy 1.8.18. What is not known by name is kept with all its fields.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from channels.wechat.config import Trigger
from channels.wechat.webhook import key_of
from channels.wx.payloads import Malformed, read_fields
from channels.wx.signed import read_time
from scrm.errors import ParseError
from scrm.model.message import ContentType, MessageStatus
from scrm.ports.channel import (
    ChannelEvent,
    ConsentGiven,
    IncomingMessage,
    MediaRef,
    PlatformEvent,
    ReceiptEvent,
    Sender,
    VerifiedRequest,
)

Fields = Mapping[str, str]

# One owner's accounts under one Open Platform account share unionids; those of different owners never coincide.
UNION_REALM = "wechat"
# The platform speaks for itself in these, under a handle that is no customer's.
ACCOUNT_EVENTS = frozenset({
    "qualification_verify_success", "qualification_verify_fail", "naming_verify_success", "naming_verify_fail",
    "annual_renew", "verify_expired", "masssendjobfinish", "publishjobfinish", "card_pass_check",
    "card_not_pass_check", "card_sku_remind", "card_pay_order", "poi_check_notify", "wxa_media_check",
    "user_scan_product_verify_action", "update_invoice_status",
})  # fmt: skip
PLATFORM_NAME = "微信平台"
# Menu buttons that push something, and so permit replies; a view button opens a page and permits none.
PUSHING_BUTTONS = frozenset({"click", "scancode_push", "scancode_waitmsg"})
PAYMENTS = frozenset({"user_pay_from_pay_cell", "merchant_order"})
# A menu key that asks for a person; any other click only stands on the timeline.
ASKS_FOR_HELP = re.compile(
    r"人工|客服|(?:^|[^a-z])(?:kf|kefu|service|support|help|agent|human)(?:[^a-z]|$)", re.IGNORECASE
)
VOICE_TYPES = {"amr": "audio/amr", "mp3": "audio/mpeg", "speex": "audio/x-speex", "silk": "audio/silk"}
# Said elsewhere in the event, or of no use to anybody.
NOT_DETAILS = frozenset({"ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Event", "Encrypt", "UnionId"})
CONSENT_EVENTS = frozenset({"subscribe_msg_popup_event", "subscribe_msg_change_event"})
MAX_CONSENTS = 20
MAX_RECEIPT_ID = 64
MAX_SIGNED_64 = 2**63 - 1
# A platform clock that runs ahead by more than this is not believed: a message from the future would outrank all.
AHEAD = timedelta(minutes=10)
EARLIEST = datetime(2011, 1, 1, tzinfo=UTC)


def parse(request: VerifiedRequest) -> Sequence[ChannelEvent]:
    """Read a verified push. Raises ParseError."""
    try:
        fields = read_fields(request.body, request.facts.get("format", "xml"))
    except Malformed as error:
        raise ParseError(str(error)) from None
    kind = fields.get("MsgType", "").strip().lower()
    if not kind:
        raise ParseError("no MsgType")
    if not fields.get("FromUserName"):
        raise ParseError("no FromUserName")
    if kind == "event" or kind.startswith("device_"):
        return _event(fields, kind, request.received_at)
    return [_message(fields, kind, request.received_at)]


def _message(fields: Fields, kind: str, received_at: datetime) -> IncomingMessage:
    read = MESSAGES.get(kind, _unknown)
    content_type, content, details, media = read(fields)
    message_id = fields.get("MsgId", "")
    numeric = message_id.isascii() and message_id.isdigit() and len(message_id) <= 19
    return IncomingMessage(
        external_id=key_of(fields).removeprefix("message:"),
        sender=_sender(fields),
        sent_at=_sent_at(fields, received_at),
        sequence=int(message_id) if numeric and int(message_id) <= MAX_SIGNED_64 else None,
        content_type=content_type,
        content=content,
        details={name: value for name, value in details.items() if value},
        media=media,
        trigger=Trigger.MESSAGE,
    )


Content = tuple[ContentType, str, dict[str, str], tuple[MediaRef, ...]]


def _media(fields: Fields, media_type: str, file_name: str | None = None) -> tuple[MediaRef, ...]:
    media_id = fields.get("MediaId", "")
    return (MediaRef(source=media_id, media_type=media_type, file_name=file_name),) if media_id else ()


def _text(fields: Fields) -> Content:
    return ContentType.TEXT, fields.get("Content", ""), {"menu_id": fields.get("bizmsgmenuid", "")}, ()


def _image(fields: Fields) -> Content:
    return ContentType.IMAGE, "", {"url": fields.get("PicUrl", "")}, _media(fields, "image/jpeg")


def _voice(fields: Fields) -> Content:
    form = fields.get("Format", "").lower()
    details = {"format": form, "high_quality_media_id": fields.get("MediaId16K", "")}
    return ContentType.VOICE, fields.get("Recognition", ""), details, _media(fields, VOICE_TYPES.get(form, "audio/amr"))


def _video(fields: Fields) -> Content:
    details = {
        "thumb_media_id": fields.get("ThumbMediaId", ""),
        "short": "1" if fields.get("MsgType") == "shortvideo" else "",
    }
    return ContentType.VIDEO, "", details, _media(fields, "video/mp4")


def _location(fields: Fields) -> Content:
    label = fields.get("Label", "")
    details = {
        "latitude": fields.get("Location_X", ""),
        "longitude": fields.get("Location_Y", ""),
        "scale": fields.get("Scale", ""),
        "address": label,
    }
    return ContentType.LOCATION, label, details, ()


def _link(fields: Fields) -> Content:
    title = fields.get("Title", "")
    details = {"url": fields.get("Url", ""), "title": title, "description": fields.get("Description", "")}
    return ContentType.LINK, title, details, ()


def _file(fields: Fields) -> Content:
    """The platform names a customer's file but, unlike a picture's, gives no handle to fetch it with."""
    name = fields.get("Title", "")
    details = {
        "file_name": name,
        "description": fields.get("Description", ""),
        "size": fields.get("FileTotalLen", ""),
        "md5": fields.get("FileMd5", ""),
    }
    return ContentType.FILE, name, details, _media(fields, "application/octet-stream", name or None)


def _mini_program(fields: Fields) -> Content:
    title = fields.get("Title", "")
    details = {
        "type": "miniprogrampage",
        "title": title,
        "app_id": fields.get("AppId", ""),
        "page_path": fields.get("PagePath", ""),
        "thumb_url": fields.get("ThumbUrl", ""),
    }
    return ContentType.LINK, title, details, ()


def _unknown(fields: Fields) -> Content:
    return ContentType.UNKNOWN, "", {**_details(fields), "type": fields.get("MsgType", "")}, ()


MESSAGES: dict[str, Callable[[Fields], Content]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "shortvideo": _video,
    "location": _location,
    "link": _link,
    "file": _file,
    "miniprogrampage": _mini_program,
}


def _event(fields: Fields, kind: str, received_at: datetime) -> Sequence[ChannelEvent]:
    name = _snake(fields.get("Event", "") or kind)
    if kind.startswith("device_") and not name.startswith("device_"):
        name = f"device_{name}"
    if name == "templatesendjobfinish":
        return [_receipt(fields.get("MsgID", ""), fields.get("Status", ""), _sent_at(fields, received_at))]
    if name == "subscribe_msg_sent_event":
        return _subscribe_receipts(fields, received_at)
    key = fields.get("EventKey", "")
    details = _details(fields)
    trigger: str | None = None
    subscribed: bool | None = None
    source: dict[str, str] = {}
    if name == "subscribe":
        trigger, subscribed = Trigger.FOLLOW, True
        scene = key.removeprefix("qrscene_") if key.startswith("qrscene_") else ""
        name, source = "follow", _source("follow", scene)
        details |= {"scene": scene} if scene else {}
    elif name == "unsubscribe":
        name, subscribed = "unfollow", False
    elif name == "scan":
        trigger, subscribed = Trigger.SCAN, True
        source = _source("scan", key)
        details["scene"] = key
    elif name in PUSHING_BUTTONS:
        name, trigger = ("menu_click" if name == "click" else name), Trigger.MENU_CLICK
    elif name in ("view", "view_miniprogram"):
        name = "menu_" + name
    elif name in PAYMENTS:
        trigger = Trigger.PAYMENT
    return [
        PlatformEvent(
            external_id=key_of(fields),
            sender=_sender(fields, PLATFORM_NAME if name in ACCOUNT_EVENTS else None),
            sent_at=_sent_at(fields, received_at),
            event=name,
            content=details.get("scene", key),
            details=details,
            trigger=trigger,
            opens_conversation=name == "menu_click" and bool(ASKS_FOR_HELP.search(key)),
            subscribed=subscribed,
            source=source,
            key=key if trigger is Trigger.MENU_CLICK else None,
            consents=_consents(fields, name),
        )
    ]


def _consents(fields: Fields, name: str) -> tuple[ConsentGiven, ...]:
    """One push tells of several templates: `…/List`, `…/List#2` …; of those the customer said yes or no to."""
    if name not in CONSENT_EVENTS:
        return ()
    found: list[ConsentGiven] = []
    for place, template_id in fields.items():
        if place.rpartition("/")[2] == "TemplateId" and template_id and len(found) < MAX_CONSENTS:
            said = fields.get(place.removesuffix("TemplateId") + "SubscribeStatusString", "").strip().lower()
            if said in ("accept", "reject"):
                found.append(ConsentGiven(template_id=template_id[:64], given=said == "accept"))
    return tuple(found)


def _source(event: str, scene: str) -> dict[str, str]:
    return {"event": event, "scene": scene} if scene else {"event": event}


def _receipt(external_id: str, status: str, at: datetime) -> ReceiptEvent:
    """status: `success`, or `failed: user block`, `failed: system failed` …"""
    if not 0 < len(external_id) <= MAX_RECEIPT_ID:
        raise ParseError("a receipt that does not say of what")
    success = status.strip().lower() == "success"
    return ReceiptEvent(
        external_id=external_id,
        status=MessageStatus.DELIVERED if success else MessageStatus.FAILED,
        at=at,
        platform_code="" if success else status[:100],
    )


def _subscribe_receipts(fields: Fields, received_at: datetime) -> Sequence[ReceiptEvent]:
    """One push tells of several subscribe messages: `…/List`, `…/List#2` …, in XML and in JSON."""
    at = _sent_at(fields, received_at)
    found = []
    for name, value in fields.items():
        if name.rpartition("/")[2] in ("MsgID", "MsgId") and "List" in name:
            prefix = name.rpartition("/")[0]
            code = fields.get(f"{prefix}/ErrorCode", "0")
            status = "success" if code == "0" else f"{code} {fields.get(f'{prefix}/ErrorStatus', '')}".strip()
            found.append(_receipt(value, status, at))
    if not found:
        raise ParseError("a receipt that does not say of what")
    return found


def _sender(fields: Fields, name: str | None = None) -> Sender:
    union_id = fields.get("UnionId") or fields.get("unionid") or None
    handle = fields["FromUserName"]
    if len(handle) > 256:
        raise ParseError("a FromUserName longer than 256 characters")
    return Sender(handle=handle, name=name, union_id=union_id, union_realm=UNION_REALM if union_id else None)


def _sent_at(fields: Fields, received_at: datetime) -> datetime:
    """The platform's second; the time of arrival where it is missing or absurd."""
    sent_at = read_time(fields.get("CreateTime", ""))
    if sent_at is None or not EARLIEST <= sent_at <= received_at + AHEAD:
        return received_at
    return sent_at


def _details(fields: Fields) -> dict[str, str]:
    """The remaining fields, named in lower snake case, so that any store and screen can take them."""
    details: dict[str, str] = {}
    for name, value in fields.items():
        if name in NOT_DETAILS:
            continue
        plain = base = _snake(name) or "field"
        count = 1
        while plain in details:
            count += 1
            plain = f"{base}_{count}"
        details[plain] = value
    return details


def _snake(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:200])
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")[:80]
