"""Words and phrases over two ranges: which moved, which are new, and what part of a change they bear.

Promise: a number here is the number of readings that `evidence` lists for it as of the same moment. Phrases overlap, so
as parts of a change they are taken in order: a message counts for the first phrase of the list that it says, and for
the rest when it says none.
"""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from dashboards.reports import explain
from dashboards.reports.explain import Tally
from dashboards.reports.links import Ask
from dashboards.reports.terms import DayTerms, TermDays, merged
from scrm.ids import ChannelId
from scrm.model.analysis import Sentiment
from scrm.model.base import Record
from scrm.model.reports import DayRange, ReportFilter
from scrm.model.topics import ReadingQuery, TermReading
from scrm.model.voice import Cited, Part, Phrase, PhraseBoard, PhraseQuery
from scrm.ports.stores import Page, Stores

MOST_PARTS = 6
MOST_MOVED = 24
MOST_NEW = 8
# Below these a word is an anecdote.
LEAST_MESSAGES = 3
LEAST_PEOPLE = 2
# Days: longer than words are kept.
LONG = 70
_MOMENT = timedelta(milliseconds=1)
_PAGE = 200


class Ranges(Record, kw_only=True):
    """Both ranges, with their words by day and in all. as_of: of the older of the two looks. said: what was read of it
    already, by term."""

    now: DayTerms
    before: DayTerms
    said: dict[str, Sequence[TermReading]]
    days: Sequence[DayTerms]
    period: DayRange
    previous: DayRange
    as_of: datetime
    channel_id: ChannelId | None


Weigh = Callable[[Tally, Tally, Tally, Tally], float]


