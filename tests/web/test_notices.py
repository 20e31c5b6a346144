"""Destinations, rules and reports over HTTP: who may, what is refused, and that no secret comes out."""

import json

from scrm.model.notices import NoticeState
from scrm.model.people import Role
from tests.alerts.platforms import HOOK_SECRET, platforms
from tests.storage import notices as made
from tests.web.conftest import Desk

HOOK = {"url": "http://127.0.0.1:9/hook", "secret": HOOK_SECRET}
RULE = {"name": "值班", "severity": "high", "quiet_from": "22:00", "quiet_until": "08:00", "repeat_hours": 4}


async def test_a_destination_is_set_up_tried_and_deleted(desk: Desk) -> None:
    admin = await desk.program()
    _, types = await admin.get("destination-types")
    assert [each["kind"] for each in types["items"]] == [
        "wecom_robot", "lark_robot", "dingtalk_robot", "webhook", "email",
    ]  # fmt: skip
    async with platforms(lambda: desk.clock.now().timestamp()) as platform:
        settings = platform.settings("webhook")
        status, place = await admin.post("destinations", {"kind": "webhook", "name": "值班群", "settings": settings})
        assert status == 201
        assert (place["settings"], place["secrets_set"]) == ({"url": "", "secret": ""}, ["secret", "url"])
        _, result = await admin.post(f"destinations/{place['id']}/test")
        assert result == {"error": None}
        # An empty secret stays, another one takes its place and fails.
        await admin.patch(f"destinations/{place['id']}", {"settings": {"url": "", "secret": ""}, "locale": "en"})
        _, result = await admin.post(f"destinations/{place['id']}/test")
        assert result == {"error": None}
        await admin.patch(f"destinations/{place['id']}", {"settings": {"secret": "another-secret-of-16"}})
        _, result = await admin.post(f"destinations/{place['id']}/test")
        assert result == {"error": "refused:401"}
        titles = [taken["title"] for _, taken in platform.taken]
    assert titles == ["来自 SCRM 的测试消息", "A test from your SCRM hub"]
    _, listed = await admin.get("destinations")
    assert listed["items"][0]["last_error"] == "refused:401"
    assert HOOK_SECRET not in json.dumps(listed)
    _, page = await admin.get(f"destinations/{place['id']}/notices", limit=2)
    assert [item["state"] for item in page["items"]] == ["failed", "sent"]
    _, rest = await admin.get(f"destinations/{place['id']}/notices", limit=2, after=page["next"])
    assert len(rest["items"]) == 1
    _, again = await admin.post("notices/retry", {"id": page["items"][0]["id"]})
    assert again["state"] == NoticeState.WAITING
    assert (await admin.post("notices/retry", {"id": again["id"]}))[0] == 409
    assert (await admin.post("notices/retry", {"id": "none"}))[0] == 404
    assert (await admin.delete(f"destinations/{place['id']}"))[0] == 204
    for call in (admin.delete(f"destinations/{place['id']}"), admin.post(f"destinations/{place['id']}/test")):
        assert (await call)[0] == 404
    status, refusal = await admin.post("destinations", {"kind": "email", "name": "x", "settings": {"host": "a b"}})
    assert (status, set(refusal["errors"])) == (422, {"host", "sender", "recipients"})


async def test_a_rule_says_where_and_when(desk: Desk) -> None:
    manager = await desk.signed_in("wang", role=Role.MANAGER)
    place = made.destination()
    await desk.stores.destinations.save(place)
    _, briefs = await manager.get("destinations/briefs")
    assert briefs["items"] == [{"id": place.id, "kind": "webhook", "name": "值班群", "paused": False}]
    status, rule = await manager.post("alert-rules", {**RULE, "destination_ids": [place.id, place.id]})
    assert (status, rule["destination_ids"], rule["gather_minutes"]) == (201, [place.id], 10)
    _, changed = await manager.put(f"alert-rules/{rule['id']}", {**RULE, "enabled": False})
    assert (changed["enabled"], changed["destination_ids"], changed["created_at"]) == (False, [], rule["created_at"])
    for bad in (
        {**RULE, "quiet_until": None},
        {**RULE, "quiet_from": "25:00"},
        {**RULE, "destination_ids": ["nowhere"]},
        {**RULE, "repeat_hours": -1},
        {**RULE, "severity": "worst"},
    ):
        assert (await manager.post("alert-rules", bad))[0] == 422, bad
    assert (await manager.put("alert-rules/none", RULE))[0] == 404
    assert (await manager.delete(f"alert-rules/{rule['id']}"))[0] == 204
    assert (await manager.delete(f"alert-rules/{rule['id']}"))[0] == 404


