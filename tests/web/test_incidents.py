"""The incident room over HTTP: its numbers open, the approved reply goes to each conversation once, it closes with
evidence."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from msgspec.structs import replace

from scrm.alerts.replying import Replying, client_id
from scrm.model.conversation import ReplyWindow
from scrm.model.incidents import ReplyTarget
from scrm.model.message import AuthorType
from scrm.model.people import Role
from scrm.model.topics import Alert, Moods
from tests.storage import records
from tests.web.conftest import CHANNEL, Caller, Desk

SENDERS = ("alice", "bob", "carol")
TEXT = "非常抱歉，这一批充电宝可以免费更换。"


async def burst(desk: Desk) -> Alert:
    """Three customers wrote about it, their messages are noted, and it is an alert."""
    now = desk.clock.now()
    noted = []
    for sender in SENDERS:
        await desk.arrives("angry 充电发热", sender=sender)
        conversation = await desk.conversation(sender)
        for message in await desk.stores.messages.thread(conversation.id, after=0, until=50):
            if message.analysis is not None:
                noted.append(
                    records.term_reading(
                        id=message.id, at=message.created_at, counted_at=now, channel_id=CHANNEL,
                        conversation_id=conversation.id, contact_id=conversation.contact_id, terms=("充电发热",),
                    )
                )  # fmt: skip
    await desk.stores.topics.record(noted, [now.replace(hour=0)] * len(noted))
    topic = records.topic(
        terms=("充电发热",), since=now - timedelta(hours=2), until=now, as_of=now, messages=3, people=3,
        moods=Moods(negative=3), channels={CHANNEL: 3}, first_seen=now - timedelta(hours=1),
    )  # fmt: skip
    alert = records.alert(topic=topic, opened_at=now, last_seen_at=now)
    await desk.stores.topics.add_alert(alert)
    return alert


async def opened(caller: Caller, page: str) -> int:
    """How many messages the address of a citation or phase lists."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
    assert asked.pop("ev") == "topic"
    asked.pop("what")
    _, found = await caller.get("topics/evidence", **asked, limit=100)
    return len(found["items"])


def worker(desk: Desk, owner: str = "one") -> Replying:
    return Replying(desk.stores, desk.hub, desk.clock, owner)


async def test_an_approved_reply_goes_to_each_conversation_once(desk: Desk) -> None:
    alert = await burst(desk)
    boss = await desk.signed_in("chen", role=Role.SUPERVISOR)
    place = f"incidents/{alert.id}"
    _, room = await boss.get(place)
    reaches = {each["conversation"]["id"]: each for each in room["affected"]}
    assert (len(reaches), room["contacts"], room["messages"]) == (3, 3, 3)
    assert all(each["code"] is None and each["messages"] == 1 for each in reaches.values())
    assert (await boss.post(f"{place}/reply/apply", {"conversation_ids": list(reaches)}))[0] == 409
    await boss.put(f"{place}/reply", {"text": TEXT})
    assert (await boss.post(f"{place}/reply/apply", {"conversation_ids": list(reaches)}))[0] == 409
    assert (await boss.post(f"{place}/reply/approve"))[1]["reply"]["state"] == "approved"
    assert (await boss.post(f"{place}/reply/apply", {"conversation_ids": ["nobody"]}))[0] == 422
    # One of them closes its window meanwhile: that is found by the reply itself.
    closed = await desk.conversation("carol")
    await desk.stores.conversations.save(replace(closed, window=ReplyWindow(unlimited=False)))
    _, sending = await boss.post(f"{place}/reply/apply", {"conversation_ids": list(reaches)})
    assert sending["reply"]["state"] == "sending"
    assert (await boss.put(f"{place}/reply", {"text": "anderes"}))[0] == 409

    # A process wrote the first reply and died before it could say so.
    first = next(
        each["target"] for each in (await boss.get(place))[1]["targets"] if each["target"]["state"] == "waiting"
    )
    target = ReplyTarget(**{**first, "at": desk.clock.now()})
    boss_author = (await desk.stores.agents.all())[0]
    if target.conversation_id == closed.id:
        target = replace(target, conversation_id=(await desk.conversation("alice")).id)
    await desk.hub.reply(
        target.conversation_id, author=records.MANAGER, content=TEXT, client_id=client_id(target), attachments=()
    )
    assert await worker(desk, "other").tick() == 3
    desk.clock.advance(61)
    assert await worker(desk).tick() == 0

    await desk.hub.work_off()
    _, room = await boss.get(place)
    outcome = {each["contact_name"]: (each["target"]["state"], each["status"]) for each in room["targets"]}
    refused = [each for each in room["targets"] if each["target"]["state"] == "refused"]
    assert [each["target"]["code"] for each in refused] == ["window_closed"]
    assert sorted(map(str, outcome.values())) == ["('queued', 'sent')", "('queued', 'sent')", "('refused', None)"]
    for sender in ("alice", "bob"):
        conversation = await desk.conversation(sender)
        thread = await desk.stores.messages.thread(conversation.id, after=0, until=50)
        written = [message for message in thread if message.kind == "outgoing"]
        assert [message.content for message in written] == [TEXT], sender
    bob = await desk.conversation("bob")
    assert bob.assignee_id is None or bob.assignee_id != boss_author.id
    assert room["incident"]["reply"]["state"] == "sent"
    kinds = [entry["kind"] for entry in room["entries"]]
    assert kinds.index("alerted") < kinds.index("reply_written") < kinds.index("reply_applied")
    # A second text is another round, which may go to the same conversations.
    _, again = await boss.put(f"{place}/reply", {"text": "第二次"})
    assert (again["reply"]["round"], again["reply"]["state"]) == (2, "draft")
    assert AuthorType.SYSTEM in {message.author.type for message in thread}


