"""A visitor and an agent talk through the widget, on a page of another origin, while the network is cut twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Locator, Page, expect

import dashboards
from scrm.web.visitor.passes import identity_signature
from tests.e2e.conftest import OpenPage
from tests.e2e.office import Desk, Office, until
from tests.e2e.proxy import Line

SECRET, EXPIRES = "s" * 40, 4_000_000_000
AXE = Path(dashboards.__file__).parent / "web" / "node_modules" / "axe-core" / "axe.min.js"
PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>商城</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><main><h1>商城</h1><p>欢迎光临。</p></main>
<script src="{hub}/widget.js" data-channel="{channel}" async></script></html>"""


class Widget:
    """The widget on a shop's page, in Chinese or English."""

    def __init__(self, page: Page, *, opens: str = "打开在线客服", says: str = "输入消息") -> None:
        self.page = page
        self.launcher = page.get_by_role("button", name=opens)
        self.dialog = page.get_by_role("dialog")
        self.log = self.dialog.get_by_role("log")
        self.input = self.dialog.get_by_role("textbox", name=says)

    async def say(self, text: str) -> None:
        await self.input.fill(text)
        await self.input.press("Enter")

    def bubble(self, text: str) -> Locator:
        return self.log.locator(".b").filter(has_text=text)

    async def texts(self) -> list[str]:
        return await self.log.locator(".m:not(:first-child) .b").all_inner_texts()


@asynccontextmanager
async def shop(hub: str, channel: str, language: str = "zh-CN") -> AsyncIterator[str]:
    """A site of another origin; its address."""

    async def answer(_: web.Request) -> web.Response:
        # As strict as a shop's page may be: scripts and connections to the hub, pictures from memory.
        policy = f"default-src 'none'; script-src {hub}; connect-src {hub} {hub.replace('http', 'ws')}; img-src blob:"
        text = PAGE.format(hub=hub, channel=channel, language=language)
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy})

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def found(page: Page) -> list[Any]:
    """What axe finds on the page, the widget's shadow tree included."""
    await page.evaluate(AXE.read_text())
    return list(
        await page.evaluate(
            """async () => (await axe.run({include: [["#scrm-chat"]]}, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa"]}))
            .violations.map((each) => [each.id, each.nodes.map((node) => [node.target, node.failureSummary])])"""
        )
    )


async def add_site(office: Office, name: str, **settings: str) -> str:
    """A web chat channel; its id."""
    body = {"type": "webchat", "name": name, "settings": {"origins": "self", "secret": SECRET, **settings}}
    return str((await office.api.post("/channels", body))["id"])


async def conversation_on(office: Office, channel: str) -> dict[str, Any]:
    """The channel's only one, once there is one."""

    async def find() -> dict[str, Any] | None:
        async for item in office.api.all("/conversations", limit=100):
            if item["channel"]["id"] == channel:
                return dict(item)
        return None

    return await until(find)


