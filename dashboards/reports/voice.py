"""Customer voice: what customers say, by category and mood, against another range; what moved, and why.

Promise: each count is the number of facts that the evidence lists for it; each sentence names messages it stands on,
and a sentence without any is not said. Counts by category and channel are `mood` events; words are counted on their own
footing (`phrases`). What was worked out is kept a minute: a page and its export show the same.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from dashboards.reports import explain, links
from dashboards.reports.arithmetic import checked_range, days_of
from dashboards.reports.explain import Key, Tally
from dashboards.reports.links import Ask
from dashboards.reports.overview import both_rollups, compared_with, partly_since
from dashboards.reports.phrases import Phrases, Ranges
from dashboards.reports.sentences import Draft, drafts, uncompared
from dashboards.reports.terms import TermDays
from dashboards.reports.wording import Wording
from scrm.clock import Clock
from scrm.model.analysis import Sentiment
from scrm.model.reports import DayRange, Metric, ReportEvent, ReportFilter, Rollup
from scrm.model.topics import Moods, TermReading
from scrm.model.voice import CategoryTrend, Cited, Explained, Finding, MoodRow, Part, PhraseQuery, Voice
from scrm.ports.stores import EvidenceQuery, Page, Stores

# As many series as a chart bears.
MOST_TRENDS = 5
MOST_CITED = 3
# Messages of a range that are looked through for citations before any is asked for.
_NEWEST = 60
_HELD_FOR = timedelta(seconds=60)
_MOST_HELD = 32

# Of the range, and of the one it is compared with.
Both = tuple[Mapping[Key, Tally], Mapping[Key, Tally]]


class VoiceReports:
    def __init__(self, stores: Stores, clock: Clock, zone: ZoneInfo) -> None:
        self._stores = stores
        self._clock = clock
        self._phrases = Phrases(stores, clock, TermDays(stores, clock, zone))
        self._held: OrderedDict[object, tuple[datetime, Voice]] = OrderedDict()

    async def voice(self, report_filter: ReportFilter, against: DayRange | None, words: Wording) -> Voice:
        """against None: the period of equal length just before. Raises Invalid on a range that is none or too long."""
        key = (report_filter, against, words.locale)
        now = self._clock.now()
        made, held = self._held.get(key, (now, None))
        if held is not None and now - made < _HELD_FOR:
            return held
        found = await self._made(report_filter, against, words)
        self._held[key] = (now, found)
        self._held.move_to_end(key)
        if len(self._held) > _MOST_HELD:
            self._held.popitem(last=False)
        return found

    async def phrase_evidence(self, query: PhraseQuery, *, after: Page | None, limit: int) -> list[TermReading]:
        """The messages a phrase's number counts, newest first; Page.at is `at`."""
        checked_range(query.first_day, query.last_day)
        return await self._phrases.evidence(query, after=after, limit=limit)

    async def _made(self, report_filter: ReportFilter, against: DayRange | None, words: Wording) -> Voice:
        period = checked_range(report_filter.first_day, report_filter.last_day)
        before = compared_with(period, against)
        rollups = await both_rollups(self._stores, report_filter, period, before, {Metric.MOOD}, by_channel=True)
        one, other = _Moods(rollups, period), _Moods(rollups, before)
        categories, channels = (one.categories, other.categories), (one.channels, other.channels)
        days, days_before = days_of(period), days_of(before)
        scale = len(days) / len(days_before)
        ranges = None
        if report_filter.team_id is None:
            ranges = await self._phrases.ranges(period, days, before, days_before, report_filter.channel_id)
        by_phrase: tuple[tuple[Part, ...], tuple[Part, ...]] = ((), ())
        if ranges is not None:
            by_phrase = await self._phrases.explained(ranges, scale)
        since = await partly_since(self._stores, period, before)
        volume = _volume(categories, channels, scale, by_phrase[0])
        negative = _negative(categories, channels, by_phrase[1])
        board = await self._phrases.board(ranges) if ranges else None
        said = drafts(volume, negative, board, words)
        if since is not None:
            said = uncompared(volume, explain.added(categories[0].values()), since, before, board, words)
            volume, negative = replace(volume, categories=(), channels=(), phrases=()), None
        return Voice(
            range=period,
            previous=before,
            days=tuple(days),
            rows=_rows(one, other),
            trends=_trends(one, other, days, days_before),
            volume=volume,
            negative=negative,
            phrases=board,
            findings=await self._findings(said, report_filter, before, ranges),
            previous_since=since,
        )

    async def _findings(
        self, said: Iterable[Draft], report_filter: ReportFilter, before: DayRange, ranges: Ranges | None
    ) -> tuple[Finding, ...]:
        newest: dict[bool, list[ReportEvent]] = {}
        findings: list[Finding] = []
        for draft in said:
            then = draft.ask.then
            side = _side(report_filter, before, then)
            if draft.ask.term is not None and ranges is not None:
                cites = await self._phrases.cited(ranges, draft.ask, MOST_CITED)
            else:
                if then not in newest:
                    everything = EvidenceQuery(metric=Metric.MOOD, filter=side)
                    newest[then] = await self._stores.reports.events(everything, after=None, limit=_NEWEST)
                cites = await self._cited(draft.ask, side, newest[then])
            if cites:
                link = links.evidence("/voice", report_filter, before, draft.ask)
                findings.append(Finding(text=draft.text, detail=draft.detail, link=link, cites=cites))
        return tuple(findings)

    async def _cited(self, ask: Ask, side: ReportFilter, newest: Sequence[ReportEvent]) -> tuple[Cited, ...]:
        """Of the newest messages where they have any; the others are looked for."""
        found = [event for event in newest if _about(event, ask)]
        if not found:
            narrowed = replace(side, channel_id=ask.channel_id or side.channel_id)
            query = EvidenceQuery(metric=Metric.MOOD, filter=narrowed, category=ask.category, sentiment=ask.sentiment)
            found = await self._stores.reports.events(query, after=None, limit=MOST_CITED)
        return tuple(
            Cited(message_id=each.message_id, conversation_id=each.conversation_id)
            for each in found[:MOST_CITED]
            if each.message_id is not None
        )


