"""Customer voice, the wall and the printed report in a browser: sentences open messages, the wall says its age, a file
holds what the page shows."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

from playwright.async_api import Page, expect

from tests.e2e.audit import AXE, Audit
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Office, until


async def test_voice_report_and_wall(office: Office, open_page: OpenPage) -> None:
    user = "会说话的客户"
    await office.say(user, "东西坏了，太差劲了，我要投诉你们！")

    async def read() -> Any:
        found = await office.conversation(user)
        return found["category"] or None

    await until(read)
    page = await open_page()
    await page.add_init_script(path=AXE)
    audit = Audit(page)

    # A filter goes along from page to page, and a sentence opens the messages it stands on.
    await page.goto("/dashboard?range=today")
    await exports_hold_what_is_shown(page)
    await page.get_by_role("navigation", name="看板导航").get_by_role("link", name="客户之声").click()
    await expect(page).to_have_url(re.compile(r"/dashboard/voice\?range=today$"))
    await page.get_by_role("link", name=re.compile("^读到的客户消息")).click()
    drawer = page.get_by_role("dialog")
    await expect(drawer.get_by_role("link").filter(has_text="太差劲了").first).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(drawer).to_be_hidden()
    await audit.look("voice")

    # Saved under a name, it is one click away.
    await page.get_by_role("button", name="已存看板").click()
    await page.get_by_role("textbox", name="名称").fill("今天的声音")
    await page.get_by_role("button", name="保存当前看板").click()
    await expect(page.get_by_role("link", name="今天的声音")).to_be_visible()
    await page.goto("/dashboard/report?kind=weekly")
    await expect(page.get_by_role("heading", name="服务周报")).to_be_visible()
    await audit.look("report")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("navigation", name="主导航")).to_be_hidden()
    await expect(page.get_by_role("button", name="打印")).to_be_hidden()
    await page.emulate_media(media="screen")

    # A wall whose line is cut says how old its numbers are, and goes on when it is back.
    await page.clock.install()
    await page.goto("/dashboard/wall")
    await expect(page.get_by_text("更新于")).to_be_visible()
    await audit.look("wall")
    await page.context.set_offline(True)
    await page.clock.fast_forward(90_000)
    await expect(page.get_by_text("连接已断开")).to_be_visible()
    await page.context.set_offline(False)
    await page.clock.fast_forward(20_000)
    await expect(page.get_by_text("更新于")).to_be_visible()
    assert audit.found == {}


async def exports_hold_what_is_shown(page: Page) -> None:
    """Counts, since other figures are shown shorter than they are."""
    counts = re.compile(r"^(新会话|客户消息|回复消息|已解决会话|未解决会话|正在等待)")
    tiles = page.locator("button.kpi").filter(has_text=counts)
    await expect(tiles.first).to_be_visible()
    names, values = await tiles.locator(".cap").all_text_contents(), await tiles.locator("b").all_text_contents()
    shown = {name: float(value.replace(",", "")) for name, value in zip(names, values, strict=True)}
    assert len(shown) >= 4 and shown["客户消息"] >= 1
    for name, read in (("CSV", csv_rows), ("Excel", excel_rows)):
        await page.get_by_role("button", name="导出").click()
        async with page.expect_download() as started:
            await page.get_by_role("menuitem", name=re.compile(name)).click()
        rows = list(read(Path(await (await started.value).path())))
        held = {row[0]: float(row[1]) for row in rows if len(row) > 1 and row[0] in shown}
        assert held == shown, name


def csv_rows(file: Path) -> Iterator[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.reader(lines)


def excel_rows(file: Path) -> Iterator[list[str]]:
    """Of every sheet, without the cells that are empty."""
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with ZipFile(file) as book:
        texts = ["".join(each.itertext()) for each in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]
        for name in sorted(each for each in book.namelist() if each.startswith("xl/worksheets/sheet")):
            for row in ElementTree.fromstring(book.read(name)).iter(f"{main}row"):
                cells = [(cell.get("t"), cell.findtext(f"{main}v")) for cell in row]
                yield [texts[int(value)] if kind == "s" else value for kind, value in cells if value is not None]
