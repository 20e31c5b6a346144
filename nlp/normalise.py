"""From what somebody typed to what every later stage reads. Pure, total and linear in at most 2,000 characters.

Whatever comes in, nothing is raised. In order: cap, drop what is not text, NFKC, faces to one character each,
traditional to simplified, links, numbers and the like to one character each, runs shortened.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import opencc

from nlp import marks
from scrm.model.analysis import Entity
from scrm.model.base import Record

CAP = 2_000
"""Characters read of a text. People do not write longer service messages; pasted logs and attacks do."""

URL, EMAIL, PHONE, ORDER, AMOUNT, DATE, NUMBER, TAX = "\ue000\ue001\ue002\ue003\ue004\ue005\ue006\ue007"
TOKENS = {
    "url": URL,
    "email": EMAIL,
    "phone": PHONE,
    "order_number": ORDER,
    "amount": AMOUNT,
    "date": DATE,
    "number": NUMBER,
    "tax_number": TAX,
}
_KINDS = {char: kind for kind, char in TOKENS.items()}

# Every repeat is bounded and no two neighbours share a character class, so a match costs at most its own length.
_SPANS = re.compile(
    r"""
    (?P<url>(?:https?://|www\.)[A-Za-z0-9._~:/?#\[\]@$&*+=%-]{1,500})
  | (?P<email>(?<![\w.+-])[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4})
  | (?P<date>(?<!\d)(?:(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}[日号]?|\d{1,2}月\d{1,2}[日号]?)(?!\d))
  | (?P<phone>(?<![\dA-Za-z])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)|(?<!\d)0\d{2,3}-\d{7,8}(?!\d))
  | (?P<amount>[¥￥]\s?\d{1,9}(?:\.\d{1,2})?|(?<![\d.])\d{1,9}(?:\.\d{1,2})?\s?(?:元|块钱|块|rmb|RMB|万元))
  | (?P<tax_number>(?<![0-9A-Za-z])[159AN][1-9]\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z]))
  | (?P<order_number>(?<![\dA-Za-z])[A-Za-z]{0,4}\d[\d-]{8,30}\d(?!\d))
  | (?P<number>\d{1,40}(?:\.\d{1,10})?%?)
    """,
    re.VERBOSE,
)
_RELATIVE_DATE = re.compile(
    r"大前天|大后天|今天|明天|昨天|前天|后天|(?:下|上|本|这)?(?:周|星期|礼拜)[一二三四五六日天]"
)
_WORTH_SCANNING = re.compile(r"[0-9@:]|www")
_RUN = re.compile(r"(.)\1{3,}", re.DOTALL)
_SPACE = re.compile(r"\s+")
# Lone surrogates, controls, the private use area (ours), invisible joiners, variation selectors, skin tones.
_NOT_TEXT = re.compile(
    "[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\uffff\U0001f3fb-\U0001f3ff\U000e0000-\U0010ffff]"
)


class Normalised(Record, kw_only=True):
    """`plain` is the cleaned text as a person reads it; `text` has one character for each face and each token."""

    plain: str
    text: str
    entities: tuple[Entity, ...]


def normalise(raw: str) -> Normalised:
    # NFKC may grow a text (one ligature becomes eighteen letters), hence the second cut.
    plain = unicodedata.normalize("NFKC", _NOT_TEXT.sub("", raw[:CAP]))[:CAP]
    plain = _NOT_TEXT.sub("", plain).strip()
    entities: list[Entity] = []
    text = plain
    if _WORTH_SCANNING.search(text):
        text = _SPANS.sub(lambda match: _token(match, entities), text)
    entities.extend(Entity(kind="date", text=match[0]) for match in _RELATIVE_DATE.finditer(text))
    text = simplify(marks.to_characters(text))
    text = _RUN.sub(r"\1\1\1", text)
    return Normalised(plain=plain, text=_SPACE.sub(" ", text), entities=tuple(dict.fromkeys(entities))[:32])


def simplify(text: str) -> str:
    """Traditional to simplified characters, by phrase. Costs nothing when there is no traditional character."""
    if _traditional().isdisjoint(text):
        return text
    return str(_converter().convert(text))


def has_traditional(text: str) -> bool:
    return not _traditional().isdisjoint(text)


def shown(text: str) -> str:
    """A piece of `Normalised.text` as a person reads it."""
    return marks.spelled("".join(f"<{_KINDS[char]}>" if char in _KINDS else char for char in text))


def warm_up() -> None:
    _converter().convert("這")


def _token(match: re.Match[str], entities: list[Entity]) -> str:
    kind = match.lastgroup or "number"
    if kind != "number":
        entities.append(Entity(kind=kind, text=match[0].strip()))
    return TOKENS[kind]


@lru_cache(maxsize=1)
def _converter() -> "opencc.OpenCC":
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1)
def _traditional() -> frozenset[str]:
    """Characters that only traditional text has, from OpenCC's own table."""
    table = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    pairs = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return frozenset(old for old, new in pairs if old not in new.split())
