"""What an administrator sees of a channel: its last exchanges, and what became of a test message."""

import asyncio

import pytest

from scrm.errors import SendError, SendErrorCode
from scrm.model.exchange import Way, masked
from scrm.model.reports import Metric
from scrm.model.work import partition_of
from tests.web.conftest import CHANNEL, Desk

CARD = f"channels/{CHANNEL}"


async def test_the_last_exchanges_say_what_happened_and_nothing_of_whom(desk: Desk) -> None:
    admin = await desk.program()
    await desk.arrives("我的电话 13800138000", sender="alice-the-customer")
    conversation = await desk.conversation("alice-the-customer")
    body = {"kind": "outgoing", "content": "秘密的话", "client_id": "c1"}
    assert (await admin.post(f"conversations/{conversation.id}/messages", body))[0] == 201
    desk.platform.answers.append(SendError(SendErrorCode.CONTENT_REFUSED, platform_code="87014", detail="秘密的话"))
    await desk.works()
    client = admin.client.session
    async with client.post(admin.client.make_url(f"/hooks/{CHANNEL}"), params={"key": "wrong"}) as refused:
        assert refused.status == 403
    await desk.hub._exchanges.write()
    status, found = await admin.get(f"{CARD}/exchanges")
    assert status == 200
    forged, sent, *_, came = found["items"]
    assert (forged["kind"], forged["outcome"]) == ("webhook", "bad_signature")
    assert (sent["way"], sent["kind"], sent["outcome"], sent["code"]) == ("out", "text", "content_refused", "87014")
    assert (sent["ref"], sent["size"]) == ("al…er", len("秘密的话".encode()))
    assert (came["way"], came["kind"], came["outcome"]) == ("in", "webhook", "ok")
    for never in ("秘密", "13800138000", "alice-the-customer"):
        assert never not in str(found)
    agent = await desk.signed_in("lin")
    assert (await agent.get(f"{CARD}/exchanges"))[0] == 403
    assert (await admin.get("channels/nothing/exchanges"))[0] == 404


@pytest.mark.parametrize("refused", [False, True])
async def test_a_test_message_says_what_became_of_it(desk: Desk, refused: bool) -> None:
    admin = await desk.program()
    await desk.arrives("在吗")
    conversation = await desk.conversation()
    if refused:
        desk.platform.answers.append(SendError(SendErrorCode.BLOCKED_BY_CONTACT, platform_code="48"))
    asked = asyncio.create_task(admin.post(f"{CARD}/test", {"conversation_id": conversation.id, "content": "测试"}))
    while not await desk.stores.outbox.waiting(partition_of(CHANNEL, "alice")):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await desk.works()
    while not asked.done():
        desk.clock.advance(1)  # type: ignore[attr-defined]
        await asyncio.sleep(0.01)
    status, body = asked.result()
    assert status == 200
    assert (body["status"], body["code"]) == (("failed", "blocked_by_contact") if refused else ("sent", ""))
    after = await desk.conversation()
    # A test is nobody's answer: the customer waits on, and no report counts it.
    assert (after.assignee_id, after.first_response_at) == (None, None)
    assert after.waiting_since == conversation.waiting_since is not None
    assert await desk.stores.reports.rollups(desk.about_now(), [Metric.MESSAGE_OUT, Metric.FIRST_RESPONSE]) == []
    wrong = {"conversation_id": "nothing", "content": "测试"}
    assert (await admin.post(f"{CARD}/test", wrong))[0] == 422
    assert (await (await desk.signed_in("lin")).post(f"{CARD}/test", wrong))[0] == 403


async def test_it_is_a_ring(desk: Desk) -> None:
    admin = await desk.program()
    for _ in range(3):
        for number in range(30):
            desk.hub._exchanges.note(CHANNEL, Way.IN, "webhook", size=number)
        await desk.hub._exchanges.write()
    _, body = await admin.get(f"channels/{CHANNEL}/exchanges")
    assert len(body["items"]) == 50
    assert [each["size"] for each in body["items"][:2]] == [29, 28]
    await admin.patch(f"channels/{CHANNEL}", {"state": "paused"})
    await admin.delete(f"channels/{CHANNEL}")
    assert await desk.context.stores.channels.exchanges(CHANNEL) == []


def test_of_an_id_its_ends_are_shown() -> None:
    shown = {"": "", "ab": "…", "abcd": "…", "abcde": "ab…de", "wang@example.com": "wa…om"}
    assert {each: masked(each) for each in shown} == shown
