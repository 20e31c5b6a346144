from typing import Any

from scrm.model.people import Role
from scrm.model.work import JournalState
from tests.web.conftest import CHANNEL, PASSWORD, Desk

WECHAT: dict[str, Any] = {
    "app_id": "wx0123456789abcdef",
    "app_secret": "0123456789abcdef0123456789abcdef",
    "token": "tokentoken",
    "encoding_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "mode": "safe",
    "api_base": "http://127.0.0.1:9",
}


async def test_a_channel_s_secrets_go_in_and_never_come_out(desk: Desk) -> None:
    admin = await desk.signed_in(role=Role.ADMIN)
    status, channel = await admin.post("channels", {"type": "wechat", "name": "A 店", "settings": WECHAT})
    assert status == 201, channel
    assert channel["webhook_path"] == f"/hooks/{channel['id']}"
    assert channel["settings"]["app_secret"] == ""
    assert "app_secret" in channel["secrets_set"]
    assert channel["settings"]["app_id"] == WECHAT["app_id"]
    for path in (f"channels/{channel['id']}", "channels", "bootstrap"):
        response = await admin.call("GET", path)
        text = await response.text()
        assert WECHAT["app_secret"] not in text and WECHAT["encoding_aes_key"] not in text
    change = {"name": "B 店", "settings": {"app_secret": "", "token": "othertoken"}, "state": "paused"}
    status, changed = await admin.patch(f"channels/{channel['id']}", change)
    assert (status, changed["name"], changed["state"]) == (200, "B 店", "paused")
    stored = await desk.stores.channels.get(channel["id"])
    assert stored is not None
    assert stored.settings["app_secret"] == WECHAT["app_secret"]
    assert stored.settings["token"] == "othertoken"


async def test_wrong_settings_are_refused_by_field(desk: Desk) -> None:
    admin = await desk.program()
    for body, field in (
        ({"type": "pigeon", "settings": {}}, "type"),
        ({"name": ""}, "name"),
        ({"settings": {**WECHAT, "colour": "red"}}, "colour"),
        ({"settings": {**WECHAT, "app_id": ""}}, "app_id"),
        ({"settings": {**WECHAT, "mode": "open"}}, "mode"),
        ({"settings": {**WECHAT, "$where": "1"}}, "settings"),
        ({"settings": {**WECHAT, "token": {"$ne": ""}}}, "settings[...]"),
    ):
        whole = {"type": "wechat", "name": "x", "settings": WECHAT, **body}
        status, problem = await admin.post("channels", whole)
        assert (status, list(problem["errors"])) == (422, [field])


async def test_a_channel_with_conversations_is_deleted_only_when_paused(desk: Desk) -> None:
    admin = await desk.signed_in(role=Role.ADMIN)
    await desk.arrives("hello")
    assert (await admin.delete(f"channels/{CHANNEL}"))[0] == 409
    await admin.patch(f"channels/{CHANNEL}", {"state": "paused"})
    assert (await admin.delete(f"channels/{CHANNEL}"))[0] == 204
    assert (await admin.delete(f"channels/{CHANNEL}"))[0] == 404
    _, page = await admin.get("conversations")
    assert page["items"][0]["channel"] == {"id": CHANNEL, "name": "", "type": ""}
    assert (await admin.call("POST", f"/hooks/{CHANNEL}?key=right", json=[])).status == 404


async def test_checking_a_channel_tells_what_is_wrong(desk: Desk) -> None:
    admin = await desk.program()
    assert (await admin.post(f"channels/{CHANNEL}/check"))[1]["ok"] is True


