"""Mentions, monitors and sources over HTTP, from a program's push to an alert's numbers."""

from datetime import timedelta
from typing import Any

import pytest
from aiohttp import FormData

from dashboards.monitor import MonitorTopics
from dashboards.monitor.mentions import MentionRoom
from nlp.terms import SearchCutter
from nlp.trainer import ProcessTrainer
from scrm.model.people import Role
from tests.mentions.make import ZONE
from tests.web.conftest import Caller, Desk, client_files, desk, open_desk

__all__ = ["client_files", "desk", "open_desk"]  # fixtures


def room(desk: Desk) -> MentionRoom:
    return MentionRoom.make(
        desk.stores, analyser=desk.context.analyser, cutter=SearchCutter(), tables=ProcessTrainer(),
        finder=MonitorTopics(desk.stores, desk.clock, ZONE).finder, clock=desk.clock, ids=desk.context.ids,
        zone=ZONE, owner="test",
    )  # fmt: skip


def span(desk: Desk, days: int = 7) -> dict[str, Any]:
    now = desk.clock.now()
    return {"since": (now - timedelta(days=days)).isoformat(), "until": (now + timedelta(minutes=1)).isoformat()}


@pytest.fixture
async def boss(desk: Desk) -> Caller:
    return await desk.signed_in(role=Role.ADMIN)


async def test_a_program_pushes_and_the_list_shows_it(desk: Desk, boss: Caller) -> None:
    program = await desk.program(Role.SUPERVISOR)
    one = {
        "url": "https://weibo.com/1?utm_source=x",
        "text": "angry about the <b>refund</b>",
        "author": "甲",
        "reach": 9,
    }
    status, report = await program.post("mentions", one)
    assert (status, report["new"]) == (201, 1)
    status, report = await program.post("mentions", [one, {"text": "x"}, {"url": "https://a.example/2", "title": "t"}])
    assert status == 201
    assert [(row["line"], row["state"], row["reason"]) for row in report["rows"]] == [
        (1, "known", ""), (2, "refused", "no_address"), (3, "new", ""),
    ]  # fmt: skip
    assert (await program.post("mentions", {"text": "", "url": "https://a.example/"}))[0] == 422
    assert (await program.post("mentions", {"text": 5}))[0] == 422
    assert (await (await desk.signed_in("low")).get("mentions", **span(desk)))[0] == 403

    await room(desk).watch.tick()
    _, page = await boss.get("mentions", **span(desk), q="REFUND -招聘")
    [story] = page["items"]
    assert (story["mention"]["text"], story["mention"]["sentiment"], story["spread"]) == (
        "angry about the refund", "negative", 1,
    )  # fmt: skip
    assert story["mention"]["grams"] == []
    _, again = await boss.get(f"mentions/{story['mention']['id']}")
    assert again == story
    assert (await boss.get("mentions/nope"))[0] == 404
    assert [(await boss.get("mentions", **span(desk), q=q))[0] for q in ("(", "-x")] == [422, 422]
    first, rest = (await boss.get("mentions", **span(desk), limit=1))[1], []
    rest = (await boss.get("mentions", **span(desk), limit=1, after=first["next"]))[1]
    assert {first["items"][0]["mention"]["id"], rest["items"][0]["mention"]["id"]} == {
        row["id"] for row in report["rows"] if row["id"]
    }
    assert rest["next"] is None
    table = await boss.call("GET", "mentions/export.csv", params={**span(desk), "sentiment": "negative"})
    text = (await table.read()).decode("utf-8-sig")
    assert text.startswith("提及") or "正文" in text
    assert "angry about the refund" in text and "负面" in text


async def test_a_file_of_mixed_encodings_comes_in_row_by_row(boss: Caller) -> None:
    rows = ["标题,正文,链接".encode(), "一,发热,https://a.example/1".encode("gb18030"), b"\xff\xfe\xfd,x,"]
    rows.append("三,退货,https://a.example/3".encode())
    form = FormData()
    form.add_field("file", b"\n".join(rows), filename="舆情.csv")
    status, report = await boss._json("POST", "mentions/import", data=form)
    assert (status, report["new"], report["refused"], report["encoding"]) == (200, 2, 1, "utf-8 + gb18030")
    assert [(row["line"], row["reason"]) for row in report["rows"]] == [(3, "bad_encoding")]


