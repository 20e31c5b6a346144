"""Passwords: argon2id, off the event loop, and as slow for a login that does not exist as for one that does."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")

MIN_LENGTH = 10
# argon2 reads all of it; a bound keeps a request from buying more than its share of a core.
MAX_LENGTH = 256


class Passwords:
    """hasher: tests give a weaker one. At most two hashes run at once: each takes 64 MiB and a core."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the stored one. stored None (nobody has that login): False, after the same work."""
        if self._nobody is None:
            self._nobody = await self._run(self._hasher.hash, "nobody's password")
        right = await self._run(self._check, stored if stored is not None else self._nobody, password)
        return right and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _check(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, function: Callable[..., T], *arguments: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)
