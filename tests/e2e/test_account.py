"""What an administrator does with an Official Account in the browser: a code that customers scan, the menu they press,
a template that reaches them when nothing else does."""

import asyncio
import time

from playwright.async_api import expect

from channels.wechat.simulator import Account, WeChatSimulator
from channels.wechat.simulator.console import standard_templates
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Desk, Office, until

ACCOUNT = Account(app_id="wx5f1c0ffee0000004", original_id="gh_5imu1at0r004")
SUBSCRIBE = next(each for each in standard_templates().values() if each.kind == "subscribe")


async def test_codes_menu_and_templates(office: Office, open_page: OpenPage) -> None:
    async with WeChatSimulator(ACCOUNT) as platform:
        settings = platform.settings()
        made = await office.api.post("/channels", {"type": "wechat", "name": "工具店", "settings": settings})
        platform.connect(office.hub.url + made["webhook_path"])
        page = await open_page()

        # A code: made by the platform, scanned, counted, and its numbers open who scanned it.
        await page.goto("/settings/channels")
        await page.get_by_role("region", name="工具店").get_by_role("link", name="账号工具").click()
        await page.get_by_role("button", name="新建二维码").first.click()
        form = page.get_by_role("dialog")
        await form.get_by_label("名称").fill("人民广场店")
        await form.get_by_label("场景值").fill("store-7")
        await form.get_by_role("button", name="保存").click()
        picture = page.get_by_role("img", name="二维码：人民广场店")
        await expect(picture).to_be_visible()
        assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        assert (await platform.follow("扫码的客户", scene="store-7")).delivered
        channel_path = page.url.split("/settings/channels/")[1].split("/")[0]
        await until(lambda: _scanned(office, channel_path))
        await page.reload()
        await page.get_by_role("button", name="“人民广场店”的扫码记录: 1").click()
        await expect(page.get_by_role("dialog").get_by_text("首次出现")).to_be_visible()
        await page.keyboard.press("Escape")

        # A menu: a button that asks for a person, published.
        await page.get_by_role("link", name="自定义菜单").click()
        await page.get_by_role("button", name="添加菜单").click()
        await page.get_by_label("名称").fill("人工")
        await page.get_by_label("打开一个会话，请客服接待").check()
        await page.get_by_label("自动回复").fill("正在为您转接")
        await page.get_by_role("button", name="发布到微信").click()
        await expect(page.get_by_text("已于")).to_be_visible()
        [button] = platform.platform().console.menu or []
        assert (button["name"], button["type"]) == ("人工", "click")
        assert (await platform.click("按菜单的客户", str(button["key"]))).delivered
        await platform.wait_for_sent(1)
        assert platform.sent[0].content == "正在为您转接"

        # A template: read, offered, and sent to somebody who agreed to it and can be reached by nothing else.
        await page.get_by_role("link", name="模板消息").click()
        await page.get_by_role("button", name="从平台读取模板").first.click()
        await page.get_by_label(f"供客服使用 {SUBSCRIBE.title}").check()
        await page.get_by_role("button", name=f"设置 {SUBSCRIBE.title}").click()
        by_itself = form.get_by_label("文字回复自动用它发出")
        for label, text in {"服务内容": "{message}", "当前进度": "处理中"}.items():
            await form.get_by_label(label).fill(text)
        await form.get_by_label("供客服使用").check()
        await expect(by_itself).to_be_disabled()
        await form.get_by_label("备注").fill("{workspace}")
        await by_itself.check()
        await form.get_by_role("button", name="保存").click()
        await expect(
            page.get_by_role("listitem").filter(has_text=SUBSCRIBE.title).get_by_text("自动发出")
        ).to_be_visible()
        assert (await platform.agree("同意通知的客户", SUBSCRIBE.template_id)).delivered
        desk = Desk(page)
        tail = platform.openid("同意通知的客户")[-4:]
        conversation = await until(lambda: _of(office, tail))
        await desk.open(conversation)
        await page.get_by_role("button", name="用模板通知客户").click()
        for label, text in {"服务内容": "退款申请", "当前进度": "处理中", "备注": "请留意到账"}.items():
            await page.locator(".offer").get_by_label(label).fill(text)
        await page.get_by_role("button", name="发送通知").click()
        await platform.wait_for_sent(2)
        assert platform.sent[1].content.startswith("服务内容:退款申请")
        await expect(desk.entry("退款申请").get_by_text(f"订阅通知：{SUBSCRIBE.title}")).to_be_visible()

        # Where an administrator says so, what agents write goes as it by itself: the composer tells, and sends.
        await desk.composer.fill("已到账")
        await expect(desk.send).to_be_disabled()
        assert (await platform.agree("同意通知的客户", SUBSCRIBE.template_id)).delivered
        await expect(page.get_by_text(f"将自动以订阅通知“{SUBSCRIBE.title}”发出（可发 1 条）")).to_be_visible()
        await desk.send.click()
        await platform.wait_for_sent(3)
        assert platform.sent[2].content.startswith("服务内容:已到账")
        await expect(desk.entry("已到账").get_by_text(f"订阅通知：{SUBSCRIBE.title}")).to_be_visible()
        await expect(page.get_by_text("客户再次来消息后才能回复")).to_be_visible()

        # So does what only the platform knows is too late; what was written stays to be read.
        user = "同意通知的客户"
        assert (await platform.say(user, "到账了吗")).delivered
        # WeChat's events have no number: one like the last, of the same second, is the last one told again.
        await asyncio.sleep(1 - time.time() % 1)
        assert (await platform.agree(user, SUBSCRIBE.template_id)).delivered
        await until(lambda: _agreed(office, conversation))
        await expect(desk.entry("到账了吗")).to_be_visible()
        platform.platform().customers[platform.openid(user)].grants.clear()
        await desk.composer.fill("明天就到")
        await desk.send.click()
        await platform.wait_for_sent(4)
        assert platform.sent[3].content.startswith("服务内容:明天就到")
        late = desk.entry("服务内容:明天就到")
        await late.get_by_text("超出回复时限，已按模板发送").click()
        await expect(late.locator("details[open]").get_by_text("明天就到")).to_be_visible()


async def _scanned(office: Office, channel_id: str) -> bool:
    found = await office.api.get(f"/channels/{channel_id}/qr-codes")
    return bool(found["items"][0]["counts"]["scans"] == 1)


async def _agreed(office: Office, conversation: dict[str, object]) -> bool:
    """For the third time."""
    found = await office.api.get(f"/conversations/{conversation['id']}/messages", limit=100)
    return sum(each["details"].get("event") == "subscribe_msg_popup_event" for each in found["items"]) == 3


async def _of(office: Office, tail: str) -> dict[str, object] | None:
    async for item in office.api.all("/conversations", status="resolved", limit=100):
        if item["contact"]["name"].endswith(tail):
            return dict(item)
    return None