async def test_agents_are_added_changed_and_shut_out(desk: Desk) -> None:
    admin = await desk.signed_in("zhao", Role.ADMIN)
    new = {"login": "lin", "name": "林", "role": "agent", "password": PASSWORD, "capacity": 5}
    status, lin = await admin.post("agents", new)
    assert (status, lin["capacity"]) == (201, 5)
    status, problem = await admin.post("agents", new)
    assert (status, problem["errors"]) == (409, {"login": "this login is taken"})
    caller = desk.caller()
    assert (await caller.sign_in("lin"))[0] == 200
    await admin.patch(f"agents/{lin['id']}", {"role": "supervisor"})
    assert (await caller.get("reports/overview", **{"from": "2026-11-01", "to": "2026-11-02"}))[0] == 200
    await admin.patch(f"agents/{lin['id']}", {"disabled": True})
    assert (await caller.get("session"))[0] == 204
    for wrong in ({"login": "Lin Wei"}, {"password": "short"}, {"team_ids": ["none"]}, {"capacity": -1}, {"id": "x"}):
        assert (await admin.patch(f"agents/{lin['id']}", wrong))[0] == 422, wrong


async def test_the_last_administrator_stays(desk: Desk) -> None:
    admin = await desk.signed_in("zhao", Role.ADMIN)
    me = (await admin.get("session"))[1]["agent"]["id"]
    for change in ({"role": "manager"}, {"disabled": True}):
        assert (await admin.patch(f"agents/{me}", change))[0] == 409
    await desk.agent("qian", Role.ADMIN)
    assert (await admin.patch(f"agents/{me}", {"role": "manager"}))[0] == 200


async def test_teams_labels_and_prepared_replies(desk: Desk) -> None:
    boss = await desk.signed_in(role=Role.SUPERVISOR)
    _, first = await boss.post("teams", {"name": "售前", "fallback": True})
    _, second = await boss.post("teams", {"name": "售后", "categories": ["refund"], "fallback": True})
    _, teams = await boss.get("teams")
    assert {team["name"]: team["fallback"] for team in teams["items"]} == {"售前": False, "售后": True}
    assert (await boss.patch(f"teams/{first['id']}", {"categories": ["invented"]}))[0] == 422
    lin = await desk.agent("wang")
    await (await desk.program()).patch(f"agents/{lin.id}", {"team_ids": [second["id"]]})
    assert (await boss.delete(f"teams/{second['id']}"))[0] == 204
    assert (await desk.stores.agents.get(lin.id)).team_ids == ()  # type: ignore[union-attr]

    _, label = await boss.post("labels", {"name": "投诉", "color": "#ff0000"})
    status, problem = await boss.post("labels", {"name": "投诉", "color": "#00ff00"})
    assert (status, list(problem["errors"])) == (409, ["name"])
    assert (await boss.patch(f"labels/{label['id']}", {"color": "red"}))[0] == 422
    assert (await boss.patch(f"labels/{label['id']}", {"color": "#0000ff"}))[1]["color"] == "#0000ff"
    assert (await boss.delete(f"labels/{label['id']}"))[0] == 204
    assert (await boss.delete(f"labels/{label['id']}"))[0] == 404

    reply = {"shortcut": "退款", "title": "退款", "content": "您好", "category": "refund"}
    _, canned = await boss.post("canned-replies", reply)
    assert (await boss.post("canned-replies", reply))[0] == 409
    status, changed = await boss.patch(f"canned-replies/{canned['id']}", {"content": "亲", "category": None})
    assert (status, changed["content"], changed["category"]) == (200, "亲", None)
    assert [each["id"] for each in (await boss.get("canned-replies"))[1]["items"]] == [canned["id"]]
    assert (await boss.delete(f"canned-replies/{canned['id']}"))[0] == 204


