"""Suggested replies over the API: learned from what agents answered, without the other customer's data, never sent."""

import json

from scrm.model.people import Role
from tests.web.conftest import Caller, Desk


async def suggestions(caller: Caller, conversation_id: str) -> list[dict[str, object]]:
    status, found = await caller.get(f"conversations/{conversation_id}/suggestions")
    assert status == 200
    return list(found["items"])


async def asks(desk: Desk, **questions: str) -> None:
    """By sender."""
    for sender, question in questions.items():
        await desk.arrives(question, sender=sender, taken_in=False)
    await desk.works()


async def answers(desk: Desk, caller: Caller, sender: str, *texts: str) -> str:
    """The conversation's id."""
    conversation = await desk.conversation(sender)
    for text in texts:
        body = {"content": text, "client_id": desk.context.ids()}
        assert (await caller.post(f"conversations/{conversation.id}/messages", body))[0] == 201
    return str(conversation.id)


async def test_the_next_who_asks_is_answered_from_history(desk: Desk) -> None:
    lin, program = await desk.signed_in("lin"), await desk.program()
    await asks(
        desk,
        alice="退货运费谁出 我电话13812345678",
        bob="退货的运费谁来出",
        carol="退货运费谁出呢",
        dave="请问退货的话运费谁出？",
    )
    same = "质量问题运费我们承担，退回后打{}联系您，单号{}"
    first = await answers(desk, lin, "alice", "您好", same.format("13812345678", "SF1234567890123"))
    second = await answers(desk, lin, "bob", same.format("13900001111", "YT9876543210"))
    await answers(desk, program, "carol", "自动回复：请稍等片刻")
    await desk.works()
    asking = await desk.conversation("dave")
    assert await suggestions(lin, asking.id) == []  # nothing is learned yet
    assert await desk.hub._answers.learn() == 2
    assert await desk.hub._answers.learn() == 0
    await desk.hub._answers.refresh()

    (found,) = await suggestions(lin, asking.id)
    assert found["text"] == same.format("⟨手机号⟩", "⟨单号⟩")
    assert (found["source"], found["count"]) == ("history", 2)
    assert found["conversation_id"] in (first, second)
    held = json.dumps([each.text + each.question for each in await desk.stores.answers.since(desk.clock.now())])
    assert "138" not in held and "139" not in held and "SF1" not in held

    # Asking sends nothing, and once it is answered there is nothing to suggest.
    assert not [sent for sent in desk.platform.sent if sent.recipient == "dave"]
    await answers(desk, lin, "dave", "质量问题由我们承担")
    assert await suggestions(lin, asking.id) == []


async def test_prepared_replies_are_suggested_and_failed_ones_teach_nothing(desk: Desk) -> None:
    boss = await desk.signed_in("boss", Role.SUPERVISOR)
    _, prepared = await boss.post(
        "canned-replies", {"shortcut": "fp", "title": "开发票", "content": "可以开电子发票，请告诉我抬头"}
    )
    await desk.arrives("你们能开发票吗", sender="alice")
    asking = await desk.conversation("alice")
    (found,) = await suggestions(boss, asking.id)
    assert (found["source"], found["canned_id"], found["count"]) == ("canned", prepared["id"], 0)
    body = {"content": "不能开的哦，抱歉", "client_id": "c1"}
    await boss.post(f"conversations/{asking.id}/messages", body)  # queued, not sent
    assert await desk.hub._answers.learn() == 0
    assert (await boss.get("conversations/none/suggestions"))[0] == 404


async def test_it_can_be_learned_anew(desk: Desk) -> None:
    lin, admin = await desk.signed_in("lin"), await desk.signed_in("root", Role.ADMIN)
    await asks(desk, alice="什么时候发货")
    await answers(desk, lin, "alice", "今天下午发出")
    await desk.works()
    assert await desk.hub._answers.learn() == 1
    await desk.hub._answers.refresh()
    assert len(desk.hub._answers) == 1
    assert (await lin.post("suggestions/relearn"))[0] == 403
    assert await admin.post("suggestions/relearn") == (200, {"forgotten": 1})
    assert len(desk.hub._answers) == 0
    assert await desk.hub._answers.learn() == 1
