"""What an event says, in the hub's words. Pure; raises only ParseError.

One-on-one chats become conversations always; in group chats and multi-person chats what mentions the account does,
each member's a conversation of its own whose answers go to the group. What happens there without anybody speaking to
the account, and what is about the account rather than a customer, comes to nothing. What is not known by name is kept
with all its fields.

Source: developers.line.biz/en/reference/messaging-api/#webhook-event-objects
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from channels.line.config import Groups
from channels.line.contents import read_content
from channels.line.payloads import Message, Source, converted, inner, key_of, read_push, said, source_of
from channels.trees import Malformed, Tree, flat, kept
from scrm.errors import ParseError
from scrm.model.message import ContentType
from scrm.ports.channel import ChannelEvent, IncomingMessage, PlatformEvent, Sender, VerifiedRequest

# A platform clock that runs ahead by more than this is not believed: a message from the future would outrank all.
AHEAD = timedelta(minutes=10)
EARLIEST = datetime(2016, 4, 1, tzinfo=UTC)  # when the API began
# A reply token is to be used "within one minute after receiving the webhook" (#send-reply-message); the answer needs
# time on its way.
REPLY_LASTS = timedelta(seconds=50)
# Of the account itself, or of a group: no customer did them to the account.
NOBODYS = frozenset({
    "join", "leave", "memberJoined", "memberLeft", "module", "activated", "deactivated", "botSuspended", "botResumed",
    "delivery",
})  # fmt: skip
# Fields of an event that say nothing of what happened.
ENVELOPE = frozenset({"type", "source", "timestamp", "mode", "webhookEventId", "deliveryContext", "replyToken"})


def parse(request: VerifiedRequest, groups: Groups) -> Sequence[ChannelEvent]:
    """Read a verified push. Raises ParseError."""
    try:
        found = [_read(event, request.received_at, groups) for event in read_push(request.body)]
    except Malformed as error:
        raise ParseError(str(error)) from None
    return [event for event in found if event is not None]


def _read(event: Tree, received_at: datetime, groups: Groups) -> ChannelEvent | None:
    if event["type"] in NOBODYS:
        return None
    source = source_of(event)
    if not source.user:
        if source.chat:
            return None  # a member who has not agreed that accounts learn who spoke
        raise Malformed("an event that does not say whose it is")
    if source.chat and (groups is Groups.NEVER or not _spoken_to_us(event)):
        return None
    return READERS.get(event["type"], _other)(event, source, received_at)


def _spoken_to_us(event: Tree) -> bool:
    """A press on a button of the account's is, and a message that mentions it."""
    if event["type"] == "postback":
        return True
    return event["type"] == "message" and converted(inner(event, "message"), Message).to_us


def _message(event: Tree, source: Source, received_at: datetime) -> IncomingMessage:
    tree = inner(event, "message")
    message = converted(tree, Message)
    if not message.id or len(message.id) > 64:
        raise Malformed("a message without an id")
    content = read_content(message, tree)
    quote_token = message.quote_token
    return IncomingMessage(
        external_id=message.id,
        sender=_sender(source),
        sent_at=_moment(event, received_at),
        content_type=content.type,
        content=content.text,
        details=content.details
        | _way_back(event, source, received_at)
        | kept(
            reply_to=message.quoted_message_id[:64],
            quote_token=f"{message.id} {quote_token}" if quote_token and len(quote_token) < 500 else "",
        ),
        media=content.media,
    )


def _postback(event: Tree, source: Source, received_at: datetime) -> IncomingMessage | PlatformEvent:
    """A press on a button, as if what it stands for had been written: the time that was picked, else its data."""
    postback = inner(event, "postback")
    data = said(postback, "data")
    given = postback.get("params")
    params = given if isinstance(given, dict) else {}
    if "newRichMenuAliasId" in params:  # the customer looked at another page of the menu
        return _event(event, source, received_at, "menu_switched", flat(params) | kept(data=data))
    picked = next((said(params, name) for name in ("datetime", "date", "time") if said(params, name)), "")
    if not picked and not data:
        raise Malformed("a button without data")
    return IncomingMessage(
        external_id=key_of(event),
        sender=_sender(source),
        sent_at=_moment(event, received_at),
        content=picked or data,
        details=_way_back(event, source, received_at) | flat(params) | kept(type="button", data=data),
    )


