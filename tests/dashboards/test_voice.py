"""Customer voice on the real store: every number opens as many messages as it says, every sentence has its evidence."""

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from msgspec.structs import replace

from dashboards.reports import ReportBoards
from scrm.clock import ManualClock
from scrm.ids import ChannelId, ContactId, ConversationId, MessageId, TeamId
from scrm.model.reports import DayRange, Metric, ReportEvent, ReportFilter
from scrm.model.topics import TermReading
from scrm.model.voice import PhraseQuery, Voice
from scrm.ports.boards import Names
from scrm.ports.stores import EvidenceQuery, Page, Stores
from tests.dashboards.histories import START

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZONE = ZoneInfo("Asia/Shanghai")
NOW = START + timedelta(days=30)
WEEK = DayRange(first_day="2026-11-30", last_day="2026-12-06")
BEFORE = DayRange(first_day="2026-11-23", last_day="2026-11-29")
OLD_DAY = "2026-11-20"
SHOP, SITE = ChannelId("voice-shop"), ChannelId("voice-site")
NAMES = Names(categories={"quality": "质量", "logistics": "物流"}, channels={SHOP: "旗舰店", SITE: "官网"})


def said(number: int, day: str, channel: ChannelId, category: str | None, mood: str, *terms: str) -> TermReading:
    at = datetime.fromisoformat(f"{day}T03:00:00+00:00") + timedelta(seconds=7 * number)
    return TermReading(
        id=MessageId(f"{channel}-{number}"),
        at=at,
        counted_at=at + timedelta(minutes=1),
        channel_id=channel,
        conversation_id=ConversationId(f"{channel}-talk-{number}"),
        contact_id=ContactId(f"{channel}-person-{number}"),
        category=category,
        sentiment=mood,
        terms=terms,
    )


def story() -> list[TermReading]:
    """A steady shop; in the second week its new heater gets hot, and many people say so, angrily."""
    chance = random.Random(7)
    found: list[TermReading] = []

    def say(day: str, channel: ChannelId, category: str | None, mood: str, *terms: str) -> None:
        found.append(said(len(found), day, channel, category, mood, *terms))

    for week, first in ((0, 23), (1, 30)):
        for step in range(7):
            day = (datetime(2026, 11, first, tzinfo=UTC) + timedelta(days=step)).date().isoformat()
            for _ in range(7):
                mood = chance.choices(("negative", "neutral", "positive"), (2, 10, 2))[0]
                category = chance.choice(("logistics", "logistics", "quality", None))
                terms = chance.sample(("发货", "快递", "颜色", "充电", "谢谢", "尺码"), 2)
                say(day, chance.choice((SHOP, SITE)), category, mood, *terms)
            for _ in range(3 if week and step > 2 else 0):
                say(day, SHOP, "quality", "negative", "暖风机", "发热严重", "充电")
    return found


@pytest.fixture(scope="module")
def readings() -> list[TermReading]:
    return story()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def voiced(stores: Stores, readings: list[TermReading]) -> ReportBoards:
    # The shop is older than both weeks.
    old = datetime(2026, 11, 20, 3, tzinfo=UTC)
    await stores.reports.record([
        ReportEvent(
            id="old", metric=Metric.MESSAGE_IN, value=1.0, at=old, day=OLD_DAY, hour=11, channel_id=SHOP,
            conversation_id=ConversationId("old"), contact_id=ContactId("old"),
        )
    ])  # fmt: skip
    await stores.reports.record([
        ReportEvent(
            id=f"mood:{each.id}", metric=Metric.MOOD, value=0.0, at=each.at,
            day=each.at.astimezone(ZONE).date().isoformat(), hour=each.at.astimezone(ZONE).hour,
            conversation_id=each.conversation_id, contact_id=each.contact_id, channel_id=each.channel_id,
            message_id=each.id, category=each.category, sentiment=each.sentiment,
        )
        for each in readings
    ])  # fmt: skip
    midnight = [each.at.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0) for each in readings]
    for start in range(0, len(readings), 50):
        await stores.topics.record(readings[start : start + 50], midnight[start : start + 50])
    return ReportBoards(stores, ManualClock(NOW), ZONE)


