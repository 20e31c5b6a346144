"""What customers do, as the platform would push it.

Objects as developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages has them.
"""

from channels.meta.simulator.graph import Object
from channels.meta.simulator.samples import FILM, PICTURE, SOUND
from channels.whatsapp.simulator.platform import Account, Person, Platform, SentMessage, wamid
from channels.whatsapp.simulator.script import Action

# Data, media type and name of the sample a customer sends.
SAMPLES: dict[str, tuple[bytes, str, str]] = {
    "image": (PICTURE, "image/jpeg", ""),
    "audio": (SOUND, "audio/ogg; codecs=opus", ""),
    "video": (FILM, "video/mp4", ""),
    "document": (b"%PDF-1.4 simulated", "application/pdf", "合同.pdf"),
    "sticker": (PICTURE, "image/webp", ""),
}
Media = tuple[bytes, str, str]


def push_of(account: Account, **value: object) -> Object:
    """A push with one change of the account's messages."""
    digits = "".join(character for character in account.phone if character.isdigit())
    metadata = {"display_phone_number": digits, "phone_number_id": account.phone_number_id}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return {"object": "whatsapp_business_account", "entry": [{"id": account.account_id, "changes": [change]}]}


def message_of(action: Action, platform: Platform, media: Media | None = None) -> tuple[Object, Object]:
    """The message and who wrote it, as a push has them. media: data, media type and name in place of the sample.
    Raises KeyError for a message that is not there."""
    before = platform.moves(action.user) if action.type == "move" else None
    person = platform.person(action.user)
    now = platform.clock.now()
    hidden = action.hidden
    message: Object = {"id": wamid(), "timestamp": str(int(now.timestamp())), "from_user_id": person.user_id}
    if not hidden:
        message["from"] = person.phone
    if answered := _answered(action, platform):
        message["context"] = {"from": account_digits(platform), "id": answered}
    if before is not None:
        message |= {"from": before.phone, "type": "system", "system": _moved(before, person)}
    else:
        message |= _content(action, platform, media)
    message |= action.fields
    if action.type not in ("reaction", "edit", "revoke", "move"):
        platform.received[message["id"]] = {**message, "user": action.user}
    if action.type not in ("move", "revoke", "request_welcome"):
        platform.wrote_at[action.user] = now
    return message, contact_of(person, hidden=hidden)


def contact_of(person: Person, *, hidden: bool = False) -> Object:
    profile = {"name": person.name} | ({"username": f"user{person.phone[-4:]}"} if hidden else {})
    return {"profile": profile, "user_id": person.user_id} | ({} if hidden else {"wa_id": person.phone})


def _answered(action: Action, platform: Platform) -> str:
    """The message that one answers: a button is pressed and a line chosen below one, always."""
    below = action.type in ("button", "list")
    last = platform.sent[-1].id if platform.sent else wamid()
    return action.reply_to or (action.message or last if below else "")


def status_push(account: Account, sent: SentMessage, status: str, platform: Platform, code: int = 0) -> Object:
    """What becomes of a message, and of whom. code: of a failure."""
    person = platform.addressed({"to": sent.recipient})
    people: Object = {"contacts": [contact_of(person)]} if person is not None else {}
    return push_of(account, **people, statuses=[_status(sent, status, platform, code)])


def _status(sent: SentMessage, status: str, platform: Platform, code: int) -> Object:
    made: Object = {
        "id": sent.id,
        "status": status,
        "timestamp": str(int(platform.clock.now().timestamp())),
        "recipient_id": sent.recipient,
    }
    if code:
        title = FAILURES.get(code, "Message undeliverable")
        made["errors"] = [{"code": code, "title": title, "message": title, "error_data": {"details": f"{title}."}}]
    return made


FAILURES: dict[int, str] = {131026: "Message undeliverable", 131047: "Re-engagement message"}


def account_digits(platform: Platform) -> str:
    return "".join(character for character in platform.account.phone if character.isdigit())


def _moved(before: Person, after: Person) -> Object:
    return {
        "type": "user_changed_number",
        "body": f"User {after.name} changed from {before.phone} to {after.phone}",
        "wa_id": after.phone,
        "user_id": after.user_id,
        "previous_user_id": before.user_id,
    }


def _content(action: Action, platform: Platform, media: Media | None) -> Object:
    kind, text = action.type, action.text
    if kind in SAMPLES:
        return {"type": kind, kind: _file(action, platform, media)}
    if kind in ("reaction", "edit", "revoke"):
        return _about(action, platform)
    place = {"latitude": action.latitude, "longitude": action.longitude, "name": text, "address": ""}
    card = {"name": {"formatted_name": text, "first_name": text}, "phones": [{"phone": "+86 138 0013 8000"}]}
    item = {"product_retailer_id": text, "quantity": 1, "item_price": 9.9, "currency": "CNY"}
    chosen = {"type": "list_reply", "list_reply": {"id": text, "title": text}}
    made: dict[str, Object] = {
        "text": {"type": "text", "text": {"body": text}},
        "location": {"type": "location", "location": place},
        "contacts": {"type": "contacts", "contacts": [card]},
        "button": {"type": "button", "button": {"text": text, "payload": text}},
        "list": {"type": "interactive", "interactive": chosen},
        "order": {"type": "order", "order": {"catalog_id": "1", "text": "", "product_items": [item]}},
        "unsupported": {
            "type": "unsupported",
            "unsupported": {"type": "poll_creation"},
            "errors": [{"code": 131051, "title": "Message type unknown", "message": "Message type unknown",
                        "error_data": {"details": "Message type is currently not supported."}}],
        },
    }  # fmt: skip
    return made.get(kind, {"type": kind})


def _about(action: Action, platform: Platform) -> Object:
    """What is done to a message that is there."""
    if action.type == "reaction":
        told = action.message or platform.sent[-1].id if platform.sent or action.message else ""
        if not told:
            raise KeyError("nothing was sent")
        emoji = {"emoji": action.text} if action.text else {}
        return {"type": "reaction", "reaction": {"message_id": told, **emoji}}
    own = [key for key, message in platform.received.items() if message["user"] == action.user]
    if not own and not action.message:
        raise KeyError("nothing was said")
    original = platform.received[action.message or own[-1]]
    if action.type == "revoke":
        return {"type": "revoke", "revoke": {"original_message_id": original["id"]}}
    kind = original["type"]
    content = {"body": action.text} if kind == "text" else {**original[kind], "caption": action.text}
    edited = {"type": kind, kind: content}
    return {"type": "edit", "edit": {"original_message_id": original["id"], "message": edited}}


def _file(action: Action, platform: Platform, media: Media | None) -> Object:
    data, media_type, name = media or SAMPLES[action.type]
    about: Object = {"id": platform.keep_file(data, media_type, name), "mime_type": media_type, "sha256": "simulated"}
    if action.type == "audio":
        return about | {"voice": True}
    if action.type == "sticker":
        return about | {"animated": False}
    if action.type == "document":
        about["filename"] = name
    return about | ({"caption": action.text} if action.text else {})
