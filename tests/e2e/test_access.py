"""axe-core finds nothing where agents work all day, in whatever state a message is, in light and dark, in Chinese and
English. The other pages: test_walk."""

from typing import Any

import pytest
from playwright.async_api import expect

from channels.wechat.simulator import Fault
from tests.e2e.audit import AXE, Audit
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Office


@pytest.mark.parametrize(("scheme", "language"), [("light", "zh-CN"), ("dark", "en")])
async def test_axe_finds_nothing(office: Office, open_page: OpenPage, scheme: str, language: str) -> None:
    options: dict[str, Any] = {"color_scheme": scheme, "locale": language}
    user = f"需要帮助的客户 {scheme}"
    await office.say(user, "东西坏了，太差劲了，我要投诉你们！")
    conversation = await office.conversation(user)
    path = f"/conversations/{conversation['id']}/messages"
    await office.api.post(path, {"content": "抱歉，马上处理", "client_id": f"access-{scheme}"})
    await office.receives(user, 1)
    await office.api.post(path, {"content": "第二次投诉", "kind": "note", "client_id": f"access-note-{scheme}"})
    office.platform.inject(Fault(name="/cgi-bin/message/custom/send", code=45015))
    await office.api.post(path, {"content": "还在吗", "client_id": f"access-failed-{scheme}"})

    page = await open_page(storage_state=None, **options)
    await page.add_init_script(path=AXE)
    await page.add_init_script(f"localStorage.setItem('scrm.locale', '{language}')")
    audit = Audit(page)
    await page.goto("/sign-in")
    await page.locator("form").wait_for()
    await audit.look("sign-in")
    await page.locator("[name=login]").fill("admin")
    await page.locator("[name=password]").fill(office.password)
    await page.locator("[name=password]").press("Enter")

    await page.locator(f"[data-id='{conversation['id']}'], [role=tab]").first.wait_for()
    await audit.look("inbox, mine")
    await page.goto(f"/inbox/{conversation['id']}")
    failed = page.get_by_role("log").get_by_role("listitem").filter(has_text="还在吗").locator(".under.bad")
    await expect(failed).to_be_visible()
    await page.locator("form textarea").wait_for()
    await audit.look("inbox with a thread")
    await page.keyboard.press("n")
    await audit.look("writing a note")
    assert audit.found == {}
    dark = await page.evaluate("document.documentElement.classList.contains('dark')")
    assert (dark, await page.evaluate("document.documentElement.lang")) == (scheme == "dark", language)
