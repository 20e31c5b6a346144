"""The process in which a company's training, imports and trials run: one job from stdin, frames to stdout, the end.

It dies with the hub: a thread watches stdin, whose end closes with the hub.
"""

import contextlib
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import BinaryIO

import msgspec

from nlp import company, sheet
from nlp.frames import HEADER
from scrm.errors import HubError
from scrm.model.base import Record
from scrm.model.taxonomy import Example
from scrm.ports.mentions import RawTable
from scrm.ports.taxonomy import Table, Trained, Tried

MEMORY = 2 * 1024 * 1024 * 1024
"""Bytes of address space; 20,000 examples of a hundred categories take about half of it."""
LIMIT = 256 * 1024 * 1024
"""Bytes of one frame."""


class Train(Record, kw_only=True, tag="train"):
    examples: list[Example]


class ReadTable(Record, kw_only=True, tag="table"):
    name: str
    data: bytes


class ReadCells(Record, kw_only=True, tag="cells"):
    name: str
    data: bytes


class Try(Record, kw_only=True, tag="try"):
    weights: bytes
    threshold: float
    texts: list[str]


class Progressed(Record, kw_only=True, tag="progress"):
    step: str
    share: float


class Learned(Record, kw_only=True, tag="trained"):
    trained: Trained


class Rows(Record, kw_only=True, tag="table"):
    table: Table


class Cells(Record, kw_only=True, tag="cells"):
    table: RawTable


class Outcome(Record, kw_only=True, tag="tried"):
    tried: list[Tried]


class Refused(Record, kw_only=True, tag="refused"):
    """The job's input does not do; detail is for the person who brought it."""

    detail: str


Job = Train | ReadTable | ReadCells | Try
Answer = Progressed | Learned | Rows | Cells | Outcome | Refused


def do(job: Job, answers: BinaryIO) -> None:
    """Whatever goes wrong with a job's input is `Refused`; anything else is a bug and ends the process."""
    try:
        result = _result(job, answers)
    except HubError as error:
        result = Refused(detail=error.detail)
    tell(result, answers)


def _result(job: Job, answers: BinaryIO) -> Answer:
    match job:
        case Train():
            return Learned(trained=company.learn(job.examples, lambda step, share: _progress(step, share, answers)))
        case ReadTable():
            return Rows(table=sheet.table(job.name, job.data))
        case ReadCells():
            return Cells(table=sheet.cells(job.name, job.data))
        case Try():
            judge = company.Judge(job.weights, job.threshold)
            return Outcome(tried=[judge.try_out(text) for text in job.texts])


def _progress(step: str, share: float, answers: BinaryIO) -> None:
    tell(Progressed(step=step, share=share), answers)


def tell(answer: Answer, answers: BinaryIO) -> None:
    body = msgspec.msgpack.encode(answer)
    answers.write(HEADER.pack(len(body)) + body)
    answers.flush()


def _be_modest() -> None:
    """Behind everything else for the processor, bounded in memory."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(10)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))


def _watch(stdin: BinaryIO) -> None:
    stdin.read()
    os._exit(0)


def main() -> None:
    _be_modest()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr  # whatever a library prints must not land between frames
    stdin = sys.stdin.buffer
    (size,) = HEADER.unpack(stdin.read(HEADER.size))
    job = msgspec.msgpack.decode(stdin.read(size), type=Job)
    threading.Thread(target=_watch, args=(stdin,), daemon=True).start()
    try:
        do(job, answers)
    except Exception as error:
        # Kind and place only: what it says may quote a customer.
        place = traceback.extract_tb(error.__traceback__)[-1]
        print(f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}", file=sys.stderr, flush=True)
        os._exit(1)
    answers.close()
    os._exit(0)  # the watcher still reads; there is nothing to tidy up


if __name__ == "__main__":
    main()
