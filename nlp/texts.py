"""The hub's door to what is read on the spot: implements `scrm.ports.texts.Texts`."""

from collections.abc import Collection, Sequence

from nlp import folding, personal
from nlp.sensitive import Matcher
from nlp.suggest import Index
from scrm.model.words import PersonalSpan, WordList
from scrm.ports.texts import AnswerIndex, WordMatcher


class ChineseTexts:
    def matcher(self, lists: Sequence[WordList]) -> WordMatcher:
        return Matcher(lists)

    def index(self) -> AnswerIndex:
        return Index()

    def has_substance(self, word: str) -> bool:
        return bool(folding.fold(word).text)

    def personal(self, text: str) -> list[PersonalSpan]:
        return personal.find(text)

    def mask(self, text: str) -> str:
        return personal.mask(text)

    def anonymous(self, text: str, names: Collection[str]) -> str:
        return personal.anonymous(text, names)
