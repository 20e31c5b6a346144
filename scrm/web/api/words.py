"""Word lists, what they found, and the masking of personal data. Supervisors keep them; everybody may reveal a message
to answer it, and the conversation says so."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from scrm.errors import Conflict, Duplicate, Invalid, NotFound
from scrm.ids import LabelId, MessageId, WordListId
from scrm.model.base import Record
from scrm.model.message import Message
from scrm.model.people import Role
from scrm.model.words import PersonalSpan, Word, WordAction, WordHit, WordList, WordRecord
from scrm.ports.stores import Page
from scrm.web import cursor
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing, changed
from scrm.web.fields import Cursor, Id, Limit, LongText, Name
from scrm.web.masking import MASKING
from scrm.web.views import ConversationView

VERSION = "word_lists.version"
MOST_LISTS = 50
MOST_WORDS = 5_000
_LONGEST_PERIOD = 366

WordText = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


class WordInput(Input, kw_only=True):
    """sound: find homophones and pinyin too."""

    text: WordText
    sound: bool = False


Words = Annotated[tuple[WordInput, ...], msgspec.Meta(max_length=MOST_WORDS)]


class NewWordList(Input, kw_only=True):
    """label_id: put on conversations with a hit. Words are trimmed; one given twice counts once."""

    name: Name
    action: WordAction
    words: Words = ()
    label_id: Id | None = None
    enabled: bool = True


class WordListPatch(Input, kw_only=True):
    name: Name | UnsetType = UNSET
    action: WordAction | UnsetType = UNSET
    words: Words | UnsetType = UNSET
    label_id: Id | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class TryBody(Input, kw_only=True):
    """list_id: only this list, enabled or not; without it, all that are enabled."""

    text: LongText
    list_id: Id | None = None


class Tried(Record, kw_only=True):
    """What a text would give: hits of the lists, personal data, and the text as an agent would see it masked."""

    hits: list[WordHit]
    personal: list[PersonalSpan]
    masked: str


class PeriodQuery(Input, kw_only=True):
    """days: how many, up to now."""

    days: Annotated[int, msgspec.Meta(ge=1, le=_LONGEST_PERIOD)] = 7


class ListCount(Record, kw_only=True):
    list_id: WordListId
    hits: int


class RecordsQuery(Input, kw_only=True):
    limit: Limit = 50
    after: Cursor | None = None


class RecordView(Record, kw_only=True):
    """words: of the list. message: None for a reply that was kept from being sent. author: who wrote it, where that
    was an agent."""

    words: tuple[str, ...]
    action: WordAction
    conversation: ConversationView
    message: Message | None
    author_id: str | None
    at: datetime


class Privacy(Record, kw_only=True):
    """mask_personal: agents see phone, card and ID numbers in texts shortened."""

    mask_personal: bool


class PrivacyBody(Input, kw_only=True):
    mask_personal: bool


async def list_all(call: Call[Nothing, Nothing]) -> Items[WordList]:
    return Items(items=await call.context.stores.word_lists.all())


async def add(call: Call[Nothing, NewWordList]) -> WordList:
    body, context = call.body, call.context
    if len(await context.stores.word_lists.all()) >= MOST_LISTS:
        raise Invalid(f"there are {MOST_LISTS} lists already", field="name")
    return await _save(
        call,
        WordList(
            id=WordListId(context.ids()),
            name=body.name,
            action=body.action,
            words=_words(call, body.words),
            label_id=await _label(call, body.label_id),
            enabled=body.enabled,
            updated_at=context.clock.now(),
        ),
    )


async def change(call: Call[Nothing, WordListPatch]) -> WordList:
    body = call.body
    current = await _existing(call)
    word_list = changed(current, body, "name", "action", "enabled")
    if isinstance(body.words, tuple):
        word_list = msgspec.structs.replace(word_list, words=_words(call, body.words))
    if body.label_id is not UNSET:
        word_list = msgspec.structs.replace(word_list, label_id=await _label(call, body.label_id))
    return await _save(call, msgspec.structs.replace(word_list, updated_at=call.context.clock.now()))


async def delete(call: Call[Nothing, Nothing]) -> None:
    """What it has found stays counted under its id."""
    stores, list_id = call.context.stores, WordListId(call.id())

    async def work() -> None:
        if not await stores.word_lists.delete(list_id):
            raise NotFound("there is no such list")
        await stores.workspace.put(VERSION, call.context.ids())

    await stores.transaction(work)


async def try_text(call: Call[Nothing, TryBody]) -> Tried:
    texts, text = call.context.texts, call.body.text
    lists = await call.context.stores.word_lists.all()
    if call.body.list_id is not None:
        lists = [msgspec.structs.replace(each, enabled=True) for each in lists if each.id == call.body.list_id]
        if not lists:
            raise NotFound("there is no such list")
    return Tried(hits=texts.matcher(lists).find(text), personal=texts.personal(text), masked=texts.mask(text))


async def counts(call: Call[PeriodQuery, Nothing]) -> Items[ListCount]:
    now = call.context.clock.now()
    soon = now + timedelta(seconds=1)  # what is counted this very moment is in
    found = await call.context.stores.word_records.counts(now - timedelta(days=call.query.days), soon)
    return Items(items=[ListCount(list_id=list_id, hits=hits) for list_id, hits in found.items()])


async def records(call: Call[RecordsQuery, Nothing]) -> Items[RecordView]:
    """Newest first, each with the message it was found in."""
    stores = call.context.stores
    found = await stores.word_records.page(
        WordListId(call.id()), after=cursor.decode(call.query.after), limit=call.query.limit + 1
    )
    kept, following = cursor.cut(found, call.query.limit, _by_time)
    messages = await stores.messages.get_many({each.message_id for each in kept if each.message_id})
    conversations = await stores.conversations.get_many({each.conversation_id for each in kept})
    shown = await call.request.app[VIEWS].conversations(list(conversations.values()), call.who.agent_id)
    views = {view.id: view for view in shown}
    return Items(
        items=[
            RecordView(
                words=each.words,
                action=each.action,
                conversation=views[each.conversation_id],
                message=messages.get(each.message_id) if each.message_id else None,
                author_id=each.author_id,
                at=each.at,
            )
            for each in kept
            if each.conversation_id in views
        ],
        next=following,
    )


async def privacy(call: Call[Nothing, Nothing]) -> Privacy:
    return Privacy(mask_personal=await call.request.app[MASKING].enabled())


async def set_privacy(call: Call[Nothing, PrivacyBody]) -> Privacy:
    await call.request.app[MASKING].set(on=call.body.mask_personal)
    return Privacy(mask_personal=call.body.mask_personal)


async def reveal(call: Call[Nothing, Nothing]) -> Message:
    """Whole, whatever the setting; a line in the conversation says who looked."""
    return await call.context.hub.reveal(MessageId(call.id()), by=call.who.author)


def _by_time(record: WordRecord) -> Page:
    return Page(at=record.at, id=record.id)


def _words(call: AnyCall, given: tuple[WordInput, ...]) -> tuple[Word, ...]:
    """Trimmed, each once; found by sound where any of its mentions says so. Raises Invalid."""
    kept: dict[str, bool] = {}
    for word in given:
        text = " ".join(word.text.split())
        if not call.context.texts.has_substance(text):
            raise Invalid(f"{word.text[:20]!r} holds no letter, digit or character to look for", field="words")
        kept[text] = kept.get(text, False) or word.sound
    return tuple(Word(text=text, sound=sound) for text, sound in kept.items())


async def _label(call: AnyCall, label_id: str | UnsetType | None) -> LabelId | None:
    if not isinstance(label_id, str):
        return None
    if all(label.id != label_id for label in await call.context.stores.labels.all()):
        raise Invalid("there is no such label", field="label_id")
    return LabelId(label_id)


async def _existing(call: AnyCall) -> WordList:
    found = await call.context.stores.word_lists.get(WordListId(call.id()))
    if found is None:
        raise NotFound("there is no such list")
    return found


async def _save(call: AnyCall, word_list: WordList) -> WordList:
    stores = call.context.stores

    async def work() -> None:
        await stores.word_lists.save(word_list)
        await stores.workspace.put(VERSION, call.context.ids())

    try:
        await stores.transaction(work)
    except Duplicate:
        raise Conflict("there is a list of this name", field="name") from None
    return word_list


_KEEPS = Role.SUPERVISOR
ENDPOINTS = (
    Endpoint(
        method="GET", path="/word-lists", handler=list_all, role=_KEEPS, returns=Items[WordList],
        summary="Word lists", tag="words",
    ),
    Endpoint(
        method="POST", path="/word-lists", handler=add, role=_KEEPS, body=NewWordList, returns=WordList,
        statuses=(201,), summary="Add a word list", tag="words",
    ),
    Endpoint(
        method="PATCH", path="/word-lists/{id}", handler=change, role=_KEEPS, body=WordListPatch, returns=WordList,
        summary="Change a word list", tag="words",
    ),
    Endpoint(
        method="DELETE", path="/word-lists/{id}", handler=delete, role=_KEEPS, statuses=(204,),
        summary="Delete a word list", tag="words",
    ),
    Endpoint(
        method="POST", path="/word-lists/try", handler=try_text, role=_KEEPS, body=TryBody, returns=Tried,
        summary="What the lists and the masking find in a text; nothing is kept", tag="words",
    ),
    Endpoint(
        method="GET", path="/word-lists/counts", handler=counts, role=_KEEPS, query=PeriodQuery,
        returns=Items[ListCount], summary="Messages with a hit, by list, over the last days", tag="words",
    ),
    Endpoint(
        method="GET", path="/word-lists/{id}/hits", handler=records, role=_KEEPS, query=RecordsQuery,
        returns=Items[RecordView], summary="What a list has found, newest first", tag="words",
    ),
    Endpoint(
        method="GET", path="/privacy", handler=privacy, returns=Privacy,
        summary="Whether personal data is masked for agents", tag="words",
    ),
    Endpoint(
        method="PATCH", path="/privacy", handler=set_privacy, role=Role.ADMIN, body=PrivacyBody, returns=Privacy,
        summary="Mask personal data for agents, or stop", tag="words",
    ),
    Endpoint(
        method="POST", path="/messages/{id}/reveal", handler=reveal, returns=Message, whole=True,
        summary="A message unmasked; its conversation notes who asked", tag="words",
    ),
)  # fmt: skip
