"""Topics and what they alert about."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import pytest

from scrm.model.topics import BoardRange, ReadingQuery, Topic
from tests.demo.recount import Fact
from tests.demo.walk.walking import EVERYTHING, NOW, WEEK, Demo, bad_of, moods_of, says

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_topics_and_their_alerts(demo: Demo) -> None:
    read = [fact for fact in demo.facts if fact.metric == "mood"]
    for board_range in BoardRange:
        board = await demo.topics.board(board_range, None)
        inside = [fact for fact in read if board.since <= fact.at <= board.until]
        assert board.messages == len(inside)
        for count in board.terms:
            of_term = [fact for fact in inside if count.term in says(fact)]
            assert (count.messages, count.negative) == (len(of_term), bad_of(of_term))
            assert count.messages == await readings(demo, (count.term,), board.since, board.until, None, board.until)
        for topic in board.topics:
            await walk_topic(demo, topic, read)
    for alert in await demo.stores.topics.alerts(NOW - WEEK, 50):
        if alert.monitor_id is None:
            await walk_topic(demo, alert.topic, read)


async def readings(
    demo: Demo, terms: tuple[str, ...], since: datetime, until: datetime, scope: str | None, as_of: datetime
) -> int:
    query = ReadingQuery(terms=terms, since=since, until=until, as_of=as_of, category=scope)
    return len(await demo.topics.evidence(query, like=None, after=None, limit=EVERYTHING))


async def walk_topic(demo: Demo, topic: Topic, read: Sequence[Fact]) -> None:
    own = [
        fact
        for fact in read
        if topic.since <= fact.at <= topic.until
        and set(topic.terms) & says(fact)
        and topic.scope in (None, fact.category or "none")
    ]
    assert (topic.messages, topic.moods) == (len(own), moods_of(own))
    assert topic.people == len({fact.message.contact_id for fact in own if fact.message})
    assert topic.channels == Counter(fact.channel for fact in own)
    assert sum(point.messages for point in topic.spark) == len(own)
    assert topic.messages == await readings(demo, topic.terms, topic.since, topic.until, topic.scope, topic.as_of)