async def test_every_number_of_the_room_opens_its_messages(desk: Desk) -> None:
    alert = await burst(desk)
    boss = await desk.signed_in("chen", role=Role.SUPERVISOR)
    place = f"incidents/{alert.id}"
    await boss.put(f"{place}/reply", {"text": TEXT})
    await boss.post(f"{place}/reply/approve")
    chosen = [(await desk.conversation("alice")).id]
    await boss.post(f"{place}/reply/apply", {"conversation_ids": chosen})
    await worker(desk).tick()
    desk.clock.advance(5 * 3600)
    _, room = await boss.get(place)
    recovery = room["recovery"]
    assert [(phase["name"], phase["messages"]) for phase in recovery["phases"]] == [
        ("before", 0), ("during", 3), ("after", 0),
    ]  # fmt: skip
    assert recovery["state"] == "recovered"
    assert sum(point["messages"] for point in recovery["hours"]) == 3
    _, summary = await boss.get(f"{place}/summary", locale="en")
    assert summary["by"] == "template"
    texts = [sentence["text"] for sentence in summary["sentences"]]
    assert any("3 messages in 2 h against 0.6 expected, 100 % negative" in text for text in texts)
    assert "The approved reply went to 1 conversations; 0 did not permit it." in texts
    for sentence in summary["sentences"]:
        assert sentence["cites"]
        for cite in sentence["cites"]:
            if cite["kind"] == "count":
                count = await opened(boss, cite["id"])
                assert f"{count} " in sentence["text"], (count, sentence["text"])
            else:
                entries = await desk.stores.messages.get_many([cite["id"]])
                assert entries[cite["id"]].position == cite["position"]
    assert len({cite["id"] for sentence in summary["sentences"] for cite in sentence["cites"]}) > 5


