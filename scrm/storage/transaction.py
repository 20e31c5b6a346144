"""Transactions that stores join by themselves.

The open session travels in a context variable and every call of `Shelf` passes it on. (The driver's own
`ClientSession.bind` does the same but leaves the collection's write concern in place, which servers refuse.)
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from pymongo import AsyncMongoClient, errors
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from scrm.errors import Stale, StoreUnavailable
from scrm.storage.faults import NO_SUCH_TRANSACTION, Conflicted, translate

T = TypeVar("T")

_ATTEMPTS = 30
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.25
_COMMITS = 3

_READ = ReadConcern("snapshot")
_WRITE = WriteConcern("majority", j=True)
_COMMIT_MS = 10_000


class Open:
    """A transaction under way. lane: a small number no other open transaction of this process has."""

    def __init__(self, session: AsyncClientSession, lane: int) -> None:
        self.session = session
        self.lane = lane


_current: ContextVar[Open | None] = ContextVar("transaction", default=None)


def current() -> Open | None:
    return _current.get()


def session() -> AsyncClientSession | None:
    open_ = _current.get()
    return open_.session if open_ else None


class Transactions:
    def __init__(self, client: AsyncMongoClient[dict[str, Any]]) -> None:
        self._client = client
        self._lanes: set[int] = set()

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """See `Stores.transaction`. Inside an open transaction, `work` simply belongs to that one.

        `work` must await one call after the other: a session carries one operation at a time.
        """
        if _current.get() is not None:
            return await work()
        for attempt in range(_ATTEMPTS):
            try:
                return await self._once(work)
            except (Conflicted, Stale):
                if attempt == _ATTEMPTS - 1:
                    raise
            # The wait lets the other transaction end; it is no business time, so no injected clock.
            await asyncio.sleep(_pause(attempt))
        raise AssertionError("unreachable")

    async def _once(self, work: Callable[[], Awaitable[T]]) -> T:
        lane = next(number for number in range(len(self._lanes) + 1) if number not in self._lanes)
        self._lanes.add(lane)
        try:
            async with self._client.start_session(causal_consistency=False) as session_:
                # `start_transaction` only notes the options; the first operation opens it on the server.
                await session_.start_transaction(_READ, _WRITE, max_commit_time_ms=_COMMIT_MS)
                token = _current.set(Open(session_, lane))
                try:
                    result = await work()
                except BaseException:
                    await _abort(session_)
                    raise
                finally:
                    _current.reset(token)
                await _commit(session_)
                return result
        except errors.PyMongoError as error:
            raise translate(error) from error
        finally:
            self._lanes.discard(lane)


async def _commit(session_: AsyncClientSession) -> None:
    for attempt in range(_COMMITS):
        try:
            await session_.commit_transaction()
            return
        except errors.PyMongoError as error:
            if isinstance(error, errors.ConnectionFailure) and attempt == _COMMITS - 1:
                raise
            # Committing again is harmless: the server knows whether it already did.
            if not error.has_error_label("UnknownTransactionCommitResult"):
                forgotten = isinstance(error, errors.OperationFailure) and error.code == NO_SUCH_TRANSACTION
                if error.has_error_label("TransientTransactionError") and (attempt > 0 or forgotten):
                    # A server that restarted in between has forgotten, and the driver asks a second time by itself:
                    # only the caller can look what is there.
                    raise StoreUnavailable("nobody knows whether the transaction was committed") from error
                raise
            if attempt == _COMMITS - 1:
                raise StoreUnavailable("nobody knows whether the transaction was committed") from error


async def _abort(session_: AsyncClientSession) -> None:
    """Best effort: what is not aborted here ends with the session."""
    if session_.in_transaction:
        try:
            await session_.abort_transaction()
        except errors.PyMongoError:
            return


def _pause(attempt: int) -> float:
    ceiling: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
    return ceiling * (0.5 + secrets.randbelow(500) / 1000)
