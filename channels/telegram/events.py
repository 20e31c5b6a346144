"""What an update says, in the hub's words. Pure; raises only ParseError.

Only private chats become conversations: what happens in groups and channels the bot was put into comes to nothing.
What is not known by name is kept with all its fields.

Source: core.telegram.org/bots/api#update
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from channels.telegram.contents import quoted_text, read_content
from channels.telegram.payloads import (
    CallbackQuery,
    MembershipChange,
    Message,
    Origin,
    ReactionChange,
    User,
    chat_type_of,
    read_tree,
    sender_of,
)
from channels.trees import Malformed, Tree, flat
from scrm.errors import ParseError
from scrm.model.message import ContentType
from scrm.ports.channel import ChannelEvent, IncomingMessage, PlatformEvent, Sender, VerifiedRequest

# The kinds the platform is asked for; it keeps the others to itself.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", "message_reaction")
# What happens in a private chat without anybody writing.
SERVICE = frozenset({
    "pinned_message", "message_auto_delete_timer_changed", "successful_payment", "refunded_payment", "users_shared",
    "chat_shared", "connected_website", "write_access_allowed", "passport_data", "web_app_data",
    "proximity_alert_triggered", "chat_background_set", "new_chat_members", "left_chat_member", "new_chat_title",
    "new_chat_photo", "delete_chat_photo", "group_chat_created", "boost_added", "forum_topic_created",
    "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened", "video_chat_scheduled", "video_chat_started",
    "video_chat_ended", "gift", "unique_gift", "invoice",
})  # fmt: skip
# A platform clock that runs ahead by more than this is not believed: a message from the future would outrank all.
AHEAD = timedelta(minutes=10)
EARLIEST = datetime(2015, 6, 1, tzinfo=UTC)  # when bots began
QUOTE_LENGTH = 300

T = TypeVar("T")


def parse(request: VerifiedRequest) -> Sequence[ChannelEvent]:
    """Read a verified update. Raises ParseError."""
    try:
        number, kind, value = read_tree(request.body)
        if chat_type_of(value) not in ("private", ""):
            return ()
        return [READERS.get(kind, _other)(number, kind, value, request.received_at)]
    except Malformed as error:
        raise ParseError(str(error)) from None
    except msgspec.ValidationError as error:
        raise ParseError(str(error)) from None


def _message(number: int, kind: str, value: Tree, received_at: datetime) -> IncomingMessage | PlatformEvent:
    message = msgspec.convert(value, Message)
    if message.from_ is None:
        raise Malformed("a message without a sender")
    sender = _sender(message.from_)
    sent_at = _moment(message.date, received_at)
    # A false or empty field says that there is no such thing, as other writers than the platform put it.
    service = next((name for name in value if name in SERVICE and value[name]), None)
    if service is not None:
        return PlatformEvent(
            external_id=external_id(message),
            sender=sender,
            sent_at=sent_at,
            event=service,
            details=flat(value[service]),
        )
    if (payload := _started(message)) is not None:
        return _start(message, sender, sent_at, payload)
    content = read_content(message, value)
    if message.contact is not None and message.contact.user_id == message.from_.id:
        sender = replace(sender, phone=message.contact.phone_number[:40] or None)
    return IncomingMessage(
        external_id=external_id(message),
        sender=sender,
        sent_at=sent_at,
        sequence=message.message_id,
        content_type=content.type,
        content=content.text,
        details=content.details | _context(message),
        media=content.media,
    )


def _edited(number: int, kind: str, value: Tree, received_at: datetime) -> IncomingMessage | PlatformEvent:
    read = _message(number, kind, value, received_at)
    if isinstance(read, PlatformEvent):
        return read
    edited_at = _moment(value.get("edit_date"), received_at)
    return replace(read, edited_at=edited_at)


def _callback(number: int, kind: str, value: Tree, received_at: datetime) -> IncomingMessage:
    """A press on a button under a message, as if its title had been written. It has no time of its own."""
    query = msgspec.convert(value, CallbackQuery)
    details = {"type": "button", "data": query.data or query.game_short_name}
    title = ""
    if query.message is not None:
        rows = query.message.reply_markup.inline_keyboard if query.message.reply_markup else ()
        buttons = [button for row in rows for button in row]
        title = next((button.text for button in buttons if button.callback_data == query.data), "")
        details |= {"reply_to": external_id(query.message), "quote": quoted_text(query.message)[:QUOTE_LENGTH]}
    return IncomingMessage(
        external_id=f"callback:{query.id}"[:200],
        sender=_sender(query.from_),
        sent_at=received_at,
        content=title or query.data or query.game_short_name,
        details={name: text for name, text in details.items() if text},
    )


def _membership(number: int, kind: str, value: Tree, received_at: datetime) -> PlatformEvent:
    change = msgspec.convert(value, MembershipChange)
    here = change.new_chat_member.status not in ("kicked", "left")
    return PlatformEvent(
        external_id=f"update:{number}",
        sender=_sender(change.from_),
        sent_at=_moment(change.date, received_at),
        event="follow" if here else "unfollow",
        details={"status": change.new_chat_member.status},
        subscribed=here,
    )


def _reaction(number: int, kind: str, value: Tree, received_at: datetime) -> PlatformEvent:
    change = msgspec.convert(value, ReactionChange)
    signs = " ".join(reaction.emoji or reaction.type for reaction in change.new_reaction)
    return PlatformEvent(
        external_id=f"update:{number}",
        sender=_sender(change.user),
        sent_at=_moment(change.date, received_at),
        event="reaction" if signs else "reaction_removed",
        content=signs,
        details={"message": f"{change.chat.id}:{change.message_id}"},
    )


def _other(number: int, kind: str, value: Tree, received_at: datetime) -> IncomingMessage:
    """A kind of update that did not exist when this was written."""
    handle = sender_of(value)
    if not handle:
        raise Malformed("an update of an unknown kind that does not say whose it is")
    user = msgspec.convert(value.get("from") or value.get("user"), User)
    return IncomingMessage(
        external_id=f"update:{number}",
        sender=_sender(user),
        sent_at=_moment(value.get("date"), received_at),
        content_type=ContentType.UNKNOWN,
        details=flat(value) | {"type": kind[:80]},
    )


READERS: dict[str, Callable[[int, str, Tree, datetime], ChannelEvent]] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _callback,
    "my_chat_member": _membership,
    "message_reaction": _reaction,
}


def external_id(message: Message) -> str:
    """A message's number counts within its chat only."""
    return f"{message.chat.id}:{message.message_id}"


