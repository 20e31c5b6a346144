"""Who wrote: the contact behind a handle, made when it is new, joined when a union id says it is known."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import structlog
from msgspec.structs import replace

from scrm.errors import Duplicate
from scrm.flow.adapters import Adapters
from scrm.flow.joining import NAMELESS, join
from scrm.ids import ContactId, IdFactory, LabelId
from scrm.model.channel import Channel
from scrm.model.contact import Contact, Identity, IdentityScope
from scrm.model.conversation import Conversation
from scrm.ports.abilities import FetchesProfile
from scrm.ports.channel import IncomingMessage, PlatformEvent, Profile, Sender
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)


class People:
    def __init__(self, stores: Stores, adapters: Adapters, ids: IdFactory) -> None:
        self._stores = stores
        self._contacts = stores.contacts
        self._adapters = adapters
        self._ids = ids

    async def of(
        self, event: IncomingMessage | PlatformEvent, channel: Channel, now: datetime
    ) -> tuple[ContactId, bool]:
        """The contact who sent `event`, and whether it is new. Call inside a transaction."""
        sender = event.sender
        known = await self._contacts.identity(IdentityScope.CHANNEL, channel.id, sender.handle)
        if known is not None:
            contact_id, is_new = known.contact_id, False
        else:
            contact_id, is_new = await self._met(event, channel, now)
            await self._bind(contact_id, sender, channel, now)
        if sender.union_id and sender.union_realm:
            await self._bind_union(contact_id, sender.union_realm, sender.union_id, now)
        return contact_id, is_new

    async def seen(self, contact_id: ContactId, event: IncomingMessage | PlatformEvent, now: datetime) -> None:
        """Note when the contact was last there, and whether it follows the account now."""
        contact = await self._contacts.get(contact_id)
        if contact is not None:
            await self._contacts.save(_after(contact, event, now))

    async def fetch_profile(self, contact_id: ContactId, channel: Channel, now: datetime) -> None:
        """Fill in what the platform tells and nobody has set; join the contact to the one it turns out to be. Raises
        SendError."""
        connected = await self._adapters.get(channel.id)
        handle = await self._contacts.handle(contact_id, channel.id)
        if handle is None or not isinstance(connected.adapter, FetchesProfile):
            return
        profile = await connected.adapter.fetch_profile(handle)
        try:
            await self._stores.transaction(partial(self._told, contact_id, profile, handle, now, joins=True))
        except Duplicate:
            log.info("people.not_joined", contact=contact_id)
            await self._stores.transaction(partial(self._told, contact_id, profile, handle, now, joins=False))

    async def _told(self, contact_id: ContactId, profile: Profile, handle: str, now: datetime, *, joins: bool) -> None:
        contact = await self._contacts.get(contact_id)
        if contact is None:
            return
        await self._contacts.save(_with_profile(contact, profile, handle, now))
        if profile.union_id and profile.union_realm:
            known = await self._contacts.identity(IdentityScope.UNION, profile.union_realm, profile.union_id)
            if known is None:
                await self._bind_union(contact.id, profile.union_realm, profile.union_id, now)
            elif known.contact_id != contact.id and joins:
                await join(self._stores, self._ids, now, newer=contact.id, older=known.contact_id)

    async def label(self, contact_id: ContactId, labels: Sequence[LabelId], now: datetime) -> None:
        """Add labels, those of them that there are. Call inside a transaction."""
        contact = await self._contacts.get(contact_id)
        known = {label.id for label in await self._stores.labels.all()}
        if contact is None:
            return
        held = tuple(dict.fromkeys((*contact.labels, *(label for label in labels if label in known))))
        if held != contact.labels:
            await self._contacts.save(replace(contact, labels=held, updated_at=now))

    async def _met(
        self, event: IncomingMessage | PlatformEvent, channel: Channel, now: datetime
    ) -> tuple[ContactId, bool]:
        """Somebody without a handle here: known by the union id, or new."""
        sender = event.sender
        if sender.union_id and sender.union_realm:
            identity = await self._contacts.identity(IdentityScope.UNION, sender.union_realm, sender.union_id)
            if identity is not None:
                return identity.contact_id, False
        contact = _after(self._fresh(event, channel, now), event, now)
        await self._contacts.insert(contact)
        return contact.id, True

    def _fresh(self, event: IncomingMessage | PlatformEvent, channel: Channel, now: datetime) -> Contact:
        source = {"channel_id": str(channel.id), **(event.source if isinstance(event, PlatformEvent) else {})}
        return Contact(
            id=ContactId(self._ids()),
            name=event.sender.name or nameless(event.sender.handle),
            source=source,
            created_at=now,
            updated_at=now,
        )

    async def _bind(self, contact_id: ContactId, sender: Sender, channel: Channel, now: datetime) -> None:
        await self._contacts.add_identity(
            Identity(
                id=self._ids(),
                scope=IdentityScope.CHANNEL,
                realm=channel.id,
                value=sender.handle,
                contact_id=contact_id,
                channel_id=channel.id,
                evidence=f"wrote on {channel.type}",
                created_at=now,
            )
        )

    async def _bind_union(self, contact_id: ContactId, realm: str, union_id: str, now: datetime) -> None:
        """The first contact seen with a union id keeps it; a second one is joined to it when its profile is fetched."""
        if await self._contacts.identity(IdentityScope.UNION, realm, union_id) is None:
            await self._contacts.add_identity(
                Identity(
                    id=self._ids(),
                    scope=IdentityScope.UNION,
                    realm=realm,
                    value=union_id,
                    contact_id=contact_id,
                    evidence="the platform said so",
                    created_at=now,
                )
            )


async def handle_of(stores: Stores, conversation: Conversation) -> str | None:
    """Whom to write to: a customer with several handles on a channel hears under the one used last."""
    return conversation.handle or await stores.contacts.handle(conversation.contact_id, conversation.channel_id)


def nameless(handle: str) -> str:
    """Platforms often give no name; the handle's tail tells nameless customers apart."""
    return NAMELESS + handle[-4:]


def _after(contact: Contact, event: IncomingMessage | PlatformEvent, now: datetime) -> Contact:
    sender = event.sender
    seen = replace(
        contact,
        name=sender.name if sender.name and contact.name == nameless(sender.handle) else contact.name,
        phone=contact.phone or sender.phone,
        email=contact.email or sender.email,
        company=contact.company or sender.company,
    )
    if seen != contact:
        seen = replace(seen, updated_at=now)
    seen = replace(seen, last_seen_at=now)
    if isinstance(event, PlatformEvent) and event.subscribed is not None:
        return replace(seen, subscribed=event.subscribed, updated_at=now)
    return seen


def _with_profile(contact: Contact, profile: Profile, handle: str, now: datetime) -> Contact:
    unnamed = contact.name == nameless(handle)
    return replace(
        contact,
        name=(profile.remark or profile.name or contact.name) if unnamed else contact.name,
        email=contact.email or profile.email,
        avatar_url=contact.avatar_url or profile.avatar_url,
        language=contact.language or profile.language,
        city=contact.city or profile.city,
        subscribed=profile.subscribed if profile.subscribed is not None else contact.subscribed,
        source={**profile.source, **contact.source},
        updated_at=now,
    )
