"""One push, any number of events: each is known by itself, whoever it comes with."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.line import events, webhook
from channels.line.config import Groups
from scrm.ports.channel import Challenge, VerifiedRequest
from tests.channels.line.kit import ACCOUNT, event, message, push, request

people = st.sampled_from(["U1", "U2", "U3"])
numbers = st.integers(0, 5)
things = st.builds(
    lambda user, number: message(
        text=f"{number}",
        id=f"m{number}",
        outer={"webhookEventId": f"e{number}", "source": {"type": "user", "userId": user}},
    ),
    people,
    numbers,
) | st.builds(
    lambda user, number: event("follow", webhookEventId=f"f{number}", source={"type": "user", "userId": user}),
    people,
    numbers,
)
pushes = st.lists(things, min_size=1, max_size=6)
FUZZ = settings(max_examples=60, deadline=None)


def verified(*happened: dict[str, Any]) -> VerifiedRequest:
    found = webhook.verify(request(push(*happened)), ACCOUNT.channel_secret)
    assert isinstance(found, VerifiedRequest)
    return found


@FUZZ
@given(pushes)
def test_each_event_is_what_it_would_be_alone(happened: list[dict[str, Any]]) -> None:
    parts = webhook.split(verified(*happened))
    alone = [verified(each) for each in happened]
    assert [(part.dedupe_key, part.handle) for part in parts] == [(each.dedupe_key, each.handle) for each in alone]
    read = [found for part in parts for found in events.parse(part, Groups.MENTIONED)]
    assert read == [found for each in alone for found in events.parse(each, Groups.MENTIONED)]
    assert read == list(events.parse(verified(*happened), Groups.MENTIONED))


@FUZZ
@given(pushes, st.randoms(use_true_random=False))
def test_in_other_company_it_is_the_same(happened: list[dict[str, Any]], chance: Any) -> None:
    again = [{**each, "deliveryContext": {"isRedelivery": True}} for each in happened]
    chance.shuffle(again)
    first = {part.dedupe_key for part in webhook.split(verified(*happened))}
    assert {part.dedupe_key for part in webhook.split(verified(*again[:3]))} <= first


def test_one_that_cannot_be_read_holds_up_no_other() -> None:
    broken = event("message", webhookEventId="e2", message=[1])
    good, bad = webhook.split(verified(message(text="a"), broken))
    assert len(events.parse(good, Groups.MENTIONED)) == 1
    assert bad.dedupe_key == "event:e2"
    assert webhook.split(bad) == (bad,)


def test_a_push_of_nothing_is_a_question() -> None:
    asked = webhook.verify(request(json.dumps({"destination": "U", "events": []}).encode()), ACCOUNT.channel_secret)
    assert isinstance(asked, Challenge)


def test_what_concerns_no_customer_comes_to_nothing() -> None:
    group = {"type": "group", "groupId": "C1"}
    nothing = [
        event("join", source=group),
        event("memberJoined", source=group, joined={"members": [{"type": "user", "userId": "U1"}]}),
        event("botSuspended", source=None),
        event("delivery", source=None, delivery={"data": "d"}),
        message(text="@客服", outer={"source": group}),  # by a member whom LINE does not name
        message(text="吃了吗", outer={"source": group | {"userId": "U1"}}),
        event("follow", source=group | {"userId": "U1"}),
    ]
    assert events.parse(verified(*nothing), Groups.MENTIONED) == []
