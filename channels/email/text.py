"""What a person wrote in a mail, apart from what they quoted and what they sign with. Pure; raises nothing.

Nothing is thrown away: what is folded is kept beside it. Where in doubt a text stands unfolded: an agent may miss
nothing that was written.
"""

import re
from html.parser import HTMLParser

import nh3

from scrm.model.base import Record

# What the timeline holds; the mail as it came is there as a file.
MAX_WRITTEN = 20_000
MAX_FOLDED = 20_000
MAX_LINES = 5_000
MAX_HTML = 100_000
MAX_DEPTH = 200

_BLOCKS_NAMED = (
    "address article aside blockquote center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr "
    "li main nav ol p pre section table tbody tfoot thead tr ul"
)
_BLOCKS = frozenset(_BLOCKS_NAMED.split())
_UNSEEN_NAMED = "style script title template noscript iframe object svg math select textarea"
_UNSEEN = frozenset(_UNSEEN_NAMED.split())
_INLINE = frozenset({"a", "img", "br", "td", "th"})
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_CLOSED_NAMED = "area base br col dd dt hr img input li link meta option p source td tfoot th thead tbody tr track wbr"
_CLOSED_BY_THEMSELVES = frozenset(_CLOSED_NAMED.split())
_RUNS = re.compile(r"([<&])(?:\s?\1)+")
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")


class Folded(Record, kw_only=True):
    written: str
    signature: str = ""
    quoted: str = ""


class _Reader(HTMLParser):
    """Markup as lines; what stands in a quotation begins with `> `, as in a plain mail."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._line = ""
        self._quotes = 0
        self._pre = 0
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "br":
            self.end_line(always=True)
        elif tag == "img":
            self._add(f"[{alt[:60]}]" if (alt := (given.get("alt") or "").strip()) else "")
        elif tag == "a":
            self._link = (given.get("href") or "", len(self._line))
        elif tag in ("td", "th"):
            self._add(" ")
        elif tag in _BLOCKS:
            self.end_line()
            self._quotes = min(self._quotes + (tag == "blockquote"), 9)
            self._pre += tag == "pre"
            if tag == "li":
                self._add("• ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end_link()
        elif tag in _BLOCKS:
            self.end_line(always=tag == "p")
            self._quotes = max(0, self._quotes - (tag == "blockquote"))
            self._pre = max(0, self._pre - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if self._pre:
            for place, piece in enumerate(data.split("\n")):
                if place:
                    self.end_line(always=True)
                self._add(piece)
            return
        self._add(_SPACE.sub(" ", data))

    def _add(self, text: str) -> None:
        if text == " " and (not self._line or self._line.endswith(" ")):
            return
        self._line += text if self._line or self._pre else text.lstrip(" ")

    def _end_link(self) -> None:
        if self._link is None:
            return
        href, start = self._link
        self._link = None
        shown = self._line[start:].strip()
        if href.startswith(("http://", "https://")) and shown and shown not in href and len(href) <= 500:
            self._add(f" ({href})")

    def end_line(self, *, always: bool = False) -> None:
        line = self._line.rstrip()
        if (line or always) and len(self.lines) < MAX_LINES:
            self.lines.append("> " * self._quotes + line)
        self._line = ""


def squeezed(html: str, most: int) -> str:
    """Without runs of what begins markup, and only to where it is nested without end: over both, parsers take a time
    that grows with the square."""
    plain = _RUNS.sub(r"\1", html[:most])
    depth = 0
    for found in _TAG.finditer(plain):
        if found[2].lower() not in _CLOSED_BY_THEMSELVES:
            depth = max(0, depth - 1) if found[1] else depth + 1
            if depth > MAX_DEPTH:
                return plain[: found.start()]
    return plain


def text_of_html(html: str) -> str:
    """html is put right first: the standard library's parser takes minutes over what only looks like markup."""
    clean = nh3.clean(
        squeezed(html, MAX_HTML),
        tags={*_BLOCKS, *_INLINE},
        clean_content_tags=set(_UNSEEN),
        attributes={"a": {"href"}, "img": {"alt"}},
        url_schemes={"http", "https"},
        link_rel=None,
    )
    reader = _Reader()
    reader.feed(clean)
    reader.close()
    reader.end_line()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(reader.lines)).strip()


