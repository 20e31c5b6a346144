"""Which answers fit a question: those given to the most similar questions, and prepared replies. Pure; in memory.

A question is the set of its characters and pairs of neighbouring ones, each as telling as it is rare among all
questions; two questions are as similar as the cosine of their sets. The twenty most similar ones vote for their answers
with the square of their similarity, so that an answer often given to like questions comes before a single closest one.
What was asked about another category counts half as similar.

Asking costs a bounded amount however many questions are held: candidates are gathered from the rarest features first,
until `POSTINGS` entries have been touched, and only the best `CANDIDATES` are compared in full.
"""

import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from nlp import folding
from nlp.normalise import normalise
from scrm.ids import CannedReplyId, MessageId
from scrm.model.answers import Answer, Suggestion, SuggestionSource
from scrm.model.base import Record
from scrm.model.people import CannedReply

POSTINGS = 6_000
CANDIDATES = 200
VOTERS = 20
LEAST_SIMILAR = 0.1
"""Below it two questions share common characters and no more."""

SAME_ANSWER = 0.65
"""Share of features from which two answers are one, said a little differently."""

_CANNED_WEIGHT = 0.7  # a prepared reply is compared by its own words, which are an answer's and not a question's
_CANNED_LEAST = 0.12
_CATEGORY_VOTE = 0.03  # enough to fill a place nobody else wants, too little to take one
_ELSEWHERE = 0.5  # the same words mean another thing where another category is asked about
_RUNS = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")
_BLANKS = re.compile(r"⟨[^⟨⟩]{1,12}⟩|\{\{[^{}]{1,40}\}\}")
_CLAUSES = re.compile(r"[，。！？；,!?;~～\n]+")
_PLEASANTRY = re.compile(
    r"亲|[您你]好[呀啊]?|哈喽|在的|好的|嗯+|我是.{1,6}|.{0,8}很高兴为您服务|祝您.{1,10}|(?:非常)?(?:感谢|谢谢)(?:您.{0,10})?|辛苦您?了?"
    r"|不客气[呀啊]?|应该的|.{0,6}\{\{agent\.name\}\}.{0,6}|(?:后续)?有(?:任何)?(?:需要|问题|进展).{0,10}(?:随时|第一时间).{0,8}|(?:非常)?抱歉让?.{0,10}"
    r"|给您(?:添麻烦|带来不便)了?|不好意思|还有其他可以帮您的吗"
)
_LONGEST = 600


def features(text: str) -> frozenset[str]:
    """Characters and pairs of a text; Latin words and numbers whole. Placeholders do not count."""
    found: set[str] = set()
    for run in _RUNS.findall(normalise(_BLANKS.sub(" ", text[:_LONGEST])).text.lower()):
        if run[0].isascii():
            found.add(run)
        else:
            found.update(run)
            found.update(run[place : place + 2] for place in range(len(run) - 1))
    return frozenset(map(sys.intern, found))


def gist(text: str) -> str:
    """An answer without its greetings, thanks and good wishes; "" when it is nothing else."""
    clauses = _CLAUSES.split(text[:_LONGEST])
    return "，".join(clause for clause in clauses if clause.strip() and not _PLEASANTRY.fullmatch(clause.strip()))


def answer_key(text: str) -> str:
    """Equal for answers that differ only in pleasantries, blanks, punctuation, case and what stands in placeholders;
    "" for one that says nothing."""
    return folding.plain(_BLANKS.sub("", gist(text)))


class _Held(Record, kw_only=True):
    answer: Answer
    features: frozenset[str]
    key: str


class _Group:
    """One answer, and who speaks for it."""

    def __init__(self, text: str, canned: CannedReply | None = None) -> None:
        self.text = text
        self.canned = canned
        self.votes = 0.0
        self.best = 0.0
        self.count = 0
        self.nearest: Answer | None = None

    def vote(self, similarity: float, answer: Answer) -> None:
        self.votes += similarity**2
        self.count += 1
        if self.nearest is None or similarity > self.best:
            self.nearest, self.best = answer, similarity
            if self.canned is None:
                self.text = answer.text

    def suggestion(self) -> Suggestion:
        nearest, canned = self.nearest, self.canned
        return Suggestion(
            text=self.text,
            source=SuggestionSource.CANNED if canned else SuggestionSource.HISTORY,
            score=round(min(1.0, self.best), 3),
            count=self.count,
            canned_id=canned.id if canned else None,
            title=canned.title if canned else "",
            question=nearest.question if nearest else None,
            conversation_id=nearest.conversation_id if nearest else None,
            message_id=nearest.id if nearest else None,
            at=nearest.at if nearest else None,
        )


