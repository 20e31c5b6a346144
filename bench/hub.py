"""The hub as a process, for benchmarks and the crash run: started as a person starts it, asked through its API."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Hub:
    """`scrm up` over a data folder. `kill` and `start` may alternate. environment: more variables for it."""

    def __init__(self, data: Path, port: int, **environment: str) -> None:
        self.data = data
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = data / "hub.log"
        # Compiled files are kept, as where nobody forbids it.
        ours = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self._environment = {**ours, "SCRM_NO_SETUP": "1", "SCRM_LOG_FORMAT": "json", **environment}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "scrm", "up", "--port", str(self.port), "--data", str(self.data),
                cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log,
                env=self._environment,
            )  # fmt: skip
        async with asyncio.timeout(START_SECONDS):
            await self._ready()

    async def _ready(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        async for line in self._process.stdout:
            if line.startswith(b"ready "):
                return
        raise RuntimeError(f"the hub did not start; see {self.log}")

    @property
    def pid(self) -> int:
        """Of the hub itself, not of its database or its reader."""
        assert self._process is not None
        return self._process.pid

    def kill_hub(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def database_pid(self) -> int | None:
        """The embedded server: the descendant of the hub that runs it."""
        if self._process is None or self._process.returncode is not None:
            return None
        waiting = [self._process.pid]
        while waiting:
            pid = waiting.pop()
            for child in _children(pid):
                command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                if b"secantus" in command and b"scrm.storage.guard" not in command:
                    return child
                waiting.append(child)
        return None

    def processor_seconds(self) -> dict[str, float]:
        """Used so far by the hub itself, by its database, and by its other processes. Waiting and a machine's other
        guests are not in it, so it compares where a clock on the wall cannot."""
        used = {"hub": _processor_seconds(self.pid), "database": 0.0, "others": 0.0}
        database = self.database_pid()
        waiting = _children(self.pid)
        while waiting:
            pid = waiting.pop()
            used["database" if pid == database else "others"] += _processor_seconds(pid)
            waiting += _children(pid)
        return used

    def kill_database(self) -> bool:
        pid = self.database_pid()
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True

    async def wait(self) -> None:
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def token(self) -> str:
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "scrm", "token", "create", "--name", "bench", "--data", str(self.data),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, env=self._environment,
        )  # fmt: skip
        out, _ = await made.communicate()
        return out.decode().split()[-1]


def _processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


class Api:
    """The hub's REST API with a token."""

    def __init__(self, session: ClientSession, url: str, token: str) -> None:
        self._session = session
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **query: Any) -> Any:
        async with self._session.get(f"{self._url}/api/v1{path}", params=query, headers=self._headers) as response:
            response.raise_for_status()
            return await response.json()

    async def post(self, path: str, body: Any) -> Any:
        async with self._session.post(f"{self._url}/api/v1{path}", json=body, headers=self._headers) as response:
            response.raise_for_status()
            return await response.json()

    async def patch(self, path: str, body: Any) -> Any:
        async with self._session.patch(f"{self._url}/api/v1{path}", json=body, headers=self._headers) as response:
            response.raise_for_status()
            return await response.json()

    async def patiently(self, path: str, **query: Any) -> Any:
        """Like `get`, through a restart."""
        for _ in range(100):
            with contextlib.suppress(ClientError, TimeoutError):
                return await self.get(path, **query)
            await asyncio.sleep(0.3)
        raise RuntimeError(f"{path} was not answered for 30 s")

    async def all(self, path: str, **query: Any) -> AsyncIterator[Any]:
        after: dict[str, str] = {}
        while True:
            page = await self.patiently(path, **query, **after)
            for item in page["items"]:
                yield item
            if page.get("next") is None:
                return
            after = {"after": page["next"]}

    async def thread(self, conversation_id: str) -> list[Any]:
        items: list[Any] = []
        while True:
            after = items[-1]["position"] if items else 0
            path = f"/conversations/{conversation_id}/messages"
            page = (await self.patiently(path, after_position=after, limit=100))["items"]
            if not page:
                return items
            items += page
