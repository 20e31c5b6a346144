"""The simulator's own doors: the command, its scripts, and the API to watch and steer it."""

import argparse
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from channels.line.simulator import LineSimulator, command, read_script
from channels.simulating.script import ScriptError

UNREADABLE = [
    b"{",
    b"[]",
    b'{"text": "a"}',
    b'{"user": "a", "at": -1}',
    b'{"user": "a", "repeat": 0}',
    b'{"user": "a", "x": 1}',
]


@pytest.mark.parametrize("line", UNREADABLE)
def test_a_script_that_cannot_be_read_names_its_line(line: bytes) -> None:
    with pytest.raises(ScriptError, match=r"^line 3: "):
        read_script([b"# a comment", b"", line])


async def test_the_command_plays_a_script_to_a_hub_or_says_why_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies: list[bytes] = []
    statuses = iter([200, 503, 200, 200])

    async def hook(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response(status=next(statuses))

    application = web.Application()
    application.router.add_post("/hooks/1", hook)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/1"

    async def run(*words: str) -> int:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        return await command.main(parser.parse_args(["--port", "0", *words]))

    script, broken = tmp_path / "script", tmp_path / "broken"
    script.write_text(
        '{"user": "王芳", "text": "你好", "waits": true}\n{"user": "李雷"}\n{"user": "a", "type": "follow"}'
    )
    broken.write_text("{")
    try:
        assert await run("--hub", address, "--script", str(script), "--exit") == 0
    finally:
        await runner.cleanup()
    verify, refused, again, last = bodies
    assert b'"events": []' in verify
    assert (refused.count(b'"isRedelivery": false'), again.count(b'"isRedelivery": true')) == (2, 2)
    assert b'"follow"' in last
    assert await run("--rate", "0") == 2
    assert await run("--script", str(broken)) == 2
    assert await run("--script", str(script)) == 2  # where to?
    assert "line 1" in capsys.readouterr().err


async def test_it_is_watched_and_steered_over_http() -> None:
    async with LineSimulator() as simulator, ClientSession(simulator.url) as session:
        async with session.post("/_sim/say", data='{"user": "王芳", "text": "你好"}'.encode()) as response:
            assert (response.status, (await response.json())["message_id"]) == (200, "500000000000000001")
        async with session.post("/_sim/say", data=b"{") as response:
            assert response.status == 422
        async with session.post("/_sim/fault", data=b'{"name": "/v2/bot/info", "code": 403}') as response:
            assert response.status == 204
        headers = {"Authorization": f"Bearer {simulator.platform.account.access_token}"}
        for status in (403, 200):
            async with session.get("/v2/bot/info", headers=headers) as response:
                assert response.status == status
        to = simulator.platform.user("王芳")
        body = {"to": to, "messages": [{"type": "text", "text": "在"}]}
        for given, status in (({}, 401), (headers, 200), (headers | {"X-Line-Retry-Key": "no uuid"}, 400)):
            async with session.post("/v2/bot/message/push", json=body, headers=given) as response:
                assert response.status == status
        async with session.post("/v2/bot/message/push", data=b"[", headers=headers) as response:
            assert (response.status, "parsed as JSON" in (await response.json())["message"]) == (400, True)
        async with session.get("/_sim/sent") as response:
            [sent] = (await response.json())["items"]
        assert (sent["user"], sent["content"], sent["how"]) == ("王芳", "在", "push")
        async with session.get("/_sim/status") as response:
            assert (await response.json())["counts"]["waiting_pushes"] == 1
