"""WhatsApp through the whole hub: what customers do reaches the timeline, what agents answer reaches them, and what
becomes of it is seen."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from channels.meta.simulator.samples import PICTURE
from channels.whatsapp.simulator.acts import push_of
from scrm.clock import SystemClock
from scrm.ids import AttachmentId, UlidFactory
from scrm.model.message import Attachment, AttachmentState, MessageStatus
from scrm.model.work import JournalState
from tests.channels.hub import AUTHOR
from tests.channels.whatsapp.conftest import CHANNEL, Made, World


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.05)


async def connected(world: World) -> None:
    async with asyncio.timeout(20):
        await world.platform.wait_until(lambda: world.platform.webhook_url.endswith(f"/hooks/{CHANNEL}"))


async def test_a_customer_and_an_agent_talk(make: Made) -> None:
    """The hub says where it is and is asked; everything is told twice and is there once; a picture is fetched, a file
    sent; the customer sees what is answered, that it is being written, and the agent that it was read."""
    world = await make()
    platform = world.platform
    await connected(world)
    assert platform.subscribed
    asked = await world.does("王芳", text="你好", repeat=2)
    await world.does("王芳", "image", "坏了", repeat=2)

    async def arrived() -> bool:
        thread = await world.messages("王芳")
        return len(thread) == 2 and all(each.state is AttachmentState.STORED for each in thread[1].attachments)

    await eventually(arrived)
    question, picture = await world.messages("王芳")
    assert (question.content, picture.content) == ("你好", "坏了")
    assert await world.stores.blobs.get(picture.attachments[0].id) == PICTURE
    contact = await world.contact("王芳")
    assert contact is not None
    assert (contact.name, contact.phone) == ("王芳", f"+{platform.platform.person('王芳').phone}")
    await world.hub.typing(question.conversation_id)
    assert platform.platform.typing == [picture.external_ids[0]]
    pdf = Attachment(
        id=AttachmentId(UlidFactory(SystemClock())()),
        state=AttachmentState.STORED,
        media_type="application/pdf",
        file_name="说明.pdf",
        size=9,
    )
    await world.stores.blobs.put(pdf.id, b"%PDF-1.4 ", pdf.media_type, pdf.file_name)
    answer = await world.answers("王芳", "请看附件", reply_to=question.id, attachments=(pdf,))
    async with asyncio.timeout(20):
        text, file = await platform.wait_for_sent(2)
    assert (text.content, text.reply_to) == ("请看附件", asked)
    assert (file.kind, file.file_name, file.data, file.reply_to) == ("document", "说明.pdf", b"%PDF-1.4 ", "")

    async def status(wanted: MessageStatus) -> bool:
        return (await world.message(answer)).status is wanted

    await eventually(lambda: status(MessageStatus.DELIVERED))
    await world.does("王芳", "read", message=text.id)
    await eventually(lambda: status(MessageStatus.READ))
    platform.tell(text, "delivered")  # late, and again
    await world.does("王芳", text="谢谢", reply_to=text.id)
    await eventually(lambda: _is(world, "王芳", ["你好", "坏了", "请看附件", "谢谢"]))
    assert (await world.messages("王芳"))[-1].details["quote"] == "请看附件"
    assert await status(MessageStatus.READ)
    assert set(platform.pushes) == {200}


async def _is(world: World, user: str, wanted: list[str]) -> bool:
    return await world.said(user) == wanted


async def test_one_push_of_several_people_is_cut_and_what_comes_again_in_other_company_is_known(make: Made) -> None:
    world = await make()
    await connected(world)
    person, other = (world.platform.platform.person(name) for name in ("王芳", "李雷"))
    people = [
        {"profile": {"name": each.name}, "wa_id": each.phone, "user_id": each.user_id} for each in (person, other)
    ]
    texts = [
        {"from": each.phone, "id": f"wamid.{number}", "timestamp": "1763600000", "type": "text", "text": {"body": text}}
        for number, (each, text) in enumerate([(person, "一"), (other, "甲"), (person, "二"), (other, "乙")])
    ]
    world.platform.push(push_of(world.platform.account, contacts=people, messages=[*texts[:3], {"type": "text"}]))
    world.platform.push(push_of(world.platform.account, contacts=people, messages=[texts[3], texts[0], texts[2]]))
    await eventually(lambda: _is(world, "王芳", ["一", "二"]))
    await eventually(lambda: _is(world, "李雷", ["甲", "乙"]))
    async with asyncio.timeout(20):
        await world.platform.wait_until(lambda: not world.platform.waiting)
    failed = await world.stores.journal.page(JournalState.FAILED, channel_id=CHANNEL, after=None, limit=10)
    assert [entry.error for entry in failed] == ["without an id"]


async def test_after_the_window_a_template_reaches_the_customer(make: Made) -> None:
    world = await make()
    await connected(world)
    offered = await world.hub.accounts.fetch_templates(CHANNEL)
    assert sorted(each.template_id for each in offered) == ["order_update-zh_CN", "still_there-en_US"]
    [update] = [each for each in offered if each.template_id == "order_update-zh_CN"]
    assert [(field.name, field.label) for field in update.fields] == [
        ("HEADER_1", "订单"), ("1", "您好"), ("2", "您的订单状态"), ("BUTTON_0", "查看物流"),
    ]  # fmt: skip
    await world.hub.accounts.change_template(CHANNEL, update.template_id, enabled=True, mapping={}, url="")
    yesterday = SystemClock().now() - timedelta(hours=25)
    await world.does("王芳", text="在吗", fields={"timestamp": str(int(yesterday.timestamp()))})
    world.platform.platform.wrote_at["王芳"] = yesterday
    await eventually(lambda: _is(world, "王芳", ["在吗"]))
    conversation = await world.conversation("王芳")
    assert conversation is not None
    assert not world.hub.window(conversation, SystemClock().now()).open
    fields = {"HEADER_1": "10086", "1": "王女士", "2": "已发货\n请查收", "BUTTON_0": "10086"}
    notice, _ = await world.hub.accounts.notify(
        conversation.id, author=AUTHOR, client_id="n1", template_id=update.template_id, fields=fields
    )
    async with asyncio.timeout(20):
        [sent] = await world.platform.wait_for_sent(1)
    assert (sent.kind, sent.content) == ("template", "您好 王女士，您的订单状态：已发货 请查收。")
    assert notice.content.splitlines()[:2] == ["订单 10086", "您好 王女士，您的订单状态：已发货 请查收。"]

    async def delivered() -> bool:
        return (await world.message(notice)).status is MessageStatus.DELIVERED

    await eventually(delivered)


async def test_a_window_that_only_the_platform_knows_is_closed_is_told_late_and_the_template_goes(make: Made) -> None:
    """It takes the text on, and says in a status that it was too late (131047)."""
    world = await make()
    await connected(world)
    await world.hub.accounts.fetch_templates(CHANNEL)
    mapping = {"HEADER_1": "{number}", "1": "{customer}", "2": "{message}", "BUTTON_0": "{number}"}
    await world.hub.accounts.change_template(
        CHANNEL, "order_update-zh_CN", enabled=True, automatic=True, mapping=mapping, url=""
    )
    await world.does("王芳", text="在吗")
    await eventually(lambda: _is(world, "王芳", ["在吗"]))
    world.platform.platform.wrote_at["王芳"] -= timedelta(hours=25)
    answer = await world.answers("王芳", "已发货")

    async def delivered() -> bool:
        return (await world.message(answer)).status is MessageStatus.DELIVERED

    await eventually(delivered)
    [sent] = world.platform.sent
    assert (sent.kind, sent.content) == ("template", "您好 王芳，您的订单状态：已发货。")
    conversation = await world.conversation("王芳")
    assert conversation is not None
    assert not world.hub.window(conversation, SystemClock().now()).open


async def test_a_refusal_that_comes_late_is_told(make: Made) -> None:
    world = await make()
    await connected(world)
    await world.does("王芳", text="你好")
    await eventually(lambda: _is(world, "王芳", ["你好"]))
    world.platform.platform.blocked.add("王芳")
    refused = await world.answers("王芳", "在的")

    async def failed() -> bool:
        return (await world.message(refused)).status is MessageStatus.FAILED

    await eventually(failed)
    failure = (await world.message(refused)).failure
    assert failure is not None
    assert (failure.code, failure.platform_code) == ("recipient_unknown", "131026")


async def test_who_hides_the_number_or_moves_to_another_stays_the_same_contact(make: Made) -> None:
    world = await make()
    await connected(world)
    await world.does("王芳", text="有号码")
    await eventually(lambda: _is(world, "王芳", ["有号码"]))
    before = world.platform.platform.person("王芳")
    await world.does("王芳", text="没号码", hidden=True)
    await eventually(lambda: _is(world, "王芳", ["有号码", "没号码"]))
    await world.answers("王芳", "都收到")
    async with asyncio.timeout(20):
        [sent] = await world.platform.wait_for_sent(1)
    assert sent.recipient == before.user_id
    await world.does("王芳", "move")
    await world.does("王芳", text="新号码")
    await eventually(lambda: _is(world, "王芳", ["有号码", "没号码", "都收到", "新号码"]))
    after = world.platform.platform.person("王芳")
    contact = await world.whose(after.phone)
    assert contact is not None
    assert {await world.whose(handle) for handle in (before.phone, before.user_id, after.phone)} == {contact}


async def test_what_is_changed_and_taken_back_stays_readable(make: Made) -> None:
    world = await make()
    await connected(world)
    said = await world.does("王芳", text="退款")
    await world.does("王芳", "edit", "不退了", message=said)
    await world.does("王芳", "revoke", message=said)
    await world.does("王芳", "reaction", "👍", message=said)

    async def all_there() -> bool:
        return len(await world.thread("王芳")) >= 3

    await eventually(all_there)
    entries = await world.thread("王芳")
    [message] = [each for each in entries if each.kind == "incoming"]
    assert (message.content, message.details["original"]) == ("不退了", "退款")
    events = [each.details.get("event") for each in entries if each.kind == "activity"]
    assert {"message_deleted", "reaction"} <= set(events)


async def test_a_check_names_the_number_or_says_what_is_missing(make: Made) -> None:
    world = await make(reachable=False)
    ok, said = await world.hub.check_channel(await world.channel())
    assert not ok
    assert "public_url" in said
    world.hub._polling._hooks = "http://127.0.0.1:9/hooks"
    ok, said = await world.hub.check_channel(await world.channel())
    assert not ok
    assert "Callback verification failed" in said
