"""What comes into the journal: long, too long, and never in the way of what comes with it."""

import json

import pytest

from scrm.errors import WebhookError
from scrm.model.work import LARGEST_BODY, JournalState
from scrm.ports.channel import VerifiedRequest, WebhookRequest
from tests.flow.conftest import CHANNEL, World


async def test_what_is_fetched_may_be_long_and_what_is_too_long_stops_nothing(world: World) -> None:
    def fetched(text: str) -> VerifiedRequest:
        body = json.dumps([world.text(text)]).encode()
        return VerifiedRequest(body=body, dedupe_key=text[:9], handle="alice", received_at=world.clock.now())

    long = "a" * 120_000  # a mail with a picture in it
    await world.hub._journal.keep(CHANNEL, [fetched(long), fetched("b" * LARGEST_BODY), fetched("the next")])
    world.knows("alice")
    await world.works()
    assert await world.texts() == [long, "the next"]
    [failed] = await world.stores.journal.page(JournalState.FAILED, channel_id=None, after=None, limit=5)
    assert failed.dedupe_key == "b" * 9


async def test_a_request_that_decrypts_to_too_much_is_refused_alone(world: World) -> None:
    request = WebhookRequest(
        method="POST", query={"key": "right"}, headers={}, body=bytes(LARGEST_BODY + 1), received_at=world.clock.now()
    )
    with pytest.raises(WebhookError, match="too_large"):
        await world.hub.receive(CHANNEL, request)
