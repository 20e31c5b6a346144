"""The simulator's own doors: the command, its scripts, and the API to watch and steer it."""

import argparse
from pathlib import Path

import pytest
from aiohttp import ClientSession

from channels.simulating.script import ScriptError
from channels.telegram.simulator import TelegramSimulator, command, read_script

UNREADABLE = [
    b"{",
    b"[]",
    b'{"text": "a"}',
    b'{"user": "a", "at": -1}',
    b'{"user": "a", "repeat": 0}',
    b'{"user": "a", "x": 1}',
    b'{"user": "a", "text": "\xff"}',
    b'{"user": "' + b"a" * 70_000 + b'"}',
]


@pytest.mark.parametrize("line", UNREADABLE)
def test_a_script_that_cannot_be_read_names_its_line(line: bytes) -> None:
    with pytest.raises(ScriptError, match=r"^line 3: "):
        read_script([b"# a comment", b"", line])


def test_a_script_is_acted_out_in_the_order_of_its_times() -> None:
    lines = [b'{"at": 2, "user": "a", "text": "3"}', b'{"user": "a", "text": "1"}', b'{"user": "b", "text": "2"}']
    assert [action.text for action in read_script(lines)] == ["1", "2", "3"]


async def test_the_command_says_why_it_cannot_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken, lost, empty = (tmp_path / name for name in ("broken", "lost", "empty"))
    broken.write_text("{")
    lost.write_text('{"user": "a", "type": "edit", "message": 7}')
    empty.write_text("")

    async def run(*words: str) -> int:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        return await command.main(parser.parse_args(["--port", "0", *words]))

    assert await run("--rate", "0") == 2
    assert await run("--script", str(tmp_path / "none")) == 2
    assert await run("--script", str(broken)) == 2
    assert await run("--script", str(lost)) == 2
    assert await run("--create", "http://127.0.0.1:9", "--api-token", "t") == 2
    assert "line 1" in (said := capsys.readouterr().err)
    assert "there is no" in said or "not there" in said
    assert await run("--script", str(empty), "--exit") == 0


async def test_it_is_watched_and_steered_over_http() -> None:
    async with TelegramSimulator() as simulator, ClientSession(simulator.url) as session:
        async with session.post("/_sim/say", data='{"user": "王芳", "text": "你好"}'.encode()) as response:
            assert (response.status, await response.json()) == (200, {"message_id": 1})
        for body in (b"{", b'{"user": "x", "type": "press", "message": 9}'):
            async with session.post("/_sim/say", data=body) as response:
                assert response.status == 422
        async with session.post("/_sim/fault", data=b'{"name": "getMe", "code": 401}') as response:
            assert response.status == 204
        async with session.post("/_sim/fault", data=b"[]") as response:
            assert response.status == 422
        bot = f"/bot{simulator.platform.bot.token}"
        async with session.get(f"{bot}/getMe") as response:
            assert (response.status, (await response.json())["ok"]) == (401, False)
        fang = simulator.platform.user("王芳")
        for form in ({"data": {"chat_id": str(fang), "text": "1"}}, {"params": {"chat_id": str(fang), "text": "2"}}):
            async with session.post(f"{bot}/sendMessage", **form) as response:  # type: ignore[arg-type]
                assert response.status == 200
        async with session.get("/_sim/sent", params={"after": "1"}) as response:
            shown = await response.json()
        assert [(item["user"], item["content"]) for item in shown["items"]] == [("王芳", "2")]
        async with session.get("/_sim/sent", params={"after": "x"}) as response:
            assert response.status == 422
        async with session.get("/_sim/status") as response:
            assert (await response.json())["counts"]["waiting_updates"] == 1
