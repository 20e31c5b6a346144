"""`scrm simulate whatsapp` and `messenger`: the platform asks the webhook first, and waits until all is taken."""

import argparse
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.messenger.simulator import command as messenger
from channels.meta.signed import signature
from channels.meta.simulator.graph import App
from channels.whatsapp.simulator import command as whatsapp


class Webhook:
    """A hub's webhook address: it answers the question, and refuses the first push."""

    def __init__(self) -> None:
        self.pushed: list[dict[str, Any]] = []
        self.answers = True
        self._refused = False
        application = web.Application()
        application.router.add_get("/hooks/1", self._ask)
        application.router.add_post("/hooks/1", self._push)
        self.server = TestServer(application)

    async def _ask(self, request: web.Request) -> web.Response:
        known = request.query["hub.verify_token"] == App().verify_token
        return web.Response(text=request.query["hub.challenge"] if known and self.answers else "?")

    async def _push(self, request: web.Request) -> web.Response:
        body = await request.read()
        assert request.headers["X-Hub-Signature-256"] == signature(body, App().app_secret)
        if not self._refused:
            self._refused = True
            return web.Response(status=503)
        self.pushed.append(json.loads(body))
        return web.Response()


@pytest.fixture
async def hook() -> AsyncIterator[Webhook]:
    made = Webhook()
    await made.server.start_server()
    yield made
    await made.server.close()


async def run(command: Any, hook: Webhook, script: Path) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = ["--port", "0", "--hub", str(hook.server.make_url("/hooks/1")), "--script", str(script), "--exit"]
    ended: int = await command.main(parser.parse_args(words))
    return ended


@pytest.mark.parametrize("command", [whatsapp, messenger], ids=["whatsapp", "messenger"])
async def test_a_script_is_played_to_its_end(command: Any, hook: Webhook, tmp_path: Path) -> None:
    script = tmp_path / "script.jsonl"
    script.write_text(
        '{"user": "王芳", "text": "在吗"}\n{"user": "王芳", "type": "edit", "text": "在么"}', encoding="utf-8"
    )
    assert await run(command, hook, script) == 0
    assert len(hook.pushed) == 2
    assert "在吗" in json.dumps(hook.pushed[0], ensure_ascii=False)


@pytest.mark.parametrize("command", [whatsapp, messenger], ids=["whatsapp", "messenger"])
async def test_what_cannot_start_says_why(
    command: Any, hook: Webhook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script.jsonl"
    script.write_text('{"user": "王芳", "type": "edit", "text": "?"}', encoding="utf-8")
    assert await run(command, hook, script) == 2
    assert "a message that is not there" in capsys.readouterr().err
    hook.answers = False
    assert await run(command, hook, script) == 2
    assert "did not answer the platform's question" in capsys.readouterr().err
