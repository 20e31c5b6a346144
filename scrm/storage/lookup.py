"""Answering a question from the pages of segments: which keys to look at, which messages match, how well. Pure.

A question is parts. A part that is a run of Han characters is held as far as its pairs of neighbours are: no cut into
words has to be the same in question and message. Any other part is held or not. What few messages hold weighs more.
A message matches when what it holds of the question weighs `enough`, every phrase's characters among it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import islice, pairwise
from math import log

from scrm.model.base import Record
from scrm.model.search import SearchFilter, Wanted, WantedForm
from scrm.storage import segment as seg
from scrm.storage.segment import PAIR, SINGLE, SOUND, WORD, Head, is_han

# How much of a question's weight a message must hold. Of two words people want both; of many they want most.
ENOUGH_OF_TWO, ENOUGH_OF_MANY = 0.75, 0.6
# How much of a run, or it counts as not held at all: all of a word, half of a sentence.
ENOUGH_OF_WORD, ENOUGH_OF_SENTENCE, SENTENCE = 0.75, 0.5, 5
# What a word counts where its characters stand side by side but were not cut as a word: 和服 in 产品和服务.
UNCUT = 0.8
# What it adds that all characters of a run stand side by side, as they do in the question.
SIDE_BY_SIDE = 0.25
# Age takes at most a quarter, half of that in a month: an old message that says it all stays before a new one that
# says a part.
AGE_SHARE, HALF_LIFE = 0.25, 30 * 86_400.0

MOST_KEYS = 200
MOST_PAGES = 8
_SHORTEST_SOUND = 3
_SPLITS = 3

_LETTERS = re.compile(r"[a-z]+")
_TOKEN = re.compile(r"[0-9a-z]+")
_SYLLABLE = re.compile(
    r"(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?"
    r"(?:iang|iong|uang|[aeio]ng|ian|iao|uan|uai|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|ve|[aeiouv])"
)


class Look(Record, kw_only=True):
    """Keys to look up, any of which will do: these, and those that begin so (`open`)."""

    keys: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


class Part(Record, kw_only=True):
    """A part of a question: a run of Han characters with its `pairs`, or else any of `ways`, each of which needs all
    of its looks. sure: the key of the word as cut, where a run is one."""

    text: str
    pairs: tuple[str, ...] = ()
    ways: tuple[tuple[Look, ...], ...] = ()
    sure: str | None = None
    phrase: bool = False

    @property
    def needed(self) -> float:
        """The share of its own weight that is enough of a run."""
        return ENOUGH_OF_SENTENCE if len(self.text) >= SENTENCE else ENOUGH_OF_WORD


class Matches(Record, kw_only=True):
    """What a part is in one segment: of a run, the messages with each of its pairs, and those with it as a word; of
    anything else, the messages that hold it."""

    found: frozenset[int] = frozenset()
    pairs: tuple[Sequence[int], ...] = ()
    sure: frozenset[int] = frozenset()
    alternatives: tuple[str, ...] = ()


class Scored(Record, kw_only=True):
    score: float
    seconds: int
    segment: str
    number: int


def part_of(wanted: Wanted) -> Part:
    text = wanted.text
    if wanted.form is WantedForm.PHRASE:
        return Part(text=text, ways=(tuple(_exactly(text)),), phrase=True)
    if len(text) > 1 and all(map(is_han, text)):
        pairs = tuple(PAIR + text[at : at + 2] for at in range(len(text) - 1))
        return Part(text=text, pairs=pairs, sure=WORD + text if wanted.form is WantedForm.WORD else None)
    if any(map(is_han, text)):
        return Part(text=text, ways=(tuple(_exactly(text)),))
    whole = wanted.form is not WantedForm.BEGINNING
    ways: list[tuple[Look, ...]] = [(Look(keys=(WORD + text,)) if whole else Look(open=(WORD + text,)),)]
    if _LETTERS.fullmatch(text) and len(text) >= _SHORTEST_SOUND:
        ways += _sounds(text, whole=whole)
    return Part(text=text, ways=tuple(ways))


def _exactly(text: str) -> list[Look]:
    """Every pair of neighbouring Han characters, every single one without neighbour, and the runs between."""
    looks = [Look(keys=(WORD + token,)) for token in _TOKEN.findall(text)]
    around = f"\n{text}\n"
    for before, this, after in zip(around, around[1:], around[2:], strict=False):
        if is_han(this):
            if is_han(after):
                looks.append(Look(keys=(PAIR + this + after,)))
            elif not is_han(before):
                looks.append(Look(keys=(SINGLE + this,)))
    return looks or [Look(keys=(WORD + text,))]


def _sounds(text: str, *, whole: bool) -> list[tuple[Look, ...]]:
    """The ways pinyin can be two characters or more. A syllable that is still being typed may go on."""
    ways: list[tuple[Look, ...]] = [(Look(keys=(SOUND + text,)) if whole else Look(open=(SOUND + text,)),)]
    for syllables in islice(splits(text, whole=whole), _SPLITS):
        if len(syllables) > 2:
            pairs = [first + second for first, second in pairwise(syllables)]
            looks = [Look(keys=(SOUND + pair,)) for pair in pairs]
            if not whole:
                looks[-1] = Look(open=(SOUND + pairs[-1],))
            ways.append(tuple(looks))
    return ways


def splits(text: str, *, whole: bool) -> Iterable[tuple[str, ...]]:
    """The ways to cut letters into syllables, the longest syllables first. Not whole: the last may be a beginning."""

    @cache
    def possible(at: int) -> bool:
        return at == len(text) or (not whole and len(text) - at <= 2) or any(possible(end) for end in ends(at))

    def ends(at: int) -> list[int]:
        return [end for end in range(min(len(text), at + 6), at, -1) if _SYLLABLE.fullmatch(text, at, end)]

    def cut(at: int) -> Iterable[tuple[str, ...]]:
        if at == len(text):
            yield ()
            return
        for end in ends(at):
            if possible(end):
                yield from ((text[at:end], *rest) for rest in cut(end))
        if not whole and at and len(text) - at <= 2:
            yield (text[at:],)

    return cut(0) if len(text) <= 60 and possible(0) else ()


# --- which pages ---------------------------------------------------------------------------------------------------


def pages_for(head: Head, parts: Sequence[Part]) -> set[int]:
    """The dictionary pages of a segment that the parts need, but for what sounds lead to."""
    wanted: set[int] = set()
    for part in parts:
        looks = [look for way in part.ways for look in way]
        keys = [*part.pairs, *(key for look in looks for key in look.keys), *([part.sure] if part.sure else [])]
        for key in keys:
            if (page := seg.page_of(head, key)) is not None:
                wanted.add(page)
        for beginning in (beginning for look in looks for beginning in look.open):
            wanted.update(seg.pages_of(head, beginning)[:MOST_PAGES])
    return wanted


class Entries:
    """The dictionary pages of one segment that were read."""

    def __init__(self, head: Head, pages: Mapping[int, Mapping[str, bytes]]) -> None:
        self._head = head
        self._pages = pages
        self._found: dict[Look, dict[str, bytes]] = {}

    def get(self, key: str) -> bytes | None:
        page = seg.page_of(self._head, key)
        return None if page is None else self._pages.get(page, {}).get(key)

    def values(self, look: Look) -> dict[str, bytes]:
        if look not in self._found:
            self._found[look] = self._looked_up(look)
        return self._found[look]

    def _looked_up(self, look: Look) -> dict[str, bytes]:
        found = {key: value for key in look.keys if (value := self.get(key)) is not None}
        for beginning in look.open:
            for page in seg.pages_of(self._head, beginning)[:MOST_PAGES]:
                entries = self._pages.get(page, {})
                alike = ((key, entries[key]) for key in entries if key.startswith(beginning))
                found.update(islice(alike, MOST_KEYS))
        return found

    def pairs(self, parts: Sequence[Part]) -> set[str]:
        """Keys that sounds lead to."""
        return {
            PAIR + pair
            for part in parts
            for way in part.ways
            for look in way
            for key, value in self.values(look).items()
            if key[0] == SOUND
            for pair in islice(seg.pairs_of(value), MOST_KEYS)
        }

    def match(self, part: Part) -> Matches:
        if part.pairs:
            sure = frozenset(self._numbers(part.sure)) if part.sure else frozenset[int]()
            return Matches(pairs=tuple(self._numbers(pair) for pair in part.pairs), sure=sure)
        found: set[int] = set()
        alternatives: set[str] = set()
        for way in part.ways:
            held: set[int] | None = None
            for look in way:
                mine, sounded = self._holding(look)
                held = mine if held is None else held & mine
                alternatives |= sounded
                if not held:
                    break
            found |= held or set()
        return Matches(found=frozenset(found), alternatives=tuple(sorted(alternatives)))

    def _numbers(self, key: str) -> Sequence[int]:
        value = self.get(key)
        return () if value is None else seg.numbers(value)

    def _holding(self, look: Look) -> tuple[set[int], set[str]]:
        held: set[int] = set()
        sounded: set[str] = set()
        for key, value in self.values(look).items():
            if key[0] != SOUND:
                held.update(seg.numbers(value))
                continue
            for pair in islice(seg.pairs_of(value), MOST_KEYS):
                numbers = self.get(PAIR + pair)
                if numbers is not None:
                    held.update(seg.numbers(numbers))
                    sounded.add(pair)
        return held, sounded


# --- how well ------------------------------------------------------------------------------------------------------


class Weights(Record, kw_only=True):
    """of_parts: what each part weighs. of_characters: of a run, what each of its characters does; else empty."""

    of_parts: tuple[float, ...]
    of_characters: tuple[tuple[float, ...], ...]


def weigh(parts: Sequence[Part], matches: Sequence[Sequence[Matches]], total: int) -> Weights:
    """By how many of all messages hold what. matches: of each segment."""
    of_characters: list[tuple[float, ...]] = []
    of_parts: list[float] = []
    for place, part in enumerate(parts):
        found = [of_segment[place] for of_segment in matches]
        if part.pairs:
            rarities = [_rarity(sum(len(each.pairs[at]) for each in found), total) for at in range(len(part.pairs))]
            of_characters.append(_characters(rarities))
        else:
            of_characters.append(())
        alone = _rarity(sum(len(each.found) for each in found), total)
        of_parts.append(sum(of_characters[-1]) if part.pairs else 2 * (alone or 0.0) ** 0.5)
    # A part nobody ever wrote weighs as the heaviest other.
    heaviest = max(of_parts, default=0.0) or 1.0
    return Weights(of_parts=tuple(each or heaviest for each in of_parts), of_characters=tuple(of_characters))


def _rarity(frequency: int, total: int) -> float | None:
    return log(1 + (total - frequency + 0.5) / (frequency + 0.5)) if frequency else None


def _characters(rarities: Sequence[float | None]) -> tuple[float, ...]:
    """A character weighs as the commoner of its two pairs, which is the one that is a word: 货运 is rare only because
    it lies across 退货 and 运费. The root keeps rare question words (谁出) from outweighing what they ask about."""
    known = [each for each in rarities if each is not None]
    if not known:
        return (0.0,) * (len(rarities) + 1)
    around = [None, *rarities, None]
    either = [[each for each in around[at : at + 2] if each is not None] for at in range(len(rarities) + 1)]
    return tuple(min(each, default=max(known)) ** 0.5 for each in either)


def score(parts: Sequence[Part], matches: Sequence[Matches], weights: Weights) -> dict[int, float]:
    """The share of the question's weight each message of a segment holds, where that is enough."""
    whole = sum(weights.of_parts)
    shares = [
        _of_run(part, match, characters) if part.pairs else dict.fromkeys(match.found, 1.0)
        for part, match, characters in zip(parts, matches, weights.of_characters, strict=True)
    ]
    if len(parts) == 1:
        return shares[0]  # its own measure was enough
    held: dict[int, float] = {}
    for of_part, weight in zip(shares, weights.of_parts, strict=True):
        for number, share in of_part.items():
            held[number] = held.get(number, 0.0) + share * weight
    needed = (ENOUGH_OF_TWO if len(parts) == 2 else ENOUGH_OF_MANY) * whole
    phrases = [match.found for part, match in zip(parts, matches, strict=True) if part.phrase]
    among = frozenset.intersection(*phrases) if phrases else held.keys()
    return {number: value / whole for number, value in held.items() if value >= needed and number in among}


