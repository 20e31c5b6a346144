"""Why a message was found: the piece of it that says so, and what in it to highlight. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence

from scrm.model.message import Message
from scrm.model.search import Wanted, searchable
from scrm.ports.services import TextCutter
from scrm.web.views import Shown

BEFORE, LONGEST = 24, 120
_MOST_MARKS = 50
_BLANKS = re.compile(r"\s")

Range = tuple[int, int]


def holds(message: Message, phrases: Iterable[str], cutter: TextCutter) -> bool:
    """Whether every phrase stands in it; blanks count alike."""
    texts = [" ".join(cutter.fold(line).split()) for line in searchable(message)]
    return all(any(phrase in text for text in texts) for phrase in phrases)


def shown(message: Message, parts: Sequence[Wanted], sounds: Mapping[str, Sequence[str]], cutter: TextCutter) -> Shown:
    """The line with most of what was asked, cut around its first find."""
    best, ranges = "", list[Range]()
    for line in searchable(message):
        found = marks(cutter.fold(line), parts, sounds)
        if not best or _length(found) > _length(ranges):
            best, ranges = line, found
    start = max(0, ranges[0][0] - BEFORE) if ranges and len(best) > LONGEST else 0
    end = min(len(best), start + LONGEST)
    piece = best[start:end]
    inside = [(max(first, start) - start, min(last, end) - start) for first, last in ranges if first < end]
    return Shown(
        # One line, one character for one.
        text=_BLANKS.sub(" ", piece),
        marks=[(_units(piece[:first]), _units(piece[:last])) for first, last in inside[:_MOST_MARKS]],
        cut_before=start > 0,
        cut_after=end < len(best),
    )


def marks(folded: str, parts: Sequence[Wanted], sounds: Mapping[str, Sequence[str]]) -> list[Range]:
    """Where the parts stand, in order, without overlap."""
    found: list[Range] = []
    for part in parts:
        whole = _places(folded, part.text)
        if not whole and len(part.text) > 2 and not part.text.isascii():
            # Its characters are there, two by two, but not side by side.
            whole = [place for at in range(len(part.text) - 1) for place in _places(folded, part.text[at : at + 2])]
        found += whole
        found += [place for pair in sounds.get(part.text, ()) for place in _places(folded, pair)]
    merged: list[Range] = []
    for first, last in sorted(found):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _places(folded: str, text: str) -> list[Range]:
    found: list[Range] = []
    at = folded.find(text)
    while at >= 0 and len(found) < _MOST_MARKS:
        found.append((at, at + len(text)))
        at = folded.find(text, at + len(text))
    return found


def _length(ranges: Sequence[Range]) -> int:
    return sum(last - first for first, last in ranges)


def _units(text: str) -> int:
    """Length as a browser counts: what lies outside the first plane is two."""
    return len(text) + sum(char > "\uffff" for char in text)
