"""What customers talk about: a number opens its messages, and an alert is somebody's from then on."""

from playwright.async_api import expect

from scrm.app import open_workspace
from scrm.config import load
from tests.e2e.bursts import SAID, Noted
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Office


async def test_an_alert_opens_its_messages_and_is_taken_on(office: Office, open_page: OpenPage, noted: Noted) -> None:
    channel = str(noted.query.channel_id)
    async with open_workspace(load({"data": str(office.hub.data)}, file=None)) as stores:
        await stores.topics.add_alert(noted.alert("烘干机漏电"))

    page = await open_page()
    await page.goto(f"/topics?range=24h&channel={channel}")
    drawer = page.get_by_role("dialog")

    # A word that is said: its number is how many messages open.
    word = page.locator(".termlist button").filter(has_text="烘干机").first
    await word.click()
    await expect(drawer.get_by_role("link")).to_have_count(len(SAID))
    assert "terms=" in page.url
    await page.keyboard.press("Escape")
    await expect(drawer).to_be_hidden()

    row = page.get_by_role("list", name="突发提醒").get_by_role("listitem").filter(has_text="漏电")
    await expect(row).to_contain_text("3 条消息")
    await row.get_by_role("button", name="漏电").click()
    await expect(drawer.get_by_role("link")).to_have_count(len(SAID))
    await page.keyboard.press("Escape")
    await row.get_by_role("combobox").select_option(index=1)
    await row.get_by_role("button", name="确认", exact=True).click()
    await expect(row.get_by_text("已确认")).to_be_visible()
    await page.reload()
    await expect(row.get_by_text("已确认")).to_be_visible()
    assert await row.get_by_role("combobox").input_value() != ""
