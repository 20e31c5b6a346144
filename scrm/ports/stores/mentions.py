"""Stores of what is said outside: mentions, sources, monitors with their hits and hourly counts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from scrm.ids import MentionId, MonitorId, SourceId
from scrm.model.mentions import First, Hit, HourCount, Mention, MentionQuery, Monitor, Source, Spread, Stream
from scrm.ports.stores.queries import Page


class MentionStore(Protocol):
    async def add(self, mentions: Sequence[Mention]) -> frozenset[int]:
        """Store those whose id is new; their positions."""
        ...

    async def get(self, mention_id: MentionId) -> Mention | None: ...

    async def get_many(self, ids: Collection[MentionId]) -> dict[MentionId, Mention]: ...

    async def firsts(self, since: datetime, limit: int) -> list[First]:
        """Mentions that began a story and were fetched since then, in the order of fetching."""
        ...

    async def page(self, query: MentionQuery, *, after: Page | None, limit: int) -> list[Mention]:
        """Newest first; Page.at is `published_at`. Those not yet read are in it, unless a filter asks for a reading."""
        ...

    async def pending(self, limit: int) -> list[Mention]:
        """Those to be read, first come first."""
        ...

    async def read(self, mentions: Sequence[Mention], hits: Sequence[Hit]) -> int:
        """Store the readings of mentions that were still pending, count them, and note the hits: one transaction.
        How many were still pending."""
        ...

    async def story_sizes(self, story_ids: Collection[MentionId]) -> dict[MentionId, int]:
        """How many mentions each of the stories has."""
        ...


class SourceStore(Protocol):
    async def all(self) -> list[Source]: ...

    async def get(self, source_id: SourceId) -> Source | None: ...

    async def insert(self, source: Source) -> None:
        """Raises Duplicate: there is a source of this address and name."""
        ...

    async def save(self, source: Source) -> Source:
        """Compare-and-set by version, which counts up. Raises Stale, Duplicate."""
        ...

    async def delete(self, source_id: SourceId) -> bool: ...


class MonitorStore(Protocol):
    async def all(self) -> list[Monitor]: ...

    async def get(self, monitor_id: MonitorId) -> Monitor | None: ...

    async def insert(self, monitor: Monitor) -> None:
        """Raises Duplicate: there is a monitor of this name."""
        ...

    async def save(self, monitor: Monitor) -> Monitor:
        """Compare-and-set by version, which counts up. Raises Stale, Duplicate."""
        ...

    async def delete(self, monitor_id: MonitorId) -> bool:
        """With its hits and counts."""
        ...

    async def note(self, hits: Sequence[Hit]) -> int:
        """Note those that are new and count them, in one transaction; how many were new."""
        ...

    async def forget(self, monitor_id: MonitorId) -> None:
        """Its hits and counts."""
        ...

    async def hits(
        self,
        monitor_id: MonitorId,
        stream: Stream,
        since: datetime,
        until: datetime,
        *,
        after: Page | None = None,
        limit: int,
        sentiment: str | None = None,
    ) -> list[Hit]:
        """Newest first, since and until included; Page is (at, id of the hit)."""
        ...

    async def hours(self, monitor_id: str, stream: Stream, since: datetime, until: datetime) -> list[HourCount]:
        """Those that start within [since, until), oldest first; hours without hits are left out."""
        ...

    async def spread(self, monitor_id: str, stream: Stream, since: datetime, until: datetime) -> Spread:
        """Of all hits in the hours that start within [since, until)."""
        ...