def _side(report_filter: ReportFilter, before: DayRange, then: bool) -> ReportFilter:
    if not then:
        return report_filter
    return replace(report_filter, first_day=before.first_day, last_day=before.last_day)


def _about(event: ReportEvent, ask: Ask) -> bool:
    return (
        (ask.category is None or (event.category or "none") == ask.category)
        and (ask.sentiment is None or event.sentiment == ask.sentiment)
        and (ask.channel_id is None or event.channel_id == ask.channel_id)
    )


def _volume(categories: Both, channels: Both, scale: float, phrases: tuple[Part, ...]) -> Explained:
    one, other = (explain.added(tallies.values()).messages for tallies in categories)
    return Explained(
        now=one,
        before=scale * other,
        change=one - scale * other,
        categories=explain.volume(*categories, scale=scale),
        channels=explain.volume(*channels, scale=scale),
        phrases=phrases,
    )


def _negative(categories: Both, channels: Both, phrases: tuple[Part, ...]) -> Explained | None:
    parts = explain.negative(*categories)
    if not parts:
        return None
    one, other = (explain.rate_of(explain.added(tallies.values())) for tallies in categories)
    return Explained(
        now=one,
        before=other,
        change=one - other,
        categories=parts,
        channels=explain.negative(*channels),
        phrases=phrases,
    )


class _Moods:
    """The rollups of one range, gone through once: by category, mood and day, and by channel and mood."""

    def __init__(self, rollups: Iterable[Rollup], period: DayRange) -> None:
        self.daily: Counter[tuple[Key, Key, str]] = Counter()
        self.cells: Counter[tuple[Key, Key]] = Counter()
        by_channel: Counter[tuple[Key, Key]] = Counter()
        for each in rollups:
            if period.first_day <= each.day <= period.last_day:
                self.daily[each.category, each.sentiment, each.day] += each.count
                by_channel[each.channel_id, each.sentiment] += each.count
        for (category, sentiment, _), count in self.daily.items():
            self.cells[category, sentiment] += count
        self.categories, self.channels = _tallies(self.cells), _tallies(by_channel)

    def of(self, category: Key) -> Moods:
        bad, good = self.cells[category, Sentiment.NEGATIVE], self.cells[category, Sentiment.POSITIVE]
        messages = self.categories.get(category, explain.NOTHING).messages
        return Moods(negative=bad, neutral=messages - bad - good, positive=good)

    def on(self, category: Key, days: Iterable[str], moods: Iterable[Key] = (*Sentiment, None)) -> tuple[int, ...]:
        return tuple(sum(self.daily[category, mood, day] for mood in moods) for day in days)


def _tallies(cells: Mapping[tuple[Key, Key], int]) -> dict[Key, Tally]:
    messages: Counter[Key] = Counter()
    negative: Counter[Key] = Counter()
    for (key, sentiment), count in cells.items():
        messages[key] += count
        negative[key] += count if sentiment == Sentiment.NEGATIVE else 0
    return {key: Tally(messages=count, negative=negative[key]) for key, count in messages.items()}


def _rows(now: _Moods, before: _Moods) -> tuple[MoodRow, ...]:
    """Most messages first, the unknown last."""
    counts = {key: tally.messages for key, tally in now.categories.items()}
    order = sorted(
        {**now.categories, **before.categories}, key=lambda key: (key is None, -counts.get(key, 0), key or "")
    )
    return tuple(MoodRow(category=key, now=now.of(key), before=before.of(key)) for key in order)


def _trends(now: _Moods, before: _Moods, days: Sequence[str], days_before: Sequence[str]) -> tuple[CategoryTrend, ...]:
    totals = now.categories
    chosen = sorted((key for key in totals if key is not None), key=lambda key: (-totals[key].messages, key))
    return tuple(
        CategoryTrend(
            category=key,
            messages=now.on(key, days),
            negative=now.on(key, days, (Sentiment.NEGATIVE,)),
            before=before.on(key, days_before),
        )
        for key in chosen[:MOST_TRENDS]
    )
