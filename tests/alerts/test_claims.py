"""No evidence, no sentence: templates obey by their making, whoever phrases is checked, and an endpoint that lies is
not believed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.alerts import claims, phrasing
from scrm.alerts.claims import Fact, Phrased
from scrm.alerts.phrasing import Phrasing, PhrasingSettings
from scrm.model.incidents import Citation, EvidenceKind
from scrm.ports.stores import Stores


def cite(name: str) -> Citation:
    return Citation(kind=EvidenceKind.COUNT, id=f"/topics?terms={name}")


FACTS = [
    Fact(id="f1", said="2 小时内 14 条消息，按以往应有 0.6 条，86% 为负面。", cites=(cite("a"), cite("b"))),
    Fact(id="f2", said="涉及 12 位客户。", cites=(cite("c"),)),
    Fact(id="f3", said="厂家已召回 300 台。"),  # nobody counted that
]


def test_a_fact_without_evidence_makes_no_sentence() -> None:
    assert [sentence.text for sentence in claims.template(FACTS)] == [FACTS[0].said, FACTS[1].said]
    assert claims.checked([Phrased(text="召回 300 台。", facts=("f3",))], FACTS) is None


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("14 条消息里 86% 为负面。", ("f1",)),
        ("１４ 条消息，约 0.6 条是平常。", ("f1",)),
        ("12 位客户发来 14 条消息。", ("f2", "f1")),
        ("客户在集中反映。", ("f1",)),
    ],
)
def test_what_stands(text: str, facts: tuple[str, ...]) -> None:
    sentences = claims.checked([Phrased(text=text, facts=facts)], FACTS)
    assert sentences is not None
    assert {each.id for each in sentences[0].cites} >= {"/topics?terms=a" if "f1" in facts else "/topics?terms=c"}


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("15 条消息。", ("f1",)),
        ("14% 为负面。", ("f1",)),  # the digits are there, the share is not
        ("86 条消息。", ("f1",)),
        ("12 位客户。", ("f1",)),  # true, but not of the fact it names
        ("14 条消息。", ()),
        ("14 条消息。", ("f9",)),
        ("14 条消息。", ("f1", "f9")),
        ("十四条消息。", ("f1",)),
        ("大半客户不满。", ("f1",)),
        ("比平常翻倍。", ("f1",)),
        ("Twice as many as usual.", ("f1",)),
        ("14 条消息，⅓ 为负面。", ("f1",)),
        ("14 条消息 https://evil.example", ("f1",)),
        ("14 条消息 <b>!</b>", ("f1",)),
        ("14 条消息\n另一行", ("f1",)),
        ("", ("f1",)),
        ("客户" * 200, ("f1",)),
    ],
)
def test_what_does_not(text: str, facts: tuple[str, ...]) -> None:
    true = Phrased(text="14 条消息。", facts=("f1",))
    # One sentence that breaks the rule discards the true ones beside it.
    assert claims.checked([true, Phrased(text=text, facts=facts)], FACTS) is None


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(Phrased, text=st.text(max_size=60), facts=st.lists(st.sampled_from(["f1", "f2", "x"])).map(tuple)),
        max_size=25,
    )
)  # fmt: skip
def test_whatever_is_said_stands_only_with_evidence_and_known_numbers(said: list[Phrased]) -> None:
    sentences = claims.checked(said, FACTS)
    for sentence in sentences or ():
        assert sentence.cites
        cited = [fact for fact in FACTS if set(fact.cites) & set(sentence.cites)]
        assert claims.numbers(sentence.text) <= {number for fact in cited for number in claims.numbers(fact.said)}


def test_numbers_are_compared_as_digits() -> None:
    assert claims.numbers("1,234 条，86 %，0.6，９ 位，14:00") == {"1234", "86%", "0.6", "9", "14:00"}


class Endpoint:
    """Speaks chat completions, and says what it is told to say."""

    def __init__(self) -> None:
        self.base = ""
        self.says: Any = None
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.held = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("Authorization"))
        if isinstance(self.says, web.Response):
            return self.says
        if self.says == "nothing":
            await self.held.wait()
        if self.says == "for ever":
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(1_000):
                await response.write(b" " * 1_024)
            return response
        content = self.says if isinstance(self.says, str) else json.dumps({"sentences": self.says})
        return web.json_response({"choices": [{"message": {"role": "assistant", "content": content}}]})


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    made = Endpoint()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.base = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield made
    made.held.set()
    await runner.cleanup()


async def test_an_endpoint_may_phrase_and_may_not_lie(stores: Stores, endpoint: Endpoint) -> None:
    async with ClientSession() as session:
        room = Phrasing(stores, session, timeout=0.5)
        template = claims.template(FACTS)
        assert (await room.text(FACTS, "zh-CN")).by == "template"
        assert endpoint.asked == []  # off by default
        await room.save(PhrasingSettings(enabled=True, base_url=endpoint.base, model="m"), "sk-1")

        endpoint.says = [{"text": "12 位客户在 2 小时内发来 14 条消息。", "facts": ["f1", "f2"]}]
        told = await room.text(FACTS, "zh-CN")
        assert (told.by, told.sentences[0].text) == ("model", "12 位客户在 2 小时内发来 14 条消息。")
        assert {each.id for each in told.sentences[0].cites} == {
            "/topics?terms=a",
            "/topics?terms=b",
            "/topics?terms=c",
        }
        asked = endpoint.asked[0]["messages"][1]["content"]
        assert "f1: 2 小时内 14 条消息" in asked
        assert "召回" not in asked  # what has no evidence is not even told
        assert endpoint.keys == ["Bearer sk-1"]

        lies: list[Any] = [
            [{"text": "140 条消息。", "facts": ["f1"]}],
            [{"text": "14 条消息。", "facts": ["f1"]}, {"text": "厂家将召回 300 台。", "facts": ["f3"]}],
            [{"text": "一切正常。", "facts": []}],
            [{"text": "14 条消息。", "facts": ["f1"]}] * 21,
            [],
            "我拒绝",
            '{"sentences": 7}',
            "[" * 40_000,
            "nothing",
            "for ever",
            web.Response(status=500),
            web.Response(status=302, headers={"Location": endpoint.base}),
            web.Response(body=b'{"choices": []}'),
            web.Response(body=b"\xff\xfe"),
        ]
        for lie in lies:
            endpoint.says = lie
            told = await room.text(FACTS, "zh-CN")
            assert (told.by, told.sentences) == ("template", template), lie
        await room.save(PhrasingSettings(enabled=True, base_url="http://127.0.0.1:9/v1", model="m"), None)
        assert (await room.text(FACTS, "zh-CN")).by == "template"
        assert await room.has_key()
    assert phrasing.TIMEOUT <= 20
