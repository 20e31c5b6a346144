"""Deliver pushes as the platform does: five seconds for an answer, three tries in all, the same request each time.

Source: developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html
"""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import ClientError, ClientSession

from channels.wx.simulator.pushes import Push
from scrm.clock import Clock
from scrm.model.base import Record

PATIENCE = 5.0
TRIES = 3
# Requests on their way to the server at the same time.
ABREAST = 128


class Delivery(Record, kw_only=True):
    """How a push fared. statuses: of each try; 0 where no answer came. answer: the body of the last one."""

    openid: str
    type: str
    message_id: str
    delivered: bool
    statuses: tuple[int, ...]
    answer: bytes = b""


class Courier:
    def __init__(self, session: ClientSession, clock: Clock, on_try: Callable[[], None]) -> None:
        """on_try: told of every try that has ended, well or not."""
        self._session = session
        self._clock = clock
        self._on_try = on_try
        self._gate = asyncio.Semaphore(ABREAST)

    async def deliver(self, url: str, push: Push) -> tuple[bool, tuple[int, ...], bytes]:
        statuses: tuple[int, ...] = ()
        answer = b""
        for attempt in range(1, TRIES + 1):
            # The five seconds count from when the request leaves, not from when its turn was asked for.
            await self._gate.acquire()
            patience = asyncio.ensure_future(self._clock.sleep(PATIENCE))
            try:
                try:
                    status, answer = await self._within(patience, url, push)
                finally:
                    self._gate.release()
                statuses = (*statuses, status)
                self._on_try()
                if status == 200:
                    return True, statuses, answer
                if attempt < TRIES:
                    await patience
            finally:
                patience.cancel()
        return False, statuses, answer

    async def _within(self, patience: "asyncio.Future[None]", url: str, push: Push) -> tuple[int, bytes]:
        request = asyncio.ensure_future(self._try(url, push))
        try:
            either: set[asyncio.Future[Any]] = {patience, request}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            return request.result() if request.done() else (0, b"")
        finally:
            request.cancel()

    async def _try(self, url: str, push: Push) -> tuple[int, bytes]:
        headers = {"Content-Type": push.media_type, "User-Agent": "Mozilla/4.0"}
        try:
            async with self._session.post(
                url, params=push.query, data=push.body, headers=headers, allow_redirects=False
            ) as response:
                return response.status, await response.content.read(64 * 1024)
        except (ClientError, OSError, TimeoutError):
            return 0, b""
