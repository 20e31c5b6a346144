"""The documents say what the product does: commands parse, options, dependencies, paths and links exist, examples run.

What a reader copies is checked against what would run it: a change of the code that makes a page wrong fails here.
"""

import argparse
import asyncio
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import ClientSession

from channels.registry import Registry
from scrm.app import simulators
from scrm.check import ROOT
from scrm.cli import make_parser
from scrm.clock import SystemClock
from scrm.config import OPTIONS, Settings, variable
from scrm.flow.hub import FlowHub
from scrm.ids import ChannelId
from scrm.model.message import MessageStatus
from scrm.storage.indexes import COLLECTIONS, INDEXES
from scrm.storage.stores import MongoStores
from scrm.web import table
from tests.channels import hub as channel_hub
from tests.channels.example.kit import OwnApp, OwnKit, said, signed
from tests.channels.example.page import EXAMPLE
from tests.channels.hub import ChannelWorld

READMES = (ROOT / "README.md", ROOT / "README.en.md")
PAGES = (*READMES, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "dashboards/web/README.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# `python3 -m scrm …`, in a fence or between backticks, to the end of the command.
COMMAND = re.compile(r"python3 -m scrm(?: ((?:[^`\n#]|(?<=\S)#)*))?")
API_PATH = re.compile(r"(?:/api/v1|\$A)(/[\w${}./-]*)")
PLAIN_PATHS = ("/hooks/{channel_id}", "/healthz", "/readyz", "/metrics")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


each_page = pytest.mark.parametrize("document", PAGES, ids=named)
each_readme = pytest.mark.parametrize("document", READMES, ids=named)


def commands() -> Iterator[Any]:
    for page in PAGES:
        for words in dict.fromkeys(found.group(1) or "" for found in COMMAND.finditer(text(page))):
            yield pytest.param(words.split("  ")[0].strip(), id=f"{named(page)}: {words.strip()[:60]}")


@pytest.mark.parametrize("words", list(commands()))
def test_every_command_parses(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the parser the command line uses; `simulate` hands on to its channel type's own."""
    arguments = [word.replace("$TOKEN", "t").replace("$HOOK", "http://h") for word in shlex.split(words)]
    if arguments in ([], ["…"]):
        return
    if "--" in arguments:
        arguments = arguments[: arguments.index("--")]
    try:
        if arguments[:2] in (["simulate", "wechat"], ["simulate", "webchat"], ["simulate", "telegram"]):
            parser = argparse.ArgumentParser(allow_abbrev=False)
            simulators()[arguments[1]].add_arguments(parser)
            parser.parse_args(arguments[2:])
            return
        parsed, rest = make_parser().parse_known_args(arguments)
    except SystemExit as stop:
        assert stop.code == 0, capsys.readouterr().err
        return
    assert parsed.command is not None or hasattr(parsed, "run")
    assert parsed.takes_rest or not rest, f"unrecognized: {rest}"


def test_commands_are_found() -> None:
    found = {match.group(1) or "" for page in READMES for match in COMMAND.finditer(text(page))}
    assert any(words.startswith("up --demo") for words in found)
    assert any(words.startswith("simulate wechat --hub") for words in found)


def test_every_option_stands_in_the_reference() -> None:
    reference = text(ROOT / "docs/configuration.md")
    headings = re.findall(r"^## `(\w+)`$", reference, re.MULTILINE)
    assert headings == list(OPTIONS) == list(Settings.__struct_fields__)
    assert all(f"environment `{variable(option)}`" in reference for option in OPTIONS)


@each_page
def test_every_option_that_is_named_exists(document: Path) -> None:
    others = {"SCRM_CONFIG", "SCRM_NO_SETUP", "SCRM_DEV_SERVER", "SCRM_TEST_MONGODB_URL"}
    known = {variable(option) for option in OPTIONS} | others
    assert set(re.findall(r"\bSCRM_[A-Z_]*[A-Z]\b", text(document))) <= known


def dependencies() -> set[str]:
    project = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
    lines = [*project["dependencies"], *(each for extra in project["optional-dependencies"].values() for each in extra)]
    python = {re.split(r"[\s\[<>=!~;]", line, maxsplit=1)[0] for line in lines}
    package = json.loads(text(ROOT / "dashboards/web/package.json"))
    return python | set(package["dependencies"]) | set(package["devDependencies"])


@each_readme
def test_every_dependency_has_a_reason_and_a_licence(document: Path) -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \| (.+) \|$", text(document), re.MULTILINE)
    names = [name for name, _, _ in rows]
    assert sorted(names) == sorted(dependencies())
    assert all(reason.strip() and re.search(r"MIT|Apache|BSD|MPL|GPL|ISC|PSF", licence) for _, reason, licence in rows)


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_every_relative_link_resolves(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text(document))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        place = (document.parent / path).resolve() if path else document
        assert place.exists(), f"{named(document)} links to {target}"
        if anchor:
            assert anchor in anchors(place), f"{named(document)} links to {target}"


def matches(quoted: str, template: str) -> bool:
    """`/conversations/$ID/messages` is `/conversations/{id}/messages`."""
    ours, theirs = quoted.strip("/").split("/"), template.strip("/").split("/")
    return len(ours) == len(theirs) and all(
        their.startswith("{") or our == their for our, their in zip(ours, theirs, strict=True)
    )


@each_page
def test_every_api_path_exists(document: Path) -> None:
    templates = [endpoint.path for endpoint in table.ENDPOINTS]
    for quoted in API_PATH.findall(text(document)):
        path = quoted.rstrip("/.")
        assert not path or any(matches(path, template) for template in templates), f"{named(document)} quotes {quoted}"


def test_plain_paths_exist() -> None:
    assert set(PLAIN_PATHS) <= set(json.loads(table.document())["paths"])


def test_both_readmes_have_the_same_structure() -> None:
    """Headings level by level, pictures, fences and rows: what one language says, the other says too."""

    def shape(page: Path) -> list[str]:
        lines = FENCE.sub("<fence>", text(page)).splitlines()
        kinds = [re.match(r"(#+ |\| ?-|\||!\[|- |\d+\. |<fence>|\*\*\d)", line) for line in lines]
        return [kind.group(1) for kind in kinds if kind]

    assert shape(READMES[0]) == shape(READMES[1])


def test_screenshots_are_light_and_all_shown() -> None:
    pictures = sorted((ROOT / "docs/screenshots").glob("*.png"))
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size <= 250 * 1024, picture.name
        assert all(f"docs/screenshots/{picture.name}" in text(page) for page in READMES)


def test_the_page_of_decisions_lists_them_all() -> None:
    folder = ROOT / "docs/decisions"
    index = text(folder / "README.md")
    assert re.findall(r"\]\((\d{4}[\w-]+\.md)\)", index) == sorted(page.name for page in folder.glob("0*.md"))


def test_every_collection_stands_in_the_architecture() -> None:
    page = text(ROOT / "docs/architecture.md")
    names = {*COLLECTIONS, *(index.collection for index in INDEXES)}
    assert {name for name in names if f"`{name}`" not in page} == set()


# The example of docs/adding-a-channel.md. That it is a channel type as any other, its column of the conformance shows.


class OwnWorld(ChannelWorld):
    def handle(self, user: str, group: str = "") -> str:
        return user


async def test_the_example_channel_in_a_hub(stores: MongoStores, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the list of types knows of it: what its customers write is on the timeline, an agent's answer leaves."""
    monkeypatch.setattr(channel_hub, "CHANNEL_TYPES", Registry((EXAMPLE.DEFINITION,)))
    clock, hubs = SystemClock(), list[FlowHub]()
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(OwnApp())
        door = await stack.enter_async_context(channel_hub.opened(hubs, stores, clock))
        session = await stack.enter_async_context(ClientSession())
        await channel_hub.add_channel(stores, ChannelId("own"), "app", OwnKit().settings(app.url), clock)
        hubs.append(channel_hub.make_hub(stores, session, clock, door))
        await hubs[0].start()
        stack.push_async_callback(hubs[0].close)
        world = OwnWorld(stores, hubs[0], ChannelId("own"))
        at = int(clock.now().timestamp())
        first, second = said(at=at), said(id="8", text="在吗", at=at)
        for body in (first, first, second):
            push = signed(body, clock.now())
            async with session.post(f"{door}/hooks/own", data=body, headers=dict(push.headers)) as answer:
                assert answer.status == 200
        async with asyncio.timeout(20):  # the hub's own lanes are at it
            while await world.said("u1") != ["你好", "在吗"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        contact = await world.contact("u1")
        assert contact is not None
        assert contact.name == "王芳"
        reply = await world.answers("u1", "您好，在的")
        async with asyncio.timeout(20):
            while (await world.message(reply)).status is not MessageStatus.SENT:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert app.sent == ["您好，在的"]