class Phrases:
    def __init__(self, stores: Stores, terms: TermDays) -> None:
        self._stores = stores
        self._terms = terms

    async def ranges(
        self, period: DayRange, days: Sequence[str], previous: DayRange, days_before: Sequence[str],
        channel_id: ChannelId | None,
    ) -> Ranges | None:  # fmt: skip
        """None: of days whose words are no longer kept."""
        if not self._terms.kept(min(period.first_day, previous.first_day)):
            return None
        each = await self._terms.days(days, channel_id)
        before = await self._terms.days(days_before, channel_id)
        one, other = await asyncio.to_thread(lambda: (merged(each), merged(before)))
        going = [look.read_at for look in (one, other) if not look.settled]
        as_of = min(going) if going else max(one.read_at, other.read_at)
        return Ranges(
            now=one,
            before=other,
            said={},
            days=each,
            period=period,
            previous=previous,
            as_of=as_of,
            channel_id=channel_id,
        )

    async def board(self, ranges: Ranges) -> PhraseBoard:
        moved = await asyncio.to_thread(_most_moved, ranges)
        fresh = await asyncio.to_thread(_unsaid_before, ranges)
        return PhraseBoard(
            since=self._terms.begins(ranges.period.first_day),
            until=self._terms.ends(ranges.period.last_day) - _MOMENT,
            as_of=ranges.as_of,
            messages=ranges.now.all.messages,
            before=ranges.before.all.messages,
            moved=tuple(_phrase(term, ranges) for term in moved),
            new=await self._new(fresh, ranges),
        )

    async def explained(self, ranges: Ranges, scale: float) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
        """Of the change in messages, and of the change of the negative share."""

        def by_volume(now: Tally, before: Tally, _all: Tally, _all_before: Tally) -> float:
            return now.messages - scale * before.messages

        volume = await self._parts(ranges, by_volume, lambda now, before: explain.volume(now, before, scale=scale))
        if not ranges.now.all.messages or not ranges.before.all.messages:
            return volume, ()
        return volume, await self._parts(ranges, _weigh_negative, explain.negative)

    async def evidence(self, query: PhraseQuery, *, after: Page | None, limit: int) -> list[TermReading]:
        """Newest first; Page.at is `at`."""
        found: list[TermReading] = []
        asked = self._query(query)
        while len(found) < limit:
            page = await self._stores.topics.readings(asked, after=after, limit=_PAGE)
            found += [each for each in page if _counts(each, query)]
            if len(page) < _PAGE:
                break
            after = Page(at=page[-1].at, id=page[-1].id)
        return found[:limit]

    def cited(self, ranges: Ranges, ask: Ask, side: ReportFilter, most: int) -> tuple[Cited, ...]:
        """Of what was read for a comparison: the newest messages that a phrase's number counts."""
        since, ends = self._terms.begins(side.first_day), self._terms.ends(side.last_day)
        wanted = PhraseQuery(
            first_day=side.first_day, last_day=side.last_day, term=ask.term, unless=ask.unless, sentiment=ask.sentiment
        )
        own = [
            each for each in ranges.said.get(ask.term or "", ()) if since <= each.at < ends and _counts(each, wanted)
        ]
        newest = sorted(own, key=lambda each: (each.at, each.id), reverse=True)[:most]
        return tuple(Cited(message_id=each.id, conversation_id=each.conversation_id) for each in newest)

    def _query(self, query: PhraseQuery) -> ReadingQuery:
        until = self._terms.ends(query.last_day) - _MOMENT
        return ReadingQuery(
            terms=(query.term,) if query.term is not None else (),
            since=self._terms.begins(query.first_day),
            until=until,
            as_of=query.as_of or until + timedelta(days=LONG),
            channel_id=ChannelId(query.channel_id) if query.channel_id else None,
        )

    async def _parts(
        self,
        ranges: Ranges,
        weigh: Weigh,
        cut: Callable[[dict[str | None, Tally], dict[str | None, Tally]], tuple[Part, ...]],
    ) -> tuple[Part, ...]:
        chosen = await asyncio.to_thread(_candidates, ranges, weigh)
        said = {term: await self._said(term, ranges) for term in chosen}
        parts = cut(
            self._firsts(said, ranges.period, ranges.now.all), self._firsts(said, ranges.previous, ranges.before.all)
        )
        order = {term: place for place, term in enumerate(chosen)}
        named = [replace(part, unless=tuple(chosen[: order[part.key]])) for part in parts if part.key is not None]
        # The rest goes by the name that no term has.
        rest = [explain.merged([part]) for part in parts if part.key is None]
        return (*sorted(named, key=lambda part: len(part.unless)), *rest)

    def _firsts(
        self, said: Mapping[str, Sequence[TermReading]], period: DayRange, whole: Tally
    ) -> dict[str | None, Tally]:
        """Of each phrase, the messages that say it and none before it; None: those that say none."""
        since, ends = self._terms.begins(period.first_day), self._terms.ends(period.last_day)
        taken: set[str] = set()
        firsts: dict[str | None, Tally] = {}
        for term, readings in said.items():
            own = [each for each in readings if since <= each.at < ends and each.id not in taken]
            taken.update(reading.id for reading in own)
            firsts[term] = _tally(own)
        counted = explain.added(firsts.values())
        firsts[None] = _without(whole, counted)
        return firsts

    async def _said(self, term: str, ranges: Ranges) -> Sequence[TermReading]:
        """Everything that says it in either range; asked once a comparison."""
        if term not in ranges.said:
            spans = [ranges.previous, ranges.period]
            first = min(spans, key=lambda span: span.first_day).first_day
            last = max(spans, key=lambda span: span.last_day).last_day
            ranges.said[term] = await self._stores.topics.said(self._over(term, first, last, ranges))
        return ranges.said[term]

    def _over(self, term: str, first_day: str, last_day: str, ranges: Ranges) -> ReadingQuery:
        return self._query(
            PhraseQuery(
                first_day=first_day, last_day=last_day, term=term, channel_id=ranges.channel_id, as_of=ranges.as_of
            )
        )

    async def _new(self, terms: Sequence[str], ranges: Ranges) -> tuple[Phrase, ...]:
        found: list[Phrase] = []
        for term in terms:
            first = (date.fromisoformat(ranges.period.first_day) - timedelta(days=LONG)).isoformat()
            readings = await self._stores.topics.said(self._over(term, first, ranges.period.last_day, ranges))
            ranges.said.setdefault(term, readings)
            people = {reading.contact_id for reading in readings}
            first_at = min((reading.at for reading in readings), default=None)
            new = first_at is not None and first_at >= self._terms.begins(ranges.period.first_day)
            if new and len(people) >= LEAST_PEOPLE:
                found.append(_phrase(term, ranges, people=len(people), first_at=first_at))
        return tuple(found)


