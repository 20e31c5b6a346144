"""Long text in parts a platform takes: at a paragraph, else a sentence, else a space, else a grapheme. Pure.

Joining the parts gives the text back, white space at the cuts aside: no word is lost.
"""

import re
from collections.abc import Callable, Iterator

from scrm.model.channel import Capabilities, LengthUnit

# What may follow a cut, best first. A sentence's closing quotes and brackets stay with it.
_CUTS = (
    re.compile(r"\n\s*"),
    re.compile(r"[。！？!?…；;]+[”’」』）)】]*\s*|[.](?=\s)\s*"),
    re.compile(r"[，,、：:\s]\s*"),
)
# A part cut at a better place may be this much shorter than one cut at a worse place.
_LEAST_SHARE = 0.4
# Characters that belong to the one before: combining marks, variation selectors, skin tones, joiners.
_EXTENDS = re.compile("[\u0300-\u036f\u200d\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")


def measure(capabilities: Capabilities) -> Callable[[str], int]:
    """How this channel type counts a text's length."""
    if capabilities.text_unit is LengthUnit.BYTES:
        return lambda text: len(text.encode("utf-8", "surrogatepass"))
    if capabilities.text_unit is LengthUnit.UTF16:
        return lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2
    return len


def split(text: str, capabilities: Capabilities) -> tuple[str, ...]:
    """The parts of `text`, each within `text_limit`; () for blank text."""
    length = measure(capabilities)
    return tuple(_parts(text.strip(), capabilities.text_limit, length))


def _parts(rest: str, limit: int, length: Callable[[str], int]) -> Iterator[str]:
    while rest:
        if length(rest) <= limit:
            yield rest
            return
        cut = _cut(rest, _most(rest, limit, length))
        yield rest[:cut].rstrip()
        rest = rest[cut:].lstrip()


def _most(text: str, limit: int, length: Callable[[str], int]) -> int:
    """The largest number of leading characters within `limit`; at least 1."""
    low, high = 1, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if length(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(text: str, most: int) -> int:
    head = text[:most]
    for pattern in _CUTS:
        ends = [found.end() for found in pattern.finditer(head)]
        if ends and ends[-1] >= most * _LEAST_SHARE and head[: ends[-1]].strip():
            return ends[-1]
    cut = most
    while cut > 1 and (_EXTENDS.match(text[cut]) or text[cut - 1] == "\u200d"):
        cut -= 1
    return cut if cut > 1 else most
