"""One person whom the hub knows as several contacts, and how they become one. Implemented by `scrm.flow`."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from scrm.ids import ContactId
from scrm.model.base import Record
from scrm.model.contact import Contact
from scrm.model.message import Author


class Likeness(StrEnum):
    """What two contacts share."""

    PHONE = "phone"
    EMAIL = "email"


class Lookalike(Record, kw_only=True):
    """Another contact who may be the same person, and why."""

    contact: Contact
    likeness: tuple[Likeness, ...]


class Merging(Protocol):
    """Every method raises NotFound (no such contact) and StoreUnavailable."""

    async def lookalikes(self, contact_id: ContactId) -> Sequence[Lookalike]:
        """Those who share most first; at most twenty."""
        ...

    async def merge(self, contact_id: ContactId, other_id: ContactId, *, by: Author) -> Contact:
        """The other's conversations, messages, handles, labels and whatever else it has go to the contact, whose own
        data stands; the other is gone. Raises Invalid where both are the same, BothOpen where both have an unresolved
        conversation on one channel, TwoAccounts where a platform permits replies to them account by account."""
        ...
