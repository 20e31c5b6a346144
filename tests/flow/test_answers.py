"""Which messages teach: a customer's question and the agent's answer before the next question; and learning it anew."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrm.flow.answers import Answers, open_question, pairs, unsigned
from scrm.model.answers import Answer
from scrm.model.message import Author, AuthorType, ContentType, Message, MessageKind, MessageStatus
from scrm.storage.migrations import migrate
from tests.flow import make
from tests.flow.conftest import World

EVER = datetime(1970, 1, 1, tzinfo=UTC)
AGENT = Author(type=AuthorType.AGENT, id="a1")


def said(*lines: str) -> list[Message]:
    """`?text` of the customer, `!text` of an agent (sent), `#text` a note."""
    kinds = {"?": MessageKind.INCOMING, "!": MessageKind.OUTGOING, "#": MessageKind.NOTE}
    return [entry(number, kinds[line[0]], line[1:]) for number, line in enumerate(lines, 1)]


def entry(number: int, kind: MessageKind, content: str = "", **fields: Any) -> Message:
    base: dict[str, Any] = {"kind": kind, "content": content}
    if kind is not MessageKind.INCOMING:
        base |= {"author": AGENT, "status": MessageStatus.SENT}
    return make.incoming(number, make.NOW + timedelta(seconds=number), **(base | fields))


def taught(entries: list[Message]) -> list[tuple[str, str]]:
    return [(question, answer.content) for question, answer in pairs(entries)]


def test_what_was_asked_since_the_last_reply_is_one_question_and_the_longest_reply_its_answer() -> None:
    entries = said("?在吗", "?运费谁出", "!您好", "#查一下", "!质量问题我们出", "?那多久到", "!三天内")
    assert taught(entries) == [("在吗 运费谁出", "质量问题我们出")]  # 三天内 is too short to teach
    assert taught([*entries, *said("!三天内就会送到您手上")[0:1]])[-1] == ("那多久到", "三天内就会送到您手上")


def test_what_answers_nobody_or_was_not_an_agents_or_did_not_arrive_teaches_nothing() -> None:
    assert taught(said("!欢迎光临小店")) == []
    assert taught(said("?   ", "!欢迎光临小店")) == []
    assert taught(said("?运费谁出")) == []
    for fields in (
        {"author": Author(type=AuthorType.API)},
        {"author": Author(type=AuthorType.SYSTEM)},
        {"status": MessageStatus.FAILED},
        {"status": MessageStatus.QUEUED},
        {"status": MessageStatus.UNKNOWN},
        {"content": ""},
    ):
        reply = entry(2, MessageKind.OUTGOING, **{"content": "质量问题我们出", **fields})
        assert taught([*said("?运费谁出"), reply]) == []


def test_the_open_question_is_what_nobody_has_replied_to() -> None:
    assert open_question(said("?旧的", "!好的没问题", "?运费谁出", "#内部", "?快点")) == "运费谁出 快点"
    assert open_question(said("?旧的", "!好的没问题")) == ""
    assert open_question([]) == ""


def test_what_a_card_or_a_file_is_called_asks_nothing() -> None:
    for fields in (
        {"content_type": ContentType.LINK, "content": "三问退货运费"},
        {"content_type": ContentType.LOCATION, "content": "文三路"},
        {"content_type": ContentType.FILE, "content": "发票.pdf", "details": {"file_name": "发票.pdf"}},
    ):
        shared = entry(1, MessageKind.INCOMING, **fields)
        assert open_question([shared]) == ""
        assert taught([shared, *said("#备注", "!好的，马上为您查")]) == []
        assert taught([shared, *said("#备注", "?运费谁出", "!质量问题我们出")]) == [("运费谁出", "质量问题我们出")]


def test_who_says_who_they_are_says_who_uses_it() -> None:
    colleagues = {"张涛", "小张涛", "敏"}
    assert unsigned("您好，我是张涛，我是小张涛。客服 张涛为您服务", colleagues) == (
        "您好，我是{{agent.name}}，我是{{agent.name}}。客服 {{agent.name}}为您服务"
    )
    # One whom an agent speaks of is meant; a name of one character is in half of all words.
    assert unsigned("我请张涛联系您，我是敏感肌", colleagues) == "我请张涛联系您，我是敏感肌"
    assert unsigned("我是张涛", ()) == "我是张涛"


class Index:
    """What was taken over, by id."""

    def __init__(self) -> None:
        self.known: dict[str, Answer] = {}

    def __len__(self) -> int:
        return len(self.known)

    def add(self, answers: Sequence[Answer]) -> None:
        self.known |= {answer.id: answer for answer in answers}

    def keep(self, count: int) -> None: ...


class PlainTexts:
    def index(self) -> Index:
        return Index()

    def anonymous(self, text: str, names: set[str]) -> str:
        return text


def answers_of(world: World, owner: str) -> Answers:
    return Answers(world.stores, PlainTexts(), world.clock, owner, learns=True)  # type: ignore[arg-type]


async def asked_and_answered(world: World) -> None:
    await world.says("运费谁出")
    found = await world.conversation()
    await world.hub.reply(found.id, author=AGENT, content="质量问题我们出", client_id="x", attachments=())
    await world.works()


async def test_what_is_to_be_learned_anew_is_learned_anew_by_whomever(world: World) -> None:
    await asked_and_answered(world)
    works, serves = answers_of(world, "works"), answers_of(world, "serves")
    assert await works.learn() == 1
    await works.refresh()
    await serves.refresh()
    assert (len(works), len(serves)) == (1, 1)
    assert await serves.relearn() == 1  # pressed on another process than the one that learns
    assert len(serves) == 0
    assert await works.learn() == 1
    await serves.refresh()
    assert len(serves) == 1


async def test_what_was_learned_in_an_older_form_is_learned_anew(world: World) -> None:
    await asked_and_answered(world)
    found = await world.conversation()
    await answers_of(world, "works").learn()
    assert [each.category for each in await world.stores.answers.since(EVER)] == [found.category]
    await world.stores.database["migrations"].delete_one({"_id": 5})
    assert await migrate(world.stores.database, world.clock, world.ids) == [5]
    assert await world.stores.answers.since(EVER) == []
    assert await answers_of(world, "restarted").learn() == 1


async def test_pressed_again_while_it_learns_it_begins_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await asked_and_answered(world)
    works = answers_of(world, "works")
    await works.relearn()
    real = world.stores.answers.put

    async def pressed_meanwhile(answers: Sequence[Answer]) -> None:
        await real(answers)
        monkeypatch.undo()
        await works.relearn()

    monkeypatch.setattr(world.stores.answers, "put", pressed_meanwhile)
    await works.learn()
    assert await works.learn() == 1
