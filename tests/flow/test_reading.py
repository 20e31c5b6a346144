"""A message is read before it is stored, where the reader is quick; otherwise after, with the same outcome."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scrm.flow import reading, records
from scrm.model.analysis import AnalysisState, Sentiment
from scrm.model.conversation import Conversation
from scrm.model.message import ContentType, Message, MessageKind
from scrm.model.reports import Metric, ReportFilter
from scrm.ports.channel import IncomingMessage, Sender
from scrm.ports.stores import EvidenceQuery
from tests.flow.conftest import CHANNEL, WordAnalyser, World, until


async def test_what_is_read_in_time_is_stored_once_with_its_reading(world: World, analyser: WordAnalyser) -> None:
    await world.arrives(world.text("I am angry, my refund"), sender="alice")
    await world.works()
    [message] = [each for each in await world.thread((await world.conversation()).id) if each.kind == "incoming"]
    assert (message.analysis_state, message.revision) == (AnalysisState.DONE, 0)
    assert message.analysis is not None and message.analysis.sentiment is Sentiment.NEGATIVE
    found = await world.conversation()
    assert (found.category, found.mood.messages, found.first_mood) == ("refund_return", 1, -0.9)
    assert analyser.asked == [["I am angry, my refund"]]


@pytest.mark.parametrize(
    ("kind", "said", "details", "own"),
    [
        (ContentType.TEXT, "气死我了", {}, True),
        (ContentType.LINK, "某品牌手机爆炸，用户怒了", {"title": "某品牌手机爆炸，用户怒了"}, False),
        (ContentType.LOCATION, "愤怒的小鸟主题餐厅", {}, False),
        (ContentType.FILE, "投诉信.pdf", {"file_name": "投诉信.pdf"}, False),
        (ContentType.FILE, "这是我的投诉信", {"file_name": "投诉信.pdf"}, True),
        (ContentType.VOICE, "气死我了", {"title": "气死我了"}, False),
        (ContentType.IMAGE, "看看这质量", {}, True),
        (ContentType.VOICE, "我要退货", {}, True),
        (ContentType.IMAGE, " ", {}, False),
    ],
)
def test_what_a_card_a_place_or_a_file_is_called_is_nobodys_mood(
    kind: ContentType, said: str, details: dict[str, str], own: bool
) -> None:
    sender, at = Sender(handle="alice"), datetime(2026, 11, 20, tzinfo=UTC)
    event = IncomingMessage(
        external_id="1", sender=sender, sent_at=at, content_type=kind, content=said, details=details
    )
    assert records.readable(event) is own


async def test_a_busy_reader_keeps_nobody_waiting_and_is_asked_nothing_meanwhile(
    world: World, analyser: WordAnalyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SOON_SECONDS", 0.001)
    analyser.busy = 99
    reader = world.hub._reader
    assert await reader.soon(["one", "one", "two"]) == reading.NOTHING
    assert await reader.soon(["three"]) == reading.NOTHING
    assert analyser.asked == [["one", "two"]]
    analyser.busy = 0
    analyser.free.set()
    monkeypatch.setattr(reading, "SOON_SECONDS", 60)
    await until(lambda: not reader._overdue)
    known = await reader.soon(["three angry", "it breaks"])
    assert list(known.readings) == ["three angry"]


async def test_a_reader_that_fails_costs_only_the_reading(
    world: World, analyser: WordAnalyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: object) -> Any:
        raise RuntimeError("The analysis worker does not start")

    analyse = analyser.analyse
    monkeypatch.setattr(analyser, "analyse", fails)
    entry = await world.arrives(world.text("refund"))
    assert await world.hub._ingest.entries([entry])
    [message] = [each for each in await world.thread((await world.conversation()).id) if each.kind == "incoming"]
    assert message.analysis_state is AnalysisState.PENDING
    monkeypatch.setattr(analyser, "analyse", analyse)
    await world.works()
    assert (await world.conversation()).category == "refund_return"


WORDS = ("hello", "angry", "refund", "angry refund", "it breaks", "")


@given(
    batches=st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), min_size=1, max_size=3),
    late=st.lists(st.booleans(), min_size=3, max_size=3),
)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_read_before_or_after_all_comes_to_the_same(
    world: World, analyser: WordAnalyser, batches: list[list[str]], late: list[bool]
) -> None:
    monkeypatch = pytest.MonkeyPatch()
    quick, slow = world.ids(), world.ids()
    for sender in (quick, slow):
        for texts, is_late in zip(batches, late, strict=False):
            analyser.free.clear()
            analyser.busy = int(sender == slow and is_late)
            monkeypatch.setattr(reading, "SOON_SECONDS", 0.001 if analyser.busy else 60)
            for text in texts:
                await world.arrives(world.text(text, sender=sender), sender=sender)
            await world.works()
            analyser.free.set()
            await world.hub._reader.close()
    monkeypatch.undo()
    assert await _came_to(world, quick) == await _came_to(world, slow)


async def _came_to(world: World, sender: str) -> tuple[Any, ...]:
    found = await world.conversation(sender)
    thread = await world.thread(found.id)
    today = str(world.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date())
    that_day = ReportFilter(first_day=today, last_day=today)
    facts = [
        (metric, event.value, event.category, event.sentiment, event.team_id)
        for metric in (Metric.CONVERSATION_OPENED, Metric.MESSAGE_IN, Metric.MOOD, Metric.MOOD_DROPPED)
        for event in await world.stores.reports.events(
            EvidenceQuery(filter=that_day, metric=metric), after=None, limit=1_000
        )
        if event.conversation_id == found.id
    ]
    return (
        _of(found),
        [_said(message) for message in thread if message.kind is MessageKind.INCOMING],
        sorted(facts, key=repr),
    )


def _of(found: Conversation) -> tuple[Any, ...]:
    return (found.channel_id == CHANNEL, found.status, found.category, found.mood, found.first_mood, found.team_id,
            found.priority, found.incoming_count, found.assignee_id, found.routed_at is None)  # fmt: skip


def _said(message: Message) -> tuple[Any, ...]:
    counted = message.counted
    assert counted is not None
    return (message.content, message.analysis_state, message.analysis, counted.team_id, counted.category, counted.drop,
            counted.opens)  # fmt: skip
