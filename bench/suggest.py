"""How often a suggested reply is the one that was given: leave one out.

    python -m bench.suggest [--workspace FOLDER] [--intents FILE.tsv]

--workspace: a hub's data folder (stopped), such as `scrm up --demo --data FOLDER` leaves. Every answer in it is asked
for again with all answers of its conversation left out; a hit is the same answer (as the index groups answers), or the
prepared reply it was, among the first three.
--intents: questions without answers, with the columns text and fine (an intent): a question is hit when one of the
first three suggestions belongs to a question of its intent. Equal questions count once.
"""

import argparse
import asyncio
import csv
import random
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

from nlp.suggest import Index, answer_key
from nlp.texts import ChineseTexts
from scrm.app import open_workspace
from scrm.config import Settings
from scrm.flow.answers import called, names_of, pairs, unsigned
from scrm.ids import ConversationId, MessageId
from scrm.model.answers import Answer
from scrm.model.people import CannedReply
from scrm.ports.stores import ConversationQuery, Page, Stores

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FIRST = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--intents", type=Path)
    given = parser.parse_args()
    if given.workspace is None and given.intents is None:
        parser.error("give --workspace, --intents or both")
    if given.workspace is not None:
        answers, canned = asyncio.run(history(given.workspace))
        show("history", answers, canned)
    if given.intents is not None:
        show("intents", intents(given.intents), [])
    return 0


def show(name: str, answers: list[Answer], canned: list[CannedReply]) -> None:
    index = Index()
    index.add(answers)
    of: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        of[answer.conversation_id].append(answer)
    where = Counter(key for group in of.values() for key in {answer_key(answer.text) for answer in group})
    prepared = {answer_key(reply.content) for reply in canned}
    first = among = findable = 0
    seconds: list[float] = []
    for group in of.values():
        for answer in group:
            index.remove(answer.id)
        for answer in group:
            began = time.perf_counter()
            found = [
                answer_key(each.text)
                for each in index.search(answer.question, canned, category=answer.category, limit=FIRST)
            ]
            seconds.append(time.perf_counter() - began)
            key = answer_key(answer.text)
            first += key in found[:1]
            among += key in found
            findable += where[key] > 1 or key in prepared
        index.add(group)
    total = len(answers)
    low, high = interval(among, total)
    common = sum(count for _, count in Counter(answer_key(answer.text) for answer in answers).most_common(FIRST))
    seconds.sort()
    print(
        f"{name}: {total} answered questions, {len(where)} different answers, {findable} given elsewhere too\n"
        f"  first {share(first, total)}, among the first {FIRST} {share(among, total)} (95 % {low:.1%} to {high:.1%})"
        f"; of those given elsewhere {share(among, findable)}\n"
        f"  the {FIRST} commonest answers, always the same ones: {share(common, total)}\n"
        f"  one question: p50 {seconds[total // 2] * 1000:.1f} ms, p95 {seconds[total * 95 // 100] * 1000:.1f} ms"
    )


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


def interval(hits: int, total: int) -> tuple[float, float]:
    """Of a share, by resampling."""
    rng = random.Random(1)
    draws = sorted(sum(rng.random() * total < hits for _ in range(total)) / total for _ in range(200))
    return draws[5], draws[194]


async def history(folder: Path) -> tuple[list[Answer], list[CannedReply]]:
    async with open_workspace(Settings(data=folder)) as stores:
        return await answered(stores), await stores.canned_replies.all()


async def answered(stores: Stores) -> list[Answer]:
    texts = ChineseTexts()
    colleagues = names_of(await stores.agents.all())
    found: list[Answer] = []
    after: Page | None = None
    while page := await stores.conversations.page(ConversationQuery(), after=after, limit=100):
        contacts = await stores.contacts.get_many({each.contact_id for each in page})
        for conversation in page:
            entries = await stores.messages.thread(conversation.id, after=0, until=conversation.last_position)
            names = called(contacts.get(conversation.contact_id))
            for question, answer in pairs(sorted(entries, key=lambda entry: entry.rank)):
                found.append(
                    Answer(
                        id=answer.id,
                        conversation_id=conversation.id,
                        question=texts.anonymous(question, names),
                        text=texts.anonymous(unsigned(answer.content, colleagues), names),
                        category=conversation.category,
                        at=answer.created_at,
                        learned_at=NOW,
                    )
                )
        after = Page(at=page[-1].last_activity_at, id=page[-1].id)
    return found


def intents(path: Path) -> list[Answer]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["text"]: row["fine"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    return [
        Answer(
            id=MessageId(str(number)),
            conversation_id=ConversationId(str(number)),
            question=question,
            text=intent,
            at=NOW,
            learned_at=NOW,
        )
        for number, (question, intent) in enumerate(rows.items())
    ]


if __name__ == "__main__":
    sys.exit(main())
