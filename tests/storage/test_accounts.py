"""QR codes and their scans, menus, tag links and templates come back as they were put; a scan counts once."""

import pytest
from msgspec.structs import replace

from scrm.errors import Duplicate
from scrm.ids import ChannelId, ConversationId, LabelId, MessageId, QrCodeId
from scrm.model.account import AccountMenu, MenuAction, MenuButton, ScanCounts, TagLinks
from scrm.ports.stores import Page
from scrm.storage.stores import MongoStores
from tests.storage import records


async def test_codes_have_one_scene_each_and_scans_are_counted_once(stores: MongoStores) -> None:
    store = stores.accounts
    code = records.qr_code(label_ids=(LabelId("l1"),))
    await store.add_qr(code)
    with pytest.raises(Duplicate):
        await store.add_qr(records.qr_code())
    await store.add_qr(records.qr_code(channel_id=ChannelId("ch2")))
    assert await store.qr_by_scene(ChannelId("ch1"), "store-7") == code
    assert await store.qr_codes(ChannelId("ch1")) == [code]
    await store.save_qr(replace(code, name="门店 8"))
    found = await store.qr_code(code.id)
    assert found is not None
    assert found.name == "门店 8"

    first = records.scan(qr_id=code.id, at=records.at(1))
    again = records.scan(qr_id=code.id, id=MessageId("m2"), followed=False, first=False, at=records.at(2))
    for scan in (first, again, first):
        await store.add_scan(scan)
    assert await store.scan_counts(ChannelId("ch1")) == {code.id: ScanCounts(scans=2, followed=1, first=1)}
    assert await store.scans(code.id, after=None, limit=1) == [again]
    assert await store.scans(code.id, after=Page(at=again.at, id=again.id), limit=5) == [first]
    assert await store.delete_qr(code.id)
    assert await store.qr_code(QrCodeId(code.id)) is None


async def test_menus_links_and_templates(stores: MongoStores) -> None:
    store, channel = stores.accounts, ChannelId("ch1")
    assert (await store.menu(channel), await store.tag_links(channel), await store.templates(channel)) == (
        None,
        None,
        [],
    )
    menu = AccountMenu(
        id=channel,
        buttons=(MenuButton(name="服务", children=(MenuButton(name="人工", type="click", key="kf"),)),),
        actions=(MenuAction(key="kf", opens=True, answer="稍等"),),
        saved_at=records.at(0),
    )
    await store.save_menu(menu)
    assert await store.menu(channel) == menu
    links = TagLinks(id=channel, links={LabelId("l1"): "101"})
    await store.save_tag_links(links)
    assert await store.tag_links(channel) == links
    template = records.template(mapping={"thing1": "{message}"})
    await store.save_templates([template])
    assert await store.templates(channel) == [template]
    assert await store.template(channel, "t1") == template


async def test_two_contacts_become_one(stores: MongoStores) -> None:
    older, newer = records.contact(), records.contact()
    handle = records.identity(newer)
    conversation = records.conversation(contact_id=newer.id)
    message = records.message(contact_id=newer.id, conversation_id=conversation.id)
    await stores.contacts.insert(older)
    await stores.contacts.insert(newer)
    await stores.contacts.add_identity(handle)
    await stores.conversations.insert(conversation)
    await stores.messages.insert(message)

    async def join() -> None:
        await stores.conversations.join(newer.id, older.id)
        await stores.messages.join(newer.id, older.id)
        await stores.contacts.join(newer.id, older.id)

    await stores.transaction(join)
    assert await stores.contacts.get(newer.id) is None
    assert [each.value for each in await stores.contacts.identities(older.id)] == [handle.value]
    assert [each.id for each in await stores.conversations.of_contact(older.id, 5)] == [conversation.id]
    latest = await stores.conversations.latest(older.id, conversation.channel_id)
    assert latest is not None
    assert latest.id == ConversationId(conversation.id)
    assert [each.id for each in await stores.messages.timeline(older.id, before=None, limit=5)] == [message.id]
    # The unresolved one is still one of its kind.
    with pytest.raises(Duplicate):
        await stores.conversations.insert(records.conversation(contact_id=older.id, channel_id=conversation.channel_id))
