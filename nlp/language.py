"""Which language a text is in, by its letters. Enough to tell an agent what to expect; pure and linear."""

import re

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_LATIN = re.compile(r"[A-Za-z]+")


def language(plain: str, *, traditional: bool) -> str:
    """A BCP 47 tag: zh-Hans, zh-Hant, ja, ko, en (any Latin script), or und when there are no letters."""
    if _KANA.search(plain):
        return "ja"
    if _HANGUL.search(plain):
        return "ko"
    # A Han character says about as much as a Latin word, so 我的iPhone is Chinese.
    if len(_HAN.findall(plain)) * 2 >= len(_LATIN.findall(plain)) and _HAN.search(plain):
        return "zh-Hant" if traditional else "zh-Hans"
    return "en" if _LATIN.search(plain) else "und"
