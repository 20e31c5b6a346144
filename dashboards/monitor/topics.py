"""Boards, evidence and alerts, as the web room asks for them.

Promise: each number of a board or an alert is the number of readings that `evidence` lists for the same terms, span and
`as_of`; what is noted later belongs to the next board. A board is made once for everybody and kept some minutes.
"""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from dashboards.monitor import bursts, lifecycle
from dashboards.monitor.bursts import Counts
from dashboards.monitor.finder import Demand, Finder, Span, comparable
from dashboards.monitor.portrait import hour_of
from scrm.clock import Clock
from scrm.errors import Conflict, Invalid, NotFound, Stale
from scrm.ids import AlertId, ChannelId, MessageId
from scrm.model.message import Author
from scrm.model.topics import (
    Alert,
    AlertState,
    BoardRange,
    ReadingQuery,
    TermCount,
    TermReading,
    TopicBoard,
)
from scrm.ports.stores import Page, Stores
from scrm.ports.topics import AlertChange

# A board asks less than an alarm: it shows what moves, whether or not somebody must get up.
BOARD = Demand(alarm=3.0, messages=3, people=2, most=12, stories=False)
HISTORY_DAYS = 14
FRESH = {
    BoardRange.DAY: timedelta(minutes=2),
    BoardRange.WEEK: timedelta(minutes=10),
    BoardRange.MONTH: timedelta(minutes=30),
}
MOST_TERMS = 30
MOST_ALERTS = 100
ALERTS_OF = timedelta(days=30)
LONGEST_SNOOZE = timedelta(days=90)


class MonitorTopics:
    """Implements `scrm.ports.topics.Topics`."""

    def __init__(self, stores: Stores, clock: Clock, zone: ZoneInfo) -> None:
        self._stores = stores
        self._clock = clock
        self.finder = Finder(stores, clock, zone)

    async def board(
        self, board_range: BoardRange, channel_id: ChannelId | None, *, ahead: timedelta = timedelta()
    ) -> TopicBoard:
        """As it is kept, unless it is too old to be shown, or will be in `ahead`."""
        held = await self._stores.topics.board(_board_id(board_range, channel_id))
        if held is not None and self._clock.now() + ahead - held.until < FRESH[board_range]:
            return held
        return await self.make_board(board_range, channel_id)

    async def make_board(self, board_range: BoardRange, channel_id: ChannelId | None) -> TopicBoard:
        span = self._span(board_range, channel_id)
        topics, window, past = await self.finder.topics(span, BOARD)
        board = TopicBoard(
            id=_board_id(board_range, channel_id),
            range=board_range,
            channel_id=channel_id,
            since=span.since,
            until=span.until,
            messages=window.messages,
            comparable=comparable(window, past),
            topics=tuple(topics),
            terms=await asyncio.to_thread(_most_said, window, past),
        )
        await self._stores.topics.put_board(board)
        return board

    async def evidence(
        self, query: ReadingQuery, *, like: MessageId | None, after: Page | None, limit: int
    ) -> list[TermReading]:
        if like is None:
            return await self._stores.topics.readings(query, after=after, limit=limit)
        found = await self.finder.similar(query, like)
        if after is not None:
            found = [each for each in found if (each.at, each.id) < (after.at, after.id)]
        return found[:limit]

    async def alerts(self) -> list[Alert]:
        now = self._clock.now()
        found = await self._stores.topics.alerts(now - ALERTS_OF, MOST_ALERTS)
        return [lifecycle.shown(alert, now) for alert in found]

    async def change_alert(self, alert_id: AlertId, change: AlertChange, *, by: Author) -> Alert:
        alert = await self._stores.topics.alert(alert_id)
        if alert is None:
            raise NotFound("no such alert")
        now = self._clock.now()
        changed = _changed(alert, change, now)
        owner = changed.owner_id
        if owner is not None and owner != alert.owner_id and await self._stores.agents.get(owner) is None:
            raise Invalid("there is no such agent", field="owner_id")
        try:
            return await self._stores.topics.save_alert(replace(changed, handled_by=by.name, handled_at=now))
        except Stale:
            raise Conflict("the alert changed meanwhile; look again") from None

    def _span(self, board_range: BoardRange, channel_id: ChannelId | None) -> Span:
        now = self._clock.now()
        if board_range is BoardRange.DAY:
            since, days = hour_of(now) - timedelta(hours=23), HISTORY_DAYS
        elif board_range is BoardRange.WEEK:
            since, days = self.finder.midnight(now, 6), HISTORY_DAYS
        else:
            since, days = self.finder.midnight(now, 29), 30
        past = self.finder.midnight(since, days)
        return Span(past=past, since=since, until=now, as_of=now, channel_id=channel_id)


# The leading number counts up when boards change their form: one of the old form is made anew.
def _board_id(board_range: BoardRange, channel_id: ChannelId | None) -> str:
    return f"1|{board_range}|{channel_id or ''}"


def _most_said(window: Counts, past: Counts) -> tuple[TermCount, ...]:
    """The terms said most; one that comes as good as only inside a longer one listed is left out."""
    over_all = [(count, term) for (term, category), count in window.terms.items() if category is bursts.ALL]
    chosen: list[TermCount] = []
    for count, term in sorted(over_all, key=lambda pair: (-pair[0], -len(pair[1]), pair[1])):
        if len(chosen) == MOST_TERMS:
            break
        if any(term in longer.term and longer.messages >= 0.8 * count for longer in chosen):
            continue
        seen_before = past.terms.get((term, bursts.ALL), 0)
        chosen.append(
            TermCount(
                term=term,
                messages=count,
                negative=window.negative.get(term, 0),
                expected=window.messages * seen_before / past.messages if past.messages else None,
            )
        )
    return tuple(chosen)


def _changed(alert: Alert, change: AlertChange, now: datetime) -> Alert:
    if change.state is not msgspec.UNSET:
        until = None
        if change.state is AlertState.SNOOZED:
            if change.snoozed_until is msgspec.UNSET:
                raise Invalid("say until when", field="snoozed_until")
            until = change.snoozed_until
            if until.tzinfo is None or not now < until <= now + LONGEST_SNOOZE:
                raise Invalid("a moment ahead, with its zone, at most 90 days away", field="snoozed_until")
        alert = replace(alert, state=change.state, snoozed_until=until)
    elif change.snoozed_until is not msgspec.UNSET:
        raise Invalid("only with state=snoozed", field="snoozed_until")
    if change.owner_id is not msgspec.UNSET:
        alert = replace(alert, owner_id=change.owner_id)
    return alert
