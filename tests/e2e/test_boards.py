"""Customer voice, the wall and the printed report in a browser: sentences open messages, the wall says its age."""

import re
from typing import Any

from playwright.async_api import expect

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
