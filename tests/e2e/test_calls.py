"""Whoever looks elsewhere is called, and comes straight to what they were called for."""

from playwright.async_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.office import Desk, Office, until

# The real ones, watched: headless, no notification is ever seen, and no window loses the focus.
WATCHED = """
  window.elsewhere = true
  const focused = document.hasFocus.bind(document)
  document.hasFocus = () => !window.elsewhere && focused()
  window.shown = []
  const Real = window.Notification
  window.Notification = class extends Real {
    constructor(title, options) { super(title, options); window.shown.push([title, options.body, this]) }
  }
  window.notes = 0
  const start = OscillatorNode.prototype.start
  OscillatorNode.prototype.start = function (...given) { window.notes += 1; return start.apply(this, given) }
"""
SHOWN = "window.shown.map(([title, body]) => [title, body])"


async def test_an_agent_who_looks_elsewhere_is_called(office: Office, open_page: OpenPage) -> None:
    user = "喊人客户"
    await office.say(user, "第一句")
    conversation = await office.conversation(user, entries=2)
    me = next(agent for agent in (await office.api.get("/agents"))["items"] if agent["login"] == "admin")
    await office.api.patch(f"/conversations/{conversation['id']}", {"assignee_id": me["id"]})
    page = await open_page(permissions=["notifications"])
    await page.add_init_script(WATCHED)
    desk = Desk(page)
    await page.goto("/inbox")
    await expect(desk.row(office.name(user))).to_be_visible()

    await page.get_by_role("button", name="我的账号").click()
    sound = page.get_by_role("menuitemcheckbox", name="声音提醒")
    desktop = page.get_by_role("menuitemcheckbox", name="桌面通知")
    await expect(sound).to_be_checked()
    await expect(desktop).not_to_be_checked()
    await desktop.click()
    await expect(desktop).to_be_checked()
    await page.keyboard.press("Escape")

    async def called(count: int) -> list[list[str]] | None:
        shown: list[list[str]] = await page.evaluate(SHOWN)
        return shown if len(shown) >= count else None

    await office.say(user, "有人在吗")
    assert await until(lambda: called(1)) == [[f"{office.name(user)} 发来新消息", "有人在吗"]]
    assert await page.evaluate("window.notes") == 2
    await page.evaluate("window.shown[0][2].onclick()")
    await expect(desk.entry("有人在吗")).to_be_visible()
    await expect(desk.composer).to_be_visible()

    # Before the page nobody is called: what follows is known to have come, and nothing was shown for it.
    await page.evaluate("window.elsewhere = false")
    await office.say(user, "看着呢")
    await expect(desk.entry("看着呢")).to_be_visible()
    await page.evaluate("window.elsewhere = true")
    await office.say("另一个喊人客户", "不是我的")
    other = await office.conversation("另一个喊人客户", entries=2)
    await office.api.patch(f"/conversations/{other['id']}", {"assignee_id": me["id"]})
    shown = await until(lambda: called(2))
    assert shown[1:] == [[f"{office.name('另一个喊人客户')} 的会话分配给了您", "不是我的"]]
