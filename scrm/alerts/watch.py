"""The loop that tells of alerts: it asks each rule what is due and queues the notices. One process at a time.

Promise: that a rule told of an alert and the notices that tell of it are stored in one transaction, so however often a
hub dies, an alert is queued once a rule, step and destination.
"""

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from scrm.alerts import sentence, telling
from scrm.alerts.pushes import Pushes
from scrm.alerts.sentence import Named, Pages
from scrm.clock import Clock
from scrm.ids import DestinationId, NoticeId
from scrm.model.notices import AlertRule, Destination, Notice, NoticeKind, Telling
from scrm.ports.stores import Stores
from scrm.ports.turn import Turn, over_and_over, spared

log = structlog.get_logger(__name__)

LEASE_NAME = "alert_rules"
LEASE = timedelta(seconds=60)
TICK_SECONDS = 10.0
# Longer than any repetition of a rule, so that what was told is known.
REMEMBERED = timedelta(days=8)
MOST_ALERTS = 200


class AlertWatch:
    def __init__(
        self, stores: Stores, pushes: Pushes, named: Named, pages: Pages, clock: Clock, zone: ZoneInfo, owner: str
    ) -> None:
        self._stores = stores
        self._pushes = pushes
        self._named = named
        self._pages = pages
        self._clock = clock
        self._zone = zone
        self._turn = Turn(stores.leases, LEASE_NAME, owner, clock, LEASE)

    async def run(self) -> None:
        await over_and_over("alert_rules", self.tick, partial(self._clock.sleep, TICK_SECONDS))

    async def release(self) -> None:
        await self._turn.end()

    async def tick(self) -> int:
        """How many notices were queued."""
        now = self._clock.now()
        if not await self._turn.mine():
            return 0
        rules = await self._stores.alert_rules.all()
        if not any(rule.enabled for rule in rules):
            return 0
        destinations = {each.id: each for each in await self._stores.destinations.all()}
        queued = 0
        for rule in rules:
            async with spared("alert_rules", rule=rule.id):
                queued += await self._follow(rule, destinations, now)
        if queued:
            self._pushes.ring()
        return queued

    async def _follow(self, rule: AlertRule, destinations: dict[DestinationId, Destination], now: datetime) -> int:
        async def work() -> int:
            # Read inside, so that what another process told meanwhile is seen.
            alerts = await self._stores.topics.alerts(now - telling.STALE, MOST_ALERTS)
            long = [alert for alert in alerts if alert.opened_at < now - REMEMBERED]
            ids = telling.first_ids(rule, long)
            told = await self._stores.alert_rules.told(rule.id, now - REMEMBERED, ids=ids)
            due = telling.due(rule, alerts, told, now, self._zone)
            tellings = [
                Telling(id=telling.telling_id(rule, each), rule_id=rule.id, alert_id=each.alert.id, at=now)
                for each in due
            ]
            # The notice is named by the first of those it tells of, so none that was told may be among them.
            fresh = await self._stores.alert_rules.tell(tellings)
            due = [each for place, each in enumerate(due) if place in fresh]
            if not due:
                return 0
            notices = [
                self._notice(rule, due, destinations[place], now)
                for place in rule.destination_ids
                if place in destinations and not destinations[place].paused
            ]
            return await self._stores.notices.add(notices) if notices else 0

        return await self._stores.transaction(work)

    def _notice(self, rule: AlertRule, due: list[telling.Due], place: Destination, now: datetime) -> Notice:
        alerts = [(each.alert, each.again) for each in due]
        return Notice(
            id=NoticeId(f"alert|{telling.telling_id(rule, due[0])}|{place.id}"),
            destination_id=place.id,
            kind=NoticeKind.ALERT,
            letter=sentence.letter(alerts, self._named, self._pages, self._zone, place.locale),
            due_at=now,
            created_at=now,
        )
