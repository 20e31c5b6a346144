"""A contact's labels and the platform's tags, kept the same both ways.

Only labels that an administrator linked to a tag take part. What both sides agreed on is kept with the person's handle
(`Identity.tagged`); whatever changed on either side since is done on the other: added on one, it is added on the other;
taken off on one, it is taken off on the other; the first time, both get all. A label and a tag either are or are not,
so two changes can never contradict each other, and once both agree nothing is left to do: nothing goes back and forth.

It is done when a contact is new or comes back, and when labels change here; the platform says nothing of tags by
itself.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial

import structlog
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import HubError, SendError, SendErrorCode
from scrm.flow.adapters import Adapters
from scrm.ids import ChannelId, ContactId, IdFactory, LabelId, TaskId
from scrm.model.account import TagLinks
from scrm.model.channel import AccountTool
from scrm.model.contact import Contact, Identity, IdentityScope
from scrm.model.work import Task, TaskKind, partition_of
from scrm.ports.abilities import FetchesProfile, TagsContacts
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)


class Tags:
    def __init__(
        self, stores: Stores, adapters: Adapters, clock: Clock, ids: IdFactory, made: Callable[[Sequence[Task]], None]
    ) -> None:
        """made: told of tasks once they are stored."""
        self._stores = stores
        self._adapters = adapters
        self._clock = clock
        self._ids = ids
        self._made = made

    async def labelled(self, contact_id: ContactId, *, but: ChannelId | None = None) -> None:
        """A contact's labels changed: have every account that knows the person told, but the one it came from."""
        tasks = await self.tasks(contact_id, but=but)
        if tasks:
            await self._stores.tasks.add(tasks)
            self._made(tasks)

    async def tasks(self, contact_id: ContactId, *, but: ChannelId | None = None) -> list[Task]:
        tasks: list[Task] = []
        for identity in await self._stores.contacts.identities(contact_id):
            if identity.scope is not IdentityScope.CHANNEL or identity.channel_id in (None, but):
                continue
            task = await self.task(ChannelId(identity.realm), identity.value, contact_id)
            tasks += [task] if task else []
        return tasks

    async def task(self, channel_id: ChannelId, handle: str, contact_id: ContactId) -> Task | None:
        """What is to be done for one account; None where it has no linked tags."""
        try:
            connected = await self._adapters.get(channel_id)
        except HubError:
            return None  # the channel is gone
        if AccountTool.TAGS not in connected.adapter.type.capabilities.tools:
            return None
        links = await self._stores.accounts.tag_links(channel_id)
        if links is None or not links.links:
            return None
        return Task(
            id=TaskId(self._ids()),
            kind=TaskKind.SYNC_TAGS,
            subject=f"{channel_id}:{contact_id}",
            partition=partition_of(channel_id, handle),
            due_at=self._clock.now(),
            data={"channel_id": channel_id, "contact_id": contact_id},
        )

    async def sync(self, channel_id: ChannelId, contact_id: ContactId) -> None:
        """Raises SendError, NotFound (no such channel)."""
        connected = await self._adapters.get(channel_id)
        adapter = connected.adapter
        links = await self._stores.accounts.tag_links(channel_id)
        contact = await self._stores.contacts.get(contact_id)
        identity = await self._identity(contact_id, channel_id)
        if links is None or contact is None or identity is None or not isinstance(adapter, TagsContacts):
            return
        if not isinstance(adapter, FetchesProfile):
            return
        tagged = (await adapter.fetch_profile(identity.value)).tags
        if tagged is None:
            return  # who does not follow has no tags, and can be given none
        here = set(contact.labels) & links.links.keys()
        there = {label for label, tag in links.links.items() if tag in tagged}
        vanished = {label for label in set(identity.tagged) & here - there if label in links.links}
        if vanished:
            links = await self._without_deleted(adapter, links, vanished)
            here &= links.links.keys()
        agreed = merged(set(identity.tagged) & links.links.keys(), here, there)
        agreed -= await self._tell(adapter, links, identity.value, put=agreed - there, take=there - agreed)
        if await self._stores.transaction(partial(self._keep, contact_id, identity, here, agreed)):
            await self.labelled(contact_id, but=channel_id)

    async def _without_deleted(self, adapter: TagsContacts, links: TagLinks, doubtful: set[LabelId]) -> TagLinks:
        """Who deletes a tag on the platform does not mean to take the label off everybody here: it is unlinked."""
        standing = {tag.id for tag in await adapter.tags()}
        kept = {label: tag for label, tag in links.links.items() if label not in doubtful or tag in standing}
        if kept == links.links:
            return links
        changed = TagLinks(id=links.id, links=kept)
        await self._stores.accounts.save_tag_links(changed)
        log.warning("tags.deleted_on_platform", channel=links.id, unlinked=len(links.links) - len(kept))
        return changed

    async def _tell(
        self, adapter: TagsContacts, links: TagLinks, handle: str, *, put: set[LabelId], take: set[LabelId]
    ) -> set[LabelId]:
        """Change the platform; labels whose tag it would not put (deleted there, or too many on one person)."""
        refused: set[LabelId] = set()
        for label in sorted(put):
            try:
                await adapter.tag(links.links[label], handle)
            except SendError as error:
                if error.code is not SendErrorCode.TAG_REFUSED:
                    raise
                log.warning("tags.refused", channel=links.id, platform_code=error.platform_code)
                refused.add(label)
        for label in sorted(take):
            try:
                await adapter.untag(links.links[label], handle)
            except SendError as error:
                if error.code is not SendErrorCode.TAG_REFUSED:  # it is gone altogether
                    raise
        return refused

    async def _keep(self, contact_id: ContactId, identity: Identity, here: set[LabelId], agreed: set[LabelId]) -> bool:
        """Write what both agree on; whether the contact's labels changed. As the labels are now: an agent may have
        changed them meanwhile, which a task of its own carries over."""
        contact = await self._stores.contacts.get(contact_id)
        if contact is None:
            return False
        # What the platform would not take stays a label here, and is tried again with the next change.
        added, gone = agreed - here, {label for label in here - agreed if label in identity.tagged}
        labels = _with(contact, added, gone)
        if labels != contact.labels:
            await self._stores.contacts.save(replace(contact, labels=labels, updated_at=self._clock.now()))
        if set(identity.tagged) != agreed:
            await self._stores.contacts.note_tagged(identity.id, sorted(agreed))
        return labels != contact.labels

    async def _identity(self, contact_id: ContactId, channel_id: ChannelId) -> Identity | None:
        found = await self._stores.contacts.identities(contact_id)
        ours = [each for each in found if each.scope is IdentityScope.CHANNEL and each.realm == channel_id]
        return ours[-1] if ours else None


def merged(agreed: Collection[LabelId], here: Collection[LabelId], there: Collection[LabelId]) -> set[LabelId]:
    """What both sides are to have: all that both have, and what either has that they had not agreed on. Pure."""
    known, ours, theirs = set(agreed), set(here), set(there)
    return (ours & theirs) | ((ours | theirs) - known)


def _with(contact: Contact, added: set[LabelId], gone: set[LabelId]) -> tuple[LabelId, ...]:
    kept = tuple(label for label in contact.labels if label not in gone)
    return (*kept, *(label for label in sorted(added) if label not in kept))
