"""Identifiers: time-ordered strings, made here only, so that sorting by id is sorting by creation.

Form: 26 characters of Crockford base 32 (a ULID): 48 bits of milliseconds since 1970, then 80 random bits
that count up within one millisecond, so ids of one process never run backwards.
"""

import secrets
from typing import NewType, Protocol

from scrm.clock import Clock

AgentId = NewType("AgentId", str)
AlertId = NewType("AlertId", str)
AttachmentId = NewType("AttachmentId", str)
CannedReplyId = NewType("CannedReplyId", str)
ChannelId = NewType("ChannelId", str)
ContactId = NewType("ContactId", str)
ConversationId = NewType("ConversationId", str)
DestinationId = NewType("DestinationId", str)
ExampleId = NewType("ExampleId", str)
JournalId = NewType("JournalId", str)
LabelId = NewType("LabelId", str)
MentionId = NewType("MentionId", str)
MessageId = NewType("MessageId", str)
MonitorId = NewType("MonitorId", str)
SourceId = NewType("SourceId", str)
NoticeId = NewType("NoticeId", str)
ReportPlanId = NewType("ReportPlanId", str)
RuleId = NewType("RuleId", str)
QrCodeId = NewType("QrCodeId", str)
TaskId = NewType("TaskId", str)
TaxonomyId = NewType("TaxonomyId", str)
TeamId = NewType("TeamId", str)
TokenId = NewType("TokenId", str)
ViewId = NewType("ViewId", str)
WordListId = NewType("WordListId", str)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80


class IdFactory(Protocol):
    def __call__(self) -> str:
        """A new id, greater than every id this factory made before."""
        ...


class UlidFactory:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def __call__(self) -> str:
        milliseconds = int(self._clock.now().timestamp() * 1000)
        # The top random bit stays clear so that counting up cannot spill into the time part.
        fresh = (milliseconds << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS - 1)
        self._last = max(fresh, self._last + 1)
        return encode(self._last)


class CountingIds:
    """Predictable ids for tests: a prefix and a number that counts up."""

    def __init__(self, prefix: str = "id") -> None:
        self._prefix = prefix
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        return f"{self._prefix}{self._count:08d}"


def encode(number: int) -> str:
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5))
