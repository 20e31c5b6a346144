"""Whether a story of 36 hours is one alert, told in time, after four quiet weeks in which none is; draw after draw.

    python -m bench.story [--draws 20] [--first-seed 1]

Everyday talk is the demo's over seven weeks (some thirty messages a day), the story its scenarios of a battery that
heats: four conversations an hour, by night one, for 36 hours. The texts are read by the hub's own reader; the finder,
the life of alerts and the look at them are the hub's. Only the database is a list in memory, which answers their
questions as the real one does (tests/storage/test_topics). Every third hour of the quiet weeks is looked at, and every
hour of the story.

Each draw is looked at twice: with the story alone, and with a second one beside it (coupons that fail, by other people,
from the sixth hour on), which has to be an alert of its own.
"""

import argparse
import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import structlog

from dashboards.monitor import MonitorTopics, TopicWatch
from dashboards.monitor.phrases import terms_of
from dashboards.monitor.portrait import hour_of
from nlp.pipeline import Reader
from scrm.clock import ManualClock
from scrm.demo import data, history, plan
from scrm.demo.people import people
from scrm.demo.story import tell
from scrm.demo.timing import is_customer
from scrm.ids import AlertId, ChannelId, ContactId, ConversationId, CountingIds, MessageId
from scrm.model.analysis import Analysis
from scrm.model.message import Message
from scrm.model.topics import Alert, Cell, Grain, ReadingQuery, TermReading, TermVolume
from scrm.ports.stores import Page, Stores

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
# Ten in the morning in Shanghai.
BEGINS = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LASTS = timedelta(hours=36)
QUIET = timedelta(days=28)
AN_HOUR = 4  # conversations about it; at night a quarter of that
PEOPLE = 900
# The second story: when it begins and ends after the first, and how it is told.
SECOND = range(6, 30)
COUPONS = (
    "优惠券失效了", "优惠券显示失效", "领的优惠券失效用不了", "优惠券怎么失效了啊", "优惠券一直提示失效",
    "看到有人说优惠券失效",
)  # fmt: skip


class Memory:
    """Readings, oldest first, the volumes counted from them, and alerts."""

    def __init__(self, readings: Sequence[TermReading]) -> None:
        self._by_term: defaultdict[str, list[TermReading]] = defaultdict(list)
        self._volumes: dict[tuple[Grain, datetime], tuple[Counter[Cell], defaultdict[str, Counter[Cell]]]] = {}
        self.told: dict[AlertId, Alert] = {}
        for reading in sorted(readings, key=lambda reading: (reading.at, reading.id)):
            cell = Cell(category=reading.category, sentiment=reading.sentiment)
            for term in dict.fromkeys(reading.terms):
                self._by_term[term].append(reading)
            midnight = reading.at.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
            for key in ((Grain.HOUR, hour_of(reading.at)), (Grain.DAY, midnight.astimezone(UTC))):
                messages, terms = self._volumes.setdefault(key, (Counter(), defaultdict(Counter)))
                messages[cell] += 1
                for term in dict.fromkeys(reading.terms):
                    terms[term][cell] += 1

    async def volumes(
        self, grain: Grain, since: datetime, until: datetime, channel_id: ChannelId | None = None
    ) -> list[TermVolume]:
        found = []
        start = since.astimezone(UTC)
        while start < until:
            if counted := self._volumes.get((grain, start)):
                messages, terms = counted
                found.append(
                    TermVolume(
                        grain=grain, start=start, channel_id=ChannelId("ch"), messages=dict(messages),
                        terms={term: dict(cells) for term, cells in terms.items()},
                    )
                )  # fmt: skip
            start += HOUR if grain is Grain.HOUR else timedelta(days=1)
        return found

    async def readings(self, query: ReadingQuery, *, after: Page | None, limit: int) -> list[TermReading]:
        found = {
            reading.id: reading
            for term in query.terms
            for reading in self._by_term[term]
            if query.since <= reading.at <= query.until and query.category in (None, reading.category or "none")
        }
        return sorted(found.values(), key=lambda reading: (reading.at, reading.id), reverse=True)[:limit]

    async def alerts(self, since: datetime, limit: int) -> list[Alert]:
        found = [alert for alert in self.told.values() if alert.last_seen_at >= since]
        return sorted(found, key=lambda alert: alert.last_seen_at, reverse=True)[:limit]

    async def add_alert(self, alert: Alert) -> None:
        self.told[alert.id] = alert

    async def save_alert(self, alert: Alert) -> Alert:
        self.told[alert.id] = alert
        return alert


class Texts:
    async def get_many(self, ids: Sequence[MessageId]) -> dict[MessageId, Message]:
        """Typical voices are not asked about here."""
        return {}


@cache
def reader() -> Reader:
    return Reader()


@cache
def read(text: str) -> Analysis:
    return reader().read(text)


