"""What a push or a comment says, in the hub's words. Pure; raises only ParseError.

Sources, open.weibo.com/wiki/: 接收普通消息, 接收事件推送, 消息推送服务, C/2/comments/to_me. The platform asks to pass
over types that it adds later; here they are kept with all their fields.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

from channels.trees import Malformed, Tree, flat, kept, part
from channels.weibo.config import COMMENTED, MENTIONED, SAID
from channels.weibo.webhook import read_tree, user_id
from scrm.errors import ParseError
from scrm.model.message import ContentType
from scrm.ports.channel import (
    ChannelEvent,
    IncomingMessage,
    MediaRef,
    PlatformEvent,
    Sender,
    VerifiedRequest,
)

MAX_TEXT = 20_000
MAX_QUOTE = 300
# A platform clock that runs ahead by more is not believed: a message from the future would outrank all.
AHEAD = timedelta(minutes=10)
EARLIEST = datetime(2009, 8, 1, tzinfo=UTC)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What permits replies for two days (发送客服消息).
OPENING = frozenset({"follow", "subscribe", "click", "scan", "scan_follow"})
FOLLOWING = {"follow": True, "scan_follow": True, "unfollow": False}


def pushed(request: VerifiedRequest, uid: str) -> Sequence[ChannelEvent]:
    """uid: of the account. Raises ParseError."""
    tree = _tree(request)
    if user_id(tree.get("receiver_id")) != uid:
        raise ParseError("for another account")
    sender = user_id(tree.get("sender_id"))
    kind = _text(tree, "type")
    if not sender or not kind:
        raise ParseError("no sender or no type")
    at = read_time(tree.get("created_at"), request.received_at)
    if kind == "event":
        return [_event(tree, request.dedupe_key, sender, at)]
    content_type, content, details, media = _content(kind, tree)
    return [
        IncomingMessage(
            external_id=request.dedupe_key,
            sender=Sender(handle=sender),
            sent_at=at,
            content_type=content_type,
            content=content,
            details=details,
            media=media,
            trigger=MENTIONED if kind == "mention" else SAID,
        )
    ]


def commented(request: VerifiedRequest) -> Sequence[ChannelEvent]:
    """A comment as `comments.read_page` kept it. Raises ParseError."""
    tree = _tree(request)
    user, status = part(tree, "user"), part(tree, "status")
    comment, sender = _id(tree), _id(user)
    if not (comment and sender and _id(status)):
        raise ParseError("no comment, author or post")
    return [
        IncomingMessage(
            external_id=request.dedupe_key,
            sender=Sender(handle=sender, name=_text(user, "screen_name")[:100] or None),
            sent_at=read_time(tree.get("created_at"), request.received_at),
            content=_text(tree, "text"),
            details=kept(
                type="comment",
                comment_id=comment,
                status_id=_id(status),
                quote=_text(status, "text")[:MAX_QUOTE],
            ),
            trigger=COMMENTED,
        )
    ]


def _content(kind: str, tree: Tree) -> tuple[ContentType, str, dict[str, str], tuple[MediaRef, ...]]:
    text, data = _text(tree, "text"), part(tree, "data")
    if kind == "text":
        return ContentType.TEXT, text, {}, ()
    if kind == "mention":
        return ContentType.TEXT, text, {**_flat(data), "type": "mention"}, ()
    if kind == "position":
        details = kept(latitude=_value(data, "latitude"), longitude=_value(data, "longitude"))
        return ContentType.LOCATION, text, details, ()
    if kind in ("image", "voice"):
        # The receiver's own number of the file; `vfid` is the sender's. What stands in `text` is "sent a picture".
        file = user_id(data.get("tovfid"))
        media_type = "image/jpeg" if kind == "image" else "application/octet-stream"
        return ContentType(kind), "", {}, (MediaRef(source=file, media_type=media_type),) if file else ()
    return ContentType.UNKNOWN, text, {**_flat(data), "type": kind[:80]}, ()


def _event(tree: Tree, key: str, sender: str, at: datetime) -> PlatformEvent:
    data = part(tree, "data")
    name = _value(data, "subtype")[:80] or "event"
    pressed = _value(data, "key")
    details = {label: value for label, value in _flat(data).items() if label not in ("subtype", "ticket")}
    return PlatformEvent(
        external_id=key,
        sender=Sender(handle=sender),
        sent_at=at,
        event=name,
        content=pressed,
        details=details,
        trigger=SAID if name in OPENING else None,
        subscribed=FOLLOWING.get(name),
        source={"event": name, **kept(scene=pressed)} if FOLLOWING.get(name) else {},
        key=pressed or None if name == "click" else None,
    )


def read_time(value: object, received_at: datetime) -> datetime:
    """`Mon Jul 16 18:09:20 +0800 2012`; the time of arrival where it is missing or absurd."""
    words = value.split() if isinstance(value, str) and len(value) <= 40 else []
    try:
        _, month, day, clock, zone, year = words
        hour, minute, second = (int(each) for each in clock.split(":"))
        ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5])) * (-1 if zone[0] == "-" else 1)
        at = datetime(
            int(year), MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=timezone(ahead)
        ).astimezone(UTC)
    except (ValueError, IndexError, OverflowError):
        return received_at
    return at if EARLIEST <= at <= received_at + AHEAD else received_at


def _tree(request: VerifiedRequest) -> Tree:
    try:
        return read_tree(request.body)
    except Malformed as error:
        raise ParseError(str(error)) from None


def _id(tree: Mapping[str, object]) -> str:
    """A number of the platform's; as text it is given in `idstr`, which no reader rounds."""
    return user_id(tree.get("idstr")) or user_id(tree.get("id"))


def _text(tree: Mapping[str, object], name: str) -> str:
    value = tree.get(name)
    return value[:MAX_TEXT].encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _value(tree: Mapping[str, object], name: str) -> str:
    value = tree.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return value[:1_000].encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _flat(data: Tree) -> dict[str, str]:
    """Half a character, which JSON can spell, could be neither stored nor shown."""
    sound = {name.encode("utf-8", "replace").decode(): value for name, value in flat(data).items()}
    return {name: value.encode("utf-8", "replace").decode() for name, value in sound.items()}
