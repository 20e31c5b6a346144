"""What a platform wrote, as a tree whose form nobody has checked: looked up without trusting it."""

from collections.abc import Iterator, Mapping
from typing import Any

MAX_DEPTH = 12
MAX_DETAILS = 100
MAX_DETAIL = 1000
MAX_NAME = 120

Tree = dict[str, Any]


class Malformed(Exception):
    """Not what the platform sends; the text says why, without quoting it."""


def part(tree: Mapping[str, object], name: str) -> Tree:
    """An object of the tree, empty where there is none."""
    found = tree.get(name)
    return found if isinstance(found, dict) else {}


def parts(tree: Mapping[str, object], name: str) -> list[Tree]:
    """The objects of a list in the tree."""
    found = tree.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def text(value: object, longest: int = 200) -> str:
    """ "" for what is no text."""
    return value[:longest].strip() if isinstance(value, str) else ""


def kept(**details: str) -> dict[str, str]:
    """The details that say something."""
    return {name: value[:MAX_DETAIL] for name, value in details.items() if value}


def flat(value: object) -> dict[str, str]:
    """The leaves of a tree under their path, as details take them; those beyond MAX_DETAILS are left out.

    No database takes a name with a null byte in it, and the whole message would be lost with the name.
    """
    details: dict[str, str] = {}
    for name, leaf in _leaves(value, "", 0):
        if len(details) >= MAX_DETAILS:
            break
        details.setdefault(name.replace("\x00", "") or "value", leaf[:MAX_DETAIL])
    return details


def _leaves(value: object, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}_{key}" if name else str(key)[:80], depth + 1)
    elif isinstance(value, list):
        for count, inner in enumerate(value, start=1):
            yield from _leaves(inner, name if count == 1 else f"{name}_{count}", depth + 1)
    elif value is not None:
        yield name[:MAX_NAME], ("1" if value else "0") if isinstance(value, bool) else str(value)
