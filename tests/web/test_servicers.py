"""Passing customers on to a platform's own people, over the API."""

from collections.abc import Sequence

from pytest import MonkeyPatch

from scrm.errors import SendError, SendErrorCode
from scrm.model.people import Role
from scrm.ports.abilities import Servicer
from tests.web.conftest import CHANNEL, Desk


class Platform:
    """What a channel's adapter adds when its platform has people of its own."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.refuses: SendErrorCode | None = None

    async def servicers(self) -> Sequence[Servicer]:
        return [Servicer(id="away", name="Away", takes=False), Servicer(id="zhang", name="Zhang", takes=True)]

    async def pass_on(self, recipient: str, servicer_id: str) -> None:
        if self.refuses is not None:
            raise SendError(self.refuses, platform_code="95018")
        self.asked.append(("pass_on", recipient, servicer_id))

    async def serviced_by(self, recipient: str) -> str | None:
        return None

    async def take_back(self, recipient: str) -> bool:
        self.asked.append(("take_back", recipient))
        return True


async def platform_of(desk: Desk, monkeypatch: MonkeyPatch) -> Platform:
    platform, adapter = Platform(), (await desk.hub._adapters.get(CHANNEL)).adapter
    for name in ("servicers", "pass_on", "serviced_by", "take_back"):
        monkeypatch.setattr(adapter, name, getattr(platform, name), raising=False)
    return platform


async def test_a_customer_is_passed_on_and_taken_back(desk: Desk, monkeypatch: MonkeyPatch) -> None:
    caller = await desk.signed_in(role=Role.AGENT)
    await desk.arrives("hello")
    platform, path = await platform_of(desk, monkeypatch), f"conversations/{(await desk.conversation()).id}"

    status, listed = await caller.get(f"{path}/servicers")
    assert (status, [each["id"] for each in listed["items"]]) == (200, ["zhang", "away"])

    status, view = await caller.put(f"{path}/servicer", {"servicer_id": "zhang"})
    assert status == 200, view
    assert (view["status"], view["servicing"]["servicer_id"]) == ("pending", "zhang")
    status, refusal = await caller.post(f"{path}/messages", {"content": "me again", "client_id": "c-1"})
    assert (status, refusal["code"]) == (409, "with_servicer")

    status, view = await caller.delete(f"{path}/servicer")
    assert (status, view["status"], view["servicing"]["servicer_id"]) == (200, "open", None)
    assert view["window"]["open"] is False
    assert [each[0] for each in platform.asked] == ["pass_on", "take_back"]
    _, thread = await caller.get(f"{path}/messages")
    lines = [each["details"] for each in thread["items"] if each["content"] == "platform_session"]
    assert [each["state"] for each in lines] == ["passed_on", "taken_back"]


async def test_what_the_platform_would_not_take_is_said_and_changes_nothing(
    desk: Desk, monkeypatch: MonkeyPatch
) -> None:
    caller = await desk.signed_in(role=Role.AGENT)
    await desk.arrives("hello")
    platform, path = await platform_of(desk, monkeypatch), f"conversations/{(await desk.conversation()).id}"

    assert (await caller.put(f"{path}/servicer", {"servicer_id": "nobody"}))[0] == 422
    status, refusal = await caller.put(f"{path}/servicer", {"servicer_id": "away"})
    assert (status, refusal["code"]) == (409, "servicer_away")
    platform.refuses = SendErrorCode.WINDOW_CLOSED
    status, refusal = await caller.put(f"{path}/servicer", {"servicer_id": "zhang"})
    assert (status, refusal["code"]) == (409, "window_closed")
    assert "write first" in refusal["detail"]
    assert platform.asked == [] and (await caller.get(path))[1]["servicing"] is None
    assert (await caller.delete(f"{path}/servicer"))[0] == 409


async def test_a_platform_without_people_and_conversations_nobody_knows(desk: Desk) -> None:
    caller = await desk.signed_in(role=Role.AGENT)
    await desk.arrives("hello")
    path = f"conversations/{(await desk.conversation()).id}"
    assert (await caller.get(f"{path}/servicers"))[0] == 409
    assert (await caller.put(f"{path}/servicer", {}))[0] == 409
    assert (await caller.get("conversations/nobody/servicers"))[0] == 404
    assert (await caller.put("conversations/nobody/servicer", {"servicer_id": "zhang"}))[0] == 404
    assert (await caller.delete("conversations/nobody/servicer"))[0] == 404
