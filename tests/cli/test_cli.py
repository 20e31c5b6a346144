"""The command line as a person and a program meet it: real processes over a small application in the place of ours."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from scrm import cli

ROOT = Path(__file__).parents[2]

# Stands in for `scrm.app`: what the command line promises must not depend on the hub's parts.
APP = """
import asyncio, sys, types
from contextlib import asynccontextmanager
from pathlib import Path
from scrm.errors import StartupError, StoreUnavailable

async def serve(settings, *, on_ready):
    if settings.workspace_name == "broken":
        raise StartupError("The port is taken.")
    try:
        on_ready(f"http://{settings.host}:{settings.port}")
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)
        Path("cleaned-up").touch()

@asynccontextmanager
async def open_workspace(settings):
    raise StoreUnavailable("no primary")
    yield

class Simulator:
    def add_arguments(self, parser):
        parser.add_argument("--script")
    async def main(self, arguments):
        print("simulating", arguments.script)
        return 3

def simulators():
    return {"wechat": Simulator()}

def train(arguments):
    print("training", *arguments)
    return 0

def evaluate(arguments):
    return 1
"""

START = """
import runpy, sys, types
app = types.ModuleType("scrm.app")
exec(open("app.py").read(), app.__dict__)
sys.modules["scrm.app"] = app
from scrm.cli import main
sys.exit(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(textwrap.dedent(APP))
    (tmp_path / "start.py").write_text(textwrap.dedent(START))
    return tmp_path


def start(folder: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCRM_")}
    return subprocess.Popen(
        [sys.executable, "start.py", *words],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, *words: str, **environment: str) -> tuple[int, str, str]:
    process = start(folder, *words, **environment)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_up_says_ready_in_one_line_and_cleans_up_when_stopped(folder: Path, number: signal.Signals, code: int) -> None:
    process = start(folder, "up", "--port", "8123", "--data", "d", SCRM_HOST="127.0.0.2")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready http://127.0.0.2:8123\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (code, "", "")
    assert (folder / "cleaned-up").exists()


def test_failures_are_one_sentence(folder: Path) -> None:
    assert run(folder, "up", "--workspace-name", "broken") == (1, "", "scrm: The port is taken.\n")
    assert run(folder, "token", "create", "--name", "x") == (
        1,
        "",
        "scrm: the database cannot be reached: no primary\n",
    )
    code, _, err = run(folder, "up", SCRM_PORT="http")
    assert (code, err) == (1, "scrm: environment: SCRM_PORT: expected a whole number, got 'http'\n")
    code, _, err = run(folder, "up", "--roles", "web,cook")
    assert (code, err) == (1, "scrm: command line: --roles: expected one of web, worker, got ['web', 'cook']\n")


@pytest.mark.parametrize("words", [(), ("fly",), ("token", "create"), ("up", "--hots", "x"), ("simulate", "fax")])
def test_wrong_usage_is_two(folder: Path, words: tuple[str, ...]) -> None:
    code, out, err = run(folder, *words)
    assert code == 2
    assert out == ""
    assert err


def test_commands_of_other_rooms_get_their_words_untouched(folder: Path) -> None:
    assert run(folder, "simulate", "wechat", "--script", "chat.jsonl") == (3, "simulating chat.jsonl\n", "")
    assert run(folder, "train", "--all", "x")[:2] == (0, "training --all x\n")
    assert run(folder, "evaluate")[0] == 1
    code, out, _ = run(folder, "simulate", "wechat", "--help")
    assert code == 0
    assert "--script SCRIPT" in out


def test_every_option_but_the_secrets_is_on_the_command_line(folder: Path) -> None:
    code, out, _ = run(folder, "up", "--help")
    assert code == 0
    for option in cli.OPTIONS:
        assert (f"--{option.replace('_', '-')}" in out) is not cli.is_secret(option)


def test_version_and_help_are_fast(folder: Path) -> None:
    """Nothing heavy is imported for them. Bound, in seconds of a processor, which others' work hardly lengthens: far
    above a start of Python, below the import of the hub with all its rooms."""
    times = []
    for _ in range(3):
        since = processor_seconds()
        assert run(folder, "--version")[:2] == (0, "0.1.0\n")
        times.append(processor_seconds() - since)
    assert min(times) < 1.0


def processor_seconds() -> float:
    """Of the programs that were run and have ended."""
    used = os.times()
    return used.children_user + used.children_system


def test_help_imports_no_heavy_library() -> None:
    program = "import sys, scrm.cli; print([n for n in ('aiohttp','pymongo','jieba','structlog') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
