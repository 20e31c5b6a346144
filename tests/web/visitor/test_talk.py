"""What a visitor and an agent see of each other: nothing is lost or doubled, on any line, device or day."""

import asyncio
import json

import pytest
from aiohttp import ClientSession
from msgspec.structs import replace

from channels.webchat.simulator import VisitorError
from channels.webchat.simulator.visitor import new_id
from scrm.clock import SystemClock
from scrm.ids import ChannelId, MessageId
from scrm.model.conversation import ConversationStatus
from scrm.model.message import Author, AuthorType, MessageKind, MessageStatus
from scrm.model.reports import Metric
from scrm.model.work import partition_of
from scrm.web.realtime.line import LONGEST
from scrm.web.visitor import hall, history
from scrm.web.visitor.hall import VISITORS
from tests.flow.conftest import until
from tests.web.conftest import Desk, OpenDesk
from tests.web.visitor.conftest import (
    PATIENCE,
    PNG,
    SITE,
    OpenVisitor,
    add_site,
    handle,
    identity,
    newest,
    note,
    page,
    reply,
    resolve,
    shows,
    work_off,
)


async def test_a_visitor_and_an_agent_talk(live: Desk, visit: OpenVisitor) -> None:
    agent = await live.agent("wang.xiaoming")
    visitor = await visit()
    await visitor.say("有货吗？")
    conversation = await newest(live, visitor)
    await shows(visitor, "有货吗？")
    await note(live, conversation, "内部：别说底价")
    await reply(live, conversation, "有的", agent)
    await shows(visitor, "有货吗？", "有的")
    mine, theirs = visitor.shown
    assert mine["mine"] and not theirs["mine"]
    # An agent without a public name has none outside.
    assert theirs["agent"] is None
    assert agent.name not in json.dumps(visitor.entries) + json.dumps(visitor.state)
    async with asyncio.timeout(PATIENCE):
        while True:  # the page's receipt goes through the journal, as a platform's does
            await work_off(live, visitor)
            stored = await live.stores.messages.get(theirs["id"])
            if stored is not None and stored.status is MessageStatus.READ:
                break
            await asyncio.sleep(0)
    status, _ = await (await live.program()).patch(f"agents/{agent.id}", {"public_name": "小明"})
    assert status == 200
    await reply(live, conversation, "还要吗", agent)
    await shows(visitor, "有货吗？", "有的", "还要吗")
    assert visitor.shown[2]["agent"] == "小明"


async def test_saying_it_again_is_saying_it_once(live: Desk, visit: OpenVisitor) -> None:
    visitor = await visit()
    message_id = await visitor.say("一次")
    await visitor.say("一次", message_id=message_id)
    await newest(live, visitor)
    await visitor.say("一次", message_id=message_id)
    # Signed in meanwhile: another handle perhaps, the same message.
    visitor.identity = identity("u1")
    await visitor.enter()
    await visitor.say("一次", message_id=message_id)
    await visitor.say("完")
    await newest(live, visitor)
    await shows(visitor, "一次", "完")


async def test_what_was_missed_comes_after_the_place(live: Desk, visit: OpenVisitor) -> None:
    visitor = await visit()
    await visitor.say("一")
    conversation = await newest(live, visitor)
    await shows(visitor, "一")
    other = await visit(token=visitor.token)
    await shows(other, "一")
    await other.__aexit__()
    for text in ("二", "三"):
        await reply(live, conversation, text)
    socket = await other.socket()
    frames = [json.loads(await socket.receive_str()) for _ in range(5)]
    assert [frame["type"] for frame in frames] == ["hello", "entry", "entry", "state", "caught_up"]
    assert [frame["entry"]["text"] for frame in frames[1:3]] == ["二", "三"]
    await socket.close()