def _follow(event: Tree, source: Source, received_at: datetime) -> PlatformEvent:
    told = event.get("follow")
    back = isinstance(told, dict) and told.get("isUnblocked") is True
    return PlatformEvent(
        external_id=key_of(event),
        sender=_sender(source),
        sent_at=_moment(event, received_at),
        event="follow",
        details=kept(unblocked="1" if back else ""),
        subscribed=True,
        source={"event": "follow"},
    )


def _unfollow(event: Tree, source: Source, received_at: datetime) -> PlatformEvent:
    return PlatformEvent(
        external_id=key_of(event),
        sender=_sender(source),
        sent_at=_moment(event, received_at),
        event="unfollow",
        subscribed=False,
    )


def _unsend(event: Tree, source: Source, received_at: datetime) -> PlatformEvent:
    """What was said stays on the timeline; that it was taken back stands beside it."""
    return _event(
        event, source, received_at, "message_deleted", kept(message=said(inner(event, "unsend"), "messageId"))
    )


def _link(event: Tree, source: Source, received_at: datetime) -> PlatformEvent:
    """The nonce that comes with it is between the company's own system and the platform."""
    return _event(event, source, received_at, "account_link", kept(result=said(inner(event, "link"), "result")))


def _told(name: str, field: str) -> Callable[[Tree, Source, datetime], PlatformEvent]:
    """An event that is a line on the timeline with what its field holds."""

    def read(event: Tree, source: Source, received_at: datetime) -> PlatformEvent:
        return _event(event, source, received_at, name, flat(inner(event, field)))

    return read


def _other(event: Tree, source: Source, received_at: datetime) -> IncomingMessage:
    """A kind of event that did not exist when this was written."""
    fields = {name: value for name, value in event.items() if name not in ENVELOPE}
    return IncomingMessage(
        external_id=key_of(event),
        sender=_sender(source),
        sent_at=_moment(event, received_at),
        content_type=ContentType.UNKNOWN,
        details=flat(fields) | _way_back(event, source, received_at) | {"type": event["type"][:80]},
    )


READERS: dict[str, Callable[[Tree, Source, datetime], ChannelEvent]] = {
    "message": _message,
    "postback": _postback,
    "follow": _follow,
    "unfollow": _unfollow,
    "unsend": _unsend,
    "accountLink": _link,
    "beacon": _told("beacon", "beacon"),
    "videoPlayComplete": _told("video_played", "videoPlayComplete"),
    "membership": _told("membership", "membership"),
}


def _event(event: Tree, source: Source, received_at: datetime, name: str, details: dict[str, str]) -> PlatformEvent:
    return PlatformEvent(
        external_id=key_of(event),
        sender=_sender(source),
        sent_at=_moment(event, received_at),
        event=name,
        details=details,
    )


def _way_back(event: Tree, source: Source, received_at: datetime) -> dict[str, str]:
    """What an answer takes: the token that makes one free while it is fresh, worth nothing without the account's own,
    and the group."""
    token = said(event, "replyToken")
    until = int((received_at + REPLY_LASTS).timestamp())
    return kept(reply_token=f"{until} {token}" if token else "", group=source.chat)


def _sender(source: Source) -> Sender:
    return Sender(handle=source.handle)


def _moment(event: Tree, received_at: datetime) -> datetime:
    """The platform's millisecond; the time of arrival where it is missing or absurd."""
    milliseconds = event.get("timestamp")
    if type(milliseconds) is not int or not 0 < milliseconds < 2**45:
        return received_at
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment if EARLIEST <= moment <= received_at + AHEAD else received_at
