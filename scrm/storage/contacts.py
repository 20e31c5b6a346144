"""Contacts and their identities."""

from collections.abc import Collection
from typing import Any

from scrm.clock import Clock
from scrm.ids import ChannelId, ContactId, LabelId
from scrm.model.contact import Contact, Identity, IdentityScope
from scrm.ports.stores import Page
from scrm.storage import grams
from scrm.storage.codec import text as storable
from scrm.storage.newest import newest_first, walk_newest
from scrm.storage.shelf import Database, Index, Shelf

COLLECTION = "contacts"
IDENTITIES = "identities"

# A search looks at no more candidates than this; a longer word finds the rest.
SEARCH_CANDIDATES = 2_000

INDEXES = (
    Index(collection=COLLECTION, name="created", keys=(("created_at", -1), ("_id", -1))),
    Index(collection=COLLECTION, name="terms", keys=(("terms", 1), ("created_at", -1), ("_id", -1))),
    Index(collection=IDENTITIES, name="handle", keys=(("realm", 1), ("value", 1), ("scope", 1)), unique=True),
    Index(collection=IDENTITIES, name="contact", keys=(("contact_id", 1),)),
)


class MongoContacts:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._contacts = Shelf(database, COLLECTION, Contact)
        self._identities = Shelf(database, IDENTITIES, Identity)
        self._clock = clock

    async def get(self, contact_id: ContactId) -> Contact | None:
        return await self._contacts.get(contact_id)

    async def get_many(self, contact_ids: Collection[ContactId]) -> dict[ContactId, Contact]:
        found = await self._contacts.get_many(contact_ids)
        return {contact.id: contact for contact in found.values()}

    async def insert(self, *contacts: Contact) -> None:
        await self._contacts.insert_documents(
            [{**self._contacts.codec.encode(contact), **derived(contact)} for contact in contacts]
        )

    async def save(self, contact: Contact) -> None:
        await self._contacts.put(contact, **derived(contact))

    async def page(self, *, after: Page | None, limit: int) -> list[Contact]:
        return await newest_first(self._contacts, [{}], "created_at", now=self._clock.now(), after=after, limit=limit)

    async def search(self, text: str, limit: int) -> list[Contact]:
        wanted = grams.normalise(storable(text))
        digits = "".join(character for character in wanted if character.isdigit())
        if digits and not wanted.strip("+-()0123456789"):
            wanted = digits
        term = grams.query_term(wanted)
        if term is None:
            return []
        found: list[Contact] = []
        seen = 0
        async for contact in walk_newest(self._contacts, {"terms": term}, "created_at", now=self._clock.now()):
            if any(wanted in haystack for haystack in grams.haystacks(contact)):
                found.append(contact)
            seen += 1
            if len(found) >= limit or seen >= SEARCH_CANDIDATES:
                break
        return found

    async def identity(self, scope: IdentityScope, realm: str, value: str) -> Identity | None:
        return await self._identities.first({"realm": storable(realm), "value": storable(value), "scope": str(scope)})

    async def identities(self, contact_id: ContactId) -> list[Identity]:
        return (await self.identities_of([contact_id]))[contact_id]

    async def identities_of(self, contact_ids: Collection[ContactId]) -> dict[ContactId, list[Identity]]:
        found = await self._identities.find({"contact_id": {"$in": list(contact_ids)}})
        held: dict[ContactId, list[Identity]] = {contact_id: [] for contact_id in contact_ids}
        for identity in sorted(found, key=lambda each: (each.created_at, each.id)):
            held[identity.contact_id].append(identity)
        return held

    async def handle(self, contact_id: ContactId, channel_id: ChannelId) -> str | None:
        """The newest, should there be several."""
        for identity in reversed(await self.identities(contact_id)):
            if identity.scope is IdentityScope.CHANNEL and identity.realm == channel_id:
                return identity.value
        return None

    async def add_identity(self, *identities: Identity) -> None:
        await self._identities.insert_documents([self._identities.codec.encode(identity) for identity in identities])

    async def note_tagged(self, identity_id: str, labels: Collection[LabelId]) -> None:
        await self._identities.update({"_id": identity_id}, {"$set": {"tagged": list(labels)}})

    async def join(self, contact_id: ContactId, into: ContactId) -> None:
        await self._identities.update_many({"contact_id": contact_id}, {"$set": {"contact_id": into}})
        await self._contacts.delete({"_id": contact_id})


def derived(contact: Contact) -> dict[str, Any]:
    """What a stored contact has beside its fields."""
    return {"terms": [storable(term) for term in grams.contact_terms(contact)]}