async def test_people_work_in_the_room_and_close_it(desk: Desk) -> None:
    alert = await burst(desk)
    boss = await desk.signed_in("chen", role=Role.SUPERVISOR)
    agent = await desk.agent("owner")
    place = f"incidents/{alert.id}"
    socket = await boss.socket()
    low = await (await desk.signed_in("lin")).socket()
    await boss.patch(f"alerts/{alert.id}", {"state": "acknowledged", "owner_id": agent.id})
    await boss.post(f"{place}/comments", {"text": "已联系工厂"})
    seen: set[str] = set()
    while not {"alert", "incident"} <= seen:  # other screens hear of both
        seen.add(json.loads(await socket.receive_str(timeout=20))["type"])
    _, incident = await boss.post(f"{place}/tasks", {"title": "召回批次", "assignee_id": agent.id})
    task = incident["tasks"][0]["id"]
    await boss.patch(f"{place}/tasks/{task}", {"done": True})
    _, incident = await boss.patch(f"{place}/tasks/{task}", {"done": False, "title": "召回整批"})
    assert (incident["tasks"][0]["title"], incident["tasks"][0]["done_at"]) == ("召回整批", None)
    for path, body in (
        (f"{place}/tasks", {"title": "x", "assignee_id": "nobody"}),
        (f"{place}/tasks", {"title": "x", "due_at": "2026-11-20T00:00:00"}),
        (f"{place}/comments", {"text": "  "}),
        (f"{place}/reply", None),
    ):
        status, _ = await (boss.put(path, {"text": ""}) if body is None else boss.post(path, body))
        assert status == 422, path
    assert (await boss.patch(f"{place}/tasks/none", {"done": True}))[0] == 404
    assert (await boss.patch(f"{place}/tasks/{task}", {}))[0] == 422
    _, closed = await boss.post(f"{place}/close", {"remark": "换货完成", "locale": "zh-CN"})
    assert closed["closed_by"]["name"] == "Chen"
    assert closed["summary"]
    assert all(sentence["cites"] for sentence in closed["summary"])
    assert (await boss.post(f"{place}/comments", {"text": "x"}))[0] == 409
    assert (await boss.post(f"{place}/close", {}))[0] == 409
    _, opened_again = await boss.post(f"{place}/reopen")
    assert opened_again["closed_at"] is None
    assert (await boss.post(f"{place}/reopen"))[0] == 409
    _, room = await boss.get(place)
    kinds = [entry["kind"] for entry in room["entries"]]
    assert kinds[:1] == ["started"]
    assert {"state", "owner", "comment", "task_added", "task_done", "task_reopened", "closed", "reopened"} <= set(kinds)
    # An agent's screen hears of neither.
    await desk.arrives("hello", sender="dora")
    heard = [json.loads(await low.receive_str(timeout=20))["type"]]
    while heard[-1] != "conversation":
        heard.append(json.loads(await low.receive_str(timeout=20))["type"])
    assert not {"alert", "incident"} & set(heard)


async def test_who_may_and_a_second_person_approves_where_the_workspace_says_so(desk: Desk) -> None:
    alert = await burst(desk)
    assert (await (await desk.signed_in("lin")).get(f"incidents/{alert.id}"))[0] == 403
    boss = await desk.signed_in("chen", role=Role.SUPERVISOR)
    other = await desk.signed_in("wang", role=Role.MANAGER)
    await (await desk.program()).patch("alert-settings", {"second_approval": True})
    await boss.put(f"incidents/{alert.id}/reply", {"text": TEXT})
    assert (await boss.post(f"incidents/{alert.id}/reply/approve"))[0] == 403
    assert (await other.post(f"incidents/{alert.id}/reply/approve"))[0] == 200
    assert (await other.post(f"incidents/{alert.id}/reply/approve"))[0] == 409
    assert (await boss.get("incidents/none"))[0] == 404
    assert (await boss.post("incidents/none/comments", {"text": "x"}))[0] == 404


async def test_what_keeps_a_reply_back_is_shown_beforehand(desk: Desk) -> None:
    alert = await burst(desk)
    boss = await desk.signed_in("chen", role=Role.SUPERVISOR)
    gone = await desk.conversation("bob")
    contact = await desk.stores.contacts.get(gone.contact_id)
    assert contact is not None
    await desk.stores.contacts.save(replace(contact, subscribed=False))
    shut = await desk.conversation("carol")
    await desk.stores.conversations.save(replace(shut, window=ReplyWindow(unlimited=False)))
    solved = await desk.conversation("alice")
    await desk.stores.conversations.save(replace(solved, status="resolved"))
    _, room = await boss.get(f"incidents/{alert.id}")
    codes = {each["conversation"]["id"]: each["code"] for each in room["affected"]}
    assert codes == {gone.id: "blocked_by_contact", shut.id: "window_closed"}
    assert room["contacts"] == 3
