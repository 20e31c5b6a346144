"""Store of what customers talk about: readings, the volumes counted from them, boards, and alerts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from scrm.ids import AlertId, ChannelId, MessageId
from scrm.model.reports import ReportEvent
from scrm.model.topics import Alert, DayWords, Grain, ReadingQuery, Sayers, TermReading, TermVolume, TopicBoard
from scrm.ports.stores.queries import Page


class TopicStore(Protocol):
    async def facts(self, since: datetime, until: datetime) -> list[ReportEvent]:
        """What was read of messages that came within [since, until): their `mood` events, oldest first."""
        ...

    async def known(self, ids: Collection[MessageId]) -> frozenset[MessageId]:
        """Those that were noted already."""
        ...

    async def record(self, readings: Sequence[TermReading], days: Sequence[datetime]) -> int:
        """Note the readings that are new and add them to the volumes of their hour and day, in one transaction; how
        many were new. days: of each reading, when its day began. Of an hour of a channel at most 20,000 are noted."""
        ...

    async def volumes(
        self, grain: Grain, since: datetime, until: datetime, channel_id: ChannelId | None = None
    ) -> list[TermVolume]:
        """Those that start within [since, until), oldest first."""
        ...

    async def words(self, days: Sequence[datetime], channel_id: ChannelId | None = None) -> list[DayWords]:
        """What was said on the days that begin then, from their volumes; oldest first."""
        ...

    async def readings(self, query: ReadingQuery, *, after: Page | None, limit: int) -> list[TermReading]:
        """Newest first; Page.at is `at`."""
        ...

    async def sayers(self, query: ReadingQuery) -> Sayers:
        """Who is behind those readings; `terms` is one."""
        ...

    async def forget(self, since: datetime, until: datetime) -> None:
        """Readings and volumes within [since, until) of message time, gone."""
        ...

    async def board(self, board_id: str) -> TopicBoard | None: ...

    async def put_board(self, board: TopicBoard) -> None: ...

    async def alert(self, alert_id: AlertId) -> Alert | None: ...

    async def alerts(self, since: datetime, limit: int) -> list[Alert]:
        """Those last seen since then, the newest first."""
        ...

    async def add_alert(self, alert: Alert) -> None: ...

    async def save_alert(self, alert: Alert) -> Alert:
        """Compare-and-set by version, which counts up. Raises Stale."""
        ...
