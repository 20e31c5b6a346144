"""The demo's history against the real flow: the same steps give the same conversation, entries and report events."""

import random
from collections import Counter
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession

from scrm.clock import ManualClock
from scrm.demo import Rules
from scrm.demo.thread import Thread, author
from scrm.flow import mood, window
from scrm.flow.facts import facts_of, moods
from scrm.flow.hours import Hours
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.flow.report import Reporter
from scrm.ids import AgentId, CountingIds, LabelId, TeamId, UlidFactory
from scrm.model.channel import Channel
from scrm.model.conversation import Conversation, ConversationStatus, ReplyWindow
from scrm.model.message import ContentType, Message
from scrm.model.people import Agent, Availability, Label, Role, Team
from scrm.model.reports import Metric, ReportEvent, ReportFilter
from scrm.model.service import Schedule
from scrm.ports.flow import ConversationChange
from scrm.ports.services import Analyser
from scrm.ports.stores import EvidenceQuery
from tests.demo.conftest import OpenStores
from tests.flow.conftest import CHANNEL, World
from tests.flow.scripted import TYPE, Platform, ScriptedTypes

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZONE = ZoneInfo("Asia/Shanghai")
COMPLAINT, THANKS = "退款三天了还没到，太慢了", "好的，谢谢"
ALL_DAYS = ReportFilter(first_day="2026-11-01", last_day="2026-11-30")


def agent(name: str, now: ManualClock, availability: Availability) -> Agent:
    return Agent(
        id=AgentId(name),
        login=name,
        name=name,
        role=Role.AGENT,
        password_hash="h",
        availability=availability,
        team_ids=(TeamId("t1"),),
        created_at=now.now(),
        updated_at=now.now(),
    )


async def test_a_thread_is_what_flow_would_have_written(database: OpenStores, analyser: Analyser) -> None:
    clock, stores = ManualClock(), await database("flow")
    first, boss = agent("limin", clock, Availability.ONLINE), agent("lead", clock, Availability.OFFLINE)
    team = Team(id=TeamId("t1"), name="售后", fallback=True, created_at=clock.now())
    other = Team(id=TeamId("t2"), name="品质", created_at=clock.now())
    label = Label(id=LabelId("l1"), name="退款", color="#fff")
    for one in (first, boss):
        await stores.agents.insert(one)
    for group in (team, other):
        await stores.teams.save(group)
    await stores.labels.save(label)
    await stores.channels.insert(
        Channel(id=CHANNEL, type="scripted", name="剧本", settings={}, created_at=clock.now(), updated_at=clock.now())
    )
    async with ClientSession() as session:
        hub = FlowHub(
            FlowSettings(owner="test", zone=ZONE),
            stores,
            ScriptedTypes(platform := Platform()),  # type: ignore[arg-type]
            analyser,
            session,
            clock,
            UlidFactory(clock),
            jitter=random.Random(1),
        )
        world = World(stores, hub, platform, clock, CountingIds())
        start = clock.now()
        await world.says(COMPLAINT, number=1)
        found = await world.conversation()
        clock.advance(40)
        await hub.reply(found.id, author=author(first), content="正在核实", client_id="c1", attachments=())
        await hub.work_off()
        clock.advance(20)
        await hub.note(found.id, author=author(first), content="催财务", client_id="c2", mentions=(), attachments=())
        clock.advance(20)
        await hub.change(found.id, ConversationChange(team_id=other.id, assignee_id=boss.id), by=author(first))
        clock.advance(60)
        await world.says(THANKS, number=2)
        clock.advance(10)
        await hub.change(found.id, ConversationChange(labels=(label.id,)), by=author(boss))
        clock.advance(300)
        await hub.change(found.id, ConversationChange(status=ConversationStatus.RESOLVED), by=author(boss))
        real = await world.conversation()
        entries = await world.thread(real.id)

    routed = next(entry for entry in entries if entry.details.get("action") == "routed")
    readings = await analyser.analyse([COMPLAINT, THANKS])
    facts = partial(facts_of, reporter=Reporter(ZONE), hours=Hours(Schedule(), ZONE), policies=())
    rules = Rules(
        facts=facts,
        mood=mood.after,
        moods=moods,
        opened=window.opened,
        used=window.used,
        capabilities=TYPE.capabilities,
    )
    empty = Conversation(
        id=real.id,
        number=real.number,
        contact_id=real.contact_id,
        channel_id=real.channel_id,
        window=ReplyWindow(unlimited=False),
        handle=real.handle,
        created_at=start,
        last_activity_at=start,
    )
    ids = CountingIds("demo")
    thread = Thread(empty, rules, lambda at: ids(), "message")

    def after(seconds: float) -> timedelta:
        return timedelta(seconds=seconds)

    thread.arrive(start, ContentType.TEXT, COMPLAINT, external_id="in-alice-1", analysis=readings[0])
    thread.route(start, team, first, vip=False, reasons=routed.details["reasons"])
    thread.reply(start + after(40), first, "正在核实", client_id="c1")
    thread.note(start + after(60), first, "催财务", client_id="c2")
    thread.hand_over(start + after(80), first, other, boss)
    thread.arrive(start + after(140), ContentType.TEXT, THANKS, external_id="in-alice-2", analysis=readings[1])
    thread.label(start + after(150), boss, [label])
    thread.status(start + after(450), boss, ConversationStatus.RESOLVED)

    assert [_entry(entry) for entry in thread.messages] == [_entry(entry) for entry in entries]
    assert _conversation(thread.conversation) == _conversation(real)
    recorded = [
        event
        for metric in Metric
        for event in await stores.reports.events(EvidenceQuery(metric=metric, filter=ALL_DAYS), after=None, limit=100)
    ]
    assert Counter(map(_fact, facts(thread.messages, thread.conversation.created_at))) == Counter(map(_fact, recorded))


def _entry(message: Message) -> tuple[object, ...]:
    """All but the ids, the platform's ids of what was sent, and how often it was written."""
    return (
        message.position,
        message.rank,
        message.kind,
        message.content_type,
        message.content,
        message.details,
        message.author,
        message.occurred_at,
        message.created_at,
        message.sent_at,
        message.client_id,
        message.status,
        message.analysis_state,
        message.analysis,
    )


def _conversation(conversation: Conversation) -> dict[str, object]:
    fields = {name: getattr(conversation, name) for name in conversation.__struct_fields__}
    del fields["version"]
    # The scripted platform numbers its messages; WeChat's ids are too far apart to be of use here.
    del fields["latest_sequence"]
    return fields


def _fact(event: ReportEvent) -> tuple[object, ...]:
    return (
        event.metric,
        event.value,
        event.at,
        event.day,
        event.hour,
        event.conversation_id,
        event.contact_id,
        event.channel_id,
        event.message_id is not None,
        event.team_id,
        event.agent_id,
        event.category,
        event.sentiment,
        event.start,
        event.open_seconds,
        event.outcome,
    )
