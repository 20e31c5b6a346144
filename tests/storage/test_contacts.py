"""Contacts, their identities, and finding them by any part of what is known."""

import asyncio

import pytest
from msgspec.structs import replace

from scrm.errors import Duplicate
from scrm.model.contact import IdentityScope
from scrm.ports.stores import Page, Stores
from tests.storage import records


async def test_a_contact_is_stored_and_saved(stores: Stores) -> None:
    contact = records.contact(attributes={"会员.等级": "$gold"}, source={"event": "scan"})
    await stores.contacts.insert(contact)
    assert await stores.contacts.get(contact.id) == contact
    changed = replace(contact, phone="13800138000", vip=True)
    await stores.contacts.save(changed)
    assert await stores.contacts.get_many([contact.id, "nobody"]) == {contact.id: changed}  # type: ignore[list-item]
    assert await stores.contacts.get_many([]) == {}


PARTS = (
    *("张伟", "伟", "小明", "（VIP）", "zhangwei", "ZHANG WEI", "zhangw", "ngwe", "angweix"),
    *("hangweixiaoming", "zwx", "z", "zh"),
    *("１３８", "1380", "8000", "138-0013", "Wei@example.com", "example"),
)


async def test_a_contact_is_found_by_any_part(stores: Stores) -> None:
    contact = records.contact(name="张伟 小明（vip）", phone="+86 138 0013 8000", email="wei@Example.com")
    await stores.contacts.insert(contact)
    await stores.contacts.insert(records.contact(name="李娜", phone="15912345678", email="b@c.cn"))
    for part in PARTS:
        assert await stores.contacts.search(part, 10) == [contact], part
    # One Latin letter must begin a word, or nearly everybody would be found.
    assert await stores.contacts.search("x", 10) == []


async def test_a_search_ends_at_its_limit_newest_first_and_forgets_old_names(stores: Stores) -> None:
    contacts = [records.contact(name="王芳", created_at=records.at(index)) for index in range(4)]
    for contact in contacts:
        await stores.contacts.insert(contact)
    assert await stores.contacts.search("王芳", 2) == contacts[:1:-1]
    await stores.contacts.save(replace(contacts[3], name="赵敏"))
    assert contacts[3].id not in {each.id for each in await stores.contacts.search("wangfang", 9)}
    for nothing in ("", "   ", "没有这个人", "\ud800"):
        assert await stores.contacts.search(nothing, 9) == []


async def test_contacts_page_newest_first(stores: Stores) -> None:
    contacts = [records.contact(created_at=records.at(index // 2)) for index in range(5)]
    for contact in contacts:
        await stores.contacts.insert(contact)
    first = await stores.contacts.page(after=None, limit=2)
    rest = await stores.contacts.page(after=Page(at=first[-1].created_at, id=first[-1].id), limit=9)
    assert first + rest == contacts[::-1]


async def test_a_handle_belongs_to_one_contact(stores: Stores) -> None:
    one, two = records.contact(), records.contact()
    mine = records.identity(one, value="openid1")
    await stores.contacts.add_identity(mine)
    with pytest.raises(Duplicate) as caught:
        await stores.contacts.add_identity(records.identity(two, value="openid1"))
    assert caught.value.key == "handle"
    await stores.contacts.add_identity(records.identity(two, value="openid1", realm="another channel"))
    await stores.contacts.add_identity(records.identity(two, value="openid1", scope=IdentityScope.UNION))
    assert await stores.contacts.identity(IdentityScope.CHANNEL, "ch", "openid1") == mine
    assert await stores.contacts.identity(IdentityScope.CHANNEL, "ch", "openid2") is None
    assert await stores.contacts.identities(one.id) == [mine]
    assert await stores.contacts.handle(one.id, "ch") == "openid1"  # type: ignore[arg-type]
    assert await stores.contacts.handle(one.id, "another") is None  # type: ignore[arg-type]


async def test_of_many_at_once_exactly_one_gets_the_handle(stores: Stores) -> None:
    tries = [records.identity(records.contact(), value="openid1") for _ in range(6)]
    answers = await asyncio.gather(*(stores.contacts.add_identity(each) for each in tries), return_exceptions=True)
    assert sum(answer is None for answer in answers) == 1
    assert all(answer is None or isinstance(answer, Duplicate) for answer in answers)
