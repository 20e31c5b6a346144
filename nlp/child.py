"""The worker process: reads texts from stdin, writes readings to stdout, ends when stdin ends.

It cannot outlive the hub: a dead hub's end of the pipe closes, and a text that holds the reader longer than allowed
gets the process killed by its own alarm, even inside C code. The hub starts another.
"""

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from nlp.frames import Ask, Hello, Told, pack, read_blocking
from scrm.model.analysis import Analysis
from scrm.ports.taxonomy import CompanyModel

if TYPE_CHECKING:
    from nlp.company import Shipped

MEMORY = 1024 * 1024 * 1024
"""Bytes of address space the worker may take (its own need is under 250 MB); beyond, the text counts as broken."""


def serve(
    read: Callable[[str], Analysis], model: str, asks: BinaryIO, answers: BinaryIO, seconds_per_text: float
) -> None:
    """Answer until `asks` ends."""
    gc.freeze()  # the models stay; no text waits for a collection that looks at all of them
    answers.write(pack(Hello(model=model)))
    answers.flush()
    decoder = msgspec.msgpack.Decoder(Ask)
    while (body := read_blocking(asks)) is not None:
        readings = [_bounded(read, text, seconds_per_text) for text in decoder.decode(body).texts]
        answers.write(pack(Told(readings=readings)))
        answers.flush()


def _bounded(read: Callable[[str], Analysis], text: str, seconds: float) -> Analysis | None:
    _alarm(seconds)
    try:
        return read(text)
    except Exception:  # one text must not take the others with it; the hub keeps it as failed, for an admin
        return None
    finally:
        _alarm(0.0)


def _alarm(seconds: float) -> None:
    # No Python handler on purpose: the default action ends the process without asking the interpreter.
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _be_modest() -> None:
    """Behind the hub for the processor, bounded in memory, deaf to the terminal's Ctrl+C (the hub closes the pipe)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(AttributeError, OSError):
        os.nice(5)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))


def _reader(own: Sequence[str]) -> "Shipped":
    """own: a file with a company's own categories (`CompanyModel` as msgpack), or nothing."""
    from nlp.company import OwnReader
    from nlp.pipeline import Reader

    if not own:
        return Reader()
    return OwnReader(Reader(), msgspec.msgpack.decode(Path(own[0]).read_bytes(), type=CompanyModel))


def main() -> None:
    """Arguments: maybe a file with a company's own categories, then the seconds a text may take."""
    _be_modest()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr  # whatever a library prints must not land between frames
    *own, seconds = sys.argv[1:]
    reader = _reader(own)
    with contextlib.suppress(BrokenPipeError):
        serve(reader.read, reader.model, sys.stdin.buffer, answers, float(seconds))


if __name__ == "__main__":
    main()
