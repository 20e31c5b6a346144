"""Sentences that rest on evidence. Pure.

The rule: a sentence names the facts it is made of, each fact names messages, mentions or counts that open, and every
number in a sentence occurs in one of its facts. No evidence, no sentence. The templates obey it by their making; what
somebody else phrased (`scrm.alerts.phrasing`) is checked by the same rule, and one sentence that breaks it discards the
whole answer. What the rule cannot see is a wrong word beside a right number.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from scrm.model.base import Record
from scrm.model.incidents import Citation, Sentence

MOST_FACTS = 20
LONGEST = 300
MOST_CITES = 8
# A share is another thing than a count of the same digits.
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.:]\d+)*)\s?%?")
# Numbers said in words cannot be compared, so whoever phrases must write digits.
_HAN = "零〇一二两三四五六七八九十百千万亿半"
_IN_WORDS = re.compile(
    rf"[{_HAN}]+(?:多|几|来)?\s*(?:条|个|位|人|名|次|倍|成|天|日|小时|分钟|周|月|家|款|件|起|元|%|分之)|百分之|过半|大半|多半|翻番|翻倍"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|twenty|thirty|forty|fifty|hundreds?|"
    r"thousands?|millions?|half|third|quarter|twice|thrice|doubled?|tripled?|majority|most of|percent)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"https?:|www\.|[<>\[\]`{}]|[\x00-\x1f\x7f]", re.IGNORECASE)


class Fact(Record, kw_only=True):
    """Something the hub counted. said: the template's sentence of it; its numbers are those that may be said of it."""

    id: str
    said: str
    cites: tuple[Citation, ...] = ()


class Phrased(Record, kw_only=True):
    """A sentence somebody made, and the facts it says it is made of."""

    text: str
    facts: tuple[str, ...] = ()


def template(facts: Sequence[Fact]) -> tuple[Sentence, ...]:
    """A sentence a fact; nothing of a fact without evidence."""
    return tuple(Sentence(text=fact.said, cites=fact.cites[:MOST_CITES]) for fact in facts if fact.cites)


def checked(phrased: Sequence[Phrased], facts: Sequence[Fact]) -> tuple[Sentence, ...] | None:
    """The sentences with their evidence; None when any of them breaks the rule, or there are none."""
    known = {fact.id: fact for fact in facts if fact.cites}
    if not 0 < len(phrased) <= MOST_FACTS:
        return None
    sentences: list[Sentence] = []
    for each in phrased:
        used = [known[name] for name in dict.fromkeys(each.facts) if name in known]
        if not used or len(used) != len(set(each.facts)) or not _holds(each.text, used):
            return None
        sentences.append(Sentence(text=each.text.strip(), cites=_joined(used)))
    return tuple(sentences)


def numbers(text: str) -> set[str]:
    """Each as written in digits: 1,234 is 1234, 86 % is 86%."""
    # A Chinese comma parts two numbers, it belongs to none.
    plain = unicodedata.normalize("NFKC", text.replace("，", "、"))
    return {re.sub(r"[\s,]", "", found) for found in _NUMBER.findall(plain)}


def _holds(text: str, used: Sequence[Fact]) -> bool:
    plain = unicodedata.normalize("NFKC", text).strip()
    if not 0 < len(plain) <= LONGEST or _MARKUP.search(plain):
        return False
    given = " ".join(fact.said for fact in used)
    in_words = {found.group().lower() for found in _IN_WORDS.finditer(plain)}
    if not in_words <= {found.group().lower() for found in _IN_WORDS.finditer(given)}:
        return False
    # Any other sign that stands for a number (Ⅻ, ¾, ፲) is none that can be compared.
    if any(unicodedata.numeric(sign, None) is not None and not sign.isascii() and sign not in _HAN for sign in plain):
        return False
    return numbers(plain) <= numbers(given)


def _joined(used: Sequence[Fact]) -> tuple[Citation, ...]:
    """Of each fact the first ones, so that every fact stays represented."""
    share = max(1, MOST_CITES // len(used))
    found: Mapping[tuple[str, str], Citation] = {
        (cite.kind, cite.id): cite for fact in used for cite in fact.cites[:share]
    }
    return tuple(found.values())
