"""The visitors' door: what a page of an allowed site may do, what it sees, and that nothing is lost or doubled."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError
from msgspec.structs import replace

from channels.webchat.simulator import Visitor, VisitorError
from channels.webchat.simulator.visitor import new_id
from scrm.clock import ManualClock, SystemClock
from scrm.ids import ChannelId, MessageId
from scrm.model.channel import Channel, ChannelState
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import Author, AuthorType, MessageKind, MessageStatus
from scrm.model.people import Agent
from scrm.model.reports import Metric, ReportFilter
from scrm.model.work import partition_of
from scrm.ports.flow import ConversationChange
from scrm.web.realtime.line import LONGEST
from scrm.web.visitor import history
from scrm.web.visitor.hall import CLOSED_PASS, CLOSED_SILENT, PING_EVERY, SILENT, VISITORS
from scrm.web.visitor.passes import identity_signature
from tests.web.conftest import Desk, OpenDesk

SITE = ChannelId("site1")
SHOP = "https://shop.example.com"
SECRET = "s" * 40
PATIENCE = 15.0
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)

OpenVisitor = Callable[..., Awaitable[Visitor]]


async def add_site(desk: Desk, channel_id: ChannelId = SITE, **settings: str) -> Channel:
    now = desk.clock.now()
    complete = desk.context.channel_types.normalise_settings(
        "webchat", {"origins": f"{SHOP} https://*.example.org", "secret": SECRET, **settings}
    )
    channel = Channel(id=channel_id, type="webchat", name="商城", settings=complete, created_at=now, updated_at=now)
    await desk.stores.channels.insert(channel)
    return channel


@pytest.fixture
async def live(open_desk: OpenDesk) -> Desk:
    desk = await open_desk(SystemClock())
    await add_site(desk)
    return desk


@pytest.fixture
async def visit(live: Desk) -> AsyncIterator[OpenVisitor]:
    """Opens pages that listen until the test ends."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())

        async def open_page(**more: Any) -> Visitor:
            return await stack.enter_async_context(page(live, session, **more))

        yield open_page


def page(desk: Desk, session: ClientSession, **more: Any) -> Visitor:
    hub = str(desk.server.make_url("")).rstrip("/")
    return Visitor(session, hub, more.pop("channel_id", SITE), **{"origin": SHOP, **more})


def identity(user: str, expires: int = 4_000_000_000, **more: str) -> dict[str, Any]:
    return {"user_id": user, "expires": expires, "signature": identity_signature(SECRET, user, expires), **more}


async def work_off(desk: Desk, *visitors: Visitor) -> None:
    """What these visitors did; looking at every partition would be most of what a test takes."""
    await desk.hub.work_off(sorted({partition_of(SITE, handle(visitor)) for visitor in visitors}))


def handle(visitor: Visitor) -> str:
    return str(json.loads(decoded(visitor.token or ""))["handle"])


async def newest(desk: Desk, visitor: Visitor) -> Conversation:
    await work_off(desk, visitor)
    found = await desk.stores.contacts.identity(IdentityScope.CHANNEL, SITE, handle(visitor))
    assert found is not None
    conversation = await desk.stores.conversations.latest(found.contact_id, SITE)
    assert conversation is not None
    return conversation


def decoded(token: str) -> bytes:
    facts = token.partition(".")[0]
    return base64.urlsafe_b64decode(facts + "=" * (-len(facts) % 4))


async def reply(desk: Desk, conversation: Conversation, text: str, agent: Agent | None = None) -> None:
    by = Author(type=AuthorType.AGENT, id=agent.id, name=agent.name) if agent else Author(type=AuthorType.API, id="t")
    message, _ = await desk.hub.reply(conversation.id, author=by, content=text, client_id=new_id(), attachments=())
    entry = await desk.stores.outbox.get(message.id)
    assert entry is not None
    await desk.hub.work_off([entry.partition])


async def note(desk: Desk, conversation: Conversation, text: str) -> None:
    by = Author(type=AuthorType.API, id="t")
    await desk.hub.note(conversation.id, author=by, content=text, client_id=new_id(), mentions=(), attachments=())


