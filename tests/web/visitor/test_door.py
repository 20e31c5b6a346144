"""Who gets in at the visitors' door, as whom, and what is refused there."""

import asyncio
import json

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError
from msgspec.structs import replace

from channels.webchat.simulator import VisitorError
from scrm.clock import ManualClock, SystemClock
from scrm.ids import ChannelId
from scrm.model.channel import ChannelState
from scrm.web.visitor.hall import CLOSED_PASS, CLOSED_SILENT, PING_EVERY, SILENT
from tests.web.conftest import Desk, OpenDesk
from tests.web.visitor.conftest import (
    PATIENCE,
    SHOP,
    SITE,
    OpenVisitor,
    add_site,
    identity,
    newest,
    page,
    shows,
)


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
