"""Rollups and the events behind them always agree."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from scrm.clock import ManualClock
from scrm.errors import Duplicate
from scrm.ids import ChannelId
from scrm.model.reports import Metric, ReportEvent, ReportFilter
from scrm.ports.stores import EvidenceQuery, Page, Stores
from scrm.storage.report_day import Day
from scrm.storage.reports import MongoReports
from scrm.storage.stores import MongoStores
from tests.storage import records

ALL = ReportFilter(first_day="2026-11-01", last_day="2026-11-30")


def some_events() -> list[ReportEvent]:
    return [
        records.event(
            metric=Metric.MOOD,
            value=index / 4 - 1,
            at=records.at(86400 * (index % 3)),
            day=f"2026-11-{20 + index % 3}",
            channel_id=ChannelId(f"ch{index % 2}"),
            team_id="g1" if index % 4 == 0 else None,
            category="refund" if index % 5 == 0 else None,
            sentiment="negative" if index % 2 else "neutral",
        )
        for index in range(12)
    ]


async def test_recording_twice_counts_once(stores: Stores) -> None:
    events = some_events()
    await stores.reports.record(events[:8])
    await stores.reports.record(events)
    await stores.reports.record([])
    rollups = await stores.reports.rollups(ALL, [Metric.MOOD, Metric.MOOD, Metric.MESSAGE_IN], by_channel=True)
    assert sum(rollup.count for rollup in rollups) == len(events)
    assert sum(rollup.total for rollup in rollups) == pytest.approx(sum(event.value for event in events))
    keys = Counter((each.day, each.channel_id, each.category, each.sentiment) for each in events)
    assert {(r.day, r.channel_id, r.category, r.sentiment): r.count for r in rollups} == keys
    of_all = Counter((each.day, None, each.category, each.sentiment) for each in events)
    rollups = await stores.reports.rollups(ALL, [Metric.MOOD])
    assert {(r.day, r.channel_id, r.category, r.sentiment): r.count for r in rollups} == of_all


async def test_what_was_to_be_new_and_is_not_counts_nothing(stores: Stores) -> None:
    events = some_events()
    await stores.reports.record(events[:1], new=True)
    with pytest.raises(Duplicate):
        await stores.reports.record([*events[1:], events[0]], new=True)
    (rollup,) = await stores.reports.rollups(ALL, [Metric.MOOD])
    assert (rollup.count, rollup.total) == (1, events[0].value)
    query = EvidenceQuery(filter=ALL, metric=Metric.MOOD)
    assert await stores.reports.events(query, after=None, limit=50) == events[:1]


async def test_the_first_day_is_that_of_the_oldest_event(stores: Stores) -> None:
    begins = stores.reports.begins_within
    assert await begins("2026-11-01", "2026-11-30") is None
    await stores.reports.record(some_events()[1:2])
    assert await begins("2026-11-01", "2026-11-30") == "2026-11-21"
    await stores.reports.load(some_events()[2:4])
    assert await begins("2026-11-01", "2026-11-30") == await begins("2026-11-20", "2026-11-20") == "2026-11-20"
    assert await begins("2026-11-21", "2026-11-30") is None
    assert await begins("2026-11-01", "2026-11-19") is None


async def test_a_transaction_that_is_undone_counts_nothing(stores: Stores) -> None:
    async def work() -> None:
        await stores.reports.record(some_events())
        raise LookupError

    with pytest.raises(LookupError):
        await stores.transaction(work)
    assert await stores.reports.rollups(ALL, [Metric.MOOD]) == []
    assert await stores.reports.values(ALL, Metric.MOOD) == []


async def test_many_at_once_lose_nothing(stores: Stores) -> None:
    events = [records.event() for _ in range(24)]
    await asyncio.gather(*(stores.reports.record([event]) for event in events))
    (rollup,) = await stores.reports.rollups(ALL, [Metric.MESSAGE_IN])
    assert (rollup.count, rollup.total) == (24, 24.0)


async def test_filters_mean_the_same_for_numbers_and_evidence(stores: Stores) -> None:
    events = some_events()
    await stores.reports.record(events)
    days = {"first_day": "2026-11-21", "last_day": "2026-11-22"}
    for wanted in (
        ALL,
        ReportFilter(**days),
        ReportFilter(**days, channel_id=ChannelId("ch1")),
        replace(ALL, team_id="g1"),
        ReportFilter(first_day="2026-12-01", last_day="2026-12-31"),
    ):
        expected = [event for event in events if matches(event, wanted)]
        assert sum(rollup.count for rollup in await stores.reports.rollups(wanted, [Metric.MOOD])) == len(expected)
        times = [replace(event, id=f"t{event.id}", metric=Metric.NEXT_RESPONSE, value=90.0) for event in expected]
        await stores.reports.record(times)
        assert await stores.reports.values(wanted, Metric.NEXT_RESPONSE) == [90.0] * len(times)
        assert await evidence(stores, metric=Metric.MOOD, filter=wanted) == newest_first(expected)


async def test_evidence_by_category_and_sentiment(stores: Stores) -> None:
    events = some_events()
    await stores.reports.record([*events, records.event(metric=Metric.MESSAGE_IN)])
    for category, sentiment in (("refund", None), ("none", None), ("refund", "negative"), (None, "neutral")):
        expected = [
            event
            for event in events
            if category in (None, event.category or "none") and sentiment in (None, event.sentiment)
        ]
        found = await evidence(stores, metric=Metric.MOOD, filter=ALL, category=category, sentiment=sentiment)
        assert found == newest_first(expected)


async def evidence(stores: Stores, **query: Any) -> list[ReportEvent]:
    found: list[ReportEvent] = []
    after: Page | None = None
    while page := await stores.reports.events(EvidenceQuery(**query), after=after, limit=5):
        found += page
        after = Page(at=page[-1].at, id=page[-1].id)
    return found


def matches(event: ReportEvent, wanted: ReportFilter) -> bool:
    return (
        wanted.first_day <= event.day <= wanted.last_day
        and wanted.channel_id in (None, event.channel_id)
        and wanted.team_id in (None, event.team_id)
    )


def newest_first(events: list[ReportEvent]) -> list[ReportEvent]:
    return sorted(events, key=lambda event: (event.at, event.id), reverse=True)


async def test_a_day_that_is_over_is_kept_and_read_again_when_it_changes(
    stores: MongoStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes: each hears of what the other changes in the past."""
    clock = ManualClock(records.at(86_400 * 40))
    here, there = (MongoReports(stores.database, clock, stores._transactions) for _ in range(2))
    reads: list[Sequence[str]] = []
    make = here._days._folds._make

    async def noted(days: Sequence[str]) -> Mapping[str, Day]:
        reads.append(days)
        return await make(days)

    monkeypatch.setattr(here._days._folds, "_make", noted)
    first, second, third = (
        records.event(day="2026-11-20", category=category, sentiment="negative", metric=Metric.MOOD)
        for category in ("refund", "refund", None)
    )
    assert await both(here, there) == [Counter(), Counter()]
    await there.record([first, second])
    assert await both(here, there) == [Counter(refund=2)] * 2
    await here.record([third])
    assert await both(here, there) == [Counter({"refund": 2, None: 1})] * 2
    await there.amend(replace(second, category="quality"))
    assert await both(here, there) == [Counter({"refund": 1, "quality": 1, None: 1})] * 2
    reads.clear()
    assert await both(here, there) == [Counter({"refund": 1, "quality": 1, None: 1})] * 2
    assert reads == []  # kept
    # After a start what was folded is read; the first to look folded what the other had changed.
    later = MongoReports(stores.database, clock, stores._transactions)
    monkeypatch.setattr(later._days._folds, "_make", None)
    assert await both(later) == [Counter({"refund": 1, "quality": 1, None: 1})]
    await there.clear()
    assert await both(here, there) == [Counter(), Counter()]
    await there.load([first])
    assert await both(here, there) == [Counter(refund=1)] * 2


