"""What a message holds, by its type. Pure. A file is named by its message's id, under which the platform keeps it.

Source: developers.line.biz/en/reference/messaging-api/#message-event
"""

from collections.abc import Callable

from channels.line.payloads import Message
from channels.trees import MAX_DETAIL, Tree, flat, kept
from scrm.model.base import Record
from scrm.model.message import ContentType
from scrm.ports.channel import MediaRef

EXTERNAL = "external"
# Fields of a message that say nothing of what it holds.
ENVELOPE = frozenset({"id", "type", "quoteToken", "markAsReadToken"})
SHOWN_KEYWORDS = 3


class Content(Record, kw_only=True):
    type: ContentType
    text: str = ""
    details: dict[str, str] = {}
    media: tuple[MediaRef, ...] = ()


def read_content(message: Message, tree: Tree) -> Content:
    """tree: what `message` was read from."""
    read = READERS.get(message.type)
    if read is not None:
        return read(message)
    fields = {name: value for name, value in tree.items() if name not in ENVELOPE}
    return Content(type=ContentType.UNKNOWN, text=message.text, details=flat(fields) | {"type": message.type[:80]})


def _text(message: Message) -> Content:
    """An emoji of LINE's own stands in the text as its name in brackets; the text is the customer's as it is."""
    emojis = " ".join(f"{emoji.product_id}/{emoji.emoji_id}" for emoji in message.emojis)
    mentions = " ".join(each.user_id or each.type for each in message.mention.mentionees)
    return Content(type=ContentType.TEXT, text=message.text, details=kept(emojis=emojis, mentions=mentions))


def _image(message: Message) -> Content:
    """One of several that were sent together says which."""
    album = message.image_set
    place = f"{album.index}/{album.total}" if album.index and album.total else ""
    return _media(message, ContentType.IMAGE, "image/jpeg", album=album.id, place=place)


def _video(message: Message) -> Content:
    return _media(message, ContentType.VIDEO, "video/mp4")


def _audio(message: Message) -> Content:
    return _media(message, ContentType.VOICE, "audio/mp4")


def _file(message: Message) -> Content:
    ref = MediaRef(
        source=message.id,
        file_name=message.file_name[:200] or None,
        size=message.file_size if message.file_size is None or message.file_size >= 0 else None,
    )
    return Content(type=ContentType.FILE, media=(ref,))


def _location(message: Message) -> Content:
    title, address = message.title, message.address
    return Content(
        type=ContentType.LOCATION,
        text=title or address,
        details=kept(
            latitude="" if message.latitude is None else str(message.latitude),
            longitude="" if message.longitude is None else str(message.longitude),
            address=" ".join(part for part in (title, address) if part)[:500],
        ),
    )


def _sticker(message: Message) -> Content:
    """The platform gives no picture of one, but what is written on it, or else words for what it shows."""
    words = ", ".join(message.keywords[:SHOWN_KEYWORDS])
    return Content(
        type=ContentType.IMAGE,
        text=message.text or (f"[{words}]" if words else ""),
        details=kept(
            sticker="1",
            package=message.package_id,
            sticker_id=message.sticker_id,
            sticker_type=message.sticker_resource_type,
            keywords=", ".join(message.keywords),
        ),
    )


READERS: dict[str, Callable[[Message], Content]] = {
    "text": _text,
    "image": _image,
    "video": _video,
    "audio": _audio,
    "file": _file,
    "location": _location,
    "sticker": _sticker,
}


def _media(message: Message, kind: ContentType, media_type: str, **details: str) -> Content:
    """What an app sent by its address is kept as a link: the hub does not fetch what strangers name."""
    provider = message.content_provider
    if provider.type == EXTERNAL:
        url = provider.original_content_url[:MAX_DETAIL]
        return Content(type=ContentType.LINK, text=url, details=kept(url=url, type=message.type))
    duration = message.duration / 1000 if message.duration is not None and message.duration >= 0 else None
    ref = MediaRef(source=message.id, media_type=media_type, duration=duration)
    return Content(type=kind, details=kept(**details), media=(ref,))
