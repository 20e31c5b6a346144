"""Contacts: list, the one timeline, what agents change."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from scrm.errors import Invalid, NotFound
from scrm.ids import ContactId, LabelId
from scrm.model.base import Record
from scrm.model.contact import Contact
from scrm.model.message import Message
from scrm.ports.merging import Likeness
from scrm.ports.stores import Page
from scrm.web import cursor
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing, changed
from scrm.web.fields import Cursor, Id, Key, Limit, Line, Name, SearchText
from scrm.web.views import ContactView, ConversationView

_MOST_CONVERSATIONS = 100


class ListQuery(Input, kw_only=True):
    """q: part of a name (also pinyin or initials), phone or e-mail; then the best matches, one page."""

    q: SearchText | None = None
    limit: Limit = 50
    after: Cursor | None = None


class TimelineQuery(Input, kw_only=True):
    limit: Limit = 50
    before: Cursor | None = None


class LookalikeView(Record, kw_only=True):
    """likeness: what it shares with the contact that was asked about."""

    contact: ContactView
    likeness: tuple[Likeness, ...]


class MergeInput(Input, kw_only=True):
    """contact_id: of the one that becomes part of the other."""

    contact_id: Id


class ContactPatch(Input, kw_only=True):
    """What to change; what is left out stays. attributes: all of them, not those to add."""

    name: Name | UnsetType = UNSET
    vip: bool | UnsetType = UNSET
    phone: Line | UnsetType | None = UNSET
    email: Line | UnsetType | None = UNSET
    city: Line | UnsetType | None = UNSET
    company: Line | UnsetType | None = UNSET
    remark: Annotated[str, msgspec.Meta(max_length=2_000)] | UnsetType = UNSET
    labels: Annotated[tuple[Id, ...], msgspec.Meta(max_length=50)] | UnsetType = UNSET
    attributes: (
        Annotated[dict[Key, Annotated[str, msgspec.Meta(max_length=1_000)]], msgspec.Meta(max_length=50)] | UnsetType
    ) = UNSET


async def list_contacts(call: Call[ListQuery, Nothing]) -> Items[ContactView]:
    query, contacts = call.query, call.context.stores.contacts
    following = None
    if query.q:
        found = await contacts.search(query.q.strip(), query.limit)
    else:
        more = await contacts.page(after=cursor.decode(query.after), limit=query.limit + 1)
        found, following = cursor.cut(more, query.limit, lambda contact: Page(at=contact.created_at, id=contact.id))
    return Items(items=await call.request.app[VIEWS].contacts(found), next=following)


async def get_contact(call: Call[Nothing, Nothing]) -> ContactView:
    return await call.request.app[VIEWS].contact(await _existing(call))


async def change_contact(call: Call[Nothing, ContactPatch]) -> ContactView:
    body, stores = call.body, call.context.stores
    if isinstance(body.labels, tuple) and not {label.id for label in await stores.labels.all()}.issuperset(
        LabelId(label) for label in body.labels
    ):
        raise Invalid("there is no such label", field="labels")

    async def work() -> Contact:
        contact = await _existing(call)
        # An emptied field is no value, or searches and screens would have to know two kinds of nothing.
        fresh = changed(contact, body)
        fresh = msgspec.structs.replace(
            fresh,
            phone=fresh.phone or None,
            email=fresh.email or None,
            city=fresh.city or None,
            company=fresh.company or None,
            updated_at=call.context.clock.now(),
        )
        await stores.contacts.save(fresh)
        return fresh

    fresh = await stores.transaction(work)
    if isinstance(body.labels, tuple):
        await call.context.hub.labelled(fresh.id)
    return await call.request.app[VIEWS].contact(fresh)


async def lookalikes(call: Call[Nothing, Nothing]) -> Items[LookalikeView]:
    found = await call.context.hub.merging.lookalikes(ContactId(call.id()))
    shown = await call.request.app[VIEWS].contacts([each.contact for each in found])
    return Items(
        items=[LookalikeView(contact=view, likeness=each.likeness) for view, each in zip(shown, found, strict=True)]
    )


async def merge(call: Call[Nothing, MergeInput]) -> ContactView:
    merged = await call.context.hub.merging.merge(
        ContactId(call.id()), ContactId(call.body.contact_id), by=call.who.author
    )
    return await call.request.app[VIEWS].contact(merged)


async def timeline(call: Call[TimelineQuery, Nothing]) -> Items[Message]:
    contact = await _existing(call)
    found = await call.context.stores.messages.timeline(
        contact.id, before=cursor.decode(call.query.before, field="before"), limit=call.query.limit + 1
    )
    items, following = cursor.cut(found, call.query.limit, lambda message: Page(at=message.occurred_at, id=message.id))
    return Items(items=items, next=following)


async def conversations_of(call: Call[Nothing, Nothing]) -> Items[ConversationView]:
    contact = await _existing(call)
    found = await call.context.stores.conversations.of_contact(contact.id, _MOST_CONVERSATIONS)
    return Items(items=await call.request.app[VIEWS].conversations(found, call.who.agent_id))


async def _existing(
    call: AnyCall,
) -> Contact:
    contact = await call.context.stores.contacts.get(ContactId(call.id()))
    if contact is None:
        raise NotFound("there is no such contact")
    return contact


ENDPOINTS = (
    Endpoint(
        method="GET", path="/contacts", handler=list_contacts, query=ListQuery, returns=Items[ContactView],
        summary="Contacts, newest first, or those a search finds", tag="contacts",
    ),
    Endpoint(
        method="GET", path="/contacts/{id}", handler=get_contact, returns=ContactView,
        summary="One contact", tag="contacts",
    ),
    Endpoint(
        method="PATCH", path="/contacts/{id}", handler=change_contact, body=ContactPatch, returns=ContactView,
        summary="Change what agents know of a contact", tag="contacts",
    ),
    Endpoint(
        method="GET", path="/contacts/{id}/lookalikes", handler=lookalikes, returns=Items[LookalikeView],
        summary="Contacts who may be the same person, by phone or e-mail", tag="contacts",
    ),
    Endpoint(
        method="POST", path="/contacts/{id}/merge", handler=merge, body=MergeInput, returns=ContactView,
        summary="Make another contact part of this one", tag="contacts",
    ),
    Endpoint(
        method="GET", path="/contacts/{id}/timeline", handler=timeline, query=TimelineQuery,
        returns=Items[Message], summary="Everything with a contact over all channels, newest first", tag="contacts",
    ),
    Endpoint(
        method="GET", path="/contacts/{id}/conversations", handler=conversations_of,
        returns=Items[ConversationView], summary="A contact's conversations, newest activity first", tag="contacts",
    ),
)  # fmt: skip
