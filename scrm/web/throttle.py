"""Limits on how often something may happen, for any number of keys in bounded memory.

Each key has a bucket that holds `burst` and refills one every `interval` seconds, kept as a single number: the moment
it will be full again. A key nobody used for long is full, so the oldest keys can be forgotten.
"""

from collections import OrderedDict

from scrm.clock import Clock


class Throttle:
    def __init__(self, clock: Clock, *, burst: int, interval: float, keys: int = 10_000) -> None:
        self._clock = clock
        self._burst = burst
        self._interval = interval
        self._keys = keys
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one. 0 when there was one; else the seconds until there is, and nothing was taken."""
        now = self._clock.monotonic()
        full_at = max(now, self._full_at.get(key, now)) + self._interval
        wait = full_at - now - self._burst * self._interval
        # Sums of floats: a hair is not a wait.
        if wait > 1e-6:
            return wait
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        while len(self._full_at) > self._keys:
            self._full_at.popitem(last=False)
        return 0.0

    def give_back(self, key: str) -> None:
        """What was taken did not count after all."""
        if key in self._full_at:
            self._full_at[key] -= self._interval

    def __len__(self) -> int:
        return len(self._full_at)
