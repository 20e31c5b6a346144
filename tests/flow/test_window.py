from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scrm.errors import SendErrorCode
from scrm.flow import window
from scrm.model.conversation import ReplyWindow
from tests.flow.make import CAPABILITIES, NOW, UNLIMITED


def opened(trigger: str = "message", at: datetime = NOW) -> ReplyWindow:
    return window.opened(window.initial(CAPABILITIES), CAPABILITIES, trigger, at)


def test_without_rules_everything_is_permitted() -> None:
    ledger = window.initial(UNLIMITED)
    assert window.refusal(ledger, 100, NOW) is None
    assert window.used(ledger, 100, NOW) == ledger
    assert window.view(ledger, NOW).unlimited


def test_before_the_customer_wrote_nothing_is_permitted() -> None:
    assert window.refusal(window.initial(CAPABILITIES), 1, NOW) is SendErrorCode.WINDOW_CLOSED


def test_five_replies_then_none() -> None:
    ledger = opened()
    for left in (5, 4, 3, 2, 1):
        assert window.view(ledger, NOW).replies_left == left
        assert window.refusal(ledger, 1, NOW) is None
        ledger = window.used(ledger, 1, NOW)
    assert window.refusal(ledger, 1, NOW) is SendErrorCode.REPLIES_USED_UP
    assert not window.view(ledger, NOW).open


def test_the_window_closes_to_the_second() -> None:
    ledger = opened()
    end = NOW + timedelta(hours=48)
    assert window.refusal(ledger, 1, end - timedelta(milliseconds=1)) is None
    assert window.refusal(ledger, 1, end) is SendErrorCode.WINDOW_CLOSED
    assert window.view(ledger, end) == window.view(window.initial(CAPABILITIES), NOW)


def test_a_new_message_gives_five_again() -> None:
    later = NOW + timedelta(hours=1)
    ledger = window.opened(window.used(opened(), 5, NOW), CAPABILITIES, "message", later)
    seen = window.view(ledger, later)
    assert (seen.replies_left, seen.expires_at) == (5, later + timedelta(hours=48))


def test_a_late_message_does_not_reopen_an_older_window() -> None:
    ledger = window.used(opened(at=NOW), 2, NOW)
    assert window.opened(ledger, CAPABILITIES, "message", NOW - timedelta(minutes=1)) == ledger


def test_the_grant_that_ends_first_is_used_first() -> None:
    ledger = window.opened(opened(), CAPABILITIES, "menu_click", NOW)
    assert window.view(ledger, NOW).replies_left == 8
    ledger = window.used(ledger, 3, NOW)
    assert {grant.trigger: grant.used for grant in ledger.grants} == {"message": 0, "menu_click": 3}
    after_a_minute = NOW + timedelta(minutes=1)
    assert window.view(ledger, after_a_minute).replies_left == 5


def test_a_grant_without_number_lifts_the_count() -> None:
    ledger = window.opened(window.used(opened(), 5, NOW), CAPABILITIES, "payment", NOW)
    assert window.refusal(ledger, 40, NOW) is None
    assert window.view(ledger, NOW).replies_left is None


def test_a_trigger_without_rule_opens_nothing() -> None:
    assert opened("menu_view") == window.initial(CAPABILITIES)
    assert window.opened(opened(), CAPABILITIES, None, NOW) == opened()


def test_what_the_platform_counts_is_right() -> None:
    closed = window.corrected(opened(), SendErrorCode.WINDOW_CLOSED)
    assert window.refusal(closed, 1, NOW) is SendErrorCode.WINDOW_CLOSED
    spent = window.corrected(opened(), SendErrorCode.REPLIES_USED_UP)
    assert window.refusal(spent, 1, NOW) is SendErrorCode.REPLIES_USED_UP
    assert window.corrected(opened(), SendErrorCode.TIMEOUT) == opened()


@given(st.lists(st.integers(1, 5), max_size=8), st.integers(0, 10))
def test_used_and_returned_cancel_out(replies: list[int], more: int) -> None:
    ledger = opened()
    taken = 0
    for number in replies:
        if window.refusal(ledger, number, NOW) is None:
            ledger = window.used(ledger, number, NOW)
            taken += number
    assert 0 <= taken <= 5
    assert window.view(ledger, NOW).replies_left == 5 - taken
    assert window.returned(ledger, taken + more) == opened()
