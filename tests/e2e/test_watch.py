"""Bursts in a browser: a monitor finds a mention, and a room is worked in until an approved reply reached its
customers."""

from playwright.async_api import expect

from scrm.model.topics import Alert
from tests.e2e.bursts import FIRE, SAID, customer
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Office

TEXT = "非常抱歉，请先断开电源，我们为您免费更换。"


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
    await page.get_by_role("list", name="突发提醒").get_by_role("link").filter(has_text=FIRE).click()
    await expect(page.get_by_role("heading", name=FIRE)).to_be_visible()
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
