"""What a message holds: its text as people read it, its files, whom it mentions and what it quotes. Pure.

Source: satori.chat/zh-CN/protocol/elements.html
"""

import mimetypes
import re
from collections.abc import Sequence

from channels.satori.elements import Element, Node, Text, parse
from scrm.model.base import Record
from scrm.model.message import ContentType
from scrm.ports.channel import MediaRef

MAX_MEDIA = 20
MAX_SOURCE = 48 * 1024
QUOTE_LENGTH = 300
MAX_LINKS = 1000

# The tag of a file, what it is, and its media type where neither name nor address says better.
FILES: dict[str, tuple[ContentType, str]] = {
    "img": (ContentType.IMAGE, "image/jpeg"),
    "image": (ContentType.IMAGE, "image/jpeg"),
    "audio": (ContentType.VOICE, "audio/mpeg"),
    "video": (ContentType.VIDEO, "video/mp4"),
    "file": (ContentType.FILE, "application/octet-stream"),
}
STYLES = frozenset({
    "b", "strong", "i", "em", "u", "ins", "s", "del", "spl", "code", "sup", "sub", "text", "template",
})  # fmt: skip
BLOCKS = frozenset({"p", "message", "pre"})
EVERYBODY = {"all": "所有人", "here": "在线成员"}
_DATA = re.compile(r"data:([\w.+\-]+/[\w.+\-]+)?[;,]")


class Content(Record, kw_only=True):
    """mentions: users' ids. quoted: the id of the message that is quoted; quoted_by: whose that was, as far as the
    message says. strange: the first element that is known to nobody here."""

    type: ContentType
    text: str
    media: tuple[MediaRef, ...]
    links: tuple[str, ...]
    mentions: frozenset[str]
    quoted: str
    quoted_text: str
    quoted_by: str
    strange: Element | None


class _Reading:
    def __init__(self, self_id: str) -> None:
        self.self_id = self_id
        self.parts: list[str] = []
        self.media: list[MediaRef] = []
        self.kinds: list[ContentType] = []
        self.links: list[str] = []
        self.mentions: set[str] = set()
        self.quote: Element | None = None
        self.strange: Element | None = None

    def nodes(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self.parts.append(node.text)
            else:
                self.element(node)

    def element(self, node: Element) -> None:
        name, given = node.name, node.attributes
        if name in FILES:
            self.file(node)
        elif name == "br":
            self.parts.append("\n")
        elif name == "at":
            self.at(given)
        elif name == "sharp":
            self.parts.append("#" + (given.get("name") or given.get("id", "")))
        elif name in ("emoji", "face"):
            said = given.get("name") or given.get("id", "")
            self.parts.append(f"[{said}]" if said else "")
        elif name == "a":
            self.link(node)
        elif name == "quote":
            self.quote = self.quote or node
        elif name == "author":
            pass
        elif name == "button":
            self.parts.append("[")
            self.nodes(node.children)
            self.parts.append("]" if node.children else f"{given.get('text') or given.get('id', '')}]")
        elif name in BLOCKS:
            self.block(node)
        else:
            if name not in STYLES and self.strange is None:
                self.strange = node
            self.nodes(node.children)

    def at(self, given: dict[str, str]) -> None:
        """The bot's own name says only that it is meant."""
        if id_ := given.get("id"):
            self.mentions.add(id_)
            if id_ == self.self_id:
                return
        who = given.get("name") or given.get("id") or given.get("role") or given.get("type", "")
        self.parts.append("@" + EVERYBODY.get(who, who))

    def link(self, node: Element) -> None:
        href = node.attributes.get("href", "")
        before = len(self.parts)
        self.nodes(node.children)
        said = "".join(self.parts[before:]).strip()
        if href:
            self.links.append(href)
        if href and href != said:
            self.parts.append(f" ({href})" if said else href)

    def block(self, node: Element) -> None:
        """On lines of its own; a forwarded message after its author's name."""
        self.line()
        author = next((each for each in node.children if isinstance(each, Element) and each.name == "author"), None)
        name = author.attributes.get("name", "") if author is not None else ""
        if name:
            self.parts.append(f"{name}: ")
        self.nodes(node.children)
        self.line()

    def line(self) -> None:
        last = next((part for part in reversed(self.parts) if part), "\n")
        if not last.endswith("\n"):
            self.parts.append("\n")

    def file(self, node: Element) -> None:
        kind, media_type = FILES[node.name]
        given = node.attributes
        source = given.get("src") or given.get("url", "")
        if not source or len(source) > MAX_SOURCE or len(self.media) >= MAX_MEDIA:
            return
        name = given.get("title") or given.get("name")
        inline = _DATA.match(source)
        said = inline[1] if inline else mimetypes.guess_type(name or source.partition("?")[0])[0]
        duration = given.get("duration", "")
        self.kinds.append(kind)
        self.media.append(
            MediaRef(
                source=source,
                media_type=said or media_type,
                file_name=name[:200] if name else None,
                duration=float(duration) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", duration) else None,
            )
        )


def read(content: str, self_id: str) -> Content:
    """self_id: the bot's, whose mention is no part of the text."""
    reading = _Reading(self_id)
    reading.nodes(parse(content))
    text = "".join(reading.parts)
    if self_id in reading.mentions:
        text = text.strip()
    kind = reading.kinds[0] if reading.kinds else ContentType.TEXT
    if not reading.media and not text.strip():
        kind = ContentType.UNKNOWN
    quote = reading.quote
    return Content(
        type=kind,
        text=text.strip("\n"),
        media=tuple(reading.media),
        links=tuple(reading.links),
        mentions=frozenset(reading.mentions),
        quoted=quote.attributes.get("id", "") if quote else "",
        quoted_text=_shown(quote, self_id) if quote else "",
        quoted_by=_author(quote) if quote else "",
        strange=reading.strange,
    )


def _shown(quote: Element, self_id: str) -> str:
    inner = _Reading(self_id)
    inner.nodes(quote.children)
    text = "".join(inner.parts).strip()
    return (text or (f"[{inner.kinds[0]}]" if inner.kinds else ""))[:QUOTE_LENGTH]


def _author(quote: Element) -> str:
    found = next((each for each in quote.children if isinstance(each, Element) and each.name == "author"), None)
    return found.attributes.get("id", "") if found is not None else ""
