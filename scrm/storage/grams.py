"""Words a contact is found by: short pieces of the name, its pinyin and initials, phone and e-mail.

Chinese is cut into single characters and pairs, everything else into first letters, runs of three and runs of six, so
any part of a name is an equality on an indexed array, on every server; six, because three letters of pinyin (zha) are
in one name of ten.
"""

import unicodedata
from functools import lru_cache

from scrm.model.contact import Contact

_LONGEST = 64
_GRAM, _LONG_GRAM = 3, 6


def contact_terms(contact: Contact) -> list[str]:
    return sorted({term for text in haystacks(contact) for term in _grams(text)})


def haystacks(contact: Contact) -> list[str]:
    """The texts a search may find a part of."""
    texts = [normalise(contact.name), *pinyin(normalise(contact.name))]
    if contact.phone:
        texts.append("".join(character for character in contact.phone if character.isdigit()))
    if contact.email:
        texts.append(normalise(contact.email))
    return [text for text in texts if text]


def query_term(text: str) -> str | None:
    """The one term to look up for a normalised query; the rest is checked on what it finds. None: nothing to find."""
    if not text:
        return None
    wide = [index for index, character in enumerate(text) if not character.isascii()]
    if wide:
        # A pair is rarer than a character; a wide one is rarer than a Latin one.
        start = wide[0]
        return text[start : start + 2] if start + 1 < len(text) else text[max(0, start - 1) : start + 1]
    if len(text) >= _LONG_GRAM:
        return text[:_LONG_GRAM]
    return text[:_GRAM] if len(text) >= _GRAM else f"^{text}"


def normalise(text: str) -> str:
    """One form for full and half width, upper and lower case; without spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(folded.split())[:_LONGEST]


@lru_cache(maxsize=4096)
def pinyin(text: str) -> tuple[str, str]:
    """Whole syllables and initials, "" where the text has no Chinese."""
    if text.isascii():
        return "", ""
    from pypinyin import Style, lazy_pinyin  # its dictionary takes half a second: loaded while the database starts

    return (
        "".join(lazy_pinyin(text, style=Style.NORMAL)),
        "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)),
    )


def _grams(text: str) -> set[str]:
    grams = {f"^{text[:length]}" for length in range(1, _GRAM) if text[:length].isascii()}
    for start, character in enumerate(text):
        if character.isascii():
            grams.add(text[start : start + _GRAM])
            if len(long := text[start : start + _LONG_GRAM]) == _LONG_GRAM and long.isascii():
                grams.add(long)
        else:
            grams.add(character)
        grams.add(text[start : start + 2] if not text[start : start + 2].isascii() else "")
    return {gram for gram in grams if gram}
