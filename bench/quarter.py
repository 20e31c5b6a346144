"""A quarter of a busy workspace, for benchmarks: report events, counted words, mentions and monitors, and who waits.

Written through the stores themselves, day after day, so that the sums of a day are written once and not again with
every step. A day of 2,200 messages takes some 13 s of processor time: 4.5 s its events, 7 s its words, which only the
newest two months have. Drawn from a seed.
"""

import random
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from dashboards.monitor.counting import KEEP
from dashboards.monitor.mentions import matching
from scrm.ids import AgentId, ChannelId, ContactId, ConversationId, MentionId, MessageId, MonitorId, TeamId, UlidFactory
from scrm.model.analysis import AnalysisState, Sentiment
from scrm.model.conversation import Conversation, ReplyWindow
from scrm.model.mentions import Hit, Mention, Monitor, MonitorKind, Stream
from scrm.model.reports import TIMED, Metric, Outcome, ReportEvent
from scrm.model.topics import TermReading
from scrm.ports.stores import Stores

ZONE = ZoneInfo("Asia/Shanghai")
CHANNELS, TEAMS, AGENTS, CATEGORIES = 4, 4, 16, 12
# Messages of a conversation, both ways: six of the customer, two answers.
LENGTH = 8
# Of a hundred messages; words that people say, some much more than others; conversations that nobody closed yet.
MENTIONS_OF_100, WORDS, BACKLOG = 5, 3_000, 300
READINGS_AT_ONCE, MENTIONS_AT_ONCE = 500, 100
STATE = "bench.reports"
MOODS = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)