async def test_a_report_is_previewed_and_sent_now(desk: Desk) -> None:
    manager = await desk.signed_in("wang", role=Role.MANAGER)
    await desk.arrives("angry about my refund")
    place = made.destination()
    await desk.stores.destinations.save(place)
    body = {"name": "日报", "every": "day", "at": "09:00", "destination_ids": [place.id]}
    _, plan = await manager.post("report-plans", body)
    _, letter = await manager.get(f"report-plans/{plan['id']}/preview", locale="en")
    assert "Daily report" in letter["title"]
    assert {"Customers' messages", "Negative share"} <= {line["label"] for line in letter["lines"]}
    assert letter["url"].startswith("https://scrm.example/dashboard?range=custom&from=")
    _, sent = await manager.post(f"report-plans/{plan['id']}/send")
    assert sent == {"queued": 1}
    [notice] = await desk.stores.notices.due(desk.clock.now(), 5)
    assert notice.kind == "report"
    _, weekly = await manager.put(f"report-plans/{plan['id']}", {**body, "every": "week", "weekday": 4})
    assert (weekly["every"], weekly["weekday"]) == ("week", 4)
    assert (await manager.post("report-plans", {**body, "weekday": 7}))[0] == 422
    assert (await manager.delete(f"report-plans/{plan['id']}"))[0] == 204
    assert (await manager.get(f"report-plans/{plan['id']}/preview"))[0] == 404


async def test_the_endpoint_that_may_phrase_keeps_its_key(desk: Desk) -> None:
    admin = await desk.signed_in("root", role=Role.ADMIN)
    _, settings = await admin.get("alert-settings")
    assert settings == {
        "second_approval": False, "phrasing": {"enabled": False, "base_url": "", "model": "", "has_key": False},
    }  # fmt: skip
    given = {"enabled": True, "base_url": "https://llm.example/v1", "model": "m", "key": "sk-very-secret"}
    _, settings = await admin.patch("alert-settings", {"second_approval": True, "phrasing": given})
    assert settings["phrasing"] == {
        "enabled": True, "base_url": "https://llm.example/v1", "model": "m", "has_key": True,
    }  # fmt: skip
    del given["key"]
    _, settings = await admin.patch("alert-settings", {"phrasing": {**given, "model": "n"}})
    assert (settings["phrasing"]["has_key"], settings["second_approval"]) == (True, True)
    _, settings = await admin.patch("alert-settings", {"phrasing": {**given, "enabled": False, "key": ""}})
    assert not settings["phrasing"]["has_key"]
    for bad in ({"base_url": "http://llm.example/v1"}, {"base_url": "nothing"}, {"model": " "}):
        assert (await admin.patch("alert-settings", {"phrasing": {**given, **bad}}))[0] == 422, bad


async def test_who_may(desk: Desk) -> None:
    for role in (Role.AGENT, Role.SUPERVISOR, Role.MANAGER):
        caller = await desk.signed_in(str(role), role=role)
        for path in ("destinations", "destination-types"):
            assert (await caller.get(path))[0] == 403
        assert (await caller.post("destinations", {"kind": "webhook", "name": "x", "settings": HOOK}))[0] == 403
        assert (await caller.patch("alert-settings", {"second_approval": True}))[0] == 403
        for path in ("alert-rules", "report-plans", "alert-settings", "destinations/briefs"):
            assert (await caller.get(path))[0] == (200 if role is Role.MANAGER else 403)
