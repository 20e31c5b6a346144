"""Contacts that a person finds to be one, made one. See `scrm.ports.merging`; the joining itself is `flow.joining`."""

import re
from collections.abc import Sequence
from functools import partial

import structlog

from scrm.clock import Clock
from scrm.errors import BothOpen, Duplicate, Invalid, NotFound, TwoAccounts
from scrm.flow.adapters import Adapters
from scrm.flow.joining import join
from scrm.ids import ChannelId, ContactId, IdFactory
from scrm.model.contact import Contact, IdentityScope
from scrm.model.message import Author
from scrm.ports.merging import Likeness, Lookalike
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)

MOST_LOOKALIKES = 20
# Enough digits to be somebody's: a landline without its area code has seven.
FEWEST_DIGITS = 7

BOTH_OPEN = "Both have an unresolved conversation on one channel: resolve one of them first."
TWO_ACCOUNTS = "They are two accounts of one platform, which permits replies to each by itself: they stay two contacts."


class MergeDesk:
    def __init__(self, stores: Stores, adapters: Adapters, clock: Clock, ids: IdFactory) -> None:
        self._stores = stores
        self._adapters = adapters
        self._clock = clock
        self._ids = ids

    async def lookalikes(self, contact_id: ContactId) -> Sequence[Lookalike]:
        contact = await self._existing(contact_id)
        found: dict[ContactId, Contact] = {}
        for written in (phone_digits(contact.phone), email_key(contact.email)):
            if written:
                found |= {each.id: each for each in await self._stores.contacts.search(written, MOST_LOOKALIKES)}
        likely = [Lookalike(contact=each, likeness=likeness(contact, each)) for each in found.values()]
        likely = [each for each in likely if each.likeness and each.contact.id != contact_id]
        likely.sort(key=lambda each: (-len(each.likeness), each.contact.created_at, each.contact.id))
        return likely[:MOST_LOOKALIKES]

    async def merge(self, contact_id: ContactId, other_id: ContactId, *, by: Author) -> Contact:
        if contact_id == other_id:
            raise Invalid("A contact cannot be merged with itself.", field="contact_id")
        for each in (contact_id, other_id):
            await self._existing(each)
        await self._check_accounts(contact_id, other_id)
        now = self._clock.now()
        work = partial(join, self._stores, self._ids, now, newer=other_id, older=contact_id, by=by)
        try:
            done = await self._stores.transaction(work)
        except Duplicate:
            raise BothOpen(BOTH_OPEN) from None
        if not done:
            raise NotFound("there is no such contact")
        log.info("contacts.merged", contact=contact_id, other=other_id, by=by.id)
        return await self._existing(contact_id)

    async def _check_accounts(self, contact_id: ContactId, other_id: ContactId) -> None:
        """A ledger of permitted replies belongs to one account of the platform. Raises TwoAccounts."""
        for channel_id in await self._channels(contact_id) & await self._channels(other_id):
            connected = await self._adapters.get(channel_id)
            if connected.adapter.type.capabilities.reply_rules:
                raise TwoAccounts(TWO_ACCOUNTS)

    async def _channels(self, contact_id: ContactId) -> set[ChannelId]:
        held = await self._stores.contacts.identities(contact_id)
        standing = {channel.id for channel in await self._stores.channels.all()}
        return {ChannelId(each.realm) for each in held if each.scope is IdentityScope.CHANNEL} & standing

    async def _existing(self, contact_id: ContactId) -> Contact:
        contact = await self._stores.contacts.get(contact_id)
        if contact is None:
            raise NotFound("there is no such contact")
        return contact


def likeness(first: Contact, second: Contact) -> tuple[Likeness, ...]:
    """What two contacts share, however it is written. Pure."""
    pairs = (
        (Likeness.PHONE, phone_digits(first.phone), phone_digits(second.phone)),
        (Likeness.EMAIL, email_key(first.email), email_key(second.email)),
    )
    return tuple(what for what, mine, theirs in pairs if mine and mine == theirs)


def phone_digits(phone: str | None) -> str:
    """A number as it is dialled within China: without blanks, brackets and the country's code; "" for what is none."""
    digits = "".join(re.findall(r"[0-9]", phone or ""))
    digits = re.sub(r"^(?:0086|86)(?=1[0-9]{10}$)", "", digits)
    return digits if len(digits) >= FEWEST_DIGITS else ""


def email_key(email: str | None) -> str:
    """An address as most servers understand it, whatever its capitals; "" for what is none."""
    written = (email or "").strip().casefold()
    return written if re.fullmatch(r"[^\s@]+@[^\s@]+", written) else ""
