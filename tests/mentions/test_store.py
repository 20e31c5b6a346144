"""What is stored twice is one; what is read is counted once, with the hits behind the count."""

import pytest
from msgspec.structs import replace

from scrm.errors import Duplicate, Stale
from scrm.ids import MonitorId
from scrm.model.analysis import Sentiment
from scrm.model.mentions import MentionQuery, Stream
from scrm.ports.stores import Page, Stores
from scrm.storage.mentions import ALL
from tests.mentions import make
from tests.mentions.make import NOW, ago

W = MonitorId("w1")


async def test_a_mention_is_stored_read_and_counted_once(stores: Stores) -> None:
    one, two = make.mention(reach=50), make.mention(published_at=ago(30), site="news.example")
    assert await stores.mentions.add([one, two]) == {0, 1}
    assert await stores.mentions.add([replace(one, text="another"), make.mention()]) == {1}
    kept = await stores.mentions.get(one.id)
    assert kept == one
    pending = await stores.mentions.pending(10)
    assert len(pending) == 3
    readings = [make.read(one), make.read(two, Sentiment.POSITIVE)]
    hits = [make.hit(W, one), make.hit(W, two, sentiment="positive")]
    assert await stores.mentions.read(readings, hits) == 2
    assert await stores.mentions.read(readings, hits) == 0
    assert [mention.id for mention in await stores.mentions.pending(10)] == [pending[-1].id] or len(
        await stores.mentions.pending(10)
    ) == 1
    for monitor in (W, ALL):
        hours = await stores.monitors.hours(monitor, Stream.MENTIONS, ago(48), NOW)
        assert [(hour.start, hour.items, hour.negative, hour.positive, hour.reach) for hour in hours] == [
            (ago(30), 1, 0, 1, 0), (ago(1), 1, 1, 0, 50),
        ]  # fmt: skip
    found = await stores.monitors.hits(W, Stream.MENTIONS, ago(48), NOW, limit=9)
    assert [hit.item_id for hit in found] == [one.id, two.id]
    assert [hit.item_id for hit in await stores.monitors.hits(W, Stream.MENTIONS, ago(2), NOW, limit=9)] == [one.id]
    await stores.monitors.forget(W)
    assert await stores.monitors.hours(W, Stream.MENTIONS, ago(48), NOW) == []
    assert await stores.monitors.note(hits) == 2
    assert await stores.monitors.note(hits) == 0


async def test_pages_by_every_filter_and_along_a_monitor(stores: Stores) -> None:
    first = make.mention(published_at=ago(5), author="a", reach=900)
    many = [
        first,
        *(make.mention(published_at=ago(4 - step / 10), story_id=first.id, repost=True) for step in range(5)),
        make.mention(published_at=ago(50), site="news.example"),
    ]
    await stores.mentions.add(many)
    await stores.mentions.read([make.read(each) for each in many], [make.hit(W, each) for each in many])
    span = {"since": ago(100), "until": NOW}

    async def all_of(**fields: object) -> list[str]:
        seen: list[str] = []
        after = None
        while True:
            page = await stores.mentions.page(MentionQuery(**span, **fields), after=after, limit=2)  # type: ignore[arg-type]
            seen += [each.id for each in page]
            if len(page) < 2:
                return seen
            after = Page(at=page[-1].published_at, id=page[-1].id)

    newest_first = [each.id for each in sorted(many, key=lambda each: each.published_at, reverse=True)]
    for monitor in ({}, {"monitor_id": W}):
        assert await all_of(**monitor) == newest_first
        assert await all_of(**monitor, story_id=first.id) == newest_first[:-1]
        assert await all_of(**monitor, firsts=True) == [first.id, many[-1].id]
        assert await all_of(**monitor, site="news.example") == [many[-1].id]
        assert await all_of(**monitor, reach=100) == [first.id]
        assert await all_of(**monitor, sentiment=Sentiment.POSITIVE) == []
    assert await stores.mentions.story_sizes([first.id, many[-1].id]) == {first.id: 6, many[-1].id: 1}