async def test_a_visitor_and_an_agent_talk_while_the_line_is_cut_twice(office: Office, open_page: OpenPage) -> None:
    async with Line(office.hub.port) as line:
        channel = await add_site(office, "商城网页")
        async with shop(line.url, channel) as site:
            await office.api.patch(f"/channels/{channel}", {"settings": {"origins": site}})
            page = await open_page(base_url=site, viewport={"width": 900, "height": 760})
            await page.goto("/")
            widget = Widget(page)
            await widget.launcher.click()
            await expect(widget.input).to_be_focused()
            await widget.say("有货吗？")

            desk = Desk(await open_page())
            await desk.open(await conversation_on(office, channel))
            await expect(desk.entry("有货吗？")).to_be_visible()
            await widget.input.press_sequentially("颜")
            await expect(desk.page.get_by_text("客户正在输入")).to_be_visible()
            await desk.reply("有的，蓝色和黑色")
            await expect(widget.bubble("有的，蓝色和黑色")).to_be_visible()
            await expect(desk.entry("有的，蓝色和黑色").get_by_role("img", name="已读")).to_be_visible()

            said, answered = ["有货吗？"], ["有的，蓝色和黑色"]
            for cut in (1, 2):
                await line.cut()
                for number in (1, 2):
                    said.append(f"断线 {cut} 时说的第 {number} 句")
                    await widget.say(said[-1])
                answered.append(f"断线 {cut} 时的回复")
                await desk.reply(answered[-1])
                await expect(widget.dialog.get_by_text("正在重连")).to_be_visible()
                await expect(widget.bubble(answered[-1])).to_have_count(0)
                await line.mend()
                await expect(desk.entry(said[-1])).to_be_visible()
                await expect(widget.bubble(answered[-1])).to_be_visible()
                await expect(widget.dialog.get_by_text("正在重连")).to_be_hidden()

            assert await desk.log.locator("li.m.in .b").all_inner_texts() == said
            shown = await widget.texts()
            assert [text for text in shown if text in said] == said
            assert sorted(shown) == sorted(said + answered)
            assert await found(page) == []
            await page.emulate_media(color_scheme="dark")
            assert await found(page) == []

            # The page again, on another day: everything is there, once.
            await page.reload()
            await widget.launcher.click()
            await expect(widget.bubble(answered[-1])).to_be_visible()
            assert sorted(await widget.texts()) == sorted(said + answered)
            # The customer signs in, and out: what is half written stays with them, and goes with them.
            signed = {"user_id": "u1", "expires": EXPIRES, "signature": identity_signature(SECRET, "u1", EXPIRES)}
            await widget.input.fill("还有一件事")
            assert await page.evaluate("identity => ScrmChat.identify(identity)", signed)
            await expect(widget.bubble(answered[-1])).to_be_visible()
            await expect(widget.input).to_have_value("还有一件事")
            assert await page.evaluate("() => ScrmChat.identify(null)")
            await expect(widget.input).to_have_value("")
            await expect(widget.bubble(answered[-1])).to_have_count(0)
            await widget.input.focus()
            await page.keyboard.press("Escape")
            await expect(widget.launcher).to_be_focused()


async def test_on_a_phone_without_websockets_and_with_a_form(office: Office, open_page: OpenPage) -> None:
    channel = await add_site(office, "English shop", form="name! phone", color="#f5c518")
    async with shop(office.hub.url, channel, "en") as site:
        await office.api.patch(f"/channels/{channel}", {"settings": {"origins": site}})
        page = await open_page(base_url=site, viewport={"width": 390, "height": 780}, locale="en", color_scheme="dark")
        await page.route_web_socket("**/socket", lambda socket: socket.close())
        await page.goto("/")
        widget = Widget(page, opens="Open the chat", says="Your message")
        await widget.launcher.click()
        name = widget.dialog.get_by_label("Name")
        await expect(name).to_be_focused()
        assert await found(page) == []
        await widget.dialog.get_by_label("How can we help?").fill("Do you ship to Oslo?")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(name).to_be_visible()  # the name is needed
        await name.fill("Kari Nordmann")
        await name.press("Enter")
        await expect(widget.bubble("Do you ship to Oslo?")).to_be_visible()
        conversation = await conversation_on(office, channel)
        assert conversation["contact"]["name"] == "Kari Nordmann"
        path = f"/conversations/{conversation['id']}"
        await office.api.post(f"{path}/messages", {"content": "Yes, within five days.", "client_id": "widget-phone-1"})
        await expect(widget.bubble("Yes, within five days.")).to_be_visible()
        await office.api.patch(path, {"status": "resolved"})
        await widget.dialog.get_by_role("radio", name="4 stars").check()
        assert await found(page) == []
        await widget.dialog.get_by_role("button", name="Send", exact=True).first.click()
        await expect(widget.dialog.get_by_text("Thank you!")).to_be_visible()

        async def rated() -> dict[str, Any] | None:
            items = await office.api.thread(conversation["id"])
            return next((dict(each) for each in items if each["details"].get("event") == "rating"), None)

        assert (await until(rated))["details"]["score"] == "4"
