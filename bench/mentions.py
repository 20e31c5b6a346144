"""Near-duplicates among mentions, and the quiet of monitors: the figures of docs/decisions/0016-mentions.md.

    python -m bench.mentions

Near-duplicates: 400 pairs of a text and what is made of it on its way (passed on with a remark, cut short, traditional
characters, an outlet's name after it, a few words changed), and 20,000 pairs of different texts, most about the same
products; MinHash as the hub has it, SimHash (64 bits over the same pairs of characters) beside it.
Quiet: years of monitors with a rhythm of day and week and a rate that swings by itself, and no event; then the same
with one. All drawn from a seed.
"""

import hashlib
import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from dashboards.monitor.mentions import band, near, spikes
from dashboards.monitor.mentions.band import Cell
from nlp.terms import SearchCutter
from scrm.demo import outside

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
FOLD = SearchCutter().fold
TRADITIONAL = str.maketrans(
    "发热烫货电话买时图说没给还个客这应开让关门过实", "發熱燙貨電話買時圖說沒給還個客這應開讓關門過實"
)


def made_of(text: str, random: Random) -> list[str]:
    """What becomes of a text on its way."""
    words = list(text)
    for place in random.sample(range(len(words)), k=max(1, len(words) // 12)):
        words[place] = random.choice("的了很都也在就")
    return [
        f"太真实了{random.choice('！？～')}//@用户{random.randrange(99)}:{text}",
        text[: int(len(text) * 0.7)] + "…… 全文",
        text.translate(TRADITIONAL).replace("，", "!"),
        f"{text}（来源：城市晚报 编辑：小{random.choice('王李张')}）",
        "".join(words),
    ]


def simhash(pieces: frozenset[str]) -> int:
    sums = [0] * 64
    for piece in pieces:
        bits = int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "big")
        for place in range(64):
            sums[place] += 1 if bits >> place & 1 else -1
    return sum(1 << place for place in range(64) if sums[place] > 0)


def near_duplicates() -> None:
    random = Random(1)
    told = outside._told()
    drafts = [draft.text for draft in outside.posts(NOW, ZoneInfo("Asia/Shanghai"), 3) if "//@" not in draft.text]
    texts = list(dict.fromkeys(drafts))[:400]
    texts += [told.story.first, told.story.article, *told.story.others]
    same = [(text, copy) for text in random.sample(texts, 80) for copy in made_of(text, random)]
    other = random.sample(list(itertools.combinations(texts, 2)), 20_000)
    print(f"near-duplicates: {len(same)} pairs alike, {len(other)} pairs that are not")

    def pieces(text: str) -> frozenset[str]:
        return near.pairs(near.passed_on(text)[0], FOLD)

    held = {text: pieces(text) for text in {each for pair in (*same, *other) for each in pair}}
    bands = {text: set(near.bands(found)) for text, found in held.items()}
    hashes = {text: simhash(found) for text, found in held.items()}

    def apart(most: int, one: str, two: str) -> bool:
        return (hashes[one] ^ hashes[two]).bit_count() <= most

    def report(name: str, judge: Callable[[str, str], bool]) -> None:
        found = sum(judge(*pair) for pair in same)
        wrong = sum(judge(*pair) for pair in other)
        print(f"  {name:42} found {found / len(same):6.1%}   wrong {wrong / len(other):8.3%}")

    def met(one: str, two: str) -> bool:
        return not bands[one].isdisjoint(bands[two])

    report("MinHash 12 × 3, then compared (the hub)", lambda a, b: met(a, b) and near.alike(held[a], held[b]))
    report("MinHash 12 × 3 alone", met)
    report("compared, all with all", lambda a, b: near.alike(held[a], held[b]))
    for bits in (3, 6, 10, 16):
        report(f"SimHash, {bits} bits apart", partial(apart, bits))


def poisson(random: Random, mean: float) -> int:
    count, time = 0, random.expovariate(1.0)
    while time < mean:
        count += 1
        time += random.expovariate(1.0)
    return count


def history(random: Random, a_day: float, days: int, swing: float) -> dict[datetime, Cell]:
    """swing: relative spread of a day's rate. A fifth is negative, more on some days."""
    first = NOW - timedelta(days=days)
    cells: dict[datetime, Cell] = {}
    level, mood = 1.0, 0.2
    for hour in range(days * 24):
        at = first + hour * HOUR
        if hour % 24 == 0:
            level = random.gammavariate(1 / swing**2, swing**2)
            mood = random.betavariate(8, 32)
        weight = outside.HOURS[(at.hour + 8) % 24] / sum(outside.HOURS)
        weekend = 1.25 if at.weekday() >= 5 else 0.9
        items = poisson(random, a_day * weight * weekend * level)
        cells[at] = Cell(items=items, negative=sum(random.random() < mood for _ in range(items)))
    return cells


def alarms(cells: dict[datetime, Cell], oldest: datetime, hours: Sequence[datetime]) -> list[datetime]:
    found = []
    for now in hours:
        for length in (3, 24):
            window = [now - back * HOUR for back in range(length - 1, -1, -1)]
            past = {at: cells[at] for back in range(15 * 24) if (at := now - back * HOUR) in cells}
            if spikes.burst(window, past, oldest) is not None:
                found.append(now)
                break
    return found


def quiet() -> None:
    print("quiet monitors, looked at every third hour; one alert stands for a day")
    for a_day, swing in ((3, 0.3), (20, 0.3), (120, 0.3), (20, 0.5), (120, 0.5)):
        random = Random(f"{a_day} {swing}")
        days, runs, fired, outside_high, outside_low, points = 100, 3, 0, 0, 0, 0
        for _ in range(runs):
            cells = history(random, a_day, days, swing)
            oldest = min(cells)
            hours = [at for at in cells if at - oldest >= timedelta(days=14)]
            last = oldest
            for at in alarms(cells, oldest, hours[::3]):
                if at - last >= timedelta(days=1):
                    fired, last = fired + 1, at
            day = band.by_day(cells, lambda at: at.replace(hour=0))
            for at, cell in list(day.items())[43:-1]:
                wanted = band.expected(
                    band.sample(at, day, min(day), timedelta(days=1), beside=False), cell, weeks=band.WEEKS
                )
                if wanted is not None:
                    points += 1
                    outside_high += cell.items > wanted.high
                    outside_low += cell.items < wanted.low
        years = runs * (days - 14) / 365
        print(
            f"  {a_day:4} a day, swings by {swing:.0%}: {fired / years:5.2f} a year;"
            f" days above the band {outside_high / points:5.1%}, below {outside_low / points:5.1%}"
        )


def event() -> None:
    print("an event that adds to a monitor of 20 a day: within how many hours it is told (median of 40)")
    for extra in (3, 6, 12):
        delays = []
        for run in range(40):
            random = Random(f"event {extra} {run}")
            cells = history(random, 20, 20, 0.3)
            oldest, begins = min(cells), NOW - 12 * HOUR
            for step in range(12):
                at = begins + step * HOUR
                more = poisson(random, extra)
                cells[at] = Cell(items=cells[at].items + more, negative=cells[at].negative + int(more * 0.8))
            told = alarms(cells, oldest, [begins + step * HOUR for step in range(12)])
            delays.append((told[0] - begins) // HOUR + 1 if told else 99)
        delays.sort()
        print(f"  {extra:3} more an hour: {delays[20]} h; told within 12 h: {sum(each < 99 for each in delays)} of 40")


if __name__ == "__main__":
    near_duplicates()
    quiet()
    event()
