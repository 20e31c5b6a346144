"""Texts that say nearly the same, found among all that are stored: MinHash over pairs of characters. Pure.

Twelve bands of three rows: of two texts that share 80 % of their pairs all but one in ten thousand meet in a band, of
those that share 30 % about one in four does; so whoever meets is compared by its pairs themselves (`alike`).
docs/decisions/0016-mentions.md has the figures, and SimHash's beside them.
"""

import re
import zlib
from collections.abc import Callable

BANDS, ROWS = 12, 3
ALIKE = 0.6
# Shorter texts say little: "支持" and "支持" are two people, not a repost.
LEAST = 12
_CAP = 600
_PRIME = (1 << 61) - 1
# Coefficients of the hash family; any odd numbers do, these must only never change: they are stored.
_FAMILY = tuple(
    ((0x9E3779B97F4A7C15 * (2 * row + 1)) % _PRIME, (0xC2B2AE3D27D4EB4F * (row + 1)) % _PRIME)
    for row in range(BANDS * ROWS)
)
_NOISE = re.compile(r"https?://\S+|[\W_]+")
# Weibo: "说得对//@小王:转发微博//@日报: the text itself". The name ends with a colon of either width.
_PASSED = re.compile(r"//@([^\s:：@/]{1,40})\s*[:：]")
_PREFIX = re.compile(r"^(?:转发微博|轉發微博|回复@[^\s:：]{1,40}[:：]|RT\s+@\w{1,40}:)\s*")

Fold = Callable[[str], str]


def passed_on(text: str) -> tuple[str, tuple[str, ...]]:
    """(the text at the end of a chain of reposts, by whom it was passed on, the nearest first)."""
    names = tuple(match[1] for match in _PASSED.finditer(text[:4_000]))
    if not names:
        return _PREFIX.sub("", text), ()
    *_, last = _PASSED.finditer(text[:4_000])
    rest = text[last.end() :].strip()
    # A chain that ends in nothing: what was said on the way is all there is.
    return (rest or text[: text.find("//@")].strip()), names[:20]


def unmarked(text: str) -> str:
    """What people say in it, one after the other."""
    return _PREFIX.sub("", re.sub(r"转发微博|轉發微博", " ", _PASSED.sub("\n", text))).strip() or text


def pairs(text: str, fold: Fold) -> frozenset[str]:
    """Its pairs of characters, past width, case, traditional characters, signs and addresses."""
    plain = _NOISE.sub("", fold(text[: 2 * _CAP]))[:_CAP]
    return (
        frozenset(plain[place : place + 2] for place in range(len(plain) - 1)) if len(plain) >= LEAST else frozenset()
    )


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard: 0 … 1."""
    return len(one & other) / len(one | other) if one and other else 0.0


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Nearly the same, or one is the better part of the other: a repost cut short or with a remark."""
    if not one or not other:
        return False
    common, less = len(one & other), min(len(one), len(other))
    return common >= ALIKE * len(one | other) or (less >= 3 * LEAST and common >= 0.9 * less)


def bands(pieces: frozenset[str]) -> tuple[str, ...]:
    """Keys under which it is stored: texts that share one are worth comparing."""
    if not pieces:
        return ()
    hashes = [zlib.crc32(piece.encode("utf-8", "replace")) for piece in pieces]
    rows = [min((first * each + second) % _PRIME for each in hashes) for first, second in _FAMILY]
    return tuple(
        f"{band:x}{zlib.crc32(b'%d,%d,%d' % tuple(rows[band * ROWS : (band + 1) * ROWS])):08x}" for band in range(BANDS)
    )
