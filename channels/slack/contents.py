"""What a message holds: its text as people read it, its files, and whom it mentions. Pure.

Source: docs.slack.dev/reference/events/message, docs.slack.dev/reference/objects/file-object
"""

from collections.abc import Iterator

from channels.slack import mrkdwn
from channels.slack.payloads import id_of
from channels.transport import safe_name
from channels.trees import MAX_DEPTH, Tree, parts, text
from scrm.model.base import Record
from scrm.model.message import ContentType
from scrm.ports.channel import MediaRef

MAX_TEXT = 40_000
MAX_FILES = 20
MAX_ADDRESS = 2000
MAX_EMOJI = 200
KINDS = {"image": ContentType.IMAGE, "audio": ContentType.VOICE, "video": ContentType.VIDEO}
# A file's `mode`: it lies elsewhere, it was deleted, the workspace's plan hides it.
EXTERNAL, GONE = "external", ("tombstone", "hidden_by_limit")


class Content(Record, kw_only=True):
    """mentions: users' ids. gone: files that there were, and that are not to be had."""

    type: ContentType
    text: str
    media: tuple[MediaRef, ...]
    mentions: frozenset[str]
    links: tuple[str, ...]
    gone: int


def read(message: Tree, bot: str) -> Content:
    """bot: the app's user id, whose mention is no part of the text."""
    said = message.get("text")
    written = mrkdwn.read(said[:MAX_TEXT] if isinstance(said, str) else "", own=bot, emoji=_emoji(message))
    texts = [written.text, *_shared(message)]
    files = parts(message, "files")[:MAX_FILES]
    media, kinds, gone = [], [], 0
    for file in files:
        if file.get("mode") == EXTERNAL:
            texts.append(_elsewhere(file))
        elif (ref := _ref(file)) is not None:
            media.append(ref)
            kinds.append(_kind(ref.media_type))
        else:
            gone += 1
    whole = "\n".join(each for each in texts if each)
    kind = kinds[0] if kinds else ContentType.TEXT
    if not kinds and not whole.strip():
        kind = ContentType.FILE if gone else ContentType.UNKNOWN
    return Content(type=kind, text=whole, media=tuple(media), mentions=written.mentions, links=written.links, gone=gone)


def _kind(media_type: str) -> ContentType:
    return KINDS.get(media_type.partition("/")[0], ContentType.FILE)


def _ref(file: Tree) -> MediaRef | None:
    """source: the file's address, or its id where Slack does not tell the address with the message (Slack Connect)."""
    address, id_ = file.get("url_private"), id_of(file.get("id"))
    known = isinstance(address, str) and 0 < len(address) <= MAX_ADDRESS
    if file.get("mode") in GONE or not (known or id_):
        return None
    size, lasts = file.get("size"), file.get("duration_ms")
    return MediaRef(
        source=str(address) if known else id_,
        media_type=text(file.get("mimetype"), 100) or "application/octet-stream",
        file_name=safe_name(text(file.get("name")) or text(file.get("title"))),
        size=size if type(size) is int and 0 <= size < 2**53 else None,
        duration=lasts / 1000 if type(lasts) is int and 0 <= lasts < 2**40 else None,
    )


def _elsewhere(file: Tree) -> str:
    """A file that lies at another service is a link to it."""
    name, address = text(file.get("title")) or text(file.get("name")), text(file.get("url_private"), MAX_ADDRESS)
    return " ".join(each for each in (name, f"({address})" if address else "") if each)


def _shared(message: Tree) -> Iterator[str]:
    """Messages that were passed on in this one."""
    for each in parts(message, "attachments")[:MAX_FILES]:
        said = each.get("text")
        if each.get("is_share") is True and isinstance(said, str) and said:
            author, shown = text(each.get("author_name")), mrkdwn.read(said[:MAX_TEXT]).text
            yield f"{author}: {shown}" if author else shown


def _emoji(message: Tree) -> dict[str, str]:
    """The characters behind the names in the text, which stand in its other form only."""
    found: dict[str, str] = {}
    for element in _elements(message.get("blocks"), 0):
        name, code, tone = element.get("name"), element.get("unicode"), element.get("skin_tone")
        if element.get("type") != "emoji" or not isinstance(name, str) or not isinstance(code, str):
            continue
        if (characters := _characters(code)) and len(found) < MAX_EMOJI:
            found[f"{name}::skin-tone-{tone}" if type(tone) is int else name] = characters
    return found


def _elements(value: object, depth: int) -> Iterator[Tree]:
    if isinstance(value, list) and depth <= MAX_DEPTH:
        for each in value:
            if isinstance(each, dict):
                yield each
                yield from _elements(each.get("elements"), depth + 1)


def _characters(code: str) -> str:
    """`1f44b-1f3fc` as what it shows; "" for what is none."""
    try:
        points = [int(each, 16) for each in code.split("-")[:12]]
        return "".join(map(chr, points)) if not any(0xD800 <= each < 0xE000 for each in points) else ""
    except (ValueError, OverflowError):
        return ""
