"""The demo's battery story is one burst, found whenever the demo is started; the weeks before are quiet."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboards.monitor import bursts
from dashboards.monitor.bursts import Counts
from dashboards.monitor.phrases import terms_of
from nlp.pipeline import Reader
from scrm.demo import history
from scrm.demo.fill import CUSTOMERS
from scrm.demo.people import people
from scrm.demo.plan import RISING, visits
from scrm.demo.timing import is_customer
from scrm.stage import SEED

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
Message = tuple[datetime, list[bursts.Key]]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def told(now: datetime, reader: Reader) -> list[Message]:
    found: list[Message] = []
    for visit in visits(people(SEED, CUSTOMERS), now, ZONE, seed=SEED, weeks=5):
        for moment in history.moments_of(visit, now, ZONE, SEED):
            if is_customer(moment.turn) and moment.turn.code not in history.SILENT:
                read = reader.read(moment.turn.text)
                terms = terms_of(moment.turn.text, read.keywords)
                found.append((moment.at, [(t, c) for t in terms for c in (bursts.ALL, read.category or "none")]))
    return found


def counted(messages: list[Message], since: datetime, until: datetime) -> Counts:
    within = [keys for at, keys in messages if since <= at < until]
    return Counts(messages=len(within), terms=Counter(key for keys in within for key in keys))


def alarms(messages: list[Message], at: datetime) -> set[str]:
    window, past = counted(messages, at - DAY, at), counted(messages, at - 15 * DAY, at - DAY)
    return {spike.term for spike in bursts.spikes(window, past)}


@pytest.mark.parametrize("hour", [1, 13])
def test_the_story_is_found_and_nothing_else(hour: int, reader: Reader) -> None:
    now = datetime(2026, 11, 20, hour, tzinfo=UTC)
    messages = told(now, reader)
    found = set[str]().union(*(alarms(messages, now - timedelta(hours=back)) for back in range(0, 25, 2)))
    assert "充电发热" in found
    quiet = [now - timedelta(hours=back) for back in range(24 * len(RISING) + 24, 24 * 19, 6)]
    assert [(at, terms) for at in quiet if (terms := alarms(messages, at))] == []
