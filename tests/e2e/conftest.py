"""The hub as `scrm up` starts it, a WeChat platform, and Chromium. Started once; each test has a browser context and
customers of its own. A page that throws, or that breaks its content security policy, fails its test.

Without a browser or a built client these tests are skipped, except in CI, where that fails them.
"""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from playwright.async_api import Browser, ConsoleMessage, Page, StorageState, async_playwright, expect

from bench.hub import Api, free_port
from channels.wechat.simulator import WeChatSimulator
from dashboards.webbuild import needs_build
from scrm.app import open_workspace
from scrm.config import load
from scrm.model.topics import Alert
from tests.e2e.bursts import FIRE, POST, Noted, write_and_note
from tests.e2e.office import COUNTED, MAIN, NEW, PATIENCE, SPARE, Office, PrintingHub

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDE = {"width": 1440, "height": 900}
FAILED = pytest.StashKey[bool]()

OpenPage = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One hub, one platform and one browser serve every test here, so they share a loop."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="package"), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="package")
def chromium() -> str:
    """Its path."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    lacking = "no Chromium on this machine" if found is None else ""
    if needs_build():
        lacking = "the web client is not built from its sources as they are: python -m dashboards.webbuild"
    if lacking and os.environ.get("CI"):
        pytest.fail(lacking)
    if lacking:
        pytest.skip(lacking)
    return str(found)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def chrome(chromium: str) -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE * 1000)
    async with async_playwright() as playwright:
        chrome = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield chrome
        await chrome.close()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def office(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    hub = PrintingHub(tmp_path_factory.mktemp("hub") / "data", free_port())
    await hub.start()
    try:
        [greeting] = [line for line in hub.printed if "password" in line]
        async with ClientSession() as session, WeChatSimulator(MAIN, NEW, COUNTED, SPARE) as platform:
            office = Office(hub, platform, Api(session, hub.url, await hub.token()), greeting.split()[-1])
            await office.connect(MAIN, "旗舰店")
            yield office
    finally:
        await hub.stop()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def noted(office: Office) -> Noted:
    return await write_and_note(office)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def burst(office: Office, noted: Noted) -> Alert:
    """One that nobody has taken on, and what somebody says about it outside."""
    alert = noted.alert(FIRE)
    async with open_workspace(load({"data": str(office.hub.data)}, file=None)) as stores:
        await stores.topics.add_alert(alert)
    await office.api.post("/mentions", POST)
    return alert


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def signed_in(chrome: Browser, office: Office) -> StorageState:
    """The administrator's cookie. How signing in looks is for the first hour's test."""
    context = await chrome.new_context(base_url=office.hub.url)
    body = {"login": "admin", "password": office.password}
    answer = await context.request.post("/api/v1/session", data=body)
    assert answer.ok
    state = await context.storage_state()
    await context.close()
    return state


@pytest_asyncio.fixture(loop_scope="package")
async def open_page(
    chrome: Browser,
    office: Office,
    signed_in: StorageState,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> AsyncIterator[OpenPage]:
    """Opens pages as `browser.new_context` describes them: signed in, wide and Chinese unless told otherwise."""
    pages: list[Page] = []
    broken: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or message.text.startswith("[Vue warn]"):
            broken.append(message.text)

    async def open_page(**options: Any) -> Page:
        context = await chrome.new_context(**{
            "base_url": office.hub.url, "storage_state": signed_in, "viewport": WIDE, "locale": "zh-CN",
            "reduced_motion": "reduce", **options,
        })  # fmt: skip
        context.set_default_timeout(PATIENCE * 1000)
        page = await context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", heard)
        pages.append(page)
        return page

    yield open_page
    for number, page in enumerate(pages):
        if request.node.stash.get(FAILED, False):
            shot = tmp_path / f"page-{number}.png"
            await page.screenshot(path=shot)
            print(f"{page.url} as it was: {shot}")
        await page.context.close()
    assert broken == []
