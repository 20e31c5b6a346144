"""What a message holds, by its type. Pure. A file is named by its media id, which needs the token to be fetched.

Source: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

from collections.abc import Callable

from channels.meta.payloads import converted
from channels.trees import Malformed, Tree, flat, kept
from channels.whatsapp.payloads import Button, Card, Fault, File, Interactive, Location, Order, Text
from scrm.model.base import Record
from scrm.model.message import ContentType
from scrm.ports.channel import MediaRef

# Fields of a message that say nothing of its type.
ENVELOPE = frozenset({
    "id", "from", "from_user_id", "from_parent_user_id", "from_logical_id", "timestamp", "type", "context", "referral",
    "identity", "group_id",
})  # fmt: skip


class Content(Record, kw_only=True):
    type: ContentType
    text: str = ""
    details: dict[str, str] = {}
    media: tuple[MediaRef, ...] = ()


def read_content(message: Tree) -> Content:
    """Raises Malformed."""
    kind = message.get("type")
    reader = READERS.get(kind) if isinstance(kind, str) else None
    if reader is not None and isinstance(kind, str):
        if kind not in message:
            raise Malformed("a message without what its type says")
        return reader(message[kind])
    return unknown(message)


def unknown(message: Tree) -> Content:
    """A type that did not exist when this was written, one the platform does not hand on, or a form nobody knows."""
    kind = message.get("type")
    fields = {name: value for name, value in message.items() if name not in ENVELOPE and name != "errors"}
    details = flat(fields) | kept(type=kind[:80] if isinstance(kind, str) else "unknown")
    errors = message.get("errors")
    if isinstance(errors, list) and errors:
        try:
            first = converted(errors[0], Fault)
        except Malformed:
            return Content(type=ContentType.UNKNOWN, details=details)
        details |= kept(error=str(first.code), error_words=first.words)
    return Content(type=ContentType.UNKNOWN, details=details)


def _text(value: object) -> Content:
    return Content(type=ContentType.TEXT, text=converted(value, Text).body)


def _file(kind: ContentType, media_type: str) -> Callable[[object], Content]:
    """media_type: what it is where the message does not say."""

    def read(value: object) -> Content:
        file = converted(value, File)
        if not file.id:
            raise Malformed("a file without an id")
        said = file.mime_type.partition(";")[0].strip().lower() or media_type
        ref = MediaRef(source=file.id, media_type=said, file_name=file.filename)
        return Content(type=kind, text=file.caption, media=(ref,), details=kept(recorded="1" if file.voice else ""))

    return read


def _sticker(value: object) -> Content:
    content = _file(ContentType.IMAGE, "image/webp")(value)
    animated = converted(value, File).animated
    return Content(type=content.type, media=content.media, details=kept(sticker="1", animated="1" if animated else ""))


def _location(value: object) -> Content:
    place = converted(value, Location)
    details = kept(
        latitude=str(place.latitude),
        longitude=str(place.longitude),
        address=" ".join(part for part in (place.name, place.address) if part)[:500],
        url=place.url,
    )
    return Content(type=ContentType.LOCATION, text=place.name, details=details)


def _contacts(value: object) -> Content:
    cards = converted(value, tuple[Card, ...])
    lines = [" ".join(filter(None, _card(card))) for card in cards]
    phone = next((phone.phone for card in cards for phone in card.phones if phone.phone), "")
    return Content(
        type=ContentType.TEXT, text="\n".join(filter(None, lines)), details=kept(type="contact", phone_number=phone)
    )


def _card(card: Card) -> list[str]:
    phones = [phone.phone or phone.wa_id for phone in card.phones]
    emails = [email.email for email in card.emails]
    return [card.name.formatted_name or card.name.first_name, card.org.company, *phones, *emails]


def _button(value: object) -> Content:
    button = converted(value, Button)
    details = kept(type="button", data=button.payload)
    return Content(type=ContentType.TEXT, text=button.text or button.payload, details=details)


def _interactive(value: object) -> Content:
    """A button or line of a list that was chosen, as if its title had been written; or a form that was filled in."""
    chosen = converted(value, Interactive)
    choice = chosen.button_reply or chosen.list_reply
    if choice is not None:
        details = kept(type="button", data=choice.id, description=choice.description)
        return Content(type=ContentType.TEXT, text=choice.title or choice.id, details=details)
    form = chosen.nfm_reply
    if form is not None:
        details = kept(type="form", form=form.name, data=form.response_json)
        return Content(type=ContentType.TEXT, text=form.body or form.name, details=details)
    return Content(type=ContentType.UNKNOWN, details=flat({"interactive": value}) | kept(type="interactive"))


def _order(value: object) -> Content:
    order = converted(value, Order)
    lines = [
        f"{item.product_retailer_id} × {item.quantity}" + (f" {item.item_price} {item.currency}".rstrip())
        for item in order.product_items
    ]
    text = "\n".join(filter(None, (order.text, *lines)))
    return Content(type=ContentType.TEXT, text=text, details=kept(type="order", catalog=order.catalog_id))


READERS: dict[str, Callable[[object], Content]] = {
    "text": _text,
    "image": _file(ContentType.IMAGE, "image/jpeg"),
    "audio": _file(ContentType.VOICE, "audio/ogg"),
    "voice": _file(ContentType.VOICE, "audio/ogg"),
    "video": _file(ContentType.VIDEO, "video/mp4"),
    "document": _file(ContentType.FILE, "application/octet-stream"),
    "sticker": _sticker,
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
}
