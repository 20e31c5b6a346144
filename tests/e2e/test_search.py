"""The search box: a question as a customer would put it, pinyin, filters; a hit opens at its message."""

import re

from playwright.async_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.office import Office, until

USER = "退货的客户"
ASKED = "請問退貨的運費誰出？"


async def test_the_box_answers_and_a_hit_opens_at_its_message(office: Office, open_page: OpenPage) -> None:
    for text in ("你好", ASKED, "<b>谢谢</b>"):
        await office.say(USER, text)
    conversation = await office.conversation(USER, entries=3)

    async def taken_in() -> bool:
        found = await office.api.get("/search", q="谢谢")
        return any(hit["message"]["conversation_id"] == conversation["id"] for hit in found["messages"])

    await until(taken_in)
    page = await open_page()
    await page.goto("/inbox")
    box = page.get_by_role("textbox", name="搜索")
    await expect(box).to_be_visible()
    await page.keyboard.press("/")
    await expect(box).to_be_focused()
    results = page.get_by_role("region", name="搜索结果")
    hit = results.get_by_role("link").filter(has_text=office.name(USER))
    for question, marked in (("退货运费谁出", ["退貨", "運費誰出"]), ("tuihuo", ["退貨"]), ("谢谢", ["谢谢"])):
        await box.fill(question)
        await expect(hit.locator("mark")).to_have_text(marked)
    await expect(hit).to_contain_text("<b>谢谢</b>")  # as text

    await box.fill("tuihuo")
    await results.get_by_role("combobox", name="类型").select_option("回复")
    await expect(results.get_by_text("当前筛选条件下没有结果")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"q=tuihuo.*kind=outgoing"))
    await page.reload()
    await expect(box).to_have_value("tuihuo")
    await results.get_by_role("button", name="清除筛选").first.click()
    await expect(hit).to_be_visible()
    await box.press("ArrowDown")
    await expect(hit).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(box).to_be_focused()
    await box.press("Enter")
    await expect(page).to_have_url(re.compile(rf"/inbox/{conversation['id']}\?.*m=\d+.*q=tuihuo"))
    await expect(page.get_by_role("log").get_by_text(ASKED)).to_be_in_viewport()
    await expect(page.get_by_role("button", name="回到底部")).to_have_count(0)  # its end is on the screen
    await expect(hit).to_have_attribute("aria-current", "true")  # the results stay beside it
    await box.fill("")
    await expect(page.get_by_role("tab", name="全部")).to_be_visible()
