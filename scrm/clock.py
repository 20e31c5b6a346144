"""Time, injected. Everything in the hub asks a `Clock`; only this module asks the machine."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present as an aware UTC datetime, cut to milliseconds (what BSON keeps)."""
        ...

    def monotonic(self) -> float:
        """Seconds that only move forward; for measuring spans, never for stamps."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        return to_milliseconds(datetime.now(UTC))

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that tests move by hand. `sleep` returns once `advance` has passed its end."""

    def __init__(self, start: datetime = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return to_milliseconds(self._start + timedelta(seconds=self._elapsed))

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._elapsed + seconds, future))
        await future

    def advance(self, seconds: float) -> None:
        self._elapsed += seconds
        due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._elapsed]
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._elapsed]
        for _, future in sorted(due, key=lambda sleeper: sleeper[0]):
            if not future.done():
                future.set_result(None)


async def end_tasks(*tasks: asyncio.Task[Any], again_after: float = 1.0) -> None:
    """Cancel the tasks and return when all have ended, however they ended.

    Cancels those that go on again every `again_after` seconds: in Python 3.11 `asyncio.wait_for`, which the database's
    driver uses around each request, loses a cancel that meets the request's end. A task whose own tidying up takes
    longer than that must be given longer.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=again_after)
    await asyncio.gather(*tasks, return_exceptions=True)  # so that no exception counts as never looked at


def to_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