async def test_an_agents_message_that_left_late_is_not_missed(live: Desk, visit: OpenVisitor) -> None:
    """Its position is before what the page has seen already."""
    visitor = await visit()
    await visitor.say("一")
    conversation = await newest(live, visitor)
    by = Author(type=AuthorType.API, id="t")
    await live.hub.reply(conversation.id, author=by, content="晚到", client_id=new_id(), attachments=())
    await visitor.say("二")
    # Only what came in is taken in; the reply still waits in the outbox.
    entries = await live.stores.journal.pending(partition_of(SITE, handle(visitor)), 10)
    await live.hub._ingest.entries(entries)
    await shows(visitor, "一", "二")
    await visitor.__aexit__()
    await work_off(live, visitor)
    await visitor.poll(wait=0)
    assert visitor.texts == ["一", "晚到", "二"]


async def test_history_pages_over_conversations(
    live: Desk, visit: OpenVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 8)
    visitor = await visit()
    for number in range(6):
        await visitor.say(f"旧 {number}")
    first = await newest(live, visitor)
    await resolve(live, first)
    stored = await live.stores.conversations.get(first.id)
    assert stored is not None and stored.resolved_at is not None
    long_ago = replace(stored, resolved_at=stored.resolved_at.replace(year=2020))
    await live.stores.conversations.save(long_ago)
    for number in range(6):
        await visitor.say(f"新 {number}")
    second = await newest(live, visitor)
    assert second.id != first.id
    again = await visit(token=visitor.token)
    async with asyncio.timeout(PATIENCE):
        await again.wait_until(lambda: len(again.entries) == 8)
    assert await again.earlier() == 4
    assert await again.earlier() == 0
    assert again.texts == [f"旧 {number}" for number in range(6)] + [f"新 {number}" for number in range(6)]


async def test_a_reply_that_leaves_long_after_it_was_written_hides_no_page_of_the_past(
    live: Desk, visit: OpenVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 8)
    visitor = await visit()
    await visitor.say("0")
    conversation = await newest(live, visitor)
    by = Author(type=AuthorType.API, id="t")
    late, _ = await live.hub.reply(conversation.id, author=by, content="晚", client_id=new_id(), attachments=())
    await live.stores.messages.set_status(late.id, MessageStatus.FAILED)
    for number in range(1, 20):
        await visitor.say(str(number))
    await newest(live, visitor)
    again = await visit(token=visitor.token)
    async with asyncio.timeout(PATIENCE):
        await again.wait_until(lambda: len(again.entries) == 8)
        await live.stores.messages.requeue(late.id)  # an agent sends it again, and it leaves
        await live.stores.messages.set_status(late.id, MessageStatus.SENT)
        await again.wait_until(lambda: "晚" in again.texts)
    assert await again.earlier() == 8
    assert await again.earlier() == 5
    assert again.texts == ["0", "晚", *map(str, range(1, 20))]


async def test_an_address_has_only_so_many_pages_open(
    live: Desk, visit: OpenVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hall, "MOST_OF_ADDRESS", 2)
    first = await visit()
    async with asyncio.timeout(PATIENCE):
        await first.wait_until(lambda: first.connections == 1)
        second = await visit()
        await second.wait_until(lambda: second.connections == 1)
    async with ClientSession() as session:
        third = page(live, session)
        await third.enter()
        with pytest.raises(VisitorError) as refused:
            await third.poll(wait=0)
        assert refused.value.status == 429
        await first.__aexit__()
        visitors = live.server.app[VISITORS]
        await until(lambda: len(visitors) == 1)
        await third.poll(wait=0)
    assert sum(visitors._by_address.values()) == len(visitors)


async def test_a_reload_brings_back_what_was_dropped(live: Desk, visit: OpenVisitor) -> None:
    visitor = await visit()
    await visitor.say("一")
    await newest(live, visitor)
    await shows(visitor, "一")
    connections = visitor.connections
    live.server.app[VISITORS].lost()
    await visitor.say("二")
    await newest(live, visitor)
    await shows(visitor, "一", "二")
    assert visitor.connections == connections


