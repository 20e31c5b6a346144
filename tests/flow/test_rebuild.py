"""What is counted anew from the timeline is what was counted along the way."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scrm.errors import Conflict, Invalid, ReplyRefused, StartupError
from scrm.flow.corrections import OwnCorrections
from scrm.flow.rebuild import rebuild
from scrm.flow.report import Reporter
from scrm.flow.taxonomy import OwnTaxonomies
from scrm.ids import AgentId, TeamId
from scrm.model.analysis import Sentiment
from scrm.model.conversation import ConversationStatus, Priority
from scrm.model.message import Author, AuthorType, MessageKind
from scrm.model.reports import REBUILD, Metric, ReportEvent, ReportFilter
from scrm.model.service import OpenSpan, Schedule, ServiceSettings, SlaPolicy
from scrm.ports.flow import ConversationChange
from scrm.ports.stores import EvidenceQuery, Stores
from tests.flow import make
from tests.flow.conftest import WordAnalyser, World

ZONE = ZoneInfo("Asia/Shanghai")
ALL = ReportFilter(first_day="2026-11-01", last_day="2027-11-30")
AGENTS, TEAMS = (AgentId("a1"), AgentId("a2")), (TeamId("t1"), TeamId("t2"))
OFFICE = ServiceSettings(
    schedule=Schedule(always=False, week=((OpenSpan(opens="09:00", closes="18:00"),),) * 7),
    policies=(
        SlaPolicy(name="urgent", priorities=(Priority.URGENT,), first_response=60, next_response=90, resolution=600),
        SlaPolicy(name="all", first_response=300, resolution=3600),
    ),
)
TEXTS = ("hello", "angry about my refund", "refund please", "thanks", "this breaks", "")
STEPS = ("say", "say", "say_much", "answer", "answer", "resolve", "change", "rate", "edit", "correct", "wait")


async def facts(stores: Stores) -> dict[str, ReportEvent]:
    found: dict[str, ReportEvent] = {}
    for metric in Metric:
        events = await stores.reports.events(EvidenceQuery(metric=metric, filter=ALL), after=None, limit=1000)
        found |= {event.id: event for event in events}
    return found


async def sums(stores: Stores) -> dict[Any, Any]:
    """Rollups and digests of each day, without the slots they are spread over and what was amended away."""
    found: dict[Any, float] = defaultdict(float)
    rollups = await stores.reports.rollups(ALL, list(Metric), by_channel=True)
    for rollup in rollups:
        key = (rollup.day, rollup.metric, rollup.channel_id, rollup.category, rollup.sentiment)
        found[key] += rollup.count
        found[(*key, "total")] += round(rollup.total, 6)
    for day in {rollup.day for rollup in rollups}:
        for team in (None, *TEAMS, TeamId("none")):
            asked = ReportFilter(first_day=day, last_day=day, team_id=team)
            for name, value in flat(await stores.reports.digest(asked)):
                found[day, team, name] = value
    return {key: value for key, value in found.items() if value}


def flat(of: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The numbers in nested maps, by the path to them; lists in order."""
    if isinstance(of, msgspec.Struct):
        of = msgspec.structs.asdict(of)
    if isinstance(of, dict):
        for key, value in of.items():
            yield from flat(value, f"{name}.{key}")
    else:
        yield name, sorted(of) if isinstance(of, list) else round(of, 6)


