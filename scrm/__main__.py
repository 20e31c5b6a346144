"""`python3 -m scrm COMMAND` from a bare checkout: sets itself up, then becomes the command.

Standard library only, and readable by a Python too old for the hub, so that it can say so. Steps already done are
skipped, each is marked when it is whole, and one that was interrupted is done again. In an installed package, or
with SCRM_NO_SETUP=1, there is nothing to set up.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NoReturn  # noqa: UP035 - for a Python too old

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
MARK = VENV / ".scrm-installed"
PACKAGES = ("scrm", "channels", "nlp", "dashboards")
OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
OLDEST_NODE = (20, 19)
NEED_WEB_CLIENT = ("up", "test")

FAILED = """\
{what} failed; the lines above say why. What was done is kept: run the same command again once this is mended.
  no direct way out     set HTTPS_PROXY=http://PROXY:PORT
  an internal mirror    set PIP_INDEX_URL (Python) and npm_config_registry (web client)
  TLS is inspected      set PIP_CERT and NODE_EXTRA_CA_CERTS to the file with the company's root certificate
More: docs/operations.md, "Behind a company firewall"."""


class SetupError(Exception):
    """Its text is for the person at the terminal."""


def main() -> int:
    if sys.version_info < OLDEST:
        return use_newer_python()
    if is_checkout() and not os.environ.get("SCRM_NO_SETUP"):
        try:
            prepare(sys.argv[1:2])
        except SetupError as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nInterrupted; the same command goes on from here.", file=sys.stderr)
            return 130
        if not inside_venv():
            os.environ["SCRM_NO_SETUP"] = "1"  # it is done
            become([str(PYTHON), "-m", "scrm", *sys.argv[1:]])
    from scrm.cli import main as command_line

    return command_line(sys.argv[1:])


def use_newer_python() -> int:
    for name in NEWER:
        found = shutil.which(name)
        if found:
            become([found, "-m", "scrm", *sys.argv[1:]])
    have = "%d.%d" % sys.version_info[:2]  # noqa: UP031 - for a Python too old
    print(
        f"Python 3.11 or newer is needed; this is {have}. Start with a newer one: python3.12 -m scrm", file=sys.stderr
    )
    return 1


def become(command: list[str]) -> NoReturn:
    """Run the command in place of this process, so that Ctrl+C, SIGTERM and exit codes are its own."""
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


def is_checkout() -> bool:
    project = ROOT / "pyproject.toml"
    return project.is_file() and 'name = "scrm-hub"' in project.read_text(encoding="utf-8")


def inside_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def prepare(command: list[str]) -> None:
    """Everything `command` needs: the environment with its packages, and for some the web client."""
    extras = {"embedded", "voice"} | ({"test"} if command == ["test"] else set()) | (set() if has_node() else {"node"})
    with one_at_a_time():
        if not inside_venv() and not is_installed(extras):
            make_venv()
            install(extras | installed_extras())
        if command and command[0] in NEED_WEB_CLIENT:
            build_web_client()


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two starts at once do not install into each other's feet."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        if os.name != "nt":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                tell("waiting for another set-up of this checkout to end")
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fingerprint() -> str:
    """Changes when what must be installed does, or where: an environment does not survive being moved."""
    project = (ROOT / "pyproject.toml").read_bytes()
    return hashlib.sha256(project + sys.version.encode() + str(ROOT).encode()).hexdigest()


def installed_extras() -> set[str]:
    """Of the present fingerprint; empty when anything else is installed, or nothing."""
    try:
        mark, *extras = MARK.read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return set()
    return set(extras) if mark == fingerprint() else set()


def is_installed(extras: set[str]) -> bool:
    return PYTHON.exists() and extras <= installed_extras()


def make_venv() -> None:
    """A usable environment: what an interrupted start, or another Python, left half-made is made anew."""
    if PYTHON.exists():
        probe = "import pip, sys; print(sys.version, sys.prefix)"
        found = subprocess.run([str(PYTHON), "-c", probe], capture_output=True, text=True, check=False)
        if found.returncode == 0 and found.stdout.strip() == f"{sys.version} {VENV}":
            return
    tell(f"making the Python environment {VENV}")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    if made.returncode != 0:
        raise SetupError(
            f"The environment {VENV} could not be made; the lines above say why. "
            "On Debian and Ubuntu, `apt install python3-venv` is often what is missing."
        )


def install(extras: set[str]) -> None:
    tell("installing packages (once; about a minute)")
    MARK.unlink(missing_ok=True)
    package = f"{ROOT}[{','.join(sorted(extras))}]"
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if subprocess.run([*command, "--editable", package], stdout=sys.stderr, check=False).returncode != 0:
        raise SetupError(FAILED.format(what="Installing the packages"))
    # As pip does with all it installs: else a start compiles everything first, always where PYTHONDONTWRITEBYTECODE is
    # set. What fails here fails nothing.
    subprocess.run(
        [str(PYTHON), "-m", "compileall", "-q", "-x", "node_modules", *PACKAGES],
        cwd=ROOT,
        stdout=sys.stderr,
        check=False,
    )
    new = MARK.with_suffix(".new")
    new.write_text(" ".join([fingerprint(), *sorted(extras)]), encoding="utf-8")
    new.replace(MARK)


def has_node() -> bool:
    """Whether the machine can build the web client; otherwise the extra `node` brings one along."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", said)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST_NODE


def build_web_client() -> None:
    """In the environment's Python, where the extra's node is. Does nothing when the sources did not change."""
    command = [str(PYTHON), "-m", "dashboards.webbuild"]
    if subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False).returncode != 0:
        raise SetupError(FAILED.format(what="Building the web client"))


def tell(words: str) -> None:
    print(f"scrm: {words} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