async def resolve(desk: Desk, conversation: Conversation) -> None:
    by = Author(type=AuthorType.API, id="t")
    await desk.hub.change(conversation.id, ConversationChange(status=ConversationStatus.RESOLVED), by=by)


async def shows(visitor: Visitor, *texts: str) -> None:
    async with asyncio.timeout(PATIENCE):
        await visitor.wait_until(lambda: visitor.texts == list(texts))


# --- to and fro -------------------------------------------------------------------------------------------------------


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


# --- long poll --------------------------------------------------------------------------------------------------------


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


# --- who it is --------------------------------------------------------------------------------------------------------


async def test_a_signed_user_has_one_history_on_every_device(live: Desk, visit: OpenVisitor) -> None:
    phone = await visit()
    await phone.say("手机上，还没登录")
    await newest(live, phone)
    phone.identity = identity("user-7", name="李雷")
    await phone.enter()
    await phone.say("手机上，登录了")
    await newest(live, phone)
    desktop = await visit(identity=identity("user-7"))
    await shows(desktop, "手机上，还没登录", "手机上，登录了")
    await desktop.say("电脑上")
    await newest(live, desktop)
    await shows(desktop, "手机上，还没登录", "手机上，登录了", "电脑上")
    await shows(phone, "手机上，还没登录", "手机上，登录了", "电脑上")


async def test_nobody_gets_another_user_s_history(live: Desk, visit: OpenVisitor) -> None:
    first = await visit(identity=identity("user-1"))
    await first.say("我的秘密")
    await newest(live, first)
    # The same browser afterwards: signed out, then somebody else.
    signed_out = await visit(token=first.token)
    second = await visit(token=first.token, identity=identity("user-2"))
    await second.say("新的人")
    await newest(live, second)
    await shows(second, "新的人")
    assert signed_out.texts == []
    assert first.texts == ["我的秘密"]


async def test_nobody_makes_themself_a_visitor(live: Desk) -> None:
    await add_site(live, ChannelId("site2"))
    async with ClientSession() as session:
        elsewhere = page(live, session, channel_id=ChannelId("site2"))
        await elsewhere.enter()
        for token in ("", ".", "e30.00", elsewhere.token, (elsewhere.token or "")[:-1], "é" * 50):
            visitor = page(live, session)
            visitor.token = token
            with pytest.raises(VisitorError) as caught:
                await visitor.say("hi")
            assert caught.value.status == 401
        visitor = page(live, session)
        visitor.token = elsewhere.token
        socket = await visitor.socket()
        message = await socket.receive(timeout=PATIENCE)
        assert message.type is WSMsgType.CLOSE and message.data == CLOSED_PASS
        # What comes over /hooks without the door's signature.
        await visitor.enter()
        url = live.server.make_url(f"/hooks/{SITE}")
        body = {
            "visitor": "v1",
            "at": live.clock.now().isoformat(),
            "said": {"type": "message", "id": "x", "text": "y"},
        }
        headers = {"Authorization": f"Visitor {visitor.token}", "Origin": SHOP}
        async with session.post(url, json=body, headers=headers) as answer:
            assert answer.status == 403
        # Identities the company's server did not sign, or not for now.
        for claim in (
            {**identity("u"), "signature": "0" * 64},
            {**identity("u"), "user_id": "v"},
            {**identity("u"), "expires": 4_000_000_001},
            identity("u", expires=1_000_000_000),
        ):
            with pytest.raises(VisitorError) as caught:
                await page(live, session, identity=claim).enter()
            assert caught.value.status == 403


