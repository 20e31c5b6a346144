"""Pages as the platform gives them, and as it never should: no exception but the closed table's."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.wecom import events
from channels.wecom.pages import read_page
from channels.wecom.people import read_people
from scrm.errors import ParseError, SendError
from scrm.model.message import MessageStatus
from scrm.ports.channel import ReceiptEvent
from tests.channels.conformance import NOW
from tests.channels.wecom.kit import ACCEPTED, ACCOUNT, event, fetched, message

SAMPLES = [json.loads(row.request.body) for row in ACCEPTED]
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\ud800", "1" * 400]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_message_breaks_it(data: st.DataObject) -> None:
    item = dict(data.draw(st.sampled_from(SAMPLES)))
    for name in data.draw(st.lists(st.sampled_from(sorted(item)), max_size=3)):
        item[name] = data.draw(VALUES)
    inner = item.get(item["msgtype"]) if isinstance(item["msgtype"], str) else None
    if isinstance(inner, dict) and inner:
        item[item["msgtype"]] = {**inner, data.draw(st.sampled_from(sorted(inner))): data.draw(VALUES)}
    request = fetched(item)
    assert request.dedupe_key
    assert len(request.body) <= 65_536
    try:
        found = events.parse(request, ACCOUNT.corp_id)
    except ParseError:
        return
    for each in found:
        assert each.external_id
        json.dumps(str(each)).encode("utf-8")


@given(answer=st.dictionaries(st.sampled_from(["next_cursor", "msg_list", "has_more", "customer_list"]), VALUES))
def test_no_answer_breaks_it(answer: dict[str, object]) -> None:
    read_people(answer)
    try:
        page = read_page(answer, NOW)
    except SendError as error:
        assert error.retryable
        return
    assert len({request.dedupe_key for request in page.requests}) <= len(page.requests)


def test_what_no_customer_did_is_nobodys_event() -> None:
    change = {"event_type": "servicer_status_change", "servicer_userid": "z", "status": 1, "external_userid": ""}
    assert events.parse(fetched(event("servicer_status_change", **change)), ACCOUNT.corp_id) == []


def test_a_failure_is_a_receipt() -> None:
    failed = fetched(event("msg_send_fail", fail_msgid="m7", fail_type=6))
    [receipt] = events.parse(failed, ACCOUNT.corp_id)
    assert isinstance(receipt, ReceiptEvent)
    assert (receipt.external_id, receipt.status, receipt.code) == ("m7", MessageStatus.FAILED, "replies_used_up")


def test_a_page_may_be_empty_and_not_the_last() -> None:
    page = read_page({"next_cursor": "c2", "has_more": 1, "msg_list": []}, NOW)
    assert (page.requests, page.cursor, page.more) == ((), "c2", True)
    with pytest.raises(SendError):
        read_page({"next_cursor": 7}, NOW)


def test_a_message_that_is_too_large_is_known_by_its_id() -> None:
    first, second = fetched(message("text", content="好" * 30_000)), fetched(message("text", content="早" * 30_000))
    assert first.dedupe_key == second.dedupe_key
    assert len(first.body) < 1000
