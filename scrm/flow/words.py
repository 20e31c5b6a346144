"""The company's word lists at work: what they find marks conversations, and keeps replies back.

A customer's message is never held up: finding happens after it is stored, with its reading. A reply with a word of a
`block` list is refused before anything of it is stored or sent.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import StoreUnavailable, WordBlocked
from scrm.flow import records
from scrm.ids import IdFactory, MessageId, WordListId
from scrm.model.conversation import Conversation, Priority
from scrm.model.message import Author, Message
from scrm.model.words import WordAction, WordHit, WordList, WordRecord
from scrm.ports.stores import Stores
from scrm.ports.texts import Texts, WordMatcher

log = structlog.get_logger(__name__)

VERSION = "word_lists.version"
"""Name of the workspace's setting that whoever changes a list gives a new value, so that every process sees it."""

_MOST_WORDS_SHOWN = 10


class _Compiled:
    def __init__(self, version: str | None, lists: Sequence[WordList], matcher: WordMatcher) -> None:
        self.version = version
        self.lists = {word_list.id: word_list for word_list in lists}
        self.matcher = matcher

    def find(self, text: str, actions: tuple[WordAction, ...]) -> list[WordHit]:
        return [hit for hit in self.matcher.find(text) if self.lists[hit.list_id].action in actions]


class Words:
    def __init__(self, stores: Stores, texts: Texts | None, clock: Clock, ids: IdFactory) -> None:
        """texts None: this hub looks for no words."""
        self._stores = stores
        self._texts = texts
        self._clock = clock
        self._ids = ids
        self._compiled: _Compiled | None = None
        self._compiling = asyncio.Lock()

    async def check(self, conversation: Conversation, content: str, author: Author) -> None:
        """Raises WordBlocked when a reply may not leave as it is."""
        lists = await self._lists()
        hits = lists.find(content, (WordAction.BLOCK,)) if lists else []
        if lists is None or not hits:
            return
        now = self._clock.now()
        kept = [
            self._record(f"{self._ids()} {list_id}", lists.lists[list_id], found, conversation, None, author, now)
            for list_id, found in _by_list(hits).items()
        ]
        await self._stores.word_records.add(kept)
        log.info("reply.blocked", conversation=conversation.id, lists=len(kept))
        first = hits[0]
        name = lists.lists[first.list_id].name
        raise WordBlocked(
            f"The reply holds “{first.written}”, which the list “{name}” ({first.word}) keeps from being sent.",
            errors={"word": first.written, "list": name},
        )

    async def of(self, texts: Sequence[str]) -> Mapping[str, list[WordHit]]:
        """What customers' texts hold of the lists; those without a word are left out.

        A bug in looking for words is logged, and nothing found: what customers write is stored all the same.
        """
        try:
            lists = await self._lists()
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("words.bug")
            return {}
        if lists is None or not lists.lists:
            return {}
        found = {text: _spared(lists, text) for text in texts}
        return {text: hits for text, hits in found.items() if hits}

    async def noticed(
        self, conversation: Conversation, messages: Sequence[Message], found: Mapping[str, list[WordHit]]
    ) -> tuple[Conversation, list[Message]]:
        """Inside a transaction: keep what was found in their texts, once; the conversation with its marks, and the
        lines that say so, for the caller to store."""
        lists = self._compiled
        lines: list[Message] = []
        if lists is None:
            return conversation, lines
        for message in messages:
            for list_id, hits in _by_list(found.get(message.content, ())).items():
                word_list = lists.lists.get(list_id)
                if word_list is None:
                    continue
                kept = self._record(
                    f"{message.id} {list_id}",
                    word_list,
                    hits,
                    conversation,
                    message.id,
                    message.author,
                    self._clock.now(),
                )
                if not await self._stores.word_records.add([kept]):
                    continue  # noticed at an earlier reading
                conversation, line = self._marked(conversation, word_list, kept, message)
                lines.append(line)
        return conversation, lines

    def _marked(
        self, conversation: Conversation, word_list: WordList, kept: WordRecord, message: Message
    ) -> tuple[Conversation, Message]:
        if word_list.action is WordAction.RISK and conversation.priority is Priority.NORMAL:
            conversation = replace(conversation, priority=Priority.HIGH)
        if word_list.label_id is not None and word_list.label_id not in conversation.labels:
            conversation = replace(conversation, labels=(*conversation.labels, word_list.label_id))
        return records.activity(
            conversation,
            self._ids,
            kept.at,
            "words",
            list=word_list.name,
            rule=word_list.action,
            words="\n".join(kept.words[:_MOST_WORDS_SHOWN]),
            about=message.id,
        )

    async def _lists(self) -> _Compiled | None:
        """As they are now: one small read, and a new automaton when somebody changed a list."""
        if self._texts is None:
            return None
        version = await self._stores.workspace.get(VERSION)
        if self._compiled is None or self._compiled.version != version:
            async with self._compiling:
                if self._compiled is None or self._compiled.version != version:
                    lists = await self._stores.word_lists.all()
                    # Ten thousand words take some tenths of a second: not on the event loop.
                    matcher = await asyncio.to_thread(self._texts.matcher, lists)
                    self._compiled = _Compiled(version, lists, matcher)
        return self._compiled

    @staticmethod
    def _record(
        id_: str,
        word_list: WordList,
        hits: Sequence[WordHit],
        conversation: Conversation,
        message_id: MessageId | None,
        author: Author,
        at: datetime,
    ) -> WordRecord:
        return WordRecord(
            id=id_,
            list_id=word_list.id,
            action=word_list.action,
            conversation_id=conversation.id,
            message_id=message_id,
            author_id=author.id,
            words=tuple(dict.fromkeys(hit.word for hit in hits)),
            at=at,
        )


def _spared(lists: _Compiled, text: str) -> list[WordHit]:
    try:
        return lists.find(text, (WordAction.FLAG, WordAction.RISK))
    except Exception as error:
        log.error("words.bug", error=type(error).__name__)  # no traceback: it may quote the customer
        return []


def _by_list(hits: Sequence[WordHit]) -> dict[WordListId, list[WordHit]]:
    found: dict[WordListId, list[WordHit]] = {}
    for hit in hits:
        found.setdefault(hit.list_id, []).append(hit)
    return found
