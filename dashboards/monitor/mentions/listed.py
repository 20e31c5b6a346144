"""Page lists (sitemaps) and pages, and JSON of any form by a mapping. Pure; hostile by nature.

A path of a mapping is names joined by dots; `[]` after a name takes every entry of the list it holds:
`data.cards[].mblog`. Weibo's search and comment answers are two mappings of docs/mentions.md.
"""

import re
from typing import Any

import msgspec

from dashboards.monitor.mentions import feeds, plain
from dashboards.monitor.mentions.feeds import MOST_ENTRIES, Unreadable
from scrm.model.base import Record
from scrm.model.mentions import Mapping, MentionKind
from scrm.ports.mentions import Draft

MOST_PATH = 12
_BRACED = re.compile(r"\{([^{}]{1,80})\}")
_NUMBER = re.compile(r"([\d.]{1,12})\s*(万|萬|亿|億|k|m|\+)?\+?", re.IGNORECASE)
_TIMES = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000, "k": 1_000, "m": 1_000_000}
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([A-Za-z0-9_-]{1,20})", re.IGNORECASE)


class Listed(Record, kw_only=True):
    """One line of a page list. nested: it is itself a list."""

    url: str
    changed: str = ""
    nested: bool = False


def pages(body: bytes) -> list[Listed]:
    """Raises Unreadable."""
    found: list[Listed] = []
    for element in feeds.entries(body, frozenset({"url", "sitemap"})):
        fields = {feeds.local(child.tag): (child.text or "").strip() for child in list(element)[:20]}
        if fields.get("loc"):
            changed = fields.get("lastmod") or fields.get("publication_date") or ""
            nested = feeds.local(element.tag) == "sitemap"
            found.append(Listed(url=fields["loc"][:2_000], changed=changed[:60], nested=nested))
    if not found:
        raise Unreadable("the page list lists no pages")
    return found


def page(body: bytes, content_type: str, listed: Listed) -> Draft | None:
    """A page as a draft; None when there is nothing to read on it."""
    title, text, meta = plain.page_of(_decoded(body, content_type))
    if not (title or text):
        return None
    written = meta.get("article:published_time") or meta.get("pubdate") or meta.get("date") or listed.changed
    return Draft(
        url=listed.url,
        title=title,
        text=text or title,
        author=plain.line_of(meta.get("author") or meta.get("article:author") or "", 80),
        published_at=written[:60],
        kind=MentionKind.ARTICLE,
    )


def mapped(body: bytes, mapping: Mapping) -> list[Draft]:
    """Raises Unreadable: no JSON, or nothing where `items` points."""
    try:
        answer: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"not readable as JSON: {str(error)[:120]}") from None
    items = every(answer, mapping.items)
    if not items:
        if _there(answer, mapping.items):
            return []
        raise Unreadable(f"the answer has nothing under {mapping.items}: {plain.line_of(str(answer), 80)}")
    found = [_mapped(item, mapping) for item in items[:MOST_ENTRIES]]
    return [draft for draft in found if draft.text]


def _mapped(item: Any, mapping: Mapping) -> Draft:
    title, text = plain.line_of(_text(item, mapping.title)), plain.text_of(_text(item, mapping.text))
    return Draft(
        url=_address(item, mapping.url),
        external_id=_text(item, mapping.id)[:300],
        title=title,
        text=text or title,
        author=plain.line_of(_text(item, mapping.author), 80),
        reach=number(_text(item, mapping.reach)),
        published_at=_text(item, mapping.published_at)[:60],
        kind=mapping.kind,
        repost_of=_address(item, mapping.repost_of),
    )


def every(value: Any, path: str) -> list[Any]:
    """What the path leads to; each entry by itself where it says `[]` or ends at a list."""
    found = [value]
    for name in path.split(".")[:MOST_PATH] if path else []:
        listed = name.endswith("[]")
        name = name.removesuffix("[]")
        following = [each.get(name) if isinstance(each, dict) else None for each in found] if name else found
        found = [each for each in following if each is not None]
        if listed:
            found = [entry for each in found if isinstance(each, list) for entry in each]
        found = found[: 4 * MOST_ENTRIES]
    return [entry for each in found for entry in (each if isinstance(each, list) else [each])]


def number(written: str) -> int | None:
    """12345, "1.2万", "3万+"."""
    match = _NUMBER.fullmatch(written.strip().replace(",", ""))
    if match is None:
        return None
    try:
        found = float(match[1]) * _TIMES.get((match[2] or "").lower(), 1)
    except ValueError:
        return None
    return int(found) if 0 <= found <= 1e12 else None


def _there(value: Any, path: str) -> bool:
    """Whether the path leads to a list, if an empty one."""
    parts = path.replace("[]", "").split(".")[:MOST_PATH] if path else []
    for name in parts:
        if isinstance(value, list):
            return True
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return isinstance(value, list)


def _text(item: Any, path: str) -> str:
    for value in every(item, path)[:1] if path else []:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(int(value) if isinstance(value, float) and value.is_integer() else value)
    return ""


def _address(item: Any, pattern: str) -> str:
    if "{" not in pattern:
        return _text(item, pattern)
    parts = {path: _text(item, path) for path in _BRACED.findall(pattern)}
    return _BRACED.sub(lambda match: parts[match[1]], pattern) if all(parts.values()) else ""


def _decoded(body: bytes, content_type: str) -> str:
    body = body[: plain.MOST_MARKUP * 2]
    said = re.search(r"charset=[\"']?([\w-]{1,20})", content_type, re.IGNORECASE)
    inside = _CHARSET.search(body[:2_000])
    name = (said[1] if said else inside[1].decode() if inside else "utf-8").lower()
    if name in ("gb2312", "gbk"):
        name = "gb18030"
    try:
        return body.decode(name, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")