async def test_a_monitor_counts_both_streams_and_its_numbers_open(desk: Desk, boss: Caller) -> None:
    await desk.arrives("angry about my refund", "hello", sender="alice")
    await boss.post("mentions", [{"url": f"https://a.example/{n}", "text": f"the refund number {n}"} for n in range(3)])
    status, wrong = await boss.post("monitors", {"name": "m", "kind": "risk", "expression": "refund OR ("})
    assert (status, list(wrong["errors"])) == (422, ["expression"])
    _, tried = await boss.post("monitors/preview", {"expression": "refund"})
    counted = room(desk)
    status, monitor = await boss.post("monitors", {"name": "退款", "kind": "risk", "expression": "refund"})
    assert (status, monitor["counted"]) == (201, False)
    assert (await boss.post("monitors", {"name": "退款", "kind": "risk", "expression": "x"}))[0] == 409
    desk.clock.advance(1)  # type: ignore[attr-defined]
    for _ in range(2):
        assert await counted.watch.tick()
    assert [(each["stream"], each["matched"]) for each in tried["items"]] == [("mentions", 3), ("messages", 1)]
    _, report = await boss.get("monitors/report", **span(desk), monitor_id=monitor["id"])
    assert [(stream["stream"], stream["items"], stream["people"]) for stream in report["streams"]] == [
        ("mentions", 3, 3), ("messages", 1, 1),
    ]  # fmt: skip
    assert report["monitor"]["counted"]
    mentions, messages = report["streams"]
    assert sum(point["items"] for point in mentions["points"]) == 3
    assert messages["voices"][0]["conversation_id"]
    _, page = await boss.get("mentions", **span(desk), monitor_id=monitor["id"])
    assert len(page["items"]) == 3
    _, page = await boss.get(f"monitors/{monitor['id']}/messages", **span(desk))
    assert [item["message"]["content"] for item in page["items"]] == ["angry about my refund"]
    _, shares = await boss.get("mentions/share", **span(desk), monitor_ids=monitor["id"])
    assert [(share["items"], share["share"]) for share in shares["items"]] == [(3, 1.0)]
    # A new expression is counted anew.
    _, changed = await boss.patch(f"monitors/{monitor['id']}", {"expression": "number NOT 2"})
    assert not changed["counted"]
    await counted.watch.tick()
    _, report = await boss.get("monitors/report", **span(desk), monitor_id=monitor["id"])
    assert [stream["items"] for stream in report["streams"]] == [2, 0]
    _, every = await boss.get("monitors/report", **span(desk))
    assert (every["monitor"], every["streams"][0]["items"]) == (None, 3)
    assert (await boss.delete(f"monitors/{monitor['id']}"))[0] == 204
    assert (await boss.get("monitors/report", **span(desk), monitor_id=monitor["id"]))[0] == 404


async def test_sources_are_kept_by_administrators_and_tell_no_secret(desk: Desk, boss: Caller) -> None:
    body = {"name": "RSSHub", "kind": "feed", "url": "http://127.0.0.1:9/feed", "headers": {"Cookie": "SUB=secret"}}
    supervisor = await desk.signed_in("super", Role.SUPERVISOR)
    assert (await supervisor.post("mention-sources", body))[0] == 403
    status, source = await boss.post("mention-sources", body)
    assert (status, source["header_names"]) == (201, ["Cookie"])
    assert "secret" not in str((await supervisor.get("mention-sources"))[1])
    assert (await boss.post("mention-sources", body))[0] == 409
    _, fetched = await boss.post(f"mention-sources/{source['id']}/fetch")
    assert (fetched["last"]["error"], fetched["failures"]) == ("private", 1)
    _, tried = await boss.post("mention-sources/try", {**body, "own": True})
    assert tried["result"]["error"] == "unreachable"
    _, paused = await boss.patch(f"mention-sources/{source['id']}", {"paused": True, "every": 60})
    assert (paused["paused"], paused["header_names"]) == (True, ["Cookie"])
    for wrong in (
        {"url": "ftp://a"}, {"kind": "endpoint"}, {"headers": {"Host": "x"}}, {"headers": {"A": "b\r\nC: d"}},
        {"every": 1},
    ):  # fmt: skip
        assert (await boss.post("mention-sources/try", {**body, **wrong}))[0] == 422, wrong
    assert (await boss.delete(f"mention-sources/{source['id']}"))[0] == 204
    assert (await boss.delete(f"mention-sources/{source['id']}"))[0] == 404
