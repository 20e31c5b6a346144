"""Word lists at work over the API: customers' messages are marked, replies are kept back, personal data is masked."""

import json
from typing import Any

import pytest

from scrm.first_words import RISK_LIST, RISK_WORDS, first_lists
from scrm.ids import MessageId
from scrm.model.message import MessageKind
from scrm.model.people import Role
from tests.web.conftest import Caller, Desk

PHONE = "13812345678"


async def supervised(desk: Desk) -> tuple[Caller, Caller]:
    return await desk.signed_in("lin"), await desk.signed_in("boss", Role.SUPERVISOR)


async def add_list(boss: Caller, name: str, action: str, *words: str, **more: Any) -> dict[str, Any]:
    body = {"name": name, "action": action, "words": [{"text": word} for word in words], **more}
    status, made = await boss.post("word-lists", body)
    assert status == 201, made
    return dict(made)


async def thread(caller: Caller, conversation_id: str) -> list[dict[str, Any]]:
    _, page = await caller.get(f"conversations/{conversation_id}/messages")
    return list(page["items"])


async def write(caller: Caller, conversation_id: str, text: str, client_id: str) -> tuple[int, Any]:
    return await caller.post(f"conversations/{conversation_id}/messages", {"content": text, "client_id": client_id})


async def test_a_customers_word_marks_the_conversation_and_can_be_counted_and_opened(desk: Desk) -> None:
    _, boss = await supervised(desk)
    _, label = await boss.post("labels", {"name": "升级", "color": "#ff0000"})
    risk = await add_list(boss, "风险", "risk", "12315", "起诉", label_id=label["id"])
    await add_list(boss, "飞单", "block", "加微信")
    await desk.arrives("你好，加微信聊")  # a block list is for replies only
    calm = await desk.conversation()
    assert (calm.priority, calm.labels) == ("normal", ())

    await desk.arrives("我要打１２３１５起訴你们")
    marked = await desk.conversation()
    assert (marked.priority, marked.labels) == ("high", (label["id"],))
    entries = await thread(boss, marked.id)
    (line,) = [entry for entry in entries if entry["details"].get("action") == "words"]
    (message,) = [entry for entry in entries if "起訴" in entry["content"]]
    assert line["details"] == {
        "action": "words", "list": "风险", "rule": "risk", "words": "12315\n起诉", "about": message["id"],
    }  # fmt: skip
    _, counts = await boss.get("word-lists/counts", days=7)
    assert counts["items"] == [{"list_id": risk["id"], "hits": 1}]
    _, hits = await boss.get(f"word-lists/{risk['id']}/hits")
    (hit,) = hits["items"]
    assert (hit["words"], hit["message"]["id"], hit["conversation"]["id"]) == (
        ["12315", "起诉"], message["id"], marked.id,
    )  # fmt: skip
    # The list of conversations finds it by the label.
    _, labelled = await boss.get("conversations", label_id=label["id"])
    assert [each["id"] for each in labelled["items"]] == [marked.id]


async def test_a_message_read_twice_is_marked_once(desk: Desk) -> None:
    _, boss = await supervised(desk)
    await add_list(boss, "风险", "risk", "起诉")
    await desk.arrives("unreadable 起诉")  # the reader breaks on it; the lists do not
    conversation = await desk.conversation()
    (task,) = await desk.stores.tasks.failed(after=None, limit=5)
    await desk.hub.retry_task(task.id)
    await desk.works()
    entries = await thread(boss, conversation.id)
    assert [entry["details"].get("action") for entry in entries].count("words") == 1


async def test_a_reply_with_a_blocked_word_is_refused_by_name_and_never_sent(desk: Desk) -> None:
    lin, boss = await supervised(desk)
    await desk.arrives("你好")
    conversation = await desk.conversation()
    blocked = await add_list(boss, "飞单", "block", "加微信")
    status, problem = await write(lin, conversation.id, "您加V 信吧", "c1")
    assert (status, problem["code"]) == (422, "word_blocked")
    assert problem["errors"] == {"word": "加V 信", "list": "飞单"}
    assert "加V 信" in problem["detail"]
    _, hits = await boss.get(f"word-lists/{blocked['id']}/hits")
    assert [(hit["message"], hit["words"]) for hit in hits["items"]] == [(None, ["加微信"])]
    # A note stays inside, and an allowed text goes.
    status, _ = await lin.post(
        f"conversations/{conversation.id}/messages", {"content": "客户要加微信", "client_id": "n1", "kind": "note"}
    )
    assert status == 201
    assert (await write(lin, conversation.id, "请在这里继续", "c2"))[0] == 201
    await desk.works()
    assert [sent.content for sent in desk.platform.sent] == ["请在这里继续"]

    # A list that changes is heard of at once; switched off it finds nothing.
    await boss.patch(f"word-lists/{blocked['id']}", {"enabled": False})
    assert (await write(lin, conversation.id, "加微信", "c3"))[0] == 201
    await boss.delete(f"word-lists/{blocked['id']}")
    assert (await boss.get("word-lists"))[1]["items"] == []


