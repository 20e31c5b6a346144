"""What a message holds, by its type. Pure. A file is named by its file_id; the address of one would hold the token."""

from collections.abc import Callable

from channels.telegram.config import DOWNLOAD_LIMIT
from channels.telegram.payloads import File, Message
from channels.trees import Tree, flat
from scrm.model.base import Record
from scrm.model.message import ContentType
from scrm.ports.channel import MediaRef

PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
# Fields of a message that say nothing of its type.
ENVELOPE = frozenset({
    "message_id", "message_thread_id", "from", "sender_chat", "date", "chat", "edit_date", "reply_to_message", "quote",
    "forward_origin", "forward_from", "forward_date", "forward_from_chat", "forward_sender_name", "media_group_id",
    "has_protected_content", "author_signature", "entities", "caption_entities", "via_bot", "is_topic_message",
    "is_from_offline", "effect_id", "link_preview_options", "reply_markup", "external_reply",
    "show_caption_above_media",
})  # fmt: skip


class Content(Record, kw_only=True):
    type: ContentType
    text: str = ""
    details: dict[str, str] = {}
    media: tuple[MediaRef, ...] = ()


def read_content(message: Message, tree: Tree) -> Content:
    """tree: what `message` was read from."""
    found = next((content for read in READERS if (content := read(message)) is not None), None)
    if found is None:
        names = [name for name in tree if name not in ENVELOPE and name != "caption" and tree[name]]
        kind = names[0][:80] if names else "empty"
        details = flat({name: tree[name] for name in names}) | {"type": kind}
        return Content(type=ContentType.UNKNOWN, text=message.caption or "", details=details)
    links = " ".join(entity.url for entity in (*message.entities, *message.caption_entities) if entity.url)
    return Content(
        type=found.type,
        text=message.caption or found.text,
        details={**found.details, **({"links": links[:1000]} if links else {})},
        media=found.media,
    )


def quoted_text(message: Message) -> str:
    """What an answer to this message shows of it."""
    if message.text or message.caption:
        return message.text or message.caption or ""
    found = next((content for read in READERS if (content := read(message)) is not None), None)
    return found.text or f"[{found.type}]" if found else ""


def _text(message: Message) -> Content | None:
    return Content(type=ContentType.TEXT, text=message.text) if message.text is not None else None


def _photo(message: Message) -> Content | None:
    """The largest size that is to be had."""
    if not message.photo:
        return None
    had = [size for size in message.photo if (size.file_size or 0) <= DOWNLOAD_LIMIT] or message.photo
    return _file(ContentType.IMAGE, max(had, key=lambda size: size.width * size.height), "image/jpeg")


def _voice(message: Message) -> Content | None:
    return _file(ContentType.VOICE, message.voice, "audio/ogg")


def _audio(message: Message) -> Content | None:
    """A piece of music; its title stands in for a text."""
    if message.audio is None:
        return None
    title = " – ".join(part for part in (message.audio.performer, message.audio.title) if part)
    return _file(ContentType.VOICE, message.audio, "audio/mpeg", title=title)


def _video(message: Message) -> Content | None:
    return _file(ContentType.VIDEO, message.video, "video/mp4")


def _video_note(message: Message) -> Content | None:
    return _file(ContentType.VIDEO, message.video_note, "video/mp4", round="1")


def _animation(message: Message) -> Content | None:
    return _file(ContentType.VIDEO, message.animation, "video/mp4", animation="1")


def _document(message: Message) -> Content | None:
    file = message.document
    picture = file is not None and file.mime_type in PICTURES
    return _file(ContentType.IMAGE if picture else ContentType.FILE, file, "application/octet-stream")


def _sticker(message: Message) -> Content | None:
    """Still ones are pictures, others videos or vector animations that no browser shows."""
    file = message.sticker
    if file is None:
        return None
    kind, media_type = ContentType.IMAGE, "image/webp"
    if file.is_video:
        kind, media_type = ContentType.VIDEO, "video/webm"
    elif file.is_animated:
        kind, media_type = ContentType.FILE, "application/x-tgsticker"
    content = _file(kind, file, media_type, sticker="1", set=file.set_name)
    return Content(type=kind, text=file.emoji, details=content.details, media=content.media) if content else None


def _venue(message: Message) -> Content | None:
    if message.venue is None and message.location is None:
        return None
    place = message.venue.location if message.venue else message.location
    if place is None:
        return None
    title, address = (message.venue.title, message.venue.address) if message.venue else ("", "")
    details = {
        "latitude": str(place.latitude),
        "longitude": str(place.longitude),
        "address": " ".join(part for part in (title, address) if part)[:500],
        "live": str(place.live_period or ""),
    }
    return Content(type=ContentType.LOCATION, text=title, details=_said(details))


def _contact(message: Message) -> Content | None:
    card = message.contact
    if card is None:
        return None
    text = " ".join(part for part in (card.first_name, card.last_name, card.phone_number) if part)
    details = {"type": "contact", "phone_number": card.phone_number, "user_id": str(card.user_id or "")}
    return Content(type=ContentType.TEXT, text=text, details=_said(details))


def _poll(message: Message) -> Content | None:
    poll = message.poll
    if poll is None:
        return None
    lines = [poll.question, *(f"- {option.text}" for option in poll.options)]
    return Content(type=ContentType.TEXT, text="\n".join(lines), details={"type": "poll"})


def _dice(message: Message) -> Content | None:
    dice = message.dice
    if dice is None:
        return None
    details = {"type": "dice", "value": str(dice.value)}
    return Content(type=ContentType.TEXT, text=f"{dice.emoji} {dice.value}".strip(), details=details)


def _game(message: Message) -> Content | None:
    game = message.game
    if game is None:
        return None
    return Content(type=ContentType.LINK, text=game.title, details=_said({"type": "game", "title": game.title,
                   "description": game.description}))  # fmt: skip


# In this order: an animation is sent as a document too, a venue as a location.
READERS: tuple[Callable[[Message], Content | None], ...] = (
    _text, _photo, _voice, _audio, _video_note, _animation, _video, _sticker, _document, _venue, _contact, _poll,
    _dice, _game,
)  # fmt: skip


def _file(kind: ContentType, file: File | None, media_type: str, **details: str) -> Content | None:
    """details["file"]: the same for one file whenever and to whomever it is sent, unlike its file_id."""
    if file is None:
        return None
    ref = MediaRef(
        source=file.file_id,
        media_type=file.mime_type or media_type,
        file_name=file.file_name,
        size=file.file_size,
        duration=file.duration,
    )
    return Content(type=kind, text=details.get("title", ""), details=_said({"file": file.file_unique_id, **details}),
                   media=(ref,))  # fmt: skip


def _said(details: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in details.items() if value}
