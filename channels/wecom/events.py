"""What a fetched message or event says, in the hub's words. Pure; raises only ParseError.

Source: developer.work.weixin.qq.com/document/path/94670. What is not known by name is kept with all its fields.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from channels.trees import flat
from channels.wecom.config import MESSAGE
from channels.wecom.error_codes import FAILURES
from channels.wecom.pages import customer_of, message_id
from scrm.errors import ParseError, SendErrorCode
from scrm.model.conversation import Servicing
from scrm.model.message import ContentType, MessageStatus
from scrm.model.work import Permit
from scrm.ports.channel import (
    ChannelEvent,
    Greeting,
    IncomingMessage,
    MediaRef,
    PlatformEvent,
    ReceiptEvent,
    Sender,
    VerifiedRequest,
)

Raw = Mapping[str, Any]
Content = tuple[ContentType, str, dict[str, str], tuple[MediaRef, ...]]

# `origin`: who made it.
BY_CUSTOMER, BY_PLATFORM, BY_SERVICER = 3, 4, 5
# A company's customers have one id over all its accounts; a unionid reaches further and is taken where it is known.
UNION_REALM = "wechat"
# A platform clock that runs ahead by more than this is not believed: a message from the future would outrank all.
AHEAD = timedelta(minutes=10)
# A code to greet with is good for 20 seconds (document/path/95122).
WELCOME_LASTS = timedelta(seconds=20)
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
MAX_TEXT = 20_000
MAX_VALUE = 2_000
MAX_LINES = 100
SESSION_CHANGES = {1: "taken", 2: "transferred", 3: "ended", 4: "taken_again"}
# Said elsewhere, or of no use to anybody.
NOT_DETAILS = frozenset({"event_type", "open_kfid", "external_userid", "welcome_code", "msg_code"})


def parse(request: VerifiedRequest, corp_id: str, welcome: str = "") -> Sequence[ChannelEvent]:
    """Read what `pages.kept` made. welcome: said to whom the platform lets us greet. Raises ParseError."""
    try:
        raw = msgspec.json.decode(request.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"not JSON: {type(error).__name__}") from None
    if not isinstance(raw, dict):
        raise ParseError("not an object")
    kind = raw.get("msgtype")
    if not isinstance(kind, str) or not kind:
        raise ParseError("no msgtype")
    if raw.get("too_large"):
        raise ParseError("a message larger than the journal takes")
    reading = _Reading(raw, kind[:80], request, corp_id, welcome)
    return reading.event() if kind == "event" else reading.message()


class _Reading:
    def __init__(self, raw: Raw, kind: str, request: VerifiedRequest, corp_id: str, welcome: str) -> None:
        self._raw = raw
        self._kind = kind
        self._id = message_id(raw, request.body)
        self._at = _sent_at(raw.get("send_time"), request.received_at)
        self._customer = customer_of(raw)
        self._facts = request.facts
        self._corp_id = corp_id
        self._welcome = welcome

    def message(self) -> Sequence[ChannelEvent]:
        if not self._customer:
            raise ParseError("no external_userid")
        part = _object(self._raw.get(self._kind))
        content_type, content, details, media = CONTENTS.get(self._kind, _unknown)(part)
        if content_type is ContentType.UNKNOWN:
            details = {**details, "type": self._kind}
        details = {name: value for name, value in details.items() if value}
        if self._raw.get("origin") == BY_SERVICER:
            servicer = _text(self._raw, "servicer_userid")
            said = self._happened("servicer_message", content, {"servicer": servicer, "type": self._kind, **details})
            return [replace(said, answered=True)]
        return [
            IncomingMessage(
                external_id=self._id,
                sender=self._sender(),
                sent_at=self._at,
                content_type=content_type,
                content=content[:MAX_TEXT],
                details=details,
                media=media,
                trigger=MESSAGE,
            )
        ]

    def event(self) -> Sequence[ChannelEvent]:
        event = _object(self._raw.get("event"))
        name = _text(event, "event_type")[:80]
        if not name:
            raise ParseError("no event_type")
        if name == "msg_send_fail":
            return [_failure(event, self._at)]
        if not self._customer:
            return []  # of the account, not of a customer: a person began or ended work, for one
        details = {key: value for key, value in flat(event).items() if key not in NOT_DETAILS}
        if name == "enter_session":
            return [self._entered(event, details)]
        if name == "session_status_change":
            change = SESSION_CHANGES.get(_number(event, "change_type"), str(_number(event, "change_type")))
            takes = _text(event, "new_servicer_userid")
            happened = self._happened(name, takes or _text(event, "old_servicer_userid"), {**details, "change": change})
            # Of a change that is not known, nothing follows but who has the customer now.
            knows = takes or change == "ended"
            return [replace(happened, servicing=Servicing(servicer_id=takes or None, at=self._at) if knows else None)]
        if name in ("user_recall_msg", "servicer_recall_msg"):
            name = "message_recalled" if name == "user_recall_msg" else "servicer_message_recalled"
        return [self._happened(name, "", details)]

    def _entered(self, event: Raw, details: dict[str, str]) -> PlatformEvent:
        """The customer opened the chat: from where (`scene` is the link's, set when it was made), and with what."""
        source = {name: _text(event, name) for name in ("scene", "scene_param")}
        video_account = _text(_object(event.get("wechat_channels")), "nickname")
        source |= {"event": "enter_session", "video_account": video_account}
        code, greeting = _text(event, "welcome_code"), None
        if code and self._welcome:
            greeting = Greeting(content=self._welcome, permit=Permit(code=code, until=self._at + WELCOME_LASTS))
        entered = self._happened(
            "enter_session", source["scene"], details, {name: value for name, value in source.items() if value}
        )
        return replace(entered, greeting=greeting)

    def _happened(
        self, event: str, content: str, details: Mapping[str, str], source: dict[str, str] | None = None
    ) -> PlatformEvent:
        return PlatformEvent(
            external_id=self._id,
            sender=self._sender(),
            sent_at=self._at,
            event=event,
            content=content[:MAX_TEXT],
            details={name: value for name, value in details.items() if value},
            source=source or {},
        )

    def _sender(self) -> Sender:
        union_id = self._facts.get("union_id")
        return Sender(
            handle=self._customer,
            name=self._facts.get("name") or None,
            union_id=union_id or self._customer,
            union_realm=UNION_REALM if union_id else f"wecom:{self._corp_id}",
        )


def _failure(event: Raw, at: datetime) -> ReceiptEvent:
    failed = _text(event, "fail_msgid")
    if not failed:
        raise ParseError("a failure of nothing")
    reason = _number(event, "fail_type")
    return ReceiptEvent(
        external_id=failed[:200],
        status=MessageStatus.FAILED,
        at=at,
        code=FAILURES.get(reason, SendErrorCode.PLATFORM_ERROR),
        platform_code=f"fail_type {reason}",
    )


# Contents


def _media(part: Raw, media_type: str) -> tuple[MediaRef, ...]:
    media_id = _text(part, "media_id")
    return (MediaRef(source=media_id[:512], media_type=media_type),) if media_id else ()


def _plain(part: Raw) -> Content:
    return ContentType.TEXT, _text(part, "content", MAX_TEXT), {"menu_id": _text(part, "menu_id")}, ()


def _location(part: Raw) -> Content:
    name, address = _text(part, "name"), _text(part, "address")
    details = {"latitude": _text(part, "latitude"), "longitude": _text(part, "longitude"), "address": address}
    return ContentType.LOCATION, name or address, {**details, "name": name}, ()


def _link(part: Raw) -> Content:
    title = _text(part, "title")
    details = {
        "url": _text(part, "url"),
        "title": title,
        "description": _text(part, "desc"),
        "picture_url": _text(part, "pic_url"),
    }
    return ContentType.LINK, title, details, ()


def _mini_program(part: Raw) -> Content:
    title = _text(part, "title")
    details = {
        "type": "miniprogram",
        "title": title,
        "app_id": _text(part, "appid"),
        "page_path": _text(part, "pagepath"),
        "thumb_media_id": _text(part, "thumb_media_id"),
    }
    return ContentType.LINK, title, details, ()


def _card(kind: str, *titles: str) -> Callable[[Raw], Content]:
    """Something shown as a card: its title is the first of `titles` that says anything."""

    def read(part: Raw) -> Content:
        title = next((value for name in titles if (value := _text(part, name))), "")
        return ContentType.LINK, title, {**flat(part), "type": kind, "title": title}, ()

    return read


def _menu(part: Raw) -> Content:
    """A menu as text, an item a line: what the customer saw."""
    lines = [_text(part, "head_content")]
    for item in _list(part.get("list")):
        inner = _object(item.get(_text(item, "type")))
        lines.append(_text(inner, "content"))
    lines.append(_text(part, "tail_content"))
    return ContentType.TEXT, "\n".join(filter(None, lines)), {"type": "msgmenu"}, ()


def _forwarded(part: Raw) -> Content:
    """A conversation the customer passes on: who said what, a line each; what is no text by its kind."""
    lines = [_text(part, "title")]
    for item in _list(part.get("item")):
        said = _said(item)
        lines.append(f"{_text(item, 'sender_name')}: {said}" if said else "")
    return ContentType.TEXT, "\n".join(filter(None, lines)), {"type": "merged_msg"}, ()


def _said(item: Raw) -> str:
    """msg_content is JSON in a string, formed as a message of its kind."""
    kind = _text(item, "msgtype")
    try:
        inner = msgspec.json.decode(_text(item, "msg_content", MAX_TEXT))
    except (msgspec.MsgspecError, RecursionError):
        return f"[{kind}]"
    part = _object(_object(inner).get(kind))
    return _text(part, "content") or _text(part, "title") or f"[{kind}]"


def _unknown(part: Raw) -> Content:
    return ContentType.UNKNOWN, "", flat(part), ()


CONTENTS: dict[str, Callable[[Raw], Content]] = {
    "text": _plain,
    "image": lambda part: (ContentType.IMAGE, "", {}, _media(part, "image/jpeg")),
    "voice": lambda part: (ContentType.VOICE, "", {}, _media(part, "audio/amr")),
    "video": lambda part: (ContentType.VIDEO, "", {}, _media(part, "video/mp4")),
    "file": lambda part: (ContentType.FILE, "", {}, _media(part, "application/octet-stream")),
    "location": _location,
    "link": _link,
    "miniprogram": _mini_program,
    "business_card": _card("business_card", "userid"),
    "channels": _card("channels", "title", "nickname"),
    "channels_shop_product": _card("channels_shop_product", "title"),
    "channels_shop_order": _card("channels_shop_order", "product_titles"),
    "msgmenu": _menu,
    "merged_msg": _forwarded,
}


# Values


def _object(value: object) -> Raw:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Raw]:
    return [_object(item) for item in value[:MAX_LINES]] if isinstance(value, list) else []


def _text(part: Raw, name: str, limit: int = MAX_VALUE) -> str:
    value = part.get(name)
    if isinstance(value, str):
        return value[:limit]
    return str(value)[:limit] if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _number(part: Raw, name: str) -> int:
    value = part.get(name)
    return value if type(value) is int and abs(value) < 10**9 else 0


def _sent_at(value: object, received_at: datetime) -> datetime:
    """The platform's second; the time of arrival where it is missing or absurd."""
    if type(value) is not int or not 0 < value < 10**11:
        return received_at
    sent_at = datetime.fromtimestamp(value, UTC)
    return sent_at if EARLIEST <= sent_at <= received_at + AHEAD else received_at
