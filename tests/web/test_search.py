"""The search box: what is asked, what is found, and what of it is highlighted."""

from collections.abc import AsyncIterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nlp.terms import SearchCutter
from scrm.clock import ManualClock
from scrm.errors import Invalid
from scrm.flow.indexing import READING_TIME, Indexing
from scrm.ids import AttachmentId
from scrm.model.analysis import AnalysisState
from scrm.model.message import Attachment, AttachmentState
from scrm.model.people import Role
from scrm.model.search import Wanted, WantedForm, searchable
from scrm.web.masking import MASKING, SETTING
from scrm.web.search import question, shown
from tests.storage import records
from tests.web.conftest import CHANNEL, Caller, Desk

CUTTER = SearchCutter()


@pytest.fixture
async def caller(desk: Desk) -> AsyncIterator[Caller]:
    yield await desk.signed_in()


async def indexed(desk: Desk) -> None:
    await Indexing(desk.stores, CUTTER, desk.clock, "test").work_off()


async def search(caller: Caller, q: str, **more: Any) -> list[str]:
    status, found = await caller.get("search", q=q, **more)
    assert status == 200, found
    return [hit["message"]["content"] for hit in found["messages"]]


def marked(hit: dict[str, Any]) -> list[str]:
    text = hit["shown"]["text"].encode("utf-16-le")
    return [text[2 * first : 2 * last].decode("utf-16-le") for first, last in hit["shown"]["marks"]]


async def test_messages_and_their_writers(desk: Desk, caller: Caller) -> None:
    await desk.arrives("請問退貨的運費由誰出？", "好的谢谢")
    await indexed(desk)
    _, found = await caller.get("search", q="退货运费谁出")
    (hit,) = found["messages"]
    assert hit["message"]["content"] == "請問退貨的運費由誰出？"
    assert hit["contact"]["id"] == (await desk.conversation()).contact_id
    assert marked(hit) == ["退貨", "運費", "誰出"]
    assert (found["total"], found["whole"], found["next"]) == (1, True, None)
    _, found = await caller.get("search", q="tuihuo")
    assert [marked(hit) for hit in found["messages"]] == [["退貨"]]
    assert (await caller.get("search", q=" "))[0] == 422
    assert (await caller.get("search", q="？！"))[0] == 422


async def test_every_kind_of_message_is_found(desk: Desk, caller: Caller) -> None:
    await desk.arrives("我要发票")
    conversation = (await desk.conversation()).id
    for kind, content in (("outgoing", "发票明天寄出"), ("note", "客户催发票")):
        body = {"kind": kind, "content": content, "client_id": kind}
        assert (await caller.post(f"conversations/{conversation}/messages", body))[0] in (200, 201, 202)
    await indexed(desk)
    assert set(await search(caller, "发票")) == {"我要发票", "发票明天寄出", "客户催发票"}
    assert await search(caller, "发票", kind="note") == ["客户催发票"]
    assert set(await search(caller, "发票", author_id=await own_id(caller))) == {"发票明天寄出", "客户催发票"}
    assert await search(caller, '"发票明天"') == ["发票明天寄出"]


async def test_filters_of_the_conversation_as_it_is_now(desk: Desk, caller: Caller) -> None:
    for sender in ("alice", "bob"):
        await desk.arrives(f"{sender} angry refund", sender=sender)
    await indexed(desk)
    first, second = [item["id"] for item in (await caller.get("conversations"))[1]["items"]]
    _, label = await (await desk.signed_in("boss", Role.ADMIN)).post("labels", {"name": "急", "color": "#aa0000"})
    for body in ({"assignee_id": "me"}, {"labels": [label["id"]]}):
        body = {**body, **({"assignee_id": await own_id(caller)} if "assignee_id" in body else {})}
        assert (await caller.patch(f"conversations/{first}", body))[0] == 200
    contents = {item["message"]["conversation_id"]: item["message"]["content"] for item in await hits(caller, "refund")}
    assert set(contents) == {first, second}
    for one in ({"assignee": "me"}, {"label_id": label["id"]}):
        assert await search(caller, "refund", **one) == [contents[first]], one
        assert (await caller.get("search", q="refund", **one))[1]["total"] is None
    assert contents[first] not in await search(caller, "refund", assignee="none")
    day = desk.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()
    for both in ({"sentiment": "negative"}, {"category": "refund"}, {"channel_id": CHANNEL}, {"first_day": day}):
        assert len(await search(caller, "refund", **both)) == 2, both
    for neither in ({"sentiment": "positive"}, {"channel_id": "other"}, {"last_day": "2020-01-01"}):
        assert await search(caller, "refund", **neither) == [], neither
    for wrong in (
        {"first_day": "2026-02-30"},
        {"after": "x"},
        {"sort": "y"},
        {"kind": "z"},
        {"last_day": "9999-12-31"},
    ):
        assert (await caller.get("search", q="refund", **wrong))[0] == 422, wrong


async def test_what_is_masked_is_neither_shown_nor_guessed(desk: Desk, caller: Caller) -> None:
    await desk.arrives("退货电话13812345678，快点")
    await indexed(desk)
    whole = await hits(caller, "13812345678")
    assert marked(whole[0]) == ["13812345678"]
    await desk.stores.workspace.put(SETTING, "on")
    desk.server.app[MASKING]._read_at = None
    masked = await hits(caller, "退货")
    assert "5678" in masked[0]["shown"]["text"] and "13812345678" not in masked[0]["shown"]["text"]
    for guess in ("13812345678", "13812", '"1381234"'):
        status, found = await caller.get("search", q=guess)
        assert (status, found["messages"], found["total"]) == (200, [], None), guess
    boss = await desk.signed_in("boss", Role.ADMIN)
    assert marked((await hits(boss, "13812"))[0]) == ["13812"]


