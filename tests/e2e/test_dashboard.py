"""A manager's numbers are what was sent, and each opens what it counts."""

from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.async_api import Locator, Page, Position, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.office import COUNTED, Office, until

# Three customers, six messages; one is answered and done, two wait.
SAID = {
    "甲客户": ["请问有货吗", "红色的", "谢谢，你们服务真好，非常满意"],
    "乙客户": ["东西坏了，太差劲了，我要投诉你们！", "气死我了，垃圾客服，再也不买了"],
    "丙客户": ["什么时候发货"],
}
FIGURES = {"新会话": 3, "客户消息": 6, "回复消息": 1, "正在等待": 2, "已解决会话": 1}


async def write(office: Office) -> str:
    """The channel's id, once all is counted."""
    channel = await office.connect(COUNTED, "统计店")
    for user, texts in SAID.items():
        for text in texts:
            await office.say(user, text, COUNTED)

    async def all_in() -> bool | None:
        """One that came in after the answer would open the conversation again."""
        found = await office.conversation("甲客户", COUNTED)
        return found["incoming_count"] == len(SAID["甲客户"]) or None

    await until(all_in)
    answered = await office.conversation("甲客户", COUNTED)
    await office.api.post(f"/conversations/{answered['id']}/messages", {"content": "有货的", "client_id": "counted-1"})
    await office.receives("甲客户", 1, COUNTED)
    await office.api.patch(f"/conversations/{answered['id']}", {"status": "resolved"})

    async def counted() -> bool | None:
        today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
        overview = await office.api.get("/reports/overview", channel_id=channel, **{"from": today, "to": today})
        figures = {kpi["key"]: kpi["value"] for kpi in overview["kpis"]}
        read = sum(cell["count"] for cell in overview["heat"])
        return (read, figures["outgoing"], figures["resolved"]) == (6, 1, 1) or None

    await until(counted)
    return channel


async def evidence(page: Page, number: Locator, position: Position | None = None) -> int:
    """How many rows the number opens; they are closed again."""
    await number.click(position=position)
    drawer = page.get_by_role("dialog")
    rows = drawer.get_by_role("link")
    await expect(rows.first).to_be_visible()
    count = await rows.count()
    await page.keyboard.press("Escape")
    await expect(drawer).to_be_hidden()
    return count


async def test_every_number_opens_what_it_counts(office: Office, open_page: OpenPage) -> None:
    channel = await write(office)
    page = await open_page()
    await page.goto(f"/dashboard?range=today&channel={channel}")

    for name, value in FIGURES.items():
        figure = page.get_by_role("button", name=name)
        await expect(figure.locator("b")).to_have_text(str(value))
        assert (name, await evidence(page, figure)) == (name, value)
    for name in ("首次响应（中位）", "首次响应（P90）"):
        assert await evidence(page, page.get_by_role("button", name=name)) == 1

    # Category by mood: every cell opens as many messages as it says, and together they are all that was said.
    cells = page.locator("table.heat tbody tr td:not(:last-child) button:enabled")
    numbers = [int(text) for text in await cells.all_inner_texts()]
    assert sum(numbers) == 6
    assert [await evidence(page, cells.nth(index)) for index in range(len(numbers))] == numbers

    # The share is what the table says, and opens the messages that make it.
    negative = page.locator("table.heat tbody tr td:nth-child(2) button")
    angry = sum(int(text) for text in await negative.all_inner_texts())
    assert angry >= 2
    share = page.get_by_role("button", name="负面情绪占比")
    await expect(share.locator("b")).to_have_text(f"{angry / 6 * 100:.1f}%")
    assert await evidence(page, share) == angry


async def test_a_day_of_the_trend_opens_its_conversations(office: Office, open_page: OpenPage) -> None:
    page = await open_page()
    channels = (await office.api.get("/channels"))["items"]
    [channel] = [each["id"] for each in channels if each["name"] == "统计店"] or [await write(office)]
    await page.goto(f"/dashboard?range=today&channel={channel}")

    # In the chart: the only day's column, its foot above axis and legend. It is drawn when it answers the mouse.
    chart = page.get_by_role("img", name="按天的会话与消息数量折线图")
    box = await chart.bounding_box()
    assert box is not None
    foot: Position = {"x": box["width"] / 2, "y": box["height"] - 75}
    await chart.hover(position=foot)
    await expect(chart.locator(".tip")).to_contain_text("会话3")
    angry = int(await chart.locator(".tip .r b").first.inner_text())
    assert await evidence(page, chart, foot) == angry
    assert await evidence(page, chart, {**foot, "x": box["width"] / 3}) == 3

    # As a table: day, conversations, customers' messages, replies.
    await page.get_by_role("button", name="以表格查看").click()
    numbers = page.get_by_role("region", name="消息与情绪趋势").locator("tbody tr").get_by_role("button")
    assert [await evidence(page, numbers.nth(index)) for index in range(3)] == [3, 6, 1]

    await numbers.nth(1).click()
    row = page.get_by_role("dialog").get_by_role("link").filter(has_text="什么时候发货")
    await row.click()
    await expect(page.get_by_role("log").get_by_role("listitem").filter(has_text="什么时候发货")).to_be_visible()
