from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.flow import order
from scrm.model.message import Message, MessageKind
from tests.flow.make import NOW, incoming


def deliver(arrivals: list[int]) -> list[Message]:
    """Messages whose platform order is their number, taken in as ingest does, two a second."""
    taken: list[Message] = []
    latest: Message | None = None
    for position, number in enumerate(arrivals, start=1):
        message = incoming(position, NOW + timedelta(seconds=number // 2), number)
        if latest and order.comes_before(message.sent_at or NOW, message.sequence, latest.sent_at, latest.sequence):
            place = order.late_place(taken[-order.LOOK_BACK :], message.sent_at or NOW, message.sequence)
            assert place is not None
            message = replace(message, rank=place.rank, occurred_at=place.occurred_at)
        else:
            latest = message
        taken.append(message)
    return taken


@given(st.permutations(range(12)))
def test_however_they_arrive_rank_is_the_platforms_order(arrivals: list[int]) -> None:
    read = sorted(deliver(arrivals), key=lambda message: message.rank)
    assert [message.sequence for message in read] == sorted(arrivals)
    assert len({message.rank for message in read}) == len(read)


@pytest.mark.parametrize(
    "arrivals",
    [[5, 0, 1, 2, 3, 4, 6], [5, 4, 3, 2, 1, 0], [0, 1, 4, 2, 3, 5], [0, 3, 1, 2, 6, 4, 5]],
    ids=["retried in order", "retried in reverse", "one gap", "two gaps"],
)
def test_the_timeline_agrees_with_the_thread(arrivals: list[int]) -> None:
    by_time = sorted(deliver(arrivals), key=lambda message: (message.occurred_at, message.position))
    assert [message.sequence for message in by_time] == sorted(arrivals)


@pytest.mark.parametrize("known", [0, 1, 5_000], ids=["from the first", "after one", "after many"])
@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest first", "newest first"])
def test_a_backlog_that_comes_after_what_is_newer_keeps_its_order(known: int, newest_first: bool) -> None:
    """As many as are looked back for, as after an outage: the next message comes at once, what waited is retried."""
    late = range(known, known + order.LOOK_BACK - 1)
    arrivals = [*range(known), known + order.LOOK_BACK, *(reversed(late) if newest_first else late)]
    read = sorted(deliver(arrivals), key=lambda message: message.rank)
    assert [message.sequence for message in read] == sorted(arrivals)
    assert len({message.rank for message in read}) == len(read)


def test_in_order_rank_is_position() -> None:
    assert [message.rank for message in deliver([1, 2, 3])] == [1, 2, 3]


def test_without_sequence_one_second_tells_nothing() -> None:
    assert not order.comes_before(NOW, None, NOW, 5)
    assert not order.comes_before(NOW, 4, NOW, None)
    assert order.comes_before(NOW, 4, NOW, 5)
    assert not order.comes_before(NOW, 4, None, None)


def test_a_late_message_stands_after_the_reply_that_came_before_its_successor() -> None:
    first = incoming(1, NOW, 1)
    reply = replace(incoming(2, NOW), kind=MessageKind.OUTGOING, sent_at=None)
    third = incoming(3, NOW + timedelta(seconds=9), 3)
    place = order.late_place([first, reply, third], NOW + timedelta(seconds=5), 2)
    assert place is not None and 2 < place.rank < 3
    assert place.occurred_at < third.occurred_at
