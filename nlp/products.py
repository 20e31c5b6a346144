"""Names of goods in a text, so that an agent sees at once what it is about. Pure and linear in the text."""

from functools import lru_cache

from nlp.templates import lines
from scrm.model.analysis import Entity

MOST = 8


def products(text: str) -> tuple[Entity, ...]:
    """In order, each once; the longest name wins. text: `Normalised.text`."""
    table = _lengths()
    found: dict[str, None] = {}
    place, end = 0, len(text)
    while place < end:
        for length in table.get(text[place : place + 2], ()):
            name = text[place : place + length]
            if name in _names():
                found[name] = None
                place += length
                break
        else:
            place += 1
    return tuple(Entity(kind="product", text=name) for name in list(found)[:MOST])


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    # One character alone (包, 床, 锅) is more often a part of another word.
    return frozenset(name for line in lines("products.txt") for name in line.split() if len(name) > 1)


@lru_cache(maxsize=1)
def _lengths() -> dict[str, tuple[int, ...]]:
    """Lengths of the names that begin with these two characters, longest first."""
    found: dict[str, set[int]] = {}
    for name in _names():
        found.setdefault(name[:2], set()).add(len(name))
    return {start: tuple(sorted(lengths, reverse=True)) for start, lengths in found.items()}