async def fill(stores: Stores, messages: int, days: int, now: datetime, ids: UlidFactory) -> None:
    """Prints how far it is. Of a folder that was filled before: nothing."""
    if await stores.workspace.get(STATE) is not None:
        return
    started, chance = time.perf_counter(), random.Random(1)
    await _standing(stores, now)
    each_day = max(1, messages // LENGTH // days)
    for back in range(days - 1, -1, -1):
        day = now.astimezone(ZONE).date() - timedelta(days=back)
        of_day = (event for number in range(each_day) for event in conversation(f"{back}-{number}", day, chance))
        # Nothing later than now: the newest hour of a list would be the rest of the day.
        events = [event for event in of_day if event.at <= now]
        await stores.reports.load(events)
        moods = [event for event in events if event.metric is Metric.MOOD]
        if timedelta(days=back) < KEEP - timedelta(days=1):
            await _words(stores, moods, now, chance)
        await _mentions(stores, len(moods) * MENTIONS_OF_100 // 100, day, now, chance, ids)
        await stores.monitors.note(_hits(moods, chance))
        done = (days - back) * each_day * LENGTH
        print(f"\r{done} of {each_day * LENGTH * days} messages", end="", file=sys.stderr, flush=True)
    for name in ("topics_counted_until", "topics_looked_until", "monitors_counted_until", STATE):
        await stores.workspace.put(name, now.isoformat())
    print(f"\rfilled in {time.perf_counter() - started:.0f} s" + " " * 24, file=sys.stderr)


def conversation(name: str, day: date, chance: random.Random) -> list[ReportEvent]:
    """What happened in one, all of it on its day."""
    team = chance.randrange(TEAMS)
    agent = AgentId(f"agent{team * (AGENTS // TEAMS) + chance.randrange(AGENTS // TEAMS)}")
    channel = ChannelId(f"channel{chance.randrange(CHANNELS)}")
    # More by day than by night, as people are.
    hour = chance.choices(range(23), weights=[1] * 8 + [6] * 14 + [3])[0]
    at = datetime(day.year, day.month, day.day, hour, chance.randrange(60), chance.randrange(60), tzinfo=ZONE)
    events: list[ReportEvent] = []

    def add(metric: Metric, value: float = 1.0, **more: str | None) -> None:
        took = value if metric in TIMED else None
        events.append(
            ReportEvent(
                id=f"{metric}:{name}:{len(events)}",
                metric=metric,
                value=value,
                at=at.astimezone(UTC),
                day=str(day),
                hour=at.hour,
                conversation_id=ConversationId(f"c{name}"),
                contact_id=ContactId(f"p{name}"),
                channel_id=channel,
                message_id=MessageId(f"m{name}-{len(events)}"),
                team_id=TeamId(f"team{team}"),
                agent_id=agent,
                start=at.astimezone(UTC) if took is not None else None,
                open_seconds=took,
                outcome=None if took is None else Outcome.MET if took <= 300 else Outcome.MISSED,
                **more,
            )
        )

    add(Metric.CONVERSATION_OPENED)
    add(Metric.ASSIGNED)
    category = f"category{chance.randrange(CATEGORIES)}"
    for place in range(LENGTH):
        if place % 3 == 2:
            add(Metric.MESSAGE_OUT)
            took = float(int(chance.lognormvariate(4.4, 1.0)))
            add(Metric.FIRST_RESPONSE if place == 2 else Metric.NEXT_RESPONSE, took)
        else:
            add(Metric.MESSAGE_IN)
            mood = chance.choices(MOODS, weights=(2, 5, 1))[0]
            add(Metric.MOOD, chance.uniform(-1, 1), category=category, sentiment=str(mood))
        at += timedelta(seconds=chance.randrange(20, 200))
    add(Metric.CONVERSATION_RESOLVED, float(chance.randrange(300, 20_000)))
    if chance.random() < 0.3:
        add(Metric.SATISFACTION, float(chance.randrange(1, 6)))
    for metric in (Metric.MOOD_BEFORE, Metric.MOOD_AFTER):
        add(metric, chance.uniform(-1, 1))
    return [event for event in events if event.at.astimezone(ZONE).date() == day]


async def _words(stores: Stores, moods: Sequence[ReportEvent], now: datetime, chance: random.Random) -> None:
    readings = [
        TermReading(
            id=event.message_id or MessageId(event.id),
            at=event.at,
            counted_at=min(now, event.at + timedelta(minutes=1)),
            channel_id=event.channel_id,
            conversation_id=event.conversation_id,
            contact_id=event.contact_id,
            category=event.category,
            sentiment=event.sentiment or "",
            terms=tuple({f"词{int(WORDS * chance.random() ** 3)}" for _ in range(4)}),
        )
        for event in moods
    ]
    begins = [each.at.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0) for each in readings]
    for start in range(0, len(readings), READINGS_AT_ONCE):
        part = slice(start, start + READINGS_AT_ONCE)
        await stores.topics.record(readings[part], begins[part])


async def _standing(stores: Stores, now: datetime) -> None:
    """What is about this moment: monitors, and conversations that are open."""
    for id_, kind in (("brand", MonitorKind.BRAND), ("rival", MonitorKind.COMPETITOR), ("risk", MonitorKind.RISK)):
        await stores.monitors.insert(
            Monitor(id=MonitorId(id_), name=id_, kind=kind, expression=id_, alerts=False, counted=True, created_at=now)
        )
    numbers = await stores.conversations.next_numbers(BACKLOG)
    await stores.conversations.insert(
        *(
            Conversation(
                id=ConversationId(f"open{number}"),
                number=number,
                contact_id=ContactId(f"open{number}"),
                channel_id=ChannelId(f"channel{number % CHANNELS}"),
                team_id=TeamId(f"team{number % TEAMS}"),
                assignee_id=AgentId(f"agent{number % AGENTS}"),
                window=ReplyWindow(unlimited=True),
                waiting_since=now - timedelta(minutes=number) if number % 3 else None,
                created_at=now - timedelta(hours=number),
                last_activity_at=now - timedelta(minutes=number),
            )
            for number in numbers
        )
    )


async def _mentions(
    stores: Stores, count: int, day: date, now: datetime, chance: random.Random, ids: UlidFactory
) -> None:
    made = list(_said(count, day, now, chance, ids))
    for start in range(0, len(made), MENTIONS_AT_ONCE):
        some = made[start : start + MENTIONS_AT_ONCE]
        await stores.mentions.add([mention for mention, _ in some])
        read = [_read(mention, chance) for mention, _ in some]
        hits = [matching.mention_hit(MonitorId(id_), one) for one, (_, id_) in zip(read, some, strict=True)]
        await stores.mentions.read(read, hits)


def _said(
    count: int, day: date, now: datetime, chance: random.Random, ids: UlidFactory
) -> Iterator[tuple[Mention, str]]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    for number in range(count):
        at = min(now, midnight + timedelta(seconds=chance.randrange(86_400))).astimezone(UTC)
        id_ = MentionId(ids())
        monitor = chance.choices(("brand", "rival", "risk"), (6, 3, 1))[0]
        text = f"{monitor}的东西用了{chance.randrange(90)}天，说说{number}"
        yield (
            Mention(
                id=id_, site=f"site{chance.randrange(8)}.example", text=text, author=f"用户{chance.randrange(4000)}",
                reach=chance.randrange(5_000), published_at=at, fetched_at=at, story_id=id_,
            ),
            monitor,
        )  # fmt: skip


def _read(mention: Mention, chance: random.Random) -> Mention:
    mood = chance.choices(MOODS, weights=(2, 5, 1))[0]
    return replace(mention, state=AnalysisState.DONE, language="zh", sentiment=mood)


def _hits(moods: Sequence[ReportEvent], chance: random.Random) -> list[Hit]:
    """Of one message in fifty."""
    return [
        Hit(
            id=f"risk|{Stream.MESSAGES}|{event.message_id}",
            monitor_id=MonitorId("risk"),
            stream=Stream.MESSAGES,
            item_id=event.message_id,
            at=event.at,
            sentiment=event.sentiment or "",
            place=event.channel_id,
            who=event.contact_id,
        )
        for event in moods
        if event.message_id is not None and chance.random() < 0.02
    ]