def _started(message: Message) -> str | None:
    """What follows /start, which the app writes when somebody opens the bot or a link of it; None for other text."""
    words = (message.text or "").split()
    if not words or words[0].partition("@")[0] != "/start" or len(words) > 2:
        return None
    return words[1] if len(words) == 2 else ""


def _start(message: Message, sender: Sender, sent_at: datetime, payload: str) -> PlatformEvent:
    """payload: of a link t.me/BOT?start=PAYLOAD, at most 64 characters: where this customer came from."""
    scene = payload[:64]
    return PlatformEvent(
        external_id=external_id(message),
        sender=sender,
        sent_at=sent_at,
        event="follow",
        content=scene,
        details={"scene": scene} if scene else {},
        subscribed=True,
        source={"event": "follow", "scene": scene} if scene else {"event": "follow"},
    )


def _context(message: Message) -> dict[str, str]:
    """What a message refers to: the one it answers, where it was forwarded from, the album it is of."""
    details: dict[str, str] = {}
    answered = message.reply_to_message
    if answered is not None:
        details["reply_to"] = external_id(answered)
    quote = message.quote.text if message.quote else quoted_text(answered) if answered else ""
    if quote:
        details["quote"] = quote[:QUOTE_LENGTH]
    origin = message.forward_origin
    if origin is not None:
        details["forwarded_from"] = _origin(origin)[:200] or origin.type
    if message.media_group_id:
        details["album"] = message.media_group_id[:64]
    return details


def _origin(origin: Origin) -> str:
    chat = origin.sender_chat or origin.chat
    if chat is not None:
        return chat.title
    return origin.sender_user.name if origin.sender_user else origin.sender_user_name


def _sender(user: User) -> Sender:
    if not 0 < user.id < 2**53:
        raise Malformed("a sender without a number")
    return Sender(handle=str(user.id), name=user.name or user.username[:64] or None)


def _moment(seconds: object, received_at: datetime) -> datetime:
    """The platform's second; the time of arrival where it is missing or absurd."""
    if type(seconds) is not int or not 0 < seconds < 2**35:
        return received_at
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment if EARLIEST <= moment <= received_at + AHEAD else received_at
