"""Sensitive words and suggested replies, as an agent and a supervisor use them."""

from playwright.async_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.office import Desk, Office, until


async def test_words_keep_a_reply_back_and_history_suggests_a_better_one(office: Office, open_page: OpenPage) -> None:
    asker, other = "运费客户甲", "运费客户乙"
    await office.say(asker, "请问退货的运费到底由谁承担")
    earlier = await office.conversation(asker, entries=2)
    page = await open_page()
    desk = Desk(page)
    await desk.open(earlier)
    await desk.reply("质量问题运费我们承担，请打13812345678联系")
    await office.receives(asker, 1)

    async def arrived() -> bool | None:
        return any(entry["status"] == "sent" for entry in await office.api.thread(earlier["id"])) or None

    await until(arrived)
    await office.api.post("/suggestions/relearn", {})

    # A supervisor pastes a list and tries a sentence.
    await page.goto("/settings/words")
    await page.get_by_role("button", name="新建词表").click()
    form = page.get_by_role("dialog", name="新建词表")
    await form.get_by_label("名称").fill("飞单")
    await form.get_by_label("命中后").select_option(label="禁止发送")
    await form.get_by_label("个词").fill("加微信\n支付宝转账,同音")
    await form.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("row", name="飞单")).to_contain_text("禁止发送")
    await page.get_by_role("textbox", name="试一句话").fill("加我吧，加 V信 13812345678")
    await expect(page.get_by_text("形近写法")).to_be_visible()
    await expect(page.get_by_text("138****5678")).to_be_visible()

    # What history suggests comes by key, without the other customer's number, and is not sent.
    await office.say(other, "退货运费由谁承担？不行我打１２３１５")
    asking = await office.conversation(other, entries=3)

    async def learned() -> bool | None:
        found = await office.api.get(f"/conversations/{asking['id']}/suggestions")
        return any("运费我们承担" in item["text"] for item in found["items"]) or None

    await until(learned)
    await desk.open(asking)
    await expect(desk.entry("不行我打")).to_contain_text("12315")  # the shipped list, under the message
    offer = page.get_by_role("group", name="建议回复").get_by_role("button").first
    await expect(offer).to_contain_text("质量问题运费我们承担，请打⟨手机号⟩联系")
    await desk.composer.focus()
    await page.keyboard.press("Alt+1")
    await expect(desk.composer).to_have_value("质量问题运费我们承担，请打⟨手机号⟩联系")
    await expect(page.get_by_text("请先填写 ⟨手机号⟩")).to_be_visible()
    await expect(desk.send).to_be_disabled()
    await page.keyboard.type("客服，加V信也行")  # takes the blank's place
    await expect(desk.composer).to_have_value("质量问题运费我们承担，请打客服，加V信也行联系")

    await desk.send.click()
    await expect(page.get_by_role("alert").filter(has_text="加V信")).to_be_visible()
    assert office.received(other) == []
    await expect(page.get_by_role("link", name="查看来源会话")).to_have_attribute("href", f"/inbox/{earlier['id']}")
