"""`scrm simulate wechat`: what it prints, and how it ends."""

import argparse
import json
from pathlib import Path

import pytest

from channels.wechat.simulator import command
from tests.channels.wechat.test_simulator import listening


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(["--port", "0", "--exit", *arguments])


def script(folder: Path, *lines: object) -> str:
    path = folder / "script.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return str(path)


async def test_plays_a_script_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [{"user": f"u{number % 3}", "text": str(number), "repeat": 1 + number % 2} for number in range(10)]
    async with listening() as hub:
        status = await command.main(parsed("--hub", hub.url, "--script", script(tmp_path, *lines), "--rate", "1000"))
    assert status == 0
    assert len(hub.requests) == 1 + 15  # the first question, then five messages once and five twice
    printed = capsys.readouterr().out
    assert "delivered 15 of 15, given up 0, tries 15" in printed
    assert "200: 15" in printed


async def test_prints_what_the_hub_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert await command.main(parsed("--mode", "plain", "--app-id", "wx_mine")) == 0
    printed = capsys.readouterr().out
    channel = json.loads(printed[printed.index("{") : printed.index("\n}\n") + 2])
    assert (channel["type"], channel["settings"]["app_id"], channel["settings"]["mode"]) == (
        "wechat",
        "wx_mine",
        "plain",
    )
    assert channel["settings"]["api_base"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--script", "/no/such/file"], "No such file"),
        (["--script", "SCRIPT"], "--hub or --create"),
        (["--rate", "-1"], "--rate"),
        (["--encoding-aes-key", "short"], "EncodingAESKey"),
        (["--hub", "http://127.0.0.1:9/hooks/1"], "cannot be reached"),
        (["--create", "http://127.0.0.1:9"], "cannot be reached"),
    ],
)
async def test_says_why_it_cannot_start(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = script(tmp_path, {"user": "a", "text": "b"})
    status = await command.main(parsed(*(path if word == "SCRIPT" else word for word in arguments)))
    assert status == 2
    assert said in capsys.readouterr().err


async def test_says_when_the_settings_disagree(capsys: pytest.CaptureFixture[str]) -> None:
    async with listening(403) as hub:
        assert await command.main(parsed("--hub", hub.url)) == 2
    assert "do the settings agree" in capsys.readouterr().err


async def test_names_the_line_of_a_wrong_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = script(tmp_path, {"user": "a"}, {"user": "a", "txt": "b"})
    assert await command.main(parsed("--hub", "http://127.0.0.1:9", "--script", path)) == 2
    assert "line 2: " in capsys.readouterr().err
