"""The telling words of a text, best first: how rare a word is, times how often it is said. Pure."""

import re

from nlp import lexicon
from nlp.linear import LinearModel
from nlp.templates import lines

MOST = 8
_TELLING = re.compile(r"[\u3400-\u9fff]{2,8}|[A-Za-z][A-Za-z0-9+#.-]{1,20}")
_STOP = frozenset(word for line in lines("stopwords.txt") for word in line.split())
# Cut as one word, these are a person and half of what that person does: 我要, 我付, 您看.
_PERSONS = "我你您"


def keywords(idf: LinearModel, words: list[str]) -> tuple[str, ...]:
    """At most eight of `words`."""
    counts: dict[str, int] = {}
    for word in words:
        low = word.lower()
        if low not in _STOP and _TELLING.fullmatch(low) and not (len(low) == 2 and low[0] in _PERSONS):
            counts[low] = counts.get(low, 0) + 1
    moody = lexicon.words()
    rarest = idf.calibration["rarest"]

    def telling(word: str) -> float:
        rarity = idf.weight(0, word) or rarest
        return rarity * (1.0 + 0.3 * min(counts[word] - 1, 3)) * (1.2 if moody.get(word) else 1.0)

    ranked = sorted(counts, key=lambda word: (-telling(word), word))
    return tuple(ranked[:MOST])
