"""Saved dashboards, and the report of a day or week, over HTTP."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

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


async def test_the_report_of_a_day_and_of_its_week(desk: Desk) -> None:
    boss = await desk.signed_in("boss", Role.SUPERVISOR)
    await desk.arrives("angry about my refund", "hello", sender="alice")
    today = desk.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    status, daily = await boss.get("reports/digest", kind="daily", day=today.isoformat())
    assert status == 200
    assert daily["range"] == {"first_day": today.isoformat(), "last_day": today.isoformat()}
    assert daily["previous"]["first_day"] == (today - timedelta(days=7)).isoformat()
    assert (len(daily["trend"]), daily["trend"][-1]["incoming"], daily["whole"]) == (14, 2, False)
    figures = {each["kpi"]["key"]: each for each in daily["figures"]}
    assert "waiting_now" not in figures
    assert (figures["incoming"]["kpi"]["value"], figures["incoming"]["label"]) == (2, "客户消息")
    # Resolving as on the overview: its link lists what was resolved.
    for key in ("resolution_p50", "resolution_p90"):
        assert parse_qs(urlsplit(figures[key]["link"]).query)["ev"] == ["conversation_resolved"]
    # Each figure's link says what the evidence endpoint is asked for.
    for figure in (figures["incoming"], figures["negative_share"]):
        query = {name: values[0] for name, values in parse_qs(urlsplit(figure["link"]).query).items()}
        asked = {name: query[name] for name in ("from", "to", "sentiment") if name in query}
        _, page = await boss.get("reports/evidence", metric=query["ev"], **asked)
        assert len(page["items"]) == (2 if figure is figures["incoming"] else 1)
    assert [(each["label"], each["count"]) for each in daily["categories"]] == [("退款", 2)]
    assert daily["findings"][0]["cites"]

    _, weekly = await boss.get("reports/digest", kind="weekly", day=today.isoformat(), locale="en")
    monday = today - timedelta(days=today.weekday())
    assert weekly["range"] == {"first_day": monday.isoformat(), "last_day": (monday + timedelta(days=6)).isoformat()}
    assert weekly["previous_trend"][0]["day"] == (monday - timedelta(days=7)).isoformat()
    assert weekly["figures"][0]["label"] == "New conversations"
    assert (await boss.get("reports/digest", kind="daily", day="2026-02-30"))[0] == 422
    assert (await boss.get("reports/digest", kind="hourly", day="2026-02-03"))[0] == 422
