"""Every method of the stores of mentions, called once."""

from collections.abc import Awaitable, Callable
from typing import Any

from scrm.model.mentions import MentionQuery, Stream
from scrm.ports.stores import Page
from scrm.storage.mentions import ALL
from scrm.storage.stores import MongoStores
from tests.mentions import make
from tests.mentions.make import NOW, ago


def mention_calls(s: MongoStores) -> dict[str, Callable[[], Awaitable[Any]]]:
    one, source, monitor = make.mention(grams=("0a",)), make.source(), make.monitor()
    hit = make.hit(monitor.id, one)

    async def pages() -> None:
        span: dict[str, Any] = {"since": ago(99), "until": NOW}
        for after in (None, Page(at=ago(2), id="n5")):
            for query in (
                MentionQuery(**span, reach=5, firsts=True, site="weibo.com"),
                MentionQuery(**span, story_id=one.id, source_id=source.id),
                MentionQuery(**span, source_id=source.id),
                MentionQuery(**span, monitor_id=monitor.id, site="weibo.com"),
            ):
                await s.mentions.page(query, after=after, limit=3)

    async def spreads() -> None:
        for id_ in (monitor.id, ALL):
            await s.monitors.spread(id_, Stream.MENTIONS, ago(9), NOW)

    return {
        "mentions.add": lambda: s.mentions.add([one]),
        "mentions.get": lambda: s.mentions.get(one.id),
        "mentions.get_many": lambda: s.mentions.get_many([one.id]),
        "mentions.firsts": lambda: s.mentions.firsts(ago(9), 5),
        "mentions.page": pages,
        "mentions.pending": lambda: s.mentions.pending(5),
        "mentions.read": lambda: s.mentions.read([make.read(one)], [hit]),
        "mentions.story_sizes": lambda: s.mentions.story_sizes([one.id]),
        "mention_sources.insert": lambda: s.mention_sources.insert(source),
        "mention_sources.all": lambda: s.mention_sources.all(),
        "mention_sources.get": lambda: s.mention_sources.get(source.id),
        "mention_sources.save": lambda: s.mention_sources.save(source),
        "mention_sources.delete": lambda: s.mention_sources.delete(source.id),
        "monitors.insert": lambda: s.monitors.insert(monitor),
        "monitors.all": lambda: s.monitors.all(),
        "monitors.get": lambda: s.monitors.get(monitor.id),
        "monitors.save": lambda: s.monitors.save(monitor),
        "monitors.note": lambda: s.monitors.note([hit]),
        "monitors.hits": lambda: s.monitors.hits(monitor.id, Stream.MENTIONS, ago(9), NOW, limit=3),
        "monitors.hours": lambda: s.monitors.hours(monitor.id, Stream.MENTIONS, ago(9), NOW),
        "monitors.spread": spreads,
        "monitors.forget": lambda: s.monitors.forget(monitor.id),
        "monitors.delete": lambda: s.monitors.delete(monitor.id),
    }
