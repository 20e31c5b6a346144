"""Messages are written in elements, which look like XHTML and are not: what does not pair is text, whatever it is.

Everything written can be read: there is no wrong message, only one with more text in it. Reading takes time in
proportion to the length; what is nested deeper than `MAX_DEPTH`, or comes after `MAX_ELEMENTS`, is text.

Source: satori.chat/zh-CN/protocol/message.html
"""

import re

from scrm.model.base import Record

MAX_DEPTH = 24
MAX_ELEMENTS = 2000

_TOKEN = re.compile(
    r"<(?P<end>/)?(?P<name>[A-Za-z][\w:.\-]*+)"
    r"(?P<attributes>(?:\s++[^\s=<>/\"']++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'))?+)*+)\s*+(?P<empty>/)?>"
)
_ATTRIBUTE = re.compile(r"([^\s=<>/\"']++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'))?+")
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(lt|gt|quot|amp|apos|nbsp));")
_NAMED = {"lt": "<", "gt": ">", "quot": '"', "amp": "&", "apos": "'", "nbsp": " "}


class Text(Record, kw_only=True):
    text: str


class Element(Record, kw_only=True):
    """attributes: one without a value has the value ""."""

    name: str
    attributes: dict[str, str] = {}
    children: tuple["Text | Element", ...] = ()


Node = Text | Element


class _Open:
    """An element whose end has not come yet. written: its start tag, which is text if the end never comes."""

    def __init__(self, name: str, attributes: dict[str, str], written: str) -> None:
        self.name = name
        self.attributes = attributes
        self.written = written
        self.children: list[Node] = []


def parse(source: str) -> tuple[Node, ...]:
    source = _uncommented(source)
    stack = [_Open("", {}, "")]
    at = elements = 0
    for token in _TOKEN.finditer(source):
        _say(stack[-1], source[at : token.start()])
        at = token.end()
        name = token["name"].lower()
        if token["end"]:
            _end(stack, name, token[0])
            continue
        elements += 1
        attributes = _attributes(token["attributes"])
        if elements > MAX_ELEMENTS:
            _keep(stack[-1], token[0])
        elif token["empty"] or name == "br":
            stack[-1].children.append(Element(name=name, attributes=attributes))
        elif len(stack) > MAX_DEPTH:
            _keep(stack[-1], token[0])
        else:
            stack.append(_Open(name, attributes, token[0]))
    _say(stack[-1], source[at:])
    while len(stack) > 1:
        _unpaired(stack)
    return tuple(stack[0].children)


def _end(stack: list[_Open], name: str, written: str) -> None:
    if not any(each.name == name for each in stack[1:]):
        _keep(stack[-1], written)
        return
    while stack[-1].name != name:
        _unpaired(stack)
    done = stack.pop()
    stack[-1].children.append(
        Element(name=done.name, attributes=done.attributes, children=tuple(done.children)),
    )


def _unpaired(stack: list[_Open]) -> None:
    """What is opened last never ends: its tag is text, what it holds stays."""
    done = stack.pop()
    _keep(stack[-1], done.written)
    stack[-1].children += done.children


def _say(into: _Open, written: str) -> None:
    """Text between tags: blanks with a line break in them, at either end, belong to the writing and not to the text."""
    head, text, tail = _edges(written)
    kept = "".join(("" if "\n" in head else head, text, "" if "\n" in tail else tail))
    if kept:
        into.children.append(Text(text=unescape(kept)))


def _edges(text: str) -> tuple[str, str, str]:
    """The blanks before a text, the text, and the blanks after it."""
    begun = text.lstrip()
    inner = begun.rstrip()
    return text[: len(text) - len(begun)], inner, begun[len(inner) :]


def _uncommented(source: str) -> str:
    kept, at = [], 0
    while (begin := source.find("<!--", at)) >= 0 and (end := source.find("-->", begin + 4)) >= 0:
        kept.append(source[at:begin])
        at = end + 3
    return "".join((*kept, source[at:]))


def _keep(into: _Open, written: str) -> None:
    into.children.append(Text(text=written))


def _attributes(written: str) -> dict[str, str]:
    return {
        found[1].lower(): unescape(found[2] if found[2] is not None else found[3] or "")
        for found in _ATTRIBUTE.finditer(written)
    }


def unescape(text: str) -> str:
    return _ENTITY.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    if found[3]:
        return _NAMED[found[3]]
    number = int(found[1]) if found[1] else int(found[2], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else found[0]


def escape(text: str) -> str:
    """A text that is read as it is. Blanks at its ends that hold a line break are written as numbers."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    head, inner, tail = _edges(plain)
    return head.replace("\n", "&#10;") + inner + tail.replace("\n", "&#10;")


def tag(name: str, /, **attributes: str) -> str:
    """An element without content; attributes without a value are left out."""
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items() if value)
    return f"<{name}{written}/>"
