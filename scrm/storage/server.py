"""The embedded database: a child process that speaks MongoDB's wire protocol, for workspaces that configure none.

Promises: a write it acknowledged is on disk; it never outlives the hub, even one killed with -9; when it dies, or
answers nothing any more, it is started again on the same port, so that the driver and its change streams go on; and
one data folder is opened by one hub at a time. The program is SecantusDB, run over a socket and never imported.
"""

import asyncio
import contextlib
import importlib.util
import json
import os
import re
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import structlog
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from scrm.clock import Clock, SystemClock, end_tasks
from scrm.errors import StartupError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

READY_SECONDS = 120.0  # recovery after a crash reads the write-ahead log
STOP_SECONDS = 15.0  # measured: 0.3 to 2.6
BUSY_SECONDS = 20.0  # a database that was told to stop may still be closing its files
FIRST_BACKOFF = 0.1
LONGEST_BACKOFF = 10.0
LINE_CHARACTERS = 500
# A busy server answers late, so silence means it hangs only when it lasts.
LOOK_SECONDS = 10.0
SILENCE_SECONDS = 60.0

_GUARD = Path(__file__).with_name("guard.py")
_GUARD_MODE = "exec" if sys.platform == "linux" else "watch"
# The server is Python, a thread to a connection. While one of them is busy, every other waits for the interpreter each
# time it comes back from the system or the storage engine, by default 5 ms: ten such calls in a command are 50 ms.
_TURN_SECONDS = 0.0005
# Started as `python -m secantus` is, with shorter turns.
_PROGRAM = (
    f"import runpy, sys; sys.setswitchinterval({_TURN_SECONDS}); "
    "del sys.argv[0]; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)
_READY = re.compile(r"secantus listening on [\d.]+:(\d+)")
_BUSY = re.compile(r"already being managed by another process|Device or resource busy")
_LEVEL = re.compile(r"^\S+ \S+ (DEBUG|INFO|WARNING|ERROR|CRITICAL) ")

log = structlog.get_logger("scrm.storage.server")


class FolderInUse(StartupError):
    """Another hub has the data folder open."""


class FolderLock:
    """One opener a data folder. The operating system lets go of the lock when its holder ends, however it ends."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._path = data_dir / "hub.lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Raises FolderInUse, its text naming the process."""
        file = self._path.open("a+")
        try:
            if sys.platform == "win32":
                file.seek(1 << 20)  # beyond the text, which the second opener wants to read
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read(20).strip() or "unknown"
            file.close()
            raise FolderInUse(
                f"The data folder {self._data_dir} is in use by process {holder}. "
                "Stop that one first, or choose another folder with --data."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class EmbeddedServer:
    """Starts the embedded database of a data folder, keeps it running, and stops it."""

    def __init__(
        self, data_dir: Path, clock: Clock | None = None, *, cache: str = "256M", silence: float = SILENCE_SECONDS
    ) -> None:
        """silence: seconds without an answer after which it is killed and started again."""
        self._data_dir = data_dir
        self._clock = clock or SystemClock()
        self._cache = cache
        self._silence = silence
        self._lock = FolderLock(data_dir)
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[None] | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self.restarts = 0

    @property
    def url(self) -> str:
        # With retried writes every write looks through the stored replies and becomes ten times slower; all writes
        # of the hub are idempotent, so reconnecting is ours.
        return f"mongodb://127.0.0.1:{self._port}/?directConnection=true&retryWrites=false"

    @property
    def pid(self) -> int | None:
        """Of the database process while there is one."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self) -> str:
        """Its URL, once it listens; ping it before use. Raises StartupError, and FolderInUse for a second opener."""
        if importlib.util.find_spec("secantus") is None:
            raise StartupError(
                "The embedded database is not installed: run `pip install 'scrm-hub[embedded]'`, "
                "or name a MongoDB replica set with SCRM_MONGODB_URL."
            )
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire()
            _address_file(self._data_dir).unlink(missing_ok=True)
        except OSError as error:
            raise StartupError(f"The data folder {self._data_dir} cannot be used: {error.strerror}.") from error
        try:
            await self._launch_when_free()
            _write_address(self._data_dir, self.url)
        except BaseException:
            await self._end_process()
            self._lock.release()
            raise
        self._supervisor = asyncio.create_task(self._supervise(), name="embedded-database")
        return self.url

    async def stop(self) -> None:
        """Close it in order, or kill it when that takes too long. May be called twice."""
        if self._supervisor is not None:
            await end_tasks(self._supervisor)
            self._supervisor = None
            _address_file(self._data_dir).unlink(missing_ok=True)
        await self._end_process()
        self._lock.release()

    async def _supervise(self) -> None:
        backoff = FIRST_BACKOFF
        while True:
            assert self._process is not None
            since = self._clock.monotonic()
            watch = asyncio.create_task(self._kill_when_silent(), name="embedded-database-watch")
            try:
                code = await self._process.wait()
            finally:
                await end_tasks(watch)
            log.error("embedded database ended, starting it again", code=code, port=self._port)
            if self._clock.monotonic() - since > LONGEST_BACKOFF:
                backoff = FIRST_BACKOFF
            while True:
                await self._clock.sleep(backoff)
                backoff = min(backoff * 2, LONGEST_BACKOFF)
                try:
                    await self._end_process()
                    await self._launch()
                except (StartupError, OSError) as error:
                    log.error("embedded database did not start", error=str(error))
                else:
                    break
            self.restarts += 1
            log.info("embedded database runs again", port=self._port, restarts=self.restarts)

    async def _kill_when_silent(self) -> None:
        """Nothing acknowledged is lost by it: every write is on disk before its answer."""
        patience = int(self._silence * 1000)
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            self.url, maxPoolSize=1, serverSelectionTimeoutMS=patience, timeoutMS=patience
        )
        try:
            while True:
                await client.admin.command("ping")
                await self._clock.sleep(min(LOOK_SECONDS, self._silence))
        except PyMongoError:
            log.error("embedded database answers nothing and is killed", port=self._port, seconds=self._silence)
            self._kill()
        finally:
            await client.close()

    async def _launch_when_free(self) -> None:
        deadline = self._clock.monotonic() + BUSY_SECONDS
        while True:
            try:
                await self._launch()
            except FolderInUse:
                if self._clock.monotonic() >= deadline:
                    raise
                await self._end_process()
                await self._clock.sleep(0.2)
            else:
                return

    async def _launch(self) -> None:
        config = self._data_dir / "database.toml"  # empty, so that no file found elsewhere on the machine counts
        config.touch()
        database = [sys.executable, "-P", "-c", _PROGRAM, "secantus", "--config", str(config), "--host", "127.0.0.1"]
        database += ["--port", str(self._port), "--storage-path", str(self._data_dir / "db"), "--log-level", "INFO"]
        database += ["--cache-size", self._cache, "--sync-on-commit"]
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_GUARD),
            _GUARD_MODE,
            str(os.getpid()),
            *database,
            stdin=asyncio.subprocess.PIPE,  # held open, never written: its end tells the guard that we are gone
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl+C at the terminal is for the hub, which then closes it in order
            env={name: value for name, value in os.environ.items() if not name.startswith("SCRM_")},
        )
        assert process.stderr is not None
        last_lines: deque[str] = deque(maxlen=30)
        listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._drain = asyncio.create_task(_drain(process.stderr, last_lines, listening), name="embedded-database-log")
        try:
            self._port = await asyncio.wait_for(listening, READY_SECONDS)
        except TimeoutError:
            raise StartupError(f"The embedded database did not start within {READY_SECONDS:.0f} s.") from None
        except EOFError:
            raise self._start_failure(last_lines) from None

    def _start_failure(self, last_lines: deque[str]) -> StartupError:
        if any(_BUSY.search(line) for line in last_lines):
            return FolderInUse(
                f"The data folder {self._data_dir} is in use by another program that has its database open."
            )
        reason = last_lines[-1] if last_lines else "it said nothing"
        return StartupError(
            f"The embedded database cannot open {self._data_dir / 'db'}: {reason}. If another version of the hub "
            "wrote this folder, run that version's `scrm backup`, then `scrm restore` into an empty folder."
        )

    async def _end_process(self) -> None:
        process = self._process
        if process is not None:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), STOP_SECONDS)
                except TimeoutError:
                    log.warning("embedded database did not stop in time and was killed")
            self._kill()
            await process.wait()
            if process.stdin is not None:
                process.stdin.close()
        self._process = None
        drain, self._drain = self._drain, None
        if drain is not None:
            await drain

    def _kill(self) -> None:
        """The whole group: a guard that died first would leave the database behind, holding the folder."""
        process = self._process
        if process is None:
            return
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()


async def _drain(stream: asyncio.StreamReader, last_lines: deque[str], listening: asyncio.Future[int]) -> None:
    """Read the log until it ends, so that the pipe never fills. Only warnings and errors reach our own log."""
    async for line in _lines(stream):
        last_lines.append(line)
        ready = _READY.search(line)
        if ready and not listening.done():
            listening.set_result(int(ready[1]))
        level = _LEVEL.match(line)
        if level and level[1] in ("WARNING", "ERROR", "CRITICAL"):
            log.warning("embedded database", line=line)
    if not listening.done():
        listening.set_exception(EOFError())


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    rest = b""
    while chunk := await stream.read(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[:65536]
        for line in lines:
            yield line.decode(errors="replace")[:LINE_CHARACTERS]
    if rest:
        yield rest.decode(errors="replace")[:LINE_CHARACTERS]


def _address_file(data_dir: Path) -> Path:
    return data_dir / "server.json"


def _write_address(data_dir: Path, url: str) -> None:
    new = data_dir / "server.json.new"
    new.touch(mode=0o600)
    new.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    new.replace(_address_file(data_dir))


def running_url(data_dir: Path) -> str | None:
    """URL of the embedded database that a running hub said it serves. Only meaningful while the folder is locked."""
    try:
        url = json.loads(_address_file(data_dir).read_text())["url"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url if isinstance(url, str) else None


@asynccontextmanager
async def embedded_url(data_dir: Path, clock: Clock | None = None) -> AsyncIterator[str]:
    """URL of the data folder's database, for commands beside a hub.

    The running hub's when there is one, else a server of our own for as long as the block runs.
    Raises StartupError.
    """
    clock = clock or SystemClock()
    deadline = clock.monotonic() + BUSY_SECONDS
    server = EmbeddedServer(data_dir, clock)
    while True:
        try:
            address = await server.start()
        except FolderInUse:
            running = running_url(data_dir)
            if running is None:  # that hub is starting or stopping: soon it has an address, or the folder is free
                if clock.monotonic() >= deadline:
                    raise
                await clock.sleep(0.2)
                continue
            address = running
        break
    try:
        yield address
    finally:
        await server.stop()  # does nothing when the server is another's
