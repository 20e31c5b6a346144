"""Telegram through the whole hub: what customers do reaches the timeline, what agents answer reaches them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest
import structlog
from msgspec.structs import replace

from channels.telegram.simulator import Action, Fault
from channels.telegram.simulator.acts import PICTURE
from scrm.errors import Invalid
from scrm.model.analysis import AnalysisState
from scrm.model.message import AttachmentState, ContentType, MessageStatus
from scrm.model.work import JournalState
from tests.channels.telegram.conftest import CHANNEL, Made


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.05)


async def test_by_listening_a_customer_and_an_agent_talk(make: Made) -> None:
    """And a picture is fetched, a button answered, and nothing is heard twice though everything is said twice."""
    world = await make(running=True)
    platform = world.platform
    for action in (
        Action(user="王芳", text="你好", repeat=2),
        Action(user="王芳", type="photo", text="坏了", repeat=2),
        Action(user="李雷", type="start", text="store-7"),
    ):
        await platform.act(action)

    async def arrived() -> bool:
        thread = await world.messages("王芳")
        return len(thread) == 2 and all(each.state is AttachmentState.STORED for each in thread[1].attachments)

    await eventually(arrived)
    thread = await world.messages("王芳")
    assert [message.content for message in thread] == ["你好", "坏了"]
    assert (await world.stores.blobs.get(thread[1].attachments[0].id)) == PICTURE
    sent = await world.answers("王芳", "收到")
    async with asyncio.timeout(20):
        [reply] = await platform.wait_for_sent(1)
        await platform.wait_until(lambda: not platform.platform.updates)  # told to forget what is journalled
    assert (reply.content, reply.chat_id) == ("收到", platform.platform.user("王芳"))

    async def settled() -> bool:
        message = await world.stores.messages.get(sent.id)
        return message is not None and message.status is MessageStatus.SENT

    await eventually(settled)
    number = reply.message_id
    keys = {"inline_keyboard": [[{"text": "满意", "callback_data": "good"}]]}
    platform.platform.messages[reply.chat_id, number]["reply_markup"] = keys
    await platform.act(Action(user="王芳", type="press", text="good", message=number))
    async with asyncio.timeout(20):
        await platform.wait_until(lambda: len(platform.platform.answered) == 1)

    async def pressed() -> bool:
        return [message.content for message in await world.messages("王芳")] == ["你好", "坏了", "收到", "满意"]

    await eventually(pressed)
    assert (await world.messages("王芳"))[-1].details["quote"] == "收到"


async def test_by_webhook_the_hub_says_where_it_is_and_hears(make: Made) -> None:
    world = await make(running=True, delivery="webhook")
    platform = world.platform
    async with asyncio.timeout(20):
        await platform.wait_until(lambda: platform.platform.webhook_url.endswith(f"/hooks/{CHANNEL}"))
    await platform.act(Action(user="王芳", text="你好", repeat=3))

    async def arrived() -> bool:
        return [message.content for message in await world.messages("王芳")] == ["你好"]

    await eventually(arrived)
    await world.answers("王芳", "在的")
    async with asyncio.timeout(20):
        [reply] = await platform.wait_for_sent(1)
    message = platform.platform.messages[reply.chat_id, reply.message_id]
    message["reply_markup"] = {"inline_keyboard": [[{"text": "满意", "callback_data": "good"}]]}
    await platform.act(Action(user="王芳", type="press", text="good", message=reply.message_id))
    async with asyncio.timeout(20):
        await platform.wait_until(lambda: len(platform.platform.answered) == 1)  # by the answer to the push
    assert {status for _, status in platform.pushes} == {200}


async def test_a_check_registers_the_webhook_or_says_what_is_missing(make: Made) -> None:
    world = await make(delivery="webhook", reachable=False)
    ok, said = await world.hub.check_channel(await world.channel())
    assert not ok
    assert "public_url" in said
    world.hub._polling._hooks = "https://scrm.example.com/hooks"
    assert await world.hub.check_channel(await world.channel()) == (True, "")
    assert world.platform.platform.webhook_url == f"https://scrm.example.com/hooks/{CHANNEL}"
    assert len(world.platform.platform.webhook_secret) == 64


async def test_a_webhook_in_the_way_is_taken_away_and_another_reader_is_named(make: Made) -> None:
    world = await make(running=True)
    platform = world.platform
    platform.platform.webhook_url = "https://elsewhere.example.com/"
    platform.inject(Fault(name="getUpdates", code=409, detail="Conflict: terminated by other getUpdates request"))
    await platform.say("王芳", "你好")

    async def told() -> bool:
        return "another program reads this bot's messages" in ((await world.channel()).last_error or "")

    await eventually(told)

    async def well() -> bool:
        return (await world.channel()).last_error is None and len(await world.messages("王芳")) == 1

    await eventually(well)
    assert platform.platform.webhook_url == ""


async def test_an_edited_message_says_what_it_says_now_and_what_it_was(make: Made) -> None:
    world = await make()
    number = await world.does("王芳", text="I want a refund")
    second = await world.does("王芳", text="hello")
    await world.does("王芳", "edit", "I want two", message=number)
    first, other = await world.messages("王芳")
    assert (first.content, first.details["original"], other.content) == ("I want two", "I want a refund", "hello")
    assert first.details["edited_at"]
    assert first.analysis_state is AnalysisState.DONE
    assert first.analysis is not None
    assert first.analysis.category is None  # read anew: nothing of a refund any more
    await world.does("王芳", "edit", "I want three", message=number)
    assert [(each.content, each.details.get("original")) for each in await world.messages("王芳")] == [
        ("I want three", "I want a refund"),
        ("hello", None),
    ]
    await world.does("王芳", "edit", "hello angry", message=second)
    conversation = await world.conversation("王芳")
    assert conversation is not None
    assert conversation.preview is not None
    assert conversation.preview.content == "hello angry"
    assert conversation.incoming_count == 2
    newest = (await world.messages("王芳"))[0]
    later = {**newest.details, "edited_at": "2999-01-01T00:00:00+00:00"}
    await world.stores.messages.revise(replace(newest, details=later))
    await world.does("王芳", "edit", "late", message=number)  # an older one, replayed
    assert (await world.messages("王芳"))[0].content == "I want three"


async def test_an_edit_that_comes_with_its_message_or_of_one_never_seen_is_taken_once(make: Made) -> None:
    world = await make()
    value = await world.platform.say("王芳", "before")
    await world.platform.act(Action(user="王芳", type="edit", text="after", message=value["message_id"]))
    await world.takes()
    [only] = await world.messages("王芳")
    assert (only.content, only.details["original"]) == ("after", "before")
    lost = await world.platform.say("李雷", "unseen")
    world.platform.platform.updates.clear()
    await world.does("李雷", "edit", "seen", message=lost["message_id"])
    assert [message.content for message in await world.messages("李雷")] == ["seen"]


async def test_a_photo_put_in_place_of_another_stands_beside_it(make: Made) -> None:
    world = await make()
    value = await world.platform.act(Action(user="王芳", type="photo", text="看"))
    await world.takes()
    fresh = world.platform.platform.keep_file(b"another picture", "photos/other.jpg")
    sizes = [{"file_id": fresh, "file_unique_id": "AQADother", "width": 9, "height": 9}]
    await world.platform.act(
        Action(user="王芳", type="edit", text="看", message=value["message_id"], fields={"photo": sizes})
    )
    await world.takes()
    [message] = await world.messages("王芳")
    assert [each.state for each in message.attachments] == [AttachmentState.STORED] * 2
    assert "original" not in message.details
    assert await world.stores.blobs.get(message.attachments[1].id) == b"another picture"


async def test_an_agent_answers_one_message_in_particular(make: Made) -> None:
    world = await make()
    number = await world.does("王芳", text="多少钱？")
    await world.does("王芳", text="还有货吗？")
    first, _ = await world.messages("王芳")
    sent = await world.answers("王芳", "好" * 5000, reply_to=first.id)
    await world.works()
    assert [message.reply_to for message in world.platform.sent] == [number, 0]
    stored = await world.stores.messages.get(sent.id)
    assert stored is not None
    assert stored.details == {"reply_to": first.external_ids[0], "quote": "多少钱？"}
    with pytest.raises(Invalid):
        await world.answers("王芳", "好", reply_to="none")
    own = (await world.messages("王芳"))[-1]
    await world.answers("王芳", "补充", reply_to=own.id)
    await world.works()
    assert world.platform.sent[-1].reply_to == world.platform.sent[0].message_id


async def test_groups_come_to_nothing_and_fail_nothing(make: Made) -> None:
    world = await make()
    await world.does("王芳", text="大家好", group=True)
    assert await world.conversation("王芳") is None
    assert await world.stores.journal.page(JournalState.FAILED, channel_id=CHANNEL, after=None, limit=9) == []
    [entry] = await world.stores.journal.page(JournalState.DONE, channel_id=CHANNEL, after=None, limit=9)
    assert entry.error is None


async def test_every_kind_of_message_has_its_place_and_every_file_is_fetched(make: Made) -> None:
    world = await make()
    kinds = ["text", "photo", "voice", "audio", "video", "video_note", "animation", "document", "sticker", "location",
             "venue", "contact", "poll", "dice", "hologram"]  # fmt: skip
    for kind in kinds:
        text = "13800138000" if kind == "contact" else "你好"
        fields = {"hologram": {"depth": 3}} if kind == "hologram" else {}
        await world.platform.act(Action(user="王芳", type=kind, text=text, title="标题", fields=fields))
    await world.takes()
    thread = await world.messages("王芳")
    assert [message.content_type for message in thread] == [
        ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VOICE, ContentType.VIDEO,
        ContentType.VIDEO, ContentType.VIDEO, ContentType.FILE, ContentType.IMAGE, ContentType.LOCATION,
        ContentType.LOCATION, ContentType.TEXT, ContentType.TEXT, ContentType.TEXT, ContentType.UNKNOWN,
    ]  # fmt: skip
    files = [attachment for message in thread for attachment in message.attachments]
    assert [file.state for file in files] == [AttachmentState.STORED] * 8


async def test_blocking_and_coming_back_is_known_of_the_contact(make: Made) -> None:
    world = await make()
    await world.does("王芳", text="你好")
    await world.does("王芳", "block")
    conversation = await world.conversation("王芳")
    assert conversation is not None
    contact = await world.stores.contacts.get(conversation.contact_id)
    assert contact is not None
    assert contact.subscribed is False
    sent = await world.answers("王芳", "在吗")
    await world.works()
    message = await world.stores.messages.get(sent.id)
    assert message is not None
    assert message.failure is not None
    assert (message.status, message.failure.code) == (MessageStatus.FAILED, "blocked_by_contact")
    await world.does("王芳", "unblock")
    contact = await world.stores.contacts.get(conversation.contact_id)
    assert contact is not None
    assert contact.subscribed is True


async def test_typing_long_text_and_a_flood(make: Made) -> None:
    """Text leaves in parts that are counted as the platform counts, and a flood is waited out as long as it says."""
    world = await make()
    await world.does("王芳", text="你好")
    conversation = await world.conversation("王芳")
    assert conversation is not None
    await world.hub.typing(conversation.id)
    assert world.platform.platform.typing == [world.platform.platform.user("王芳")]
    await world.answers("王芳", "😀" * 2100 + "。" + "好" * 3000)
    await world.works()
    parts = [message.content for message in world.platform.sent]
    assert "".join(parts) == "😀" * 2100 + "。" + "好" * 3000
    assert len(parts) == 2
    assert max(len(part.encode("utf-16-le")) // 2 for part in parts) <= 4096
    world.platform.inject(Fault(name="sendMessage", code=429, detail="Too Many Requests", retry_after=30))
    sent = await world.answers("王芳", "在的")
    await world.works()
    message = await world.stores.messages.get(sent.id)
    assert message is not None
    assert message.status is MessageStatus.RETRYING
    entry = await world.stores.outbox.get(sent.id)
    assert entry is not None
    assert 25 < (entry.due_at - world.platform.clock.now()).total_seconds() <= 31
    assert len(world.platform.sent) == 2


async def test_the_token_reaches_no_log_and_no_record(
    make: Made, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever goes wrong, and however loudly it is logged."""
    world = await make()
    for library in ("aiohttp", "asyncio", "scrm"):
        caplog.set_level(logging.DEBUG, library)
    token = world.platform.platform.bot.token
    await world.does("王芳", text="你好")
    faults = [
        Fault(name="sendMessage", code=400, detail=f"Bad Request: /bot{token}/ is odd"),
        Fault(name="sendMessage", status=502, body=token.encode()),
        Fault(name="sendMessage", status=302, headers={"Location": f"/bot{token}/elsewhere"}),
        Fault(name="sendMessage", cut="before"),  # type: ignore[arg-type]
    ]
    with structlog.testing.capture_logs() as events:
        for fault in faults:
            world.platform.inject(fault)
            sent = await world.answers("王芳", "在的")
            await world.works()
            message = await world.stores.messages.get(sent.id)
            assert message is not None
            assert message.failure is not None
            assert token not in repr(message)
        world.platform.inject(Fault(name="getFile", code=400, detail=f"Bad Request: {token}"))
        await world.does("王芳", "photo")
        await world.hub.check_channel(await world.channel())
    written = capsys.readouterr()
    assert token not in caplog.text + repr(events) + written.out + written.err
    assert token.partition(":")[2] not in repr(await world.messages("王芳"))
