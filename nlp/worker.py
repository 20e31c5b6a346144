"""The hub's side of analysis: a warm worker process behind `scrm.ports.services.Analyser`.

Promises: the event loop is never held longer than it takes to decode one small chunk; a text that breaks the reader or
runs over its time is None and costs the others nothing but a restart; many callers take turns by the chunk, so a batch
of thousands does not keep one message waiting; the worker dies with the hub, however the hub dies.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from nlp import pipeline, taxonomy
from nlp.frames import HEADER, LIMIT, Ask, Hello, Told, pack
from nlp.normalise import CAP
from scrm.model.analysis import Analysis, Category

CHUNK_TEXTS = 16
CHUNK_CHARACTERS = 4_000
"""One chunk takes the worker a few tens of milliseconds, and the hub under one to decode."""

SECONDS_PER_TEXT = 2.0
START_SECONDS = 30.0
"""A cold disk and a busy machine; warm it is half a second."""


class WorkerAnalyser:
    """`analyse` may be called by any number of tasks at once, between `start` and `close`.

    command: how to start the worker, for tests; it is given the seconds per text as last argument.
    """

    def __init__(self, *, command: Sequence[str] | None = None, seconds_per_text: float = SECONDS_PER_TEXT) -> None:
        self._command = tuple(command or (sys.executable, "-m", "nlp.child"))
        self._seconds = seconds_per_text
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._closed = True
        self._model = pipeline.model_version()
        self._decoder = msgspec.msgpack.Decoder(Told)
        self.restarts = 0

    @property
    def model(self) -> str:
        return self._model

    @property
    def taxonomy(self) -> Sequence[Category]:
        return taxonomy.categories()

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Returns when the worker is warm. Raises OSError or RuntimeError when it cannot be started."""
        self._closed = False
        async with self._turn:
            await self._ensure()

    async def close(self) -> None:
        """A chunk under way is finished first; later calls of `analyse` get None for every text."""
        self._closed = True
        async with self._turn:
            await self._drop()

    async def analyse(self, texts: Sequence[str]) -> list[Analysis | None]:
        readings: list[Analysis | None] = []
        for chunk in _chunks(texts):
            told = await self._ask(chunk)
            if told is None and len(chunk) > 1:
                # One of them broke the worker. Each alone, so that only that one is lost.
                for text in chunk:
                    alone = await self._ask([text])
                    readings.append(alone[0] if alone else None)
            else:
                readings.extend(told if told is not None else [None])
        return readings

    async def _ask(self, texts: list[str]) -> list[Analysis | None] | None:
        """The readings of one chunk, or None when the worker died or hung over it."""
        async with self._turn:
            if self._closed:
                return [None] * len(texts)
            process = await self._ensure()
            try:
                # The worker's own alarm is the bound of one text; this is the bound of a worker that ignores it.
                async with asyncio.timeout(self._seconds * len(texts) + 1.0):
                    told = await self._exchange(process, pack(Ask(texts=texts)))
            except (TimeoutError, OSError, EOFError, msgspec.MsgspecError):
                await self._drop()
                self.restarts += 1
                return None
            except BaseException:
                # Cancelled half way: the next frame in the pipe would answer this question, not the next one.
                await self._drop()
                raise
            return told.readings

    async def _exchange(self, process: asyncio.subprocess.Process, question: bytes) -> Told:
        stdin, stdout = process.stdin, process.stdout
        if stdin is None or stdout is None:
            raise EOFError
        stdin.write(question)
        await stdin.drain()
        return self._decoder.decode(await _read_frame(stdout))

    async def _ensure(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        process = await asyncio.create_subprocess_exec(
            *self._command,
            str(self._seconds),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LIMIT,
            env=_environment(),
        )
        self._process = process
        try:
            async with asyncio.timeout(START_SECONDS):
                if process.stdout is None:
                    raise EOFError
                hello = msgspec.msgpack.decode(await _read_frame(process.stdout), type=Hello)
        except (TimeoutError, EOFError, msgspec.MsgspecError) as error:
            await self._drop()
            raise RuntimeError("The analysis worker does not start; `python -m nlp.child 2` shows why.") from error
        except BaseException:
            await self._drop()
            raise
        self._model = hello.model
        return process

    async def _drop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def _environment() -> dict[str, str]:
    """The hub's, without its secrets, and with this very `nlp` first wherever the hub was started from."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCRM_")}
    root = str(Path(__file__).resolve().parent.parent)
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH", ""))))}


async def _read_frame(stream: asyncio.StreamReader) -> bytes:
    (size,) = HEADER.unpack(await stream.readexactly(HEADER.size))
    if size > LIMIT:
        raise EOFError
    return await stream.readexactly(size)


def _chunks(texts: Sequence[str]) -> list[list[str]]:
    """In order, at most `CHUNK_TEXTS` texts and about `CHUNK_CHARACTERS` characters each."""
    chunks: list[list[str]] = []
    room = 0
    for text in texts:
        # Lone surrogates cannot cross the pipe and say nothing; the cut comes first, so the cost is bounded.
        clean = text[:CAP].encode("utf-8", "ignore").decode("utf-8")
        if not chunks or len(chunks[-1]) >= CHUNK_TEXTS or room < len(clean):
            chunks.append([])
            room = CHUNK_CHARACTERS
        chunks[-1].append(clean)
        room -= len(clean)
    return chunks
