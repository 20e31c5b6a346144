"""What the demo is written from: the TOML files beside this module, read into records once."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from scrm.model.base import Record

Code = Literal["c", "a", "note", "pass", "image", "voice", "place", "share", "link"]


class AgentData(Record, kw_only=True):
    login: str
    name: str
    role: str
    teams: tuple[str, ...]
    availability: str
    capacity: int


class TeamData(Record, kw_only=True):
    name: str
    takes: tuple[str, ...]
    fallback: bool = False


class LabelData(Record, kw_only=True):
    name: str
    color: str


class ChannelData(Record, kw_only=True):
    """share: its part of the conversations."""

    name: str
    share: int


class SceneData(Record, kw_only=True):
    key: str
    name: str


class ProductData(Record, kw_only=True):
    """price in yuan. heats: belongs to the story of the running-hot batch."""

    name: str
    price: int
    call: tuple[str, ...]
    fault: tuple[str, ...]
    ask: tuple[str, ...]
    part: str
    heats: bool = False


class Company(Record, kw_only=True):
    name: str
    agent: tuple[AgentData, ...]
    team: tuple[TeamData, ...]
    label: tuple[LabelData, ...]
    channel: tuple[ChannelData, ...]
    scene: tuple[SceneData, ...]
    product: tuple[ProductData, ...]


class Names(Record, kw_only=True):
    surnames: str
    given: tuple[str, ...]
    nicknames: tuple[str, ...]
    english: tuple[str, ...]
    traditional: tuple[str, ...]
    cities: tuple[str, ...]
    abroad: tuple[str, ...]
    traditional_cities: tuple[str, ...]
    streets: tuple[str, ...]
    estates: tuple[str, ...]
    companies: tuple[str, ...]
    remarks: tuple[str, ...]
    tiers: tuple[str, ...]


class CannedData(Record, kw_only=True):
    shortcut: str
    title: str
    content: str
    takes: str | None = None


class Line(Record, kw_only=True):
    """maybe: comes every other time."""

    code: Code
    text: str
    maybe: bool


class Scenario(Record, kw_only=True):
    """theme: the file it stands in. rising: belongs to the issue of the last days."""

    name: str
    theme: str
    weight: int
    lines: tuple[Line, ...]
    labels: tuple[str, ...] = ()
    language: str = "zh"
    rising: bool = False


@cache
def company() -> Company:
    return msgspec.convert(_read("company"), Company)


@cache
def names() -> Names:
    return msgspec.convert(_read("people"), Names)


@cache
def canned() -> tuple[CannedData, ...]:
    return msgspec.convert(_read("canned")["reply"], tuple[CannedData, ...])


@cache
def words() -> dict[str, tuple[str, ...]]:
    return msgspec.convert(_read("words"), dict[str, tuple[str, ...]])


@cache
def scenarios() -> tuple[Scenario, ...]:
    folder = files(__package__).joinpath("data", "scenarios")
    found: list[Scenario] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        theme = file.name.removesuffix(".toml")
        for entry in tomllib.loads(file.read_text(encoding="utf-8"))["scenario"]:
            found.append(msgspec.convert({**entry, "theme": theme, "lines": _lines(entry["lines"])}, Scenario))
    return tuple(found)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data", f"{name}.toml").read_text(encoding="utf-8"))


def _lines(text: str) -> Sequence[dict[str, object]]:
    lines: list[dict[str, object]] = []
    for line in text.strip().splitlines():
        code, _, content = line.partition(": ")
        lines.append({"code": code.removesuffix("?"), "maybe": code.endswith("?"), "text": content})
    return lines