class Office:
    """Random steps of customers and agents; what the hub refuses is left out, as people would."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._lags = random.Random(1)
        self._corrections = OwnCorrections(
            world.stores, WordAnalyser(), cast("OwnTaxonomies", None), Reporter(ZONE), world.clock,
            lambda held, change, by: world.hub.change(held, change, by=by),
        )  # fmt: skip

    async def open(self) -> None:
        stores = self.world.stores
        for agent, team in zip(AGENTS, TEAMS, strict=True):
            await stores.teams.save(
                make.team(team, fallback=team == "t1", categories=("refund_return",) * (team == "t2"))
            )
            await stores.agents.insert(make.agent(agent, team_ids=(team,)))
        await self.world.hub.save_service_settings(OFFICE)

    async def step(self, name: str, sender: str, chance: random.Random) -> None:
        world = self.world
        if name == "wait":
            world.clock.advance(chance.choice((5, 100, 4000, 90_000)))
            return
        if name.startswith("say"):
            texts = chance.choices(TEXTS, k=3 if name == "say_much" else 1)
            await world.arrives(
                *(world.text(text, sender=sender, ago=self._lags.choice((0, 0, 0, 7200, -900))) for text in texts),
                sender=sender,
            )
            if chance.random() < 0.7:
                await world.works()
            return
        await world.works()
        conversation = await world.conversation(sender)
        by = Author(type=AuthorType.AGENT, id=chance.choice(AGENTS), name="x")
        if name == "answer":
            program, approved = Author(type=AuthorType.API, id="t", name="t"), Author(type=AuthorType.SYSTEM, id="a1")
            # The last one is a test of the channel.
            author = chance.choice((by, by, by, program, approved, Author(type=AuthorType.SYSTEM, name="a1")))
            await world.hub.reply(conversation.id, author=author, content="ok", client_id=world.ids(), attachments=())
        elif name == "resolve":
            await world.hub.change(conversation.id, ConversationChange(status=ConversationStatus.RESOLVED), by=by)
        elif name == "change":
            await world.hub.change(conversation.id, chance.choice(self._changes()), by=by)
        elif name == "rate":
            score = str(chance.randrange(7))
            await world.arrives(self._rating(sender, score), sender=sender)
        else:
            await self._said_otherwise(name, sender, chance, by)
        world.clock.advance(chance.choice((0, 1, 30, 400)))

    async def _said_otherwise(self, name: str, sender: str, chance: random.Random, by: Author) -> None:
        world = self.world
        thread = await world.thread((await world.conversation(sender)).id)
        message = chance.choice([entry for entry in thread if entry.kind is MessageKind.INCOMING])
        if name == "correct":
            await self._corrections.correct(message.id, category=None, sentiment=chance.choice(list(Sentiment)), by=by)
        else:
            number = int(message.external_ids[0].rpartition("-")[2])
            edited = {"edited": world.clock.now().isoformat()}
            await world.arrives(world.text(chance.choice(TEXTS), sender=sender, number=number) | edited, sender=sender)

    def _rating(self, sender: str, score: str) -> dict[str, Any]:
        number = self.world.ids()
        return {"kind": "event", "id": f"ev-{number}", "from": sender, "event": "rating",
                "details": {"score": score}, "at": self.world.clock.now().isoformat()}  # fmt: skip

    def _changes(self) -> list[ConversationChange]:
        return [
            ConversationChange(assignee_id=AGENTS[0]),
            ConversationChange(assignee_id=AGENTS[1], team_id=TEAMS[1]),
            ConversationChange(team_id=TEAMS[0], assignee_id=None),
            ConversationChange(team_id=None),
            ConversationChange(priority=Priority.URGENT),
            ConversationChange(status=ConversationStatus.OPEN),
            ConversationChange(status=ConversationStatus.RESOLVED, assignee_id=AGENTS[0]),
            ConversationChange(category="other"),
            ConversationChange(
                status=ConversationStatus.SNOOZED, snoozed_until=self.world.clock.now() + timedelta(hours=1)
            ),
        ]


# Not shrunk: each try is many rounds of the database.
@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=10, max_size=14), seed=st.integers(0, 2**32))
async def test_rebuilt_is_incremental(world: World, steps: list[str], seed: int) -> None:
    office, chance = Office(world), random.Random(seed)
    if not await world.stores.teams.all():
        await office.open()
    senders = (f"p{seed}", f"q{seed}")
    for sender in senders:
        await world.says("hello", sender=sender)
    for step in steps:
        try:
            await office.step(step, chance.choice(senders), chance)
        except (Conflict, Invalid, ReplyRefused):
            continue
    await world.works()
    before, counted = await facts(world.stores), await sums(world.stores)
    assert await rebuild(world.stores, ZONE, world.clock, lambda done, total: None) == len(before)
    after = await facts(world.stores)
    assert {key: event for key, event in before.items() if after.get(key) != event} == {}
    assert after.keys() == before.keys()
    assert await sums(world.stores) == counted
    assert await world.stores.workspace.get(REBUILD) == ""


async def test_none_while_a_hub_works_and_one_broken_off_is_remembered(world: World) -> None:
    await world.says("hello")
    now = world.clock.now()
    await world.stores.leases.acquire("worker:one", "one", now, now + timedelta(seconds=12))
    with pytest.raises(StartupError):
        await rebuild(world.stores, ZONE, world.clock, lambda done, total: None)
    assert await world.stores.workspace.get(REBUILD) is None
    await world.stores.leases.release("worker:one", "one")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    before = await facts(world.stores)
    with pytest.raises(KeyboardInterrupt):
        await rebuild(world.stores, ZONE, world.clock, stop)
    assert await world.stores.workspace.get(REBUILD) == "wanted"
    await rebuild(world.stores, ZONE, world.clock, lambda done, total: None)
    assert await facts(world.stores) == before
