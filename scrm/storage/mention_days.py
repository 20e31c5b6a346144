"""What a day of a monitor comes to, kept and folded (`folds`): its hourly counts, where it was said and by whom.

Whoever counts says for every day that it changed, today as well: a batch of hits is one transaction, and one word of it
costs a write beside many. So pages read no hours, and no hits but the few whose texts they show.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.model.analysis import AnalysisState, Sentiment
from scrm.model.base import Record
from scrm.model.mentions import MOST_MONITORS, Hit, HourCount, Mention, Spread, Stream
from scrm.storage.codec import Document
from scrm.storage.folds import Folds
from scrm.storage.newest import from_moment
from scrm.storage.shelf import Shelf

ALL = "all"
# A later reading folds a day again, so this only keeps days from being folded while they still grow.
_OPEN = timedelta(days=1)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
# Of `Day`, as it is folded.
_SHAPE = 1
# Of a monitor's stream: a quarter, the quarter before, and the days begun at both ends.
_MOST_DAYS = 200
# Streams whose days are kept in memory.
_MOST_STREAMS = 2 * MOST_MONITORS + 1


class Day(Record, kw_only=True):
    """hours: those with hits, oldest first. places: items and negative ones, by place and hour of the day. people: by
    who said something, the hours of the day, a bit each. unnamed: items that nobody is named for, by hour."""

    hours: tuple[HourCount, ...]
    places: dict[str, dict[int, tuple[int, int]]]
    people: dict[str, int]
    unnamed: dict[int, int]


class _Folded:
    _decoder = msgspec.msgpack.Decoder(Day)

    def fold(self, made: Day) -> bytes:
        return msgspec.msgpack.encode(made)

    def unfold(self, day: str, folded: bytes) -> Day:
        return self._decoder.decode(folded)


class MonitorDays:
    """Reads days of monitors. One of these for each process; `changes` may be asked of any."""

    def __init__(self, hours: Shelf[HourCount], hits: Shelf[Hit], mentions: Shelf[Mention], clock: Clock) -> None:
        self._hours = hours
        self._hits = hits
        self._mentions = mentions
        self._clock = clock
        self._folds: OrderedDict[tuple[str, str], Folds[Day]] = OrderedDict()

    async def hours(self, monitor_id: str, stream: Stream, since: datetime, until: datetime) -> list[HourCount]:
        days = await self._read(monitor_id, stream, since, until)
        return [hour for day in days.values() for hour in day.hours if since <= hour.start < until]

    async def spread(self, monitor_id: str, stream: Stream, since: datetime, until: datetime) -> Spread:
        places: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        people: set[str] = set()
        unnamed = 0
        for name, day in (await self._read(monitor_id, stream, since, until)).items():
            wanted = _hours_within(_begin(name), since, until)
            bits = sum(1 << hour for hour in wanted)
            people.update(who for who, said in day.people.items() if said & bits)
            unnamed += sum(count for hour, count in day.unnamed.items() if hour in wanted)
            for place, by_hour in day.places.items():
                for hour, (items, negative) in by_hour.items():
                    if hour in wanted:
                        places[place][0] += items
                        places[place][1] += negative
        return Spread(
            people=len(people) + unnamed,
            places={place: (items, negative) for place, (items, negative) in places.items()},
        )

    def changes(self, hours: Collection[tuple[str, str, datetime]]) -> list[UpdateOne]:
        """What says that days change, by monitor, stream and hour; to be written in the transaction that changes them,
        into the hours."""
        days: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for monitor_id, stream, start in hours:
            days[monitor_id, stream].add(_name(start))
        return [each for key, names in days.items() for each in self._of(*key).changes(names)]

    def all_changed(self, monitor_id: str) -> list[UpdateOne]:
        return [each for stream in Stream for each in self._of(monitor_id, stream).all_changed()]

    async def forget(self, monitor_id: str) -> None:
        """Of a monitor that is no more."""
        for stream in Stream:
            await self._of(monitor_id, stream).forget()
            self._folds.pop((monitor_id, stream), None)

    async def _read(self, monitor_id: str, stream: Stream, since: datetime, until: datetime) -> dict[str, Day]:
        if since >= until:
            return {}
        names, day = [], _begin(_name(since))
        while day < until:
            names.append(_name(day))
            day += _DAY
        over = _name(self._clock.now() - _OPEN)
        found = await self._of(monitor_id, stream).read(names, over=over)
        return {name: found[name] for name in names}

    def _of(self, monitor_id: str, stream: str) -> Folds[Day]:
        key = (monitor_id, str(stream))
        if key not in self._folds:

            async def make(names: Sequence[str]) -> Mapping[str, Day]:
                return await self._made(*key, names)

            self._folds[key] = Folds(
                self._hours, make, _Folded(), shape=_SHAPE, slots=1, most=_MOST_DAYS,
                # Found by monitor, without a start: gone with its hours, and never among them.
                owner="|".join(key), marks={"monitor_id": monitor_id},
            )  # fmt: skip
            if len(self._folds) > _MOST_STREAMS:
                self._folds.popitem(last=False)
        self._folds.move_to_end(key)
        return self._folds[key]

    async def _made(self, monitor_id: str, stream: str, names: Sequence[str]) -> dict[str, Day]:
        made: dict[str, Day] = {}
        for run in _runs(names):
            since, until = _begin(run[0]), _begin(run[-1]) + _DAY
            within = {**from_moment(since), "$lt": until}
            of = {"monitor_id": monitor_id, "stream": stream}
            hours = await self._hours.find({**of, "start": within}, sort=[("start", 1)])
            said = await self._said(of, within) if hours else []
            by_name: dict[str, tuple[list[HourCount], list[Document]]] = {name: ([], []) for name in run}
            for hour in hours:
                by_name[_name(hour.start)][0].append(hour)
            for each in said:
                by_name[_name(each["at"])][1].append(each)
            made |= {name: _day(*parts) for name, parts in by_name.items()}
        return made

    async def _said(self, of: Document, within: Document) -> list[Document]:
        """What is counted, with when, where and by whom."""
        fields = {"place": 1, "who": 1, "sentiment": 1, "at": 1}
        if of["monitor_id"] != ALL:
            return await self._hits.raw({**of, "at": within}, fields=fields)
        fields = {"site": 1, "author": 1, "sentiment": 1, "published_at": 1, "state": 1}
        return [
            {**each, "at": each["published_at"], "place": each["site"], "who": each.get("author", "")}
            for each in await self._mentions.raw({"published_at": within}, fields=fields)
            # What is not read yet is not counted yet.
            if each["state"] != str(AnalysisState.PENDING)
        ]


def _day(hours: Sequence[HourCount], said: Sequence[Document]) -> Day:
    places: defaultdict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    people: defaultdict[str, int] = defaultdict(int)
    unnamed: defaultdict[int, int] = defaultdict(int)
    for each in said:
        hour = each["at"].astimezone(UTC).hour
        items, negative = places[each["place"]].get(hour, (0, 0))
        places[each["place"]][hour] = (items + 1, negative + (each.get("sentiment") == str(Sentiment.NEGATIVE)))
        if who := each.get("who"):
            people[who] |= 1 << hour
        else:
            unnamed[hour] += 1
    return Day(hours=tuple(hours), places=dict(places), people=dict(people), unnamed=dict(unnamed))


def _hours_within(day: datetime, since: datetime, until: datetime) -> frozenset[int]:
    """Hours of the day that begin then, as far as they start within [since, until)."""
    return frozenset(hour for hour in range(24) if since <= day + hour * _HOUR < until)


def _runs(names: Sequence[str]) -> list[list[str]]:
    """Days that follow each other, together: what lies between others is not read."""
    runs: list[list[str]] = []
    for name in names:
        if runs and _begin(name) - _begin(runs[-1][-1]) == _DAY:
            runs[-1].append(name)
        else:
            runs.append([name])
    return runs


def _name(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def _begin(name: str) -> datetime:
    return datetime.fromisoformat(name).replace(tzinfo=UTC)
