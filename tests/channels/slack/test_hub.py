"""Slack through the whole hub: what customers do reaches the timeline, answers reach them where they wrote."""

import asyncio
from collections.abc import Awaitable, Callable

from channels.slack.simulator import Action, Fault
from channels.slack.simulator.workspace import PICTURE
from scrm.ids import AttachmentId
from scrm.model.message import Attachment, AttachmentState, MessageStatus
from tests.channels.slack.conftest import Made


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.05)


async def test_by_webhook_a_customer_and_an_agent_talk(make: Made) -> None:
    """Everything is told twice, and a picture is fetched: each thing is there once."""
    world = await make(running=True)
    slack = world.slack
    assert await slack.ask(slack.webhook, "3eZbrw1aBm2r") == (200, b"3eZbrw1aBm2r")
    await slack.act(Action(user="王芳", text="你好", repeat=2))
    await slack.act(Action(user="王芳", type="image", text="坏了", repeat=2))

    async def arrived() -> bool:
        thread = await world.messages("王芳")
        return len(thread) == 2 and all(each.state is AttachmentState.STORED for each in thread[1].attachments)

    await eventually(arrived)
    thread = await world.messages("王芳")
    assert [message.content for message in thread] == ["你好", "坏了"]
    assert await world.stores.blobs.get(thread[1].attachments[0].id) == PICTURE
    sent = await world.answers("王芳", "收到 <b>&")
    async with asyncio.timeout(20):
        [reply] = await slack.wait_for_sent(1)
    assert (reply.content, reply.channel) == ("收到 <b>&", slack.workspace.direct(slack.workspace.user("王芳")))
    assert reply.raw == "收到 &lt;b&gt;&amp;"

    async def settled() -> bool:
        message, contact = await world.stores.messages.get(sent.id), await world.contact("王芳")
        return (
            message is not None
            and message.status is MessageStatus.SENT
            and contact is not None
            and contact.name == "王芳"
        )

    await eventually(settled)


async def test_an_answer_with_a_file_goes_to_the_thread(make: Made) -> None:
    world = await make()
    root = await world.does("王芳", text="几点开门", group="售后", mention=True)
    blob = AttachmentId("01PRICES")
    await world.stores.blobs.put(blob, b"%PDF prices", "application/pdf", "价目表.pdf")
    file = Attachment(
        id=blob, media_type="application/pdf", file_name="价目表.pdf", size=11, state=AttachmentState.STORED
    )
    await world.answers("王芳", "见附件", "售后", attachments=(file,))
    await world.works()
    words, paper = world.slack.sent
    assert (words.content, words.thread) == ("见附件", root)
    assert (paper.data, paper.file_name, paper.thread) == (b"%PDF prices", "价目表.pdf", root)


async def test_alone_and_in_a_channel_are_two_conversations(make: Made) -> None:
    world = await make()
    await world.does("王芳", text="我的电话是多少")
    asked = await world.does("王芳", text="几点开门", group="售后", mention=True)
    assert await world.said("王芳") == ["我的电话是多少"]
    assert await world.said("王芳", "售后") == ["几点开门"]  # which Slack tells as a message and as a mention
    await world.answers("王芳", "九点", "售后")
    await world.answers("王芳", "尾号 8000")
    await world.works()
    found = {(each.content, each.channel, each.thread) for each in world.slack.sent}
    place, direct = world.slack.workspace.channel("售后"), world.slack.workspace.direct(world.handle("王芳"))
    assert found == {("九点", place, asked), ("尾号 8000", direct, "")}
    contacts = [await world.contact("王芳"), await world.contact("王芳", "售后")]
    assert [contact.name for contact in contacts if contact] == ["王芳", "王芳（#售后）"]
    assert contacts[0] is not None
    assert str(contacts[0].email).endswith("@example.com")


