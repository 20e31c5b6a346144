"""Words of mood with what turns them: negation, intensity, sarcasm, faces, questions.

`read` gives the hits (what a person would point at) and the signals made of them (features of the sentiment model).
Pure and linear in the text: at each place as many slices are looked up as there are lengths of words that begin so.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from nlp import marks
from scrm.model.base import Record

_STRENGTH = {"++": 2.0, "+": 1.0, "--": -2.0, "-": -1.0, "0": 0.0}
_SCOPE = 4
"""Characters before a word in which a negation or an intensifier speaks of it: 没有那么好, 不是很满意."""

_DOUBLE = re.compile(r"不是不|不得不|不能不|没有不|并非不|无不")
_NEGATION = re.compile(r"没有|没|不|无|未|别|非|勿|毫无|谈不上|算不上|称不上")
_NOT_NEGATING = re.compile(
    r"不但|不仅|不光|不止|不过|不愧|不管|没想到|没错|没事|无论|别说|不知不觉|要不|是不是|有没有|会不会|能不能"
)
_INTENSE = re.compile(
    r"很|太|非常|特别|超|极|十分|相当|真|好|巨|贼|格外|尤其|实在|简直|完全|一点都|死|so|very|too|really"
)
_QUESTION = re.compile(
    r"[?]|吗|么$|嘛[?]?$|怎么|如何|多久|多少|几天|几点|什么时候|啥时候|哪里|哪儿|能不能|可不可以|是不是|有没有|请问|呢$|不$|咨询|想问"
)
_REPROACH = re.compile(
    r"怎么(?:还|又|都|这么|老是|一直|总是)|为什么(?:还|又|一直|总是)|到底|究竟|凭什么|什么(?:态度|玩意|破)|难道|还要(?:等|多久)|都.{1,4}(?:天|小时|个月|周)了|[?]{2,}|[!]{2,}"
)
_SARCASM = re.compile(
    r"呵呵|嗬嗬|哦呵|也是醉了|醉了|真行|可真行|真会玩|真棒呢|厉害了|服了|佩服佩服|长见识|谢谢您嘞|您可真"
)
_MAYBE = re.compile(
    r"会不会|万一|如果|要是|假如|假设|听说|有人说|真的假的|是不是真|(?:会|容易).{1,6}(?:吗|么|不|嘛)(?:[?]|$)|(?<!恐)怕.{0,8}(?:[,，]|$)"
)
"""A fault that may come, or that others speak of: whoever asks about it is not displeased yet."""
_PROMISED = re.compile(r"说好|明明|承诺|答应|保证|不是说|说是|写着|写的|标的|当初|结果")
"""What was said beforehand; people come back to it when it was not kept."""
_COURTESY = re.compile(r"谢谢|感谢|多谢|辛苦|麻烦您|麻烦你|please|thank")
PRAISED, ASKED = "\ue010\ue011"
_A_NOT_A = re.compile(r"([\u4e00-\u9fff])[不没]\1")
_CLAUSE_END = frozenset(",。.!?;、~\n ")


class Hit(Record, kw_only=True):
    """A word of mood at `start`. value: signed strength after negation and intensity, -3 … 3.

    begin: where the negation that turned it stands, else `start`.
    """

    text: str
    start: int
    value: float
    turned: bool
    begin: int


class Reading(Record, kw_only=True):
    hits: tuple[Hit, ...]
    signals: tuple[str, ...]


def read(text: str) -> Reading:
    """`text` is lower-cased `Normalised.text`."""
    hits = tuple(_hits(text))
    return Reading(hits=hits, signals=tuple(_signals(text, hits)))


def seen(text: str, reading: Reading) -> str:
    """`text` as the n-grams of the sentiment model see it: what reads the other way by its letters is one character.

    A negated word of displeasure (不差, 没有不满意) becomes `PRAISED`; A-not-A (贵不贵, 有没有) becomes `ASKED`.
    """
    parts: list[str] = []
    done = 0
    for hit in reading.hits:
        if hit.turned and hit.value > 0 and hit.begin >= done:
            parts += (text[done : hit.begin], PRAISED)
            done = hit.start + len(hit.text) - (hit.start - hit.begin)
    out = "".join(parts) + text[done:] if parts else text
    return _A_NOT_A.sub(ASKED, out) if "不" in out or "没" in out else out


@lru_cache(maxsize=1)
def words() -> dict[str, float]:
    table: dict[str, float] = {}
    for line in (files("nlp") / "data" / "lexicon.txt").read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition(" ")
        if kind in _STRENGTH:
            for word in rest.split():
                table.setdefault(word, _STRENGTH[kind])
    return table


@lru_cache(maxsize=1)
def _lengths() -> dict[str, tuple[int, ...]]:
    """Lengths of the words that begin so, longest first; by their first two characters, or by the one they have."""
    found: dict[str, set[int]] = {}
    for word in words():
        found.setdefault(word[:2], set()).add(len(word))
    return {start: tuple(sorted(lengths, reverse=True)) for start, lengths in found.items()}


def _hits(text: str) -> Iterator[Hit]:
    table, lengths = words(), _lengths()
    place, end = 0, len(text)
    while place < end:
        for length in (*lengths.get(text[place : place + 2], ()), 1):
            word = text[place : place + length]
            strength = table.get(word)
            if strength is None or _inside_latin(text, place, length):
                continue
            if strength:
                yield _weigh(text, place, word, strength)
            place += length
            break
        else:
            place += 1


def _inside_latin(text: str, start: int, length: int) -> bool:
    """`ok` in `book` and `sb` in `usb` are not words."""
    if not text[start].isascii() or not text[start].isalnum():
        return False
    before = text[start - 1] if start else " "
    after = text[start + length] if start + length < len(text) else " "
    return (before.isascii() and before.isalnum()) or (after.isascii() and after.isalnum())


def _weigh(text: str, start: int, word: str, strength: float) -> Hit:
    scope = text[max(0, start - _SCOPE) : start]
    for place in range(len(scope) - 1, -1, -1):
        if scope[place] in _CLAUSE_END:
            scope = scope[place + 1 :]
            break
    cleaned = _NOT_NEGATING.sub("", scope) if scope else scope
    # 不是不满意: two negations and a word that holds a third; only an odd number turns it.
    count = (2 if _DOUBLE.search(cleaned) else len(_NEGATION.findall(cleaned))) if cleaned else 0
    turned = count % 2 == 1
    begin = start
    if turned:
        found = _NEGATION.search(scope)
        begin = start - len(scope) + found.start() if found else start
        # 不差 and 没有不满意 are mild praise at most; 不好 is as bad as 差.
        strength = -0.5 * strength if strength < 0 else -strength
    elif _INTENSE.search(cleaned):
        strength *= 1.5
    return Hit(text=text[begin:start] + word, start=start, value=strength, turned=turned, begin=begin)


def _signals(text: str, hits: tuple[Hit, ...]) -> Iterator[str]:
    """Feature names. They start with a control character, which no n-gram of a normalised text can."""
    good = sum(1 for hit in hits if hit.value > 0)
    bad = sum(1 for hit in hits if hit.value < 0)
    total = sum(hit.value for hit in hits)
    yield f"\x01net{max(-3, min(3, round(total)))}"
    if good:
        yield f"\x01good{min(good, 3)}"
    if bad:
        yield f"\x01bad{min(bad, 3)}"
    if good and bad:
        yield "\x01mixed"
    if any(hit.value <= -2 for hit in hits):
        yield "\x01awful"
    if any(hit.value >= 2 for hit in hits):
        yield "\x01great"
    if any(hit.turned for hit in hits):
        yield "\x01turned+" if total > 0 else "\x01turned-"
    asks = _QUESTION.search(text) is not None
    if asks:
        yield "\x01asks"
        yield f"\x01asks&net{max(-1, min(1, round(total)))}"
    if _REPROACH.search(text):
        yield "\x01reproach"
    if _MAYBE.search(text):
        yield "\x01maybe"
        yield "\x01maybe&bad" if bad else "\x01maybe&calm"
    if _PROMISED.search(text):
        yield "\x01promise"
    letters = set(text)
    sarcastic = _SARCASM.search(text) is not None or not marks.SARCASTIC.isdisjoint(letters)
    if sarcastic:
        yield "\x01sarcasm"
        yield "\x01sarcasm&bad" if bad else "\x01sarcasm&calm"
    if not marks.POSITIVE.isdisjoint(letters):
        yield "\x01face+"
    if not marks.NEGATIVE.isdisjoint(letters):
        yield "\x01face-"
    if _COURTESY.search(text):
        yield "\x01courtesy&asks" if asks else "\x01courtesy"
    size = len(text)
    yield "\x01size" + ("1" if size <= 2 else "2" if size <= 6 else "3" if size <= 12 else "4" if size <= 30 else "5")
