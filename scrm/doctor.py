"""`scrm doctor`: what this machine lacks for running the hub, one line a check, each failing one with what to do."""

import errno
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

from scrm.check import npm
from scrm.clock import Clock, SystemClock
from scrm.config import Settings
from scrm.errors import StartupError, StoreUnavailable
from scrm.model.base import Record
from scrm.ports.stores import Stores
from scrm.storage.server import running_url

_FREE_BYTES = 2 * 1024**3
_OLDEST_SOURCE = datetime(2026, 11, 1, tzinfo=UTC)  # a clock before this hub was written is wrong
_WEB = Path(__file__).resolve().parent.parent / "dashboards" / "web"


class Finding(Record, kw_only=True):
    """ok None: nothing that stops the hub, but good to know."""

    name: str
    ok: bool | None
    words: str


OpenWorkspace = Callable[[Settings], AbstractAsyncContextManager[Stores]]


async def examine(settings: Settings, open_workspace: OpenWorkspace, clock: Clock | None = None) -> int:
    """Print every finding; 1 when one of them stops the hub."""
    findings = [
        python(),
        node(_WEB),
        disk(settings.data),
        time(clock or SystemClock()),
        port(settings),
        fonts(),
        await database(settings, open_workspace),
    ]
    for finding in findings:
        mark = {True: "ok  ", False: "FAIL", None: "note"}[finding.ok]
        print(f"{mark}  {finding.name:<9} {finding.words}")
    return 1 if any(finding.ok is False for finding in findings) else 0


def python() -> Finding:
    return Finding(name="python", ok=True, words=f"{sys.version.split()[0]} in {sys.prefix}")


def node(web: Path) -> Finding:
    """Needed only where the client is built."""
    if not (web / "package.json").exists():
        return Finding(name="node", ok=True, words="not needed: the web client is part of the package")
    try:
        command = npm()
    except StartupError as error:
        return Finding(name="node", ok=False, words=str(error))
    return Finding(name="node", ok=True, words=command[-1])


def disk(data: Path) -> Finding:
    folder = data.absolute()
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return Finding(name="disk", ok=False, words=f"{folder} cannot be written: choose another folder with --data")
    free = shutil.disk_usage(folder).free
    words = f"{free / 1024**3:.1f} GiB free at {folder}"
    if free < _FREE_BYTES:
        return Finding(name="disk", ok=False, words=f"{words}; the hub wants {_FREE_BYTES // 1024**3} GiB")
    return Finding(name="disk", ok=True, words=words)


def time(clock: Clock) -> Finding:
    """Platforms refuse, and the hub too, what was signed at another time."""
    now = clock.now()
    if now < _OLDEST_SOURCE:
        return Finding(name="clock", ok=False, words=f"{now:%Y-%m-%d %H:%M} UTC is in the past: set it, use NTP")
    return Finding(name="clock", ok=True, words=f"{now:%Y-%m-%d %H:%M:%S} UTC; compare it once, and use NTP")


def port(settings: Settings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and running_url(settings.data) is not None:
            return Finding(name="port", ok=True, words=f"{where} is taken, and a hub is running on this data folder")
        if error.errno == errno.EADDRINUSE:
            return Finding(name="port", ok=False, words=f"{where} is taken: choose another with --port")
        return Finding(name="port", ok=False, words=f"{where} cannot be listened on: {error.strerror}")
    return Finding(name="port", ok=True, words=f"{where} is free")


def fonts() -> Finding:
    """Only the browser's machine needs them; on a server, the browser tests and screenshots do."""
    listed = shutil.which("fc-list")
    if sys.platform != "linux" or listed is None:
        return Finding(name="fonts", ok=None, words="not examined here; the browser's machine needs Chinese ones")
    found = subprocess.run([listed, ":lang=zh-cn", "family"], capture_output=True, text=True, check=False, timeout=30)
    if not found.stdout.strip():
        words = "no Chinese font: screenshots and browser tests here show boxes (apt install fonts-noto-cjk)"
        return Finding(name="fonts", ok=None, words=words)
    return Finding(name="fonts", ok=True, words=found.stdout.splitlines()[0])


async def database(settings: Settings, open_workspace: OpenWorkspace) -> Finding:
    kind = "embedded" if settings.embedded else "MongoDB"
    if settings.embedded and importlib.util.find_spec("secantus") is None:
        return Finding(name="database", ok=False, words="not installed: pip install 'scrm-hub[embedded]'")
    try:
        async with open_workspace(settings) as stores:
            await stores.ping()
    except (StartupError, StoreUnavailable) as error:
        return Finding(name="database", ok=False, words=f"{kind}: {error}")
    return Finding(name="database", ok=True, words=f"{kind}, answers")
