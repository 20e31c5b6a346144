"""Who writes when, about what: the calendar of the demo. Pure; the same for the same seed and moment.

Weekdays are busier than weekends, office hours than nights, the shop grows, holidays and shopping days show
(`seasons`), and in the last days one issue rises.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from scrm.demo import data, seasons
from scrm.demo.chance import chance
from scrm.demo.data import Scenario
from scrm.demo.people import Person
from scrm.model.base import Record

# New conversations on a Monday … Sunday, before chance has its say.
WEEK = (15, 15, 14, 13, 13, 9, 8)
# What share of a day's conversations begins in each hour of the day.
HOURS = (2, 1, 1, 0, 0, 1, 2, 5, 12, 22, 28, 26, 16, 18, 24, 25, 22, 17, 14, 19, 24, 22, 13, 6)
# Conversations about the rising issue: today, yesterday, the day before …
RISING = (14, 12, 3, 1)
# A customer who is answered today does not begin anew tomorrow; flow would reopen the old conversation.
REST = timedelta(days=4)
# Draws before everybody is asked who is free.
DRAWS = 40

# When each customer was or will be busy on each channel.
Booked = defaultdict[tuple[int, int], list[datetime]]


class Ending(StrEnum):
    """How a conversation stands now."""

    RESOLVED = "resolved"
    UNASSIGNED = "unassigned"
    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSING = "closing"  # the reply window ends within the hour, and the customer waits
    CLOSED = "closed"  # it ended before anybody answered
    USED_UP = "used_up"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SNOOZED = "snoozed"
    PENDING = "pending"


class Visit(Record, kw_only=True):
    """One conversation to tell. begins: of a resolved one; the others end `quiet` before now."""

    number: int
    person: Person
    channel: int
    scenario: Scenario
    ending: Ending
    begins: datetime
    quiet: timedelta = timedelta()


# What is open now: how it stands, minutes since its last entry, and the themes it may be about (empty: any).
OPEN: Sequence[tuple[Ending, Sequence[float], Sequence[str]]] = (
    (Ending.UNASSIGNED, (2, 6, 11, 19, 33, 58), ("quality", "heat", "complaint")),
    (Ending.WAITING, (1, 3, 5, 9, 14, 26, 47, 88, 165), ()),
    (Ending.ANSWERED, (2, 4, 8, 13, 21, 34, 52, 75), ()),
    (Ending.CLOSING, (2852, 2838, 2829), ("logistics", "refund", "invoice")),
    (Ending.CLOSED, (3010,), ("presale",)),
    (Ending.USED_UP, (38,), ("quality",)),
    (Ending.FAILED, (16,), ("logistics",)),
    (Ending.UNKNOWN, (7,), ("refund",)),
    (Ending.SNOOZED, (95, 230), ("presale", "install")),
    (Ending.PENDING, (64, 142, 310), ("invoice", "quality")),
)


def visits(people: Sequence[Person], now: datetime, zone: ZoneInfo, *, seed: int, weeks: int) -> list[Visit]:
    """Every conversation, by when it begins."""
    random = chance(seed, "plan")
    crowd = _Crowd(people)
    found = _open_ones(crowd, now, random)
    today = now.astimezone(zone).date()
    begins = sorted(
        (moment, rising)
        for back in range(weeks * 7, -1, -1)
        for moment, rising in _day(today - timedelta(days=back), back, now, zone, random)
    )
    for moment, rising in begins:
        scenario = _scenario(random, rising=rising, day=moment.astimezone(zone).date())
        who = crowd.take(scenario.language, moment, random)
        if who is not None:
            found.append(
                Visit(
                    number=0,
                    person=who[0],
                    channel=who[1],
                    scenario=scenario,
                    ending=Ending.RESOLVED,
                    begins=moment,
                )
            )
    found.sort(key=lambda visit: visit.begins)
    return [replace(visit, number=number) for number, visit in enumerate(found, 1)]


class _Crowd:
    """Who may write: everybody on their channels, by language, and when each is busy."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._booked: Booked = defaultdict(list)
        self._who: defaultdict[str, list[tuple[Person, int]]] = defaultdict(list)
        for person in people:
            self._who[person.language] += [(person, channel) for channel in person.handles]
        self._weights: Mapping[str, Sequence[float]] = {
            language: list(accumulate(person.weight for person, _ in who)) for language, who in self._who.items()
        }

    def take(self, language: str, moment: datetime, random: Random) -> tuple[Person, int] | None:
        """Somebody who speaks the language and has been quiet long enough, and the channel; None when nobody is
        left."""
        who = self._free(language, moment, random)
        if who is not None:
            self._booked[who[0].number, who[1]].append(moment)
        return who

    def _free(self, language: str, moment: datetime, random: Random) -> tuple[Person, int] | None:
        everybody = self._who.get(language)
        if not everybody:
            return None
        for _ in range(DRAWS):
            [drawn] = random.choices(everybody, cum_weights=self._weights[language])
            if self._rested(drawn, moment):
                return drawn
        fitting = [each for each in everybody if self._rested(each, moment)]
        return random.choices(fitting, [person.weight for person, _ in fitting])[0] if fitting else None

    def _rested(self, who: tuple[Person, int], moment: datetime) -> bool:
        return all(abs(moment - other) >= REST for other in self._booked[who[0].number, who[1]])


def _day(day: date, back: int, now: datetime, zone: ZoneInfo, random: Random) -> list[tuple[datetime, bool]]:
    """The beginnings of one day, and whether each is about the rising issue. Today's stop an hour ago."""
    usual = max(3, round(WEEK[day.weekday()] * seasons.demand(day, back) * random.uniform(0.85, 1.15)))
    rising = RISING[back] if back < len(RISING) else 0
    moments = []
    for number in range(usual + rising):
        hour = random.choices(range(24), HOURS)[0]
        at = datetime.combine(day, time(hour), zone) + timedelta(seconds=random.randrange(3600))
        if at <= now - timedelta(hours=1):
            moments.append((at, number >= usual))
    return moments


def _open_ones(crowd: _Crowd, now: datetime, random: Random) -> list[Visit]:
    found: list[Visit] = []
    for ending, minutes, themes in OPEN:
        for quiet in minutes:
            scenario = _scenario(random, themes=themes, rising=None if not themes else "heat" in themes and quiet < 15)
            begins = now - timedelta(minutes=quiet)
            who = crowd.take(scenario.language, begins, random)
            if who is None:
                continue
            found.append(
                Visit(
                    number=0,
                    person=who[0],
                    channel=who[1],
                    scenario=scenario,
                    ending=ending,
                    begins=begins,
                    quiet=timedelta(minutes=quiet),
                )
            )
    return found


def _scenario(
    random: Random, *, themes: Sequence[str] = (), rising: bool | None = False, day: date | None = None
) -> Scenario:
    fitting, weights = _fitting(tuple(themes), rising, day)
    return random.choices(fitting, weights)[0]


@cache
def _fitting(
    themes: Sequence[str], rising: bool | None, day: date | None
) -> tuple[Sequence[Scenario], Sequence[float]]:
    fitting = [
        scenario
        for scenario in data.scenarios()
        if (not themes or scenario.theme in themes) and (rising is None or scenario.rising == rising)
    ]
    season = [1.0 if day is None else seasons.spoken(day, scenario.theme) for scenario in fitting]
    return fitting, [scenario.weight * share for scenario, share in zip(fitting, season, strict=True)]
