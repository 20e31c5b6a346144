"""Written examples in short form: `(我要|帮我)退(货|款)` stands for four texts. Pure, deterministic, bounded."""

from collections.abc import Iterator
from importlib.resources import files
from itertools import islice, product

MOST = 400
"""Texts one template may stand for; a longer product is cut, not refused."""


def expand(template: str) -> Iterator[str]:
    """All texts a template stands for. Alternatives do not nest; `_` is a blank."""
    parts: list[list[str]] = []
    rest = template
    while rest:
        before, opened, after = rest.partition("(")
        inside, _, rest = after.partition(")") if opened else ("", "", "")
        if before:
            parts.append([before])
        if opened:
            parts.append(inside.split("|"))
    return ("".join(choice).replace("_", " ") for choice in islice(product(*parts), MOST))


def lines(name: str) -> Iterator[str]:
    """The lines of one of our data files that hold something; `#` starts a comment line."""
    for line in (files("nlp") / "data" / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line
