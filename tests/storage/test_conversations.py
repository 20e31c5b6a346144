"""Conversations: compare-and-set, one unresolved, lists in order over every slice of time."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.errors import Duplicate, Stale
from scrm.ids import AgentId, ChannelId, ContactId, TeamId
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.ports.stores import ConversationQuery, Counts, Page, Standing, Stores
from tests.storage import records

OPEN, SNOOZED, RESOLVED = ConversationStatus.OPEN, ConversationStatus.SNOOZED, ConversationStatus.RESOLVED
CHANNEL = ChannelId("ch")


async def stored(stores: Stores, **fields: Any) -> Conversation:
    conversation = records.conversation(**fields)
    await stores.conversations.insert(conversation)
    return conversation


async def test_a_save_counts_the_version_and_a_stale_one_is_refused(stores: Stores) -> None:
    conversation = await stored(stores)
    saved = await stores.conversations.save(replace(conversation, last_position=1))
    assert saved == replace(conversation, last_position=1, version=1)
    with pytest.raises(Stale):
        await stores.conversations.save(replace(conversation, last_position=2))
    assert await stores.conversations.get(conversation.id) == saved
    with pytest.raises(Stale):
        await stores.conversations.save(records.conversation())


async def test_of_two_who_save_at_once_one_gets_stale(stores: Stores) -> None:
    conversation = await stored(stores)
    answers = await asyncio.gather(
        *(stores.conversations.save(replace(conversation, last_position=n)) for n in (1, 2, 3)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conversation", "Stale", "Stale"]


async def test_a_contact_has_one_unresolved_conversation_on_a_channel(stores: Stores) -> None:
    first = await stored(stores)
    with pytest.raises(Duplicate) as caught:
        await stored(stores, contact_id=first.contact_id)
    assert caught.value.key == "one_unresolved"
    await stored(stores, contact_id=first.contact_id, channel_id=ChannelId("another"))
    await stored(stores, contact_id=first.contact_id, status=RESOLVED)
    resolved = await stores.conversations.save(replace(first, status=RESOLVED))
    second = await stored(stores, contact_id=first.contact_id)
    assert await stores.conversations.latest(first.contact_id, CHANNEL) == second
    # Opening the first one again would make two.
    with pytest.raises(Duplicate):
        await stores.conversations.save(replace(resolved, status=OPEN))


async def test_the_latest_is_the_unresolved_one_else_the_newest(stores: Stores) -> None:
    unresolved = await stored(stores)
    newest = await stored(stores, contact_id=unresolved.contact_id, status=RESOLVED)
    assert await stores.conversations.latest(unresolved.contact_id, CHANNEL) == unresolved
    await stores.conversations.save(replace(unresolved, status=RESOLVED))
    assert await stores.conversations.latest(unresolved.contact_id, CHANNEL) == newest
    assert await stores.conversations.latest(unresolved.contact_id, ChannelId("another")) is None


async def test_lists_keep_to_the_query(stores: Stores) -> None:
    mine = await stored(stores, assignee_id="a1", labels=("l1", "l2"), team_id="g1")
    nobodys = await stored(stores)
    snoozed = await stored(stores, assignee_id="a1", status=SNOOZED, channel_id=ChannelId("another"))
    done = await stored(stores, assignee_id="a1", status=RESOLVED)

    async def listed(**query: Any) -> set[str]:
        found = await stores.conversations.page(ConversationQuery(**query), after=None, limit=10)
        return {conversation.id for conversation in found}

    assert await listed() == {mine.id, nobodys.id, snoozed.id, done.id}
    assert await listed(statuses=(OPEN, SNOOZED, OPEN)) == {mine.id, nobodys.id, snoozed.id}
    assert await listed(assignee="a1") == {mine.id, snoozed.id, done.id}
    assert await listed(assignee="none", statuses=(OPEN,)) == {nobodys.id}
    assert await listed(channel_id=ChannelId("another")) == {snoozed.id}
    assert await listed(label_id="l2") == {mine.id}
    assert await listed(team_id="g1", statuses=(OPEN,)) == {mine.id}
    assert await listed(team_id="g2") == set()


AGES = st.lists(st.sampled_from([0, 1, 1, 3600, 6 * 3600, 7 * 3600, 4 * 86400, 40 * 86400, 4000 * 86400]), max_size=8)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ages=AGES, limit=st.integers(1, 4))
async def test_paging_visits_each_once_in_order(stores: Stores, ages: list[int], limit: int) -> None:
    label = records.new_id("l")
    now = records.at(0)
    made = [
        await stored(
            stores,
            labels=(label,),
            status=list(ConversationStatus)[index % 4],
            last_activity_at=now - timedelta(seconds=age),
        )
        for index, age in enumerate(ages)
    ]
    expected = sorted(made, key=lambda each: (each.last_activity_at, each.id), reverse=True)
    seen: list[Conversation] = []
    after: Page | None = None
    query = ConversationQuery(label_id=label)  # type: ignore[arg-type]
    while page := await stores.conversations.page(query, after=after, limit=limit):
        assert len(page) <= limit
        seen += page
        after = Page(at=page[-1].last_activity_at, id=page[-1].id)
    assert seen == expected


async def test_counts_are_of_what_is_neither_resolved_nor_put_off(stores: Stores) -> None:
    assert await stores.conversations.counts(None) == Counts(
        mine=0, unassigned=0, all=0, backlog=0, backlog_unassigned=0
    )
    await stored(stores, assignee_id="a1")
    await stored(stores, assignee_id="a1", status=SNOOZED)
    await stored(stores, assignee_id="a2")
    await stored(stores)
    await stored(stores, status=RESOLVED)
    assert await stores.conversations.counts(AgentId("a1")) == Counts(
        mine=1, unassigned=1, all=3, backlog=4, backlog_unassigned=1
    )
    assert await stores.conversations.counts(None) == Counts(
        mine=0, unassigned=1, all=3, backlog=4, backlog_unassigned=1
    )
    assert await stores.conversations.open_counts() == {"a1": 1, "a2": 1}
    assert await stores.conversations.count_of_channel(CHANNEL) == 5
    assert await stores.conversations.count_of_channel(ChannelId("another")) == 0


async def test_the_queue_is_longest_waiting_first(stores: Stores) -> None:
    late = await stored(stores, waiting_since=records.at(9))
    early = await stored(stores, waiting_since=records.at(1))
    quiet = await stored(stores, last_activity_at=records.at(5))
    await stored(stores, waiting_since=records.at(0), assignee_id="a1")
    await stored(stores, waiting_since=records.at(0), status=SNOOZED)
    queue = await stores.conversations.unassigned(10)
    assert [each.id for each in queue] == [early.id, quiet.id, late.id]
    assert await stores.conversations.unassigned(1) == [early]


async def test_only_snoozed_ones_whose_time_has_come_wake(stores: Stores) -> None:
    due = await stored(stores, status=SNOOZED, snoozed_until=records.at(1))
    await stored(stores, status=SNOOZED, snoozed_until=records.at(100))
    await stored(stores, status=RESOLVED, snoozed_until=records.at(1))
    assert await stores.conversations.waking(records.at(50), 10) == [due]
    assert await stores.conversations.waking(records.at(0), 10) == []


async def test_what_stands_open_and_who_waits(stores: Stores) -> None:
    await stored(stores, channel_id=ChannelId("here"), team_id="g1", waiting_since=records.at(1))
    await stored(
        stores,
        channel_id=ChannelId("here"),
        team_id="g2",
        status=ConversationStatus.PENDING,
        waiting_since=records.at(2),
    )
    await stored(stores, channel_id=ChannelId("here"), status=SNOOZED)
    await stored(stores, channel_id=ChannelId("there"), team_id="g1")
    await stored(stores, channel_id=ChannelId("here"), team_id="g1", status=RESOLVED)
    listed = await stores.conversations.unresolved(ChannelId("here"), None)
    assert len(listed) == 3
    assert listed == sorted(listed, key=lambda each: (each.created_at, each.id))
    assert {each.team_id for each in await stores.conversations.unresolved(None, TeamId("g1"))} == {"g1"}
    standing = stores.conversations.standing
    assert await standing(ChannelId("here"), None) == Standing(unresolved=3, waiting=2)
    assert await standing(ChannelId("here"), TeamId("g1")) == Standing(unresolved=1, waiting=1)
    assert await standing(None, TeamId("g1")) == Standing(unresolved=2, waiting=1)
    assert await standing(ChannelId("nowhere"), None) == Standing(unresolved=0, waiting=0)


async def test_numbers_are_never_given_twice(stores: Stores) -> None:
    numbers = await asyncio.gather(*(stores.conversations.next_number() for _ in range(10)))
    assert sorted(numbers) == list(range(1, 11))
    several = await asyncio.gather(*(stores.conversations.next_numbers(count) for count in (3, 1, 5)))
    assert [len(each) for each in several] == [3, 1, 5]
    assert sorted(number for each in several for number in each) == list(range(11, 20))
    assert await stores.conversations.next_number() == 20
    with pytest.raises(ValueError, match="only counts up"):
        await stores.conversations.next_numbers(0)


async def test_a_contact_s_conversations_newest_activity_first(stores: Stores) -> None:
    old = await stored(stores, status=RESOLVED)
    new = await stored(stores, contact_id=old.contact_id, last_activity_at=records.at(9))
    await stored(stores)
    assert await stores.conversations.of_contact(old.contact_id, 5) == [new, old]
    assert await stores.conversations.of_contact(old.contact_id, 1) == [new]
    nobody = ContactId("nobody")
    assert await stores.conversations.counts_of([old.contact_id, nobody]) == {old.contact_id: 2, nobody: 0}
    assert set(await stores.conversations.get_many([old.id, new.id])) == {old.id, new.id}
