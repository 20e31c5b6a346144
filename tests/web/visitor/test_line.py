"""The visitors' line breaks, and their hub restarts: nothing is lost, nothing comes twice. And small things around."""

import argparse
import asyncio
import json

import pytest
from aiohttp import ClientSession, WSCloseCode, WSMsgType

from channels.webchat.simulator import Visitor, command
from scrm.clock import SystemClock
from tests.e2e.proxy import Line
from tests.web.conftest import OpenDesk
from tests.web.visitor.conftest import PATIENCE, SHOP, SITE, add_site, newest, reply, work_off

MESSAGES = 16


async def test_a_line_that_breaks_loses_and_doubles_nothing(open_desk: OpenDesk) -> None:
    desk = await open_desk(SystemClock())
    await add_site(desk)
    said = [f"第 {number} 句" for number in range(MESSAGES)]
    answered = [f"第 {number} 答" for number in range(MESSAGES // 4)]
    assert desk.server.port is not None
    async with (
        Line(desk.server.port) as line,
        ClientSession() as session,
        Visitor(session, line.url, SITE, origin=SHOP) as visitor,
    ):
        await visitor.say(said[0])
        conversation = await newest(desk, visitor)

        async def answer() -> None:
            for text in answered:
                await reply(desk, conversation, text)

        async def talk() -> None:
            for number, text in enumerate(said[1:], start=1):
                if number % 6 == 0:
                    line.drop()
                if number == 9:
                    await line.cut()
                telling = asyncio.ensure_future(visitor.surely(text))
                await asyncio.sleep(0)
                if number == 9:
                    await asyncio.wait({telling}, timeout=0.2)  # it tries, while nothing is there
                    await line.mend()
                if number % 5 == 0:
                    line.drop()  # perhaps taken, and the answer lost
                await telling

        async with asyncio.timeout(4 * PATIENCE):
            await asyncio.gather(talk(), answer())
            await work_off(desk, visitor)
            await visitor.wait_until(lambda: len(visitor.entries) >= len(said) + len(answered))
        mine = [entry["text"] for entry in visitor.shown if entry["mine"]]
        theirs = [entry["text"] for entry in visitor.shown if not entry["mine"]]
        assert (mine, theirs) == (said, answered)
        assert visitor.connections > 2


async def test_what_is_no_frame_ends_the_socket(open_desk: OpenDesk) -> None:
    desk = await open_desk(SystemClock())
    await add_site(desk)
    async with ClientSession() as session:
        visitor = Visitor(session, str(desk.server.make_url("")), SITE, origin=SHOP)
        await visitor.enter()
        for first, more, code in (
            ('{"type":"hello"}', None, WSCloseCode.POLICY_VIOLATION),
            ('{"type":"pong"}', None, WSCloseCode.POLICY_VIOLATION),
            (json.dumps({"type": "hello", "token": visitor.token}), "nonsense", WSCloseCode.INVALID_TEXT),
            (json.dumps({"type": "hello", "token": visitor.token}), "[" * 5_000, WSCloseCode.INVALID_TEXT),
            (json.dumps({"type": "hello", "token": visitor.token}), "x" * 9_000, WSCloseCode.MESSAGE_TOO_BIG),
        ):
            async with session.ws_connect(f"{visitor.url}/socket", headers={"Origin": SHOP}) as socket:
                await socket.send_str(first)
                if more is not None:
                    await socket.send_str(more)
                async with asyncio.timeout(PATIENCE):
                    while (message := await socket.receive()).type is WSMsgType.TEXT:
                        pass
                assert message.data == code


async def test_the_demo_has_a_shop_and_only_the_demo(open_desk: OpenDesk) -> None:
    for demo, status in ((True, 200), (False, 503)):  # without it the path is a page of the client, not built here
        desk = await open_desk(demo=demo)
        async with ClientSession() as session, session.get(desk.server.make_url("/demo/shop")) as answer:
            assert answer.status == status
            if demo:
                assert 'data-channel="demo-shop"' in await answer.text()
                assert "sha256-" in answer.headers["Content-Security-Policy"]


async def test_the_simulator_makes_a_channel_and_talks(open_desk: OpenDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk = await open_desk(SystemClock())
    program = await desk.program()
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    token = program.headers["Authorization"].partition(" ")[2]
    words = ["--hub", str(desk.server.make_url("")), "--api-token", token, "--visitors", "2", "--messages", "2"]
    assert await command.main(parser.parse_args([*words, "--every", "0", "--exit"])) == 0
    assert "4 messages said, all taken" in capsys.readouterr().out
    assert await command.main(parser.parse_args([*words[:2], "--channel", "nobody", "--exit"])) == 2
