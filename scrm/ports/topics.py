"""What the web room asks about topics and alerts. Implemented by `dashboards.monitor`."""

from datetime import datetime
from typing import Protocol

from msgspec import UNSET, UnsetType

from scrm.ids import AgentId, AlertId, ChannelId, MessageId
from scrm.model.base import Record
from scrm.model.message import Author
from scrm.model.topics import Alert, AlertState, BoardRange, ReadingQuery, TermReading, TopicBoard
from scrm.ports.stores import Page


class AlertChange(Record, kw_only=True):
    """What to change of an alert; what is UNSET stays. snoozed_until: with state `snoozed`."""

    state: AlertState | UnsetType = UNSET
    snoozed_until: datetime | UnsetType = UNSET
    owner_id: AgentId | UnsetType | None = UNSET


class Topics(Protocol):
    """Raises StoreUnavailable when the database cannot be reached; what else, each method says."""

    async def board(self, board_range: BoardRange, channel_id: ChannelId | None) -> TopicBoard:
        """What is talked about now; at most some minutes old."""
        ...

    async def evidence(
        self, query: ReadingQuery, *, like: MessageId | None, after: Page | None, limit: int
    ) -> list[TermReading]:
        """What a topic's or a term's number counts, newest first; Page.at is `at`. like: only those that say nearly
        the same as this message, among the newest 200."""
        ...

    async def alerts(self) -> list[Alert]:
        """Of the last month, the newest first."""
        ...

    async def change_alert(self, alert_id: AlertId, change: AlertChange, *, by: Author) -> Alert:
        """Raises NotFound, Invalid (a snooze into the past, or without an end), Conflict."""
        ...
