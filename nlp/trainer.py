"""The hub's side of a company's training, imports and trials: each job in a process of its own (`nlp.job`).

Promises: never the event loop, never the reading worker; bounded in time, memory and number; a cancelled caller ends
its process; a process that breaks costs the job and nothing else.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from nlp import job as jobs
from nlp import taxonomy
from nlp.frames import HEADER
from scrm.errors import Invalid, Unavailable
from scrm.model.taxonomy import Example
from scrm.ports.mentions import RawTable
from scrm.ports.taxonomy import Progress, Seeds, Table, Trained, Tried

TRAINING_SECONDS = 900.0
SHORT_SECONDS = 30.0
"""For reading a file or trying sentences."""
SHORT_AT_ONCE = 2

T = TypeVar("T", bound=jobs.Answer)


class ProcessTrainer:
    """`scrm.ports.taxonomy.Trainer`, and `scrm.ports.mentions.Tables`."""

    def __init__(self, *, training_seconds: float = TRAINING_SECONDS, short_seconds: float = SHORT_SECONDS) -> None:
        self._training_seconds = training_seconds
        self._short_seconds = short_seconds
        self._short = asyncio.Semaphore(SHORT_AT_ONCE)
        self._training = asyncio.Semaphore(1)

    def shipped(self) -> Sequence[Seeds]:
        return [Seeds(category=topic.category, phrases=topic.seeds) for topic in taxonomy.topics()]

    async def read_table(self, name: str, data: bytes) -> Table:
        async with self._short:
            answer = await _run(jobs.ReadTable(name=name, data=data), self._short_seconds, jobs.Rows)
        return answer.table

    async def cells(self, name: str, data: bytes) -> RawTable:
        async with self._short:
            answer = await _run(jobs.ReadCells(name=name, data=data), self._short_seconds, jobs.Cells)
        return answer.table

    async def train(self, examples: Sequence[Example], progress: Progress) -> Trained:
        async with self._training:
            job = jobs.Train(examples=list(examples))
            return (await _run(job, self._training_seconds, jobs.Learned, progress)).trained

    async def try_out(self, weights: bytes, threshold: float, texts: Sequence[str]) -> list[Tried]:
        # Lone surrogates cannot cross the pipe and say nothing.
        clean = [text.encode("utf-8", "ignore").decode("utf-8") for text in texts]
        async with self._short:
            job = jobs.Try(weights=weights, threshold=threshold, texts=clean)
            return (await _run(job, self._short_seconds, jobs.Outcome)).tried


async def _run(job: jobs.Job, seconds: float, wanted: type[T], progress: Progress = lambda step, share: None) -> T:
    """Raises Invalid (the input does not do), Unavailable (it took too long, too much memory, or broke)."""
    try:
        async with asyncio.timeout(seconds), _process() as process:
            answer = await _exchange(process, job, progress)
    except TimeoutError:
        raise Unavailable(f"It took longer than {seconds:.0f} seconds and was given up.") from None
    except (OSError, EOFError, msgspec.MsgspecError) as error:
        raise Unavailable("The process that does this broke; the log says more.") from error
    if isinstance(answer, jobs.Refused):
        raise Invalid(answer.detail)
    if not isinstance(answer, wanted):
        raise Unavailable("The process that does this gave a wrong answer.")
    return answer


async def _exchange(process: asyncio.subprocess.Process, job: jobs.Job, progress: Progress) -> jobs.Answer:
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise EOFError
    body = await asyncio.to_thread(msgspec.msgpack.encode, job)  # twenty thousand examples take a while
    stdin.write(HEADER.pack(len(body)))
    stdin.write(body)
    await stdin.drain()
    while True:
        (size,) = HEADER.unpack(await stdout.readexactly(HEADER.size))
        if size > jobs.LIMIT:
            raise EOFError
        answer = await asyncio.to_thread(_decode, await stdout.readexactly(size))
        if not isinstance(answer, jobs.Progressed):
            return answer
        progress(answer.step, answer.share)


def _decode(body: bytes) -> jobs.Answer:
    answer: jobs.Answer = msgspec.msgpack.decode(body, type=jobs.Answer)
    return answer


@asynccontextmanager
async def _process() -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "nlp.job"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=_environment(),
    )
    try:
        yield process
    finally:
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
