"""How long search takes over many messages on the embedded database, and what the index costs.

`python -m bench.search [--messages 200000] [--data /tmp/scrm-search]`. The first run fills the folder (minutes); later
runs measure what is there. Texts are sentences of the shipped questions, joined and varied with order numbers and
names, so that common words are in tens of thousands of messages. Each question is asked cold (a process that has read
nothing yet, the first of the round) and warm, through the same finder as the search box, contacts included.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from nlp.terms import SearchCutter
from scrm.clock import SystemClock
from scrm.flow.indexing import Indexing
from scrm.ids import AgentId, ChannelId, ContactId, ConversationId, LabelId, MessageId, UlidFactory
from scrm.model.analysis import Analysis, AnalysisState, Sentiment
from scrm.model.contact import Contact
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Message, MessageKind
from scrm.model.search import SearchFilter
from scrm.storage.server import EmbeddedServer
from scrm.storage.stores import MongoStores, open_stores
from scrm.web.search.finder import ConversationFilter, Finder

ROOT = Path(__file__).resolve().parent.parent
PER_CONVERSATION = 50
TOGETHER = 250
AIM_MS = 150

QUESTIONS = (
    "退货运费谁出", "tuihuo", "什么时候发货", "发票", "退款", "怎么还没收到货啊", "质量问题换货", "fahuo", "tuikuan",
    "yunfei", "优惠券", "iphone", "SF10", "订单", "快递单号", '"什么时候"', "你好", "可以", "退", "的", "保修期多久",
    "能不能便宜点", "地址写错了怎么修改", "zenmetuihuo", "weishenm", "差评", "价格保护", "王芳", "lina",
    "发货了吗 顺丰",
)  # fmt: skip


def sentences() -> list[str]:
    path = ROOT / "nlp" / "data" / "jddc_dev.tsv"
    return [line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines()[1:] if line.strip()]


class Texts:
    """Texts like customers' and agents', the same at every run."""

    def __init__(self) -> None:
        self._random = random.Random(1)
        self._sentences = sentences()
        words = sorted({text[at : at + 2] for text in self._sentences for at in range(0, len(text) - 1, 3)})
        self._rare = [first + second for first in words[::7] for second in words[::11]]

    def one(self) -> str:
        chance = self._random
        text = "，".join(chance.choices(self._sentences, k=chance.choice((1, 1, 2))))
        if chance.random() < 0.3:
            text += f" SF{chance.randrange(10**12):012d}"
        if chance.random() < 0.5:
            text += chance.choice(self._rare)
        return text

    def name(self) -> str:
        return self._random.choice("王李张刘陈杨赵黄周吴") + "".join(
            self._random.choices("芳伟娜敏静丽强磊军洋勇艳杰娟涛明", k=2)
        )


async def fill(stores: MongoStores, count: int, clock: SystemClock) -> None:
    ids, texts, now = UlidFactory(clock), Texts(), clock.now()
    started = time.perf_counter()
    for first in range(0, count, TOGETHER):
        messages: list[Message] = []
        for group in range(0, min(TOGETHER, count - first), PER_CONVERSATION):
            number = (first + group) // PER_CONVERSATION
            contact = Contact(id=ContactId(ids()), name=texts.name(), created_at=now, updated_at=now)
            conversation = Conversation(
                id=ConversationId(ids()), number=number, contact_id=contact.id,
                channel_id=ChannelId(f"channel{number % 5}"), assignee_id=AgentId(f"agent{number % 20}"),
                labels=(LabelId("rare"),) if number % 50 == 0 else (), created_at=now, last_activity_at=now,
            )  # fmt: skip
            await stores.contacts.insert(contact)
            await stores.conversations.insert(conversation)
            messages += [_message(conversation, position, texts, ids, now - timedelta(minutes=count - first - group))
                         for position in range(1, PER_CONVERSATION + 1)]  # fmt: skip
        await stores.messages.insert(*messages)
        if first % 10_000 == 0:
            print(f"\rfilling: {first} of {count}", end="", file=sys.stderr, flush=True)
    print(f"\nstored {count} messages in {time.perf_counter() - started:.0f} s", file=sys.stderr)


def _message(conversation: Conversation, position: int, texts: Texts, ids: UlidFactory, at: object) -> Message:
    incoming = position % 2 == 1
    moods = tuple(Sentiment)
    return Message(
        id=MessageId(ids()), conversation_id=conversation.id, contact_id=conversation.contact_id,
        channel_id=conversation.channel_id, position=position, rank=float(position),
        kind=MessageKind.INCOMING if incoming else MessageKind.OUTGOING, content=texts.one(),
        author=Author(type=AuthorType.CONTACT) if incoming else Author(type=AuthorType.AGENT, id="agent1"),
        occurred_at=at, created_at=at,  # type: ignore[arg-type]
        analysis_state=AnalysisState.DONE if incoming else AnalysisState.NONE,
        analysis=Analysis(model="bench", sentiment=moods[position % 3], score=0.0) if incoming else None,
    )  # fmt: skip


async def take_in(stores: MongoStores, clock: SystemClock) -> None:
    indexing, started = Indexing(stores, SearchCutter(), clock, "bench"), time.perf_counter()
    steps: list[float] = []
    more = True
    while more:
        before = time.perf_counter()
        more = await indexing.step()
        steps.append(time.perf_counter() - before)
    if len(steps) > 1:
        print(f"indexed in {time.perf_counter() - started:.0f} s, longest step {max(steps):.1f} s", file=sys.stderr)


async def measure(stores: MongoStores, clock: SystemClock, server: int, rounds: int) -> None:
    kinds = {
        "all": (SearchFilter(), ConversationFilter()),
        "channel": (SearchFilter(channel_id=ChannelId("channel3")), ConversationFilter()),
        "sentiment": (SearchFilter(sentiment=Sentiment.NEGATIVE), ConversationFilter()),
        "30 days": (SearchFilter(since=clock.now() - timedelta(days=30)), ConversationFilter()),
        "assignee": (SearchFilter(), ConversationFilter(assignee=AgentId("agent7"))),
        "label": (SearchFilter(), ConversationFilter(label=LabelId("rare"))),
    }
    warm: dict[str, list[float]] = {name: [] for name in kinds}
    work: list[float] = []
    cold: list[float] = []
    slowest: dict[str, float] = {}
    for _ in range(rounds):
        for text in QUESTIONS:
            for name, (where, within) in kinds.items():
                took = await asked(stores, clock, server, text, where, within)
                if name == "all":
                    work.append(took.work)
                    slowest[text] = max(slowest.get(text, 0.0), took.wall)
                warm[name].append(took.wall)
    for text in QUESTIONS:
        stores.search._cache.__init__()  # type: ignore[attr-defined,misc]
        cold.append((await asked(stores, clock, server, text, *kinds["all"])).wall)
    print(f"{'':24}{'p50':>8}{'p95':>8}{'most':>8}  ms")
    for name, values in [*warm.items(), ("all, nothing read yet", cold), ("all: processor time", work)]:
        print(f"{name:24}{statistics.median(values):8.0f}{_p95(values):8.0f}{max(values):8.0f}")
    print(
        "slowest:", ", ".join(f"{text} {took:.0f}" for text, took in sorted(slowest.items(), key=lambda e: -e[1])[:6])
    )
    print(f"p95 over all messages {'holds' if _p95(warm['all']) <= AIM_MS else 'MISSES'} the aim of {AIM_MS} ms")


class Took(NamedTuple):
    """Milliseconds: on the wall, and of processors, this process's and the database's together."""

    wall: float
    work: float


async def asked(
    stores: MongoStores,
    clock: SystemClock,
    server: int,
    text: str,
    where: SearchFilter,
    within: ConversationFilter,
) -> Took:
    finder = Finder(stores, SearchCutter(), clock)
    before, worked = time.perf_counter(), _processor_seconds(server)
    found, people = await asyncio.gather(
        finder.find(text, where, within, after=None, limit=20, newest_first=False),
        stores.contacts.search(text, 20),
    )
    took = Took((time.perf_counter() - before) * 1000, (_processor_seconds(server) - worked) * 1000)
    if VERBOSE:
        print(f"{text:20} {took.wall:6.0f} ms {len(found.hits):3} shown of {found.total}, {len(people)} people")
    return took


def _processor_seconds(server: int) -> float:
    """The server's in steps of a hundredth, so single figures are coarse and means are not."""
    fields = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


async def main(arguments: argparse.Namespace) -> None:
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        server = EmbeddedServer(arguments.data, clock)
        url = await server.start()
        stack.push_async_callback(server.stop)
        stores = await open_stores(url, database="scrm", key=bytes(32), clock=clock, ids=UlidFactory(clock))
        stack.push_async_callback(stores.close)
        if await stores.workspace.get("filled") is None:
            await fill(stores, arguments.messages, clock)
            await stores.workspace.put("filled", str(arguments.messages))
        if arguments.rebuild:
            await stores.search.rebuild()
        await take_in(stores, clock)
        database = stores.database
        for name in ("messages", "search_pages", "search_segments", "search_queue"):
            print(f"{name}: {await database[name].estimated_document_count()} documents")
        assert server.pid is not None
        await measure(stores, clock, server.pid, arguments.rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--data", type=Path, default=Path("/tmp/scrm-search"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rebuild", action="store_true", help="the index, from the messages")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    VERBOSE = given.verbose
    asyncio.run(main(given))
