"""What customers do besides writing is told in words, never as an empty line or a code."""

import re

from playwright.async_api import expect

from channels.wechat.simulator import Action
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Desk, Office

USER = "关注的客户"
ACTS = [
    (Action(user=USER, type="subscribe", scene="store-7"), "关注了账号: store-7"),
    (Action(user=USER, type="scan", scene="shelf-3"), "扫描了二维码: shelf-3"),
    (Action(user=USER, type="click", key="HOURS"), "点击了菜单: HOURS"),
    (Action(user=USER, type="view", url="https://example.com/"), "打开了菜单链接"),
    (Action(user=USER, type="LOCATION"), "上报了位置"),
    (Action(user=USER, type="unsubscribe"), "取消了关注"),
]


async def test_events_are_worded(office: Office, open_page: OpenPage) -> None:
    for act, _ in ACTS:
        await office.platform.act(act)
    await office.say(USER, "在吗？")
    desk = Desk(await open_page())
    await desk.open(await office.conversation(USER))
    await expect(desk.entry("在吗？")).to_be_visible()
    lines = desk.log.get_by_role("listitem").filter(has_text=office.name(USER)).filter(has_not_text="在吗？")
    await expect(lines).to_have_text([re.compile(re.escape(f"{office.name(USER)} {words}")) for _, words in ACTS])
