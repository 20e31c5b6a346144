"""The demo on the real store: what stands there is whole, agrees with itself, and is made once."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from msgspec.structs import replace

from channels.wechat.config import CAPABILITIES
from dashboards.reports import OverviewReports
from scrm.clock import ManualClock
from scrm.demo import SERVICE, Filled, Rules, fill, permitted
from scrm.flow import mood, window
from scrm.flow.facts import facts_of, moods
from scrm.flow.hours import Hours
from scrm.flow.report import Reporter
from scrm.ids import AgentId
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import ContentType, Message, MessageKind, MessageStatus
from scrm.model.reports import KpiKey, Metric, ReportEvent, ReportFilter
from scrm.ports.services import Analyser
from scrm.ports.stores import ConversationQuery, EvidenceQuery, Page, Stores
from tests.demo.conftest import OpenStores

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZONE = ZoneInfo("Asia/Shanghai")
# Six in the evening there: a whole working day lies behind, and today alone is enough to fill quickly.
CLOCK = ManualClock(datetime(2026, 11, 20, 10, 0, tzinfo=UTC))
ALL_DAYS = ReportFilter(first_day="2026-09-01", last_day="2026-12-31")


async def fill_demo(stores: Stores, analyser: Analyser, api_base: str = "http://127.0.0.1:1", **more: object) -> Filled:
    rules = Rules(
        facts=partial(
            facts_of, reporter=Reporter(ZONE), hours=Hours(SERVICE.schedule, ZONE), policies=SERVICE.policies
        ),
        mood=mood.after,
        moods=moods,
        opened=window.opened,
        used=window.used,
        capabilities=CAPABILITIES,
    )
    return await fill(
        stores,
        analyser,
        CLOCK,
        rules=rules,
        time_zone=ZONE,
        seed=7,
        password_hash="hash",
        api_base=api_base,
        weeks=0,
        **more,  # type: ignore[arg-type]
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(database: OpenStores, analyser: Analyser) -> Stores:
    stores = await database("whole")
    steps: list[tuple[int, int]] = []
    filled = await fill_demo(stores, analyser, progress=lambda done, total: steps.append((done, total)))
    assert filled.made
    assert steps == sorted(steps)
    assert steps[-1] == (filled.conversations, filled.conversations)
    return stores


async def conversations_of(stores: Stores, *statuses: ConversationStatus) -> list[Conversation]:
    found: list[Conversation] = []
    after: Page | None = None
    while True:
        page = await stores.conversations.page(ConversationQuery(statuses=statuses), after=after, limit=100)
        found += page
        if len(page) < 100:
            return found
        after = Page(at=page[-1].last_activity_at, id=page[-1].id)


async def entries_of(stores: Stores, conversation: Conversation) -> list[Message]:
    return await stores.messages.thread(conversation.id, after=0, until=500)


async def events_of(stores: Stores, metric: Metric) -> list[ReportEvent]:
    query = EvidenceQuery(metric=metric, filter=ALL_DAYS)
    return await stores.reports.events(query, after=None, limit=10_000)


async def test_today_holds_every_state(demo: Stores) -> None:
    now = CLOCK.now()
    unresolved = await conversations_of(
        demo, ConversationStatus.OPEN, ConversationStatus.PENDING, ConversationStatus.SNOOZED
    )
    assert len(unresolved) >= 30
    statuses = Counter(conversation.status for conversation in unresolved)
    assert statuses[ConversationStatus.PENDING] == 3
    assert statuses[ConversationStatus.SNOOZED] == 2
    assert (await demo.conversations.counts(None)).unassigned == 6
    waits = [now - conversation.waiting_since for conversation in unresolved if conversation.waiting_since]
    assert max(waits) > timedelta(hours=2)
    views = [window.view(conversation.window, now) for conversation in unresolved]
    assert sum(v.open and v.expires_at is not None and v.expires_at - now < timedelta(hours=1) for v in views) >= 3
    assert sum(v.replies_left == 0 and v.expires_at is not None for v in views) >= 1
    assert sum(not v.open and v.expires_at is None for v in views) >= 1
    entries = [entry for conversation in unresolved for entry in await entries_of(demo, conversation)]
    sent = Counter(entry.status for entry in entries if entry.kind is MessageKind.OUTGOING)
    assert sent[MessageStatus.FAILED] == 1
    assert sent[MessageStatus.UNKNOWN] == 1
    assert len({conversation.assignee_id for conversation in unresolved}) >= 4


async def test_every_conversation_agrees_with_its_entries(demo: Stores) -> None:
    kinds: Counter[str] = Counter()
    numbers = []
    for conversation in await conversations_of(demo):
        entries = await entries_of(demo, conversation)
        kinds.update(entry.content_type for entry in entries)
        numbers.append(conversation.number)
        assert [entry.position for entry in entries] == list(range(1, conversation.last_position + 1))
        incoming = [entry for entry in entries if entry.kind is MessageKind.INCOMING]
        assert len(incoming) == conversation.incoming_count
        assert conversation.first_incoming_at == incoming[0].created_at
        assert all(earlier.occurred_at <= later.occurred_at for earlier, later in pairwise(entries))
        assert entries[-1].occurred_at <= CLOCK.now()
        for entry in incoming:
            own = entry.content_type not in (ContentType.LINK, ContentType.LOCATION)
            assert (entry.analysis is not None) == (own and bool(entry.content))
            assert all([await demo.blobs.get(attachment.id) for attachment in entry.attachments])
        handle = await demo.contacts.handle(conversation.contact_id, conversation.channel_id)
        assert handle is not None
        known = await demo.contacts.identity(IdentityScope.CHANNEL, conversation.channel_id, handle)
        assert known is not None
        assert known.contact_id == conversation.contact_id
    assert len(set(numbers)) == len(numbers)
    assert {"text", "image", "event", "location"} <= set(kinds)


async def test_report_events_equal_a_recount_of_the_messages(demo: Stores) -> None:
    expected: Counter[tuple[str, str, float]] = Counter()
    for conversation in await conversations_of(demo):
        entries = await entries_of(demo, conversation)
        first_in = next(entry for entry in entries if entry.kind is MessageKind.INCOMING)
        expected["conversation_opened", conversation.id, 1.0] += 1
        replies = [entry for entry in entries if entry.kind is MessageKind.OUTGOING]
        for entry in entries:
            if entry.kind is MessageKind.INCOMING:
                expected["message_in", entry.id, 1.0] += 1
            if entry.analysis is not None:
                expected["mood", entry.id, entry.analysis.score] += 1
        for entry in replies:
            expected["message_out", entry.id, 1.0] += 1
        if replies:
            took = (replies[0].created_at - first_in.created_at) // timedelta(seconds=1)
            expected["first_response", replies[0].id, took] += 1
        if conversation.resolved_at is not None:
            took = (conversation.resolved_at - first_in.created_at) // timedelta(seconds=1)
            expected["conversation_resolved", conversation.id, took] += 1
    metrics = (
        Metric.CONVERSATION_OPENED, Metric.MESSAGE_IN, Metric.MOOD, Metric.MESSAGE_OUT, Metric.FIRST_RESPONSE,
        Metric.CONVERSATION_RESOLVED,
    )  # fmt: skip
    recorded = Counter([
        (str(event.metric), event.message_id or event.conversation_id, event.value)
        for metric in metrics
        for event in await events_of(demo, metric)
    ])  # fmt: skip
    assert recorded == expected
    overview = await OverviewReports(demo).overview(ALL_DAYS)
    counts = Counter(metric for metric, _, _ in expected.elements())
    shown = {kpi.key: kpi.value for kpi in overview.kpis}
    assert shown[KpiKey.CONVERSATIONS] == counts["conversation_opened"]
    assert shown[KpiKey.INCOMING] == counts["message_in"]
    assert shown[KpiKey.OUTGOING] == counts["message_out"]
    assert shown[KpiKey.RESOLVED] == counts["conversation_resolved"]


async def test_a_second_fill_only_points_the_channels_anew(demo: Stores, analyser: Analyser) -> None:
    before = await state_of(demo)
    again = await fill_demo(demo, analyser, api_base="http://127.0.0.1:2")
    assert not again.made
    assert again.conversations == len(before[0])
    assert [channel.settings["api_base"] for channel in again.channels] == ["http://127.0.0.1:2"] * 3
    assert [channel.name for channel in again.channels] == ["公众号 A 店", "公众号 B 店", "会员中心"]
    assert await state_of(demo) == before
    unresolved = await conversations_of(
        demo, ConversationStatus.OPEN, ConversationStatus.PENDING, ConversationStatus.SNOOZED
    )
    assert len(await permitted(demo, again.channels)) == len(unresolved)


async def test_a_fill_cut_short_is_finished_by_the_next_and_keeps_who_was_there(
    database: OpenStores, analyser: Analyser, demo: Stores
) -> None:
    class CutShort(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done > total / 2:
            raise CutShort

    stores = await database("cut_short")
    known = await demo.agents.by_login("admin")
    assert known is not None
    mine = replace(known, id=AgentId("mine"), name="我", password_hash="mine")
    await stores.agents.insert(mine)
    with pytest.raises(ExceptionGroup) as stopped:
        await fill_demo(stores, analyser, progress=stop)
    assert stopped.group_contains(CutShort)
    assert await stores.reports.events(EvidenceQuery(metric=Metric.MOOD, filter=ALL_DAYS), after=None, limit=1)
    filled = await fill_demo(stores, analyser)
    assert filled.made
    assert len(set(filled.logins)) == len(filled.logins)
    assert await stores.agents.by_login("admin") == mine
    assert await state_of(stores) == await state_of(demo)


async def state_of(stores: Stores) -> tuple[Sequence[str], Counter[str], float | None]:
    """What two equal demos have in common: ids are drawn from the seed, numbers from the store."""
    found = await conversations_of(stores)
    metrics = Counter({metric: len(await events_of(stores, metric)) for metric in Metric})
    overview = await OverviewReports(stores).overview(ALL_DAYS)
    incoming = next(kpi.value for kpi in overview.kpis if kpi.key is KpiKey.INCOMING)
    return sorted(conversation.id for conversation in found), metrics, incoming
