"""A company's lists of words, found in texts however they are disguised. Pure; linear in the text.

Compiled once a version of the lists. A text is folded (`nlp.folding`) and passed through one automaton; words that may
also be found by sound through a second one, over letters: pinyin of Han characters, letters as they are.

Two things keep chance finds out. Between two characters of a word stand at most `MOST_BETWEEN` visible ones. A word
that begins or ends with a letter or digit does not begin or end inside a longer run of them: 12315 is not found in
4123156.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate

from nlp import folding
from nlp.automaton import Automaton
from nlp.folding import Folded
from scrm.ids import WordListId
from scrm.model.words import Word, WordHit, WordList, WordVariant

MOST_BETWEEN = 3
MOST_HITS = 50

Entry = tuple[WordListId, Word]
Spans = tuple[tuple[int, int], ...]  # of each character of a text, its letters in the spelled text

# What makes two spellings one, step by step; the first step after which they are equal names the variant.
_STEPS: tuple[tuple[WordVariant, Callable[[str], str]], ...] = (
    (WordVariant.EXACT, str),
    (WordVariant.WIDTH, folding.width),
    (WordVariant.SPACED, folding.bare),
    (WordVariant.TRADITIONAL, folding.plain),
)


class Matcher:
    """Implements `scrm.ports.texts.WordMatcher`."""

    def __init__(self, lists: Sequence[WordList]) -> None:
        self._by_form: dict[str, list[Entry]] = defaultdict(list)
        self._by_sound: dict[str, list[tuple[Entry, Spans]]] = defaultdict(list)
        for word_list in lists:
            for word in word_list.words if word_list.enabled else ():
                folded = folding.fold(word.text)
                self._by_form[folded.text].append((word_list.id, word))
                if word.sound and any(map(folding.is_han, folded.plain)):
                    for syllables in folding.sounds(folded.plain):
                        self._by_sound["".join(syllables)].append(((word_list.id, word), _spans(syllables)))
        self._forms = Automaton(self._by_form)
        self._sounds = Automaton(self._by_sound) if self._by_sound else None

    def find(self, text: str) -> list[WordHit]:
        folded = folding.fold(text)
        found: dict[tuple[WordListId, str], WordHit] = {}
        for start, form in self._forms.find(folded.text):
            if _stands(folded, start, start + len(form)):
                for entry in self._by_form[form]:
                    _note(found, entry, text, folded, start, start + len(form))
            if len(found) >= MOST_HITS:
                break
        if self._sounds is not None and len(found) < MOST_HITS:
            self._find_sounds(self._sounds, text, folded, found)
        return sorted(found.values(), key=lambda hit: (hit.start, -hit.end))

    def _find_sounds(
        self, sounds: Automaton, text: str, folded: Folded, found: dict[tuple[WordListId, str], WordHit]
    ) -> None:
        spelled = [folding.sound(char) for char in folded.plain]
        spans = _spans(spelled)
        begins = {span[0]: number for number, span in enumerate(spans)}
        ends = {span[1]: number for number, span in enumerate(spans)}
        for at, letters in sounds.find("".join(spelled)):
            first, last = begins.get(at), ends.get(at + len(letters))
            if first is None or last is None or not _stands(folded, first, last + 1):
                continue
            # A Han character stands for one whole syllable of the word: 先 is not 西安.
            whole = {
                (spans[place][0] - at, spans[place][1] - at)
                for place in range(first, last + 1)
                if folding.is_han(folded.plain[place])
            }
            for entry, syllables in self._by_sound[letters]:
                if whole.issubset(syllables):
                    _note(found, entry, text, folded, first, last + 1)
            if len(found) >= MOST_HITS:
                return


def _spans(spelled: Sequence[str]) -> Spans:
    ends = tuple(accumulate(map(len, spelled)))
    return tuple(zip((0, *ends), ends, strict=False))


def _stands(folded: Folded, start: int, end: int) -> bool:
    """Whether a find is one word: its characters together, and itself no part of a longer number or Latin word."""
    if any(between > MOST_BETWEEN for between in folded.gap[start + 1 : end]):
        return False
    plain = folded.plain
    before = start > 0 and not folded.gap[start] and _runs_on(plain[start - 1], plain[start])
    return not before and not (end < len(plain) and not folded.gap[end] and _runs_on(plain[end - 1], plain[end]))


def _runs_on(left: str, right: str) -> bool:
    if not (left.isascii() and right.isascii()):
        return False
    return (left.isdigit() and right.isdigit()) or (left.isalpha() and right.isalpha())


def _note(
    found: dict[tuple[WordListId, str], WordHit], entry: Entry, text: str, folded: Folded, start: int, end: int
) -> None:
    list_id, word = entry
    if (list_id, word.text) in found:
        return
    first, last = folded.origin[start], folded.origin[end - 1] + 1
    written = text[first:last]
    found[list_id, word.text] = WordHit(
        list_id=list_id, word=word.text, written=written, start=first, end=last, variant=variant(word.text, written)
    )


def variant(word: str, written: str) -> WordVariant:
    for name, step in _STEPS:
        if step(word) == step(written):
            return name
    same = folding.fold(word).text == folding.fold(written).text
    return WordVariant.LOOKALIKE if same else WordVariant.SOUND
