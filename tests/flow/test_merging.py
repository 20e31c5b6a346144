"""One person found in two contacts: made one, and nothing of either is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.errors import BothOpen, Invalid, NotFound, TwoAccounts
from scrm.flow.merging import email_key, phone_digits
from scrm.ids import AgentId, ContactId
from scrm.model.contact import IdentityScope
from scrm.model.conversation import ConversationStatus
from scrm.model.message import Author, AuthorType
from scrm.ports.flow import ConversationChange
from scrm.ports.merging import Likeness
from tests.flow.conftest import CHANNEL, World
from tests.flow.scripted import TYPE, ScriptedAdapter

BY = Author(type=AuthorType.AGENT, id=AgentId("agent1"), name="李敏")


@pytest.fixture
def permits_any_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform keeps no account of replies, as mail servers keep none."""
    free = replace(TYPE, capabilities=replace(TYPE.capabilities, reply_rules=()))
    monkeypatch.setattr(ScriptedAdapter, "type", free)


async def contact_of(world: World, sender: str) -> ContactId:
    return (await world.conversation(sender)).contact_id


async def knows(world: World, sender: str, **facts: str) -> None:
    contact = await world.stores.contacts.get(await contact_of(world, sender))
    assert contact is not None
    await world.stores.contacts.save(replace(contact, **facts))


async def resolved(world: World, sender: str) -> None:
    found = await world.conversation(sender)
    await world.hub.change(found.id, ConversationChange(status=ConversationStatus.RESOLVED), by=BY)


@pytest.mark.usefixtures("permits_any_reply")
async def test_the_other_contact_becomes_part_of_the_one(world: World) -> None:
    await world.says("where is my order", sender="alice")
    await world.says("it is me again", sender="bob")
    await knows(world, "alice", phone="138 0013 8000", city="上海")
    await knows(world, "bob", city="杭州", email="alice@example.com", remark="喜欢蓝色")
    await resolved(world, "bob")
    alice, bob = await contact_of(world, "alice"), await contact_of(world, "bob")
    theirs = await world.conversation("bob")

    merged = await world.hub.merging.merge(alice, bob, by=BY)

    assert (merged.id, merged.phone, merged.city) == (alice, "138 0013 8000", "上海")
    assert (merged.email, merged.remark) == ("alice@example.com", "喜欢蓝色")
    assert await world.stores.contacts.get(bob) is None
    timeline = await world.stores.messages.timeline(alice, before=None, limit=50)
    assert {"where is my order", "it is me again"} <= {message.content for message in timeline}
    assert [message.author.name for message in timeline if message.content == "contacts_joined"] == ["李敏"]
    assert {each.value for each in await world.stores.contacts.identities(alice)} == {"alice", "bob"}
    moved = await world.stores.conversations.get(theirs.id)
    assert moved is not None
    assert moved.contact_id == alice


@pytest.mark.usefixtures("permits_any_reply")
async def test_a_reply_goes_where_the_customer_wrote_last(world: World) -> None:
    await world.says("from my first address", sender="alice")
    await world.says("from my second address", sender="bob")
    await resolved(world, "bob")
    await world.hub.merging.merge(await contact_of(world, "alice"), await contact_of(world, "bob"), by=BY)

    first = await world.answers("to the first", sender="alice")
    assert (await world.sending(first)).recipient == "alice"
    await world.says("now from the second", sender="bob")
    second = await world.answers("to the second", sender="bob")
    assert (await world.sending(second)).recipient == "bob"
    assert first.conversation_id == second.conversation_id


@pytest.mark.usefixtures("permits_any_reply")
async def test_two_unresolved_conversations_of_one_channel_stay_apart(world: World) -> None:
    await world.says("one", sender="alice")
    await world.says("two", sender="bob")
    alice, bob = await contact_of(world, "alice"), await contact_of(world, "bob")
    with pytest.raises(BothOpen):
        await world.hub.merging.merge(alice, bob, by=BY)
    assert await contact_of(world, "bob") == bob
    assert await world.texts("bob") == ["two"]


async def test_two_accounts_whose_replies_are_counted_one_by_one_stay_two(world: World) -> None:
    for sender in ("alice", "bob"):
        await world.says("hello", sender=sender)
        await resolved(world, sender)
    with pytest.raises(TwoAccounts):
        await world.hub.merging.merge(await contact_of(world, "alice"), await contact_of(world, "bob"), by=BY)


async def test_a_contact_is_not_merged_with_itself_nor_with_nobody(world: World) -> None:
    await world.says("one", sender="alice")
    alice = await contact_of(world, "alice")
    with pytest.raises(Invalid):
        await world.hub.merging.merge(alice, alice, by=BY)
    with pytest.raises(NotFound):
        await world.hub.merging.merge(alice, ContactId("nobody"), by=BY)
    identity = await world.stores.contacts.identity(IdentityScope.CHANNEL, CHANNEL, "alice")
    assert identity is not None
    assert identity.contact_id == alice


async def test_who_shares_a_number_or_an_address_may_be_the_same(world: World) -> None:
    for sender in ("alice", "bob", "carol", "dave"):
        await world.says("hello", sender=sender)
    await knows(world, "alice", phone="138 0013 8000", email="Alice@Example.com")
    await knows(world, "bob", phone="+86-13800138000")
    await knows(world, "carol", phone="13800138000", email="alice@example.com")
    await knows(world, "dave", phone="13800138001", email="malice@example.com")
    found = await world.hub.merging.lookalikes(await contact_of(world, "alice"))
    assert [(each.contact.id, each.likeness) for each in found] == [
        (await contact_of(world, "carol"), (Likeness.PHONE, Likeness.EMAIL)),
        (await contact_of(world, "bob"), (Likeness.PHONE,)),
    ]
    assert await world.hub.merging.lookalikes(await contact_of(world, "dave")) == []


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "+86", "86", "0086", "+86 "]))
def test_a_number_is_the_same_however_it_is_written(number: str, code: str) -> None:
    spaced = f"{code}{number[:3]} {number[3:7]}-{number[7:]}"
    assert phone_digits(spaced) == number


@given(st.text(max_size=60))
def test_what_is_no_number_or_address_is_like_nothing(text: str) -> None:
    assert phone_digits(text) == "" or sum(character.isdigit() for character in text) >= 7
    assert email_key(text) == "" or "@" in text
