"""`scrm backup` and `scrm restore`: the whole workspace to a file and back, between databases and versions."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from scrm.clock import SystemClock
from scrm.config import Settings
from scrm.errors import StartupError
from scrm.storage import backup as files
from scrm.storage.backup_file import Header
from scrm.storage.server import EmbeddedServer

_KEY_BYTES = 4096  # a key file is far smaller


@asynccontextmanager
async def database_url(settings: Settings) -> AsyncIterator[str]:
    """Of the configured MongoDB, or of the embedded database, which no hub may have open: it offers no reading of many
    collections as of one moment. Raises StartupError."""
    if settings.mongodb_url is not None:
        yield settings.mongodb_url
        return
    server = EmbeddedServer(settings.data)
    url = await server.start()
    try:
        yield url
    finally:
        await server.stop()


async def backup(settings: Settings, path: Path, *, with_key: bool) -> None:
    key = _read_key(settings)
    if with_key and key is None:
        raise StartupError(f"There is no sealing key at {settings.key_file} to include.")
    telling = _Telling()
    async with database_url(settings) as url, files.connect(url, settings.mongodb_database) as database:
        summary = await files.backup(
            database, path, clock=SystemClock(), progress=telling, key=key, include_key=with_key
        )
    telling.end()
    print(f"{path}: {summary.documents} documents of {len(summary.collections)} collections, {summary.bytes} bytes")
    if with_key:
        print("It holds the sealing key: guard it like a password.")
    elif key is not None:
        print(f"Channels' secrets in it are sealed: keep {settings.key_file} too, elsewhere.")


async def restore(settings: Settings, path: Path) -> None:
    telling = _Telling()
    async with database_url(settings) as url, files.connect(url, settings.mongodb_database) as database:
        summary = await files.restore(database, path, clock=SystemClock(), progress=telling)
    telling.end()
    print(f"{summary.documents} documents of {len(summary.collections)} collections restored and verified")
    _settle_key(settings, summary.header)


def _settle_key(settings: Settings, header: Header) -> None:
    """Put the backup's key in place, or say which one is needed."""
    present = _read_key(settings)
    if header.key_fingerprint is None or header.key_fingerprint == files.fingerprint(present):
        return
    if present is None and header.key is not None:
        settings.key_file.parent.mkdir(parents=True, exist_ok=True)
        settings.key_file.touch(mode=0o600)
        settings.key_file.write_bytes(header.key)
        print(f"The sealing key was put at {settings.key_file}")
        return
    print(
        f"Secrets in it are sealed with the key of fingerprint {header.key_fingerprint}, which is not here: put that "
        f"workspace's key file at {settings.key_file} before `scrm up`."
    )


def _read_key(settings: Settings) -> bytes | None:
    try:
        with settings.key_file.open("rb") as file:
            return file.read(_KEY_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StartupError(f"The sealing key {settings.key_file} cannot be read: {error.strerror}.") from error


class _Telling:
    """How far it is: on a terminal one line that is drawn over itself, elsewhere a line for each tenth of a step's
    documents. A step is a verb, `backing up`; what follows it names the collection."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._told = ("", -1)

    def __call__(self, step: str, done: int, total: int) -> None:
        if self._terminal:
            print(f"\r\x1b[K{step}: {done} of about {total}", end="", file=sys.stderr, flush=True)
            return
        # The number beforehand is an estimate: what is beyond it is still the last tenth.
        at = (step.rpartition(" ")[0], min(10, done * 10 // total) if total else 10)
        if at != self._told:
            self._told = at
            print(f"{step}: {done} of about {total}", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
