"""How long dashboards take over many messages on the embedded database, and that their numbers are right meanwhile.

`python -m bench.reports [--messages 200000] [--days 90] [--data FOLDER] [--rounds 12]`. The first run fills the folder
with the report events of conversations as a busy workspace has them (four channels, four teams, sixteen agents, twelve
categories), through the store itself; later runs measure what is there. Each page is asked for over the last 7, 30 and
90 days against the days before, as the page asks; the aim is a p95 of 300 ms.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboards.reports import ReportBoards
from scrm.clock import SystemClock
from scrm.ids import AgentId, ChannelId, ContactId, ConversationId, MessageId, TeamId, UlidFactory
from scrm.model.reports import TIMED, Metric, Outcome, ReportEvent, ReportFilter
from scrm.ports.boards import Names
from scrm.ports.stores import EvidenceQuery
from scrm.storage.server import EmbeddedServer
from scrm.storage.stores import MongoStores, open_stores

ZONE = ZoneInfo("Asia/Shanghai")
AIM_MS = 300.0
CHANNELS, TEAMS, AGENTS, CATEGORIES = 4, 4, 16, 12
RANGES = (7, 30, 90)
TOGETHER = 20_000
# Messages of a conversation, both ways: what two thirds customers' and one third answers come to.
LENGTH = 8


def conversations(messages: int, days: int, now: datetime) -> Iterator[list[ReportEvent]]:
    """The events of one conversation after the other; the same at every run but for the time."""
    chance = random.Random(1)
    for number in range(messages // LENGTH):
        # More by day than by night, as people are.
        hour = chance.choices(range(24), weights=[1] * 8 + [6] * 14 + [3] * 2)[0]
        local = now.astimezone(ZONE).replace(hour=hour, minute=chance.randrange(60), second=chance.randrange(60))
        yield _conversation(number, local.astimezone(UTC) - timedelta(days=chance.randrange(days)), chance)


def _conversation(number: int, at: datetime, chance: random.Random) -> list[ReportEvent]:
    team = chance.randrange(TEAMS)
    agent = AgentId(f"agent{team * (AGENTS // TEAMS) + chance.randrange(AGENTS // TEAMS)}")
    events: list[ReportEvent] = []

    def add(metric: Metric, value: float = 1.0, **more: str | None) -> None:
        local = at.astimezone(ZONE)
        took = value if metric in TIMED else None
        events.append(
            ReportEvent(
                id=f"{metric}:{number}:{len(events)}",
                metric=metric,
                value=value,
                at=at,
                day=local.strftime("%Y-%m-%d"),
                hour=local.hour,
                conversation_id=ConversationId(f"c{number}"),
                contact_id=ContactId(f"p{number}"),
                channel_id=ChannelId(f"channel{number % CHANNELS}"),
                message_id=MessageId(f"m{number}-{len(events)}"),
                team_id=TeamId(f"team{team}"),
                agent_id=agent,
                start=at if took is not None else None,
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
            mood = chance.choices(("negative", "neutral", "positive"), weights=(2, 5, 1))[0]
            add(Metric.MOOD, chance.uniform(-1, 1), category=category, sentiment=mood)
        at += timedelta(seconds=chance.randrange(20, 200))
    add(Metric.CONVERSATION_RESOLVED, float(chance.randrange(300, 20_000)))
    if chance.random() < 0.3:
        add(Metric.SATISFACTION, float(chance.randrange(1, 6)))
    for metric in (Metric.MOOD_BEFORE, Metric.MOOD_AFTER):
        add(metric, chance.uniform(-1, 1))
    return events


async def fill(stores: MongoStores, messages: int, days: int, now: datetime) -> None:
    started, waiting, done = time.perf_counter(), [], 0
    for events in conversations(messages, days, now):
        waiting += events
        done += LENGTH
        if len(waiting) >= TOGETHER:
            await stores.reports.load(waiting)
            waiting = []
            print(f"\r{done} of {messages} messages", end="", file=sys.stderr, flush=True)
    await stores.reports.load(waiting)
    print(f"\rfilled in {time.perf_counter() - started:.0f} s" + " " * 20, file=sys.stderr)
    await stores.workspace.put("bench.reports", now.isoformat())


async def measure(name: str, rounds: int, ask: Callable[[], Awaitable[object]]) -> float:
    """Prints p50 and p95 in milliseconds; the p95."""
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - started) * 1000)
    p95 = statistics.quantiles(took, n=20, method="inclusive")[-1]
    print(f"{name:<28} p50 {statistics.median(took):6.0f} ms   p95 {p95:6.0f} ms   worst {max(took):6.0f} ms")
    return p95


async def run(data: Path, messages: int, days: int, rounds: int) -> bool:
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        server = EmbeddedServer(data, clock)
        url = await server.start()
        stack.push_async_callback(server.stop)
        stores = await open_stores(url, database="bench", key=bytes(32), clock=clock, ids=UlidFactory(clock))
        stack.push_async_callback(stores.close)
        filled = await stores.workspace.get("bench.reports")
        now = datetime.fromisoformat(filled) if filled else clock.now()
        if filled is None:
            await fill(stores, messages, days, now)
        boards, slow = ReportBoards(stores, clock, ZONE), 0.0
        today = now.astimezone(ZONE).date()
        for span in RANGES:
            wanted = ReportFilter(first_day=str(today - timedelta(days=span - 1)), last_day=str(today))

            async def overview(wanted: ReportFilter = wanted) -> object:
                return await boards.overview(wanted, None)

            async def service(wanted: ReportFilter = wanted) -> object:
                return await boards.service(wanted, None)

            async def voice(wanted: ReportFilter = wanted) -> object:
                return await boards.voice(wanted, None, Names())

            async def evidence(wanted: ReportFilter = wanted) -> object:
                query = EvidenceQuery(metric=Metric.MOOD, filter=wanted, category="category3", sentiment="negative")
                return await stores.reports.events(query, after=None, limit=31)

            for name, ask in (("overview", overview), ("service", service), ("voice", voice), ("evidence", evidence)):
                slow = max(slow, await measure(f"{name}, {span} days", rounds, ask))
    print(f"slowest p95 {slow:.0f} ms; the aim is {AIM_MS:.0f} ms")
    return slow <= AIM_MS


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.reports", description=str(__doc__).partition("\n")[0])
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--data", type=Path, help="kept for the next run; by itself a temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        met = asyncio.run(run(given.data or Path(folder), given.messages, given.days, given.rounds))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
