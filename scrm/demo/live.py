"""What customers write while the demo runs: lines of the simulator's script, without end.

    {"at": 3.2, "openid": "oA1…", "app_id": "wx…", "type": "text", "text": "在吗？…"}

at: seconds since the start, only growing. Each story is one customer's lines up to the first answers, with pauses, as
people write whether or not they are answered. The customers are those of the history, under the same openids.
"""

import heapq
from collections.abc import Iterator, Sequence
from itertools import count

from scrm.demo import data
from scrm.demo.chance import chance
from scrm.demo.fill import CUSTOMERS
from scrm.demo.people import people
from scrm.demo.story import tell
from scrm.demo.timing import is_customer

# Seconds between two customers who begin, on average, over all channels.
PACE = 24.0
# How many of those who write do it because of the issue that rises.
RISING_SHARE = 0.3
# After this many unanswered questions of the story the customer stops.
PATIENCE = 2
Line = dict[str, str | float]


def script(seed: int, app_ids: Sequence[str], *, start: int = 0) -> Iterator[Line]:
    """The same lines for the same arguments, the same customers for the same seed.

    app_ids: of the demo's channels, in order. start: a number of this start of the hub, so that a second start does
    not tell the first one's stories again.
    """
    random = chance(seed, "live", start)
    known = people(seed, CUSTOMERS)
    coming: list[tuple[float, int, Line]] = []
    order = count()
    at = 0.0
    while True:
        at += random.expovariate(1 / PACE)
        while coming and coming[0][0] <= at:
            yield heapq.heappop(coming)[2]
        rising = random.random() < RISING_SHARE
        fitting = [scenario for scenario in data.scenarios() if scenario.rising == rising]
        scenario = random.choices(fitting, [scenario.weight for scenario in fitting])[0]
        person = random.choice([person for person in known if person.language == scenario.language])
        channel, openid = random.choice(sorted(person.handles.items()))
        then, answers = at, 0
        for turn in tell(scenario, person, random):
            if not is_customer(turn):
                answers += turn.code == "a"
                if answers > PATIENCE:
                    break
                continue
            then += random.uniform(4, 15) if answers == 0 else random.uniform(60, 240)
            line: Line = {"at": round(then, 1), "openid": openid, "app_id": app_ids[channel]}
            heapq.heappush(coming, (then, next(order), line | _spoken(turn.code, turn.text)))


def _spoken(code: str, text: str) -> Line:
    if code == "image":
        return {"type": "image"}
    if code == "share":
        return {
            "type": "link",
            "title": text,
            "description": "柚屿生活 · 商品详情",
            "url": "https://youyu.example/item/1",
        }
    return {"type": {"voice": "voice", "place": "location"}.get(code, "text"), "text": text}
