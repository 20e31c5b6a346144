"""The demo that is walked: filled, read and counted once, and how a test asks what stands in it.

The suite walks a small one. With SCRM_WALK=whole it is the demo's 90 days, a month of them against the month before:
some minutes, for whoever changes how numbers are counted.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast

import pytest

from channels.wechat.config import CAPABILITIES
from dashboards.monitor.mentions import watching
from dashboards.monitor.mentions.intake import Intake
from dashboards.monitor.mentions.matching import Watchers
from dashboards.monitor.mentions.service import MonitorMentions
from dashboards.monitor.mentions.sources import Sources
from dashboards.monitor.mentions.watching import MentionWatch
from dashboards.monitor.phrases import terms_of
from dashboards.monitor.topics import MonitorTopics
from dashboards.monitor.watch import TopicWatch
from dashboards.reports import ReportBoards
from nlp.terms import SearchCutter
from scrm.clock import ManualClock
from scrm.demo import SERVICE, Rules, fill, outside, plan, speak_outside
from scrm.demo.fill import WEEKS
from scrm.flow import mood, window
from scrm.flow.facts import facts_of, moods
from scrm.flow.hours import Hours
from scrm.flow.report import Reporter
from scrm.ids import ChannelId, TeamId, UlidFactory
from scrm.model.conversation import Conversation
from scrm.model.mentions import Mention, MentionQuery
from scrm.model.message import Message
from scrm.model.reports import DayRange, KpiKey, Metric, ReportFilter
from scrm.model.topics import Moods
from scrm.ports.mentions import Tables
from scrm.ports.services import Analyser
from scrm.ports.stores import ConversationQuery, EvidenceQuery, Stores
from tests.demo import recount
from tests.demo.recount import ZONE, Fact, where

WHOLE = os.environ.get("SCRM_WALK") == "whole"
# A Friday evening; some days, as many before them, and an older part that is nobody's.
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
DAYS = 30 if WHOLE else 3
# Oldest first.
DAYS_OF, DAYS_BEFORE = (
    tuple(str(NOW.date() - timedelta(days=back)) for back in range(newest + DAYS - 1, newest - 1, -1))
    for newest in (0, DAYS)
)
PERIOD, BEFORE = (DayRange(first_day=days[0], last_day=days[-1]) for days in (DAYS_OF, DAYS_BEFORE))
WEEK = timedelta(days=7)
EVERYTHING = 10_000


@dataclass(frozen=True, kw_only=True)
class Demo:
    """raw: what stands in the timeline; facts: what the test read from it."""

    stores: Stores
    clock: ManualClock
    boards: ReportBoards
    topics: MonitorTopics
    mentions: MonitorMentions
    raw: dict[str, tuple[Conversation, list[Message]]]
    facts: list[Fact]
    said: list[Mention]


async def walked(stores: Stores, analyser: Analyser) -> Demo:
    """stores: empty ones."""
    clock = ManualClock(NOW)
    hours, ids = Hours(SERVICE.schedule, ZONE), UlidFactory(clock)
    rules = Rules(
        facts=partial(facts_of, reporter=Reporter(ZONE), hours=hours, policies=SERVICE.policies),
        mood=mood.after,
        moods=moods,
        opened=window.opened,
        used=window.used,
        capabilities=CAPABILITIES,
    )
    topics = MonitorTopics(stores, clock, ZONE)
    fold = SearchCutter().fold
    intake, watchers = Intake(stores, clock, ZONE, fold), Watchers(fold)
    nowhere, nothing = cast("Sources", None), cast("Tables", None)
    mentions = MonitorMentions(stores, intake, nowhere, nothing, watchers, fold, clock, ZONE)
    with pytest.MonkeyPatch.context() as patch:
        if not WHOLE:
            # The demo's own plan, of a small shop.
            patch.setattr(plan, "WEEK", (4,) * 7)
            patch.setattr(plan, "RISING", (6, 4))
            patch.setattr(outside, "WEEKS", 1)
            patch.setattr(outside, "A_DAY", 6)
            patch.setattr(watching, "BACK", 2 * WEEK)
        await fill(
            stores, analyser, clock, rules=rules, time_zone=ZONE, seed=3, password_hash="h", api_base="http://x",
            weeks=WEEKS if WHOLE else 1,
        )  # fmt: skip
        await speak_outside(stores, mentions, clock, ZONE, 3)
        # Watched until an hour ago: what is looked for in each hour of three days is another test's business.
        await stores.workspace.put("topics_looked_until", (NOW - timedelta(hours=1)).isoformat())
        assert await TopicWatch(stores, topics, clock, ids, ZONE, "test").tick()
        watch = MentionWatch(stores, analyser, topics.finder, watchers, clock, ids, "test")
        while await stores.mentions.pending(1):
            assert await watch.tick()
    raw = {}
    for conversation in await stores.conversations.page(ConversationQuery(), after=None, limit=EVERYTHING):
        raw[str(conversation.id)] = conversation, await stores.messages.thread(conversation.id, after=0, until=500)
    return Demo(
        stores=stores,
        clock=clock,
        boards=ReportBoards(stores, clock, ZONE),
        topics=topics,
        mentions=mentions,
        raw=raw,
        facts=[fact for _, thread in raw.values() for fact in recount.facts_of(thread, SERVICE.policies)],
        said=await stores.mentions.page(
            MentionQuery(since=NOW - 20 * WEEK, until=NOW + WEEK), after=None, limit=EVERYTHING
        ),
    )


def within(period: DayRange, asked: ReportFilter) -> Callable[[Fact], bool]:
    def wanted(fact: Fact) -> bool:
        here = asked.channel_id in (None, fact.channel) and asked.team_id in (None, fact.team)
        return here and period.first_day <= fact.day <= period.last_day

    return wanted


async def opened(demo: Demo, asked: ReportFilter, metric: str, **more: object) -> int:
    """How many entries open behind a number of the whole. That filters mean the same for a number and its evidence
    tests/storage shows."""
    query = EvidenceQuery(metric=Metric(metric), filter=asked, **more)  # type: ignore[arg-type]
    events = await demo.stores.reports.events(query, after=None, limit=EVERYTHING)
    assert len({event.id for event in events}) == len(events)
    for event in events[:2]:
        assert event.conversation_id in demo.raw
    return len(events)


async def asks(demo: Demo) -> list[ReportFilter]:
    first, last = PERIOD.first_day, PERIOD.last_day
    team = (await demo.stores.teams.all())[1]
    channels = [channel.id for channel in await demo.stores.channels.all()]
    return [
        ReportFilter(first_day=first, last_day=last),
        ReportFilter(first_day=first, last_day=last, channel_id=ChannelId(channels[0])),
        ReportFilter(first_day=first, last_day=last, team_id=TeamId(team.id)),
    ]


def where_all(demo: Demo, period: DayRange) -> list[Fact]:
    return [fact for fact in demo.facts if period.first_day <= fact.day <= period.last_day]


def figures(demo: Demo, period: DayRange, asked: ReportFilter) -> dict[KpiKey, float | None]:
    wanted = within(period, asked)
    responses, resolutions = (
        [fact.value for fact in where(demo.facts, wanted, metric)]
        for metric in ("first_response", "conversation_resolved")
    )
    read = where(demo.facts, wanted, "mood")
    counted = {
        KpiKey.CONVERSATIONS: "conversation_opened", KpiKey.INCOMING: "message_in", KpiKey.OUTGOING: "message_out",
        KpiKey.RESOLVED: "conversation_resolved",
    }  # fmt: skip
    return {
        **{key: len(where(demo.facts, wanted, metric)) for key, metric in counted.items()},
        KpiKey.FIRST_RESPONSE_P50: recount.nearest(responses, 5),
        KpiKey.FIRST_RESPONSE_P90: recount.nearest(responses, 9),
        KpiKey.RESOLUTION_P50: recount.nearest(resolutions, 5),
        KpiKey.RESOLUTION_P90: recount.nearest(resolutions, 9),
        KpiKey.NEGATIVE_SHARE: sum(fact.sentiment == "negative" for fact in read) / len(read) if read else None,
        KpiKey.SATISFACTION: recount.mean([fact.value for fact in where(demo.facts, wanted, "satisfaction")]),
    }


def says(fact: Fact) -> frozenset[str]:
    message = fact.message
    assert message is not None and message.analysis is not None
    return frozenset(terms_of(message.content, message.analysis.keywords))


def moods_of(facts: Sequence[Fact]) -> Moods:
    counts = Counter(fact.sentiment for fact in facts)
    return Moods(negative=counts["negative"], neutral=counts["neutral"], positive=counts["positive"])


def bad_of(facts: Sequence[Fact]) -> int:
    return sum(fact.sentiment == "negative" for fact in facts)
