"""Topics and alerts over HTTP: who may, what a number opens, and what is refused."""

from datetime import timedelta

from scrm.model.people import Role
from scrm.model.topics import AlertState
from tests.storage import records
from tests.web.conftest import CHANNEL, Desk


async def test_a_number_of_a_board_opens_its_messages(desk: Desk) -> None:
    boss = await desk.signed_in(role=Role.SUPERVISOR)
    now = desk.clock.now()
    await desk.arrives("hello", "angry about my refund", sender="alice")
    await desk.arrives("refund", sender="bob")
    noted = []
    for sender in ("alice", "bob"):
        conversation = await desk.conversation(sender)
        for message in await desk.stores.messages.thread(conversation.id, after=0, until=50):
            if message.analysis is not None:
                noted.append(
                    records.term_reading(
                        id=message.id, at=message.created_at, counted_at=now, channel_id=CHANNEL, category=None,
                        conversation_id=conversation.id, contact_id=conversation.contact_id,
                        terms=tuple(message.content.split()),
                    )
                )  # fmt: skip
    await desk.stores.topics.record(noted, [now.replace(hour=0)] * len(noted))
    status, board = await boss.get("topics", range="24h", channel_id=CHANNEL)
    assert (status, board["messages"], board["comparable"]) == (200, 3, False)
    counts = {term["term"]: term["messages"] for term in board["terms"]}
    assert counts["refund"] == 2
    span = {"since": board["since"], "until": board["until"], "as_of": board["until"], "channel_id": CHANNEL}
    seen: list[str] = []
    query: dict[str, object] = {**span, "terms": "refund,angry", "limit": 1}
    while True:
        _, page = await boss.get("topics/evidence", **query)
        seen += [item["message"]["content"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert sorted(seen) == ["angry about my refund", "refund"]
    _, page = await boss.get("topics/evidence", **span, terms="hello", like=noted[0].id)
    assert [item["message"]["id"] for item in page["items"]] == [noted[0].id]


async def test_an_alert_is_acknowledged_snoozed_and_owned(desk: Desk) -> None:
    boss = await desk.signed_in("chen", role=Role.SUPERVISOR)
    now = desk.clock.now()
    alert = records.alert(last_seen_at=now)
    await desk.stores.topics.add_alert(alert)
    _, page = await boss.get("alerts")
    assert [(item["id"], item["state"], item["topic"]["name"]) for item in page["items"]] == [
        (alert.id, AlertState.OPEN, "充电发热")
    ]
    agent = await desk.agent("owner")
    _, changed = await boss.patch(f"alerts/{alert.id}", {"state": "acknowledged", "owner_id": agent.id})
    assert (changed["state"], changed["owner_id"], changed["handled_by"]) == ("acknowledged", agent.id, "Chen")
    until = (now + timedelta(hours=2)).isoformat()
    _, changed = await boss.patch(f"alerts/{alert.id}", {"state": "snoozed", "snoozed_until": until})
    assert changed["snoozed_until"] is not None
    for body in ({}, {"state": "snoozed"}, {"state": "gone"}, {"snoozed_until": until}, {"owner_id": "nobody"}):
        status, _ = await boss.patch(f"alerts/{alert.id}", body)
        assert status == 422, body
    assert (await boss.patch("alerts/none", {"state": "open"}))[0] == 404


async def test_who_may_and_what_is_refused(desk: Desk) -> None:
    agent = await desk.signed_in("lin")
    for path in ("topics", "alerts", "topics/evidence"):
        assert (await agent.get(path))[0] == 403
    boss = await desk.signed_in("chen", role=Role.SUPERVISOR)
    moment = desk.clock.now().isoformat()
    span = {"since": moment, "until": moment, "as_of": moment}
    for more in (
        {"terms": ",,"},
        {"terms": ",".join("abcdefghi")},
        {"terms": "x" * 201},
        {"terms": "x", "since": "2026-11-20T00:00:00"},
        {"terms": "x", "after": "junk"},
        {},
    ):
        assert (await boss.get("topics/evidence", **{**span, **more}))[0] == 422, more
    assert (await boss.get("topics", range="1y"))[0] == 422