async def test_a_source_keeps_its_headers_sealed(stores: Stores) -> None:
    source = make.source(headers={"Cookie": "SUB=secret"})
    await stores.mention_sources.insert(source)
    with pytest.raises(Duplicate):
        await stores.mention_sources.insert(make.source())
    raw = await stores.database["mention_sources"].find_one({"_id": source.id})  # type: ignore[attr-defined]
    assert "secret" not in repr(raw)
    assert await stores.mention_sources.get(source.id) == source
    saved = await stores.mention_sources.save(replace(source, paused=True))
    assert saved.version == 1
    with pytest.raises(Stale):
        await stores.mention_sources.save(source)
    assert await stores.mention_sources.all() == [saved]
    assert await stores.mention_sources.delete(source.id)


async def test_monitors_have_names_of_their_own(stores: Stores) -> None:
    monitor = make.monitor()
    await stores.monitors.insert(monitor)
    with pytest.raises(Duplicate):
        await stores.monitors.insert(make.monitor())
    saved = await stores.monitors.save(replace(monitor, name="other"))
    with pytest.raises(Stale):
        await stores.monitors.save(monitor)
    assert await stores.monitors.all() == [saved]
    assert await stores.monitors.delete(monitor.id)
    assert await stores.monitors.get(monitor.id) is None


async def test_a_day_that_is_kept_is_told_anew_when_it_changes(stores: Stores) -> None:
    """Asked before and after everything that changes it: of a day long over, which is folded, and of one going on."""
    kept = [make.mention(published_at=ago(hours), author=who) for hours, who in ((200, "a"), (200, ""), (1, "a"))]
    late = [make.mention(published_at=ago(199), author="b", site="news.example"), make.mention(author="c")]
    await stores.mentions.add([*kept, *late])

    async def told(monitor: str, since: float = 300) -> tuple[int, int, dict[str, tuple[int, int]]]:
        hours = await stores.monitors.hours(monitor, Stream.MENTIONS, ago(since), NOW)
        spread = await stores.monitors.spread(monitor, Stream.MENTIONS, ago(since), NOW)
        return sum(hour.items for hour in hours), spread.people, spread.places

    assert await told(W) == await told(ALL) == (0, 0, {})
    await stores.mentions.read([make.read(each) for each in kept], [make.hit(W, each) for each in kept])
    for monitor in (W, ALL):
        assert await told(monitor) == (3, 2, {"weibo.com": (3, 3)})
        assert await told(monitor, since=199) == (1, 1, {"weibo.com": (1, 1)})
    await stores.mentions.read([make.read(each, Sentiment.NEUTRAL) for each in late], [])
    assert await told(ALL) == (5, 4, {"weibo.com": (4, 3), "news.example": (1, 0)})
    assert (await told(W))[0] == 3
    await stores.monitors.note([make.hit(W, each, sentiment="neutral") for each in late])
    assert await told(W) == await told(ALL)
    await stores.monitors.forget(W)
    assert await told(W) == (0, 0, {})
    await stores.monitors.note([make.hit(W, late[0])])
    assert await told(W) == (1, 1, {"news.example": (1, 1)})
    assert await told(ALL, since=100) == (2, 2, {"weibo.com": (2, 1)})


async def test_of_a_deleted_monitor_nothing_is_left(stores: Stores) -> None:
    monitor, one = make.monitor(name="gone"), make.mention(published_at=ago(200))
    await stores.monitors.insert(monitor)
    await stores.monitors.note([make.hit(monitor.id, one)])
    assert (await stores.monitors.spread(monitor.id, Stream.MENTIONS, ago(300), NOW)).people == 1
    hours = stores.database["monitor_hours"]  # type: ignore[attr-defined]

    async def left() -> list[str]:
        return [each["_id"] for each in await hours.find({}).to_list() if monitor.id in each["_id"]]

    # The hour, what was folded, and that it changed.
    assert {each.split("|")[0] for each in await left()} == {monitor.id, "folded", "changed"}
    await stores.monitors.delete(monitor.id)
    assert await left() == []
