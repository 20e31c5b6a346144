"""When each turn of a story happens: people type, think, sleep, and work from nine to ten. Pure."""

import math
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from scrm.demo.plan import Ending
from scrm.demo.story import Turn
from scrm.model.base import Record

OPENS, CLOSES = time(9), time(22)
CUSTOMER = frozenset({"c", "image", "voice", "place", "share"})
# Medians in seconds of a first answer, a later one, and a customer's; people vary by a factor of e ** SPREAD.
FIRST_ANSWER, ANSWER, CUSTOMER_ANSWER, SPREAD = 80.0, 50.0, 65.0, 0.95
LONGEST = timedelta(minutes=50)


class Moment(Record, kw_only=True):
    turn: Turn
    at: datetime


def is_customer(turn: Turn) -> bool:
    return turn.code in CUSTOMER


def history(turns: Sequence[Turn], begins: datetime, zone: ZoneInfo, random: Random) -> list[Moment]:
    """A story that began then and took its time; agents answer in office hours only."""
    moments: list[Moment] = []
    at, before, answered = begins, None, False
    for turn in turns:
        if before is not None:
            at += _gap(before, turn, random, first=not answered)
        if not is_customer(turn):
            at = _at_work(at, zone, random)
            answered = answered or turn.code in ("a", "link")
        moments.append(Moment(turn=turn, at=at))
        before = turn
    return moments


def still_open(turns: Sequence[Turn], ending: Ending, ends: datetime, random: Random) -> list[Moment]:
    """The part of a story that has happened, its last turn at `ends`."""
    told = _told(turns, ending, random)
    offsets = [timedelta()]
    for before, turn in pairwise(told):
        offsets.append(offsets[-1] + _gap(before, turn, random, first=len(offsets) == 1))
    begins = ends - offsets[-1]
    return [Moment(turn=turn, at=begins + offset) for turn, offset in zip(told, offsets, strict=True)]


def _told(turns: Sequence[Turn], ending: Ending, random: Random) -> list[Turn]:
    opening = next((number for number, turn in enumerate(turns) if not is_customer(turn)), len(turns))
    if ending in (Ending.UNASSIGNED, Ending.CLOSED):
        return list(turns[:opening])
    if ending is Ending.USED_UP:
        said = [turn for turn in turns if turn.code == "a"]
        more = [Turn(code="a", text=text) for text in PATIENT]
        return [*turns[:opening], *(*said, *more)[:5]]
    # What may come last: a customer who waits for an answer, or the agent who waits for one.
    by_customer = ending in (Ending.WAITING, Ending.CLOSING)
    ends = [
        number
        for number, turn in enumerate(turns)
        if (is_customer(turn) if by_customer else turn.code == "a")
        and (number + 1 == len(turns) or is_customer(turns[number + 1]) != by_customer)
    ]
    return list(turns[: random.choice(ends) + 1]) if ends else list(turns)


# What an agent adds when the customer does not answer: five replies, and the platform permits no more.
PATIENT = (
    "您看这样处理可以吗？",
    "我这边先把工单提交上去，您有空回复我就好。",
    "已经为您加急登记，品质部的同事会优先处理。",
    "方便的话麻烦补一张机身底部序列号的照片，这样处理会更快。",
    "您先忙，看到消息后回我一声，我再为您安排取件。",
)


def _gap(before: Turn, turn: Turn, random: Random, *, first: bool) -> timedelta:
    if is_customer(turn) == is_customer(before):
        return timedelta(seconds=random.uniform(8, 48))
    median = CUSTOMER_ANSWER if is_customer(turn) else FIRST_ANSWER if first else ANSWER
    seconds = random.lognormvariate(math.log(median), SPREAD)
    return min(timedelta(seconds=max(9.0, seconds)), LONGEST)


def _at_work(at: datetime, zone: ZoneInfo, random: Random) -> datetime:
    """The same moment, or the next morning's queue."""
    local = at.astimezone(zone)
    if OPENS <= local.time() < CLOSES:
        return at
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    return datetime.combine(day, OPENS, zone) + timedelta(minutes=random.uniform(1, 40))
