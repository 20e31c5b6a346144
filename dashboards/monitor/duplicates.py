"""Texts that say nearly the same, grouped: one complaint that many people copy, or one person who repeats. Pure.

MinHash finds pairs worth comparing without comparing all; a pair counts as alike only after its character pairs were
compared themselves (Jaccard), so the groups are exact for what was compared. Bounded: 200 texts of 200 characters.
"""

import re
import zlib
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

ALIKE = 0.6
MOST_TEXTS = 200
_CAP = 200
_BANDS = 10
_ROWS = 2
_PRIME = (1 << 61) - 1
# Coefficients of the hash family; any odd numbers do, these must only never change.
_FAMILY = tuple(
    (0x9E3779B97F4A7C15 * (2 * row + 1) % _PRIME, 0xC2B2AE3D27D4EB4F * (row + 1) % _PRIME)
    for row in range(_BANDS * _ROWS)
)
_NOISE = re.compile(r"[\W\d_]+")


def grouped(texts: Sequence[str]) -> list[list[int]]:
    """Places of the texts, a list for each group, the largest group first; in a group as given."""
    shingles = [_shingles(text) for text in texts[:MOST_TEXTS]]
    parent = list(range(len(shingles)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for places in _buckets(shingles).values():
        first = places[0]
        for other in places[1:]:
            if root(first) != root(other) and alike(shingles[first], shingles[other]):
                parent[max(root(first), root(other))] = min(root(first), root(other))
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for place in range(len(shingles)):
        groups[root(place)].append(place)
    return sorted(groups.values(), key=lambda group: (-len(group), group[0]))


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return False
    return len(one & other) >= ALIKE * len(one | other)


def _buckets(shingles: Sequence[frozenset[str]]) -> dict[tuple[int, tuple[int, ...]], list[int]]:
    buckets: defaultdict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
    for place, pieces in enumerate(shingles):
        if not pieces:
            continue
        signature = _signature(pieces)
        for band in range(_BANDS):
            buckets[band, tuple(signature[band * _ROWS : (band + 1) * _ROWS])].append(place)
    return buckets


def _signature(pieces: frozenset[str]) -> list[int]:
    return [min(column) for column in zip(*map(_hashes, pieces), strict=True)]


@lru_cache(maxsize=8_192)
def _hashes(piece: str) -> tuple[int, ...]:
    """Of one pair of characters; kept, since texts about one thing are made of the same pairs. At most 8 MB."""
    each = zlib.crc32(piece.encode("utf-8", "replace"))
    return tuple((first * each + second) % _PRIME for first, second in _FAMILY)


def _shingles(text: str) -> frozenset[str]:
    """Its character pairs, without signs and digits, so that order numbers do not make two complaints differ."""
    plain = _NOISE.sub("", text[:_CAP].lower())
    return frozenset(plain[place : place + 2] for place in range(len(plain) - 1)) or frozenset(plain)
