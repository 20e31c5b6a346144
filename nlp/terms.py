"""How texts are cut for search (`scrm.ports.services.TextCutter`). Messages and questions pass through the same
functions, so they meet. Pure, total, linear.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import opencc

from nlp.folding import sound
from nlp.segment import segment

LONGEST_WORD = 40
_LETTERS = re.compile(rf"[^\W_\u3400-\u9fff]{{1,{LONGEST_WORD}}}")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_HAN_WORD = re.compile(r"[\u3400-\u9fff]{2,8}")
# Tables remember at most so many characters: an attacker may send them all.
_MOST_REMEMBERED = 65_536


class SearchCutter:
    def warm(self) -> None:
        """Load what cutting needs: up to a second, in which nothing else of the process runs, also from a thread. So
        it is done before anybody waits for the process."""
        self.words(self.fold("電話号码"))
        sound("码")

    def fold(self, text: str) -> str:
        return text.translate(_folding())

    def words(self, folded: str) -> list[str]:
        found = dict.fromkeys(_LETTERS.findall(folded))
        for run in _HAN_RUN.findall(folded):
            found.update(dict.fromkeys(word for word in segment(run) if _HAN_WORD.fullmatch(word)))
        return list(found)

    def cut(self, folded: str) -> list[str]:
        pieces: list[tuple[int, str]] = [(match.start(), match[0]) for match in _LETTERS.finditer(folded)]
        for match in _HAN_RUN.finditer(folded):
            at = match.start()
            for word in segment(match[0]):
                pieces.append((at, word))
                at += len(word)
        return [piece for _, piece in sorted(pieces)]


class _Folding(dict[int, str]):
    """Character for character: full width and capitals to plain small ones, traditional to simplified, what is no text
    to a blank. A character that would become several stays as it is, so places in the text stay what they were."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = unicodedata.normalize("NFKC", char).casefold()
        folded = _simplified().get(folded, folded)
        if unicodedata.category(char) in ("Cc", "Cs", "Co") and char != "\n":
            folded = " "
        if len(folded) != 1:
            folded = char
        if len(self) < _MOST_REMEMBERED:
            self[code] = folded
        return folded


@lru_cache(maxsize=1)
def _folding() -> _Folding:
    return _Folding()


@lru_cache(maxsize=1)
def _simplified() -> dict[str, str]:
    """From OpenCC's own table; of several simplified forms its first."""
    table = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    pairs = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return {old: new.split()[0] for old, new in pairs}
