"""The terms of a message: its keywords, and the phrases that keywords make when they stand together. Pure.

The reading says which words are telling (`Analysis.keywords`); where they stand, the text says. Work is bounded by the
number of keywords, whatever the text is: each is looked for a few times in at most 2,000 characters.
"""

import re
from collections.abc import Sequence

# What a reading looks at, too.
CAP = 2_000
MOST = 14
_PLACES = 4
_LONGEST = 8
# Keywords with one of these between them still make a phrase: 发热很严重, 包装没密封.
_JOINTS = frozenset("不没很太未无又")
_GAP = 1
_HAN = re.compile(r"[\u3400-\u9fff]+")
_WORDS = re.compile(r"[A-Za-z0-9+#.-]+(?: [A-Za-z0-9+#.-]+)?")


def terms_of(content: str, keywords: Sequence[str]) -> tuple[str, ...]:
    """At most 14, keywords first. A phrase that the text writes otherwise than the reading (traditional characters)
    is not found; its words are."""
    words = [word for word in dict.fromkeys(keywords) if word][:_LONGEST]
    text = content[:CAP].lower()
    return tuple(dict.fromkeys((*words, *_phrases(text, words))))[:MOST]


def _phrases(text: str, words: Sequence[str]) -> list[str]:
    places = sorted((place, place + len(word)) for word in words for place in _places(text, word))
    found: list[str] = []
    for number, (start, end) in enumerate(places):
        for next_start, next_end in places[number + 1 :]:
            if next_start > end + _GAP:
                break
            phrase = text[start:next_end]
            joined = next_start == end or (next_start == end + 1 and text[end] in _JOINTS)
            if (joined or text[end:next_start] == " ") and len(phrase) <= 2 * _LONGEST and _telling(phrase):
                found.append(phrase)
    return found


def _telling(phrase: str) -> bool:
    return (len(phrase) <= _LONGEST and _HAN.fullmatch(phrase) is not None) or (
        " " in phrase and _WORDS.fullmatch(phrase) is not None
    )


def _places(text: str, word: str) -> list[int]:
    found: list[int] = []
    at = text.find(word)
    while at >= 0 and len(found) < _PLACES:
        found.append(at)
        at = text.find(word, at + len(word))
    return found