def _of_run(part: Part, match: Matches, characters: Sequence[float]) -> dict[int, float]:
    """The share of a run each message holds, of those that hold enough; more where all of it stands together."""
    if len(part.pairs) == 1:
        held = dict.fromkeys(match.pairs[0], 1.0 + SIDE_BY_SIDE)
    else:
        masks: dict[int, int] = {}
        for at, numbers in enumerate(match.pairs):
            for number in numbers:
                masks[number] = masks.get(number, 0) | 1 << at
        shares = {mask: _of_mask(mask, part, characters) for mask in set(masks.values())}
        held = {number: shares[mask] for number, mask in masks.items() if shares[mask]}
    if part.sure is not None:
        for number in held.keys() - match.sure:
            held[number] *= UNCUT
    return held


def _of_mask(mask: int, part: Part, characters: Sequence[float]) -> float:
    """mask: the pairs that are there."""
    covered = mask | mask << 1
    share = sum(weight for at, weight in enumerate(characters) if covered >> at & 1) / (sum(characters) or 1.0)
    return share + SIDE_BY_SIDE * mask.bit_count() / len(part.pairs) if share >= part.needed else 0.0


def kept(head: Head, where: SearchFilter, held: dict[int, float]) -> dict[int, float]:
    """Those the filter lets through."""
    for column, name in (
        (head.channels, where.channel_id),
        (head.authors, where.author),
        (head.categories, where.category),
    ):
        if name is not None:
            if name not in head.names:
                return {}
            number, values = head.names.index(name) + 1, seg.numbers(column)
            held = {each: value for each, value in held.items() if values[each] == number}
    if where.kind is not None:
        kind = seg.KINDS.index(where.kind)
        held = {each: value for each, value in held.items() if head.marks[each] // len(seg.SENTIMENTS) == kind}
    if where.sentiment is not None:
        mood = seg.SENTIMENTS.index(where.sentiment)
        held = {each: value for each, value in held.items() if head.marks[each] % len(seg.SENTIMENTS) == mood}
    if where.since is not None or where.until is not None:
        since = seg.seconds(where.since) if where.since else 0
        until = seg.seconds(where.until) if where.until else 1 << 32
        times = seg.numbers(head.seconds, "I")
        held = {each: value for each, value in held.items() if since <= times[each] < until}
    return held


def best(name: str, head: Head, held: Mapping[int, float], *, now: int, limit: int, newest_first: bool) -> list[Scored]:
    """The best of a segment, in no order. Of those that hold equally much the newest are the best, so only as many of
    each are weighed by age as are wanted."""
    times = seg.numbers(head.seconds, "I")
    alike: defaultdict[float, list[int]] = defaultdict(list)
    for number, value in held.items():
        alike[0.0 if newest_first else value].append(number)
    found: list[Scored] = []
    for same in alike.values():
        if len(same) > limit:
            same.sort()
            same.sort(key=times.__getitem__)  # stable, and nearly in order already
        for number in same[-limit:]:
            young: float = 0.5 ** (max(0, now - times[number]) / HALF_LIFE)
            aged = held[number] * (1 - AGE_SHARE * (1 - young))
            found.append(Scored(score=aged, seconds=times[number], segment=name, number=number))
    return found