async def test_two_processes_show_each_other_s_visitors(open_desk: OpenDesk) -> None:
    here, there = await open_desk(SystemClock()), await open_desk(SystemClock())
    await add_site(here)
    async with ClientSession() as session, page(there, session) as visitor:
        await visitor.say("一")
        conversation = await newest(here, visitor)
        await reply(here, conversation, "二")
        await shows(visitor, "一", "二")


async def test_a_long_poll_brings_the_same(live: Desk) -> None:
    async with ClientSession() as session:
        visitor = page(live, session)
        await visitor.enter()
        await visitor.poll(wait=0)
        assert visitor.texts == []
        await visitor.say("一")
        conversation = await newest(live, visitor)
        await visitor.poll()
        assert visitor.texts == ["一"]
        waiting = asyncio.create_task(visitor.poll())
        async with asyncio.timeout(PATIENCE):
            while not len(live.server.app[VISITORS]):  # noqa: ASYNC110 - it joins on its own time
                await asyncio.sleep(0)
            await reply(live, conversation, "二")
            await waiting
            while visitor.texts != ["一", "二"]:  # the first news may be that somebody has it now
                await visitor.poll()
    assert not len(live.server.app[VISITORS])


async def test_a_page_that_lacks_very_much_begins_anew(live: Desk) -> None:
    """What it lacks would not fit into its line, which nobody empties before it is complete."""
    async with ClientSession() as session:
        visitor = page(live, session)
        await visitor.enter()
        await visitor.say("一")
        conversation = await newest(live, visitor)
        await visitor.poll()
        texts = [f"第 {number} 句" for number in range(LONGEST)]
        messages = [
            replace(
                (await live.stores.messages.thread(conversation.id, after=0, until=1))[0],
                id=MessageId(f"m{number}"),
                position=conversation.last_position + 1 + number,
                rank=float(conversation.last_position + 1 + number),
                content=text,
                external_ids=(f"x{number}",),
            )
            for number, text in enumerate(texts)
        ]
        await live.stores.messages.insert(*messages)
        await live.stores.conversations.save(replace(await newest(live, visitor), last_position=messages[-1].position))
        async with asyncio.timeout(PATIENCE):
            await visitor.poll(wait=0)
    assert visitor.texts[-1] == texts[-1]
    assert len(visitor.texts) < LONGEST


async def test_the_form_fills_in_the_contact(live: Desk, visit: OpenVisitor) -> None:
    await add_site(live, ChannelId("site3"), form="name! phone")
    async with ClientSession() as session:
        visitor = page(live, session, channel_id=ChannelId("site3"))
        view = await visitor.enter()
        assert view["site"]["form"] == [{"name": "name", "required": True}, {"name": "phone", "required": False}]
        with pytest.raises(VisitorError) as caught:
            await visitor.say("你好", form={"name": " "})
        assert caught.value.status == 422
        await visitor.say("你好", form={"name": "韩梅梅", "phone": "13800138000", "away": True})
        await live.hub.work_off()
    [contact] = await live.stores.contacts.page(after=None, limit=10)
    assert (contact.name, contact.phone) == ("韩梅梅", "13800138000")
    [conversation] = await live.stores.conversations.of_contact(contact.id, 10)
    thread = await live.stores.messages.thread(conversation.id, after=0, until=10)
    events = [(message.kind, message.details.get("event"), message.content) for message in thread]
    assert (MessageKind.ACTIVITY, "away_form", "") in events
    assert (MessageKind.INCOMING, None, "你好") in events
    assert conversation.status is ConversationStatus.OPEN


