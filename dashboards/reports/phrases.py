"""Words and phrases over two ranges: which moved, which are new, and what part of a change they bear.

Promise: a number here is the number of readings that `evidence` lists for it as of the same moment. All are sums of the
days' counted words: no reading is read until somebody opens it, but for who says a phrase that is new. Phrases overlap:
each is a part beside everything that does not say it, and their shares do not add up.
"""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from dashboards.reports import explain
from dashboards.reports.explain import Tally
from dashboards.reports.heard import Heard
from dashboards.reports.links import Ask
from dashboards.reports.terms import TermDays, merged
from scrm.clock import Clock
from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.model.reports import DayRange
from scrm.model.topics import DayWords, ReadingQuery, TermReading
from scrm.model.voice import Cited, Part, Phrase, PhraseBoard, PhraseQuery
from scrm.ports.stores import Page, Stores

MOST_PARTS = 6
MOST_MOVED = 24
MOST_NEW = 8
# Below these a word is an anecdote.
LEAST_MESSAGES = 3
LEAST_PEOPLE = 2
_MOMENT = timedelta(milliseconds=1)
# Longer than words are kept: a number is of everything that was noted by then.
_LONG = timedelta(days=70)
_MASK = (1 << 32) - 1


class Ranges(Record, kw_only=True):
    """Both ranges, with their words by day and in all. as_of: when that was."""

    now: DayWords
    before: DayWords
    days: Mapping[str, DayWords]
    days_before: Mapping[str, DayWords]
    period: DayRange
    as_of: datetime
    channel_id: ChannelId | None


Cut = Callable[[Mapping[str | None, Tally], Mapping[str | None, Tally]], tuple[Part, ...]]


class Phrases:
    def __init__(self, stores: Stores, clock: Clock, terms: TermDays) -> None:
        self._stores = stores
        self._terms = terms
        self._heard = Heard(stores, clock)

    async def ranges(
        self, period: DayRange, days: Sequence[str], previous: DayRange, days_before: Sequence[str],
        channel_id: ChannelId | None,
    ) -> Ranges | None:  # fmt: skip
        """None: of days whose words are no longer kept."""
        if not self._terms.kept(min(period.first_day, previous.first_day)):
            return None
        as_of = self._terms.now()
        both = await self._terms.days([*days_before, *days], channel_id)
        before, each = both[: len(days_before)], both[len(days_before) :]
        one, other = await asyncio.to_thread(lambda: (merged(each), merged(before)))
        return Ranges(
            now=one,
            before=other,
            days=dict(zip(days, each, strict=True)),
            days_before=dict(zip(days_before, before, strict=True)),
            period=period,
            as_of=as_of,
            channel_id=channel_id,
        )

    async def board(self, ranges: Ranges) -> PhraseBoard:
        moved = await asyncio.to_thread(_most_moved, ranges)
        return PhraseBoard(
            since=self._terms.begins(ranges.period.first_day),
            until=self._terms.ends(ranges.period.last_day) - _MOMENT,
            as_of=ranges.as_of,
            messages=ranges.now.messages,
            before=ranges.before.messages,
            moved=tuple(_phrase(term, ranges) for term in moved),
            new=await self._new(ranges),
        )

    async def explained(self, ranges: Ranges, scale: float) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
        """Of the change in messages, and of the change of the negative share."""
        return await asyncio.to_thread(lambda: (_by_volume(ranges, scale), _by_negative(ranges)))

    async def evidence(self, query: PhraseQuery, *, after: Page | None, limit: int) -> list[TermReading]:
        """Newest first; Page.at is `at`."""
        return await self._stores.topics.readings(self._query(query), after=after, limit=limit)

    async def cited(self, ranges: Ranges, ask: Ask, most: int) -> tuple[Cited, ...]:
        """The newest messages that a phrase's number counts: of the last day that has any, which is known."""
        days, term = ranges.days_before if ask.then else ranges.days, ask.term or ""
        bad = ask.sentiment is not None
        for day in sorted((name for name, words in days.items() if words.said(term)[bad]), reverse=True)[:1]:
            seen = days[day].said(term)[bad]
            query = PhraseQuery(
                first_day=day, last_day=day, term=term, sentiment=ask.sentiment, channel_id=ranges.channel_id,
                as_of=ranges.as_of,
            )  # fmt: skip
            newest = await self._heard.newest(self._query(query), seen, most)
            return tuple(Cited(message_id=each.id, conversation_id=each.conversation_id) for each in newest)
        return ()

    def _query(self, query: PhraseQuery) -> ReadingQuery:
        until = self._terms.ends(query.last_day) - _MOMENT
        return ReadingQuery(
            terms=(query.term,) if query.term is not None else (),
            since=self._terms.begins(query.first_day),
            until=until,
            as_of=query.as_of or until + _LONG,
            channel_id=ChannelId(query.channel_id) if query.channel_id else None,
            sentiment=query.sentiment,
        )

    async def _new(self, ranges: Ranges) -> tuple[Phrase, ...]:
        """Said by nobody on any day before."""
        fresh = await asyncio.to_thread(_unsaid_before, ranges)
        if fresh:
            earlier = await self._terms.before(ranges.period.first_day, ranges.channel_id)
            fresh = _apart([term for term in fresh if not any(term in day.terms for day in earlier)], MOST_NEW)
        found: list[Phrase] = []
        for term in fresh:
            query = PhraseQuery(
                first_day=ranges.period.first_day, last_day=ranges.period.last_day, term=term,
                channel_id=ranges.channel_id, as_of=ranges.as_of,
            )  # fmt: skip
            by = await self._heard.sayers(self._query(query), ranges.now.said(term)[0])
            if by.people >= LEAST_PEOPLE:
                found.append(_phrase(term, ranges, people=by.people, first_at=by.first_at))
        return tuple(found)