async def test_saved_views_are_an_agent_s_own_unless_a_supervisor_shares_them(desk: Desk) -> None:
    lin, wang, boss = [
        await desk.signed_in(login, role)
        for login, role in (("lin", Role.AGENT), ("wang", Role.AGENT), ("boss", Role.SUPERVISOR))
    ]
    wanted = {"name": "待处理 VIP", "filter": {"assignee": "me", "status": "pending"}}
    status, mine = await lin.post("views", wanted)
    assert (status, mine["filter"]["status"], mine["shared"]) == (201, "pending", False)
    assert (await lin.post("views", {**wanted, "shared": True}))[0] == 403
    assert (await lin.post("views", {**wanted, "filter": {"status": "lost"}}))[0] == 422
    _, common = await boss.post("views", {"name": "全店未分配", "filter": {"assignee": "none"}, "shared": True})
    names = [[view["name"] for view in (await each.get("views"))[1]["items"]] for each in (lin, wang, boss)]
    assert names == [["待处理 VIP", "全店未分配"], ["全店未分配"], ["全店未分配"]]
    assert (await wang.delete(f"views/{mine['id']}"))[0] == 404
    assert (await wang.delete(f"views/{common['id']}"))[0] == 403
    status, renamed = await lin.patch(f"views/{mine['id']}", {**wanted, "name": "等回复"})
    assert (status, renamed["name"], renamed["created_at"]) == (200, "等回复", mine["created_at"])
    assert (await lin.delete(f"views/{mine['id']}"))[0] == 204
    assert (await boss.delete(f"views/{common['id']}"))[0] == 204
    assert (await lin.get("views"))[1]["items"] == []


async def test_a_token_is_shown_once_and_deleted_for_good(desk: Desk) -> None:
    admin = await desk.signed_in(role=Role.ADMIN)
    status, made = await admin.post("tokens", {"name": "报表", "role": "supervisor"})
    assert status == 201
    program = desk.caller()
    program.headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await program.get("labels"))[0] == 200
    response = await admin.call("GET", "tokens")
    assert made["token"] not in await response.text()
    assert (await admin.delete(f"tokens/{made['id']}"))[0] == 204
    assert (await program.get("labels"))[0] == 401


async def test_what_breaks_the_reader_is_shown_tried_again_and_dismissed(desk: Desk) -> None:
    admin = await desk.signed_in(role=Role.ADMIN)
    await desk.arrives("unreadable")
    _, page = await admin.get("tasks")
    (task,) = page["items"]
    conversation = (await admin.get("conversations"))[1]["items"][0]
    assert (task["kind"], task["failed"], task["channel_id"]) == ("analyse", True, CHANNEL)
    assert (task["conversation_id"], task["contact_id"]) == (conversation["id"], conversation["contact_id"])
    _, messages = await admin.get(f"conversations/{conversation['id']}/messages")
    broken = next(each for each in messages["items"] if each["position"] == task["position"])
    assert (broken["content"], broken["analysis_state"]) == ("unreadable", "failed")
    status, again = await admin.post(f"tasks/{task['id']}/retry")
    assert (status, again["failed"]) == (200, False)
    assert (await admin.get("tasks"))[1]["items"] == []
    assert (await admin.post(f"tasks/{task['id']}/retry"))[0] == 409
    assert (await admin.delete(f"tasks/{task['id']}"))[0] == 404  # it is being done
    await desk.works()
    (still,) = (await admin.get("tasks"))[1]["items"]
    assert still["id"] == task["id"]
    assert (await admin.delete(f"tasks/{task['id']}"))[0] == 204
    assert (await admin.get("tasks"))[1]["items"] == []
    assert (await admin.post(f"tasks/{task['id']}/retry"))[0] == 404
    agent = await desk.signed_in("wang", role=Role.SUPERVISOR)
    assert (await agent.get("tasks"))[0] == 403


async def test_a_failed_journal_entry_is_shown_and_replayed(desk: Desk) -> None:
    admin = await desk.signed_in(role=Role.ADMIN)
    await admin.call("POST", f"/hooks/{CHANNEL}?key=right&from=alice", data=b"not readable \xff")
    await desk.hub.work_off()
    _, page = await admin.get("journal", state="failed")
    (entry,) = page["items"]
    assert (entry["state"], entry["body"], entry["size"]) == ("failed", "not readable \ufffd", 14)
    status, replayed = await admin.post(f"journal/{entry['id']}/replay")
    assert (status, replayed["state"], replayed["body"]) == (200, JournalState.PENDING, None)
    assert (await admin.post(f"journal/{entry['id']}/replay"))[0] == 409
    assert (await admin.post("journal/nothing/replay"))[0] == 404
    await desk.arrives("fine")
    _, page = await admin.get("journal", state="done", channel_id=CHANNEL)
    assert [each["body"] for each in page["items"]] == [None]
