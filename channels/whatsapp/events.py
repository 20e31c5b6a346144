"""What a push says, in the hub's words. Pure; raises only ParseError.

A push may tell several things of several people; what is told twice is one thing. What is not known by name is kept
with all its fields.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from channels.meta.errors import Failure, meaning_of
from channels.meta.payloads import Thing, converted, moment, said
from channels.trees import Malformed, Tree, flat, kept, part
from channels.whatsapp.config import Trigger
from channels.whatsapp.contents import Content, read_content
from channels.whatsapp.error_codes import MEANINGS
from channels.whatsapp.payloads import (
    Context,
    Edit,
    Number,
    Reaction,
    Referral,
    Revoke,
    Status,
    System,
    id_of,
    things_of,
)
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

# Who adopts a name there may keep their number to themselves: then this id is all there is, the same at every number
# of the company. It joins whom the company knows by a number to who comes without one.
# Source: developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
UNION_REALM = "whatsapp"
STATUSES: dict[str, MessageStatus] = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "played": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}


def parse(request: VerifiedRequest, phone_number_id: str) -> Sequence[ChannelEvent]:
    """Read a verified push. Raises ParseError."""
    try:
        things = list({thing.key: thing for thing in things_of(request.body, phone_number_id)}.values())
        return [event for thing in things if (event := _event(thing, request.received_at)) is not None]
    except Malformed as error:
        raise ParseError(str(error)) from None


def _event(thing: Thing, received_at: datetime) -> ChannelEvent | None:
    if not id_of(thing.value):
        raise Malformed("without an id")
    if thing.kind == "status":
        return _receipt(thing, received_at)
    if not thing.handle:
        raise Malformed("a message without a sender")
    kind = thing.value.get("type")
    reader = READERS.get(kind) if isinstance(kind, str) else None
    return (reader or _message)(thing, received_at)


def _message(thing: Thing, received_at: datetime) -> IncomingMessage:
    return _incoming(thing, received_at, read_content(thing.value), _context(thing.value))


def _incoming(thing: Thing, received_at: datetime, content: Content, context: dict[str, str]) -> IncomingMessage:
    return IncomingMessage(
        external_id=id_of(thing.value),
        sender=_sender(thing),
        sent_at=_sent_at(thing.value, received_at),
        content_type=content.type,
        content=content.text,
        details=content.details | context,
        media=content.media,
        trigger=Trigger.MESSAGE,
    )


def _edited(thing: Thing, received_at: datetime) -> IncomingMessage:
    """What a message says since then. When it was written first, nobody says."""
    edit = converted(thing.value.get("edit"), Edit)
    if not edit.original_message_id:
        raise Malformed("an edit of nothing")
    content = read_content(edit.message)
    at = _sent_at(thing.value, received_at)
    return IncomingMessage(
        external_id=edit.original_message_id,
        sender=_sender(thing),
        sent_at=at,
        edited_at=at,
        content_type=content.type,
        content=content.text,
        details=content.details | _context(edit.message),
        media=content.media,
        trigger=Trigger.MESSAGE,
    )


def _revoked(thing: Thing, received_at: datetime) -> PlatformEvent:
    original = converted(thing.value.get("revoke"), Revoke).original_message_id
    return _happened(thing, received_at, "message_deleted", details=kept(message=original))


def _reaction(thing: Thing, received_at: datetime) -> PlatformEvent:
    reaction = converted(thing.value.get("reaction"), Reaction)
    name = "reaction" if reaction.emoji else "reaction_removed"
    return _happened(thing, received_at, name, content=reaction.emoji, details=kept(message=reaction.message_id))


def _system(thing: Thing, received_at: datetime) -> PlatformEvent:
    """What happened to the customer's account. The sender is who they are since then; who they were joins the two."""
    system = converted(thing.value.get("system"), System)
    name = (system.type or "system").removeprefix("user_").removeprefix("customer_")
    sender = _sender(thing, union_id=system.previous_user_id)
    details = kept(phone_number=said(thing.value, "from", 256)) if name == "changed_number" else {}
    return PlatformEvent(
        external_id=id_of(thing.value),
        sender=sender,
        sent_at=_sent_at(thing.value, received_at),
        event=name[:80],
        content=system.body,
        details=details,
    )


def _welcome(thing: Thing, received_at: datetime) -> PlatformEvent:
    """The customer has opened the chat for the first time, and written nothing yet."""
    return _happened(thing, received_at, "enter")


def _happened(
    thing: Thing, received_at: datetime, event: str, *, content: str = "", details: dict[str, str] | None = None
) -> PlatformEvent:
    return PlatformEvent(
        external_id=id_of(thing.value),
        sender=_sender(thing),
        sent_at=_sent_at(thing.value, received_at),
        event=event,
        content=content,
        details=details or {},
    )


READERS: dict[str, Callable[[Thing, datetime], ChannelEvent]] = {
    "edit": _edited,
    "revoke": _revoked,
    "reaction": _reaction,
    "system": _system,
    "request_welcome": _welcome,
}


def _receipt(thing: Thing, received_at: datetime) -> ReceiptEvent | None:
    """None for a status that moves no message of ours."""
    status = converted(thing.value, Status)
    moved = STATUSES.get(status.status)
    if moved is None:
        return None
    at = moment(_seconds(status.timestamp), received_at)
    if moved is not MessageStatus.FAILED or not status.errors:
        return ReceiptEvent(external_id=status.id, status=moved, at=at)
    fault = status.errors[0]
    failure = Failure(code=fault.code, words=fault.words)
    return ReceiptEvent(
        external_id=status.id,
        status=moved,
        at=at,
        code=meaning_of(failure, MEANINGS).code,
        platform_code=failure.platform_code,
        detail=failure.words,
    )


def _sender(thing: Thing, union_id: str = "") -> Sender:
    """union_id: in place of the one the push says."""
    person = thing.about
    profile = part(person, "profile")
    known_as = union_id or said(thing.value, "from_user_id", 256) or said(person, "user_id", 256)
    name = (said(profile, "name", 200) or said(profile, "username", 200)).strip()
    digits = thing.handle if thing.handle.isascii() and thing.handle.isdigit() else ""
    return Sender(
        handle=thing.handle,
        name=name or None,
        phone=f"+{digits}" if digits else None,
        union_id=known_as or None,
        union_realm=UNION_REALM if known_as else None,
    )


def _context(message: Tree) -> dict[str, str]:
    """What a message refers to: the one it answers, that it was forwarded, the product or advertisement it is about."""
    details: dict[str, str] = {}
    if isinstance(message.get("context"), dict):
        context = converted(message["context"], Context)
        product = context.referred_product
        details |= kept(
            reply_to=context.id,
            forwarded="1" if context.forwarded or context.frequently_forwarded else "",
            product=product.product_retailer_id if product else "",
            catalog=product.catalog_id if product else "",
        )
    if isinstance(message.get("referral"), dict):
        came = msgspec.to_builtins(converted(message["referral"], Referral))
        details |= flat({f"ad_{name.removeprefix('source_')}": value for name, value in came.items() if value})
    return details


def _sent_at(message: Tree, received_at: datetime) -> datetime:
    value = message.get("timestamp")
    return moment(_seconds(value if isinstance(value, str | int | float) else ""), received_at)


def _seconds(value: Number) -> float | None:
    """Digits, as the platform writes them."""
    if isinstance(value, str):
        return float(value) if value.isascii() and value.isdigit() and len(value) <= 11 else None
    return float(value) if not isinstance(value, bool) and 0 < value < 2**35 else None
