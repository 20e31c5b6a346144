"""The line breaks while a customer goes on writing: nothing is missed, nothing typed is lost, nothing is sent twice."""

from playwright.async_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.office import PATIENCE, Desk, Office
from tests.e2e.proxy import Line

USER = "话多的客户"
MESSAGES = 200


async def test_a_lost_connection_loses_and_doubles_nothing(office: Office, open_page: OpenPage) -> None:
    texts = [f"第 {number:03d} 句" for number in range(MESSAGES)]
    await office.say(USER, texts[0])
    conversation = await office.conversation(USER)
    async with Line(office.hub.port) as line:
        desk = Desk(await open_page(base_url=line.url))
        await desk.open(conversation)
        await expect(desk.entry(texts[0])).to_be_visible()
        bar = desk.page.get_by_role("status").filter(has_text="正在重连")

        for number, text in enumerate(texts[1:], start=1):
            if number == 40:
                await line.cut()
            elif number == 80:
                await expect(bar).to_be_visible()
                await desk.composer.fill("断线时写的回复")
                await desk.composer.press("Control+Enter")
                await desk.composer.fill("还没写完")
                await expect(desk.entry("断线时写的回复")).to_contain_text("网络已断开")
            elif number == 100:
                await line.mend()
            elif number in (130, 150):
                line.drop()
            await office.say(USER, text)

        await expect(desk.entry(texts[-1])).to_be_visible()
        await expect(bar).to_have_count(0)
        await expect(desk.log.locator("li.m.in")).to_have_count(MESSAGES, timeout=2 * PATIENCE * 1000)
        assert await desk.log.locator("li.m.in .b").all_inner_texts() == texts
        await expect(desk.composer).to_have_value("还没写完")
        await expect(desk.entry("断线时写的回复").get_by_role("img", name="已发送")).to_be_visible()
        assert await office.receives(USER, 1) == ["断线时写的回复"]


async def test_what_was_typed_outlives_the_page(office: Office, open_page: OpenPage) -> None:
    await office.say("被打断的客户", "在吗？")
    desk = Desk(await open_page())
    await desk.open(await office.conversation("被打断的客户"))
    await desk.composer.fill("写到一半")
    await desk.page.reload()
    await expect(desk.composer).to_have_value("写到一半")
    assert office.received("被打断的客户") == []
