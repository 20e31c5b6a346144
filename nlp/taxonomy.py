"""The shipped taxonomy: what customers of a shop write about. Codes are stable and stored; names are shown."""

from functools import lru_cache

from nlp.templates import expand, lines
from scrm.model.analysis import Category
from scrm.model.base import Record


class Topic(Record, kw_only=True):
    """A category with the phrases a new company starts from."""

    category: Category
    seeds: tuple[str, ...]


@lru_cache(maxsize=1)
def topics() -> tuple[Topic, ...]:
    found: list[tuple[Category, list[str]]] = []
    for line in lines("taxonomy.txt"):
        if line.startswith("="):
            code, name_zh, name_en = line[1:].split(maxsplit=2)
            found.append((Category(code=code, name_zh=name_zh, name_en=name_en), []))
        else:
            found[-1][1].extend(text for template in line.split() for text in expand(template))
    return tuple(Topic(category=category, seeds=tuple(dict.fromkeys(seeds))) for category, seeds in found)


def categories() -> tuple[Category, ...]:
    return tuple(topic.category for topic in topics())


def code_of(name_zh: str) -> str | None:
    """The code of a Chinese name, as labelled files use them; None for one the taxonomy does not have."""
    return next((category.code for category in categories() if category.name_zh == name_zh), None)
