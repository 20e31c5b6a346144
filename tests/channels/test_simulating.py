"""What all simulators share: the channel in the hub, scripts, and all of them at once."""

import argparse
import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.email.simulator import command as email
from channels.simulating.command import CannotStart, register
from channels.simulating.script import MAX_LINE, ScriptError, read_script
from channels.simulating.together import Together
from channels.telegram.simulator import command as telegram
from channels.telegram.simulator.script import read_action


class Hub:
    """The hub's list of channels, and nothing else of it."""

    def __init__(self) -> None:
        self.channels: dict[str, dict[str, object]] = {}
        self.changed = asyncio.Event()
        self._ids = map(str, itertools.count(1))
        application = web.Application()
        application.router.add_get("/api/v1/channels", self._list)
        application.router.add_post("/api/v1/channels", self._add)
        application.router.add_patch("/api/v1/channels/{id}", self._change)
        self.server = TestServer(application)

    async def _list(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer t":
            return web.json_response({"detail": "who are you?"}, status=401)
        return web.json_response({"items": list(self.channels.values())})

    async def _add(self, request: web.Request) -> web.Response:
        id_ = next(self._ids)
        self.channels[id_] = {"id": id_, "webhook_path": f"/hooks/{id_}", **await request.json()}
        self.changed.set()
        return web.json_response(self.channels[id_], status=201)

    async def _change(self, request: web.Request) -> web.Response:
        self.channels[request.match_info["id"]] |= await request.json()
        return web.json_response(self.channels[request.match_info["id"]])

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    made = Hub()
    await made.server.start_server()
    yield made
    await made.server.close()


def parsed(simulator: object, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    simulator.add_arguments(parser)  # type: ignore[attr-defined]
    return parser.parse_args(words)


async def test_a_second_run_uses_the_channel_of_the_first(hub: Hub) -> None:
    first = await register(hub.url, "t", "email", "模拟邮箱", {"imap_port": "1"})
    second = await register(hub.url, "t", "email", "模拟邮箱", {"imap_port": "2"})
    other = await register(hub.url, "t", "email", "别的", {"imap_port": "3"})
    assert first["id"] == second["id"] != other["id"]
    assert second["settings"] == {"imap_port": "2"}
    with pytest.raises(CannotStart, match="401 who are you"):
        await register(hub.url, "x", "email", "模拟邮箱", {})


async def test_all_at_once_each_with_its_channel(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    both = Together({"telegram": telegram, "email": email})
    words = ["--create", hub.url, "--api-token", "t", "--free-ports"]
    running = asyncio.create_task(both.main(parsed(both, *words)))
    async with asyncio.timeout(10):
        while len(hub.channels) < 2:
            await hub.changed.wait()
            hub.changed.clear()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert {str(channel["type"]) for channel in hub.channels.values()} == {"telegram", "email"}
    printed = capsys.readouterr().out
    assert "A mail provider listens at" in printed and "A Telegram platform listens at" in printed


async def test_one_that_cannot_start_ends_all(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    both = Together({"telegram": telegram, "email": email})
    assert await both.main(parsed(both, "--create", hub.url, "--api-token", "wrong", "--free-ports")) == 2
    assert "the hub refused the channel: 401" in capsys.readouterr().err
    assert await both.main(parsed(both, "--create", hub.url, "--api-token", "t", "--only", "fax")) == 2


async def test_mail_of_a_script_comes_in(tmp_path: Path) -> None:
    script = tmp_path / "script.jsonl"
    script.write_text('# 早\n{"user": "王芳", "text": "在吗"}\n{"user": "李雷", "answers": true}\n', encoding="utf-8")
    assert await email.main(parsed(email, "--port", "0", "--script", str(script), "--exit")) == 2  # nothing to answer
    script.write_text('{"user": "王芳", "text": "在吗", "repeat": 2}', encoding="utf-8")
    assert await email.main(parsed(email, "--port", "0", "--script", str(script), "--exit")) == 0


@pytest.mark.parametrize(
    "line",
    [b"{", b"[]", b'{"user": ""}', b'{"user": "a", "repeat": 0}', b'{"user": "a", "at": -1}', b"x" * (MAX_LINE + 1)],
)
def test_a_line_that_is_wrong_is_named(line: bytes) -> None:
    with pytest.raises(ScriptError, match=r"^line 2: "):
        read_script([b"# first", line], read_action)