class Index:
    """Implements `scrm.ports.texts.AnswerIndex`."""

    def __init__(self) -> None:
        self._held: dict[MessageId, _Held] = {}
        self._postings: defaultdict[str, set[MessageId]] = defaultdict(set)
        self._canned: dict[CannedReplyId, tuple[CannedReply, frozenset[str], str]] = {}
        # How rare a feature is, and how much all of a question's weigh. They drift so slowly that they are reckoned
        # anew only when a tenth more is held, or less.
        self._rarities: dict[str, float] = {}
        self._sizes: dict[MessageId, float] = {}
        self._reckoned_at = 0

    def __len__(self) -> int:
        return len(self._held)

    def add(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            self.remove(answer.id)
            held = _Held(answer=answer, features=features(answer.question), key=answer_key(answer.text))
            if held.features and held.key:
                self._held[answer.id] = held
                for feature in held.features:
                    self._postings[feature].add(answer.id)
        self._drift()

    def keep(self, count: int) -> None:
        surplus = len(self._held) - count
        if surplus > 0:
            oldest = sorted(self._held.values(), key=lambda held: (held.answer.at, held.answer.id))[:surplus]
            for held in oldest:
                self.remove(held.answer.id)
            self._drift()

    def remove(self, answer_id: MessageId) -> None:
        held = self._held.pop(answer_id, None)
        self._sizes.pop(answer_id, None)
        for feature in held.features if held else ():
            posting = self._postings[feature]
            posting.discard(answer_id)
            if not posting:
                del self._postings[feature]

    def search(
        self, question: str, canned: Sequence[CannedReply], *, category: str | None = None, limit: int = 3
    ) -> list[Suggestion]:
        asked = features(question)
        groups: dict[str, _Group] = {}
        for reply, words, key in self._prepared(canned):
            group = groups.setdefault(key, _Group(reply.content, reply))
            similarity = self._similarity(asked, words)
            if similarity >= _CANNED_LEAST:
                group.votes += (_CANNED_WEIGHT * similarity) ** 2
                group.best = max(group.best, similarity)
            if category is not None and reply.category == category:
                group.votes += _CATEGORY_VOTE
        for similarity, held in self._nearest(asked):
            if None not in (category, held.answer.category) and held.answer.category != category:
                similarity *= _ELSEWHERE
            groups.setdefault(held.key, _Group(held.answer.text)).vote(similarity, held.answer)
        ranked = sorted((each for each in groups.values() if each.votes > 0), key=lambda each: -each.votes)
        return [group.suggestion() for group in _distinct(ranked, limit)]

    def _nearest(self, asked: frozenset[str]) -> list[tuple[float, _Held]]:
        shared: Counter[MessageId] = Counter()
        touched = 0
        known = [feature for feature in asked if feature in self._postings]
        for feature in sorted(known, key=lambda each: (len(self._postings[each]), each)):
            posting = self._postings[feature]
            if touched and touched + len(posting) > POSTINGS:
                break
            touched += len(posting)
            weight = round(self._rarity(feature) * 1_000)
            for answer_id in posting:
                shared[answer_id] += weight
        candidates = [self._held[answer_id] for answer_id, _ in shared.most_common(CANDIDATES)]
        scored = [(self._similarity(asked, held.features, self._size(held)), held) for held in candidates]
        close = [each for each in scored if each[0] >= LEAST_SIMILAR and _share_a_word(asked, each[1].features)]
        # The newer of two equally similar ones: companies change their answers.
        close.sort(key=lambda each: (each[0], each[1].answer.at, each[1].answer.id), reverse=True)
        return close[:VOTERS]

    def _similarity(self, asked: frozenset[str], other: frozenset[str], size: float | None = None) -> float:
        """size: the weight of `other`, where it is known."""
        both = self._weight(asked & other)
        if not both:
            return 0.0
        return both / math.sqrt(self._weight(asked) * (self._weight(other) if size is None else size))

    def _weight(self, some: Iterable[str]) -> float:
        return sum([self._rarity(feature) for feature in some])

    def _rarity(self, feature: str) -> float:
        """The square of its inverse document frequency."""
        known = self._rarities.get(feature)
        if known is None:
            posting = self._postings.get(feature)
            known = math.log(1 + (len(self._held) + 1) / (len(posting) if posting else 1)) ** 2
            if posting:
                self._rarities[feature] = known
        return known

    def _size(self, held: _Held) -> float:
        known = self._sizes.get(held.answer.id)
        if known is None:
            known = self._sizes[held.answer.id] = self._weight(held.features)
        return known

    def _drift(self) -> None:
        if abs(len(self._held) - self._reckoned_at) * 10 > self._reckoned_at:
            self._rarities.clear()
            self._sizes.clear()
            self._reckoned_at = len(self._held)

    def _prepared(self, canned: Sequence[CannedReply]) -> list[tuple[CannedReply, frozenset[str], str]]:
        """Each with the features of its title and text; read once a version."""
        kept = {}
        for reply in canned:
            known = self._canned.get(reply.id)
            if known is None or known[0] != reply:
                known = (reply, features(f"{reply.title} {reply.content}"), answer_key(reply.content))
            kept[reply.id] = known
        self._canned = kept
        return list(kept.values())


def _distinct(ranked: Sequence[_Group], limit: int) -> list[_Group]:
    """The best, without those that say nearly the same as a better one; what spoke for them speaks for it."""
    chosen: list[tuple[_Group, frozenset[str]]] = []
    for group in ranked:
        words = features(gist(group.text))
        twin = next((other for other, said in chosen if _overlap(words, said) >= SAME_ANSWER), None)
        if twin is not None:
            twin.count += group.count
        elif len(chosen) < limit:
            chosen.append((group, words))
        else:
            break
    return [group for group, _ in chosen]


def _share_a_word(one: frozenset[str], other: frozenset[str]) -> bool:
    """More than characters that stand in half of all questions."""
    return any(len(feature) > 1 for feature in one & other)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0