def _counts(reading: TermReading, query: PhraseQuery) -> bool:
    return (query.sentiment is None or reading.sentiment == query.sentiment) and not set(query.unless) & set(
        reading.terms
    )


def _tally(readings: Sequence[TermReading]) -> Tally:
    bad = sum(reading.sentiment == Sentiment.NEGATIVE for reading in readings)
    return Tally(messages=len(readings), negative=bad)


def _weigh_negative(now: Tally, before: Tally, whole: Tally, whole_before: Tally) -> float:
    """What of the change of the negative share these messages bear, were everything else one part."""
    parts = explain.negative(
        {"it": now, None: _without(whole, now)}, {"it": before, None: _without(whole_before, before)}
    )
    return next((part.effect for part in parts if part.key == "it"), 0.0)


def _without(whole: Tally, part: Tally) -> Tally:
    return Tally(messages=max(0, whole.messages - part.messages), negative=max(0, whole.negative - part.negative))


def _candidates(ranges: Ranges, weigh: Weigh) -> list[str]:
    """The terms that bear most of the change, none of them inside another."""
    whole, whole_before = ranges.now.all, ranges.before.all
    ranked: list[tuple[float, str]] = []
    for term in {**ranges.now.packed, **ranges.before.packed}:
        now, before = ranges.now.tally(term), ranges.before.tally(term)
        if now.messages + before.messages >= 2 * LEAST_MESSAGES:
            ranked.append((abs(weigh(now, before, whole, whole_before)) * _telling(now, before), term))
    return _apart([term for _, term in sorted(ranked, key=lambda pair: (-pair[0], -len(pair[1]), pair[1]))], MOST_PARTS)


def _telling(now: Tally, before: Tally) -> float:
    """¼ … 1: of two words with the same effect, the one whose messages nearly all are part of it says more."""
    moved = max(abs(now.messages - before.messages), abs(now.negative - before.negative))
    return 0.25 + 0.75 * moved / max(now.messages, before.messages)


def _most_moved(ranges: Ranges) -> list[str]:
    """By how unlikely the change of its share is, roughly: the difference in units of its spread (Poisson)."""
    scale = ranges.now.all.messages / ranges.before.all.messages if ranges.before.all.messages else 0.0
    ranked: list[tuple[float, str]] = []
    for term in {**ranges.now.packed, **ranges.before.packed}:
        now, before = ranges.now.tally(term).messages, ranges.before.tally(term).messages
        if max(now, before) >= LEAST_MESSAGES:
            spread = math.sqrt(now + scale * scale * before + 1.0)
            ranked.append((abs(now - scale * before) / spread, term))
    return _apart([term for _, term in sorted(ranked, key=lambda pair: (-pair[0], -len(pair[1]), pair[1]))], MOST_MOVED)


def _unsaid_before(ranges: Ranges) -> list[str]:
    found = [
        (count & 0xFFFFFFFF, term)
        for term, count in ranges.now.packed.items()
        if term not in ranges.before.packed and count & 0xFFFFFFFF >= LEAST_MESSAGES
    ]
    return _apart([term for _, term in sorted(found, key=lambda pair: (-pair[0], -len(pair[1]), pair[1]))], MOST_NEW)


def _apart(terms: Sequence[str], most: int) -> list[str]:
    chosen: list[str] = []
    for term in terms:
        if len(chosen) == most:
            break
        if not any(term in other or other in term for other in chosen):
            chosen.append(term)
    return chosen


def _phrase(term: str, ranges: Ranges, *, people: int | None = None, first_at: datetime | None = None) -> Phrase:
    now, before = ranges.now.tally(term), ranges.before.tally(term)
    whole, whole_before = ranges.now.all.messages, ranges.before.all.messages
    return Phrase(
        term=term,
        now=now.messages,
        before=before.messages,
        negative=now.negative,
        expected=whole * before.messages / whole_before if whole_before else None,
        days=tuple(day.tally(term).messages for day in ranges.days),
        people=people,
        first_at=first_at,
    )
