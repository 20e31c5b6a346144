"""Satori through the whole hub: what customers do reaches the timeline, answers reach them where they are."""

import asyncio
from collections.abc import Awaitable, Callable

from channels.satori.simulator import Action
from channels.satori.simulator.platform import PICTURE
from scrm.model.message import AttachmentState, MessageStatus
from tests.channels.satori.conftest import CHANNEL, Made


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.05)


async def test_over_a_line_that_breaks_a_customer_and_an_agent_talk(make: Made) -> None:
    """Everything is told twice, the line breaks in between, and a picture is fetched: each thing is there once."""
    world = await make(running=True)
    server = world.server
    await server.act(Action(user="王芳", text="你好", repeat=2))
    await server.act(Action(user="王芳", type="img", text="坏了", repeat=2))

    async def arrived() -> bool:
        thread = await world.messages("王芳")
        return len(thread) == 2 and all(each.state is AttachmentState.STORED for each in thread[1].attachments)

    await eventually(arrived)
    thread = await world.messages("王芳")
    assert [message.content for message in thread] == ["你好", "坏了"]
    assert await world.stores.blobs.get(thread[1].attachments[0].id) == PICTURE
    await server.api.hang_up()
    await server.say("王芳", "还在吗")  # told by nobody yet
    sent = await world.answers("王芳", "收到")
    async with asyncio.timeout(20):
        [reply] = await server.wait_for_sent(1)
    assert (reply.content, reply.channel_id) == ("收到", world.server.platform.direct(world.handle("王芳"))["id"])

    async def settled() -> bool:
        message = await world.stores.messages.get(sent.id)
        heard = sorted(await world.said("王芳")) == sorted(["你好", "坏了", "还在吗", "收到"])
        return heard and message is not None and message.status is MessageStatus.SENT

    await eventually(settled)
    contact = await world.stores.contacts.get(thread[0].contact_id)
    assert contact is not None
    assert contact.name == "王芳"


async def test_by_webhook_the_hub_says_where_it_is_and_hears(make: Made) -> None:
    world = await make(running=True, delivery="webhook")
    server = world.server
    async with asyncio.timeout(20):
        await server.wait_until(lambda: any(url.endswith(f"/hooks/{CHANNEL}") for url in server.platform.webhooks))
    await server.act(Action(user="王芳", text="你好", repeat=3))

    async def arrived() -> bool:
        return await world.said("王芳") == ["你好"]

    await eventually(arrived)
    async with asyncio.timeout(20):
        await server.wait_until(lambda: len(server.pushes) == 3)
    assert {status for _, status in server.pushes} == {200}
    assert server.counts["lines"] == 0


async def test_an_answer_goes_where_the_customer_wrote_and_shows_the_platform_why(make: Made) -> None:
    """The same person alone and in a group are two conversations: what is said in private never lands in the group."""
    world = await make()
    alone = await world.does("王芳", text="我的电话是多少")
    asked = await world.does("王芳", text="几点开门", group="售后群", mention=True)
    assert await world.said("王芳") == ["我的电话是多少"]
    [question] = await world.messages("王芳", "售后群")
    assert (question.content, question.details["group"]) == ("几点开门", "售后群")
    await world.answers("王芳", "九点", "售后群", reply_to=question.id)
    await world.answers("王芳", "尾号 8000")
    await world.works()
    public, private = sorted(world.server.sent, key=lambda each: each.channel_id)[::-1]
    if public.channel_id != "售后群":
        public, private = private, public
    user = world.server.platform.user("王芳")
    assert (public.channel_id, public.content, public.mentions) == ("售后群", "九点", (user,))
    assert public.reply_to == asked
    assert public.referrer is not None
    assert public.referrer["msg_id"] == asked
    assert (private.channel_id, private.content, private.mentions) == (f"private:{user}", "尾号 8000", ())
    assert private.reply_to == ""
    assert private.referrer is not None
    assert private.referrer["msg_id"] == alone
    contacts = {(await world.thread("王芳", group))[0].contact_id for group in ("", "售后群")}
    assert len(contacts) == 2
    group = await world.stores.contacts.get(question.contact_id)
    assert group is not None
    assert group.name == "王芳（售后群）"


async def test_what_is_changed_and_taken_back_stays_readable(make: Made) -> None:
    world = await make()
    said = await world.does("王芳", text="退款")
    await world.does("王芳", "edit", "不退了", message=said)
    await world.does("王芳", "delete", message=said)
    thread = await world.thread("王芳")
    assert [(each.content, each.details.get("original")) for each in thread if each.kind == "incoming"] == [
        ("不退了", "退款")
    ]
    [gone] = [each for each in thread if each.kind == "activity" and each.details.get("event") == "message_deleted"]
    assert gone.details["message"] == thread[0].external_ids[0]
    quoted = await world.does("王芳", text="就这条", reply_to=said)
    assert (await world.messages("王芳"))[-1].details["reply_to"] == thread[0].external_ids[0]
    assert quoted


async def test_the_admin_page_checks_the_channel(make: Made) -> None:
    world = await make(delivery="webhook", reachable=False)
    ok, said = await world.hub.check_channel(await world.channel())
    assert not ok
    assert "public_url" in said
    world.hub._polling._hooks = "https://scrm.example.com/hooks"
    assert await world.hub.check_channel(await world.channel()) == (True, "qq · 模拟客服 · 10001")
    assert list(world.server.platform.webhooks) == [f"https://scrm.example.com/hooks/{CHANNEL}"]
