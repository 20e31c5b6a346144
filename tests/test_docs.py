"""The documents say what the product does: commands parse, options, dependencies, paths and links exist, examples run.

What a reader copies is checked against what would run it: a change of the code that makes a page wrong fails here.
"""

import argparse
import asyncio
import hmac
import importlib.util
import json
import re
import shlex
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from aiohttp import ClientSession, web

from channels.registry import Registry
from scrm.app import simulators
from scrm.check import ROOT
from scrm.cli import make_parser
from scrm.clock import ManualClock, SystemClock
from scrm.config import OPTIONS, Settings, variable
from scrm.errors import Invalid, ParseError, SendError, SendErrorCode, WebhookError, WebhookRefusal
from scrm.flow.hub import FlowHub
from scrm.ids import ChannelId, MessageId
from scrm.model.channel import Channel
from scrm.model.message import ContentType, MessageStatus
from scrm.ports.channel import (
    ChannelContext,
    IncomingMessage,
    OutboundMessage,
    VerifiedRequest,
    WebhookRequest,
)
from scrm.storage.indexes import COLLECTIONS, INDEXES
from scrm.storage.stores import MongoStores
from scrm.web import table
from tests.channels import hub as channel_hub
from tests.channels.conformance import MemoryTokens
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


# The example of docs/adding-a-channel.md, as a reader would type it in.

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SECRET = "s" * 40


@pytest.fixture
def example(tmp_path: Path) -> Iterator[ModuleType]:
    [code] = [body for language, body in FENCE.findall(text(ROOT / "docs/adding-a-channel.md")) if language == "python"]
    path = tmp_path / "own_app_example.py"
    path.write_text(code, encoding="utf-8")
    specification = importlib.util.spec_from_file_location("own_app_example", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["own_app_example"] = module  # msgspec looks annotations up there
    specification.loader.exec_module(module)
    yield module
    del sys.modules["own_app_example"]


def connect(example: ModuleType, session: ClientSession | None = None, address: str = "http://127.0.0.1:9/") -> Any:
    settings = {"secret": SECRET, "address": address}
    channel = Channel(
        id=ChannelId("c"), type="app", name="店", settings=settings, created_at=NOW, updated_at=NOW
    )  # fmt: skip
    context = ChannelContext(channel=channel, clock=ManualClock(NOW), session=session, tokens=MemoryTokens())  # type: ignore[arg-type]
    return Registry((example.DEFINITION,)).adapter(context)


def signed(body: bytes, at: datetime = NOW, secret: str = SECRET, method: str = "POST") -> WebhookRequest:
    timestamp = str(int(at.timestamp()))
    given = hmac.new(secret.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()
    headers = {"x-timestamp": timestamp, "x-signature": given}
    return WebhookRequest(method=method, query={}, headers=headers, body=body, received_at=NOW)


def said(**changes: object) -> bytes:
    base = {"id": "7", "user": "u1", "text": "你好", "at": int(NOW.timestamp()), "name": "王芳"}
    return msgspec.json.encode(base | changes)


def test_the_example_channel_reads_what_is_signed(example: ModuleType) -> None:
    adapter = connect(example)
    first, again = adapter.verify(signed(said())), adapter.verify(signed(said(), at=NOW - timedelta(minutes=9)))
    assert isinstance(first, VerifiedRequest)
    assert first.dedupe_key == again.dedupe_key != adapter.verify(signed(said(id="8"))).dedupe_key
    [event] = adapter.parse(first)
    assert isinstance(event, IncomingMessage)
    assert (event.external_id, event.content, event.sent_at, event.sender.name) == ("7", "你好", NOW, "王芳")
    assert first.handle == event.sender.handle == "u1"


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (signed(said(), secret="other"), WebhookRefusal.BAD_SIGNATURE),
        (msgspec.structs.replace(signed(said()), body=said(text="别的")), WebhookRefusal.BAD_SIGNATURE),
        (msgspec.structs.replace(signed(said()), headers={}), WebhookRefusal.BAD_SIGNATURE),
        (signed(said(), at=NOW - timedelta(minutes=11)), WebhookRefusal.STALE),
        (signed(said(), method="GET"), WebhookRefusal.MALFORMED),
    ],
    ids=["forged", "tampered", "unsigned", "stale", "method"],
)
def test_the_example_channel_refuses(example: ModuleType, request_: WebhookRequest, refusal: WebhookRefusal) -> None:
    with pytest.raises(WebhookError) as caught:
        connect(example).verify(request_)
    assert caught.value.refusal == refusal


