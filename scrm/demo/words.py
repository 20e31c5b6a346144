"""Texts out of templates: `(a|b|)` draws one of several, `{slot}` fills in. Choices nest; slots may hold templates.

A slot of the story (the order number, the product) is the same all through it; one of `words.toml` is drawn anew each
time it occurs. Square brackets stay as they are, because WeChat writes its faces with them.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random

_TOKEN = re.compile(r"[(){}|]|[^(){}|]+")
_UNEVEN = re.compile(r"([，。？！~])[，、]|^[，。、？]+|(?<=[！？])[？。]")
# Slots may hold slots; deeper than this is a loop in the data.
_DEPTH = 8


class Words:
    def __init__(self, words: Mapping[str, Sequence[str]], random: Random) -> None:
        self._words = words
        self._random = random

    def write(self, template: str, story: Mapping[str, str]) -> str:
        """One text of the template. Raises KeyError on a slot that nobody fills."""
        text = self._fill(template, story, _DEPTH)
        # Two choices that both end or begin with a mark meet badly now and then.
        return _UNEVEN.sub(lambda match: match.group(1) or "", text).strip()

    def _fill(self, template: str, story: Mapping[str, str], depth: int) -> str:
        if depth == 0:
            raise ValueError(f"slots without end: {template}")
        tokens = _TOKEN.findall(template)
        text, rest = self._sequence(tokens, 0, story, depth)
        if rest != len(tokens):
            raise ValueError(f"uneven brackets: {template}")
        return text

    def _sequence(self, tokens: Sequence[str], at: int, story: Mapping[str, str], depth: int) -> tuple[str, int]:
        parts: list[str] = []
        while at < len(tokens) and tokens[at] not in "|)":
            if tokens[at] == "(":
                text, at = self._choice(tokens, at + 1, story, depth)
            elif tokens[at] == "{":
                text, at = self._slot(tokens[at + 1], story, depth), at + 3
            else:
                text, at = tokens[at], at + 1
            parts.append(text)
        return "".join(parts), at

    def _choice(self, tokens: Sequence[str], at: int, story: Mapping[str, str], depth: int) -> tuple[str, int]:
        options: list[str] = []
        while True:
            text, at = self._sequence(tokens, at, story, depth)
            options.append(text)
            if at >= len(tokens):
                raise ValueError("a choice without end")
            at += 1
            if tokens[at - 1] == ")":
                return self._random.choice(options), at

    def _slot(self, name: str, story: Mapping[str, str], depth: int) -> str:
        if name in story:
            return story[name]
        return self._fill(self._random.choice(self._words[name]), story, depth - 1)
