"""Where a customer's message stands in its thread. Pure.

Messages are numbered as they arrive (`position`), and readers resume by that number, so it never changes. A platform
that had to retry can deliver an older message after a newer one; its `rank` then lies between those of its neighbours
in the platform's order, and its `occurred_at` just before the message it should have preceded.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from scrm.model.base import Record
from scrm.model.message import Message, MessageKind

# How many entries back a late message is looked for at first, and where all of those are older still: some platforms
# give up a delivery within seconds, others try for days.
LOOK_BACK, LONGEST_LOOK_BACK = 60, 500
# Late messages come in runs, oldest or newest first. One of a run stands this much closer to the one before it than to
# its other neighbour: halves would be too small to be numbers after some fifty of them.
RUN = 64
# Between the clocks of two processes, or before and after one was set: further apart, none starts (`storage/client`).
CLOCKS_APART = timedelta(seconds=8)


class Place(Record, kw_only=True):
    rank: float
    occurred_at: datetime


def following(moment: datetime, latest: datetime | None) -> datetime:
    """A moment by our own clock, of what came after something of the moment `latest`: never the earlier one, though
    another process' clock, or ours before it was set back, may have said so."""
    if latest is None or moment >= latest or latest - moment > CLOCKS_APART:
        return moment
    return latest + timedelta(milliseconds=1)


def comes_before(
    sent_at: datetime, sequence: int | None, other_sent_at: datetime | None, other_sequence: int | None
) -> bool:
    """Whether the platform sent the first before the other. Within one second only the sequence tells."""
    if other_sent_at is None or sent_at > other_sent_at:
        return False
    if sent_at < other_sent_at:
        return True
    return sequence is not None and other_sequence is not None and sequence < other_sequence


def late_place(recent: Sequence[Message], sent_at: datetime, sequence: int | None) -> Place | None:
    """The place of a late message among the newest entries of its conversation; None when it is not late there."""
    newer = [
        message
        for message in recent
        if message.kind is MessageKind.INCOMING and comes_before(sent_at, sequence, message.sent_at, message.sequence)
    ]
    if not newer:
        return None
    successor = min(newer, key=lambda message: message.rank)
    below = max((other for other in recent if other.rank < successor.rank), key=lambda each: each.rank, default=None)
    floor = below.rank if below else successor.rank - 1
    after_late, before_late = below is not None and _late(below), _late(successor)
    share = 1 / 2 if after_late == before_late else 1 / RUN if after_late else 1 - 1 / RUN
    return Place(
        rank=floor + (successor.rank - floor) * share,
        occurred_at=successor.occurred_at - timedelta(milliseconds=1),
    )


def _late(message: Message) -> bool:
    return message.rank != message.position