async def test_lists_are_kept_in_order(desk: Desk) -> None:
    lin, boss = await supervised(desk)
    for method, path in (("get", "word-lists"), ("get", "word-lists/counts")):
        assert (await getattr(lin, method)(path))[0] == 403
    made = await add_list(boss, "词", "flag", "  微 信 ", "微 信", "B")
    assert [word["text"] for word in made["words"]] == ["微 信", "B"]
    assert (await boss.post("word-lists", {"name": "词", "action": "flag"}))[0] == 409
    assert (await boss.post("word-lists", {"name": "x", "action": "flag", "words": [{"text": "……"}]}))[0] == 422
    assert (await boss.post("word-lists", {"name": "x", "action": "flag", "label_id": "none"}))[0] == 422
    assert (await boss.post("word-lists", {"name": "x", "action": "shout"}))[0] == 422
    assert (await boss.patch("word-lists/none", {"name": "y"}))[0] == 404
    assert (await boss.delete("word-lists/none"))[0] == 404
    _, changed = await boss.patch(f"word-lists/{made['id']}", {"words": [{"text": "c", "sound": True}]})
    assert changed["words"] == [{"text": "c", "sound": True}] and changed["name"] == "词"

    status, tried = await boss.post("word-lists/try", {"text": f"Ｃ {PHONE}"})
    assert status == 200
    assert [(hit["word"], hit["written"], hit["variant"]) for hit in tried["hits"]] == [("c", "Ｃ", "width")]
    assert tried["masked"] == "Ｃ 138****5678"
    assert [span["kind"] for span in tried["personal"]] == ["mobile"]
    assert (await boss.post("word-lists/try", {"text": "x", "list_id": "none"}))[0] == 404


async def test_the_first_list_is_made_once(desk: Desk) -> None:
    assert await first_lists(desk.stores, desk.clock, desk.context.ids)
    (made,) = await desk.stores.word_lists.all()
    assert (made.name, len(made.words)) == (RISK_LIST, len(RISK_WORDS))
    assert all(desk.context.texts.has_substance(word.text) for word in made.words)
    await desk.stores.word_lists.delete(made.id)
    assert not await first_lists(desk.stores, desk.clock, desk.context.ids)
    assert await desk.stores.word_lists.all() == []


@pytest.fixture
async def masked(desk: Desk) -> tuple[Desk, Caller, Caller, str]:
    """A customer wrote a phone number, and agents see it shortened."""
    lin, boss = await supervised(desk)
    admin = await desk.signed_in("root", Role.ADMIN)
    await desk.arrives(f"refund 打{PHONE}")
    assert (await boss.patch("privacy", {"mask_personal": True}))[0] == 403
    assert (await admin.patch("privacy", {"mask_personal": True}))[1] == {"mask_personal": True}
    return desk, lin, boss, (await desk.conversation()).id


async def test_agents_see_personal_data_masked_wherever_the_message_is_shown(
    masked: tuple[Desk, Caller, Caller, str],
) -> None:
    desk, lin, boss, conversation_id = masked
    contact_id = (await desk.conversation()).contact_id
    await write(lin, conversation_id, f"好的，{PHONE}对吗", "c1")
    for path in (
        f"conversations/{conversation_id}/messages",
        f"conversations/{conversation_id}",
        "conversations",
        f"contacts/{contact_id}/timeline",
        f"contacts/{contact_id}/conversations",
    ):
        _, seen = await lin.get(path)
        assert "138****5678" in json.dumps(seen), path
        assert PHONE not in json.dumps(seen), path
        _, whole = await boss.get(path)
        assert PHONE in json.dumps(whole), path
    entries = await thread(lin, conversation_id)
    assert entries[0]["details"] == {"masked": "yes"}
    stored = await desk.stores.messages.get(MessageId(entries[0]["id"]))
    assert stored is not None and PHONE in stored.content
    await desk.works()
    assert PHONE in desk.platform.sent[-1].content  # the customer gets what was written


async def test_frames_are_masked_as_well(masked: tuple[Desk, Caller, Caller, str]) -> None:
    desk, lin, boss, conversation_id = masked
    sockets = [await caller.socket() for caller in (lin, boss)]
    for socket in sockets:
        await socket.send_json({"type": "watch", "conversation_id": conversation_id, "after_position": 0})
        while (await socket.receive_json())["type"] != "caught_up":
            pass
    await desk.arrives(f"还是{PHONE}")
    for socket, shown, hidden in zip(sockets, ("138****5678", PHONE), (PHONE, "138****5678"), strict=True):
        message = conversation = None
        while message is None or conversation is None:
            frame = await socket.receive_json()
            assert hidden not in json.dumps(frame)
            if frame["type"] == "message" and "还是" in frame["message"]["content"]:
                message = frame["message"]["content"]
            if frame["type"] == "conversation" and "还是" in frame["conversation"]["preview"]["content"]:
                conversation = frame["conversation"]["preview"]["content"]
        assert shown in message and shown in conversation
        await socket.close()


async def test_revealing_a_message_is_written_into_its_conversation(masked: tuple[Desk, Caller, Caller, str]) -> None:
    _, lin, _, conversation_id = masked
    (message, *_) = await thread(lin, conversation_id)
    status, whole = await lin.post(f"messages/{message['id']}/reveal")
    assert (status, whole["content"]) == (200, f"refund 打{PHONE}")
    last = (await thread(lin, conversation_id))[-1]
    assert (last["kind"], last["details"]) == (MessageKind.ACTIVITY, {"action": "revealed", "about": message["id"]})
    assert last["author"]["name"] == "Lin"
    assert (await lin.post("messages/none/reveal"))[0] == 404