async def test_only_listed_sites_get_in(live: Desk) -> None:
    await add_site(live, ChannelId("own"), origins="self")
    async with ClientSession() as session:
        for origin, status in [
            (SHOP, 200),
            ("https://a.example.org", 200),
            ("https://a.b.example.org", 200),
            ("https://example.org", 403),
            ("https://evilexample.org", 403),
            ("https://shop.example.com.evil.net", 403),
            ("http://shop.example.com", 403),
            ("https://shop.example.com:8443", 403),
            ("null", 403),
            (None, 403),
        ]:
            url = live.server.make_url(f"/visitor/{SITE}/session")
            headers = {"Origin": origin} if origin else {}
            async with session.post(url, json={}, headers=headers) as answer:
                assert (origin, answer.status) == (origin, status)
                allowed = answer.headers.get("Access-Control-Allow-Origin")
                assert allowed == (origin if status == 200 else None)
            async with session.options(url, headers=headers) as answer:
                assert answer.status == (204 if status == 200 else 403)
        with pytest.raises(WSServerHandshakeError):
            await page(live, session, origin="https://evil.net").socket()
        await page(live, session, channel_id=ChannelId("own"), origin="self").enter()
        with pytest.raises(VisitorError):
            await page(live, session, channel_id=ChannelId("own")).enter()


# --- forms, ratings, files, typing ------------------------------------------------------------------------------------


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
    everything = ReportFilter(first_day="2020-01-01", last_day="2099-01-01")
    assert await live.stores.reports.values(everything, Metric.SATISFACTION) == [4.0]
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


# --- bounds -----------------------------------------------------------------------------------------------------------


BAD = [
    (b"", 422),
    (b"[" * 20_000, 422),
    (b'{"type":"message","id":"short","text":"x"}', 422),
    (b'{"type":"message","id":"0123456789abcdef","text":" "}', 422),
    (b'{"type":"unheard_of"}', 422),
    (b'{"type":"message","id":"0123456789abcdef","text":"' + b"x" * 5_001 + b'"}', 422),
    (b'{"type":"message","id":"0123456789abcdef","text":"' + b"x" * 40_000 + b'"}', 413),
    (b'{"type":"message","id":"0123456789abcdef","text":"\xff"}', 422),
    (b'{"type":"message","id":"0123456789abcdef","text":"x","status":"sent"}', 422),
]


async def test_bad_input_is_refused(live: Desk) -> None:
    async with ClientSession() as session:
        visitor = page(live, session)
        await visitor.enter()
        for body, status in BAD:
            with pytest.raises(VisitorError) as caught:
                await visitor.call("POST", "/say", data=body, headers={"Content-Type": "application/json"})
            assert (body[:80], caught.value.status) == (body[:80], status)


async def test_a_flood_is_slowed_down(open_desk: OpenDesk) -> None:
    desk = await open_desk()
    await add_site(desk)
    async with ClientSession() as session:
        visitor = page(desk, session)
        await visitor.enter()
        refused = 0
        for number in range(40):
            try:
                await visitor.say(str(number))
            except VisitorError as error:
                assert error.status == 429
                refused += 1
        assert refused == 10


async def test_a_paused_channel_lets_nobody_begin(live: Desk) -> None:
    channel = await live.stores.channels.get(SITE)
    assert channel is not None
    async with ClientSession() as session:
        visitor = page(live, session)
        await visitor.enter()
        socket = await visitor.socket()
        async with asyncio.timeout(PATIENCE):
            while json.loads(await socket.receive_str())["type"] != "caught_up":
                pass
            await live.stores.channels.save(replace(channel, state=ChannelState.PAUSED))
            message = await socket.receive()
        assert message.data == CLOSED_PASS
        with pytest.raises(VisitorError) as caught:
            await visitor.enter()
        assert caught.value.status == 409


async def test_a_silent_page_is_let_go(open_desk: OpenDesk) -> None:
    clock = ManualClock(SystemClock().now())
    desk = await open_desk(clock)
    await add_site(desk)
    async with ClientSession() as session:
        visitor = page(desk, session)
        await visitor.enter()
        socket = await visitor.socket()
        async with asyncio.timeout(PATIENCE):
            while json.loads(await socket.receive_str())["type"] != "caught_up":
                pass
            clock.advance(PING_EVERY)
            assert json.loads(await socket.receive_str()) == {"type": "ping"}
            for _ in range(int(SILENT / PING_EVERY) + 1):
                await asyncio.sleep(0)  # the round goes to sleep again
                clock.advance(PING_EVERY)
            while (message := await socket.receive()).type is WSMsgType.TEXT:
                pass
        assert message.data == CLOSED_SILENT
