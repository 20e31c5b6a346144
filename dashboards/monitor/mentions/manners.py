"""What a polite visitor keeps to: robots.txt, a pause between two requests to a host, longer ones after trouble."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from dashboards.monitor.mentions.fetching import AGENT, Fetcher, FetchFailed, Limits
from scrm.clock import Clock
from scrm.model.base import Record
from scrm.model.mentions import FetchError

T = TypeVar("T")

BETWEEN = 2.0
LONGEST_BETWEEN = 30.0
KEPT = timedelta(hours=12)
MOST_HOSTS = 1_000
# As much as RFC 9309 (2.5) wants read at least.
ROBOTS = Limits(seconds=10, bytes=512 * 1024, redirects=5)


class _Rules(Record, kw_only=True):
    """parser None: everything is allowed. closed: nothing is."""

    at: datetime
    parser: RobotFileParser | None = None
    closed: bool = False


class Manners:
    def __init__(self, fetcher: Fetcher, clock: Clock, *, between: float = BETWEEN) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._between = between
        self._rules: OrderedDict[str, _Rules] = OrderedDict()
        self._free: OrderedDict[str, float] = OrderedDict()
        self._locks: OrderedDict[str, asyncio.Lock] = OrderedDict()

    async def turn(self, url: str) -> None:
        """Returns when the host may be asked again; callers of one host queue up."""
        host = urlsplit(url).netloc.lower()
        lock = _kept(self._locks, host, asyncio.Lock())
        async with lock:
            wait = self._free.get(host, 0.0) - self._clock.monotonic()
            if wait > 0:
                await self._clock.sleep(wait)
            _put(self._free, host, self._clock.monotonic() + self._gap(url))

    async def allowed(self, url: str) -> bool:
        """Whether the host's robots.txt lets programs read this address (RFC 9309)."""
        rules = await self._of(url)
        if rules.closed:
            return False
        return rules.parser is None or rules.parser.can_fetch(AGENT, url)

    async def check(self, url: str) -> None:
        """Raises FetchFailed."""
        if not await self.allowed(url):
            raise FetchFailed(FetchError.ROBOTS, urlsplit(url).netloc)

    def _gap(self, url: str) -> float:
        rules = self._rules.get(_origin(url))
        wanted = rules.parser.crawl_delay(AGENT) if rules and rules.parser else None
        try:
            return min(LONGEST_BETWEEN, max(self._between, float(wanted or 0)))
        except ValueError:
            return self._between

    async def _of(self, url: str) -> _Rules:
        origin, now = _origin(url), self._clock.now()
        held = self._rules.get(origin)
        if held is not None and now - held.at < KEPT:
            return held
        rules = await self._asked(origin, now)
        if not rules.closed:  # a server that is down now is asked again at the next look
            _put(self._rules, origin, rules)
        return rules

    async def _asked(self, origin: str, now: datetime) -> _Rules:
        try:
            answer = await self._fetcher.get(f"{origin}/robots.txt", limits=ROBOTS, now=now)
        except FetchFailed as failed:
            # Not there, or not for us: allowed (2.3.1.3). Broken or silent: not allowed (2.3.1.4).
            if failed.error in (FetchError.GONE, FetchError.REFUSED):
                return _Rules(at=now)
            if failed.error is FetchError.PRIVATE:
                raise
            return _Rules(at=now, closed=True)
        parser = RobotFileParser()
        parser.parse(answer.body.decode("utf-8", "replace").splitlines()[:5_000])
        return _Rules(at=now, parser=parser)


def backoff(every: timedelta, failures: int, retry_after: float | None) -> timedelta:
    """How long to wait after so many failures in a row: twice as long each time, at most a day, and no less than the
    server asked for."""
    wait = min(every * int(2 ** min(failures, 12)), timedelta(days=1))
    return max(wait, timedelta(seconds=retry_after)) if retry_after is not None else max(wait, every)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _kept(table: OrderedDict[str, T], key: str, fresh: T) -> T:
    held = table.get(key)
    if held is None:
        _put(table, key, fresh)
        held = fresh
    return held


def _put(table: OrderedDict[str, T], key: str, value: T) -> None:
    """The table forgets the oldest: hosts are named by other people's redirects and page lists."""
    table[key] = value
    table.move_to_end(key)
    while len(table) > MOST_HOSTS:
        table.popitem(last=False)