async def of_week(boards: ReportBoards, channel: ChannelId | None = None, team: TeamId | None = None) -> Voice:
    wanted = ReportFilter(first_day=WEEK.first_day, last_day=WEEK.last_day, channel_id=channel, team_id=team)
    return await boards.voice(wanted, None, NAMES)


async def counted(boards: ReportBoards, period: DayRange, term: str | None, mood: str | None, voice: Voice) -> int:
    assert voice.phrases is not None
    query = PhraseQuery(
        first_day=period.first_day,
        last_day=period.last_day,
        term=term,
        sentiment=mood,
        as_of=voice.phrases.as_of,
    )
    ids: list[str] = []
    after: Page | None = None
    while page := await boards.phrase_evidence(query, after=after, limit=60):
        ids += [each.id for each in page]
        after = Page(at=page[-1].at, id=page[-1].id)
    assert len(set(ids)) == len(ids)
    return len(ids)


async def test_the_parts_of_every_dimension_are_the_whole(voiced: ReportBoards, readings: list[TermReading]) -> None:
    voice = await of_week(voiced)
    now = [each for each in readings if each.at.astimezone(ZONE).date().isoformat() >= WEEK.first_day]
    before = [each for each in readings if each not in now]
    assert (voice.range, voice.previous) == (WEEK, BEFORE)
    assert (voice.volume.now, voice.volume.before) == (len(now), len(before))
    angry = [sum(each.sentiment == "negative" for each in side) / len(side) for side in (now, before)]
    assert voice.negative is not None
    assert [voice.negative.now, voice.negative.before] == pytest.approx(angry)
    for explained in (voice.volume, voice.negative):
        for parts in (explained.categories, explained.channels):
            assert math.fsum(part.effect for part in parts) == pytest.approx(explained.change)
            assert sum(part.now for part in parts) == len(now)
            assert sum(part.negative_before for part in parts) == round(angry[1] * len(before))
    for row in voice.rows:
        assert row.now.negative == sum(each.sentiment == "negative" and each.category == row.category for each in now)
    for trend in voice.trends:
        assert sum(trend.messages) == sum(each.category == trend.category for each in now)
        assert sum(trend.before) == sum(each.category == trend.category for each in before)


async def test_each_part_of_a_phrase_opens_as_many_messages(voiced: ReportBoards) -> None:
    voice = await of_week(voiced)
    assert voice.negative is not None

    parts = voice.negative.phrases
    assert len(parts) >= 3
    for part in (parts[0], parts[1], parts[-1]):
        assert await counted(voiced, BEFORE, part.key, None, voice) == part.before
        assert await counted(voiced, WEEK, part.key, "negative", voice) == part.negative_now


async def test_what_moved_and_why(voiced: ReportBoards) -> None:
    voice = await of_week(voiced)
    assert voice.negative is not None and voice.phrases is not None
    assert voice.negative.categories[0].key == "quality"
    assert voice.negative.channels[0].key == SHOP
    assert voice.negative.phrases[0].key in ("暖风机", "发热严重")
    assert voice.negative.phrases[0].share is not None and voice.negative.phrases[0].share > 0.7
    assert {each.term for each in voice.phrases.new} == {"暖风机", "发热严重"}
    [heater] = [each for each in voice.phrases.new if each.term == "暖风机"]
    assert (heater.now, heater.before, heater.people, heater.days) == (12, 0, 12, (0, 0, 0, 3, 3, 3, 3))
    assert heater.first_at == min(each.at for each in story() if "暖风机" in each.terms)
    texts = [finding.text for finding in voice.findings]
    assert any(text.startswith("读到的客户消息 61 条，比对比区间多 12 条（+24%）") for text in texts), texts
    assert any("负面占比从" in text and "升到" in text for text in texts)
    assert any("“质量”贡献" in text for text in texts)
    assert any("“暖风机”是新出现的说法：12 条消息，12 位客户" in text for text in texts)


