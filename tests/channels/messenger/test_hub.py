"""Messenger through the whole hub: what customers do reaches the timeline, what agents answer reaches them, and that it
was read is seen."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession

from channels.messenger.simulator import Action, MessengerSimulator, Page
from channels.meta.simulator.samples import PICTURE
from scrm.clock import SystemClock
from scrm.flow.hub import FlowHub
from scrm.ids import AttachmentId, ChannelId, UlidFactory
from scrm.model.message import Attachment, AttachmentState, Message, MessageStatus
from scrm.ports.stores import Stores
from tests.channels.hub import PATIENCE, ChannelWorld, add_channel, make_hub, opened

CHANNEL = ChannelId("01MESSENGER")


class World(ChannelWorld):
    def __init__(self, stores: Stores, hub: FlowHub, platform: MessengerSimulator) -> None:
        super().__init__(stores, hub, CHANNEL)
        self.platform = platform

    def handle(self, user: str, group: str = "") -> str:
        return self.platform.platform.user(user)

    async def does(self, user: str, type_: str = "text", text: str = "", **more: Any) -> str:
        return await self.platform.act(Action(user=user, type=type_, text=text, **more))

    async def says(self, user: str, wanted: list[str]) -> bool:
        return await self.said(user) == wanted

    async def is_(self, message: Message, status: MessageStatus) -> bool:
        return (await self.message(message)).status is status


Made = Callable[..., Awaitable[World]]


@pytest.fixture
async def make(stores: Stores) -> AsyncIterator[Made]:
    """A world whose hub runs, with its address in the app's console."""
    async with AsyncExitStack() as stack:

        async def made(page: Page | None = None) -> World:
            clock = SystemClock()
            platform = await stack.enter_async_context(MessengerSimulator(page))
            await add_channel(stores, CHANNEL, "messenger", platform.settings(), clock)
            session = await stack.enter_async_context(ClientSession(timeout=PATIENCE))
            hubs: list[FlowHub] = []
            door = await stack.enter_async_context(opened(hubs, stores, clock))
            hub = make_hub(stores, session, clock, door)
            hubs.append(hub)
            await hub.start()
            stack.push_async_callback(hub.close)
            address = f"{door}/hooks/{CHANNEL}"
            status, body, wanted = await platform.ask(address, platform.app.verify_token)
            assert (status, body) == (200, wanted)
            platform.webhook_url = address
            return World(stores, hub, platform)

        yield made


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.05)


async def test_a_customer_and_an_agent_talk(make: Made) -> None:
    """Everything is told twice and is there once; the name is asked for, a picture fetched, a file sent; that all was
    read is one receipt for all."""
    world = await make()
    platform = world.platform
    async with asyncio.timeout(20):
        await platform.wait_until(lambda: "messages" in platform.subscribed)
    await world.does("王芳", text="你好", repeat=2)
    await world.does("王芳", "image", "坏了", repeat=2)

    async def arrived() -> bool:
        thread = await world.messages("王芳")
        return len(thread) == 2 and all(each.state is AttachmentState.STORED for each in thread[1].attachments)

    await eventually(arrived)
    question, picture = await world.messages("王芳")
    assert (question.content, picture.content) == ("你好", "坏了")
    assert await world.stores.blobs.get(picture.attachments[0].id) == PICTURE

    async def named() -> bool:
        contact = await world.stores.contacts.get(question.contact_id)
        return contact is not None and contact.name == "王芳"

    await eventually(named)
    await world.hub.typing(question.conversation_id)
    assert platform.platform.typing == [platform.platform.user("王芳")]
    pdf = Attachment(
        id=AttachmentId(UlidFactory(SystemClock())()),
        state=AttachmentState.STORED,
        media_type="application/pdf",
        file_name="说明.pdf",
        size=9,
    )
    await world.stores.blobs.put(pdf.id, b"%PDF-1.4 ", pdf.media_type, pdf.file_name)
    first = await world.answers("王芳", "请看附件", attachments=(pdf,))
    second = await world.answers("王芳", "还有问题吗")
    async with asyncio.timeout(20):
        text, file, more = await platform.wait_for_sent(3)
    assert [text.content, file.kind, file.file_name, file.data] == ["请看附件", "file", "说明.pdf", b"%PDF-1.4 "]
    for answer in (first, second):
        await eventually(lambda answer=answer: world.is_(answer, MessageStatus.DELIVERED))  # type: ignore[misc]
    await world.does("王芳", "read")
    for answer in (first, second):
        await eventually(lambda answer=answer: world.is_(answer, MessageStatus.READ))  # type: ignore[misc]
    await world.does("王芳", text="没有了", reply_to=more.id)
    await eventually(lambda: world.says("王芳", ["你好", "坏了", "请看附件", "还有问题吗", "没有了"]))
    assert (await world.messages("王芳"))[-1].details["quote"] == "还有问题吗"
    assert set(platform.pushes) == {200}


async def test_who_comes_by_a_link_presses_a_button_and_changes_a_word(make: Made) -> None:
    world = await make()
    await world.does("李雷", "referral", "store-7")
    await world.does("李雷", "postback", "转人工")
    said = await world.does("李雷", text="退款")
    await world.does("李雷", "edit", "不退了", message=said)
    await world.does("李雷", "reaction", "👍", message=said)

    async def all_there() -> bool:
        events = [each.details.get("event") for each in await world.thread("李雷") if each.kind == "activity"]
        return {"referral", "reaction"} <= set(events) and await world.says("李雷", ["转人工", "不退了"])

    await eventually(all_there)
    message = (await world.messages("李雷"))[-1]
    assert message.details["original"] == "退款"
    contact = await world.stores.contacts.get(message.contact_id)
    assert contact is not None
    assert contact.source["scene"] == "store-7"


@pytest.mark.parametrize("permitted", [False, True])
async def test_after_a_day_only_a_person_may_answer(make: Made, permitted: bool) -> None:
    world = await make(Page(human_agent=permitted))
    yesterday = SystemClock().now() - timedelta(hours=25)
    await world.does("王芳", text="在吗", fields={"timestamp": int(yesterday.timestamp() * 1000)})
    world.platform.platform.wrote_at[world.platform.platform.user("王芳")] = yesterday
    await eventually(lambda: world.says("王芳", ["在吗"]))
    conversation = await world.conversation("王芳")
    assert conversation is not None
    assert world.hub.window(conversation, SystemClock().now()).open is permitted
    if permitted:
        await world.answers("王芳", "在的")
        async with asyncio.timeout(20):
            [sent] = await world.platform.wait_for_sent(1)
        assert sent.tag == "HUMAN_AGENT"


async def test_a_check_names_the_page(make: Made) -> None:
    world = await make()
    assert await world.hub.check_channel(await world.channel()) == (True, "模拟主页")
