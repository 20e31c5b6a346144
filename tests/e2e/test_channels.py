"""A channel's card does what it says; a visitor leaves a message, a picture and a file, and sees who answers; a
customer of 微信客服 is passed on to one of WeCom's people and taken back."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import expect

from channels.wechat.simulator import Fault
from channels.wecom.simulator import WeComSimulator
from channels.wecom.simulator.platform import BY_PERSON
from scrm.model.site import DAYS
from tests.e2e.conftest import OpenPage
from tests.e2e.office import SPARE, Desk, Office, until
from tests.e2e.test_files import png, size_of
from tests.e2e.test_reply_window import SEND
from tests.e2e.test_widget import Widget, add_site, conversation_on, shop

PICTURE = {"name": "杯子.png", "mimeType": "image/png", "buffer": png(64, 40, 200)}
FILE = {"name": "订单.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 order"}


async def test_a_channels_card(office: Office, open_page: OpenPage) -> None:
    """A test message, the log of exchanges, pause, resume and delete."""
    await office.connect(SPARE, "要关的店")
    await office.say("第一位", "在吗", SPARE)
    await office.conversation("第一位", SPARE)
    page = await open_page()
    await page.goto("/settings/channels")
    card = page.get_by_role("region", name="要关的店", exact=True)

    await card.get_by_role("button", name="发送测试消息").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("发给")).not_to_have_value("")
    await dialog.get_by_label("内容").fill("测试一下")
    await dialog.get_by_role("button", name="发送", exact=True).click()
    await expect(card.get_by_role("status")).to_contain_text("平台已接受测试消息")
    assert await office.receives("第一位", 1, SPARE) == ["测试一下"]

    await card.get_by_role("button", name=re.compile("最近往来")).click()
    rows = card.get_by_role("region", name="最近往来记录").get_by_role("row")

    async def both() -> bool:
        """They are noted together, a moment later."""
        await card.get_by_role("button", name="刷新").click()
        ok = rows.filter(has_text="成功")
        out = await ok.filter(has_text="发出").filter(has_text="文字").count()
        came = await ok.filter(has_text="收到").filter(has_text="推送").count()
        return (out, came) == (1, 1)

    await until(both)
    # Nobody is named in it, and nothing is quoted.
    assert not re.search(f"测试一下|在吗|{office.platform.openid('第一位', SPARE.app_id)}", await card.inner_text())

    # What the platform refuses is told on the card, in words, until something goes well again.
    office.platform.inject(Fault(name=SEND, code=48001))
    for outcome in ("没有发出", "平台已接受测试消息"):
        await card.get_by_role("button", name="发送测试消息").click()
        await dialog.get_by_role("button", name="发送", exact=True).click()
        await expect(card.get_by_role("status")).to_contain_text(outcome)
        trouble = card.get_by_text("有异常")
        await expect(card.get_by_text("最近错误")).to_have_count(int(outcome == "没有发出"))
        await expect(trouble).to_have_count(int(outcome == "没有发出"))
        await expect(card.get_by_text("48001")).to_have_count(int(outcome == "没有发出"))

    await card.get_by_role("button", name="暂停").click()
    await expect(card.get_by_text("已暂停")).to_be_visible()
    await card.get_by_role("button", name="恢复").click()
    await expect(card.get_by_text("运行中")).to_be_visible()
    # One that receives is not deleted by a slip: it is paused before.
    await card.get_by_role("button", name="暂停").click()
    await expect(card.get_by_text("已暂停")).to_be_visible()
    await card.get_by_role("button", name="删除").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="删除").click()
    await expect(card).to_have_count(0)
    assert all(each["name"] != "要关的店" for each in (await office.api.get("/channels"))["items"])


async def test_a_visitor_leaves_a_message_with_a_picture_and_a_file(office: Office, open_page: OpenPage) -> None:
    other_day = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=3)
    channel = await add_site(office, "夜里的商城", hours=f"{DAYS[other_day.weekday()]} 09:00-18:00")
    async with shop(office.hub.url, channel) as site:
        await office.api.patch(f"/channels/{channel}", {"settings": {"origins": site}})
        page = await open_page(base_url=site, viewport={"width": 900, "height": 760})
        await page.goto("/")
        widget = Widget(page)
        await widget.launcher.click()
        await expect(widget.dialog.get_by_text("现在是非工作时间")).to_be_visible()
        await widget.dialog.get_by_label("电话").fill("13800138000")
        await widget.dialog.get_by_label("留言内容").fill("杯子漏水，请回电")
        await widget.dialog.get_by_role("button", name="提交留言").click()
        await expect(widget.dialog.get_by_text("已收到您的留言")).to_be_visible()
        await widget.dialog.locator("input[type=file]").set_input_files([PICTURE, FILE])
        await expect(widget.log.get_by_role("button", name="下载 订单.pdf")).to_be_enabled()
        names = widget.log.locator(".pic, .doc")
        assert [await each.get_attribute("aria-label") for each in await names.all()] == ["杯子.png", "下载 订单.pdf"]
        assert await size_of(widget.log.get_by_role("link", name="杯子.png").get_by_role("img")) == [64, 40]

        me = await open_page()
        await me.goto("/settings/me")
        await me.get_by_label("对外名称").fill("小林")
        await me.get_by_role("button", name="保存").first.click()
        await me.locator("input[type=file]").set_input_files(PICTURE)
        await expect(me.get_by_role("button", name="更换头像")).to_be_visible()

        desk = Desk(me)
        await desk.open(await conversation_on(office, channel))
        await expect(desk.entry("杯子漏水，请回电")).to_be_visible()
        assert await size_of(desk.log.get_by_role("button", name="查看大图").get_by_role("img")) == [64, 40]
        await expect(desk.log.get_by_role("link", name=re.compile("订单.pdf"))).to_be_visible()
        await expect(widget.log.locator(".m.mine").last.get_by_text("已读")).to_be_attached()
        await expect(widget.log.get_by_text("已读")).to_have_count(1)
        await desk.reply("马上给您换一个")
        assert await size_of(desk.stored("马上给您换一个").locator(".av img")) == [256, 256]
        await expect(widget.bubble("马上给您换一个")).to_be_visible()
        beside = widget.log.locator(".m").filter(has_text="小林")
        # Its line is drawn anew as the answer goes from sent to read.
        await expect(beside.locator(".face img")).to_have_js_property("naturalWidth", 256)
        await me.goto("/settings/me")
        await me.get_by_role("button", name="移除头像").click()
        await expect(me.get_by_role("button", name="上传头像")).to_be_visible()
    [admin] = [each for each in (await office.api.get("/agents"))["items"] if each["login"] == "admin"]
    assert (admin["public_name"], admin["picture"]) == ("小林", None)
    await office.api.patch(f"/agents/{admin['id']}", {"public_name": None})


async def test_a_customer_is_passed_on_to_a_person_in_wecom_and_taken_back(office: Office, open_page: OpenPage) -> None:
    async with WeComSimulator() as platform:
        box = platform.platform.boxes[platform.account().open_kfid]
        box.servicers.update({"zhangsan": 0, "lisi": 1})
        body = {"type": "wecom_kf", "name": "微信客服", "settings": platform.settings()}
        made = await office.api.post("/channels", body)
        platform.connect(office.hub.url + made["webhook_path"])
        assert (await platform.say("王芳", "在吗")).delivered
        desk = Desk(await open_page())
        await desk.open(await conversation_on(office, made["id"]))
        await desk.page.get_by_role("button", name="转给企业微信接待人员").click()
        await expect(desk.page.get_by_role("menuitem", name=re.compile("lisi"))).to_be_disabled()
        await desk.page.get_by_role("menuitem", name="zhangsan").click()
        await expect(desk.page.get_by_text("已转给 zhangsan")).to_be_visible()
        session = box.sessions[platform.customer("王芳")]
        assert (session.state, session.servicer) == (BY_PERSON, "zhangsan")

        # What both say there is on the screen; meanwhile nobody answers from here.
        platform.platform.answer(platform.account().open_kfid, platform.customer("王芳"), "zhangsan", "我来帮您")
        assert (await platform.announce()).delivered
        await expect(desk.log.get_by_text("我来帮您")).to_be_visible()
        await desk.composer.fill("您好")
        await expect(desk.send).to_be_disabled()
        await desk.page.locator("form").get_by_role("button", name="收回会话").click()
        # Taken back, the platform's session is over: the customer writes, and is answered from here.
        await expect(desk.log.get_by_text("从企业微信收回了会话")).to_be_visible()
        await expect(desk.send).to_be_disabled()
        later = int(platform.clock.now().timestamp()) + 5  # the platform counts in whole seconds
        again = {"msgtype": "text", "text": {"content": "我还在"}, "send_time": later}
        assert (await platform.act("王芳", again)).delivered
        await expect(desk.send).to_be_enabled()
        await desk.send.click()
        [sent] = await platform.wait_for_sent(1)
        assert sent.content == "您好"
