"""A battery-heating story of 36 hours over the demo's everyday talk: one alert within two hours of its start, and
none in the four quiet weeks before.

The texts are the demo's, read by the hub's own reader; the finder and the life of alerts are the hub's. Only the
database is a list in memory, which answers the finder's two questions as the real one does (tests/storage/test_topics).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest

from dashboards.monitor import lifecycle
from dashboards.monitor.finder import Demand, Finder, Span
from dashboards.monitor.phrases import terms_of
from dashboards.monitor.portrait import hour_of
from dashboards.monitor.topics import HISTORY_DAYS
from dashboards.monitor.watch import WINDOWS
from nlp.pipeline import Reader
from scrm.clock import ManualClock
from scrm.demo import data, history, plan
from scrm.demo.people import people
from scrm.demo.story import tell
from scrm.demo.timing import is_customer
from scrm.ids import ChannelId, ContactId, ConversationId, CountingIds, MessageId
from scrm.model.message import Message
from scrm.model.topics import Alert, Cell, Grain, ReadingQuery, TermReading, TermVolume, Topic
from scrm.ports.stores import Page, Stores
from tests.monitor.said import ZONE

SEED = 3
HOUR = timedelta(hours=1)
# Ten in the morning in Shanghai.
BEGINS = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LASTS = timedelta(hours=36)
QUIET = timedelta(days=28)
AN_HOUR = 4  # conversations about it; at night a quarter of that


class Memory:
    """Readings, oldest first, and the volumes counted from them."""

    def __init__(self, readings: Sequence[TermReading]) -> None:
        self._readings = sorted(readings, key=lambda reading: (reading.at, reading.id))
        self._by_term: defaultdict[str, list[TermReading]] = defaultdict(list)
        self._volumes: dict[tuple[Grain, datetime], tuple[Counter[Cell], defaultdict[str, Counter[Cell]]]] = {}
        for reading in self._readings:
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


class Texts:
    async def get_many(self, ids: Sequence[MessageId]) -> dict[MessageId, Message]:
        """Typical voices are another test's."""
        return {}


class Writing:
    """What customers write, as the hub notes it."""

    def __init__(self) -> None:
        self._reader = Reader()
        self.readings: list[TermReading] = []

    def say(self, at: datetime, who: str, text: str) -> None:
        read = self._reader.read(text)
        self.readings.append(
            TermReading(
                id=MessageId(f"m{len(self.readings):06d}"), at=at, counted_at=at, channel_id=ChannelId("ch"),
                conversation_id=ConversationId(who), contact_id=ContactId(who), category=read.category,
                sentiment=read.sentiment, terms=terms_of(text, read.keywords),
            )
        )  # fmt: skip

    def everyday(self, until: datetime, weeks: int) -> None:
        for visit in plan.visits(people(SEED, 900), until, ZONE, seed=SEED, weeks=weeks):
            for moment in history.moments_of(visit, until, ZONE, SEED):
                if is_customer(moment.turn) and moment.turn.code not in history.SILENT:
                    self.say(moment.at, f"p{visit.person.number}", moment.turn.text)

    def story(self) -> None:
        random = Random(SEED)
        heat = [scenario for scenario in data.scenarios() if scenario.rising and scenario.language == "zh"]
        writers = [person for person in people(SEED, 200) if person.language == "zh"]
        for hour in range(int(LASTS / HOUR)):
            begins = BEGINS + hour * HOUR
            night = begins.astimezone(ZONE).hour < 7
            for _ in range(AN_HOUR // 4 if night else AN_HOUR):
                person = random.choice(writers)
                at = begins + timedelta(minutes=random.randrange(60))
                turns = [turn for turn in tell(random.choice(heat), person, random) if is_customer(turn)]
                for number, turn in enumerate(turn for turn in turns if turn.code not in history.SILENT):
                    self.say(at + timedelta(minutes=number), f"h{person.number}", turn.text)


async def test_one_alert_within_two_hours_and_none_in_the_weeks_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "RISING", ())
    monkeypatch.setattr(plan, "OPEN", ())
    writing = Writing()
    writing.everyday(BEGINS + LASTS, weeks=7)
    writing.story()
    # Everything is written by now; each look sees what came before its own moment.
    clock = ManualClock(BEGINS + LASTS + timedelta(days=3))
    stores = SimpleNamespace(topics=Memory(writing.readings), messages=Texts())
    finder = Finder(cast(Stores, stores), clock, ZONE)
    ids, alerts = CountingIds("w"), dict[str, Alert]()

    async def look(at: datetime) -> None:
        hour = hour_of(at - timedelta(microseconds=1))
        topics: list[Topic] = []
        for hours in WINDOWS:
            since = hour - timedelta(hours=hours)
            past = finder.midnight(since, HISTORY_DAYS)
            span = Span(past=past, since=since, until=at, as_of=clock.now())
            topics += (await finder.topics(span, Demand()))[0]
        new, changed = lifecycle.settled(list(alerts.values()), topics, at, ids)
        alerts.update((alert.id, alert) for alert in (*new, *changed))

    at = BEGINS - QUIET
    while at <= BEGINS:
        await look(at)
        at += 3 * HOUR
    assert [(alert.opened_at, alert.topic.terms) for alert in alerts.values()] == []
    at = BEGINS + HOUR
    while at <= BEGINS + LASTS:
        await look(at)
        at += HOUR
    [alert] = alerts.values()
    assert "发热" in "".join(alert.topic.terms)
    assert BEGINS < alert.opened_at <= BEGINS + 2 * HOUR
    assert alert.ended_at is None
    assert alert.topic.moods.negative >= 0.25 * alert.topic.messages
