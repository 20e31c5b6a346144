"""A company's own categories, from an Excel file to messages that are read by them; an agent's correction, and back."""

from pathlib import Path

from playwright.async_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.office import Desk, Office
from tests.nlp.workbook import workbook
from tests.web.test_taxonomy import rows


async def test_a_company_trains_its_own_categories(office: Office, open_page: OpenPage, tmp_path: Path) -> None:
    sheet = tmp_path / "例句.xlsx"
    mistaken = [("房间里有蟑螂", "停车"), ("", "停车")]
    sheet.write_bytes(workbook([*rows(), *mistaken], shared=True))
    desk = Desk(await open_page())
    page = desk.page
    await page.goto("/settings/categories")
    await page.get_by_role("button", name="新建版本").click()
    await page.get_by_role("textbox", name="名称").fill("酒店分类")
    await page.get_by_label("从哪里开始").select_option("nothing")
    await page.get_by_role("dialog").get_by_role("button", name="新建版本").click()

    # An Excel file: good rows are kept, the bad one is told with its line.
    await page.locator("input[type=file]").set_input_files(sheet)
    await expect(page.get_by_text("86 行里加入了 85 条")).to_be_visible()
    await expect(page.get_by_role("row", name="87 没有文本")).to_be_visible()

    await page.get_by_role("button", name="开始训练").click()
    await expect(page.get_by_text("训练完成")).to_be_visible(timeout=60_000)
    await expect(page.get_by_role("region", name="混淆表")).to_be_visible()
    # The mislabelled row is found, mended in its place, and the version trained again.
    doubtful = page.get_by_role("row").filter(has=page.get_by_role("button", name="改成模型的"))
    doubtful = doubtful.filter(has_text="房间里有蟑螂")
    await expect(doubtful).to_contain_text("客房")
    await doubtful.get_by_role("button", name="改成模型的").click()
    await expect(page.get_by_text("改动后未训练")).to_be_visible()
    await page.get_by_role("button", name="重新训练").click()
    await expect(page.get_by_text("已训练，可发布")).to_be_visible()

    await page.get_by_role("textbox", name="试几句").fill("车位还有吗\n你好")
    await page.get_by_role("button", name="读一读").click()
    tried = page.get_by_role("listitem").filter(has_text="车位还有吗")
    await expect(tried).to_contain_text("停车")
    await expect(tried.locator("mark").first).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="你好")).to_contain_text("未知")

    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_role("alertdialog").get_by_role("button", name="确定").click()
    await expect(page.get_by_text("使用中")).to_be_visible()

    # What comes now is read by it, and one click says better.
    user = "住店的客人"
    await office.say(user, "车位满了，太差劲了！")
    conversation = await office.conversation(user, entries=2)
    await desk.open(conversation)
    entry = desk.entry("车位满了，太差劲了！")
    await expect(entry).to_contain_text("停车")
    await entry.hover()
    await entry.get_by_role("button", name="纠正").click()
    await page.get_by_role("menuitemradio", name="餐饮").click()
    await expect(entry).to_contain_text("餐饮")

    # Back to what was shipped; the correction waits in the settings.
    await page.goto("/settings/categories")
    await expect(page.get_by_role("row").filter(has_text="车位满了")).to_contain_text("停车")
    await page.get_by_role("button", name="退回到这一版").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="确定").click()
    await expect(page.get_by_role("row").filter(has_text="出厂分类").first).to_contain_text("使用中")
