"""The simulated workspace itself: its command, its steering, and how it gives a push up."""

import argparse
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response

from channels.slack.simulator import SlackSimulator, server
from channels.slack.simulator.command import COMMAND


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    COMMAND.add_arguments(parser)
    return parser.parse_args(["--port", "0", "--exit", *words])


class Hub:
    """A webhook address that answers Slack's question, and takes events from the nth try on."""

    def __init__(self) -> None:
        self.tries: list[str] = []
        self.from_try = 0
        application = Application()
        application.router.add_post("/hook", self._hook)
        self.server = TestServer(application)

    async def _hook(self, request: Request) -> Response:
        event = json.loads(await request.read())
        if event["type"] == "url_verification":
            return Response(text=event["challenge"])
        number = request.headers.get("X-Slack-Retry-Num", "0")
        self.tries.append(f"{number} {request.headers.get('X-Slack-Retry-Reason', '')}".strip())
        return Response(status=200 if int(number) >= self.from_try else 500)

    @property
    def address(self) -> str:
        return str(self.server.make_url("/hook"))


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    made = Hub()
    await made.server.start_server()
    yield made
    await made.server.close()


async def test_a_script_is_played_to_the_hub(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three tries after the first, and then a push is given up, which the command ends with."""
    monkeypatch.setattr(server, "AGAIN_SECONDS", (0.0, 0.0, 0.0))
    script = tmp_path / "script.jsonl"
    script.write_text('{"user": "王芳", "text": "在吗"}', encoding="utf-8")
    hub.from_try = 3
    assert await COMMAND.main(parsed("--hub", hub.address, "--script", str(script))) == 0
    assert hub.tries == ["0", "1 http_error", "2 http_error", "3 http_error"]
    hub.from_try = 4
    assert await COMMAND.main(parsed("--hub", hub.address, "--script", str(script))) == 1
    assert '"given_up": 1' in capsys.readouterr().out
    script.write_text('{"user": "王芳", "type": "edit", "message": "1.2"}', encoding="utf-8")
    assert await COMMAND.main(parsed("--hub", hub.address, "--script", str(script))) == 2
    assert await COMMAND.main(parsed("--hub", hub.address + "/elsewhere", "--script", str(script))) == 2
    assert "did not answer the platform's question (404)" in capsys.readouterr().err


async def test_it_is_steered_over_http() -> None:
    async with SlackSimulator() as slack, ClientSession(slack.url) as session:
        async with session.post("/_sim/say", json={"user": "王芳", "text": "你好"}) as response:
            said = await response.json()
        async with session.post("/_sim/say", json={"user": "王芳", "type": "edit", "message": "1.2"}) as response:
            assert response.status == 422
        async with session.get("/_sim/status") as response:
            status = await response.json()
        assert (status["counts"]["waiting_pushes"], status["settings"]["api_base"]) == (1, slack.api_base)
        fault = {"name": "chat.postMessage", "code": "is_archived"}
        async with session.post("/_sim/fault", json=fault) as response:
            assert response.status == 204
        direct = slack.workspace.direct(slack.workspace.user("王芳"))
        headers = {"Authorization": f"Bearer {slack.workspace.app.bot_token}"}
        answers = []
        for _ in range(2):
            fields = {"channel": direct, "text": "在的", "thread_ts": said["ts"]}
            async with session.post("/api/chat.postMessage", json=fields, headers=headers) as response:
                answers.append((await response.json()).get("error"))
        assert answers == ["is_archived", None]
        async with session.get("/_sim/sent") as response:
            [sent] = (await response.json())["items"]
        assert (sent["user"], sent["content"], sent["thread"]) == ("王芳", "在的", said["ts"])
