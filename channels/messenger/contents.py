"""What a message holds, by its attachments. Pure. A file is named by the address the platform keeps it at, which is
signed for a time and holds no secret of the page's.

Source: developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks/webhook-events/messages
"""

from urllib.parse import unquote, urlsplit

from channels.messenger.payloads import Message
from channels.meta.payloads import said
from channels.transport import safe_name
from channels.trees import Tree, flat, kept, part
from scrm.model.base import Record
from scrm.model.message import ContentType
from scrm.ports.channel import MediaRef

MAX_ADDRESS = 4096
# By the platform's type: the hub's, and what the file is where nobody says.
FILES: dict[str, tuple[ContentType, str]] = {
    "image": (ContentType.IMAGE, "image/jpeg"),
    "sticker": (ContentType.IMAGE, "image/png"),
    "audio": (ContentType.VOICE, "audio/mp4"),
    "video": (ContentType.VIDEO, "video/mp4"),
    "file": (ContentType.FILE, "application/octet-stream"),
}
LINKS = frozenset({"fallback", "share", "reel", "ig_reel", "post", "ig_post"})


class Content(Record, kw_only=True):
    type: ContentType
    text: str = ""
    details: dict[str, str] = {}
    media: tuple[MediaRef, ...] = ()


def read_content(message: Message) -> Content:
    """A message may hold a text and several attachments; the first says what it is."""
    read = [_attachment(each) for each in message.attachments]
    media = tuple(ref for content in read for ref in content.media)
    details: dict[str, str] = {}
    for content in reversed(read):
        details |= content.details
    first = next((content for content in read if content.media), read[0] if read else None)
    if message.text and (first is None or not first.media):
        return Content(type=ContentType.TEXT, text=message.text, details=_beside(details))
    if first is None:
        return Content(type=ContentType.UNKNOWN, details=kept(type="empty"))
    return Content(type=first.type, text=message.text or first.text, details=details, media=media)


def _beside(details: dict[str, str]) -> dict[str, str]:
    """Of what stands below a text: a preview of a link in it, most of the time."""
    return {"links" if name == "url" else name: value for name, value in details.items()}


def _attachment(attachment: Tree) -> Content:
    kind, payload = said(attachment, "type", 40), part(attachment, "payload")
    address = said(payload, "url", MAX_ADDRESS + 1) or said(attachment, "url", MAX_ADDRESS + 1)
    if kind in FILES and 0 < len(address) <= MAX_ADDRESS:
        type_, media_type = FILES[kind]
        sticker = "1" if kind == "sticker" or payload.get("sticker_id") else ""
        name = _name(address) if type_ is ContentType.FILE else None
        ref = MediaRef(source=address, media_type=media_type, file_name=name)
        return Content(type=type_, details=kept(sticker=sticker), media=(ref,))
    place = part(payload, "coordinates")
    if kind == "location" and place:
        details = flat({"latitude": place.get("lat"), "longitude": place.get("long")})
        title = said(attachment, "title", 200)
        return Content(type=ContentType.LOCATION, text=title, details=details | kept(address=title))
    title = said(attachment, "title", 500) or said(payload, "title", 500)
    if kind in LINKS and (address or title):
        return Content(type=ContentType.LINK, text=title or address[:500], details=kept(url=address, title=title))
    return Content(type=ContentType.UNKNOWN, text=title, details=flat(attachment) | kept(type=kind or "attachment"))


def _name(address: str) -> str | None:
    """A file's own name is the last part of its address."""
    try:
        return safe_name(unquote(urlsplit(address).path))
    except ValueError:
        return None
