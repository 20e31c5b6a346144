"""What search may look for in a text. Messages and queries pass through the same function, so they meet.

Words as segmented, runs of letters and digits whole, and every pair of neighbouring Han characters, so that a query
still hits where the segmenter cut the message otherwise. Lower-cased, simplified, each once. Pure.
"""

import re

MOST = 200
_MOST_WORDS = 110
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_LETTERS = re.compile(r"[0-9a-z]{1,40}")
_WORD = re.compile(r"[\u3400-\u9fff]{2,8}")


def search_terms(simplified: str, words: list[str]) -> tuple[str, ...]:
    """At most `MOST` terms; order numbers and other letters first, then words, then pairs.

    simplified: the text as typed but simplified; words: its segments.
    """
    low = simplified.lower()
    found = dict.fromkeys(_LETTERS.findall(low)[:60])
    for word in words:
        if len(found) >= _MOST_WORDS:
            break
        if _WORD.fullmatch(word):
            found[word] = None
    for run in _HAN_RUN.findall(low):
        if len(run) == 1:
            found[run] = None
        for place in range(len(run) - 1):
            found[run[place : place + 2]] = None
        if len(found) >= MOST:
            break
    return tuple(found)[:MOST]
