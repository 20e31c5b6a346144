"""The pictures of the README, made from the running product: docs/screenshots/*.png.

    python -m bench.screenshots [--hub URL]

Starts `scrm up --demo` over a temporary data folder, or takes a demo that runs already, signs in with Chromium and
takes each picture once the page has said all it has to say. Fails when a picture is larger than a README bears.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from bench.hub import ROOT, free_port
from scrm.demo import DEMO_PASSWORD

FOLDER = ROOT / "docs" / "screenshots"
LARGEST = 250 * 1024
START_SECONDS = 600.0  # the demo's weeks of history are read and written first
DESKTOP = ViewportSize(width=1360, height=850)
PHONE = ViewportSize(width=390, height=780)
CHROMIUM = shutil.which("chromium")  # None: the browser that playwright installed
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """The address of a demo of its own, which ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "scrm", "up", "--demo", "--port", str(free_port()), "--data", folder,
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={**os.environ, "SCRM_NO_SETUP": "1"},
        )  # fmt: skip
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                async for line in process.stdout:
                    if line.startswith(b"ready "):
                        yield line.decode().split()[1]
                        break
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()


async def signed_in(browser: Browser, hub: str, login: str, size: ViewportSize, theme: str) -> Page:
    context = await browser.new_context(viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")
    await context.add_init_script(f"localStorage.setItem('scrm.theme', '{theme}')")
    page = await context.new_page()
    await page.goto(f"{hub}/sign-in")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", DEMO_PASSWORD)
    await page.click("[type=submit]")
    await page.wait_for_url("**/inbox**")
    return page


async def inbox(browser: Browser, hub: str, theme: str) -> Page:
    """An unhappy customer: the thread, the composer with its window, and the customer beside it."""
    page = await signed_in(browser, hub, "limin", DESKTOP, theme)
    await open_unhappy(page)
    return page


async def open_unhappy(page: Page) -> None:
    """Whoever of them the demo has at this hour, whose agent they may be; one who was answered where there is any."""
    await page.click("[role=tab]:has-text('全部')")
    await page.wait_for_selector("a.conv:has(.neg)")
    unhappy = page.locator("a.conv:has(.neg)")
    answered = unhappy.filter(has_text="我：")
    await (answered if await answered.count() else unhappy).first.click()
    await page.wait_for_selector("[role=log] >> text=/./")


async def board(browser: Browser, hub: str, path: str, ready: str) -> Page:
    """ready: what stands on the page once its numbers do."""
    page = await signed_in(browser, hub, "manager", DESKTOP, "light")
    await page.goto(hub + path)
    await page.wait_for_selector(ready)
    return page


async def mentions(browser: Browser, hub: str) -> Page:
    """Once the demo's mentions are all read: while they are, counts move."""
    page = await board(browser, hub, "/mentions", "canvas")
    before = ""
    async with asyncio.timeout(START_SECONDS):
        while (now := await page.inner_text("section.report .figures b")) != before:
            before = now
            await page.wait_for_timeout(15_000)
            await page.reload()
            await page.wait_for_selector("canvas")
    return page


async def channels(browser: Browser, hub: str) -> Page:
    page = await signed_in(browser, hub, "admin", DESKTOP, "light")
    await page.goto(f"{hub}/settings/channels")
    await page.click("section.chan >> nth=0 >> button:has-text('检查连接')")
    await page.wait_for_selector("section.chan [role=status]")
    return page


async def phone(browser: Browser, hub: str) -> Page:
    page = await signed_in(browser, hub, "limin", PHONE, "light")
    await open_unhappy(page)
    return page


async def shop(browser: Browser, hub: str, size: ViewportSize, scheme: Literal["light", "dark"]) -> Page:
    """A visitor of the demo's shop, and the agent who answers."""
    context = await browser.new_context(viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai", color_scheme=scheme)
    page = await context.new_page()
    await page.goto(f"{hub}/demo/shop")
    await page.click("#scrm-chat .launch")
    question = f"这款加湿器静音吗？想放在卧室用{'呢' if scheme == 'dark' else ''}"
    for text in ("你好", question):
        await page.fill("#scrm-chat .write textarea", text)
        await page.press("#scrm-chat .write textarea", "Enter")
    desk = await signed_in(browser, hub, "chenyu", DESKTOP, "light")
    await desk.click("[role=tab]:has-text('全部')")
    await desk.click(f"a.conv:has-text('{question[:12]}')")
    await desk.fill(
        "[role=combobox][aria-label='输入回复内容']", "您好！夜间档 24 分贝，放床头也听不到，很多客户就是放卧室用的。"
    )
    await desk.press("[role=combobox][aria-label='输入回复内容']", "Control+Enter")
    await page.wait_for_selector("#scrm-chat .m:not(.mine) time")
    await desk.context.close()
    return page


async def save(page: Page, name: str) -> int:
    """Its size in bytes."""
    await page.evaluate("document.fonts.ready")
    await page.wait_for_load_state("networkidle")
    path = FOLDER / f"{name}.png"
    await page.screenshot(path=path, animations="disabled", caret="hide")
    await page.context.close()
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {size // 1024} KB", flush=True)
    return size


async def take(hub: str) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        sizes = [
            await save(await inbox(browser, hub, "light"), "inbox-light"),
            await save(await inbox(browser, hub, "dark"), "inbox-dark"),
            await save(await board(browser, hub, "/dashboard", "canvas"), "dashboard"),
            await save(await board(browser, hub, "/dashboard/voice", "h2:has-text('为什么变化')"), "voice"),
            await save(await channels(browser, hub), "channels"),
            await save(await phone(browser, hub), "phone"),
            await save(await shop(browser, hub, DESKTOP, "light"), "web-chat"),
            await save(await shop(browser, hub, PHONE, "dark"), "web-chat-phone"),
            await save(await mentions(browser, hub), "mentions"),
        ]
        await browser.close()
    return 0 if max(sizes) <= LARGEST else 1


async def main(arguments: argparse.Namespace) -> int:
    if arguments.hub:
        return await take(arguments.hub)
    async with demo() as hub:
        return await take(hub)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hub", metavar="URL", help="of a demo that is running")
    sys.exit(asyncio.run(main(parser.parse_args())))
