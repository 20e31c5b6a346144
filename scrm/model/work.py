"""Work that is under way and must survive any crash: the journal, the outbox, tasks and leases.

All of it is cut into partitions by contact (`partition_of`); one process at a time holds a partition's lease, and that
is what keeps a contact's messages in order.
"""

import hashlib
from datetime import datetime
from enum import StrEnum

from scrm.ids import ChannelId, ConversationId, JournalId, MessageId, TaskId
from scrm.model.base import Record

# Fixed for the life of a workspace: stored work carries its partition's number.
PARTITIONS = 16
# Bytes of a journal entry's body at the most. A request has at most 64 KiB; a mail that is fetched is longer.
LARGEST_BODY = 256 * 1024


def partition_of(channel_id: str, handle: str) -> int:
    """The partition of a person on a channel: 0 … PARTITIONS - 1, the same in every process and version."""
    digest = hashlib.blake2b(f"{channel_id}\0{handle}".encode("utf-8", "surrogatepass"), digest_size=2).digest()
    return int.from_bytes(digest) % PARTITIONS


class JournalState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class JournalEntry(Record, kw_only=True):
    """A verified webhook request, kept before the platform hears OK.

    dedupe_key: equal for two deliveries of the same thing; unique within the channel.
    body: as the adapter's `verify` returned it (decrypted), exactly what `parse` reads again at a replay.
    facts: the little beside the body that `parse` needs (for WeChat: the format, xml or json).
    handle: the sender's, "" where it was not plain to see; it set the partition.
    """

    id: JournalId
    channel_id: ChannelId
    dedupe_key: str
    partition: int
    body: bytes
    facts: dict[str, str] = {}
    handle: str = ""
    received_at: datetime
    state: JournalState = JournalState.PENDING
    attempts: int = 0
    error: str | None = None
    finished_at: datetime | None = None


class OutboxState(StrEnum):
    WAITING = "waiting"  # due at `due_at`
    SENDING = "sending"  # the request may have left
    DONE = "done"


class Permit(Record, kw_only=True):
    """A platform's permission for one message beside the reply window, worthless from `until` on."""

    code: str
    until: datetime


class OutboxEntry(Record, kw_only=True):
    """An outgoing message on its way. id is the message's id, so one message has one entry.

    order: the message's position; entries of one conversation leave in this order.
    parts_sent: how many parts of a long text the platform has surely accepted.
    permit: what it is sent by, where that is not the reply window.
    holder: the process that began the last try.
    """

    id: MessageId
    conversation_id: ConversationId
    channel_id: ChannelId
    recipient: str
    partition: int
    order: int
    state: OutboxState = OutboxState.WAITING
    due_at: datetime
    attempts: int = 0
    parts_sent: int = 0
    external_ids: tuple[str, ...] = ()
    permit: Permit | None = None
    holder: str = ""
    created_at: datetime


class TaskKind(StrEnum):
    ANALYSE = "analyse"  # subject: message id
    FETCH_MEDIA = "fetch_media"  # subject: message id
    FETCH_PROFILE = "fetch_profile"  # subject: contact id
    ROUTE = "route"  # subject: conversation id
    SYNC_TAGS = "sync_tags"  # subject: channel id and contact id
    HAND_OVER = "hand_over"  # subject: conversation id and its version; data says what to tell the platform
    RECEIPT = "receipt"  # subject: channel id and external id; came before the message it speaks of was marked sent

    @property
    def asks_platform(self) -> bool:
        """Whether doing it waits for a platform, which may be slow: such tasks have a lane of their own."""
        return self in (TaskKind.FETCH_MEDIA, TaskKind.FETCH_PROFILE, TaskKind.HAND_OVER, TaskKind.SYNC_TAGS)


class Task(Record, kw_only=True):
    """One thing to do after a message is stored. (kind, subject) is unique while it stands; done tasks are deleted.

    failed: gave up after its attempts; kept for an admin. wanted: counts the times somebody asked for it, so that what
    was asked for while it was being done is done again.
    """

    id: TaskId
    kind: TaskKind
    subject: str
    partition: int
    due_at: datetime
    attempts: int = 0
    failed: bool = False
    error: str | None = None
    data: dict[str, str] = {}
    wanted: int = 0


class Pull(Record, kw_only=True):
    """How far a channel was read whose platform has to be asked (`scrm.ports.channel.Pulls`). id: the channel's.

    account: what `cursor` belongs to; another account is read from its beginning. cursor: where the last kept page
    ended, "" before the first. wanted: counts the times somebody asked, so that whoever fetches sees that it was asked
    again meanwhile. ticket, ticket_at: what the platform's latest notice gave, shown when fetching.
    """

    id: ChannelId
    partition: int
    account: str = ""
    cursor: str = ""
    wanted: int = 0
    ticket: str = ""
    ticket_at: datetime | None = None
    due_at: datetime
    attempts: int = 0
    error: str | None = None


class Lease(Record, kw_only=True):
    """A named right that one process holds until `until`."""

    name: str
    owner: str
    until: datetime
