"""axe-core finds nothing at WCAG 2.2 AA, in light and dark, in Chinese and English."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from channels.wechat.simulator import Fault
from dashboards.webbuild import WEB
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Office

AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
SETTINGS = ("me", "channels", "agents", "teams", "labels", "canned", "tokens", "journal")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FIND = """async (rules) => (await axe.run(document, { runOnly: rules, resultTypes: ["violations"] }))
  .violations.map((v) => `${v.id}: ${v.nodes.slice(0, 5).map((n) => n.html.slice(0, 160)).join(" | ")}`)"""


class Audit:
    """What is wrong with the pages seen so far."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: dict[str, list[str]] = {}

    async def look(self, name: str) -> None:
        await expect(self.page.locator(".sk")).to_have_count(0)
        wrong: list[str] = await self.page.evaluate(FIND, RULES)
        if wrong:
            self.found[name] = wrong


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
    await page.goto("/dashboard")
    await page.locator("table.heat").wait_for()
    await audit.look("dashboard")
    for place in ("/mentions", "/mentions/monitors", "/mentions/sources"):
        await page.goto(place)
        await page.locator(".mentions .zero").first.wait_for()
        await audit.look(place)
    await page.goto("/contacts")
    await page.locator("main h1").wait_for()
    await audit.look("contacts")
    for section in SETTINGS:
        await page.goto(f"/settings/{section}")
        await page.locator(".inner h1, .inner h2").first.wait_for()
        await audit.look(f"settings, {section}")
    assert audit.found == {}
    dark = await page.evaluate("document.documentElement.classList.contains('dark')")
    assert (dark, await page.evaluate("document.documentElement.lang")) == (scheme == "dark", language)


async def test_axe_finds_nothing_on_a_phone(office: Office, open_page: OpenPage) -> None:
    await office.say("需要帮助的客户 phone", "在吗？")
    conversation = await office.conversation("需要帮助的客户 phone")
    page = await open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    await page.add_init_script(path=AXE)
    audit = Audit(page)
    for place in ("/inbox", f"/inbox/{conversation['id']}", "/settings/me"):
        await page.goto(place)
        await page.locator("[role=tab], form").first.wait_for(state="attached")
        await audit.look(place)
    await page.goto("/dashboard")
    await page.locator("table.heat").wait_for()
    await audit.look("dashboard")
    assert audit.found == {}
