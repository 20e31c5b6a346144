"""The API of an account's tools: who may, what comes back, and what is said when the platform refuses."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from channels.wechat.simulator import Fault, WeChatSimulator
from scrm.clock import ManualClock, SystemClock
from scrm.model.message import TemplateUse
from scrm.model.people import Role
from scrm.model.work import partition_of
from scrm.web.masking import Masking
from tests.storage import records
from tests.web.conftest import CHANNEL, Desk, OpenDesk

GIFTS: dict[str, Any] = {"name": "门店 7", "scene": "store-7", "lasts": 3600}


@pytest.fixture
async def platform() -> AsyncIterator[WeChatSimulator]:
    async with WeChatSimulator(clock=ManualClock(SystemClock().now())) as simulator:
        yield simulator


async def connected(desk: Desk, platform: WeChatSimulator) -> str:
    admin = await desk.program()
    status, made = await admin.post("channels", {"type": "wechat", "name": "A 店", "settings": platform.settings()})
    assert status == 201, made
    return f"channels/{made['id']}"


async def test_tools_of_an_account(open_desk: OpenDesk, platform: WeChatSimulator) -> None:
    desk = await open_desk()
    channel = await connected(desk, platform)
    admin, agent = await desk.signed_in("boss", Role.ADMIN), await desk.signed_in(role=Role.AGENT)
    for path in ("qr-codes", "menu", "menu/shown", "tags", "templates"):
        assert (await agent.get(f"{channel}/{path}"))[0] == 403
        assert (await admin.get(f"{channel}/{path}"))[0] == 200
    assert (await admin.get("channels/nothing/menu"))[0] == 404
    assert (await admin.get(f"channels/{CHANNEL}/menu"))[0] == 409  # its platform has no menus

    status, code = await admin.post(f"{channel}/qr-codes", GIFTS)
    assert (status, code["scene"], code["expires_at"] is not None) == (201, "store-7", True)
    picture = await agent.call("GET", f"attachments/{code['picture_id']}")
    assert picture.headers["Content-Type"] == "image/png"
    status, problem = await admin.post(f"{channel}/qr-codes", {**GIFTS, "scene": "a b"})
    assert (status, list(problem["errors"])) == (422, ["scene"])
    assert (await admin.post(f"{channel}/qr-codes", GIFTS))[0] == 409
    assert (await admin.patch(f"qr-codes/{code['id']}", {"name": "门店 8"}))[1]["name"] == "门店 8"
    listed = (await admin.get(f"{channel}/qr-codes"))[1]["items"]
    assert [(row["code"]["name"], row["counts"]["scans"]) for row in listed] == [("门店 8", 0)]
    assert (await admin.get(f"qr-codes/{code['id']}/scans"))[1] == {"items": [], "next": None}
    assert (await admin.delete(f"qr-codes/{code['id']}"))[0] == 204
    assert (await admin.get(f"qr-codes/{code['id']}/scans"))[0] == 404

    body = {"buttons": [{"name": "人工", "type": "click", "key": "kf"}], "actions": [{"key": "kf", "opens": True}]}
    assert (await admin.patch(f"{channel}/menu", body))[1]["published_at"] is None
    assert (await admin.post(f"{channel}/menu/publish", {}))[1]["published_at"] is not None
    assert (await admin.get(f"{channel}/menu/shown"))[1]["buttons"][0]["key"] == "kf"
    status, problem = await admin.patch(f"{channel}/menu", {"buttons": [{"name": "人工", "type": "click"}]})
    assert (status, problem["errors"]) == (422, {"0": "This button needs a key."})
    assert (await admin.delete(f"{channel}/menu"))[1]["published_at"] is None

    [label] = [(await admin.post("labels", {"name": "贵宾", "color": "#ff0000"}))[1]]
    linked = (await admin.post(f"{channel}/tags", {"label_id": label["id"]}))[1]["links"]
    assert list(linked) == [label["id"]]
    assert (await admin.get(f"{channel}/tags"))[1]["tags"][0]["name"] == "贵宾"
    assert (await admin.delete(f"{channel}/tags/{label['id']}"))[1]["links"] == {}
    assert (await admin.post(f"{channel}/tags", {}))[0] == 409
    platform.inject(Fault(name="/cgi-bin/tags/get", code=48001))
    status, problem = await admin.get(f"{channel}/tags")
    assert (status, problem["code"]) == (409, "not_permitted")


def test_what_a_template_was_filled_with_is_masked_as_the_message_is() -> None:
    use = TemplateUse(template_id="t1", kind="subscribe", title="进度", fields={"thing1": "13800138000"})
    masking = Masking(None, lambda text: text.replace("13800138000", "138****8000"), ManualClock())  # type: ignore[arg-type]
    shown = masking.message(replace(records.message(), content="请拨 13800138000", template=use))
    assert "13800138000" not in str(shown)


async def test_a_template_reaches_a_customer_whose_window_is_closed(
    open_desk: OpenDesk, platform: WeChatSimulator
) -> None:
    desk = await open_desk()
    channel = await connected(desk, platform)
    admin, agent = await desk.signed_in("boss", Role.ADMIN), await desk.signed_in(role=Role.AGENT)
    platform.connect(str(desk.server.make_url(f"/hooks/{channel.removeprefix('channels/')}")))
    found = (await admin.post(f"{channel}/templates/fetch", {}))[1]["items"]
    template = next(each for each in found if each["kind"] == "subscribe")
    path = f"{channel}/templates/{template['template_id']}"
    assert (await admin.patch(path, {"enabled": True, "mapping": {"thing1": "{message}"}}))[1]["enabled"]
    assert (await admin.patch(path, {"url": "ftp://a"}))[0] == 422
    assert (await platform.agree("王芳", template["template_id"])).delivered
    partition = partition_of(channel.removeprefix("channels/"), platform.openid("王芳"))
    await desk.hub.work_off([partition])
    [conversation] = (await agent.get("conversations", status="resolved"))[1]["items"]
    base = f"conversations/{conversation['id']}"
    [offer] = (await agent.get(f"{base}/offers"))[1]["items"]
    assert (offer["left"], offer["refusal"]) == (1, "")
    wrong = {"client_id": "n1", "template_id": template["template_id"], "fields": {"thing1": "退款"}}
    status, problem = await agent.post(f"{base}/notices", wrong)
    assert (status, set(problem["errors"])) == (422, {"phrase2", "thing3"})
    right = {**wrong, "fields": {"thing1": "退款", "phrase2": "处理中", "thing3": "请留意"}}
    status, message = await agent.post(f"{base}/notices", right)
    assert (status, message["template"]["title"]) == (201, template["title"])
    assert (await agent.post(f"{base}/notices", right))[0] == 200
    status, problem = await agent.post(f"{base}/notices", {**right, "client_id": "n2"})
    assert (status, problem["code"]) == (409, "no_consent")
    await desk.hub.work_off([partition])
    assert [sent.type for sent in platform.sent] == ["subscribe"]

    # By itself, once an administrator says so and the customer agreed again.
    assert isinstance(platform.clock, ManualClock)
    platform.clock.advance(1)
    assert (await platform.agree("王芳", template["template_id"])).delivered
    await desk.hub.work_off([partition])
    reply = {"client_id": "n3", "content": "退款已经在路上了，请您留意到账的短信"}
    status, problem = await agent.post(f"{base}/messages", reply)
    assert (status, problem["code"]) == (409, "window_closed")
    status, problem = await admin.patch(path, {"automatic": True})
    assert (status, set(problem["errors"])) == (422, {"automatic"})
    filled = {"thing1": "{message}", "phrase2": "处理中", "thing3": "{workspace}"}
    assert (await agent.patch(path, {"automatic": True, "mapping": filled}))[0] == 403
    assert (await admin.patch(path, {"automatic": True, "mapping": filled}))[1]["automatic"]
    assert (await admin.patch(path, {"mapping": {"thing1": "您好"}}))[0] == 422
    [offer] = (await agent.get(f"{base}/offers"))[1]["items"]
    assert (offer["left"], offer["automatic"]) == (1, True)
    status, message = await agent.post(f"{base}/messages", reply)
    assert (status, message["template"]["fields"]["thing1"]) == (201, reply["content"][:20])
    assert (await agent.post(f"{base}/messages", reply))[1]["id"] == message["id"]
    await desk.hub.work_off([partition])
    assert [sent.type for sent in platform.sent] == ["subscribe", "subscribe"]
    status, problem = await agent.post(f"{base}/messages", {**reply, "client_id": "n4"})
    assert (status, problem["code"]) == (409, "window_closed")
    assert not (await admin.patch(path, {"enabled": False}))[1]["automatic"]
