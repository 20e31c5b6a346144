"""Faces people type: WeChat codes such as `[微笑]` and `/::)`, and emoji. Each becomes one character.

A code becomes a character of Unicode's private use area, so that every later stage can treat a face as one letter.
Characters of that area in the text itself are removed beforehand, so nobody can forge one.
"""

import re

from nlp.templates import lines

_FIRST = 0xE100

_SAYS: dict[str, list[str]] = {"+": [], "-": [], "~": [], "=": []}
_SLASH: dict[str, str] = {}
for _line in lines("faces.txt"):
    _kind, *_names = _line.split(" ")
    if _kind == "/":
        _SLASH[_names[0]] = _names[1]
    else:
        _SAYS[_kind].extend(_names)

_ALL = dict.fromkeys(name for names in _SAYS.values() for name in names)
CODES: dict[str, str] = {name: chr(_FIRST + place) for place, name in enumerate(_ALL)}
_NAMES: dict[str, str] = {char: f"[{name}]" for name, char in CODES.items()}

# Both patterns consume bounded spans, so that a text of a hundred thousand `[` or `/` costs one step a character.
_BRACKETED = re.compile(r"\[([^\[\]\s]{1,6})\]")
_SLASHED = re.compile("|".join(re.escape(code) for code in sorted(_SLASH, key=len, reverse=True)))

POSITIVE_EMOJI = frozenset("😀😃😄😁😆😊😍🥰😘😋😎🤩🥳👍👏🙏💪🌹❤♥💕💖💗💓💯🎉👌✌🤝😇🤗☺😚😙😜😝🤣💐🌸✨⭐🌟😻🫶💝🎁🎊")
NEGATIVE_EMOJI = frozenset("😡😠🤬👎😤😭😢😞😔😟🙁☹😣😖😫😩🤮🤢😒💔😾😿💩😨😰😱😓🥺😕🤯😥🖕")
SARCASTIC_EMOJI = frozenset("🙂🙃😅😏🙄😑😂🤡👋🤷🤦")

POSITIVE = frozenset(CODES[name] for name in _SAYS["+"]) | POSITIVE_EMOJI
NEGATIVE = frozenset(CODES[name] for name in _SAYS["-"]) | NEGATIVE_EMOJI
SARCASTIC = frozenset(CODES[name] for name in _SAYS["~"]) | SARCASTIC_EMOJI


def to_characters(text: str) -> str:
    """Each face code becomes one character; a bracketed word that is no known face stays as it was."""
    if "[" in text:
        text = _BRACKETED.sub(lambda match: CODES.get(match[1], match[0]), text)
    if "/:" in text:
        text = _SLASHED.sub(lambda match: CODES[_SLASH[match[0]]], text)
    return text


def spelled(text: str) -> str:
    """The text with faces as people know them, for a screen."""
    return "".join(_NAMES.get(char, char) for char in text)
