"""What the room of a monitor's alert says of mentions: authors, not customers, and each sentence opens some of them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from scrm.alerts import recovery, sentence, story
from scrm.ids import ChannelId, ContactId, ConversationId, MessageId, MonitorId
from scrm.model.analysis import Sentiment
from scrm.model.incidents import EvidenceKind
from scrm.model.mentions import Stream
from scrm.model.notices import Locale
from scrm.model.topics import TermReading
from tests.storage import records

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TOPIC = records.topic(name="岚山", since=NOW - timedelta(hours=3), until=NOW, as_of=NOW, messages=4, people=3)
ALERT = replace(
    records.alert(topic=TOPIC, opened_at=NOW, last_seen_at=NOW), monitor_id=MonitorId("w"), stream=Stream.MENTIONS
)
READINGS = [
    TermReading(
        id=MessageId(f"mention{place}"), at=NOW - timedelta(minutes=20 * place), counted_at=NOW,
        channel_id=ChannelId("weibo.com"), conversation_id=ConversationId(""), contact_id=ContactId(f"author{place}"),
        sentiment=Sentiment.NEGATIVE,
    )
    for place in range(4)
]  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "own", "others"),
    [
        ("zh-CN", ("4 条提及", "3 位作者"), ("客户", "消息")),
        ("en", ("4 mentions", "3 authors"), ("customer", "message")),
    ],
)
def test_mentions_are_told_as_mentions_and_open(locale: Locale, own: tuple[str, ...], others: tuple[str, ...]) -> None:
    told = recovery.recovery(ALERT, READINGS, None, NOW)
    facts = story.facts(ALERT, None, told, READINGS, [], {}, lambda code, _: str(code), ZONE, locale)
    said = " ".join(fact.said for fact in facts)
    assert all(words in said for words in own)
    assert not any(words in said for words in others)
    known = {reading.id for reading in READINGS}
    for fact in facts:
        cited = {cite.id for cite in fact.cites if cite.kind is EvidenceKind.MENTION}
        assert cited <= known
        # What counts nothing cites the page that is empty, and no mention.
        assert bool(cited) == (fact.id != "f5"), fact

    letter = sentence.letter(
        [(ALERT, False)], lambda code, _: str(code), sentence.Pages("https://hub.example"), ZONE, locale
    )
    text = " ".join(line.text for line in letter.lines)
    assert all(words in text for words in own)
    assert all(line.url and "/mentions?" in line.url for line in letter.lines)
