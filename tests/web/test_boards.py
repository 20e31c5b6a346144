"""Saved dashboards, and the report of a day or week, over HTTP."""

from scrm.model.people import Role
from tests.web.conftest import Desk


async def test_saved_dashboards_are_a_supervisor_s_own_unless_shared(desk: Desk) -> None:
    lin, wang, boss = [
        await desk.signed_in(login, role)
        for login, role in (("lin", Role.SUPERVISOR), ("wang", Role.SUPERVISOR), ("boss", Role.MANAGER))
    ]
    wanted = {"name": "周会", "page": "voice", "query": {"range": "7", "channel": "channel1", "compare": "week"}}
    status, mine = await lin.post("boards", wanted)
    assert (status, mine["query"], mine["shared"]) == (201, wanted["query"], False)
    _, common = await wang.post("boards", {"name": "全店", "page": "overview", "shared": True})
    names = [[each["name"] for each in (await who.get("boards"))[1]["items"]] for who in (lin, wang, boss)]
    assert names == [["周会", "全店"], ["全店"], ["全店"]]
    for bad in ({"page": "nowhere"}, {"query": {"next": "x"}}, {"query": {"range": "//evil.example"}}, {"name": " "}):
        assert (await lin.post("boards", {**wanted, **bad}))[0] == 422
    assert (await lin.delete(f"boards/{common['id']}"))[0] == 403
    assert (await wang.delete(f"boards/{mine['id']}"))[0] == 404
    status, renamed = await lin.patch(f"boards/{mine['id']}", {**wanted, "name": "周一例会"})
    assert (status, renamed["name"], renamed["created_at"]) == (200, "周一例会", mine["created_at"])
    assert (await boss.delete(f"boards/{common['id']}"))[0] == 204
    assert (await lin.delete(f"boards/{mine['id']}"))[0] == 204
    agent = await desk.signed_in("chen", Role.AGENT)
    assert (await agent.get("boards"))[0] == 403