class Writing:
    """What customers write, as the hub notes it."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.readings: list[TermReading] = []

    def copy(self) -> "Writing":
        other = Writing(self._seed)
        other.readings = list(self.readings)
        return other

    def say(self, at: datetime, who: str, text: str) -> None:
        found = read(text)
        self.readings.append(
            TermReading(
                id=MessageId(f"m{len(self.readings):06d}"), at=at, counted_at=at, channel_id=ChannelId("ch"),
                conversation_id=ConversationId(who), contact_id=ContactId(who), category=found.category,
                sentiment=found.sentiment, terms=terms_of(text, found.keywords),
            )
        )  # fmt: skip

    def everyday(self, weeks: int = 7) -> None:
        until = BEGINS + LASTS
        for visit in plan.visits(people(self._seed, PEOPLE), until, ZONE, seed=self._seed, weeks=weeks):
            if visit.scenario.rising:
                continue
            for moment in history.moments_of(visit, until, ZONE, self._seed):
                if is_customer(moment.turn) and moment.turn.code not in history.SILENT:
                    self.say(moment.at, f"p{visit.person.number}", moment.turn.text)

    def heat(self, seed: int) -> None:
        random = Random(seed)
        heat = [scenario for scenario in data.scenarios() if scenario.rising and scenario.language == "zh"]
        writers = [person for person in people(seed, 200) if person.language == "zh"]
        for at in _moments(random, range(int(LASTS / HOUR))):
            person = random.choice(writers)
            turns = [turn for turn in tell(random.choice(heat), person, random) if is_customer(turn)]
            for number, turn in enumerate(turn for turn in turns if turn.code not in history.SILENT):
                self.say(at + timedelta(minutes=number), f"h{person.number}", turn.text)

    def coupons(self, seed: int) -> None:
        random = Random(f"coupons {seed}")
        for at in _moments(random, SECOND):
            # One in ten writes about the battery, too.
            who = f"{'h' if random.random() < 0.1 else 'c'}{random.randrange(200)}"
            for number in range(random.randint(1, 2)):
                self.say(at + timedelta(minutes=number), who, random.choice(COUPONS))


def _moments(random: Random, hours: range) -> list[datetime]:
    found: list[datetime] = []
    for hour in hours:
        begins = BEGINS + hour * HOUR
        night = begins.astimezone(ZONE).hour < 7
        found += [begins + timedelta(minutes=random.randrange(60)) for _ in range(AN_HOUR // 4 if night else AN_HOUR)]
    return found


async def told(readings: Sequence[TermReading], since: datetime, until: datetime, every: timedelta) -> list[Alert]:
    """The alerts that looks from `since` to `until` make, the first first."""
    # Everything is written by now; each look sees what came before its own moment.
    clock = ManualClock(BEGINS + LASTS + timedelta(days=3))
    memory = Memory(readings)
    stores = cast(Stores, SimpleNamespace(topics=memory, messages=Texts(), leases=None))
    watch = TopicWatch(stores, MonitorTopics(stores, clock, ZONE), clock, CountingIds("w"), ZONE, "story")
    at = since
    while at <= until:
        await watch.look_at(at)
        at += every
    return list(memory.told.values())


async def quiet_weeks(readings: Sequence[TermReading]) -> list[Alert]:
    return await told(readings, BEGINS - QUIET, BEGINS, 3 * HOUR)


async def story(readings: Sequence[TermReading]) -> list[Alert]:
    return await told(readings, BEGINS + HOUR, BEGINS + LASTS, HOUR)


def about(alert: Alert) -> str:
    return f"{'/'.join(alert.topic.terms[:3])} after {(alert.opened_at - BEGINS) / HOUR:.0f} h"


async def run(seeds: Sequence[int]) -> bool:
    one, in_time, both, false = 0, 0, 0, 0
    for seed in seeds:
        writing = Writing(seed)
        writing.everyday()
        writing.heat(seed)
        second = writing.copy()
        second.coupons(seed)
        before = await quiet_weeks(writing.readings)
        alerts, two = await story(writing.readings), await story(second.readings)
        one += len(alerts) == 1
        in_time += bool(alerts) and alerts[0].opened_at <= BEGINS + 2 * HOUR
        both += len(two) == 2
        false += len(before)
        print(f"draw {seed}: {', '.join(map(about, alerts))}; with coupons: {', '.join(map(about, two))}; "
              f"in the weeks before: {', '.join(map(about, before)) or 'none'}", flush=True)  # fmt: skip
    days = len(seeds) * QUIET.days
    print(f"told within two hours: {in_time} of {len(seeds)}; one alert: {one}; two stories two alerts: {both}; "
          f"in {days} quiet days {false} alerts, {false / days:.4f} a day")  # fmt: skip
    return one == in_time == both == len(seeds)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.story", description=str(__doc__).partition("\n")[0])
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    began = time.perf_counter()
    met = asyncio.run(run(range(given.first_seed, given.first_seed + given.draws)))
    print(f"{'met' if met else 'NOT met'}; {time.perf_counter() - began:.0f} s")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
