"""A text as a reader sees it past disguises, and where each character of that came from. Pure, total, linear.

In order: full width and case (NFKC), blanks, punctuation and invisible characters left out, traditional to simplified
character by character, then look-alikes. Character by character, unlike `nlp.normalise`, so that a find can be
pointed at in the text as it was written.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import islice, product
from pathlib import Path

import opencc

from scrm.model.base import Record

# One of each group stands for all; a word and a text pass through the same table, so that they meet.
_LOOKALIKES: dict[str, str] = {
    look: stands
    for stands, looks in {
        "微": "v薇徽威溦", "q": "扣釦", "0": "零〇○", "1": "一壹幺", "2": "二贰", "3": "三叁", "4": "四肆", "5": "五伍",
        "6": "六陆", "7": "七柒", "8": "八捌", "9": "九玖",
    }.items()
    for look in looks
}  # fmt: skip
# Letters that pass for digits where they stand among digits and nothing else: l23l5.
_AS_DIGIT = str.maketrans({"o": "0", "i": "1", "l": "1", "z": "2", "s": "5", "b": "8"})
_DIGITLIKE = re.compile(r"(?<![0-9a-z])[0-9oilzsb]*[0-9][0-9oilzsb]*(?![0-9a-z])")
_PLUS = dict.fromkeys("+＋➕", "加")


class Folded(Record, kw_only=True):
    """Equally long, one entry a character that counts: `plain` before look-alikes, `text` after; `origin` its index in
    the text as written; `gap` how many visible characters were left out just before it."""

    plain: str
    text: str
    origin: tuple[int, ...]
    gap: tuple[int, ...]


def fold(raw: str) -> Folded:
    plain: list[str] = []
    origin: list[int] = []
    gap: list[int] = []
    left_out = 0
    for place, char in enumerate(raw):
        seen = _PLUS.get(char) or _plain(char)
        if not seen:
            left_out += _visible(char)
        for each in seen:
            plain.append(each)
            origin.append(place)
            gap.append(left_out)
            left_out = 0
    joined = "".join(plain)
    return Folded(plain=joined, text=lookalike(joined), origin=tuple(origin), gap=tuple(gap))


def width(text: str) -> str:
    return "".join(map(_width, text))


def bare(text: str) -> str:
    """Without what is left out, otherwise as `width`."""
    return "".join(char for char in width(text) if _counts(char))


def plain(text: str) -> str:
    return "".join(map(_plain, text))


def lookalike(plain_text: str) -> str:
    """As long as it was."""
    if not plain_text.isascii():
        plain_text = "".join([_LOOKALIKES.get(char, char) for char in plain_text])
    elif "v" in plain_text:
        plain_text = plain_text.replace("v", "微")
    return _DIGITLIKE.sub(lambda match: match[0].translate(_AS_DIGIT), plain_text)


@lru_cache(maxsize=16_384)
def sound(char: str) -> str:
    """A Han character's most common syllable, without tone; anything else as it is."""
    if not is_han(char):
        return char
    from pypinyin import Style, lazy_pinyin  # its dictionary takes half a second: not before the database is started

    return lazy_pinyin(char, style=Style.NORMAL)[0]


def sounds(text: str) -> list[tuple[str, ...]]:
    """The ways a word may be spelled in pinyin: up to two readings a character, up to eight in all. A character on
    its own is taken for its most common reading (`sound`); which of them a word has, only the word tells."""
    readings = [_readings(char) for char in text]
    return list(islice(product(*readings), 8))


def is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"


@lru_cache(maxsize=16_384)
def _readings(char: str) -> tuple[str, ...]:
    if not is_han(char):
        return (char,)
    from pypinyin import Style, pinyin

    return tuple(dict.fromkeys([sound(char), *pinyin(char, style=Style.NORMAL, heteronym=True)[0]]))[:2]


@lru_cache(maxsize=16_384)
def _width(char: str) -> str:
    return unicodedata.normalize("NFKC", char).casefold()


@lru_cache(maxsize=16_384)
def _plain(char: str) -> str:
    table = _simplified()
    return "".join(table.get(each, each) for each in _width(char) if _counts(each))


def _counts(char: str) -> bool:
    """Letters and numbers; not blanks, punctuation, symbols, marks put over other characters, or what nobody sees."""
    return unicodedata.category(char)[0] in "LN"


@lru_cache(maxsize=16_384)
def _visible(char: str) -> bool:
    return unicodedata.category(char)[0] not in "CM"


@lru_cache(maxsize=1)
def _simplified() -> dict[str, str]:
    """From OpenCC's own table; of several simplified forms its first."""
    table = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    pairs = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines() if "\t" in line)
    # 'One character for one': a few rare ones lie outside the first plane of Unicode, which is no matter here.
    return {old: new.split()[0] for old, new in pairs}
