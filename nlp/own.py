"""An analyser that changes, while messages come in, from the shipped categories to a company's own and back.

Promise: no reading is lost or cut off by a change. A new worker is warm before the old one gets no more texts, and the
old one lives until its last text is read. When the new one does not start, the old one goes on.
"""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from nlp import taxonomy
from nlp.worker import WorkerAnalyser
from scrm.model.analysis import Analysis, Category
from scrm.ports.taxonomy import CompanyModel


class _Shift:
    """A worker at work, and the texts it still owes. file: its categories, there as long as it may be restarted."""

    def __init__(self, model: CompanyModel | None) -> None:
        self.file: Path | None = None
        self.taxonomy: Sequence[Category] = taxonomy.categories()
        command = None
        if model is not None:
            self.taxonomy = model.categories
            with tempfile.NamedTemporaryFile(prefix="scrm-categories-", delete=False) as file:
                file.write(msgspec.msgpack.encode(model))
            self.file = Path(file.name)
            command = (sys.executable, "-m", "nlp.child", file.name)
        self.worker = WorkerAnalyser(command=command)
        self._owed = 0
        self._settled = asyncio.Event()
        self._settled.set()

    async def analyse(self, texts: Sequence[str]) -> list[Analysis | None]:
        self._owed += 1
        self._settled.clear()
        try:
            return await self.worker.analyse(texts)
        finally:
            self._owed -= 1
            if not self._owed:
                self._settled.set()

    async def end(self, *, patiently: bool) -> None:
        if patiently:
            await self._settled.wait()
        await self.worker.close()
        if self.file is not None:
            with contextlib.suppress(OSError):
                self.file.unlink()


class OwnAnalyser:
    """`Analyser` and `CompanyReader`: `WorkerAnalyser`s, one after the other."""

    def __init__(self) -> None:
        self._shift = _Shift(None)
        self._changing = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def model(self) -> str:
        return self._shift.worker.model

    @property
    def taxonomy(self) -> Sequence[Category]:
        return self._shift.taxonomy

    async def start(self) -> None:
        await self._shift.worker.start()

    async def close(self) -> None:
        for task in self._ending:
            task.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)
        await self._shift.end(patiently=False)

    async def analyse(self, texts: Sequence[str]) -> list[Analysis | None]:
        return await self._shift.analyse(texts)

    async def use(self, model: CompanyModel | None) -> None:
        async with self._changing:
            fresh = _Shift(model)
            try:
                await fresh.worker.start()
            except BaseException:
                await fresh.end(patiently=False)
                raise
            before, self._shift = self._shift, fresh
            ending = asyncio.create_task(_end(before), name="former categories")
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)


async def _end(shift: _Shift) -> None:
    """Once its last text is read; at once when the hub closes meanwhile."""
    try:
        await shift.end(patiently=True)
    except asyncio.CancelledError:
        await shift.end(patiently=False)
        raise