async def test_each_sentence_cites_messages_that_its_link_opens(
    voiced: ReportBoards, stores: Stores, readings: list[TermReading]
) -> None:
    voice = await of_week(voiced)
    known = {each.id: each for each in readings}
    assert len(voice.findings) >= 5
    for finding in voice.findings:
        assert finding.cites
        split = urlsplit(finding.link)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        assert (split.path, query["from"], query["cto"]) == ("/dashboard/voice", WEEK.first_day, BEFORE.last_day)
        for cited in finding.cites:
            message = known[cited.message_id]
            assert query.get("sentiment") in (None, message.sentiment)
            assert query.get("category") in (None, message.category or "none")
            assert query.get("in") in (None, message.channel_id)
            assert "terms" not in query or query["terms"] in message.terms
        if query["ev"] == "mood":
            wanted = EvidenceQuery(
                metric=Metric.MOOD,
                filter=ReportFilter(first_day=query["from"], last_day=query["to"]),
                category=query.get("category"),
                sentiment=query.get("sentiment"),
            )
            listed = await stores.reports.events(wanted, after=None, limit=100)
            assert {each.message_id for each in listed} >= {cited.message_id for cited in finding.cites}


async def test_words_are_left_out_where_they_are_not_counted(voiced: ReportBoards) -> None:
    by_team = await of_week(voiced, team=TeamId("team1"))
    assert by_team.phrases is None
    long_ago = ReportFilter(first_day="2026-09-01", last_day="2026-09-07")
    assert (await voiced.voice(long_ago, None, NAMES)).phrases is None
    one = await of_week(voiced, channel=SITE)
    assert one.phrases is not None
    assert {each.key for each in one.volume.channels} == {SITE}
    assert one.phrases.new == ()


async def test_an_empty_workspace_has_nothing_to_say(voiced: ReportBoards) -> None:
    nobody = await of_week(voiced, channel=ChannelId("voice-nobody"))
    assert (nobody.volume.now, nobody.negative, nobody.findings, nobody.rows) == (0, None, (), ())


async def test_a_shorter_range_is_compared_with_a_longer_one_by_its_length(voiced: ReportBoards) -> None:
    wanted = ReportFilter(first_day="2026-12-01", last_day="2026-12-02")
    voice = await voiced.voice(wanted, BEFORE, NAMES)
    assert voice.volume.before == pytest.approx(49 * 2 / 7)
    assert voice.volume.phrases
    for part in voice.volume.phrases:
        assert part.effect == pytest.approx(part.now - part.before * 2 / 7)


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
async def test_against_a_part_of_a_range_nothing_is_compared(
    voiced: ReportBoards, locale: Literal["zh-CN", "en"]
) -> None:
    wanted = ReportFilter(first_day=BEFORE.first_day, last_day=BEFORE.last_day)
    voice = await voiced.voice(wanted, None, replace(NAMES, locale=locale))
    assert voice.previous.first_day < OLD_DAY <= voice.previous.last_day
    assert voice.previous_since == OLD_DAY
    assert (voice.negative, voice.volume.categories, voice.volume.channels, voice.volume.phrases) == (None, (), (), ())
    total = sum(row.now.negative + row.now.neutral + row.now.positive for row in voice.rows)
    bad = sum(row.now.negative for row in voice.rows)
    first, second = voice.findings[:2]
    assert OLD_DAY in first.text
    assert f"{total}" in first.text
    assert f"{bad / total:.1%}" in second.text
    assert not any("+" in finding.text or "−" in finding.text for finding in voice.findings)
    rows = voiced.voice_book(voice, NAMES).sheets[0].rows
    assert rows[-1].cells == ("数据始于", OLD_DAY)
    overview, service = await voiced.overview(wanted, None), await voiced.service(wanted, None)
    assert overview.previous_since == service.previous_since == OLD_DAY
    earlier = await voiced.overview(ReportFilter(first_day="2026-11-20", last_day="2026-11-22"), None)
    assert earlier.previous_since == OLD_DAY > earlier.previous.last_day
    assert (await of_week(voiced)).previous_since is None


async def test_the_first_day_itself_is_no_day_to_compare_with(voiced: ReportBoards) -> None:
    """It may have begun at noon."""
    asked = ReportFilter(first_day="2026-11-21", last_day="2026-11-21")
    assert (await voiced.overview(asked, None)).previous_since == OLD_DAY
    asked = ReportFilter(first_day="2026-11-22", last_day="2026-11-22")
    assert (await voiced.overview(asked, None)).previous_since is None
