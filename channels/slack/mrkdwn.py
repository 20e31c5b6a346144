"""Slack's markup as plain text, and plain text so that nothing in it is markup.

In what Slack sends, `&`, `<` and `>` that somebody wrote are entities, so every `<…>` is a mention or a link;
asterisks, underlines and the like stay as they were written. Reading takes time in proportion to the length.

Source: docs.slack.dev/messaging/formatting-message-text, "Retrieving formatted messages"
"""

import re
from collections.abc import Mapping

from scrm.model.base import Record

MAX_LINKS = 1000

_CONTROL = re.compile(r"<([^<>]*)>")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}
_EMOJI = re.compile(r":([a-z0-9_+'\-]{1,80}):(?::skin-tone-[2-6]:)?")
# What is written as a label itself, without what stands before it.
_SCHEMES = ("mailto:", "tel:", "https://", "http://")


class Read(Record, kw_only=True):
    """mentions: users' ids. links: the addresses in the text, once each."""

    text: str
    mentions: frozenset[str] = frozenset()
    links: tuple[str, ...] = ()


def read(source: str, *, own: str = "", emoji: Mapping[str, str] | None = None) -> Read:
    """own: the app's user id, whose mention is no part of the text. emoji: characters by name."""
    mentions: set[str] = set()
    links: list[str] = []

    def shown(control: str) -> str:
        body, _, label = control.partition("|")
        if body.startswith("@"):
            mentions.add(body[1:])
            return "" if body[1:] == own else "@" + (plain(label) or body[1:])
        if body.startswith("#"):
            return "#" + (plain(label) or body[1:])
        if body.startswith("!"):
            return _special(body[1:], plain(label))
        address = plain(body)
        if address.startswith(("https://", "http://")):
            links.append(address)
        return _link(address, plain(label))

    # Entities are read piece by piece: read first, they could make brackets.
    text = "".join(
        shown(piece) if number % 2 else plain(_with_emoji(piece, emoji or {}))
        for number, piece in enumerate(_CONTROL.split(source))
    )
    return Read(
        text=text.strip() if own and own in mentions else text,
        mentions=frozenset(mentions),
        links=tuple(dict.fromkeys(links)),
    )


def _special(name: str, label: str) -> str:
    """`!here`, `!subteam^S123`, `!date^1392734382^{date}` …, with what to show where they are not understood."""
    if name.startswith("date^"):
        return label or name
    kind, _, id_ = name.partition("^")
    return (label if label.startswith("@") else f"@{label}") if label else f"@{id_ or kind}"


def _link(address: str, label: str) -> str:
    bare = next((address.removeprefix(each) for each in _SCHEMES if address.startswith(each)), address)
    if not label or label in (address, bare) or bare.rstrip("/") == label.rstrip("/"):
        return bare if address.startswith(("mailto:", "tel:")) else address
    return f"{label} ({bare if address.startswith('mailto:') else address})"


def _with_emoji(source: str, emoji: Mapping[str, str]) -> str:
    if not emoji:
        return source
    return _EMOJI.sub(lambda found: emoji.get(found[0].strip(":"), emoji.get(found[1], found[0])), source)


def plain(source: str) -> str:
    return _ENTITY.sub(lambda found: _CHARACTERS[found[1]], source)


def escape(text: str) -> str:
    """A text that is read as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
