"""One person, known as two contacts until a platform or an agent said so: the newer becomes part of the older, in one
transaction.

Accounts of one owner know a person under different handles; the union id joins them. What the older contact has stands,
the newer fills in what it lacks; labels of both are kept. Conversations, messages and handles move; numbers counted
before stay as they were counted.
"""

from datetime import datetime

from msgspec.structs import replace

from scrm.flow import records
from scrm.ids import ContactId, IdFactory
from scrm.model.contact import Contact
from scrm.model.message import Author
from scrm.ports.stores import Stores


async def join(
    stores: Stores, ids: IdFactory, now: datetime, *, newer: ContactId, older: ContactId, by: Author = records.SYSTEM
) -> bool:
    """Call inside a transaction. False where one of them is gone. Raises Duplicate where both have an unresolved
    conversation on one channel: then they stay apart."""
    first, second = await stores.contacts.get(older), await stores.contacts.get(newer)
    if first is None or second is None:
        return False
    await stores.conversations.join(newer, older)
    await stores.messages.join(newer, older)
    await stores.contacts.join(newer, older)
    await stores.contacts.save(joined(first, second, now))
    for conversation in await stores.conversations.of_contact(older, 1):
        changed, line = records.activity(conversation, ids, now, "contacts_joined", by, name=second.name)
        await stores.messages.insert(line)
        await stores.conversations.save(changed)
    return True


def joined(first: Contact, second: Contact, now: datetime) -> Contact:
    """The older contact with what the newer knew more. Pure."""
    seen = [at for at in (first.last_seen_at, second.last_seen_at) if at is not None]
    return replace(
        first,
        name=second.name if first.name.startswith(NAMELESS) and not second.name.startswith(NAMELESS) else first.name,
        avatar_url=first.avatar_url or second.avatar_url,
        vip=first.vip or second.vip,
        phone=first.phone or second.phone,
        email=first.email or second.email,
        city=first.city or second.city,
        company=first.company or second.company,
        remark="\n".join(filter(None, (first.remark, second.remark)))[:2_000],
        language=first.language or second.language,
        labels=tuple(dict.fromkeys((*first.labels, *second.labels))),
        attributes={**second.attributes, **first.attributes},
        subscribed=first.subscribed or second.subscribed,
        last_seen_at=max(seen, default=None),
        updated_at=now,
    )


# How names of people who told none begin.
NAMELESS = "客户 "
