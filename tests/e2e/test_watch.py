"""Bursts in a browser: a monitor finds a mention, a room is worked in until an approved reply reached its customers,
and axe finds nothing on the pages where that happens, in light and dark."""

import pytest_asyncio
from playwright.async_api import Page, expect

from scrm.app import open_workspace
from scrm.config import load
from scrm.model.topics import Alert
from tests.e2e.bursts import SAID, Noted, customer
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Office
from tests.e2e.test_access import AXE, Audit

NAME = "烘干机起火"
TEXT = "非常抱歉，请先断开电源，我们为您免费更换。"
POST = {
    "url": "https://bbs.example/dryer", "author": "路人甲", "reach": 1200,
    "text": "刚买的岚山烘干机漏电了，客服还不承认，太差劲了",
}  # fmt: skip
CONTRAST = """async () => (await axe.run(document, { runOnly: { type: "rule", values: ["color-contrast"] } }))
  .violations.flatMap((v) => v.nodes.map((n) => n.html.slice(0, 160)))"""


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def burst(office: Office, noted: Noted) -> Alert:
    """One that nobody has taken on, and what somebody says about it outside."""
    alert = noted.alert(NAME)
    async with open_workspace(load({"data": str(office.hub.data)}, file=None)) as stores:
        await stores.topics.add_alert(alert)
    await office.api.post("/mentions", POST)
    return alert


async def test_from_a_mention_to_an_answered_burst(office: Office, open_page: OpenPage, burst: Alert) -> None:
    page = await open_page()

    # A monitor says what it would have found before it is saved.
    await page.goto("/mentions/monitors")
    await page.get_by_role("button", name="新建监测").first.click()
    form = page.get_by_role("dialog", name="新建监测")
    await form.get_by_label("名称").fill("岚山")
    await form.get_by_label("要找的词").fill("岚山 烘干机")
    await expect(form.locator(".trying li").first).to_contain_text("岚山烘干机漏电了")
    await form.get_by_role("button", name="保存").click()
    await expect(form).to_be_hidden()

    # The bell leads to the room; who took it on, and what is to be said, stays.
    await page.get_by_role("button", name="待处理").click()
    await page.get_by_role("list", name="突发提醒").get_by_role("link").filter(has_text=NAME).click()
    await expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    await page.get_by_role("button", name="确认接手").click()
    await page.get_by_role("textbox", name="回复内容").fill(TEXT)
    await page.get_by_role("button", name="保存待审批").click()
    await page.get_by_role("button", name="审批通过").click()
    await page.get_by_role("button", name=f"发送给 {len(SAID)} 个会话").click()
    await page.get_by_role("alertdialog").get_by_role("button", name=f"发送给 {len(SAID)} 个会话").click()
    await expect(page.get_by_text(f"已发给 {len(SAID)} 个会话")).to_be_visible()
    for number in range(len(SAID)):
        assert await office.receives(customer(number), 1) == [TEXT]

    # Meanwhile the past was counted for the monitor; its page follows.
    await page.goto("/mentions/monitors")
    await page.get_by_role("link", name="岚山", exact=True).click()
    mention = page.get_by_role("list", name="提及").get_by_role("listitem").filter(has_text="岚山烘干机漏电了")
    await mention.get_by_role("button").first.click()
    await expect(page.get_by_role("dialog")).to_contain_text("路人甲")


async def look(page: Page, audit: Audit, name: str) -> None:
    """In the dark only colours differ."""
    await audit.look(name)
    await page.evaluate("document.documentElement.classList.add('dark')")
    if pale := await page.evaluate(CONTRAST):
        audit.found[f"{name}, dark"] = pale
    await page.evaluate("document.documentElement.classList.remove('dark')")


async def test_axe_finds_nothing_where_bursts_are_watched(open_page: OpenPage, burst: Alert) -> None:
    page = await open_page(locale="en")
    await page.add_init_script(path=AXE)
    await page.add_init_script("localStorage.setItem('scrm.locale', 'en')")
    audit = Audit(page)
    for place, ready in (
        ("/dashboard/service?range=today", "table.quality button.fig"),
        ("/dashboard/voice?range=today", ".findings li"),
        ("/mentions", ".mention"),
        ("/topics", ".alertrow"),
        (f"/incidents/{burst.id}", ".reach li"),
    ):
        await page.goto(place)
        await page.locator(ready).first.wait_for()
        await look(page, audit, place)
    await page.goto("/mentions/monitors")
    await page.get_by_role("button", name="Add a monitor").first.click()
    await page.get_by_role("dialog").locator("textarea").fill("岚山 OR (")
    await page.locator(".trying .bad").wait_for()
    await look(page, audit, "a monitor's form")
    await page.goto("/settings/notices")
    for tab, add in (
        ("Destinations", "Add a destination"),
        ("Alert rules", "New rule"),
        ("Scheduled reports", "New report"),
        ("Approval", None),
    ):
        await page.get_by_role("button", name=tab).click()
        if add is None:
            await page.locator("main form, main .card").first.wait_for()
        else:
            await page.get_by_role("button", name=add).click()
            await page.get_by_role("dialog").locator("form").wait_for()
        await look(page, audit, tab)
        await page.keyboard.press("Escape")
    assert audit.found == {}
