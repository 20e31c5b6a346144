"""What the platform forbids is refused before sending, what it refuses is said in words, and what nobody knows is
left to the agent."""

import re

from playwright.async_api import expect

from channels.wechat.simulator import Fault, Hang
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Desk, Office

SEND = "/cgi-bin/message/custom/send"


async def desk_with(office: Office, open_page: OpenPage, user: str) -> Desk:
    await office.say(user, "在吗？")
    desk = Desk(await open_page())
    await desk.open(await office.conversation(user))
    return desk


async def test_five_replies_then_the_composer_refuses(office: Office, open_page: OpenPage) -> None:
    user = "只问一句的客户"
    desk = await desk_with(office, open_page, user)
    form = desk.page.locator("form").filter(has=desk.composer)
    await expect(form.get_by_text(re.compile(r"可回复剩余 4[78]:\d\d:\d\d"))).to_be_visible()
    await expect(form.get_by_text("还可回复 5 条")).to_be_visible()
    replies = [f"第 {number} 条回复" for number in range(1, 6)]
    for number, text in enumerate(replies, start=1):
        await desk.reply(text)
        if number < 5:
            await expect(form.get_by_text(f"还可回复 {5 - number} 条")).to_be_visible()
    await expect(form.get_by_role("status")).to_have_text("本次可回复条数已用完，客户再次来消息后才能回复")
    await desk.composer.fill("第 6 条回复")
    await desk.composer.press("Control+Enter")
    await expect(desk.send).to_be_disabled()
    await expect(desk.composer).to_have_value("第 6 条回复")
    assert await office.receives(user, 5) == replies

    await office.say(user, "我又来了")
    await expect(form.get_by_text("还可回复 5 条")).to_be_visible()
    await desk.composer.press("Control+Enter")
    assert await office.receives(user, 6) == [*replies, "第 6 条回复"]


async def test_the_platforms_refusal_is_said_in_words(office: Office, open_page: OpenPage) -> None:
    user = "取关的客户"
    desk = await desk_with(office, open_page, user)
    office.platform.inject(Fault(name=SEND, code=45015))
    entry = await desk.reply("还在吗？")
    await expect(entry).to_contain_text("发送失败")
    await expect(entry).to_contain_text("超过平台允许的回复时间，客户再次来消息后才能回复")
    # The ledger follows the platform: the next reply is refused here.
    await expect(desk.page.locator("form").get_by_role("status")).to_contain_text("超过平台允许的回复时间")
    assert office.received(user) == []


async def test_an_unknown_outcome_is_left_to_the_agent(office: Office, open_page: OpenPage) -> None:
    user = "没有回音的客户"
    desk = await desk_with(office, open_page, user)
    # The platform takes it and never answers, until the hub's time-out.
    office.platform.inject(Fault(name=SEND, hang=Hang.AFTER))
    entry = await desk.reply("请问收到了吗")
    await expect(entry).to_contain_text("结果未知", timeout=40_000)
    await expect(entry).to_contain_text("客户可能已经收到")
    await desk.reply("另外，发票已寄出")
    assert await office.receives(user, 2) == ["请问收到了吗", "另外，发票已寄出"]
    await entry.get_by_role("button", name="重新发送").click()
    await expect(entry.get_by_role("img", name="已发送")).to_be_visible()
    assert (await office.receives(user, 3))[2] == "请问收到了吗"


async def test_an_unknown_outcome_can_be_given_up(office: Office, open_page: OpenPage) -> None:
    user = "断了线的客户"
    desk = await desk_with(office, open_page, user)
    office.platform.inject(Fault(name=SEND, cut=Hang.AFTER))
    entry = await desk.reply("能看到吗")
    await expect(entry).to_contain_text("结果未知")
    await entry.get_by_role("button", name="标记为未送达").click()
    await expect(entry).to_contain_text("发送失败")
    assert office.received(user) == ["能看到吗"]