async def test_what_follows_in_a_thread_needs_no_mention(make: Made) -> None:
    """Whoever says it; in threads that began without the app, as in the channel itself, nobody means it."""
    world = await make()
    ours = await world.does("王芳", text="几点开门", group="售后", mention=True)
    theirs = await world.does("李雷", text="中午吃什么", group="售后")
    await world.answers("王芳", "九点", "售后")
    await world.works()
    second = await world.does("王芳", text="周末呢", group="售后", thread=ours)
    await world.does("王芳", "edit", "周六呢", group="售后", message=second)
    await world.does("李雷", text="我也想知道", group="售后", thread=ours)
    await world.does("王芳", text="面条", group="售后", thread=theirs)
    await world.does("王芳", text="大家好", group="售后")
    assert await world.said("王芳", "售后") == ["几点开门", "九点", "周六呢"]
    assert await world.said("李雷", "售后") == ["我也想知道"]
    await world.answers("李雷", "周六十点", "售后")
    await world.works()
    assert [each.thread for each in world.slack.sent] == [ours, ours]


async def test_what_is_changed_and_taken_back_stays_readable(make: Made) -> None:
    world = await make()
    said = await world.does("王芳", text="退款")
    await world.does("王芳", "preview", message=said)
    await world.does("王芳", "edit", "不退了", message=said)
    await world.does("王芳", "delete", message=said)
    thread = await world.thread("王芳")
    assert [(each.content, each.details.get("original")) for each in thread if each.kind == "incoming"] == [
        ("不退了", "退款")
    ]
    [gone] = [each for each in thread if each.kind == "activity" and each.details.get("event") == "message_deleted"]
    assert gone.details["message"] == thread[0].external_ids[0]


async def test_an_agent_answers_one_message_in_particular_in_its_thread(make: Made) -> None:
    world = await make()
    first = await world.does("王芳", text="多少钱？")
    await world.does("王芳", text="还有货吗？")
    asked, _ = await world.messages("王芳")
    await world.answers("王芳", "九块九", reply_to=asked.id)
    await world.works()
    await world.does("王芳", text="便宜点", thread=first)
    later = (await world.messages("王芳"))[-1]
    assert later.details["reply_to"] == asked.external_ids[0]
    await world.answers("王芳", "九块")
    await world.works()
    assert [each.thread for each in world.slack.sent] == [first, first]
    await world.does("王芳", text="好")
    await world.answers("王芳", "谢谢")
    await world.works()
    assert world.slack.sent[-1].thread == ""


async def test_a_revoked_token_is_told_in_words(make: Made) -> None:
    world = await make()
    await world.does("王芳", text="你好")
    world.slack.inject(Fault(name="chat.postMessage", code="token_revoked"))
    sent = await world.answers("王芳", "在的")
    await world.works()
    message = await world.stores.messages.get(sent.id)
    assert message is not None
    assert message.failure is not None
    assert (message.status, message.failure.code) == (MessageStatus.FAILED, "credentials_refused")
    assert "token_revoked" in ((await world.channel()).last_error or "")
    assert await world.hub.check_channel(await world.channel()) == (True, "模拟工作区 · @客服 · U0SCRMBOT")


async def test_over_a_line_that_is_renewed_and_breaks_nothing_is_lost(make: Made) -> None:
    """And Slack is told to forget an event once it is on disk."""
    world = await make(running=True, delivery="socket_mode")
    slack = world.slack
    await slack.act(Action(user="王芳", text="一", repeat=2))
    async with asyncio.timeout(20):
        await slack.wait_until(lambda: len(slack.api.acknowledged) == 2)
    await slack.api.say_goodbye("refresh_requested")
    await slack.act(Action(user="王芳", text="二"))
    async with asyncio.timeout(20):
        await slack.wait_until(lambda: slack.api.opened == 2 and len(slack.api.acknowledged) == 3)
    await slack.api.hang_up()
    await slack.act(Action(user="王芳", text="三"))  # told by nobody yet
    async with asyncio.timeout(20):
        await slack.wait_until(slack.all_told)

    async def arrived() -> bool:
        return await world.said("王芳") == ["一", "二", "三"]

    await eventually(arrived)
    await world.answers("王芳", "好")
    async with asyncio.timeout(20):
        [reply] = await slack.wait_for_sent(1)
    assert reply.content == "好"
    assert slack.pushes == []
