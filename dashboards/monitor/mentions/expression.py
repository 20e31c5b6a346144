"""The language of monitors and of searching mentions. Pure.

    蓝鲸 AND (发热 OR "充电 发烫") NOT 招聘
    蓝鲸|bluewhale 发热 -招聘 -"二手 转让"

Words beside each other: all of them (AND). OR: any; a bar too, and it binds closest: `a|b c` is `(a OR b) AND c`,
while `a OR b c` is `a OR (b AND c)`. NOT, or a leading minus: none. Quotation marks of any kind hold a phrase together,
blanks and signs between its words counting for nothing. Only these are operators, in capitals: 和 and 或 are words of
Chinese. A word of letters or digits is found as a whole word ("app" not in "apple"), a Chinese one anywhere; `*` at its
end opens it. Case, width and traditional characters make no difference: texts and words are folded alike.

An expression must want something: what only excludes would match nearly everything that is said.
"""

import re
from collections.abc import Callable, Iterator
from typing import Literal

from scrm.errors import Invalid
from scrm.model.base import Record

LONGEST = 2_000
MOST_WORDS = 100
MOST_DEPTH = 20
_LONGEST_WORD = 60

Fold = Callable[[str], str]


class Word(Record, kw_only=True, frozen=True, tag="word"):
    """text: as written. form: folded, letters and Han characters only. open: more may follow it."""

    text: str
    form: str
    open: bool = False


class Not(Record, kw_only=True, tag="not"):
    inner: "Node"


class And(Record, kw_only=True, tag="and"):
    parts: tuple["Node", ...]


class Or(Record, kw_only=True, tag="or"):
    parts: tuple["Node", ...]


Node = Word | Not | And | Or

_TOKEN = re.compile(
    r"\s*(?:(?P<open>[(（])|(?P<close>[)）])|(?P<bar>[|｜])"
    r"|(?P<phrase>[\"“”＂「『](?P<inner>[^\"“”＂」』]*)[\"“”＂」』])"
    r"|(?P<minus>[-－](?=[^\s\-－]))|(?P<word>[^\s()（）|｜\"“”＂「」『』]+))"
)
_BLANK = re.compile(r"[\W_]+")
_LATIN = re.compile(r"[^\W_\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]")


class _Token(Record, kw_only=True):
    kind: Literal["open", "close", "bar", "or", "and", "not", "word", "end"]
    text: str = ""
    at: int
    open: bool = False


def parse(written: str, fold: Fold) -> Node:
    """Raises Invalid, with what is wrong and where (the place counts from 1)."""
    if len(written) > LONGEST:
        raise Invalid(f"An expression has {LONGEST:,} characters at the most.", field="expression")
    parser = _Parser(list(_tokens(written)), fold)
    node = parser.whole()
    if parser.words > MOST_WORDS:
        raise Invalid(f"An expression has {MOST_WORDS} words at the most.", field="expression")
    if not _wants(node):
        raise Invalid(
            "It only excludes: add a word that must be there, or it would match nearly everything.", field="expression"
        )
    return node


def words(node: Node) -> Iterator[Word]:
    """All of them, those excluded too."""
    match node:
        case Word():
            yield node
        case Not(inner=inner):
            yield from words(inner)
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from words(part)


def written(node: Node) -> str:
    """An expression that parses to the same."""
    match node:
        case Word(text=text, open=open_):
            plain = not re.search(r"[\s()（）|｜]", text) and text.upper() not in ("AND", "OR", "NOT")
            return f"{text}*" if open_ else text if plain and not text.startswith(("-", "－")) else f'"{text}"'
        case Not(inner=inner):
            return f"NOT {_bracketed(inner)}"
        case And(parts=parts):
            return " AND ".join(_bracketed(part) for part in parts)
        case Or(parts=parts):
            return " OR ".join(_bracketed(part) for part in parts)


class Matcher:
    """A parsed expression, ready for many texts."""

    def __init__(self, node: Node, fold: Fold) -> None:
        self._node = node
        self._fold = fold

    def matches(self, text: str) -> bool:
        return self.matches_folded(squeezed(self._fold(text)))

    def matches_folded(self, text: str) -> bool:
        """text: as `squeezed` gives it."""
        return _matches(self._node, text)


def compiled(expression: str, fold: Fold) -> Matcher:
    """Raises Invalid."""
    return Matcher(parse(expression, fold), fold)


def squeezed(folded: str) -> str:
    """A folded text without signs and blanks, except one blank where two words of letters would run together."""
    pieces = _BLANK.split(folded)
    joined: list[str] = []
    for piece in pieces:
        if joined and piece and _LATIN.match(joined[-1][-1]) and _LATIN.match(piece[0]):
            joined.append(" ")
        if piece:
            joined.append(piece)
    return "".join(joined)


def _matches(node: Node, text: str) -> bool:
    match node:
        case Word(form=form, open=open_):
            return _found(form, text, open_=open_)
        case Not(inner=inner):
            return not _matches(inner, text)
        case And(parts=parts):
            return all(_matches(part, text) for part in parts)
        case Or(parts=parts):
            return any(_matches(part, text) for part in parts)


