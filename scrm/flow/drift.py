"""How the readings fare, a day at a time: nightly, by one process, from what agents corrected and confirmed.

Agents correct what looks wrong and rarely confirm what is right, so `category_right` reads lower than the model is;
what tells drift is the share of messages that had to be corrected, and its rising.
"""

from datetime import date, datetime, time, timedelta
from math import sqrt
from zoneinfo import ZoneInfo

import structlog

from scrm.clock import Clock
from scrm.errors import StoreUnavailable
from scrm.model.reports import Metric, ReportFilter
from scrm.model.taxonomy import Evaluation
from scrm.ports.stores import Stores
from scrm.ports.taxonomy import Drift

log = structlog.get_logger(__name__)

LOOK_SECONDS = 300.0
LEASE_NAME = "evaluation"
LEASE = timedelta(minutes=2)
RECENT_DAYS, BEFORE_DAYS = 7, 28


class Nightly:
    def __init__(self, stores: Stores, clock: Clock, zone: ZoneInfo, owner: str) -> None:
        self._stores = stores
        self._clock = clock
        self._zone = zone
        self._owner = owner

    async def run(self) -> None:
        while True:
            try:
                now = self._clock.now()
                if await self._stores.leases.acquire(LEASE_NAME, self._owner, now, now + LEASE):
                    await self.tick()
                    await self._stores.leases.release(LEASE_NAME, self._owner)
            except StoreUnavailable:
                log.warning("evaluation.store_unavailable")
            await self._clock.sleep(LOOK_SECONDS)

    async def tick(self) -> None:
        """Every day that is over and not evaluated yet. The same again changes nothing."""
        days = self._days(self._clock.now())[:-1]
        done = await self._stores.evaluations.of_days(days)
        for day in days:
            if day not in done:
                await self._stores.evaluations.save(await self._evaluate(day))

    async def drift(self, now: datetime) -> Drift:
        """The last 35 days; today as far as it got."""
        days = self._days(now)
        known = await self._stores.evaluations.of_days(days[:-1])
        found = [known[day] for day in days[:-1] if day in known]
        found.append(await self._evaluate(days[-1]))
        first_recent = days[-RECENT_DAYS]
        recent = [each for each in found if each.id >= first_recent]
        before = [each for each in found if each.id < first_recent]
        return Drift(days=tuple(found), drifting=_share(recent)[0] > _share(before)[1])

    def _days(self, now: datetime) -> list[str]:
        today = now.astimezone(self._zone).date()
        count = RECENT_DAYS + BEFORE_DAYS
        return [(today - timedelta(days=ago)).isoformat() for ago in range(count - 1, -1, -1)]

    async def _evaluate(self, day: str) -> Evaluation:
        first = datetime.combine(date.fromisoformat(day), time(), self._zone)
        before = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), self._zone)
        of_day = ReportFilter(first_day=day, last_day=day)
        rollups = await self._stores.reports.rollups(of_day, [Metric.MOOD])
        corrections = await self._stores.corrections.between(first, before)
        of_category = [each for each in corrections if each.of_category]
        of_sentiment = [each for each in corrections if each.of_sentiment]
        return Evaluation(
            id=day,
            read=sum(rollup.count for rollup in rollups),
            corrected=sum(each.now != each.was for each in corrections),
            category_judged=len(of_category),
            category_right=sum(each.now.category == each.was.category for each in of_category),
            sentiment_judged=len(of_sentiment),
            sentiment_right=sum(each.now.sentiment == each.was.sentiment for each in of_sentiment),
            models=tuple(sorted({each.model for each in corrections})),
            at=self._clock.now(),
        )


def _share(days: list[Evaluation]) -> tuple[float, float]:
    """Wilson's 95 % interval of the share of messages that were corrected; all of 0 … 1 where nothing was read."""
    tries = sum(each.read for each in days)
    if not tries:
        return 0.0, 1.0
    rate, z = min(1.0, sum(each.corrected for each in days) / tries), 1.96
    middle = (rate + z * z / (2 * tries)) / (1 + z * z / tries)
    reach = z * sqrt(rate * (1 - rate) / tries + z * z / (4 * tries * tries)) / (1 + z * z / tries)
    return middle - reach, middle + reach
