"""What a customer sends besides text and pictures: each is shown as what it is, and what can be played is played."""

import asyncio
import re

from playwright.async_api import expect

from channels.simulating.film import HEIGHT, SECONDS, WIDTH
from channels.wechat.simulator import Action
from tests.e2e.conftest import OpenPage
from tests.e2e.office import PATIENCE, Desk, Office

USER = "什么都发的客户"
ACTS = [
    Action(user=USER, type="voice", text="请问什么时候发货"),
    Action(user=USER, type="video"),
    Action(user=USER, type="location", label="人民广场 1 号", latitude="31.2304", longitude="121.4737"),
    Action(user=USER, type="link", title="看看这一款", url="https://shop.example.com/juicer"),
    Action(user=USER, type="file", title="合同.pdf"),
]


# Resolves with what was played to its end, once two things were: the length of each and, of a film, its size.
NOTE_ENDS = """
const {promise, resolve} = Promise.withResolvers()
window.played = promise
const ended = [], play = HTMLMediaElement.prototype.play
HTMLMediaElement.prototype.play = function () {
  this.muted = true
  this.onended = () => ended.push([this.duration, this.videoWidth, this.videoHeight]) === 2 && resolve(ended)
  return play.call(this)
}"""


async def test_voice_video_location_link_and_file_of_one_customer(office: Office, open_page: OpenPage) -> None:
    for act in ACTS:
        assert (await office.platform.act(act)).delivered
    page = await open_page()
    await page.add_init_script(NOTE_ENDS)
    desk = Desk(page)
    await desk.open(await office.conversation(USER, entries=len(ACTS) + 1))
    entries = desk.log.locator("li.m.in")
    await expect(entries).to_have_count(len(ACTS))
    voice, video, place, link, file = (entries.nth(number) for number in range(len(ACTS)))

    await expect(voice).to_contain_text("请问什么时候发货")
    await voice.get_by_role("button", name="播放", exact=True).click()
    await video.locator("video").evaluate("(film) => film.play()")
    async with asyncio.timeout(PATIENCE):
        sizes = {(round(seconds), width, height) for seconds, width, height in await page.evaluate("window.played")}
    assert sizes == {(1, None, None), (SECONDS, WIDTH, HEIGHT)}
    await expect(place).to_contain_text("人民广场 1 号")
    await expect(place).to_contain_text("31.2304, 121.4737")
    followed = link.get_by_role("link", name=re.compile("看看这一款"))
    await expect(followed).to_have_attribute("href", "https://shop.example.com/juicer")
    await expect(followed).to_have_attribute("rel", "noopener noreferrer nofollow")
    # WeChat tells a file's name and size, and hands over nothing to fetch it with.
    await expect(file.locator(".att-card")).to_have_text(re.compile(r"合同\.pdf\s*2 KB · 平台只提供文件名"))
    await expect(file.locator(".b")).to_have_count(0)
