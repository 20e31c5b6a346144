"""One access token per account for every process: fetched by one at a time, kept until five minutes before its end."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from scrm.clock import Clock
from scrm.errors import SendError, SendErrorCode, StoreUnavailable
from scrm.ports.channel import AccessToken
from scrm.ports.stores import LeaseStore, TokenStore

EARLY = timedelta(minutes=5)
# Longer than a fetch may take (the hub's HTTP session gives up after 15 s).
LEASE = timedelta(seconds=30)
POLL_SECONDS = 0.1
PATIENCE_SECONDS = 20.0
# Who asks within this time of a refusal hears the same. Else the hundred things to do of a channel that cannot be
# reached each take the lease and ask, one after the other. Less than the outbox waits before it tries again.
REFUSED_SECONDS = 1.0


class LeasedTokens:
    """Implements `scrm.ports.channel.SharedTokens`."""

    def __init__(self, tokens: TokenStore, leases: LeaseStore, clock: Clock, owner: str) -> None:
        self._tokens = tokens
        self._leases = leases
        self._clock = clock
        self._owner = owner
        self._known: dict[str, tuple[str, datetime]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._refused: dict[str, tuple[float, SendError]] = {}

    async def obtain(self, key: str, fetch: Callable[[], Awaitable[AccessToken]], *, stale: str | None = None) -> str:
        fresh = self._fresh(self._known.get(key), stale)
        if fresh is not None:
            return fresh
        async with self._locks.setdefault(key, asyncio.Lock()):
            refused_at, refusal = self._refused.get(key, (0.0, None))
            if refusal is not None and self._clock.monotonic() - refused_at < REFUSED_SECONDS:
                raise refusal.with_traceback(None)
            try:
                return await self._obtain(key, fetch, stale)
            except StoreUnavailable as error:
                # Of the platform it says nothing: what the token was for has surely not left.
                away = "the database is away, and the token with it"
                raise SendError(SendErrorCode.UNREACHABLE, retryable=True, detail=away) from error

    async def _obtain(self, key: str, fetch: Callable[[], Awaitable[AccessToken]], stale: str | None) -> str:
        name = f"token:{key}"
        waited = 0.0
        while waited < PATIENCE_SECONDS:
            fresh = await self._stored(key, stale)
            if fresh is not None:
                return fresh
            now = self._clock.now()
            if await self._leases.acquire(name, self._owner, now, now + LEASE):
                try:
                    # Somebody may have fetched between our look and our lease.
                    return await self._stored(key, stale) or await self._fetch(key, fetch)
                finally:
                    await self._leases.release(name, self._owner)
            await self._clock.sleep(POLL_SECONDS)
            waited += POLL_SECONDS
        raise SendError(SendErrorCode.UNREACHABLE, retryable=True, detail="another process is fetching the token")

    async def _stored(self, key: str, stale: str | None) -> str | None:
        held = await self._tokens.get(key)
        if held is not None:
            self._known[key] = held
        return self._fresh(held, stale)

    async def _fetch(self, key: str, fetch: Callable[[], Awaitable[AccessToken]]) -> str:
        try:
            token = await fetch()
        except SendError as error:
            self._refused[key] = (self._clock.monotonic(), error)
            raise
        await self._tokens.put(key, token.value, token.expires_at)
        self._known[key] = (token.value, token.expires_at)
        return token.value

    def _fresh(self, held: tuple[str, datetime] | None, stale: str | None) -> str | None:
        if held is None or held[0] == stale or held[1] - EARLY <= self._clock.now():
            return None
        return held[0]
