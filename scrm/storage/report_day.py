"""One day of report events, added up: the maps of its rollups by channel and team, and what a filter makes of them.

What a page asks of a day is worked out once for each filter: a quarter is then some hundred small sums instead of a
hundred thousand cells.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.model.reports import Digest, Metric, ReportFilter, Rollup, Work
from scrm.storage.codec import Document, unescape

# No category: what `escape` makes of none. No agent.
NOTHING, NOBODY = "%", "-"
# Filters that a day is kept for at once; and spans of days. A quarter of 2,000 messages a day takes some 5 MB.
_MOST_FILTERS, _MOST_SPANS = 6, 8

Kind = tuple[str | None, str | None, int, float]


class Place(Record, kw_only=True):
    """What happened on a day on a channel for a team. agents: by agent ("-": nobody). came, sent: customers' messages
    by hour, and answers by hour and agent. kinds: of each metric category, sentiment, count and total."""

    channel_id: str
    team_id: str | None
    agents: dict[str, Work] = {}
    came: dict[int, int] = {}
    sent: dict[int, dict[str, int]] = {}
    kinds: dict[Metric, list[Kind]] = {}


class Day:
    """What happened on one day, by channel and team."""

    def __init__(self, day: str, places: Sequence[Place]) -> None:
        self.day = day
        self.places = places
        self._rollups: dict[object, dict[Metric, list[Rollup]]] = {}
        self._digests: dict[object, Digest] = {}

    @property
    def empty(self) -> bool:
        return not self.places

    def kinds(self, report_filter: ReportFilter, metric: Metric) -> Iterator[Kind]:
        for place in self._of(report_filter):
            yield from place.kinds.get(metric, ())

    def works(self, report_filter: ReportFilter) -> Iterator[Work]:
        for place in self._of(report_filter):
            yield from place.agents.values()

    def rollups(self, report_filter: ReportFilter, metric: Metric, *, by_channel: bool) -> Sequence[Rollup]:
        key = (report_filter.channel_id, report_filter.team_id, by_channel)
        if key not in self._rollups:
            _room(self._rollups)[key] = _rollups(self.day, self._of(report_filter), by_channel)
        return self._rollups[key].get(metric, ())

    def digest(self, report_filter: ReportFilter) -> Digest:
        key = (report_filter.channel_id, report_filter.team_id)
        if key not in self._digests:
            _room(self._digests)[key] = _digest(self.day, self._of(report_filter))
        return self._digests[key]

    def _of(self, report_filter: ReportFilter) -> Iterator[Place]:
        team = None if report_filter.team_id == "none" else report_filter.team_id
        for place in self.places:
            if report_filter.channel_id in (None, place.channel_id) and (
                report_filter.team_id is None or team == place.team_id
            ):
                yield place


def day_of(day: str, documents: Iterable[Document]) -> Day:
    """Of the documents of its rollups, in any order."""
    found: dict[tuple[str, str | None], Document] = {}
    for document in documents:
        place, of = (document["channel_id"], document.get("team_id")), document.get("of") or {}
        if place in found:
            _join(found[place], of)
        else:
            found[place] = of
    return Day(day, [_place(channel_id, team_id, of) for (channel_id, team_id), of in found.items()])


def added(digests: Iterable[Digest], *, rows: bool) -> Digest:
    """rows: by agent, team and channel as well."""
    found = Digest()
    for digest in digests:
        add_work(found.whole, digest.whole)
        _count(found.came, digest.came)
        _count(found.sent, digest.sent)
        _count(found.here, digest.here)
        if rows:
            _add_rows(found.agents, digest.agents)
            _add_rows(found.teams, digest.teams)
            _add_rows(found.channels, digest.channels)
    return found


class Spans:
    """Digests of days that follow each other and do not change, for the few spans last asked for: a quarter's seconds
    are put together and in order once, and not with every look. Days are known by being the same objects."""

    def __init__(self) -> None:
        self._kept: dict[object, tuple[Sequence[Day], Digest]] = {}

    def digest(self, days: Sequence[Day], report_filter: ReportFilter, *, rows: bool) -> Digest:
        """rows: as of `added`."""
        if not days:
            return Digest()
        key = (days[0].day, days[-1].day, report_filter.channel_id, report_filter.team_id, rows)
        same, found = self._kept.pop(key, ((), Digest()))
        if len(same) != len(days) or any(one is not other for one, other in zip(same, days, strict=True)):
            found = added((day.digest(report_filter) for day in days), rows=rows)
            _put_in_order(found)
        while len(self._kept) >= _MOST_SPANS:
            self._kept.pop(next(iter(self._kept)))  # the one that was asked for longest ago
        self._kept[key] = (days, found)
        return found


def _put_in_order(digest: Digest) -> None:
    """What is in order is put in order again quickly, together with more."""
    for work in (digest.whole, *digest.agents.values(), *digest.teams.values(), *digest.channels.values()):
        for values in (*work.took.values(), *work.open.values()):
            values.sort()


def _add_rows(into: dict[str | None, Work], more: Mapping[str | None, Work]) -> None:
    for key, work in more.items():
        add_work(_work(into, key), work)


def add_work(into: Work, more: Work) -> None:
    _count(into.counts, more.counts)
    _count(into.sums, more.sums)
    _count(into.met, more.met)
    _count(into.missed, more.missed)
    for times, longer in ((into.took, more.took), (into.open, more.open)):
        for metric, values in longer.items():
            if metric in times:
                times[metric] += values
            else:
                times[metric] = values.copy()


def _digest(day: str, places: Iterable[Place]) -> Digest:
    found, weekday = Digest(), date.fromisoformat(day).weekday()
    here: set[tuple[int, str]] = set()
    for place in places:
        whole = Work()
        for agent, work in place.agents.items():
            add_work(whole, work)
            add_work(_work(found.agents, None if agent == NOBODY else agent), work)
        for into in (found.whole, _work(found.teams, place.team_id), _work(found.channels, place.channel_id)):
            add_work(into, whole)
        _count(found.came, {(weekday, hour): count for hour, count in place.came.items()})
        for hour, agents in place.sent.items():
            found.sent[hour] = found.sent.get(hour, 0) + sum(agents.values())
            here.update((hour, agent) for agent, count in agents.items() if count and agent != NOBODY)
    for hour, _ in here:
        found.here[hour] = found.here.get(hour, 0) + 1
    _put_in_order(found)
    return found


def _rollups(day: str, places: Iterable[Place], by_channel: bool) -> dict[Metric, list[Rollup]]:
    sums: dict[tuple[Metric, str | None, str | None, str | None], tuple[int, float]] = {}
    times: dict[tuple[Metric, str | None], list[int]] = {}
    for place in places:
        channel = place.channel_id if by_channel else None
        for metric, kinds in place.kinds.items():
            for category, sentiment, more, value in kinds:
                key = (metric, channel, category, sentiment)
                count, total = sums.get(key, (0, 0.0))
                sums[key] = (count + more, total + value)
        for work in place.agents.values():
            for metric, took in work.took.items():
                times.setdefault((metric, channel), []).extend(took)
    found: dict[Metric, list[Rollup]] = {}
    for key in sorted(sums, key=lambda key: tuple(part or "" for part in key)):
        (metric, channel, category, sentiment), (count, total) = key, sums[key]
        if count:  # what was amended leaves nothing behind
            own = times.get((metric, channel), ()) if category is None and sentiment is None else ()
            rollup = Rollup(
                day=day,
                metric=metric,
                channel_id=ChannelId(channel) if channel else None,
                category=category,
                sentiment=sentiment,
                count=count,
                total=total,
                times=own,
            )
            found.setdefault(metric, []).append(rollup)
    return found


def _place(channel_id: str, team_id: str | None, of: Document) -> Place:
    found = Place(channel_id=channel_id, team_id=team_id)
    for metric in Metric:
        if (part := of.get(metric)) is None:
            continue
        found.kinds[metric] = [kind for kind in _kinds(part) if kind[2]]
        counts: dict[str, int] = {}
        for hour, agents in part.get("counts", {}).items():
            _count(counts, agents)
            if metric is Metric.MESSAGE_IN:
                found.came[int(hour)] = sum(agents.values())
            elif metric is Metric.MESSAGE_OUT:
                found.sent[int(hour)] = {unescape(agent): count for agent, count in agents.items()}
        for agent, count in counts.items():
            _work(found.agents, unescape(agent)).counts[metric] = count
        for agent, total in part.get("sums", {}).items():
            _work(found.agents, unescape(agent)).sums[metric] = total
        for agent, times in part.get("times", {}).items():
            work = _work(found.agents, unescape(agent))
            took, open_ = work.took.setdefault(metric, []), work.open.setdefault(metric, [])
            for pair, count in times.items():
                by_clock, _, in_hours = pair.partition("_")
                took += [int(by_clock)] * count
                open_ += [int(in_hours)] * count
        for outcome, agents in part.get("kept", {}).items():
            for agent, count in agents.items():
                getattr(_work(found.agents, unescape(agent)), outcome)[metric] = count
    return found


def _kinds(of: Document) -> Iterator[Kind]:
    """Those of neither category nor sentiment are what is left over."""
    count, total = of.get("count", 0), of.get("total", 0.0)
    for category, sentiments in of.get("kinds", {}).items():
        for sentiment, kind in sentiments.items():
            count -= kind["count"]
            total -= kind["total"]
            yield (
                None if category == NOTHING else unescape(category),
                None if sentiment == NOTHING else sentiment,
                kind["count"],
                kind["total"],
            )
    if count:
        yield None, None, count, total


def _work(works: dict[Any, Work], key: str | None) -> Work:
    if key not in works:
        works[key] = Work()
    return works[key]


def _count(into: dict[Any, Any], more: Mapping[Any, Any]) -> None:
    if not into:
        into.update(more)
        return
    for name, value in more.items():
        into[name] = into.get(name, 0) + value


def _room(kept: dict[object, Any]) -> dict[object, Any]:
    if len(kept) >= _MOST_FILTERS:
        kept.pop(next(iter(kept)))
    return kept


def _join(into: Document, more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if type(value) is dict:
            _join(into.setdefault(name, {}), value)
        else:
            into[name] = into.get(name, 0) + value
