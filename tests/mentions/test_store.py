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
