"""Mentions and what stands around them, with only what a test says."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scrm.ids import MentionId, MonitorId, SourceId
from scrm.model.analysis import AnalysisState, Sentiment
from scrm.model.mentions import Hit, Mention, Monitor, MonitorKind, Source, SourceKind, Stream
from tests.storage.records import new_id

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def mention(**fields: Any) -> Mention:
    id_ = MentionId(new_id("n"))
    given: dict[str, Any] = {"id": id_, "site": "weibo.com", "text": "充电发热", "published_at": ago(1)}
    given |= {"fetched_at": NOW, "story_id": fields.get("id", id_)}
    return Mention(**{**given, **fields})


def read(one: Mention, sentiment: Sentiment = Sentiment.NEGATIVE) -> Mention:
    from msgspec.structs import replace

    return replace(one, state=AnalysisState.DONE, sentiment=sentiment, language="zh", category="quality")


def hit(monitor_id: str, one: Mention, **fields: Any) -> Hit:
    given: dict[str, Any] = {
        "id": f"{monitor_id}|mentions|{one.id}", "monitor_id": MonitorId(monitor_id), "stream": Stream.MENTIONS,
        "item_id": one.id, "at": one.published_at, "sentiment": "negative", "place": one.site, "who": one.author,
        "kind": one.kind, "story_id": one.story_id, "repost": one.repost, "reach": one.reach,
    }  # fmt: skip
    return Hit(**{**given, **fields})


def source(**fields: Any) -> Source:
    given: dict[str, Any] = {"id": SourceId(new_id("s")), "name": "a feed", "kind": SourceKind.FEED}
    given |= {"url": "https://example.com/feed", "created_at": NOW, "next_at": NOW}
    return Source(**{**given, **fields})


def monitor(**fields: Any) -> Monitor:
    given: dict[str, Any] = {"id": MonitorId(new_id("w")), "name": "brand", "kind": MonitorKind.BRAND}
    return Monitor(**{**given, "expression": "蓝鲸", "created_at": NOW, **fields})
