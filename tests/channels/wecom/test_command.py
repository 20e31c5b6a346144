"""`scrm simulate wecom_kf` and the simulator's own small API."""

import argparse
from pathlib import Path

import pytest
from aiohttp import ClientSession

from channels.wecom.simulator import WeComSimulator, command
from scrm.clock import SystemClock
from tests.channels.wecom.conftest import Made


def arguments(*given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(["--port", "0", *given])


async def test_a_script_is_acted_out_for_a_hub(make: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = await make()
    world.clock.advance((SystemClock().now() - world.clock.now()).total_seconds())  # the command knows the real time
    hub = world.sim._url
    script = tmp_path / "script.jsonl"
    script.write_text('# 早\n{"user": "王芳", "text": "在吗"}\n\n{"user": "李雷", "text": "你好"}\n', encoding="utf-8")
    assert await command.main(arguments("--hub", str(hub), "--script", str(script), "--exit")) == 0
    assert "answered the platform's question" in capsys.readouterr().out
    assert (await world.stores.stats())["journal_pending"] == 2  # two notices


@pytest.mark.parametrize("line", ["{", '{"text": "a"}', '{"user": "a", "colour": 1}'])
async def test_a_script_that_cannot_be_read_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    script = tmp_path / "script.jsonl"
    script.write_text(line)
    assert await command.main(arguments("--hub", "http://127.0.0.1:9/x", "--script", str(script), "--exit")) == 2
    assert "line 1" in capsys.readouterr().err


async def test_it_can_be_steered_while_it_runs(make: Made) -> None:
    world = await make(hubs=1)
    async with WeComSimulator(clock=world.clock) as simulator, ClientSession() as session:

        async def post(door: str, **body: object) -> tuple[int, object]:
            async with session.post(f"{simulator.url}/_sim/{door}", json=body) as answer:
                return answer.status, await answer.json() if answer.status != 204 else None

        assert (await post("say", user="王芳", text="在吗"))[0] == 422  # nobody is connected
        assert await post("connect", url=str(world.sim._url)) == (200, {"status": 200, "accepted": True})
        assert await post("say", user="王芳", text="在吗") == (200, {"delivered": True, "statuses": [200]})
        assert await post("enter", user="王芳", scene="mall") == (200, {"delivered": True, "statuses": [200]})
        assert (await post("say", user="王芳", text="在吗", open_kfid="wk9"))[0] == 422
        assert (await post("fault", name="/cgi-bin/kf/send_msg", code=95001))[0] == 204
        assert (await post("fault", colour=1))[0] == 422
        kept = simulator.platform.boxes[simulator.account().open_kfid].kept
        assert [each["msgtype"] for each in kept] == ["text", "text", "event"]
        async with session.get(f"{simulator.url}/_sim/status") as answer:
            assert (await answer.json())["connected"] is True
        async with session.get(f"{simulator.url}/_sim/sent") as answer:
            assert await answer.json() == {"items": [], "count": 0}
