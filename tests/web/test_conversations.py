from datetime import timedelta

from scrm.clock import ManualClock
from scrm.model.people import Role
from tests.web.conftest import Desk


async def test_a_message_becomes_an_answered_conversation(desk: Desk) -> None:
    caller = await desk.signed_in()
    await desk.arrives("hello", "are you there")
    _, page = await caller.get("conversations")
    (view,) = page["items"]
    assert view["unread"] == 2
    assert view["contact"]["id"] == view["contact_id"]
    assert view["channel"] == {"id": "channel1", "name": "剧本", "type": "scripted"}
    assert view["window"]["open"] and view["window"]["replies_left"] == 5 and not view["window"]["unlimited"]

    status, message = await caller.post(f"conversations/{view['id']}/messages", {"content": "yes", "client_id": "c-1"})
    assert (status, message["kind"], message["author"]["name"]) == (201, "outgoing", "Lin")
    again, same = await caller.post(f"conversations/{view['id']}/messages", {"content": "yes", "client_id": "c-1"})
    assert (again, same["id"]) == (200, message["id"])
    await desk.works()
    assert [sent.content for sent in desk.platform.sent] == ["yes"]

    _, thread = await caller.get(f"conversations/{view['id']}/messages")
    said = [entry["content"] for entry in thread["items"] if entry["kind"] in ("incoming", "outgoing")]
    assert said == ["hello", "are you there", "yes"]


async def test_a_thread_is_read_forwards_and_backwards_by_position(desk: Desk) -> None:
    caller = await desk.signed_in()
    await desk.arrives(*(f"m{number}" for number in range(12)))
    found = await desk.conversation()
    path, last = f"conversations/{found.id}/messages", found.last_position

    forwards: list[int] = []
    page = {"next": "0"}
    while page["next"] is not None:
        _, page = await caller.get(path, after_position=page["next"], limit=5)
        assert page["last_position"] == last
        forwards += [entry["position"] for entry in page["items"]]
    assert forwards == list(range(1, last + 1))

    backwards: list[int] = []
    _, page = await caller.get(path, limit=5)
    backwards = [entry["position"] for entry in page["items"]]
    while page["next"] is not None:
        _, page = await caller.get(path, before_position=page["next"], limit=5)
        backwards = [entry["position"] for entry in page["items"]] + backwards
    assert backwards == forwards

    assert (await caller.get(path, after_position=last))[1]["items"] == []
    assert (await caller.get(path, after_position=10**9))[1]["items"] == []
    assert (await caller.get(path, before_position=0))[1] == {"items": [], "next": None, "last_position": last}
    assert (await caller.get(path, after_position=1, before_position=3))[0] == 422


async def test_lists_are_paged_by_key_without_a_gap_or_a_repeat(desk: Desk) -> None:
    caller = await desk.signed_in()
    assert isinstance(desk.clock, ManualClock)
    for number in range(7):
        await desk.arrives("hello", sender=f"customer{number}", taken_in=False)
        desk.clock.advance(1)
    await desk.works()
    _, whole = await caller.get("conversations")
    seen: list[str] = []
    query: dict[str, object] = {"limit": 3}
    while True:
        _, page = await caller.get("conversations", **query)
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert seen == [item["id"] for item in whole["items"]]
    assert len(set(seen)) == 7


