"""Every page of the client once, in Chinese, in light and dark, and those for the way on a phone in English: axe
finds nothing, the console stays silent, nothing sticks out of the screen."""

from playwright.async_api import Page

from dashboards.webbuild import WEB
from scrm.model.topics import Alert
from tests.e2e.audit import AXE, Audit
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Office

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SECTIONS = (
    "me", "agents", "teams", "labels", "canned", "tokens", "journal", "tasks", "words", "categories",
)  # fmt: skip
# Where to, and what stands there once the page has its numbers.
BOARDS = (
    ("/dashboard?range=custom&from=2026-01-01&to=2026-01-31", ".filterbar .datefield"),
    ("/dashboard?range=today", "table.heat"),
    ("/dashboard/service?range=today", "table.quality button.fig"),
    ("/dashboard/voice?range=today", ".findings li"),
    ("/dashboard/report", ".paper .figures"),
    ("/dashboard/wall", ".tile .value"),
    ("/topics", ".alertrow"),
    ("/mentions", ".mention"),
    ("/mentions/monitors", ".mentions .card, .mentions .zero"),
    ("/mentions/sources", ".mentions .zero, .mentions .source, .mentions .card"),
)


def test_no_page_is_forgotten() -> None:
    """A new route has to be walked, too: this counts what the router has."""
    routes = (WEB / "src" / "router.ts").read_text(encoding="utf-8").count("component: () =>")
    frames, signing_in = 3, 1  # the frames of dashboards, mentions and settings are seen around their pages
    version = 1  # a version of the categories is seen where one is made: test_own_categories
    walked = len({path.split("?")[0] for path, _ in BOARDS}) + len(SECTIONS)
    others = len(("inbox", "contacts", "incident", "channels", "an account's tools", "service", "notices", "not found"))
    assert walked + others == routes - frames - signing_in - version


async def opened(open_page: OpenPage, locale: str, **options: object) -> Audit:
    page: Page = await open_page(locale=locale, **options)
    await page.add_init_script(path=AXE)
    await page.add_init_script(f"localStorage.setItem('scrm.locale', '{locale}')")
    await page.goto("/inbox")
    await page.locator("[role=tab]").first.wait_for()
    return Audit(page, refusing="/monitors/preview")


async def see(audit: Audit, path: str, ready: str) -> None:
    await audit.go(path, ready)
    await audit.look(path)
    # Settings are tables and forms in the colours of all others.
    if not path.startswith("/settings"):
        await audit.look_dark(path)
    await audit.read(path)


async def test_every_page(office: Office, open_page: OpenPage, burst: Alert) -> None:
    audit = await opened(open_page, "zh-CN")
    page = audit.page
    [channel, *_] = [each["id"] for each in (await office.api.get("/channels"))["items"]]
    [contact, *_] = [each["id"] for each in (await office.api.get("/contacts"))["items"]]
    for path, ready in (
        *BOARDS,
        (f"/incidents/{burst.id}", ".reach li"),
        (f"/contacts/{contact}", ".contacts .facts, .contacts dl"),
        *((f"/settings/{section}", ".inner h1, .inner h2") for section in SECTIONS),
        ("/settings/channels", "section.chan"),
        (f"/settings/channels/{channel}", ".inner h1, .inner h2"),
        ("/settings/service", ".servicesettings .block"),
        ("/nothing/here", ".zero"),
    ):
        await see(audit, path, ready)
    await open_forms(audit, page)
    assert audit.found == {}


async def open_forms(audit: Audit, page: Page) -> None:
    """What stands over a page."""
    await audit.go("/dashboard?range=custom&from=2026-01-01&to=2026-01-31", ".filterbar .datefield")
    await page.get_by_role("button", name="选择日期").first.click()
    await page.get_by_role("dialog", name="选择日期").get_by_role("button", pressed=True).wait_for()
    await audit.look("a calendar")
    await page.keyboard.press("Escape")
    await audit.go("/mentions/monitors", ".mentions")
    await page.get_by_role("button", name="新建监测").first.click()
    await page.get_by_role("dialog").locator("textarea").fill("岚山 OR (")
    await page.locator(".trying .bad").wait_for()
    await audit.look("a monitor's form")
    await page.keyboard.press("Escape")
    await audit.go("/settings/channels", "section.chan")
    await page.get_by_role("button", name="接入渠道").click()
    kinds = page.get_by_role("dialog").locator("select").first
    for kind in await kinds.locator("option").evaluate_all("(all) => all.map((each) => each.value)"):
        await kinds.select_option(kind)
    await audit.look("a channel's form")
    await page.keyboard.press("Escape")
    await audit.go("/settings/notices", ".inner .seg")
    for tab, add in (
        ("推送目标", "添加推送目标"),
        ("提醒规则", "新建规则"),
        ("定时报告", "新建报告"),
        ("审批与摘要", ""),
    ):
        await page.get_by_role("button", name=tab, exact=True).click()
        if add:
            await page.get_by_role("button", name=add).first.click()
            await page.get_by_role("dialog").locator("form").wait_for()
        else:
            await page.locator("main form, main .card").first.wait_for()
        await audit.look(tab)
        await audit.look_dark(tab)
        await page.keyboard.press("Escape")
    await audit.read("forms")


async def test_on_a_phone(office: Office, open_page: OpenPage, burst: Alert) -> None:
    audit = await opened(open_page, "en", color_scheme="dark", **PHONE)
    await office.say("路上要帮助的客户", "在吗？")
    conversation = await office.conversation("路上要帮助的客户")
    await audit.look("/inbox")
    for path, ready in (
        (f"/inbox/{conversation['id']}", "form textarea"),
        *(BOARDS[place] for place in (0, 2, 3, 5, 7)),
        (f"/incidents/{burst.id}", ".reach li"),
        ("/settings/service", ".servicesettings .block"),
    ):
        await audit.go(path, ready)
        await audit.look(path)
        await audit.read(path)
    assert audit.found == {}
