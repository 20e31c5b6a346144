"""Pictures, both ways."""

import base64
import struct
import zlib

from playwright.async_api import Locator, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.office import Desk, Office


def png(width: int, height: int, red: int) -> bytes:
    """A plain picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes((red, 90, 160)) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def size_of(picture: Locator) -> list[int]:
    """As decoded by the browser: nothing is proved by an element that shows a broken picture."""
    await picture.scroll_into_view_if_needed()
    size: list[int] = await picture.evaluate(
        "async (img) => (await img.decode(), [img.naturalWidth, img.naturalHeight])"
    )
    return size


async def test_a_customers_picture_is_shown(office: Office, open_page: OpenPage) -> None:
    user = "发图的客户"
    await office.platform.send_media(user, "image", (png(64, 40, 200), "image/png", "photo.png"))
    desk = Desk(await open_page())
    await desk.open(await office.conversation(user))
    picture = desk.log.get_by_role("button", name="查看大图")
    assert await size_of(picture.get_by_role("img")) == [64, 40]
    await picture.click()
    large = desk.page.get_by_role("dialog")
    await expect(large.get_by_role("img")).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await expect(large).to_have_count(0)


async def test_an_agents_pictures_arrive(office: Office, open_page: OpenPage) -> None:
    """One pasted, one picked."""
    user = "收图的客户"
    await office.say(user, "发我看看")
    desk = Desk(await open_page())
    await desk.open(await office.conversation(user))
    pasted, picked = png(30, 20, 10), png(20, 30, 240)
    await desk.composer.focus()
    await desk.composer.evaluate(
        """(area, data) => {
          const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0))
          const files = new DataTransfer()
          files.items.add(new File([bytes], "pasted.png", { type: "image/png" }))
          area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true }))
        }""",
        base64.b64encode(pasted).decode(),
    )
    await expect(desk.page.get_by_role("button", name="移除 pasted.png")).to_be_visible()
    await desk.page.locator("form input[type=file]").set_input_files(
        {"name": "picked.png", "mimeType": "image/png", "buffer": picked}
    )
    await expect(desk.page.get_by_role("button", name="移除 picked.png")).to_be_visible()
    await desk.send.click()
    await office.receives(user, 2)
    openid = office.platform.openid(user)
    sent = [message for message in office.platform.sent if message.openid == openid]
    assert [message.type for message in sent] == ["image", "image"]
    stored = [office.platform.platform().stored(message.media_id or "").data for message in sent]
    assert stored == [pasted, picked]
    shown = desk.log.get_by_role("button", name="查看大图").get_by_role("img")
    await expect(shown).to_have_count(2)
    assert [await size_of(shown.nth(0)), await size_of(shown.nth(1))] == [[30, 20], [20, 30]]


async def test_a_file_the_channel_cannot_carry_is_refused_at_once(office: Office, open_page: OpenPage) -> None:
    user = "要合同的客户"
    await office.say(user, "合同发我")
    desk = Desk(await open_page())
    await desk.open(await office.conversation(user))
    await desk.page.locator("form input[type=file]").set_input_files(
        {"name": "contract.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    await expect(desk.page.get_by_text("该渠道不支持发送这种文件")).to_be_visible()
    await expect(desk.send).to_be_disabled()
