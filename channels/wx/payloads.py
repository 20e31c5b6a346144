"""A push's body as flat text fields, whatever its format; bounded before and while it is read.

`read_fields` raises only Malformed. Nested fields are flattened with `/`, entries of one name are numbered from the
second (`SendPicsInfo/PicList/item`, `SendPicsInfo/PicList/item#2`). Text is kept exactly as the customer wrote it.
"""

import json
from collections.abc import Iterator
from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_BODY = 64 * 1024
MAX_FIELDS = 512
MAX_DEPTH = 8

# What the hub decides by: each stands once and is plain text, or the push means different things to different readers.
SCALARS = frozenset({
    "ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgId", "MsgID", "MsgDataId",
    "Encrypt", "Content", "MediaId", "Recognition", "Format", "PicUrl", "Ticket", "Status", "UnionId",
})  # fmt: skip


class Malformed(Exception):
    """Not a push as the platform sends them. Its text holds nothing of the body."""


def format_of(body: bytes) -> str:
    """`json` or `xml`, by the first character that is not white space."""
    return "json" if body.lstrip()[:1] in (b"{", b"[") else "xml"


def read_fields(body: bytes, form: str) -> dict[str, str]:
    """Raises Malformed."""
    if len(body) > MAX_BODY:
        raise Malformed("longer than 64 KiB")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    leaves = _json_leaves(text) if form == "json" else _xml_leaves(text)
    fields: dict[str, str] = {}
    for name, value in leaves:
        if len(fields) >= MAX_FIELDS:
            raise Malformed("too many fields")
        if name in fields or (name.partition("/")[0].partition("#")[0] in SCALARS and name not in SCALARS):
            raise Malformed("a field repeated or nested")
        fields[name] = value
    return fields


def _xml_leaves(text: str) -> Iterator[tuple[str, str]]:
    try:
        # Parsing text, not bytes: an encoding declaration has no say.
        root: Element = fromstring(text, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise Malformed("a document type or entity") from None
    except (ParseError, ValueError, LookupError):
        raise Malformed("not XML") from None
    yield from _element_leaves(root, "", 0)


def _element_leaves(element: Element, prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth >= MAX_DEPTH:
        raise Malformed("nested too deeply")
    counts: dict[str, int] = {}
    for child in element:
        count = counts[child.tag] = counts.get(child.tag, 0) + 1
        name = prefix + child.tag + (f"#{count}" if count > 1 else "")
        if len(child):
            yield from _element_leaves(child, name + "/", depth + 1)
        else:
            yield name, child.text or ""


def _json_leaves(text: str) -> Iterator[tuple[str, str]]:
    try:
        # Numbers stay text: a 64-bit MsgId must not pass through a float.
        root = json.loads(text, parse_int=str, parse_float=str, parse_constant=_no_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(root, dict):
        raise Malformed("not an object")
    yield from _value_leaves(root, "", 0)


def _value_leaves(value: object, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > MAX_DEPTH:
        raise Malformed("nested too deeply")
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _value_leaves(inner, f"{name}/{_sound(key)}" if name else _sound(key), depth + 1)
    elif isinstance(value, list):
        for count, inner in enumerate(value, start=1):
            yield from _value_leaves(inner, name if count == 1 else f"{name}#{count}", depth + 1)
    elif isinstance(value, bool):
        yield name, "1" if value else "0"
    else:
        yield name, "" if value is None else _sound(str(value))


def _sound(text: str) -> str:
    """A lone surrogate, which JSON can spell, could be neither stored nor sent on."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Malformed("half a character")
    return text


def _no_constant(_: str) -> NoReturn:
    raise ValueError("no number")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name repeated")
    return found
