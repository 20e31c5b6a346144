"""What customers write while the demo runs: lines of the simulator's script, without end, the same for the same seed.

    {"at": 3.2, "user": "oA1…", "type": "text", "text": "在吗？…"}

at: seconds since the start, only growing. Each story is one customer's lines up to the first answer, and a little more
after a pause, as people do whether or not they are answered.
"""

import heapq
from collections.abc import Iterator
from itertools import count

from scrm.demo import data
from scrm.demo.chance import chance
from scrm.demo.fill import CUSTOMERS
from scrm.demo.people import people
from scrm.demo.story import tell
from scrm.demo.timing import is_customer

# Seconds between two customers who begin, on average, over all channels.
PACE = 24.0
# Of ten who write, four do because of the issue that rises.
RISING_SHARE = 0.3
Line = dict[str, object]


def script(seed: int, *, channel: int | None = None, start: int = 0) -> Iterator[Line]:
    """Lines for one channel (its place in the company's list), or for all, each with its `channel`.

    start: another number, other stories; a hub that starts again passes another one, so that nobody hears the same.
    """
    random = chance(seed, "live", start)
    known = people(seed, CUSTOMERS)
    waiting: list[tuple[float, int, Line]] = []
    order = count()
    at = 0.0
    while True:
        at += random.expovariate(1 / PACE)
        while waiting and waiting[0][0] <= at:
            yield from _of(channel, heapq.heappop(waiting)[2])
        fitting = [one for one in data.scenarios() if one.rising == (random.random() < RISING_SHARE)]
        scenario = random.choices(fitting, [one.weight for one in fitting])[0]
        person = random.choice([one for one in known if one.language == scenario.language])
        place, handle = random.choice(sorted(person.handles.items()))
        then, answers = at, 0
        for turn in tell(scenario, person, random):
            if not is_customer(turn):
                answers += turn.code == "a"
                continue
            then += random.uniform(4, 15) if answers == 0 else random.uniform(60, 240)
            if answers > 2:
                break
            line: Line = {"at": round(then, 1), "user": handle, "channel": place, **_spoken(turn.code, turn.text)}
            heapq.heappush(waiting, (then, next(order), line))


def _of(channel: int | None, line: Line) -> Iterator[Line]:
    if channel is None:
        yield line
    elif line["channel"] == channel:
        yield {name: value for name, value in line.items() if name != "channel"}


def _spoken(code: str, text: str) -> Line:
    if code == "image":
        return {"type": "image"}
    if code == "voice":
        return {"type": "voice", "text": text}
    if code == "place":
        return {"type": "location", "text": text}
    if code == "share":
        return {"type": "link", "text": text}
    return {"type": "text", "text": text}