async def test_a_resolved_conversation_is_rated_once(live: Desk, visit: OpenVisitor) -> None:
    visitor = await visit()
    await visitor.say("问题")
    conversation = await newest(live, visitor)
    await reply(live, conversation, "答案")
    await shows(visitor, "问题", "答案")
    assert visitor.state is not None and visitor.state["occasion"] is None
    await resolve(live, conversation)
    async with asyncio.timeout(PATIENCE):
        await visitor.wait_until(lambda: bool(visitor.state and visitor.state["occasion"]))
    await visitor.rate(4, "不错")
    await visitor.rate(1, "改主意")
    await work_off(live, visitor)
    thread = await live.stores.messages.thread(conversation.id, after=0, until=50)
    [rating] = [message for message in thread if message.details.get("event") == "rating"]
    assert (rating.details["score"], rating.content) == ("4", "不错")
    stored = await live.stores.conversations.get(conversation.id)
    assert stored is not None and stored.status is ConversationStatus.RESOLVED
    [counted] = await live.stores.reports.rollups(live.about_now(), [Metric.SATISFACTION])
    assert (counted.count, counted.total) == (1, 4.0)
    assert "不错" not in visitor.texts
    with pytest.raises(VisitorError):
        await visitor.call("POST", "/say", json={"type": "rating", "occasion": "made up", "score": 5})


async def test_files_go_both_ways(live: Desk, visit: OpenVisitor) -> None:
    visitor, stranger = await visit(), await visit()
    file = await visitor.upload(PNG, "图片.png", "text/html")
    assert (file["media_type"], file["file_name"], file["size"]) == ("image/png", "图片.png", len(PNG))
    with pytest.raises(VisitorError) as caught:
        await stranger.say(files=[file])
    assert caught.value.status == 403
    with pytest.raises(VisitorError):
        await visitor.say(files=[{**file, "media_type": "text/html"}])
    await visitor.say(files=[file])
    await newest(live, visitor)
    async with asyncio.timeout(PATIENCE):
        await visitor.wait_until(lambda: bool(visitor.entries))
    [entry] = visitor.shown
    assert [each["ready"] for each in entry["files"]] == [True]
    assert await visitor.call("GET", f"/files/{file['id']}") == PNG
    with pytest.raises(VisitorError) as caught:
        await stranger.call("GET", f"/files/{file['id']}")
    assert caught.value.status == 404


async def test_typing_is_shown_on_both_sides(live: Desk, visit: OpenVisitor) -> None:
    caller = await live.signed_in()
    visitor = await visit()
    await visitor.say("在吗")
    conversation = await newest(live, visitor)
    await shows(visitor, "在吗")
    socket = await caller.socket()
    await socket.send_json({"type": "watch", "conversation_id": conversation.id, "after_position": -1})
    async with asyncio.timeout(PATIENCE):
        while json.loads(await socket.receive_str())["type"] != "caught_up":
            pass
        await visitor.call("POST", "/say", json={"type": "typing"})
        while (frame := json.loads(await socket.receive_str()))["type"] != "typing":
            pass
        assert frame == {"type": "typing", "conversation_id": conversation.id, "agent_id": None}
        await socket.send_json({"type": "typing", "conversation_id": conversation.id})
        await visitor.wait_until(lambda: visitor.typing == 1)


async def test_a_receipt_is_about_ones_own_messages(live: Desk, visit: OpenVisitor) -> None:
    visitor, stranger = await visit(), await visit()
    await visitor.say("一")
    await stranger.say("二")
    conversation = await newest(live, visitor)
    await visitor.__aexit__()
    await reply(live, conversation, "回复")
    [message] = [
        each
        for each in await live.stores.messages.thread(conversation.id, after=0, until=50)
        if each.kind is MessageKind.OUTGOING
    ]
    await stranger.call("POST", "/say", json={"type": "seen", "ids": [message.id], "read": True})
    await work_off(live, stranger)
    stored = await live.stores.messages.get(message.id)
    assert stored is not None and stored.status is MessageStatus.SENT
    await visitor.call("POST", "/say", json={"type": "seen", "ids": [message.id], "read": False})
    await work_off(live, visitor)
    stored = await live.stores.messages.get(message.id)
    assert stored is not None and stored.status is MessageStatus.DELIVERED
