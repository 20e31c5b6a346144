"""A company's own categories over HTTP, with real training; and corrections."""

import asyncio
import io
from typing import Any

from aiohttp import FormData

from scrm.model.people import Role
from tests.nlp.test_company import WHAT
from tests.nlp.workbook import workbook
from tests.web.conftest import Caller, Desk

NAMES = {"room": "客房", "dining": "餐饮", "parking": "停车"}


def rows() -> list[tuple[str, str]]:
    texts = [(a + b, NAMES[code]) for code, (things, rest) in WHAT.items() for a in things for b in rest]
    return [("文本", "分类"), *texts]


async def upload(caller: Caller, version: str, name: str, data: bytes, **query: str) -> tuple[int, Any]:
    form = FormData()
    form.add_field("file", io.BytesIO(data), filename=name, content_type="application/octet-stream")
    response = await caller.call("POST", f"taxonomies/{version}/import", data=form, params=query)
    return response.status, await response.json()


async def until_trained(caller: Caller, version: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            _, view = await caller.get(f"taxonomies/{version}")
            if view["run"]["status"] != "running":
                return dict(view)
            await asyncio.sleep(0.2)


async def test_from_a_workbook_to_published_and_back(desk: Desk) -> None:
    manager = await desk.signed_in("lin", Role.MANAGER)
    status, version = await manager.post("taxonomies", {"name": "酒店"})
    assert (status, version["state"], version["number"]) == (201, "draft", 1)
    status, told = await upload(manager, version["id"], "例句.xlsx", workbook(rows(), shared=True))
    assert (status, told["added"], told["encoding"]) == (200, 84, "xlsx")
    assert sorted(told["new_categories"]) == sorted(NAMES.values())
    status, told = await manager.post(
        f"taxonomies/{version['id']}/examples", {"pasted": "车位贵不贵\t停车\n一句没有分类的\n房间里有蟑螂\t停车"}
    )
    assert (status, told["added"], told["bad"][0]["reason"]) == (200, 2, "no_category")
    desk.clock.advance(1)  # type: ignore[attr-defined]
    status, begun = await manager.post(f"taxonomies/{version['id']}/train")
    assert (status, begun["run"]["status"]) == (202, "running")
    trained = await until_trained(manager, version["id"])
    assert (trained["state"], trained["run"]["status"], trained["run"]["share"]) == ("trained", "done", 1.0)
    _, report = await manager.get(f"taxonomies/{version['id']}/report")
    assert report["accuracy"]["value"] >= 0.9
    codes = {each["name_zh"]: each["code"] for each in trained["categories"]}
    desk.clock.advance(1)  # type: ignore[attr-defined]
    # The mislabelled one is the first doubt, and is mended in its place.
    doubt = report["doubts"][0]
    assert (doubt["text"], doubt["code"], doubt["read"]) == ("房间里有蟑螂", codes["停车"], codes["客房"])
    status, mended = await manager.patch(
        f"taxonomies/{version['id']}/examples/{doubt['example_id']}", {"code": doubt["read"]}
    )
    assert (status, mended["code"]) == (200, codes["客房"])
    _, listed = await manager.get(f"taxonomies/{version['id']}/examples", code=codes["客房"], limit=1)
    assert listed["items"][0]["text"] == "房间里有蟑螂"
    assert listed["next"] == listed["items"][0]["id"]
    status, tried = await manager.post(f"taxonomies/{version['id']}/try", {"texts": ["车位还有吗", "你好"]})
    assert [each["category"] for each in tried["items"]] == [codes["停车"], None]
    assert tried["items"][0]["evidence"]
    # Changed after training: not to be published as it is.
    status, problem = await manager.post("taxonomies/publish", {"taxonomy_id": version["id"]})
    assert (status, problem["code"]) == (409, "conflict")
    desk.clock.advance(1)  # type: ignore[attr-defined]
    await manager.post(f"taxonomies/{version['id']}/train")
    await until_trained(manager, version["id"])
    status, published = await manager.post("taxonomies/publish", {"taxonomy_id": version["id"]})
    assert (status, published["number"], published["by"]["name"]) == (200, 1, "Lin")
    _, everything = await manager.get("bootstrap")
    assert [each["name_zh"] for each in everything["categories"]] == [each["name_zh"] for each in trained["categories"]]
    assert "logistics" in {each["code"] for each in everything["former_categories"]}
    # A team that claims a category out of use can still be changed, and cannot take another such one.
    status, team = await manager.post("teams", {"name": "车场", "categories": [codes["停车"]]})
    assert status == 201
    status, _ = await manager.post("taxonomies/publish", {"taxonomy_id": None})
    assert status == 200
    status, _ = await manager.patch(f"teams/{team['id']}", {"name": "车场组", "categories": [codes["停车"], "refund"]})
    assert status == 200
    status, _ = await manager.patch(f"teams/{team['id']}", {"categories": [codes["餐饮"]]})
    assert status == 422
    _, listed = await manager.get("taxonomies")
    assert [entry["number"] for entry in listed["log"]] == [0, 1]
    assert listed["shipped"]["published"]


async def test_only_managers_and_only_what_fits(desk: Desk) -> None:
    supervisor = await desk.signed_in("wang", Role.SUPERVISOR)
    assert (await supervisor.get("taxonomies"))[0] == 403
    assert (await supervisor.get("corrections"))[0] == 403
    manager = await desk.signed_in("lin", Role.MANAGER)
    _, version = await manager.post("taxonomies", {"name": "酒店"})
    path = f"taxonomies/{version['id']}"
    for name, data in (("a.pdf", b"%PDF"), ("a.xlsx", b"PK nothing"), ("a.csv", b"")):
        status, problem = await upload(manager, version["id"], name, data)
        assert (status, problem["code"]) == (422, "invalid")
    status, _ = await upload(manager, version["id"], "a.csv", b"x" * (11 * 1024 * 1024))
    assert status == 413
    assert (await upload(manager, version["id"], "a.csv", "一,二".encode(), code="none"))[0] == 404
    assert (await manager.post(f"{path}/examples", {"pasted": ""}))[0] == 422
    assert (await manager.post(f"{path}/train"))[0] == 409
    assert (await manager.post(f"{path}/try", {"texts": ["一句"]}))[0] == 404
    assert (await manager.get(f"{path}/report"))[0] == 404
    assert (await manager.patch(path, {"threshold": 0.5}))[0] == 409
    status, made = await manager.post(f"{path}/categories", {"name_zh": "停车", "description": "含充电"})
    code = made["categories"][0]["code"]
    assert (status, made["categories"][0]["description"]) == (201, "含充电")
    assert (await manager.patch(f"{path}/categories/{code}", {"name_zh": "车位"}))[1]["categories"][0][
        "name_zh"
    ] == "车位"
    assert (await manager.delete(f"{path}/categories/{code}"))[1]["categories"] == []
    response = await manager.call("GET", "taxonomies/template.csv")
    assert (await response.read()).startswith(b"\xef\xbb\xbf")
    assert (await manager.delete(path))[0] == 204
    assert (await manager.get(path))[0] == 404


async def test_an_agent_corrects_and_a_manager_decides(desk: Desk) -> None:
    agent = await desk.signed_in("wang")
    await desk.arrives("refund please")
    conversation = await desk.conversation()
    async with await agent.socket() as socket:
        await socket.receive_json()
        await socket.send_json({"type": "watch", "conversation_id": conversation.id, "after_position": -1})
        while (await socket.receive_json())["type"] != "caught_up":
            pass
        _, page = await agent.get(f"conversations/{conversation.id}/messages")
        message = page["items"][0]
        path = f"messages/{message['id']}/correction"
        status, changed = await agent.post(path, {"category": "other", "sentiment": "negative"})
        assert status == 200
        assert (changed["correction"]["category"], changed["analysis"]["category"]) == ("other", "refund")
        frame = await socket.receive_json()
        while frame["type"] != "message" or frame["message"]["id"] != message["id"]:
            frame = await socket.receive_json()
        assert frame["message"]["correction"] == changed["correction"]
    assert (await agent.post(path, {"category": "none such"}))[0] == 422
    assert (await agent.post("messages/gone/correction", {"category": None}))[0] == 404
    manager = await desk.signed_in("lin", Role.MANAGER)
    _, waiting = await manager.get("corrections")
    assert [(each["text"], each["was"]["category"], each["now"]["category"]) for each in waiting["items"]] == [
        ("refund please", "refund", "other")
    ]
    assert waiting["items"][0]["by"]["name"] == "Wang"
    _, drift = await manager.get("corrections/drift")
    assert (drift["days"][-1]["corrected"], drift["drifting"]) == (1, False)
    status, _ = await manager.post("corrections/decide", {"ids": [message["id"]], "taxonomy_id": None})
    assert status == 200
    assert (await manager.get("corrections"))[1]["items"] == []
