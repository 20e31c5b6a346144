"""What somebody should deal with soon: the latest of each key, however often it changed meanwhile."""

import asyncio
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Pending(Generic[K, V]):
    def __init__(self) -> None:
        self._items: dict[K, V] = {}
        self._filled = asyncio.Event()

    def put(self, key: K, value: V) -> None:
        self._items[key] = value
        self._filled.set()

    def waiting(self, key: K) -> V | None:
        return self._items.get(key)

    async def take(self) -> dict[K, V]:
        """Everything there is, once there is something."""
        await self._filled.wait()
        items, self._items = self._items, {}
        self._filled.clear()
        return items
