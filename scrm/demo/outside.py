"""What is said about the demo's company outside: a quarter of posts, and one story of the last day. Once.

Everything is invented, and nothing is fetched: the two sources stand there paused, to be looked at. The mentions pass
through the same door as those of a program; they are read and counted beside everything else once the hub runs.
"""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from scrm.clock import Clock
from scrm.demo import data, seasons
from scrm.demo.chance import chance
from scrm.errors import Duplicate
from scrm.ids import MonitorId, SourceId
from scrm.model.base import Record
from scrm.model.mentions import Mapping, MentionKind, Monitor, MonitorKind, Source, SourceKind, Stream
from scrm.ports.mentions import Draft, Mentions
from scrm.ports.stores import Stores

STATE = "demo_outside"
WEEKS = 13
A_DAY = 16
# When a competitor brought out something new, in days before today, and how much more was said of it.
LAUNCH, LAUNCHED = range(33, 39), 3.5
# Posts by the hour of the day: few at night, most in the evening.
HOURS = (2, 1, 1, 0, 0, 1, 2, 4, 6, 7, 8, 8, 7, 6, 6, 7, 7, 8, 9, 11, 12, 12, 9, 5)
BRANDS = ("柚屿生活", "柚屿生活", "柚屿", "柚屿家")
BATCH = 100
SALE = "双十一"
STORY_HOURS = 20


class _Place(Record, kw_only=True):
    site: str
    kind: MentionKind
    share: int
    reach: int
    url: str
    mood: str | None = None


class _Parts(Record, kw_only=True):
    open: tuple[str, ...]
    tell: tuple[str, ...]
    close: tuple[str, ...]


class _Noise(Record, kw_only=True):
    texts: tuple[str, ...]


class _Story(Record, kw_only=True):
    product: str
    author: str
    first: str
    article: str
    outlets: tuple[str, ...]
    remarks: tuple[str, ...]
    others: tuple[str, ...]
    answer: str


class _Outside(Record, kw_only=True):
    competitors: tuple[str, ...]
    place: tuple[_Place, ...]
    moods: dict[str, int]
    good: _Parts
    flat: _Parts
    bad: _Parts
    noise: _Noise
    story: _Story


async def speak_outside(stores: Stores, mentions: Mentions, clock: Clock, zone: ZoneInfo, seed: int) -> int:
    """How many mentions; 0 where they stand already. Raises StoreUnavailable."""
    if await stores.workspace.get(STATE) is not None:
        return 0
    now = clock.now()
    for source in _sources(now):
        try:
            await stores.mention_sources.insert(source)
        except Duplicate:
            continue
    for monitor in _monitors(now):
        if await stores.monitors.get(monitor.id) is None:
            await stores.monitors.insert(monitor)
    drafts = list(posts(now, zone, seed))
    for start in range(0, len(drafts), BATCH):
        await mentions.take(drafts[start : start + BATCH])
    await stores.workspace.put(STATE, now.isoformat())
    return len(drafts)


def posts(now: datetime, zone: ZoneInfo, seed: int) -> Iterator[Draft]:
    """The oldest first."""
    told = _told()
    number = 0
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(WEEKS * 7, -1, -1):
        day = today - timedelta(days=back)
        random = chance(seed, "outside", back)
        # People write more at the end of the week, and of a launch.
        usual = A_DAY * (1.25 if day.weekday() >= 5 else 1.0) * (1.4 if back in LAUNCH else 1.0)
        wanted = round(usual * seasons.talked(day.date(), back) * random.uniform(0.75, 1.25))
        moments = sorted(day + timedelta(hours=_hour(random), seconds=random.randrange(3600)) for _ in range(wanted))
        for moment in moments:
            number += 1
            if moment < now - timedelta(minutes=2):
                yield _post(told, random, number, moment, back)
    yield from _story(told.story, now, chance(seed, "outside", "story"))


def _post(told: _Outside, random: Random, number: int, moment: datetime, back: int) -> Draft:
    place = random.choices(told.place, [each.share for each in told.place])[0]
    if random.random() < 0.05:
        text = f"{random.choice(told.noise.texts)}（{number}）"
    else:
        mood = place.mood or random.choices(list(told.moods), list(told.moods.values()))[0]
        parts: _Parts = getattr(told, mood)
        text = _said(told, parts, random, moment, back)
    title = text.partition("，")[0] if place.kind is MentionKind.ARTICLE else ""
    reach = int(place.reach * random.lognormvariate(0, 0.9))
    return _draft(place.url, random, number, text, moment, site=place.site, kind=place.kind, title=title, reach=reach)


def _said(told: _Outside, parts: _Parts, random: Random, moment: datetime, back: int) -> str:
    first = 24 * (LAUNCHED if back in LAUNCH else 1)
    about = random.choices((random.choice(BRANDS), *told.competitors), (60, first, 16))[0]
    others = [brand for brand in ("柚屿", *told.competitors) if brand[:2] != about[:2]]
    slots = {"b": about, "o": random.choice(others), "p": random.choice(random.choice(data.company().product).call)}
    # Nobody opens the parcels of a sale before it.
    opening = [each for each in parts.open if SALE not in each or moment.month in (11, 12)]
    pieces = [random.choice(opening), random.choice(parts.tell), random.choice(parts.close)]
    return "，".join(piece.format(**slots) for piece in pieces) + random.choice(("。", "！", "", "～"))


