"""HTML as a person reads it, and nothing a browser would run. Pure, total, bounded.

Scripts, styles and what is hidden are left out; a block begins a new line; a picture that stands for a word (Weibo's
[笑]) gives that word.
"""

import re
from html import unescape
from html.parser import HTMLParser

# Characters of markup looked at, of text kept, and tags inside one another.
MOST_MARKUP = 400_000
MOST_TEXT = 10_000
_SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "iframe",
        "object",
        "embed",
        "head",
        "nav",
        "footer",
        "aside",
        "form",
    ]
)
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "tr",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "section",
        "article",
        "header",
        "pre",
        "hr",
    ]
)
_VOID = frozenset(["br", "hr", "img", "input", "meta", "link", "source", "embed"])
_MARKUP = re.compile(r"<[a-zA-Z/!]|&[#a-zA-Z]")
_EMOTICON = re.compile(r"\[[^\[\]\s]{1,12}\]")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.title: list[str] = []
        self.meta: dict[str, str] = {}
        self._skipping = 0
        self._in_title = False
        self._length = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs[:20]}
        if tag == "title":
            self._in_title = not self.title
        elif tag == "meta":
            name = (given.get("property") or given.get("name") or "").lower()
            if name and len(self.meta) < 60:
                self.meta.setdefault(name, given.get("content", "")[:MOST_TEXT])
        elif tag == "img" and _EMOTICON.fullmatch(given.get("alt", "")):
            self._say(given["alt"])
        elif tag in _SKIPPED and tag not in _VOID:
            self._skipping += 1
        elif tag in _BLOCKS:
            self._say("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag in _SKIPPED and tag not in _VOID:
            self._skipping = max(0, self._skipping - 1)
        elif tag in _BLOCKS:
            self._say("\n")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data[:500])
        else:
            self._say(data)

    def _say(self, text: str) -> None:
        if not self._skipping and self._length < 2 * MOST_TEXT:
            self.pieces.append(text)
            self._length += len(text)


def text_of(markup: str) -> str:
    """At most 10,000 characters; a text without markup stays as it is, but for what nobody sees."""
    if not _MARKUP.search(markup):
        return tidy(markup)
    return tidy("".join(_read(markup).pieces))


def line_of(markup: str, most: int = 300) -> str:
    """On one line."""
    return " ".join(text_of(markup[: 20 * most]).split())[:most]


def page_of(markup: str) -> tuple[str, str, dict[str, str]]:
    """(title, text, what the page says of itself) of a whole page."""
    reader = _read(markup)
    meta = reader.meta
    title = meta.get("og:title") or "".join(reader.title)
    described = tidy(unescape(meta.get("og:description") or meta.get("description") or ""))
    body = tidy("".join(reader.pieces))
    return line_of(title), body if len(body) > len(described) else described, meta


def tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in _UNSEEN.sub("", text[: 4 * MOST_TEXT]).splitlines())
    return "\n".join(line for line in lines if line)[:MOST_TEXT]


def _uncommented(markup: str) -> str:
    """Comments emptied. The parser looks for the end of one that has none again and again: minutes for such a page."""
    pieces, place = [], 0
    while (begins := markup.find("<!--", place)) >= 0:
        ends = markup.find("-->", begins + 2)  # "<!-->" is a whole one
        if ends < 0:
            break
        pieces += [markup[place:begins], "<!---->"]
        place = ends + 3
    return "".join([*pieces, markup[place:].replace("<!--", "&lt;!--")])


def _read(markup: str) -> _Reader:
    reader = _Reader()
    try:
        reader.feed(_uncommented(markup[:MOST_MARKUP]))
        reader.close()
    except (AssertionError, ValueError):  # what the parser does not take, it gave up to there
        return reader
    return reader
