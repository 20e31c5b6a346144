"""RSS, Atom, RDF and JSON Feed to drafts. Pure; hostile by nature.

No document type, no entities (`defusedxml`); depth, entries and lengths bounded; one broken entry costs no other.
"""

import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import ParseError as XmlError

import msgspec
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from dashboards.monitor.mentions import plain
from scrm.model.mentions import MentionKind
from scrm.ports.mentions import Draft

MOST_ENTRIES = 500
MOST_DEPTH = 60
_ROOTS = frozenset({"rss", "feed", "rdf", "urlset", "sitemapindex"})
_ITEMS = frozenset({"item", "entry"})
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}encoding=[\"']([A-Za-z0-9_.-]{1,40})[\"']")
# What expat does not read by itself, or platforms call otherwise.
_CHINESE = frozenset({"gbk", "gb2312", "gb18030", "gb_2312-80", "big5"})


class Unreadable(Exception):
    """Neither feed nor page list nor JSON of the form asked for. Its text says why, for the administrator."""


def drafts(body: bytes, base: str) -> list[Draft]:
    """base: the feed's address, for relative ones. Raises Unreadable."""
    head = body[:500].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"{"):
        return _json_feed(body, base)
    found = [_draft(item, base) for item in entries(body, _ITEMS)]
    return [draft for draft in found if draft is not None]


def entries(body: bytes, names: frozenset[str]) -> Iterator[Element]:
    """Elements of these names, whatever their namespace, each forgotten once it was read. Raises Unreadable."""
    depth = count = 0
    seen = False
    root: Element | None = None
    try:
        for event, element in ElementTree.iterparse(
            io.BytesIO(_utf8(body)), events=("start", "end"), forbid_dtd=False, forbid_entities=True
        ):
            if event == "start":
                if root is None:
                    root = element
                    if local(root.tag) not in _ROOTS:
                        raise Unreadable(f"neither feed nor page list: it begins with <{local(root.tag)[:20]}>")
                depth += 1
                if depth > MOST_DEPTH:
                    raise Unreadable(f"elements nest deeper than {MOST_DEPTH}")
                seen = True
                continue
            depth -= 1
            if local(element.tag) in names:
                yield element
                element.clear()
                count += 1
                if count >= MOST_ENTRIES:
                    return
                if root is not None and depth <= 1:
                    root.clear()
    except DefusedXmlException:
        raise Unreadable("the XML declares entities, which are refused") from None
    except (XmlError, ValueError, LookupError, UnicodeError) as error:
        # A feed cut off in the middle is worth what stood before.
        if count == 0:
            raise Unreadable(f"not readable as XML: {str(error)[:120]}") from None
    if not seen:
        raise Unreadable("the answer is empty")


def local(tag: object) -> str:
    return str(tag).rpartition("}")[2].lower()


def _utf8(body: bytes) -> bytes:
    """Chinese encodings are decoded here: expat knows none of them."""
    declared = _DECLARED.match(body[:400].lstrip(b"\xef\xbb\xbf \t\r\n"))
    if declared and declared[1].decode().lower() in _CHINESE:
        encoding = "big5" if declared[1].lower() == b"big5" else "gb18030"
        text = body.decode(encoding, "replace")
        return re.sub(r"<\?xml[^>]*\?>", "", text, count=1).encode()
    return body.lstrip(b" \t\r\n")


def _draft(item: Element, base: str) -> Draft | None:
    fields: dict[str, str] = {}
    link = ""
    for child in list(item)[:80]:
        name, said = local(child.tag), "".join(child.itertext())[: plain.MOST_MARKUP]
        if name == "link":
            link = _link(child, said, link)
        elif name == "author":
            fields.setdefault("author", _author(child, said))
        elif said.strip():
            fields.setdefault(name, said)
    text = next((fields[name] for name in ("encoded", "content", "description", "summary") if name in fields), "")
    guid = fields.get("guid") or fields.get("id") or ""
    if not link and guid.startswith(("http://", "https://")):
        link = guid
    title, said = plain.line_of(fields.get("title", "")), plain.text_of(text)
    if not (title or said):
        return None
    return Draft(
        url=_address(base, link.strip()),
        external_id=guid.strip()[:300],
        title=title,
        text=said or title,
        author=plain.line_of(fields.get("author") or fields.get("creator") or "", 80),
        published_at=next(
            (fields[name] for name in ("pubdate", "published", "date", "updated") if name in fields), ""
        ).strip()[:60],
        kind=MentionKind.ARTICLE,
    )


def _address(base: str, link: str) -> str:
    """What is no address stays as it is written, for the row it costs to say so."""
    try:
        return urljoin(base, link) if link else ""
    except ValueError:
        return link


def _link(element: Element, said: str, known: str) -> str:
    """Atom has several; the one people open comes first."""
    href = element.get("href")
    if href is None:
        return known or said.strip()
    return href if element.get("rel", "alternate") == "alternate" or not known else known


def _author(element: Element, said: str) -> str:
    name = next((child.text for child in element if local(child.tag) == "name"), None)
    return name or said


def _json_feed(body: bytes, base: str) -> list[Draft]:
    try:
        feed: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"not readable as JSON: {str(error)[:120]}") from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise Unreadable("the JSON is no JSON Feed: it has no list named items")
    return [draft for item in items[:MOST_ENTRIES] if isinstance(item, dict) and (draft := _json_item(item, base))]


def _json_item(item: dict[str, Any], base: str) -> Draft | None:
    def text(name: str) -> str:
        value = item.get(name)
        return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""

    title = plain.line_of(text("title"))
    said = plain.text_of(text("content_html") or text("content_text") or text("summary"))
    if not (title or said):
        return None
    authors = item.get("authors") or [item.get("author")]
    first = authors[0] if isinstance(authors, list) and authors else None
    author = first.get("name") if isinstance(first, dict) else first
    link = text("url") or text("external_url")
    return Draft(
        url=_address(base, link),
        external_id=text("id")[:300],
        title=title,
        text=said or title,
        author=plain.line_of(author, 80) if isinstance(author, str) else "",
        published_at=(text("date_published") or text("date_modified"))[:60],
        kind=MentionKind.ARTICLE,
    )