async def test_an_edited_message_is_found_by_what_it_says_now(desk: Desk, caller: Caller) -> None:
    await desk.arrives("要发票")
    await indexed(desk)
    message = (await hits(caller, "发票"))[0]["message"]
    stored = await desk.stores.messages.get(message["id"])
    assert stored is not None
    await desk.stores.messages.revise(replace(stored, content="要退货"))
    await indexed(desk)
    assert await search(caller, "发票") == []
    assert await search(caller, "退货") == ["要退货"]


async def test_pages_go_on_where_they_ended(desk: Desk, caller: Caller) -> None:
    await desk.arrives(*(f"parcel number {number}" for number in range(7)))
    await indexed(desk)
    seen: list[str] = []
    more: dict[str, Any] = {}
    while True:
        _, found = await caller.get("search", q="parcel", limit=3, **more)
        assert found["total"] == 7
        seen += [hit["message"]["id"] for hit in found["messages"]]
        if found["next"] is None:
            break
        more = {"after": found["next"]}
        await desk.arrives(f"parcel that came between {len(seen)}", sender="bob")
    assert len(seen) == len(set(seen)) == 7
    newest = await search(caller, "parcel", limit=2, sort="newest")
    await indexed(desk)
    assert newest == ["parcel number 6", "parcel number 5"]
    assert (await search(caller, "parcel", limit=1, sort="newest"))[0].startswith("parcel that came between")


async def test_what_waits_is_taken_in_after_a_restart(desk: Desk, caller: Caller) -> None:
    """A message that is being read is waited for, but not for ever."""
    await desk.arrives("parcel", taken_in=False)
    await indexed(desk)
    assert await search(caller, "parcel") == []
    await desk.works()
    await indexed(desk)
    assert await search(caller, "parcel") == ["parcel"]
    pending = records.message(content="parcel two", analysis_state=AnalysisState.PENDING, created_at=desk.clock.now())
    await desk.stores.messages.insert(pending)
    assert not await Indexing(desk.stores, CUTTER, desk.clock, "other").step()
    late = ManualClock(desk.clock.now() + READING_TIME)
    await Indexing(desk.stores, CUTTER, late, "other").work_off()
    assert await desk.stores.search.waiting(9) == []


def test_questions_are_read_into_parts() -> None:
    def parts(text: str) -> list[tuple[str, str]]:
        return [(part.text, str(part.form)) for part in question.read(text, CUTTER).parts]

    assert parts("退貨運費誰出") == [("退货运费谁出", "run")]
    assert parts("退货 iPho") == [("退货", "word"), ("ipho", "beginning")]
    assert parts("iPho ") == [("ipho", "word")]
    assert parts("“谁出 运费” 退货") == [("谁出 运费", "phrase"), ("退货", "word")]
    assert parts("订单AB123，AB123") == [("订单", "word"), ("ab123", "word"), ("ab123", "beginning")]
    assert len(parts("a1 b2 c3 d4 e5 f6 g7 h8 i9 j0 k1 l2 m3 n4 o5 p6 q7 r8")) == question.MOST_PARTS
    for nothing in ("？", '""', '"，"', " "):
        with pytest.raises(Invalid):
            question.read(nothing, CUTTER)


def test_file_names_are_found_and_shown() -> None:
    file = Attachment(id=AttachmentId("f1"), state=AttachmentState.STORED, file_name="退货单.pdf")
    message = records.message(content="见附件", attachments=(file,), details={"title": "链接标题"})
    assert searchable(message) == ["见附件", "退货单.pdf", "链接标题"]
    assert shown.shown(message, [Wanted(text="退货")], {}, CUTTER).text == "退货单.pdf"
    assert shown.holds(message, ["货单"], CUTTER)
    assert not shown.holds(message, ["附件 退货"], CUTTER)


def test_a_long_text_is_cut_around_its_find() -> None:
    message = records.message(content="😀" * 200 + "\n退货" + "好" * 200)
    found = shown.shown(message, [Wanted(text="退货")], {}, CUTTER)
    assert (found.cut_before, found.cut_after, len(found.text)) == (True, True, shown.LONGEST)
    first, last = found.marks[0]
    assert found.text.encode("utf-16-le")[2 * first : 2 * last].decode("utf-16-le") == "退货"
    assert "\n" not in found.text


@given(
    text=st.text(alphabet=st.sampled_from("退货運费😀a1 \n"), max_size=300),
    asked=st.text("退货运费a1", min_size=1, max_size=5),
)
def test_marks_lie_inside_the_text_and_apart(text: str, asked: str) -> None:
    form = WantedForm.RUN
    found = shown.shown(records.message(content=text), [Wanted(text=asked, form=form)], {asked: ("运费",)}, CUTTER)
    ends = [place for mark in found.marks for place in mark]
    assert ends == sorted(set(ends))
    assert all(0 <= place <= len(found.text.encode("utf-16-le")) // 2 for place in ends)
    for first, last in found.marks:
        piece = found.text.encode("utf-16-le")[2 * first : 2 * last].decode("utf-16-le")
        assert set(CUTTER.fold(piece)) <= set(asked) | set("运费")


async def own_id(caller: Caller) -> str:
    return str((await caller.get("session"))[1]["agent"]["id"])


async def hits(caller: Caller, q: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await caller.get("search", q=q))[1]["messages"]
    return found
