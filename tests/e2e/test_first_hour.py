"""From the first start to a customer answered: what a newcomer does, all of it on the screen."""

import re

from playwright.async_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.office import NEW, Desk, Office

USER = "第一位客户"


async def sign_in(page: Page, password: str) -> None:
    await page.goto("/")
    await page.get_by_label("账号").fill("admin")
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="登录").click()


async def add_channel(page: Page, office: Office) -> None:
    """By the form; the platform is told the address the page shows."""
    await page.get_by_role("link", name="设置").click()
    await page.get_by_role("link", name="渠道").click()
    await page.get_by_role("button", name="接入渠道").first.click()
    form = page.get_by_role("dialog")
    settings = office.platform.settings(NEW.app_id)
    await form.get_by_label("名称").fill("新店")
    await form.get_by_label("AppID").fill(settings["app_id"])
    await form.get_by_label("AppSecret").fill(settings["app_secret"])
    await form.get_by_label("令牌").fill(settings["token"])
    await form.get_by_label("消息加解密方式").select_option("safe")
    await form.get_by_label("EncodingAESKey").fill(settings["encoding_aes_key"])
    await form.get_by_label("接口地址").fill(settings["api_base"])
    await form.get_by_role("button", name="保存").click()
    card = page.get_by_role("region", name="新店")
    office.platform.connect(await card.locator("code").inner_text(), NEW.app_id)
    await card.get_by_role("button", name="检查连接").click()
    await expect(card.get_by_text("连接正常")).to_be_visible()


async def test_the_first_password_is_printed_once(office: Office) -> None:
    assert any(line == f"first sign-in: login admin password {office.password}" for line in office.hub.printed)
    await office.hub.stop()
    await office.hub.start()
    assert office.hub.printed[-1] == f"ready {office.hub.url}"
    assert not any("password" in line for line in office.hub.printed)


async def test_a_strangers_first_hour(office: Office, open_page: OpenPage) -> None:
    await office.api.post(
        "/agents", {"login": "lihua", "name": "李华", "role": "agent", "password": "a long password 1"}
    )
    page = await open_page(storage_state=None)
    desk = Desk(page)
    await sign_in(page, "not the password")
    await expect(page.get_by_role("alert")).to_have_text("账号或密码不正确")
    await sign_in(page, office.password)
    await add_channel(page, office)

    # The list is open while the customer writes: the conversation appears without anything being done.
    await page.get_by_role("link", name="会话").click()
    await page.get_by_role("tab", name="全部").click()
    name = office.name(USER, NEW)
    await expect(desk.row(name)).to_have_count(0)
    assert (await office.say(USER, "你好，请问怎么开发票？", NEW)).statuses == (200,)
    await expect(desk.row(name)).to_contain_text("你好，请问怎么开发票？")
    await expect(desk.row(name)).to_contain_text("1 条未读")

    await desk.row(name).click()
    await expect(desk.entry("你好，请问怎么开发票？")).to_be_visible()
    await expect(desk.row(name)).not_to_contain_text("未读")

    entry = await desk.reply("您好，请提供抬头和税号")
    await expect(entry.get_by_role("img", name="已发送")).to_be_visible()
    assert await office.receives(USER, 1, NEW) == ["您好，请提供抬头和税号"]

    await page.get_by_role("button", name="内部备注").click()
    await desk.note.fill("客户要专票")
    await page.get_by_role("button", name="添加备注").click()
    await expect(desk.entry("客户要专票")).to_have_class(re.compile(r"\bnote\b"))

    await page.get_by_role("combobox", name="负责人").click()
    await page.get_by_role("option", name="李华").click()
    await expect(desk.entry("会话已分配给 李华")).to_be_visible()

    await page.get_by_role("button", name="解决", exact=True).click()
    await expect(desk.entry("会话已解决")).to_be_visible()
    await expect(page.get_by_role("button", name="重新打开")).to_be_visible()

    await office.say(USER, "税号是 91310000", NEW)
    await expect(desk.entry("税号是 91310000")).to_be_visible()
    await expect(page.get_by_role("button", name="解决", exact=True)).to_be_visible()
    # The note stayed inside, and nothing was sent twice.
    assert office.received(USER, NEW) == ["您好，请提供抬头和税号"]
