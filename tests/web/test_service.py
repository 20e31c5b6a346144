"""What is promised, from the setting to the red bar, the fact and the page; every figure opens what it counts."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from scrm.model.people import Role
from tests.web.conftest import Caller, Desk

POLICY = {"name": "一般", "first_response": 600, "next_response": 300, "resolution": 7200}
OFFICE = {
    "schedule": {
        "always": False,
        "week": [[{"opens": "09:00", "closes": "18:00"}]] * 5 + [[], []],
        "special": [{"day": "2026-11-21", "name": "补班", "hours": [{"opens": "09:00", "closes": "12:00"}]}],
    },
    "policies": [{**POLICY, "name": "VIP", "vip": True, "first_response": 60}, POLICY],
}


async def counted(who: Caller, **query: Any) -> int:
    """How many rows the evidence of a number has."""
    found, page = 0, {"items": [], "next": "first"}
    more: dict[str, Any] = {}
    while page["next"] is not None:
        status, page = await who.get("reports/evidence", limit=3, **query, **more)
        assert status == 200, page
        found += len(page["items"])
        more = {"after": page["next"]}
    return found


async def test_a_promise_from_the_setting_to_the_figure(desk: Desk) -> None:
    boss = await desk.signed_in(role=Role.ADMIN)
    # Tests run at every hour: what closing means is tests/flow/test_hours.py's.
    status, saved = await boss.put("workspace/service", {**OFFICE, "schedule": {"always": True}})
    assert (status, saved["policies"][1]["next_response"]) == (200, 300)
    await desk.arrives("angry about my refund", sender="alice")
    await desk.arrives("hello", sender="bob")
    _, page = await boss.get("conversations")
    alice, bob = sorted(page["items"], key=lambda each: each["mood"]["score"])
    assert (alice["deadline"]["clause"], alice["deadline"]["target"]) == ("first_response", 600)
    assert await due(boss) == {"soon": [], "missed": [], "near": []}
    desk.clock.advance(500)
    both = sorted((alice["id"], bob["id"]))
    assert await due(boss) == {"soon": both, "missed": [], "near": both}
    await answer(boss, alice["id"], "a")
    desk.clock.advance(200)
    assert (await due(boss))["missed"] == [bob["id"]]
    await answer(boss, bob["id"], "b")
    await desk.arrives("thanks, and when?", sender="alice")
    desk.clock.advance(100)
    await answer(boss, alice["id"], "c")
    await boss.patch(f"conversations/{alice['id']}", {"status": "resolved"})
    assert await due(boss) == {"soon": [], "missed": [], "near": []}

    today = desk.clock.now().date()
    days = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=1))}
    _, report = await boss.get("reports/service", **days)
    total = report["total"]
    assert total["first_kept"] == {"met": 1, "missed": 1}
    assert (total["next_kept"], total["resolution_kept"]) == ({"met": 1, "missed": 0}, {"met": 1, "missed": 0})
    assert (total["first_response"]["p50"], total["first_response"]["open_p90"]) == (500, 700)
    assert total["next_response"]["p50"] == 100
    assert (total["moods"], total["mood_before"]) == (1, -0.9)
    assert await counted(boss, **days, metric="first_response", outcome="missed") == 1
    mine = next(row for row in report["agents"] if row["outgoing"])
    assert await counted(boss, **days, metric="message_out", agent_id=mine["key"]) == mine["outgoing"] == 3
    for cell in report["arrivals"]:
        if cell["count"]:
            query = {"metric": "message_in", "hour": cell["hour"], "weekday": cell["weekday"]}
            assert await counted(boss, **days, **query) == cell["count"]
    assert sum(cell["count"] for cell in report["arrivals"]) == total["incoming"] == 3
    _, overview = await boss.get("reports/overview", **days)
    backlog = next(kpi["value"] for kpi in overview["kpis"] if kpi["key"] == "backlog")
    assert await counted(boss, **days, metric="backlog") == backlog == 1
    # What the wall says of one agent, and of nobody.
    [standing] = (await boss.get("conversations", status="open"))[1]["items"]
    for metric, agent, found in (("load", standing["assignee_id"] or "none", 1), ("backlog", "no-such-agent", 0)):
        assert await counted(boss, **days, metric=metric, agent_id=agent) == found

    response = await boss.call("GET", "reports/service.csv", params={**days, "locale": "en"})
    rows = list(csv.reader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    heads = next(row for row in rows if row[:1] == ["Agents"])
    same = [row for row in rows if len(row) == len(heads) and row[heads.index("Replies")] == "3"]
    row = next(row for row in same if row[0] not in ("Value", "Before"))
    assert row[heads.index("First response in time")] == "0.5"


async def due(who: Caller) -> dict[str, list[str]]:
    found = {}
    for name in ("soon", "missed", "near"):
        _, page = await who.get("conversations", due=name)
        found[name] = sorted((each["id"] for each in page["items"]), key=str)
    return found


async def answer(who: Caller, conversation_id: str, client_id: str) -> None:
    body = {"kind": "outgoing", "content": "ok", "client_id": client_id}
    status, _ = await who.post(f"conversations/{conversation_id}/messages", body)
    assert status in (200, 201)


@pytest.mark.parametrize(
    "body",
    [
        {**OFFICE, "schedule": {"week": [[]]}},
        {**OFFICE, "schedule": {"special": [{"day": "2026-02-30"}]}},
        {**OFFICE, "policies": [{"name": " "}]},
        {**OFFICE, "policies": [{"name": "x", "first_response": 1}]},
        {**OFFICE, "policies": [{"name": "x", "priorities": ["soon"]}]},
    ],
)
async def test_settings_that_cannot_be_are_refused(desk: Desk, body: dict[str, Any]) -> None:
    boss = await desk.signed_in(role=Role.ADMIN)
    status, _ = await boss.put("workspace/service", body)
    assert status == 422
    assert (await boss.get("workspace/service"))[1]["policies"] == []


async def test_an_agent_may_read_what_is_promised_and_not_set_it(desk: Desk) -> None:
    agent = await desk.signed_in(role=Role.SUPERVISOR)
    assert (await agent.get("workspace/service"))[0] == 200
    assert (await agent.put("workspace/service", OFFICE))[0] == 403
