"""What a push says, in the hub's words. Pure; raises only ParseError.

Whatever is not known by name becomes a line on the timeline with all its fields. Page-scoped ids are people's handles;
their names are fetched.

Source: developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks/webhook-events
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from channels.messenger.config import Trigger
from channels.messenger.contents import read_content
from channels.messenger.payloads import (
    Delivery,
    Edit,
    Message,
    Postback,
    Reaction,
    Read,
    Referral,
    things_of,
)
from channels.meta.payloads import Thing, converted, moment
from channels.trees import Malformed, flat, kept
from scrm.errors import ParseError
from scrm.model.message import MessageStatus
from scrm.ports.channel import (
    ChannelEvent,
    IncomingMessage,
    PlatformEvent,
    ReceiptEvent,
    Sender,
    VerifiedRequest,
)


def parse(request: VerifiedRequest, page_id: str, trigger: Trigger) -> Sequence[ChannelEvent]:
    """Read a verified push. trigger: what a customer's act opens. Raises ParseError."""
    try:
        things = {thing.key: thing for thing in things_of(request.body, page_id)}
        return [event for thing in things.values() for event in _events(thing, request.received_at, trigger)]
    except Malformed as error:
        raise ParseError(str(error)) from None


def _events(thing: Thing, received_at: datetime, trigger: Trigger) -> Sequence[ChannelEvent]:
    if not thing.handle:
        raise Malformed("an event without a sender")
    receipts = RECEIPTS.get(thing.kind)
    if receipts is not None:
        return receipts(thing, received_at)
    event = READERS.get(thing.kind, _other)(thing, received_at)
    opens = thing.kind in OPENING
    return [replace(event, trigger=trigger) if opens else event]


def _message(thing: Thing, received_at: datetime) -> IncomingMessage:
    message = converted(thing.value["message"], Message)
    if not message.mid:
        raise Malformed("a message without an id")
    content = read_content(message)
    chosen = message.quick_reply
    context = kept(
        reply_to=message.reply_to.mid if message.reply_to else "",
        type="button" if chosen else "",
        data=chosen.payload if chosen else "",
    )
    return IncomingMessage(
        external_id=message.mid,
        sender=Sender(handle=thing.handle),
        sent_at=_sent_at(thing, received_at),
        content_type=content.type,
        content=content.text,
        details=content.details | context | _came(message.referral),
        media=content.media,
    )


def _edited(thing: Thing, received_at: datetime) -> IncomingMessage:
    edit = converted(thing.value["message_edit"], Edit)
    if not edit.mid:
        raise Malformed("an edit of nothing")
    at = _sent_at(thing, received_at)
    return IncomingMessage(
        external_id=edit.mid, sender=Sender(handle=thing.handle), sent_at=at, edited_at=at, content=edit.text
    )


def _postback(thing: Thing, received_at: datetime) -> IncomingMessage:
    """A press on a button, as if its title had been written."""
    postback = converted(thing.value["postback"], Postback)
    return IncomingMessage(
        external_id=postback.mid or thing.key,
        sender=Sender(handle=thing.handle),
        sent_at=_sent_at(thing, received_at),
        content=postback.title or postback.payload,
        details=kept(type="button", data=postback.payload) | _came(postback.referral),
    )


def _reaction(thing: Thing, received_at: datetime) -> PlatformEvent:
    reaction = converted(thing.value["reaction"], Reaction)
    taken_back = reaction.action == "unreact"
    event = _happened(thing, received_at, "reaction_removed" if taken_back else "reaction")
    return replace(event, content=reaction.emoji or reaction.reaction, details=kept(message=reaction.mid))


def _referral(thing: Thing, received_at: datetime) -> PlatformEvent:
    """The customer came, or came back, by a link or an advertisement."""
    referral = converted(thing.value["referral"], Referral)
    source = kept(event="referral", scene=referral.ref, ad_id=referral.ad_id)
    event = _happened(thing, received_at, "referral")
    return replace(event, content=referral.ref, details=_came(referral) | kept(scene=referral.ref), source=source)


def _other(thing: Thing, received_at: datetime) -> PlatformEvent:
    """Something that did not exist, or mattered to nobody, when this was written."""
    return replace(_happened(thing, received_at, thing.kind[:80]), details=flat(thing.value.get(thing.kind)))


READERS: dict[str, Callable[[Thing, datetime], IncomingMessage | PlatformEvent]] = {
    "message": _message,
    "message_edit": _edited,
    "postback": _postback,
    "reaction": _reaction,
    "referral": _referral,
}
# What permits replies: developers.facebook.com/documentation/business-messaging/messenger-platform/policy
OPENING = frozenset({"message", "postback", "referral"})


def _delivered(thing: Thing, received_at: datetime) -> Sequence[ReceiptEvent]:
    """Each message by its id, where the platform says them."""
    delivery = converted(thing.value["delivery"], Delivery)
    if delivery.mids:
        at = moment(_seconds(delivery.watermark), received_at)
        named = [mid for mid in delivery.mids if mid]
        return [ReceiptEvent(external_id=mid, status=MessageStatus.DELIVERED, at=at) for mid in named]
    return _until(thing, delivery.watermark, MessageStatus.DELIVERED, received_at)


def _read(thing: Thing, received_at: datetime) -> Sequence[ReceiptEvent]:
    return _until(thing, converted(thing.value["read"], Read).watermark, MessageStatus.READ, received_at)


def _until(thing: Thing, watermark: int, status: MessageStatus, received_at: datetime) -> Sequence[ReceiptEvent]:
    """Everything this customer was sent until then."""
    seconds = _seconds(watermark)
    if seconds is None:
        raise Malformed("a receipt of no time")
    until = moment(seconds, received_at)
    return [ReceiptEvent(external_id=thing.key, status=status, at=received_at, handle=thing.handle, until=until)]


RECEIPTS: dict[str, Callable[[Thing, datetime], Sequence[ReceiptEvent]]] = {"delivery": _delivered, "read": _read}


def _happened(thing: Thing, received_at: datetime, event: str) -> PlatformEvent:
    return PlatformEvent(
        external_id=thing.key,
        sender=Sender(handle=thing.handle),
        sent_at=_sent_at(thing, received_at),
        event=event,
    )


def _came(referral: Referral | None) -> dict[str, str]:
    if referral is None:
        return {}
    return kept(ref=referral.ref, came_by=referral.source or referral.type, ad_id=referral.ad_id)


def _sent_at(thing: Thing, received_at: datetime) -> datetime:
    return moment(_seconds(thing.value.get("timestamp")), received_at)


def _seconds(milliseconds: object) -> float | None:
    """As the platform writes times."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return None
    return milliseconds / 1000 if 0 < milliseconds < 2**53 else None