def _by_volume(ranges: Ranges, scale: float) -> tuple[Part, ...]:
    def weigh(now: int, before: int, _bad: int, _bad_before: int) -> float:
        return now - scale * before

    return _parts(ranges, weigh, lambda now, before: explain.volume(now, before, scale=scale))


def _by_negative(ranges: Ranges) -> tuple[Part, ...]:
    """What of the change of the negative share these messages bear, everything else being one part (`explain`)."""
    whole, whole_before = ranges.now, ranges.before
    if not whole.messages or not whole_before.messages:
        return ()
    mean = (whole.negative / whole.messages + whole_before.negative / whole_before.messages) / 2

    def weigh(now: int, before: int, bad: int, bad_before: int) -> float:
        rate = bad / now if now else bad_before / before
        rate_before = bad_before / before if before else rate
        weight, weight_before = now / whole.messages, before / whole_before.messages
        mix = (weight - weight_before) * ((rate + rate_before) / 2 - mean)
        return mix + (weight + weight_before) / 2 * (rate - rate_before)

    return _parts(ranges, weigh, explain.negative)


def _parts(ranges: Ranges, weigh: Callable[[int, int, int, int], float], cut: Cut) -> tuple[Part, ...]:
    """The terms that bear most of the change, none of them inside another."""
    ranked: list[tuple[float, int, str]] = []
    before_ = ranges.before.terms
    for term in {**ranges.now.terms, **before_}:
        one, other = ranges.now.terms.get(term, 0), before_.get(term, 0)
        now, before, bad, bad_before = one & _MASK, other & _MASK, one >> 32, other >> 32
        if now + before >= 2 * LEAST_MESSAGES:
            # ¼ … 1: of two words with the same effect, the one whose messages nearly all are part of it says more.
            moved = max(abs(now - before), abs(bad - bad_before)) / max(now, before)
            weight = abs(weigh(now, before, bad, bad_before)) * (0.25 + 0.75 * moved)
            ranked.append((-weight, -len(term), term))
    chosen = _apart([term for _, _, term in sorted(ranked)], MOST_PARTS)
    parts = [
        part
        for term in chosen
        for part in cut(_beside(term, ranges.now), _beside(term, ranges.before))
        if part.key == term
    ]
    return tuple(sorted(parts, key=lambda part: -abs(part.effect)))


def _beside(term: str, words: DayWords) -> dict[str | None, Tally]:
    """Those that say it, and all others."""
    messages, negative = words.said(term)
    return {
        term: Tally(messages=messages, negative=negative),
        None: Tally(messages=words.messages - messages, negative=words.negative - negative),
    }


def _most_moved(ranges: Ranges) -> list[str]:
    """By how unlikely the change of its share is, roughly: the difference in units of its spread (Poisson)."""
    scale = ranges.now.messages / ranges.before.messages if ranges.before.messages else 0.0
    ranked: list[tuple[float, int, str]] = []
    before_ = ranges.before.terms
    for term in {**ranges.now.terms, **before_}:
        now, before = ranges.now.terms.get(term, 0) & _MASK, before_.get(term, 0) & _MASK
        if max(now, before) >= LEAST_MESSAGES:
            spread = math.sqrt(now + scale * scale * before + 1.0)
            ranked.append((-abs(now - scale * before) / spread, -len(term), term))
    return _apart([term for _, _, term in sorted(ranked)], MOST_MOVED)


def _unsaid_before(ranges: Ranges) -> list[str]:
    found = [
        (-(packed & _MASK), -len(term), term)
        for term, packed in ranges.now.terms.items()
        if term not in ranges.before.terms and packed & _MASK >= LEAST_MESSAGES
    ]
    return [term for _, _, term in sorted(found)]


def _apart(terms: Sequence[str], most: int) -> list[str]:
    chosen: list[str] = []
    for term in terms:
        if len(chosen) == most:
            break
        if not any(term in other or other in term for other in chosen):
            chosen.append(term)
    return chosen


def _phrase(term: str, ranges: Ranges, *, people: int | None = None, first_at: datetime | None = None) -> Phrase:
    (now, negative), (before, _) = ranges.now.said(term), ranges.before.said(term)
    whole, whole_before = ranges.now.messages, ranges.before.messages
    return Phrase(
        term=term,
        now=now,
        before=before,
        negative=negative,
        expected=whole * before / whole_before if whole_before else None,
        days=tuple(day.said(term)[0] for day in ranges.days.values()),
        people=people,
        first_at=first_at,
    )