@pytest.mark.parametrize("body", [b"", b"{", b'"\xff"', said(at="x"), said(at=10**17), b"[" * 60_000])
def test_the_example_channel_keeps_what_it_cannot_read(example: ModuleType, body: bytes) -> None:
    adapter = connect(example)
    request = adapter.verify(signed(body))
    assert request.dedupe_key
    with pytest.raises(ParseError):
        adapter.parse(request)


def test_the_example_channel_checks_its_settings(example: ModuleType) -> None:
    with pytest.raises(Invalid):
        Registry((example.DEFINITION,)).normalise_settings("app", {"secret": "short", "address": "nowhere"})


@asynccontextmanager
async def own_app(example: ModuleType, received: list[dict[str, str]], *statuses: int) -> AsyncIterator[str]:
    """What the company would run, believing only what the hub signed; its address."""
    answers = iter(statuses)

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        wanted = example.signature(SECRET, request.headers["X-Timestamp"], body)
        assert hmac.compare_digest(request.headers["X-Signature"], wanted)
        received.append(json.loads(body))
        return web.Response(status=next(answers))

    application = web.Application()
    application.router.add_post("/", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_the_example_channel_sends(example: ModuleType) -> None:
    received: list[dict[str, str]] = []
    outgoing = OutboundMessage(
        message_id=MessageId("m1"), part=0, recipient="u1", content_type=ContentType.TEXT, content="您好"
    )
    async with own_app(example, received, 200, 429, 400, 500) as address, ClientSession() as session:
        adapter = connect(example, session, address)
        await adapter.send(outgoing)
        assert received == [{"id": "m1-0", "user": "u1", "text": "您好"}]
        for code, certain, retryable in (
            (SendErrorCode.RATE_LIMITED, True, True),
            (SendErrorCode.PLATFORM_ERROR, True, False),
            (SendErrorCode.PLATFORM_ERROR, False, False),
        ):
            with pytest.raises(SendError) as caught:
                await adapter.send(outgoing)
            assert (caught.value.code, caught.value.certain, caught.value.retryable) == (code, certain, retryable)
    async with ClientSession() as session:
        with pytest.raises(SendError) as caught:
            await connect(example, session, address).check()
        assert (caught.value.code, caught.value.certain, caught.value.retryable) == ("unreachable", True, True)


class OwnWorld(ChannelWorld):
    def handle(self, user: str, group: str = "") -> str:
        return user


async def test_the_example_channel_in_a_hub(
    example: ModuleType, stores: MongoStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the list of types knows of it: what its customers write is on the timeline, an agent's answer leaves."""
    monkeypatch.setattr(channel_hub, "CHANNEL_TYPES", Registry((example.DEFINITION,)))
    clock, received, hubs = SystemClock(), list[dict[str, str]](), list[FlowHub]()
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(own_app(example, received, 200))
        door = await stack.enter_async_context(channel_hub.opened(hubs, stores, clock))
        session = await stack.enter_async_context(ClientSession())
        await channel_hub.add_channel(stores, ChannelId("own"), "app", {"secret": SECRET, "address": address}, clock)
        hubs.append(channel_hub.make_hub(stores, session, clock, door))
        await hubs[0].start()
        stack.push_async_callback(hubs[0].close)
        world = OwnWorld(stores, hubs[0], ChannelId("own"))
        at = int(clock.now().timestamp())
        first, second = said(at=at), said(id="8", text="在吗", at=at)
        for body in (first, first, second):
            push = signed(body, at=clock.now())
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
        assert received == [{"id": f"{reply.id}-0", "user": "u1", "text": "您好，在的"}]
