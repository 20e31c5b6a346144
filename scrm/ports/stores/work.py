"""Stores of work under way: the journal, the outbox, tasks, leases and tokens."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from scrm.ids import ChannelId, JournalId, MessageId, TaskId
from scrm.model.work import JournalEntry, JournalState, Lease, OutboxEntry, Pull, Task
from scrm.ports.stores.queries import Page


class JournalStore(Protocol):
    async def append(self, entries: Sequence[JournalEntry]) -> frozenset[JournalId]:
        """Store what is new; the ids of those stored before (same channel and dedupe_key) are left out of the answer.
        On disk when it returns."""
        ...

    async def pending(self, partition: int, limit: int) -> list[JournalEntry]:
        """Oldest first."""
        ...

    async def waiting_in(self) -> frozenset[int]:
        """Partitions that hold something pending."""
        ...

    async def finish(self, entry_ids: Sequence[JournalId], at: datetime) -> None: ...

    async def fail(self, entry_id: JournalId, error: str, at: datetime) -> None: ...

    async def count_attempt(self, entry_id: JournalId, error: str) -> None:
        """The entry stays pending after a passing fault."""
        ...

    async def get(self, entry_id: JournalId) -> JournalEntry | None: ...

    async def page(
        self, state: JournalState, *, channel_id: ChannelId | None, after: Page | None, limit: int
    ) -> list[JournalEntry]:
        """Newest first; Page.at is received_at."""
        ...

    async def replay(self, entry_id: JournalId) -> bool:
        """Failed to pending again; False when it is not failed."""
        ...

    async def forget_before(self, before: datetime, limit: int) -> int:
        """Delete done entries received before; how many. Duplicates older than that would be taken for new."""
        ...


class OutboxStore(Protocol):
    async def insert(self, entry: OutboxEntry) -> None: ...

    async def get(self, message_id: MessageId) -> OutboxEntry | None: ...

    async def waiting(self, partition: int) -> list[OutboxEntry]:
        """Every entry of the partition that is not done, by conversation and order; those not due included."""
        ...

    async def waiting_in(self) -> frozenset[int]:
        """Partitions with such an entry."""
        ...

    async def begin(self, message_id: MessageId, holder: str) -> bool:
        """waiting to sending, counting an attempt and saying whose; False when somebody else took it."""
        ...

    # What follows concerns one try: an entry that was begun again, or anew, since it was read is left alone.

    async def part_sent(self, entry: OutboxEntry, parts_sent: int, external_id: str) -> None: ...

    async def postpone(self, entry: OutboxEntry, due_at: datetime) -> bool:
        """sending to waiting; whether it was this try."""
        ...

    async def delete(self, entry: OutboxEntry) -> bool:
        """Whether it was this try."""
        ...


class TaskStore(Protocol):
    async def add(self, tasks: Sequence[Task]) -> None:
        """Of a task that stands already (kind, subject) only when it is due changes, and one that had failed gets its
        tries anew: it is wanted again, and `wanted` counts it."""
        ...

    async def due(self, partition: int, now: datetime, limit: int, *, asks_platform: bool) -> list[Task]:
        """Not failed, due, oldest first; those whose kind asks a platform, or those whose does not."""
        ...

    async def due_in(self, now: datetime, *, asks_platform: bool) -> frozenset[int]:
        """Partitions that hold such a task."""
        ...

    async def done(self, tasks: Sequence[Task]) -> None:
        """Delete them; one that was wanted again since it was read stands, and is due."""
        ...

    async def delete(self, task_ids: Sequence[TaskId]) -> None: ...

    async def postpone(self, task: Task, due_at: datetime, error: str) -> None:
        """Counts an attempt; nothing to one that was wanted again since it was read: it is due, with all its tries."""
        ...

    async def fail(self, task: Task, error: str) -> None:
        """As `postpone`."""
        ...

    async def get(self, task_id: TaskId) -> Task | None: ...

    async def failed(self, *, after: TaskId | None, limit: int) -> list[Task]:
        """Newest made first; `after`: the last one of the page before."""
        ...

    async def retry(self, task_id: TaskId, now: datetime) -> bool:
        """Failed to due again, with all its tries; False when it is not failed."""
        ...


class PullStore(Protocol):
    async def plan(self, pulls: Sequence[Pull]) -> None:
        """Make those that are missing; one that stands is left as it is."""
        ...

    async def want(self, pull: Pull) -> None:
        """Due at its `due_at`, with its ticket if it has one, and `wanted` counted up; its cursor and account are
        left as they are, or made."""
        ...

    async def due(self, partition: int, now: datetime, limit: int) -> list[Pull]:
        """Longest due first."""
        ...

    async def due_in(self, now: datetime) -> frozenset[int]:
        """Partitions that hold such a pull."""
        ...

    async def advance(self, pull: Pull, account: str, cursor: str) -> bool:
        """A page is kept; False when somebody else has moved the cursor since `pull` was read."""
        ...

    async def rest(self, pull: Pull, due_at: datetime) -> bool:
        """All is fetched, look again then; False when it was wanted again since `pull` was read."""
        ...

    async def postpone(self, pull: Pull, due_at: datetime, error: str) -> bool:
        """Counts an attempt; False as for `rest`."""
        ...

    async def get(self, channel_id: ChannelId) -> Pull | None: ...

    async def delete(self, channel_id: ChannelId) -> None: ...


class LeaseStore(Protocol):
    async def acquire(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take or renew: True when it was free, expired or the owner's own."""
        ...

    async def renew(self, names: Collection[str], owner: str, until: datetime) -> frozenset[str]:
        """Those of them that are still the owner's, all in one write. Never takes one that is free."""
        ...

    async def release(self, name: str, owner: str) -> None: ...

    async def held(self, now: datetime) -> list[Lease]: ...

    async def forget(self, before: datetime) -> int:
        """Delete those that ran out before then; how many."""
        ...


class TokenStore(Protocol):
    """Access tokens of platforms, sealed at rest."""

    async def get(self, key: str) -> tuple[str, datetime] | None: ...

    async def put(self, key: str, value: str, expires_at: datetime) -> None: ...
