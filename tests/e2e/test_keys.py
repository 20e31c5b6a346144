"""Hands stay on the keyboard, whatever the input method."""

from playwright.async_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.office import Desk, Office


async def test_single_keys(office: Office, open_page: OpenPage) -> None:
    older, newer = "键盘客户甲", "键盘客户乙"
    await office.say(older, "甲的问题")
    await office.conversation(older, entries=2)
    await office.say(newer, "乙的问题")
    conversation = await office.conversation(newer, entries=2)
    desk = Desk(await open_page())
    page, keys = desk.page, desk.page.keyboard
    await desk.list_all()
    await expect(desk.row(office.name(newer))).to_be_visible()

    await keys.press("j")
    await expect(desk.entry("乙的问题")).to_be_visible()
    await keys.press("j")
    await expect(desk.entry("甲的问题")).to_be_visible()
    await keys.press("k")
    await expect(desk.entry("乙的问题")).to_be_visible()

    # A picture that comes makes a thread longer before anybody hears of it: its end stays in sight.
    grown = "log.firstElementChild.style.minHeight = '3000px'"
    await desk.log.evaluate(f"log => {{ {grown}; log.dispatchEvent(new Event('scroll')) }}")
    await expect(page.get_by_role("button", name="回到底部")).to_have_count(0)
    at_end = "log => log.scrollHeight - log.scrollTop - log.clientHeight < 2"
    await page.wait_for_function(at_end, arg=await desk.log.element_handle())
    await desk.log.evaluate("log => { log.scrollTop -= 1500 }")
    await expect(page.get_by_role("button", name="回到底部")).to_be_visible()
    await desk.log.evaluate("log => { log.firstElementChild.style.minHeight = '' }")
    await expect(page.get_by_role("button", name="回到底部")).to_have_count(0)

    await keys.press("r")
    await expect(desk.composer).to_be_focused()
    await keys.type("jke?")
    await expect(desk.composer).to_have_value("jke?")
    await keys.press("Escape")
    await keys.press("n")
    await expect(desk.note).to_be_focused()
    await keys.press("Escape")

    await keys.press("e")
    await expect(page.get_by_role("button", name="重新打开")).to_be_enabled()
    await keys.press("e")
    await expect(page.get_by_role("button", name="解决", exact=True)).to_be_enabled()

    # What was opened by a key and left gives the keys back.
    await keys.press("a")
    await expect(page.get_by_role("combobox", name="负责人")).to_be_focused()
    await keys.press("Escape")
    # The beginning of a name and Enter are enough to hand it on.
    assignee = page.locator(".assignee")
    await expect(assignee).to_contain_text("未分配")
    await keys.press("a")
    await keys.type("adm")
    await keys.press("Enter")
    await expect(assignee).to_contain_text("admin")
    await expect(page.get_by_role("combobox", name="负责人")).to_be_enabled()
    await expect(page.get_by_role("combobox", name="负责人")).not_to_be_focused()
    await keys.press("/")
    search = page.get_by_role("textbox", name="搜索")
    await expect(search).to_be_focused()
    await keys.type("??")
    await expect(page.get_by_text("没有找到")).to_be_visible()
    await keys.press("Escape")
    await expect(search).to_have_value("")
    await expect(search).not_to_be_focused()

    await keys.press("?")
    await expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
    await keys.press("Escape")
    await expect(page.get_by_role("dialog", name="快捷键")).to_be_hidden()

    await keys.press("Control+k")
    await expect(page.get_by_placeholder("输入命令、客户或页面…")).to_be_focused()
    await keys.type("甲的问题")
    await keys.press("Enter")
    await expect(page.get_by_role("region", name="搜索结果").get_by_text("甲的问题")).to_be_visible()
    await keys.press("Control+k")
    await keys.type("看板")
    await keys.press("Enter")
    await page.wait_for_url("**/dashboard")
    # Nothing of it was sent; what was typed stands where it was.
    assert office.received(newer) == []
    await page.goto(f"/inbox/{conversation['id']}")
    await expect(desk.note).to_be_visible()
    await keys.press("r")
    await expect(desk.composer).to_have_value("jke?")


async def test_enter_that_ends_a_chinese_input_does_not_send(office: Office, open_page: OpenPage) -> None:
    user = "输入法客户"
    await office.say(user, "在吗？")
    conversation = await office.conversation(user)
    desk = Desk(await open_page())
    page = desk.page
    await page.goto("/settings/me")
    await page.get_by_role("radio", name="Enter 发送，Shift + Enter 换行").check()
    await desk.open(conversation)
    await desk.composer.focus()

    # As an input method does: the letters are being composed while Enter is pressed.
    protocol = await page.context.new_cdp_session(page)
    await protocol.send("Input.imeSetComposition", {"text": "zai", "selectionStart": 3, "selectionEnd": 3})
    await expect(desk.composer).to_have_value("zai")
    await page.evaluate("addEventListener('keydown', (e) => (window.composing = e.isComposing), { capture: true })")
    for kind in ("rawKeyDown", "keyUp"):
        enter = {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        await protocol.send("Input.dispatchKeyEvent", enter)
    assert await page.evaluate("window.composing") is True
    await expect(desk.composer).to_have_value("zai")
    await protocol.send("Input.insertText", {"text": "在的"})
    await expect(desk.composer).to_have_value("在的")

    await page.keyboard.press("Shift+Enter")
    await page.keyboard.insert_text("请讲")
    await expect(desk.composer).to_have_value("在的\n请讲")
    await page.keyboard.press("Enter")
    await expect(desk.composer).to_have_value("")
    assert await office.receives(user, 1) == ["在的\n请讲"]
