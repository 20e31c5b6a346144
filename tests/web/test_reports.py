import csv
import io
from datetime import timedelta
from zoneinfo import ZoneInfo

from scrm.model.people import Role
from tests.web.conftest import Desk


async def test_every_number_opens_what_it_counts(desk: Desk) -> None:
    boss = await desk.signed_in(role=Role.SUPERVISOR)
    await desk.arrives("angry about my refund", "hello", sender="alice")
    await desk.arrives("hello", sender="bob")
    day = desk.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()
    days = {"from": day, "to": day}
    _, overview = await boss.get("reports/overview", **days)
    kpis = {kpi["key"]: kpi["value"] for kpi in overview["kpis"]}
    assert (kpis["conversations"], kpis["incoming"], kpis["waiting_now"]) == (2, 3, 2)
    for metric, key in (
        ("conversation_opened", "conversations"),
        ("message_in", "incoming"),
        ("waiting_now", "waiting_now"),
    ):
        seen: list[str] = []
        query: dict[str, object] = {**days, "metric": metric, "limit": 1}
        while True:
            status, page = await boss.get("reports/evidence", **query)
            assert status == 200
            seen += [(item["message"] or item["conversation"])["id"] for item in page["items"]]
            if page["next"] is None:
                break
            query["after"] = page["next"]
        assert len(set(seen)) == len(seen) == kpis[key], metric
    _, page = await boss.get("reports/evidence", **days, metric="mood", sentiment="negative", category="refund")
    assert [item["message"]["content"] for item in page["items"]] == ["angry about my refund"]
    assert page["items"][0]["value"] == -0.9
    _, page = await boss.get("reports/evidence", **days, metric="mood", category="none", day=day)
    # A greeting in what is about a refund by then counts with the refund.
    assert [item["message"]["content"] for item in page["items"]] == ["hello"]


async def test_the_same_figures_as_a_table(desk: Desk) -> None:
    boss = await desk.signed_in(role=Role.MANAGER)
    await desk.arrives("hello")
    day = desk.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()
    response = await boss.call("GET", f"reports/overview.csv?from={day}&to={day}&locale=en")
    assert response.status == 200
    assert response.headers["Content-Disposition"] == f'attachment; filename="overview_{day}_{day}.csv"'
    text = (await response.read()).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert ["Customers' messages", "1", "0", "count"] in rows


async def test_dashboards_as_files_and_against_another_range(desk: Desk) -> None:
    boss = await desk.signed_in(role=Role.MANAGER)
    await desk.arrives("angry about my refund", "hello")
    day = desk.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    now, before = day.isoformat(), (day - timedelta(days=7)).isoformat()
    query = {"from": now, "to": now, "compare_from": before, "compare_to": before}
    status, overview = await boss.get("reports/overview", **query)
    assert status == 200
    assert overview["previous"] == {"first_day": before, "last_day": before}
    assert [each["day"] for each in overview["previous_trend"]] == [before]
    assert (await boss.get("reports/overview", **{**query, "compare_to": "2026-01-01"}))[0] == 422
    assert (await boss.get("reports/overview", **{"from": now, "to": now, "compare_from": before}))[0] == 422

    status, voice = await boss.get("reports/voice", **query)
    assert status == 200
    assert (voice["volume"]["now"], voice["volume"]["before"], voice["negative"]) == (2, 0, None)
    assert [row["category"] for row in voice["rows"]] == ["refund"]
    volume, negative = voice["findings"]
    assert (len(volume["cites"]), len(negative["cites"])) == (2, 1)
    assert volume["link"].startswith("/dashboard/voice?")

    for name in ("overview", "voice"):
        response = await boss.call("GET", f"reports/{name}.xlsx", params=query)
        assert response.status == 200
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}_{now}_{now}.xlsx"'
        assert (await response.read()).startswith(b"PK")
        assert (await boss.call("GET", f"reports/{name}.csv", params=query)).status == 200
    assert (await boss.get("reports/voice/evidence", **{"from": now, "to": now, "team_id": "t"}))[0] == 422
    assert (await boss.get("reports/voice/evidence", **{"from": now, "to": now, "term": "x"}))[1]["items"] == []