def _found(form: str, text: str, *, open_: bool) -> bool:
    at = text.find(form)
    first, last = bool(_LATIN.match(form[0])), bool(_LATIN.match(form[-1])) and not open_
    while at >= 0:
        end = at + len(form)
        runs_in = first and at > 0 and _LATIN.match(text[at - 1]) is not None
        runs_on = last and end < len(text) and _LATIN.match(text[end]) is not None
        if not (runs_in or runs_on):
            return True
        at = text.find(form, at + 1)
    return False


def _wants(node: Node) -> bool:
    """Whether a text without any of the words is refused."""
    match node:
        case Word():
            return True
        case Not(inner=inner):
            return _always(inner)
        case And(parts=parts):
            return any(_wants(part) for part in parts)
        case Or(parts=parts):
            return all(_wants(part) for part in parts)


def _always(node: Node) -> bool:
    """Whether a text without any of the words matches."""
    return not _wants(node)


_NAMES = {
    "open": "The bracket",
    "close": "The bracket",
    "bar": "The bar",
    "or": "OR",
    "and": "AND",
    "not": "NOT",
    "end": "The end",
}


def _bracketed(node: Node) -> str:
    return written(node) if isinstance(node, Word) else f"({written(node)})"


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        if not text[place:].strip():
            break
        found = _TOKEN.match(text, place)
        if found is None:
            at = place + len(text[place:]) - len(text[place:].lstrip())
            raise Invalid(f"A quotation mark at place {at + 1} has no other.", field="expression")
        kind, at = found.lastgroup, found.start(found.lastgroup or 0)
        if kind == "inner" or found["phrase"] is not None:
            yield _Token(kind="word", text=found["inner"].strip(), at=found.start("phrase"))
        elif kind in ("open", "close"):
            yield _Token(kind="open" if kind == "open" else "close", at=at)
        elif kind == "bar":
            yield _Token(kind="bar", at=at)
        elif kind == "minus":
            yield _Token(kind="not", at=at)
        else:
            yield _word(found["word"], at)
        place = found.end()
    yield _Token(kind="end", at=len(text))


def _word(text: str, at: int) -> _Token:
    match text:
        case "AND":
            return _Token(kind="and", at=at)
        case "OR":
            return _Token(kind="or", at=at)
        case "NOT":
            return _Token(kind="not", at=at)
    return _Token(kind="word", text=text.rstrip("*"), at=at, open=text.endswith("*"))


class _Parser:
    """or := and (OR and)*;  and := bar ([AND] bar)*;  bar := unary (| unary)*;  unary := NOT unary | ( or ) | word"""

    def __init__(self, tokens: list[_Token], fold: Fold) -> None:
        self._tokens = tokens
        self._next = 0
        self._fold = fold
        self.words = 0

    def whole(self) -> Node:
        if self._here.kind == "end":
            raise Invalid("The expression is empty.", field="expression")
        node = self._or(0)
        if self._here.kind == "close":
            raise self._wrong("closes a bracket that is not open")
        return node

    @property
    def _here(self) -> _Token:
        return self._tokens[self._next]

    def _or(self, depth: int) -> Node:
        if depth > MOST_DEPTH:
            raise self._wrong("nests too deep")
        parts = [self._and(depth)]
        while self._here.kind == "or":
            self._next += 1
            parts.append(self._and(depth))
        return parts[0] if len(parts) == 1 else Or(parts=tuple(parts))

    def _and(self, depth: int) -> Node:
        parts = [self._bar(depth)]
        while self._here.kind in ("and", "not", "word", "open"):
            if self._here.kind == "and":
                self._next += 1
            parts.append(self._bar(depth))
        return parts[0] if len(parts) == 1 else And(parts=tuple(parts))

    def _bar(self, depth: int) -> Node:
        parts = [self._unary(depth)]
        while self._here.kind == "bar":
            self._next += 1
            parts.append(self._unary(depth))
        return parts[0] if len(parts) == 1 else Or(parts=tuple(parts))

    def _unary(self, depth: int) -> Node:
        token = self._here
        self._next += 1
        match token.kind:
            case "not":
                if depth > MOST_DEPTH:
                    raise self._wrong("nests too deep", token)
                return Not(inner=self._unary(depth + 1))
            case "open":
                node = self._or(depth + 1)
                if self._here.kind != "close":
                    raise self._wrong("is not closed", token)
                self._next += 1
                return node
            case "word":
                return self._word(token)
        self._next -= 1
        raise self._wrong("stands where a word is missing", token)

    def _word(self, token: _Token) -> Word:
        form = squeezed(self._fold(token.text))
        if not form:
            raise self._wrong("holds no letter, digit or character to look for", token)
        if len(token.text) > _LONGEST_WORD:
            raise self._wrong(f"is longer than {_LONGEST_WORD} characters", token)
        self.words += 1
        return Word(text=token.text, form=form, open=token.open)

    def _wrong(self, what: str, token: _Token | None = None) -> Invalid:
        token = token or self._here
        name = _NAMES.get(token.kind) or f"“{token.text[:20]}”"
        return Invalid(f"{name} at place {token.at + 1} {what}.", field="expression", place=token.at + 1)