def _story(story: _Story, now: datetime, random: Random) -> Iterator[Draft]:
    """It begins with one post, is passed on, taken up by news sites, and answered late."""
    began = now - timedelta(hours=STORY_HOURS)
    weibo, first = "https://weibo.com/{a}/{n}", "https://weibo.com/2201/story1"
    yield Draft(
        url=first, external_id="story1", text=story.first, author=story.author, reach=38_000, site="weibo.com",
        published_at=began.isoformat(), kind=MentionKind.POST,
    )  # fmt: skip
    entries: list[Draft] = []

    def at(hours: float) -> datetime:
        return began + timedelta(hours=min(hours, STORY_HOURS - 0.05))

    number = 900_000
    names = [story.author]
    for step in range(34):
        # Slowly at night, then by the hour.
        when = at(1 + 18.8 * (step / 34) ** 0.7 + random.uniform(0, 0.4))
        number += 1
        name = f"用户{random.randrange(1000, 9999)}"
        passed = "".join(f"//@{each}:转发微博 " for each in random.sample(names[1:], k=min(len(names) - 1, 2)))
        text = f"{random.choice(story.remarks)}{passed}//@{story.author}:{story.first}"
        reach = int(400 * random.lognormvariate(0, 1.1))
        entries.append(_draft(weibo, random, number, text, when, site="weibo.com", author=name, reach=reach))
        names.append(name)
    for step, text in enumerate(story.others * 2):
        number += 1
        if step >= len(story.others):
            text = f"{random.choice(story.remarks)}{text.partition('，')[2]}，柚屿移动电源"
        when = at(4 + 15.6 * step / (2 * len(story.others)))
        site = random.choice(("weibo.com", "xiaohongshu.com", "zhihu.com"))
        url = f"https://{site}/" + "{a}/{n}"
        reach = int(900 * random.lognormvariate(0, 1))
        entries.append(_draft(url, random, number, text, when, site=site, reach=reach))
    for step, outlet in enumerate(story.outlets):
        number += 1
        text = f"{story.article}（来源：{outlet}）"
        entries.append(
            _draft(
                f"https://{outlet}/" + "{a}/{n}", random, number, text, at(11 + 1.5 * step), site=outlet,
                kind=MentionKind.ARTICLE, title=story.article.partition("：")[0], reach=45_000 - 9_000 * step,
            )
        )  # fmt: skip
    answer = _draft(
        weibo, random, number + 1, story.answer, at(19.2), site="weibo.com", author="柚屿生活", reach=220_000
    )
    yield from sorted([*entries, answer], key=lambda draft: draft.published_at)


def _draft(
    url: str,
    random: Random,
    number: int,
    text: str,
    moment: datetime,
    *,
    site: str,
    reach: int,
    kind: MentionKind = MentionKind.POST,
    title: str = "",
    author: str = "",
) -> Draft:
    return Draft(
        url=url.format(a=random.randrange(10_000, 99_999), n=f"{number:06d}"),
        external_id=f"demo-{number}",
        title=title,
        text=text,
        author=author or f"用户{random.randrange(1000, 9999)}",
        reach=reach,
        published_at=moment.isoformat(),
        kind=kind,
        site=site,
    )


def _hour(random: Random) -> int:
    return random.choices(range(24), HOURS)[0]


def _sources(now: datetime) -> Sequence[Source]:
    founded = now - timedelta(weeks=WEEKS)
    weibo = Mapping(
        items="data.cards[].mblog", url="https://weibo.com/{user.id}/{bid}", id="id", text="text",
        author="user.screen_name", reach="user.followers_count", published_at="created_at",
        repost_of="https://weibo.com/{retweeted_status.user.id}/{retweeted_status.bid}",
    )  # fmt: skip
    given: list[tuple[str, str, SourceKind, str, bool, Mapping | None]] = [
        (
            "demo-rsshub",
            "RSSHub · 微博关键词“柚屿”",
            SourceKind.FEED,
            "http://rsshub:1200/weibo/keyword/柚屿",
            True,
            None,
        ),
        ("demo-weibo", "微博搜索接口", SourceKind.ENDPOINT, "https://weibo-search.example/api?q=柚屿", False, weibo),
    ]
    return [
        Source(
            id=SourceId(id_), name=name, kind=kind, url=url, own=own, mapping=mapping, paused=True, created_at=founded,
            next_at=now,
        )
        for id_, name, kind, url, own, mapping in given
    ]  # fmt: skip


def _monitors(now: datetime) -> Sequence[Monitor]:
    both, outside = (Stream.MENTIONS, Stream.MESSAGES), (Stream.MENTIONS,)
    first, second = _told().competitors
    given: list[tuple[str, str, MonitorKind, str, tuple[Stream, ...]]] = [
        ("brand", "柚屿生活", MonitorKind.BRAND, "柚屿 NOT (小学|古镇|物业|花园|柚屿路)", outside),
        ("rival-1", first, MonitorKind.COMPETITOR, first, outside),
        ("rival-2", second, MonitorKind.COMPETITOR, second, outside),
        ("power", "移动电源发热", MonitorKind.RISK, "(移动电源|充电宝) (发热|发烫|烫|鼓包|鼓起)", both),
        ("rights", "投诉维权", MonitorKind.RISK, "12315 OR 投诉 OR 维权 OR 退款 (不|没|未)", both),
        ("robot", "扫地机器人", MonitorKind.PRODUCT, "扫地机|扫地机器人|R2", both),
    ]
    return [
        Monitor(
            id=MonitorId(f"demo-{id_}"), name=name, kind=kind, expression=expression, streams=streams, created_at=now
        )
        for id_, name, kind, expression, streams in given
    ]


@cache
def _told() -> _Outside:
    text = files(__package__).joinpath("data", "outside.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _Outside)
