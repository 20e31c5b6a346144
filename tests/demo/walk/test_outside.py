"""What is said outside: mentions, monitors, share of voice."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest

from scrm.model.mentions import Mention, MentionQuery, Stream
from scrm.model.topics import Moods
from tests.demo.recount import ZONE, Fact
from tests.demo.walk.walking import (
    DAYS,
    EVERYTHING,
    NOW,
    PERIOD,
    WEEK,
    Demo,
    bad_of,
    moods_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")


def has(text: str, *words: str) -> bool:
    return any(word in text for word in words)


# The demo's monitors, said once more.
WATCHED: dict[str, Callable[[str], bool]] = {
    "demo-brand": lambda t: "柚屿" in t and not has(t, "小学", "古镇", "物业", "花园", "柚屿路"),
    "demo-rival-1": lambda t: "木星家居" in t,
    "demo-rival-2": lambda t: "小橘智造" in t,
    "demo-power": lambda t: has(t, "移动电源", "充电宝") and has(t, "发热", "发烫", "烫", "鼓包", "鼓起"),
    "demo-rights": lambda t: has(t, "12315", "投诉", "维权") or ("退款" in t and has(t, "不", "没", "未")),
    "demo-robot": lambda t: "扫地机" in t or re.search(r"(?<![0-9a-z])r2(?![0-9a-z])", t.lower()) is not None,
}


def shown(mention: Mention) -> str:
    return f"{mention.title}\n{mention.text}\n{mention.author}"


def of_mentions(found: Sequence[Mention]) -> Moods:
    counts = Counter(mention.sentiment for mention in found)
    return Moods(negative=counts["negative"], neutral=counts["neutral"], positive=counts["positive"])  # type: ignore[index]


@pytest.mark.parametrize("hours", [24, 72, 168])
async def test_mentions_and_monitors(demo: Demo, hours: int) -> None:
    since, until = NOW - timedelta(hours=hours), NOW
    for monitor_id in (None, *(monitor.id for monitor in await demo.stores.monitors.all())):
        report = await demo.mentions.report(monitor_id, since, until)
        matches = WATCHED[monitor_id] if monitor_id else lambda _: True
        for stream in report.streams:
            own: Sequence[Mention | Fact]
            if stream.stream is Stream.MENTIONS:
                every = [each for each in demo.said if matches(shown(each))]
                own = [each for each in every if report.since <= each.published_at <= report.until]
                assert stream.moods == of_mentions(own)
                assert stream.reach == sum(each.reach or 0 for each in own)
                assert dict(Counter(each.site for each in own).most_common(8)).items() >= {
                    (place.name, place.items) for place in stream.places
                } or sorted(place.items for place in stream.places) == sorted(
                    count for _, count in Counter(each.site for each in own).most_common(8)
                )
                assert stream.people == len({each.author or each.id for each in own})
                query = MentionQuery(since=report.since, until=report.until, monitor_id=monitor_id)
                listed, _ = await demo.mentions.page(query, words="", after=None, limit=EVERYTHING)
                assert {each.mention.id for each in listed} == {each.id for each in own}
                times = [each.published_at for each in own]
                bad = [each.published_at for each in own if each.sentiment == "negative"]
            else:
                read = [each for each in demo.facts if each.metric == "mood" and matches(each.message.content)]
                own = [each for each in read if report.since <= each.at <= report.until]
                assert stream.moods == moods_of(own)
                assert stream.people == len({each.message.contact_id for each in own})
                assert {(p.channel_id, p.items, p.negative) for p in stream.places} == {
                    (key, len(on), bad_of(on))
                    for key in {each.channel for each in own}
                    for on in [[each for each in own if each.channel == key]]
                }
                hits = await demo.stores.monitors.hits(
                    report.monitor.id, stream.stream, report.since, report.until, limit=EVERYTHING
                )
                assert {hit.item_id for hit in hits} == {each.message.id for each in own}
                times = [each.at for each in own]
                bad = [each.at for each in own if each.sentiment == "negative"]
            assert stream.items == len(own)
            edges = [*(point.start for point in stream.points), until + WEEK]
            for place, point in enumerate(stream.points):
                held = [sum(point.start <= at < edges[place + 1] for at in side) for side in (times, bad)]
                assert [point.items, point.negative] == held


async def test_share_of_voice_and_the_period_before(demo: Demo) -> None:
    since = NOW.astimezone(ZONE).replace(hour=0) - timedelta(days=DAYS - 1)
    shares = await demo.mentions.shares((), since, NOW)
    assert [share.monitor.id for share in shares] == ["demo-brand", "demo-rival-1", "demo-rival-2"]
    spans = {
        each.monitor.id: [
            [m for m in demo.said if WATCHED[each.monitor.id](shown(m)) and first <= m.published_at <= last]
            for first, last in ((since, NOW), (since - (NOW - since), since - timedelta(microseconds=1)))
        ]
        for each in shares
    }
    whole = sum(len(now) for now, _ in spans.values())
    for share in shares:
        now, _ = spans[share.monitor.id]
        assert (share.items, share.negative) == (len(now), of_mentions(now).negative)
        assert share.reach == sum(each.reach or 0 for each in now)
        assert share.share == pytest.approx(len(now) / whole)
    assert date.fromisoformat(PERIOD.last_day) == NOW.astimezone(ZONE).date()