async def test_lists_narrow_by_status_and_assignee(desk: Desk) -> None:
    caller = await desk.signed_in()
    other = await desk.agent("wang")
    for sender in ("a", "b", "c"):
        await desk.arrives("hi", sender=sender, taken_in=False)
    await desk.works()
    a, b, c = [(await desk.conversation(sender)).id for sender in ("a", "b", "c")]
    me = (await caller.get("session"))[1]["agent"]["id"]
    await caller.patch(f"conversations/{a}", {"assignee_id": me})
    await caller.patch(f"conversations/{b}", {"assignee_id": other.id})
    await caller.patch(f"conversations/{c}", {"status": "resolved"})

    async def ids(**query: str) -> set[str]:
        _, page = await caller.get("conversations", **query)
        return {item["id"] for item in page["items"]}

    assert await ids() == {a, b}
    assert await ids(assignee="me") == {a}
    assert await ids(assignee=other.id) == {b}
    assert await ids(assignee="none") == set()
    assert await ids(status="resolved") == {c}
    assert await ids(status="open", channel_id="channel1", team_id="") == {a, b}
    assert await ids(channel_id="elsewhere") == set()
    _, counts = await caller.get("conversations/counts")
    assert counts == {"mine": 1, "unassigned": 0, "all": 2, "backlog": 2, "backlog_unassigned": 0}


async def test_changes_are_made_and_leave_activities(desk: Desk) -> None:
    caller = await desk.signed_in(role=Role.SUPERVISOR)
    await desk.arrives("hello")
    found = await desk.conversation()
    _, label = await caller.post("labels", {"name": "急", "color": "#ff0000"})
    _, team = await caller.post("teams", {"name": "售后", "categories": ["refund"]})
    until = (desk.clock.now() + timedelta(hours=1)).isoformat()
    status, view = await caller.patch(
        f"conversations/{found.id}",
        {
            "status": "snoozed",
            "snoozed_until": until,
            "labels": [label["id"]],
            "team_id": team["id"],
            "priority": "high",
            "category": "refund",
        },
    )
    assert status == 200
    assert (view["status"], view["labels"], view["team_id"], view["priority"], view["category"]) == (
        "snoozed", [label["id"]], team["id"], "high", "refund",
    )  # fmt: skip
    _, thread = await caller.get(f"conversations/{found.id}/messages")
    assert any(entry["kind"] == "activity" and entry["author"]["type"] == "agent" for entry in thread["items"])
    # What is put off is out of the list and its numbers until it comes back.
    assert (await caller.get("conversations"))[1]["items"] == []
    assert [each["id"] for each in (await caller.get("conversations?status=snoozed"))[1]["items"]] == [found.id]
    _, counts = await caller.get("conversations/counts")
    assert (counts["all"], counts["backlog"], counts["backlog_unassigned"]) == (0, 1, 1)
    status, view = await caller.patch(f"conversations/{found.id}", {"team_id": None, "status": "open"})
    assert (view["team_id"], view["status"], view["snoozed_until"]) == (None, "open", None)
    assert [each["id"] for each in (await caller.get("conversations"))[1]["items"]] == [found.id]
    assert (await caller.get("conversations/counts"))[1]["all"] == 1


async def test_changes_to_what_does_not_exist_are_refused(desk: Desk) -> None:
    caller = await desk.signed_in()
    await desk.arrives("hello")
    path = f"conversations/{(await desk.conversation()).id}"
    for change in (
        {"assignee_id": "nobody"},
        {"team_id": "nowhere"},
        {"labels": ["none"]},
        {"category": "invented"},
        {"status": "snoozed"},
        {"status": "closed"},
        {"status": "snoozed", "snoozed_until": "2020-01-01T00:00:00Z"},
        {"status": "snoozed", "snoozed_until": "2036-01-01T00:00:00"},
    ):
        assert (await caller.patch(path, change))[0] == 422, change
    assert (await caller.patch("conversations/nothing", {"status": "open"}))[0] == 404


async def test_reading_counts_down_what_is_unread(desk: Desk) -> None:
    caller = await desk.signed_in()
    await desk.arrives("one", "two", "three")
    found = await desk.conversation()
    thread = await desk.stores.messages.thread(found.id, after=0, until=100)
    second = next(entry.position for entry in thread if entry.content == "two")

    async def unread() -> int:
        return int((await caller.get(f"conversations/{found.id}"))[1]["unread"])

    assert await unread() == 3
    assert (await caller.post(f"conversations/{found.id}/read", {"position": second}))[0] == 204
    assert await unread() == 1
    await caller.post(f"conversations/{found.id}/read", {"position": 10**6})
    assert await unread() == 0
    await caller.post(f"conversations/{found.id}/read", {"position": 1})
    assert await unread() == 0  # marks only move forward
    await desk.arrives("four")
    assert await unread() == 1
    other = await desk.signed_in("wang")
    assert (await other.get(f"conversations/{found.id}"))[1]["unread"] == 4


