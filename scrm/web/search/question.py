"""What somebody typed, as parts to look for. Pure.

Runs of Han characters, and of letters and digits; "what stands in quotes", of any kind, in exactly this order; letters
at the end may go on, unless a blank follows them.
"""

import re

from scrm.errors import Invalid
from scrm.model.base import Record
from scrm.model.search import Wanted, WantedForm
from scrm.ports.services import TextCutter

MOST_PARTS = 16
_QUOTED = re.compile(r'["“”「『]([^"“”「」『』]{1,100})["“”」』]')
_HAN = re.compile(r"[\u3400-\u9fff]")
_RUN = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff]{1,40}")


class Question(Record, kw_only=True):
    """phrases: what every found message must hold, folded."""

    parts: tuple[Wanted, ...]
    phrases: tuple[str, ...]


def read(text: str, cutter: TextCutter) -> Question:
    """Raises Invalid when nothing in it can be looked for."""
    folded = cutter.fold(text)
    phrases = [" ".join(match[1].split()) for match in _QUOTED.finditer(folded)]
    phrases = [phrase for phrase in dict.fromkeys(phrases) if cutter.cut(phrase)]
    rest = _QUOTED.sub(" ", folded)
    parts = [Wanted(text=phrase, form=WantedForm.PHRASE) for phrase in phrases]
    parts += dict.fromkeys(_wanted(match[0], match.end() == len(rest), cutter) for match in _RUN.finditer(rest))
    if not parts:
        raise Invalid("what to look for?", field="q")
    return Question(parts=tuple(parts[:MOST_PARTS]), phrases=tuple(phrases))


def _wanted(run: str, last: bool, cutter: TextCutter) -> Wanted:
    if _HAN.match(run):
        return Wanted(text=run, form=WantedForm.WORD if cutter.cut(run) == [run] else WantedForm.RUN)
    return Wanted(text=run, form=WantedForm.BEGINNING if last else WantedForm.WORD)