# Where a quotation begins, as mailers write it. Forwarded text is what the customer wants to show, and stays.
_RULE = re.compile(
    r"^[\s>]*[-_—]{2,}\s*(?:原始邮件|原邮件|回复的原邮件|原始訊息|Original Message|Original|Reply message"
    r"|元のメッセージ)\s*[-_—]{2,}\s*$",
    re.IGNORECASE,
)
_INTRO = re.compile(
    r"^[\s>]*(?:On\s.{6,250}\swrote\s*[:：]"
    r"|At\s\d{4}-\d\d-\d\d.{4,200}\swrote\s*[:：]"
    r"|(?:在|于)?\s*.{4,200}(?:写道|寫道|写了|撰写)\s*[:：]?"
    r"|Le\s.{6,200}\sa écrit\s*:|Am\s.{6,200}\sschrieb\s.{0,100}:|El\s.{6,200}\sescribió\s*:)\s*$"
)
_FIELD = re.compile(
    r"^[\s>*]*(发件人|寄件者|發件人|From|De|Von|发送时间|发送日期|日期|时间|Sent|Date|寄件日期|收件人|收件者|To|抄送|Cc|主题|主旨|Subject)\s*\**\s*[:：]\s*\S",
    re.IGNORECASE,
)
_FROM = re.compile(r"^[\s>*]*(发件人|寄件者|發件人|From|De|Von)\s*\**\s*[:：]\s*\S", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"^(?:-- ?|发自我的.{1,40}|從我的.{1,40}傳送|来自我的.{1,40}|发送自.{1,60}|Sent from (?:my )?.{1,60}"
    r"|Get Outlook for .{1,20}|获取 ?Outlook for .{1,20}|从 ?Windows 版邮件发送.{0,10})$",
    re.IGNORECASE,
)
LONGEST_SIGNATURE = 15
MAX_MARK = 600


def fold(text: str) -> Folded:
    lines = [line.rstrip() for line in text.replace("\t", "    ").split("\n")[:MAX_LINES]]
    # What begins a quotation is short; longer lines are only text.
    cut = _quotation(
        [line if len(line) <= MAX_MARK else "> x" if line.lstrip().startswith(">") else "x" for line in lines]
    )
    written, quoted = lines[:cut], lines[cut:]
    sign = _signature(written)
    above = "\n".join(written[:sign]).strip()
    if not above:  # nothing but a quotation: then that is what was sent
        return Folded(written=_bounded("\n".join(lines).strip(), MAX_WRITTEN))
    return Folded(
        written=_bounded(re.sub(r"\n{3,}", "\n\n", above), MAX_WRITTEN),
        signature=_bounded("\n".join(written[sign:]).strip(), 2_000),
        quoted=_bounded("\n".join(quoted).strip(), MAX_FOLDED),
    )


def _quotation(lines: list[str]) -> int:
    """The line from which on nothing is the writer's own; as many lines as there are where all of it is."""
    for place, line in enumerate(lines):
        if _RULE.match(line) and _says_who(lines, place + 1, needed=1):
            return place
        if _FROM.match(line) and _says_who(lines, place, needed=3):
            return place - 1 if place and re.fullmatch(r"[\s_\-—]{5,}", lines[place - 1]) else place
        if _INTRO.match(_folded_line(lines, place)) and _only_quoted(lines[place + 1 :], wrapped=True):
            return place
    return _tail(lines)


def _says_who(lines: list[str], start: int, *, needed: int) -> bool:
    """A block of head fields, as mailers put over what they quote."""
    return sum(bool(_FIELD.match(line)) for line in lines[start : start + 8]) >= needed


def _folded_line(lines: list[str], place: int) -> str:
    """The line, with those after it that a mailer broke off: `On …` and `wrote:` are often parted."""
    line = lines[place]
    if re.match(r"^[\s>]*(On|At|在|于|Le|Am|El)\s?", line) and not line.endswith((":", "：")):
        return (
            " ".join(lines[place : place + 3])
            if lines[place + 2 : place + 3] and lines[place + 2].endswith((":", "："))
            else " ".join(lines[place : place + 2])
        )
    return line


def _only_quoted(lines: list[str], *, wrapped: bool) -> bool:
    """Whether what follows is a quotation to its end: every line marked, or (as some mailers do) none at all."""
    rest = [line for line in lines if line.strip()]
    if wrapped and rest and not rest[0].lstrip().startswith(">"):
        rest = rest[1:] if len(rest) > 1 and rest[0].endswith((":", "：")) else rest
    if not rest:
        return False
    marked = [line.lstrip().startswith(">") for line in rest]
    return all(marked) or not any(marked)


def _tail(lines: list[str]) -> int:
    """Where a run of marked lines begins that goes on to the end."""
    place = len(lines)
    while place and (not lines[place - 1].strip() or lines[place - 1].lstrip().startswith(">")):
        place -= 1
    return place if any(line.lstrip().startswith(">") for line in lines[place:]) else len(lines)


def _signature(lines: list[str]) -> int:
    for place in range(max(0, len(lines) - LONGEST_SIGNATURE - 5), len(lines)):
        if (
            _SIGNATURE.match(lines[place])
            and len([line for line in lines[place:] if line.strip()]) <= LONGEST_SIGNATURE
        ):
            return place
    return len(lines)


def _bounded(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most].rstrip() + "…"
