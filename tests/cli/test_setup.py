"""`python3 -m scrm` from a bare checkout: real environments and a real pip, over a small project without needs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "scrm-hub"
version = "1"
"""

# The least that pip accepts as an editable install. It counts its calls, which is what the tests look at.
BACKEND = """
import os, zipfile
from pathlib import Path

def build_editable(directory, config_settings=None, metadata_directory=None):
    root = Path.cwd()
    with (root / "installs").open("a") as log:
        log.write("x")
    if (root / "fail-install").exists():
        raise SystemExit("no network, says the backend")
    info = "scrm_hub-1.dist-info"
    with zipfile.ZipFile(Path(directory) / "scrm_hub-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("scrm_hub.pth", str(root))
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: scrm-hub\\nVersion: 1\\n"
            "Provides-Extra: embedded\\nProvides-Extra: test\\nProvides-Extra: node\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\n"
            "Root-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return "scrm_hub-1-py3-none-any.whl"
"""

CLI = """
import json, os, signal, sys

def main(arguments):
    print(json.dumps({"arguments": arguments, "prefix": sys.prefix, "pid": os.getpid()}), flush=True)
    if arguments == ["up", "wait"]:
        signal.pause()
    return 7 if arguments[:1] == ["fail"] else 0
"""

WEBBUILD = """
from pathlib import Path
print("building, on standard output")
with Path("builds").open("a") as log:
    log.write("x")
raise SystemExit(1 if Path("fail-build").exists() else 0)
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkout, set up once."""
    root = tmp_path_factory.mktemp("prepared") / "checkout"
    for name, text in {
        "pyproject.toml": PROJECT,
        "backend.py": BACKEND,
        "scrm/__init__.py": "",
        "scrm/cli.py": CLI,
        "dashboards/__init__.py": "",
        "dashboards/webbuild.py": WEBBUILD,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text))
    shutil.copy(ROOT / "scrm/__main__.py", root / "scrm/__main__.py")
    done = scrm(root, "up", "--port", "0")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)  # nothing but the command's own words
    assert said["arguments"] == ["up", "--port", "0"]
    assert said["prefix"] == str(root / ".venv")
    assert "making the Python environment" in done.stderr
    assert (installs(root), builds(root)) == (1, 1)
    return root


def scrm(root: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [outer_python(), "-m", "scrm", *words],
        cwd=root,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def outer_python() -> str:
    """Not the one of the environment these tests run in."""
    return str(getattr(sys, "_base_executable", sys.executable))


def clean_environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("SCRM_", "VIRTUAL_ENV", "PYTHON"))}


def installs(root: Path) -> int:
    return len((root / "installs").read_text())


def builds(root: Path) -> int:
    return len((root / "builds").read_text())


def test_second_start_installs_nothing(prepared: Path) -> None:
    before = installs(prepared), builds(prepared)
    done = scrm(prepared, "up")
    assert done.returncode == 0
    assert "installing" not in done.stderr
    assert (installs(prepared), builds(prepared)) == (before[0], before[1] + 1)  # the build itself knows what to do


def test_other_commands_do_not_build_the_web_client(prepared: Path) -> None:
    before = builds(prepared)
    assert scrm(prepared, "token", "create", "--name", "x").returncode == 0
    assert builds(prepared) == before


def test_exit_code_is_the_commands(prepared: Path) -> None:
    assert scrm(prepared, "fail").returncode == 7


def test_the_command_takes_the_place_of_the_set_up(prepared: Path) -> None:
    process = subprocess.Popen(
        [outer_python(), "-m", "scrm", "up", "wait"],
        cwd=prepared,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["pid"] == process.pid
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM
    process.stdout.close()


def test_tests_want_more_packages_and_keep_those_there_are(prepared: Path) -> None:
    before = installs(prepared)
    assert scrm(prepared, "test").returncode == 0
    assert installs(prepared) == before + 1
    assert {"embedded", "test", "voice"} <= set((prepared / ".venv/.scrm-installed").read_text().split())
    assert scrm(prepared, "up").returncode == 0
    assert scrm(prepared, "test").returncode == 0
    assert installs(prepared) == before + 1


def test_changed_project_is_installed_again(prepared: Path) -> None:
    before = installs(prepared)
    with (prepared / "pyproject.toml").open("a") as file:
        file.write('description = "more"\n')
    assert scrm(prepared, "x").returncode == 0
    assert installs(prepared) == before + 1


def test_interrupted_installation_is_done_again(prepared: Path) -> None:
    (prepared / ".venv/.scrm-installed").unlink()
    before = installs(prepared)
    done = scrm(prepared, "x")
    assert done.returncode == 0, done.stderr
    assert installs(prepared) == before + 1
    assert "making the Python environment" not in done.stderr  # it was whole


def test_half_made_environment_is_made_anew(prepared: Path) -> None:
    (prepared / ".venv/.scrm-installed").unlink()
    for pip in (prepared / ".venv").glob("lib/*/site-packages/pip"):
        shutil.rmtree(pip)
    done = scrm(prepared, "x")
    assert done.returncode == 0, done.stderr
    assert "making the Python environment" in done.stderr


def test_failing_installation_gets_a_sentence_and_is_tried_again(prepared: Path) -> None:
    (prepared / ".venv/.scrm-installed").unlink()
    (prepared / "fail-install").touch()
    done = scrm(prepared, "up")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no network, says the backend" in done.stderr
    assert "Installing the packages failed" in done.stderr
    assert "PIP_INDEX_URL" in done.stderr
    assert "Traceback" not in done.stderr.partition("Installing the packages failed")[2]
    (prepared / "fail-install").unlink()
    assert scrm(prepared, "up").returncode == 0


def test_failing_build_gets_a_sentence(prepared: Path) -> None:
    (prepared / "fail-build").touch()
    done = scrm(prepared, "up")
    (prepared / "fail-build").unlink()
    assert done.returncode == 1
    assert "Building the web client failed" in done.stderr


def test_nothing_is_set_up_when_told_so(prepared: Path) -> None:
    shutil.copytree(prepared, moved := prepared.parent / "bare", ignore=shutil.ignore_patterns(".venv"))
    done = scrm(moved, "x", SCRM_NO_SETUP="1")
    assert done.returncode == 0
    assert json.loads(done.stdout)["prefix"] != str(moved / ".venv")
    assert not (moved / ".venv").exists()


def test_installed_package_is_not_set_up(prepared: Path) -> None:
    installed = prepared.parent / "site-packages"
    shutil.copytree(prepared / "scrm", installed / "scrm")
    done = scrm(installed, "x")
    assert done.returncode == 0
    assert sorted(path.name for path in installed.iterdir()) == ["scrm"]


def test_old_python_gets_a_sentence(prepared: Path) -> None:
    main = prepared / "scrm/__main__.py"
    text = main.read_text()
    main.write_text(text.replace("OLDEST = (3, 11)", "OLDEST = (9, 0)").replace('"python3.', '"python9.'))
    done = scrm(prepared, "up")
    main.write_text(text)
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or newer is needed; this is 3.")
