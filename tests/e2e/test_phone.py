"""On a phone one pane is shown at a time, and customers can be answered."""

from playwright.async_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.office import Desk, Office

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


async def test_answering_on_a_phone(office: Office, open_page: OpenPage) -> None:
    user = "路上的客户"
    await office.say(user, "地址发一下")
    await office.conversation(user)
    desk = Desk(await open_page(**PHONE))
    page = desk.page
    await desk.list_all()
    row = desk.row(office.name(user))
    await expect(desk.log).to_have_count(0)

    await row.tap()
    await expect(desk.entry("地址发一下")).to_be_visible()
    await expect(row).to_be_hidden()
    await desk.composer.tap()
    await page.keyboard.insert_text("延安西路 1 号")
    await desk.send.tap()
    await expect(desk.entry("延安西路 1 号").get_by_role("img", name="已发送")).to_be_visible()
    assert await office.receives(user, 1) == ["延安西路 1 号"]
    # Nothing sticks out of the screen.
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390

    await page.get_by_role("button", name="返回").tap()
    await expect(row).to_contain_text("延安西路 1 号")
    await expect(desk.composer).to_have_count(0)
