"""Which alerts go where and when, what they say, and that a rule tells of each step once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.alerts import sentence, telling
from scrm.alerts.pushes import Pushes
from scrm.alerts.robots import Refusal
from scrm.alerts.sentence import Pages
from scrm.alerts.watch import AlertWatch
from scrm.clock import ManualClock
from scrm.ids import ChannelId, CountingIds
from scrm.model.notices import AlertRule, Destination, Locale, Notice, Reason, Telling
from scrm.model.topics import Alert, AlertState, Severity
from scrm.ports.stores import Stores
from tests.monitor.said import ZONE
from tests.storage import notices as made
from tests.storage import records

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MIDNIGHT = NOON + timedelta(hours=12)
HOUR = timedelta(hours=1)


def named(code: str | None, locale: Locale) -> str:
    return {"quality": {"zh-CN": "质量", "en": "Quality"}}.get(code or "", {}).get(locale, "?")


def rule_of(**fields: Any) -> AlertRule:
    place = made.destination().id
    return made.rule(**{"destination_ids": (place,), "created_at": NOON - timedelta(days=30), **fields})


def alert_at(at: datetime, **fields: Any) -> Alert:
    return records.alert(**{"opened_at": at, "last_seen_at": at, "severity": Severity.NORMAL, **fields})


def steps(rule: AlertRule, alerts: list[Alert], told: list[Telling], now: datetime) -> list[str]:
    return [each.step for each in telling.due(rule, alerts, told, now, ZONE)]


def told_of(rule: AlertRule, alert: Alert, step: str, at: datetime) -> Telling:
    return Telling(id=f"{rule.id}|{alert.id}|{step}", rule_id=rule.id, alert_id=alert.id, at=at)


def test_who_hears_of_what() -> None:
    alert = alert_at(NOON)
    assert steps(rule_of(), [alert], [], NOON) == ["new"]
    for rule in (
        rule_of(enabled=False),
        rule_of(destination_ids=()),
        rule_of(severity=Severity.HIGH),
        rule_of(channel_ids=(ChannelId("other"),)),
        rule_of(created_at=NOON + HOUR),
    ):
        assert steps(rule, [alert], [], NOON) == [], rule
    assert steps(rule_of(channel_ids=(ChannelId("ch"),)), [alert], [], NOON) == ["new"]
    for fields in (
        {"state": AlertState.ACKNOWLEDGED},
        {"state": AlertState.SNOOZED, "snoozed_until": NOON + HOUR},
        {"last_seen_at": NOON - timedelta(hours=25)},
    ):
        assert steps(rule_of(), [alert_at(NOON, **fields)], [], NOON) == []
    woken = alert_at(NOON, state=AlertState.SNOOZED, snoozed_until=NOON)
    assert steps(rule_of(), [woken], [], NOON) == ["new"]


def test_an_alert_is_told_again_when_it_becomes_severe_and_when_nobody_takes_it() -> None:
    rule = rule_of(repeat_hours=4)
    alert = alert_at(NOON)
    told = [told_of(rule, alert, "new", NOON)]
    assert steps(rule, [alert], told, NOON + HOUR) == []
    severe = replace(alert, severity=Severity.HIGH)
    assert steps(rule, [severe], told, NOON + timedelta(minutes=1)) == ["high"]  # it does not wait to be gathered
    told.append(told_of(rule, alert, "high", NOON + HOUR))
    assert steps(rule, [severe], told, NOON + 4 * HOUR) == []
    assert steps(rule, [severe], told, NOON + 5 * HOUR) == ["again202611200900"]
    assert steps(rule_of(id=rule.id), [severe], told, NOON + 5 * HOUR) == []
    assert steps(rule, [replace(severe, ended_at=NOON + 3 * HOUR)], told, NOON + 5 * HOUR) == []


def test_quiet_hours_hold_back_what_is_not_urgent_until_morning() -> None:
    rule = rule_of(quiet_from="22:00", quiet_until="08:00")
    low, high = alert_at(MIDNIGHT), alert_at(MIDNIGHT, severity=Severity.HIGH)
    assert steps(rule, [low, high], [], MIDNIGHT) == ["high"]
    assert steps(replace(rule, urgent_breaks=False), [low, high], [], MIDNIGHT) == []
    morning = MIDNIGHT + 8 * HOUR
    over = replace(low, ended_at=MIDNIGHT + 4 * HOUR)
    assert steps(rule, [over], [], morning - timedelta(minutes=1)) == []
    assert steps(rule, [over], [], morning) == ["new"]


@pytest.mark.parametrize(
    ("begins", "ends", "clock", "quiet"),
    [
        ("22:00", "08:00", "22:00", True), ("22:00", "08:00", "08:00", False), ("22:00", "08:00", "07:59", True),
        ("12:00", "14:00", "13:00", True), ("12:00", "14:00", "14:00", False), ("08:00", "08:00", "08:00", False),
        (None, "08:00", "03:00", False),
    ],
)  # fmt: skip
def test_quiet_hours_are_the_workspaces(begins: str | None, ends: str, clock: str, quiet: bool) -> None:
    at = datetime.fromisoformat(f"2026-11-20T{clock}:00+08:00").astimezone(UTC)
    assert telling.quiet(rule_of(quiet_from=begins, quiet_until=ends), at, ZONE) == quiet


def test_what_comes_in_bunches_is_told_together() -> None:
    rule = rule_of(gather_minutes=10)
    first, second, third = (alert_at(NOON + timedelta(minutes=step)) for step in range(3))
    told = [told_of(rule, first, "new", NOON)]
    assert steps(rule, [first, second, third], told, NOON + timedelta(minutes=9)) == []
    due = telling.due(rule, [first, second, third], told, NOON + timedelta(minutes=10), ZONE)
    assert [each.alert.id for each in due] == [second.id, third.id]


alerts = st.builds(
    alert_at,
    st.integers(0, 48).map(lambda hours: NOON + hours * HOUR),
    severity=st.sampled_from(Severity),
    state=st.sampled_from([AlertState.OPEN, AlertState.ACKNOWLEDGED]),
)


@settings(max_examples=50)
@given(
    st.lists(alerts, max_size=4),
    st.lists(st.integers(1, 300), max_size=30),
    st.builds(
        rule_of, severity=st.sampled_from(Severity), repeat_hours=st.sampled_from([0, 3]),
        quiet_from=st.none() | st.just("22:00"), quiet_until=st.just("08:00"), gather_minutes=st.sampled_from([0, 10]),
    ),
)  # fmt: skip
def test_however_often_it_is_asked_a_step_is_told_once(alerts: list[Alert], waits: list[int], rule: AlertRule) -> None:
    now, told = NOON, list[Telling]()
    for wait in waits:
        now += timedelta(minutes=wait)
        seen = [replace(alert, last_seen_at=now) for alert in alerts if alert.opened_at <= now]
        due = telling.due(rule, seen, told, now, ZONE)
        if telling.quiet(rule, now, ZONE):
            assert all(each.alert.severity is Severity.HIGH for each in due)
        told += [told_of(rule, each.alert, each.step, now) for each in due]
    assert len({each.id for each in told}) == len(told)


def test_the_sentence_is_made_of_the_alerts_own_numbers() -> None:
    alert = alert_at(NOON, severity=Severity.HIGH)
    pages = Pages("https://scrm.example/")
    letter = sentence.letter([(alert, False)], named, pages, ZONE, "en")
    assert letter.title == "Severe burst: Quality · 充电发热"
    assert letter.lines[0].text == "14 messages in 2 h against 0.6 expected, 86 % negative"
    assert letter.url == f"https://scrm.example/incidents/{alert.id}"
    assert letter.urgent
    opened = letter.lines[0].url
    assert opened is not None
    assert "terms=%E5%85%85%E7%94%B5%E5%8F%91%E7%83%AD%2C%E5%8F%91%E7%83%AD" in opened
    assert "as_of=2026-11-20T02%3A00%3A00Z" in opened
    new = replace(alert, topic=replace(alert.topic, expected=None), severity=Severity.NORMAL)
    both = sentence.letter([(new, False), (alert, True)], named, Pages(None), ZONE, "zh-CN")
    assert both.title == "2 个话题突发"
    assert both.lines[0].text == "2 小时内 14 条消息，以往没有，86% 为负面"
    assert both.lines[1].text.startswith("仍在继续：2 小时内 14 条消息，按以往应有 0.6 条")
    assert both.url is both.lines[0].url is None
    assert "充电发热会爆炸" not in str(both)


class Nowhere:
    async def send(self, destination: Destination, notice: Notice) -> None:
        raise Refusal(Reason.UNREACHABLE)


async def test_the_loop_queues_each_step_once_a_destination(stores: Stores) -> None:
    clock = ManualClock(NOON)
    pushes = Pushes(stores, Nowhere(), clock, CountingIds(), "one")
    one, two, paused = made.destination(), made.destination(locale="en"), made.destination(paused=True)
    for place in (one, two, paused):
        await stores.destinations.save(place)

    def watch(owner: str) -> AlertWatch:
        return AlertWatch(stores, pushes, named, Pages(None), clock, ZONE, owner)

    assert await watch("one").tick() == 0  # no rule, nothing to read
    rule = rule_of(destination_ids=(one.id, two.id, paused.id, "gone"))
    await stores.alert_rules.save(rule)
    alert = alert_at(NOON)
    await stores.topics.add_alert(alert)
    assert await watch("one").tick() == 2
    assert await watch("two").tick() == 0  # another process has the lease
    clock.advance(61)
    assert await watch("two").tick() == 0  # and knows what was told
    titles = {notice.letter.title for notice in await stores.notices.due(clock.now(), 9)}
    assert titles == {"突发: 质量 · 充电发热", "Burst: Quality · 充电发热"}
    await stores.topics.save_alert(replace(alert, severity=Severity.HIGH))
    assert await watch("two").tick() == 2


async def test_an_alert_that_lasts_longer_than_is_remembered_hides_no_other(stores: Stores) -> None:
    clock = ManualClock(NOON)
    place = made.destination()
    await stores.destinations.save(place)
    await stores.alert_rules.save(rule_of(destination_ids=(place.id,)))
    watch = AlertWatch(
        stores, Pushes(stores, Nowhere(), clock, CountingIds(), "one"), named, Pages(None), clock, ZONE, "one"
    )
    old = alert_at(NOON, severity=Severity.HIGH)
    await stores.topics.add_alert(old)
    assert await watch.tick() == 1
    clock.advance(10 * 86_400)
    now = clock.now()
    await stores.topics.save_alert(replace(old, last_seen_at=now))
    assert await watch.tick() == 0  # it was told, however long ago
    await stores.topics.add_alert(alert_at(now))
    assert await watch.tick() == 1
    assert await watch.tick() == 0


def test_a_long_alert_is_told_again_and_again() -> None:
    rule, alert = rule_of(repeat_hours=24), alert_at(NOON, severity=Severity.HIGH)
    told = [told_of(rule, alert, "high", NOON)]
    seen = {"high"}
    for day in range(1, 30):
        now = NOON + day * 24 * HOUR
        lasting = replace(alert, last_seen_at=now)
        lately = [each for each in told if each.at >= now - timedelta(days=8) or each.id.endswith("|high")]
        [step] = steps(rule, [lasting], lately, now)
        assert step not in seen
        seen.add(step)
        told.append(told_of(rule, alert, step, now))


async def test_a_rule_that_cannot_be_followed_silences_no_other(stores: Stores) -> None:
    clock = ManualClock(NOON)
    place = made.destination()
    await stores.destinations.save(place)
    broken, sound = rule_of(destination_ids=(place.id,)), rule_of(destination_ids=(place.id,))
    for rule in (broken, sound):
        await stores.alert_rules.save(rule)
    await stores.topics.add_alert(alert_at(NOON))
    pushes = Pushes(stores, Nowhere(), clock, CountingIds(), "one")
    calls: list[str] = []

    def breaks_once(code: str | None, locale: Locale) -> str:
        calls.append(locale)
        if len(calls) == 1:
            raise RuntimeError("a bug")
        return named(code, locale)

    assert await AlertWatch(stores, pushes, breaks_once, Pages(None), clock, ZONE, "one").tick() == 1
