"""What waits to be sent to one socket: bounded, in order, each thing once.

A frame that is about the same thing as one still waiting takes its place. When the line is full everything in it is
dropped for a single `reload`: the screen reads again, and nothing is kept for a reader who does not read.
"""

import asyncio
from collections import OrderedDict

LONGEST = 512
_RELOAD = b'{"type":"reload"}'


class Line:
    def __init__(self) -> None:
        # Set once by whoever ends this socket: close code and reason.
        self.ended: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self.dropped = 0
        self._line: OrderedDict[str, bytes] = OrderedDict()
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()

    def offer(self, key: str, frame: bytes) -> None:
        """key: what the frame is about. After the end nothing is kept: nobody takes it."""
        if self.ended.done():
            return
        if key not in self._line and len(self._line) >= LONGEST:
            self.reload()
            return
        self._line[key] = frame
        self._filled.set()
        if len(self._line) >= LONGEST // 2:
            self._drained.clear()

    def reload(self) -> None:
        self.dropped += len(self._line)
        self._line.clear()
        self._line["reload"] = _RELOAD
        self._filled.set()
        self._drained.set()

    async def room(self) -> None:
        """Until the line is less than half full, or ended: for who can wait with more."""
        await self._drained.wait()

    async def take(self) -> bytes:
        while not self._line:
            self._filled.clear()
            await self._filled.wait()
        _, frame = self._line.popitem(last=False)
        if len(self._line) < LONGEST // 2:
            self._drained.set()
        return frame

    def __len__(self) -> int:
        return len(self._line)

    def end(self, code: int, reason: str) -> None:
        if not self.ended.done():
            self.ended.set_result((code, reason))
            self._drained.set()