async def test_the_sum_of_days_that_are_over_is_kept_and_made_anew_when_one_changes(stores: MongoStores) -> None:
    """Seconds of closed days are put together once for a span; today's come on top and never into what is kept."""
    clock = ManualClock(records.at(86_400 * 40))
    today = str(clock.now().date())
    here, there = (MongoReports(stores.database, clock, stores._transactions) for _ in range(2))
    span = ReportFilter(first_day="2026-11-01", last_day=today)

    async def seconds(*reports: MongoReports, rows: bool = True) -> list[list[int]]:
        return [sorted((await each.digest(span, rows=rows)).whole.took[Metric.FIRST_RESPONSE]) for each in reports]

    def response(day: str, took: int) -> ReportEvent:
        return records.event(
            day=day, metric=Metric.FIRST_RESPONSE, value=float(took), open_seconds=float(took), start=records.at(0)
        )

    await here.record([response("2026-11-20", 30), response("2026-11-22", 20), response(today, 10)])
    assert await seconds(here, there) == [[10, 20, 30]] * 2
    assert await seconds(here, there) == [[10, 20, 30]] * 2
    kept = here._spans._kept
    assert [sorted(digest.whole.took[Metric.FIRST_RESPONSE]) for _, digest in kept.values()] == [[20, 30]]
    await there.record([response("2026-11-21", 40), response(today, 50)])
    assert await seconds(here, there) == [[10, 20, 30, 40, 50]] * 2
    assert await seconds(here, there, rows=False) == [[10, 20, 30, 40, 50]] * 2
    for day in range(1, 20):
        await here.digest(ReportFilter(first_day=f"2026-10-{day:02}", last_day="2026-11-10"))
    assert len(kept) <= 8  # spans


async def both(*reports: MongoReports) -> list[Counter[str | None]]:
    """Moods of November by category, as each process reads them."""
    found = []
    for each in reports:
        counts: Counter[str | None] = Counter()
        for rollup in await each.rollups(ALL, [Metric.MOOD]):
            counts[rollup.category] += rollup.count
        found.append(counts)
    return found
