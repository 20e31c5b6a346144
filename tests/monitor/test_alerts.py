"""An alert is told once, grows with its topic, ends when it is quiet, and keeps what people decided."""

from datetime import timedelta

from msgspec.structs import replace

from dashboards.monitor import lifecycle
from dashboards.monitor.portrait import spark
from dashboards.monitor.watch import MOST_UNWATCHED, unwatched
from scrm.ids import ConversationId, CountingIds
from scrm.model.topics import AlertState, Moods, Severity
from tests.monitor.said import ZONE
from tests.storage import records

HOUR = timedelta(hours=1)
NOW = records.START


def test_a_topic_that_goes_on_is_one_alert() -> None:
    ids = CountingIds()
    heat = records.topic(messages=6, surprise=9.0, moods=Moods(neutral=6))
    [alert], changed = lifecycle.settled([], [heat, replace(heat, name="发热")], NOW, ids)
    assert (changed, alert.severity, alert.opened_at) == ([], Severity.NORMAL, NOW)
    # It grows: more messages, worse mood. What somebody decided stays.
    taken = replace(alert, state=AlertState.ACKNOWLEDGED)
    more = records.topic(messages=14, terms=("发热", "烫手"), moods=Moods(negative=12, neutral=2))
    new, [grown] = lifecycle.settled([taken], [more], NOW + HOUR, ids)
    assert new == []
    assert (grown.topic.messages, grown.severity, grown.state) == (14, Severity.HIGH, AlertState.ACKNOWLEDGED)
    # It falls: the height stays on the screen.
    _, [fallen] = lifecycle.settled([grown], [heat], NOW + 2 * HOUR, ids)
    assert (fallen.topic, fallen.last_seen_at) == (grown.topic, NOW + 2 * HOUR)


def test_an_alert_ends_when_it_is_quiet_and_comes_back_within_a_day() -> None:
    ids = CountingIds()
    [alert], _ = lifecycle.settled([], [records.topic()], NOW, ids)
    assert lifecycle.settled([alert], [], NOW + HOUR, ids) == ([], [])
    _, [ended] = lifecycle.settled([alert], [], NOW + lifecycle.QUIET, ids)
    assert ended.ended_at == NOW + lifecycle.QUIET
    assert lifecycle.settled([ended], [], NOW + 5 * HOUR, ids) == ([], [])
    _, [back] = lifecycle.settled([ended], [records.topic()], NOW + 20 * HOUR, ids)
    assert (back.id, back.ended_at) == (alert.id, None)
    [later], changed = lifecycle.settled([ended], [records.topic()], NOW + 30 * HOUR, ids)
    assert (later.id != alert.id, changed) == (True, [])


def test_the_same_word_within_another_category_is_another_topic() -> None:
    ids = CountingIds()
    [alert], _ = lifecycle.settled([], [records.topic()], NOW, ids)
    [other], _ = lifecycle.settled([alert], [records.topic(scope="presale")], NOW, ids)
    assert other.id != alert.id


def test_what_the_same_conversations_are_about_is_one_alert_whatever_its_words() -> None:
    ids = CountingIds()
    [alert], _ = lifecycle.settled([], [records.topic()], NOW, ids, said_in=[_conversations(0, 12)])
    about = {alert.id: _conversations(0, 12)}
    batch = records.topic(name="批次", terms=("批次",))
    new, [grown] = lifecycle.settled([alert], [batch], NOW + HOUR, ids, said_in=[_conversations(8, 16)], about=about)
    assert (new, grown.last_seen_at) == ([], NOW + HOUR)
    # Others say it, or only one of those who wrote about the first: a story of its own, whatever words both say.
    for others in (_conversations(20, 24), _conversations(11, 14), _conversations(11, 12)):
        [other], changed = lifecycle.settled([alert], [records.topic()], NOW + HOUR, ids, said_in=[others], about=about)
        assert (other.id != alert.id, changed) == (True, [])


def test_what_bursts_in_both_windows_of_a_look_is_one_alert() -> None:
    said_in = [_conversations(0, 4), _conversations(0, 20), _conversations(20, 24)]
    heat, coupons = records.topic(), records.topic(name="失效", terms=("失效",))
    new, _ = lifecycle.settled([], [heat, heat, coupons], NOW, CountingIds(), said_in=said_in)
    assert [alert.topic.name for alert in new] == [heat.name, "失效"]


def _conversations(first: int, end: int) -> frozenset[ConversationId]:
    return frozenset(ConversationId(f"v{number}") for number in range(first, end))


def test_the_course_of_a_topic_has_no_holes() -> None:
    readings = [records.term_reading(at=NOW), records.term_reading(at=NOW + 50 * HOUR)]
    hours = spark(readings[:1], NOW - 2 * HOUR, NOW + timedelta(minutes=20), ZONE)
    assert [(point.start, point.messages) for point in hours] == [(NOW - 2 * HOUR, 0), (NOW - HOUR, 0), (NOW, 1)]
    days = spark(readings, NOW - 24 * HOUR, NOW + 60 * HOUR, ZONE)
    assert [point.messages for point in days] == [0, 1, 0, 1]


def test_a_snooze_that_is_over_is_none() -> None:
    alert = records.alert(state=AlertState.SNOOZED, snoozed_until=NOW + HOUR)
    assert lifecycle.shown(alert, NOW) == alert
    assert lifecycle.shown(alert, NOW + HOUR).state is AlertState.OPEN


def test_hours_nobody_watched_are_looked_at_in_order() -> None:
    half = NOW + timedelta(minutes=30)  # NOW is a full hour
    assert unwatched(half - timedelta(minutes=10), half) == [half]
    assert unwatched(NOW - timedelta(minutes=90), half) == [NOW - HOUR, NOW, half]
    hours = unwatched(None, half)
    assert (len(hours), hours[-2:]) == (MOST_UNWATCHED + 1, [NOW, half])
    assert hours == sorted(hours)
