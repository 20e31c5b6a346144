"""What customers talk about: a number opens its messages, and an alert is somebody's from then on."""

from datetime import timedelta

from msgspec.structs import replace
from playwright.async_api import expect

from scrm.app import open_workspace
from scrm.clock import SystemClock
from scrm.config import load
from scrm.ids import ChannelId
from scrm.model.topics import ReadingQuery, TermReading
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Office, until
from tests.e2e.test_access import AXE, Audit
from tests.storage import records

SAID = ("烘干机漏电了，很危险", "烘干机漏电怎么办", "我家烘干机漏电！")


async def test_an_alert_opens_its_messages_and_is_taken_on(office: Office, open_page: OpenPage) -> None:
    for number, text in enumerate(SAID):
        await office.say(f"漏电客户{number}", text)
    channel = next(each for each in (await office.api.get("/channels"))["items"] if each["name"] == "旗舰店")["id"]
    async with open_workspace(load({"data": str(office.hub.data)}, file=None)) as stores:
        now = SystemClock().now()
        query = ReadingQuery(
            terms=("烘干机", "漏电"), since=now - timedelta(hours=1), until=now + timedelta(hours=1),
            as_of=now + timedelta(hours=1), channel_id=ChannelId(channel),
        )  # fmt: skip

        async def noted() -> list[TermReading] | None:
            found = await stores.topics.readings(query, after=None, limit=10)
            return found if len(found) == len(SAID) else None

        readings = await until(noted)
        at = SystemClock().now()
        topic = records.topic(
            name="烘干机漏电", terms=query.terms,
            since=query.since, until=at, as_of=at, messages=len(SAID), people=len(SAID),
            channels={channel: len(SAID)}, first_seen=readings[-1].at,
            voices=(replace(records.topic().voices[0], content=SAID[0], conversation_id=readings[-1].conversation_id),),
        )  # fmt: skip
        await stores.topics.add_alert(records.alert(topic=topic, opened_at=at, last_seen_at=at))

    page = await open_page()
    await page.add_init_script(path=AXE)
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
    audit = Audit(page)
    await audit.look("topics")
    assert audit.found == {}
    await row.get_by_role("button", name="漏电").click()
    await expect(drawer.get_by_role("link")).to_have_count(len(SAID))
    await page.keyboard.press("Escape")
    await row.get_by_role("combobox").select_option(index=1)
    await row.get_by_role("button", name="确认", exact=True).click()
    await expect(row.get_by_text("已确认")).to_be_visible()
    await page.reload()
    await expect(row.get_by_text("已确认")).to_be_visible()
    assert await row.get_by_role("combobox").input_value() != ""