async def test_a_reply_the_channel_forbids_is_refused_with_its_reason(desk: Desk) -> None:
    caller = await desk.signed_in()
    await desk.arrives("hello")
    path = f"conversations/{(await desk.conversation()).id}/messages"
    for number in range(5):
        assert (await caller.post(path, {"content": "yes", "client_id": f"c-{number}"}))[0] == 201
    status, body = await caller.post(path, {"content": "one too many", "client_id": "c-9"})
    assert (status, body["code"]) == (409, "replies_used_up")
    assert isinstance(desk.clock, ManualClock)
    desk.clock.advance(49 * 3600)
    await caller.sign_in("lin")
    status, body = await caller.post(path, {"content": "too late", "client_id": "c-10"})
    assert (status, body["code"]) == (409, "window_closed")
    status, note = await caller.post(path, {"content": "for us", "client_id": "c-11", "kind": "note"})
    assert (status, note["kind"]) == (201, "note")
    assert (await caller.post(path, {"content": " ", "client_id": "c-12"}))[0] == 422
    status, refusal = await caller.post(path, {"content": "that one", "client_id": "c-13", "reply_to": note["id"]})
    assert (status, list(refusal["errors"])) == (422, ["reply_to"])


async def test_failed_messages_are_retried_because_a_person_decides(desk: Desk) -> None:
    from scrm.errors import SendError, SendErrorCode

    caller = await desk.signed_in()
    await desk.arrives("hello")
    path = f"conversations/{(await desk.conversation()).id}/messages"
    desk.platform.answers.append(SendError(SendErrorCode.TIMEOUT, certain=False))
    _, message = await caller.post(path, {"content": "did it go?", "client_id": "c-1"})
    await desk.works()
    _, thread = await caller.get(path)
    assert {each["id"]: each["status"] for each in thread["items"]}[message["id"]] == "unknown"
    status, given_up = await caller.post(f"messages/{message['id']}/give-up")
    assert (status, given_up["status"]) == (200, "failed")
    status, queued = await caller.post(f"messages/{message['id']}/retry")
    assert (status, queued["status"]) == (200, "queued")
    await desk.works()
    assert [sent.content for sent in desk.platform.sent] == ["did it go?"]
    assert (await caller.post(f"messages/{message['id']}/retry"))[0] == 409
    assert (await caller.post("messages/nothing/retry"))[0] == 404


async def test_bootstrap_shows_settings_only_to_administrators(desk: Desk) -> None:
    agent, admin = await desk.signed_in("lin"), await desk.signed_in("zhao", Role.ADMIN)
    settings = {
        "app_id": "wx0123456789abcdef", "app_secret": "0123456789abcdef0123456789abcdef", "token": "tokentoken",
        "mode": "plain", "api_base": "https://api.weixin.qq.com",
    }  # fmt: skip
    status, channel = await admin.post("channels", {"type": "wechat", "name": "A 店", "settings": settings})
    assert status == 201, channel
    shown = {caller: (await caller.get("bootstrap"))[1] for caller in (agent, admin)}
    settings_of = {
        caller: next(each["settings"] for each in body["channels"] if each["id"] == channel["id"])
        for caller, body in shown.items()
    }
    assert settings_of[agent] == {}
    assert settings_of[admin]["app_id"] == "wx0123456789abcdef"
    assert settings_of[admin]["app_secret"] == ""
    assert shown[agent]["me"]["login"] == "lin"
    assert (await (await desk.program()).get("bootstrap"))[1]["me"] is None
