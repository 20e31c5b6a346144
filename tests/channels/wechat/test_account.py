"""An account's tools through the whole hub, with the platform's rules on the other side: tags both ways, codes that say
where a customer came from, the menu, voices."""

from datetime import timedelta

import pytest

from channels.wechat.simulator import Action
from scrm.errors import Conflict, Invalid, PlatformRefused
from scrm.ids import QrCodeId
from scrm.model.account import MenuAction, MenuButton, QrCode, ScanCounts
from scrm.model.conversation import ConversationStatus
from scrm.model.message import Author, AuthorType
from tests.channels.wechat.conftest import CHANNEL, FIRST, NEW, OTHER, SALES, SECOND, VIP, World

AUTHOR = Author(type=AuthorType.API, id="t1", name="test")
TAGGING = "/cgi-bin/tags/members/batchtagging"
UNTAGGING = "/cgi-bin/tags/members/batchuntagging"


def tags_of(world: World, user: str, app_id: str = FIRST.app_id) -> set[str]:
    console = world.sim.platform(app_id).console
    return {console.tags[number] for number in console.person_tags.get(world.sim.openid(user, app_id), [])}


# Tags


async def test_labels_and_tags_follow_each_other_and_nothing_goes_back_and_forth(world: World) -> None:
    console = world.sim.platform().console
    await world.hub.accounts.link_label(CHANNEL, VIP)
    number = console.create_tag("新客")
    await world.hub.accounts.import_tag(CHANNEL, str(number))
    await world.sim.say("王芳", "你好")
    openid = world.sim.openid("王芳")
    console.tag_people(number, [openid], frozenset({openid}), on=True)
    await world.works()
    # The first time, both get all.
    assert (await world.contact("王芳")).labels == (NEW,)
    await world.label("王芳", NEW, VIP)
    assert tags_of(world, "王芳") == {"新客", "贵宾"}
    # Taken off there, and another taken off here, before they are compared again.
    console.person_tags[openid].remove(number)
    await world.label("王芳", NEW)
    assert (await world.contact("王芳")).labels == ()
    assert tags_of(world, "王芳") == set()
    told = console.calls[TAGGING], console.calls[UNTAGGING]
    await world.returns("王芳")
    await world.returns("王芳")
    assert (console.calls[TAGGING], console.calls[UNTAGGING]) == told
    # Unlinked, they go their own ways, and nobody loses either.
    await world.label("王芳", VIP)
    await world.hub.accounts.unlink_label(CHANNEL, VIP)
    await world.label("王芳")
    assert tags_of(world, "王芳") == {"贵宾"}


async def test_a_tag_deleted_on_the_platform_takes_no_label_off_anybody(world: World) -> None:
    console = world.sim.platform().console
    links = await world.hub.accounts.link_label(CHANNEL, VIP)
    await world.sim.say("王芳", "你好")
    await world.works()
    await world.label("王芳", VIP)
    console.delete_tag(int(links.links[VIP]))
    await world.returns("王芳")
    assert (await world.contact("王芳")).labels == (VIP,)
    stored = await world.stores.accounts.tag_links(CHANNEL)
    assert stored is not None
    assert stored.links == {}


async def test_limits_of_tags_are_told_in_words(world: World) -> None:
    console = world.sim.platform().console
    console.tags |= {number: f"标签{number}" for number in range(100, 200)}
    with pytest.raises(PlatformRefused) as caught:
        await world.hub.accounts.link_label(CHANNEL, VIP)
    assert caught.value.code == "tag_refused"
    # A twentieth tag is the last one on a person: what the platform will not take stays a label here.
    console.tags.pop(150)
    await world.hub.accounts.link_label(CHANNEL, VIP)
    await world.sim.say("王芳", "你好")
    console.person_tags[world.sim.openid("王芳")] = list(range(100, 120))
    await world.works()
    await world.label("王芳", VIP)
    assert (await world.contact("王芳")).labels == (VIP,)
    assert "贵宾" not in tags_of(world, "王芳")


async def test_two_accounts_of_one_owner_know_one_person(world: World) -> None:
    """Pushes hold no union id; the profile, fetched afterwards, says that both are one."""
    await world.hub.accounts.link_label(OTHER, VIP)
    for app_id in (FIRST.app_id, SECOND.app_id):
        world.sim.platform(app_id).customer(world.sim.openid("王芳", app_id)).union_id = "o-union-1"
    await world.sim.act(Action(user="王芳", text="在一店"))
    await world.works()
    first = await world.contact("王芳")
    await world.label("王芳", VIP)
    await world.sim.act(Action(user="王芳", text="在二店", app_id=SECOND.app_id))
    await world.works()
    second = await world.contact("王芳", OTHER)
    assert second.id == first.id
    timeline = await world.stores.messages.timeline(first.id, before=None, limit=20)
    said = [message.content for message in reversed(timeline) if message.kind == "incoming"]
    assert said == ["在一店", "在二店"]
    assert [each.value for each in await world.stores.contacts.identities(first.id) if each.scope == "union"] == [
        "o-union-1"
    ]
    assert "contacts_joined" in [message.content for message in timeline]
    # What is known of the person on one account is said on the other.
    await world.returns("王芳")
    await world.hub.labelled(first.id)
    await world.works()
    assert tags_of(world, "王芳", SECOND.app_id) == {"贵宾"}
    await world.sim.act(Action(user="王芳", text="又来二店", app_id=SECOND.app_id))
    await world.works()
    assert len(await world.stores.conversations.of_contact(first.id, 9)) == 3


# QR codes


async def code(world: World, **more: object) -> QrCode:
    made: dict[str, object] = {
        "name": "门店 7",
        "scene": "store-7",
        "lasts": None,
        "team_id": SALES,
        "label_ids": [NEW],
    }
    return await world.hub.accounts.make_qr_code(CHANNEL, **(made | more))  # type: ignore[arg-type]


async def test_a_code_says_where_a_customer_came_from_and_brings_team_and_label(world: World) -> None:
    store7 = await code(world)
    assert (await world.stores.blobs.info(store7.picture_id)) is not None
    assert store7.expires_at is None
    await world.sim.follow("王芳", scene="store-7")
    await world.works()
    contact = await world.contact("王芳")
    assert contact.source["qr_code"] == "门店 7"
    assert (contact.source["event"], contact.source["scene"]) == ("follow", "store-7")
    assert contact.labels == (NEW,)
    conversation = await world.conversation("王芳")
    assert (conversation.status, conversation.team_id) == (ConversationStatus.RESOLVED, SALES)
    # What the customer then writes is the team's.
    await world.sim.say("王芳", "这款有货吗")
    await world.works()
    routed = await world.conversation("王芳")
    assert (routed.status, routed.team_id) == (ConversationStatus.OPEN, SALES)
    await world.sim.act(Action(user="王芳", type="scan", scene="store-7", repeat=3))  # delivered thrice, counted once
    await world.sim.scan("李雷", "another")
    await world.works()
    assert await world.stores.accounts.scan_counts(CHANNEL) == {store7.id: ScanCounts(scans=2, followed=1, first=1)}
    scans = await world.stores.accounts.scans(store7.id, after=None, limit=9)
    assert [scan.followed for scan in scans] == [False, True]
    assert {scan.contact_id for scan in scans} == {contact.id}
    # First touch stays: a later code does not rewrite where the customer came from.
    await code(world, name="别处", scene="elsewhere", label_ids=[])
    await world.sim.scan("王芳", "elsewhere")
    await world.works()
    assert (await world.contact("王芳")).source["qr_code"] == "门店 7"


async def test_what_a_code_must_be(world: World) -> None:
    await code(world)
    with pytest.raises(Conflict):
        await code(world)
    for wrong in ({"scene": "x" * 65}, {"scene": "a b"}, {"lasts": timedelta(days=31)}, {"label_ids": ["nothing"]}):
        with pytest.raises(Invalid):
            await code(world, **({"scene": "other"} | wrong))
    temporary = await code(world, scene="fair", lasts=timedelta(days=30))
    assert temporary.expires_at == world.clock.now() + timedelta(days=30)
    changed = await world.hub.accounts.change_qr_code(temporary.id, name="展会", team_id=None, label_ids=[])
    assert (changed.name, changed.team_id, changed.scene) == ("展会", None, "fair")
    assert await world.stores.accounts.qr_code(QrCodeId(temporary.id)) == changed


# The menu


MENU = (
    MenuButton(name="官网", type="view", url="https://example.com"),
    MenuButton(
        name="服务",
        children=(
            MenuButton(name="找人工客服", type="click", key="person"),
            MenuButton(name="营业时间", type="click", key="hours"),
        ),
    ),
)
ACTIONS = (
    MenuAction(key="person", opens=True, team_id=SALES, answer="正在为您转接"),
    MenuAction(key="hours", answer="每天 9:00 至 21:00"),
)


async def test_a_menu_is_saved_published_pressed_and_taken_off(world: World) -> None:
    accounts, console = world.hub.accounts, world.sim.platform().console
    assert await accounts.fetch_menu(CHANNEL) == ()
    saved = await accounts.save_menu(CHANNEL, buttons=MENU, actions=ACTIONS)
    assert saved.published_at is None
    assert console.menu is None
    published = await accounts.publish_menu(CHANNEL)
    assert published.published_at == world.clock.now()
    assert await accounts.fetch_menu(CHANNEL) == MENU
    # A key that only answers leaves nobody an open conversation; one that asks for a person does, with its team.
    await world.sim.act(Action(user="王芳", type="click", key="hours", repeat=3))  # delivered thrice, answered once
    await world.works()
    assert (await world.conversation("王芳")).status is ConversationStatus.RESOLVED
    await world.sim.click("王芳", "person")
    await world.works()
    conversation = await world.conversation("王芳")
    assert (conversation.status, conversation.team_id) == (ConversationStatus.OPEN, SALES)
    assert [message.content for message in world.sim.sent] == ["每天 9:00 至 21:00", "正在为您转接"]
    assert conversation.first_response_at is None  # an answer by nobody is no response
    with pytest.raises(Invalid) as caught:
        await accounts.save_menu(CHANNEL, buttons=[*MENU, *MENU], actions=())
    assert caught.value.detail == "A menu has at most 3 buttons."
    # Changed and not published again, it says so; another action alone needs no publishing.
    assert (await accounts.save_menu(CHANNEL, buttons=MENU, actions=())).published_at is not None
    assert (await accounts.save_menu(CHANNEL, buttons=MENU[:1], actions=())).published_at is None
    assert (await accounts.delete_menu(CHANNEL)).buttons == MENU[:1]
    assert console.menu is None


# Voices


async def test_a_voice_can_be_played(world: World) -> None:
    await world.sim.send_media("王芳", "voice", text="我要退货")
    await world.works()
    [message] = [each for each in await world.thread("王芳") if each.kind == "incoming"]
    [voice] = message.attachments
    assert (voice.media_type, voice.duration) == ("audio/amr", 1.0)
    assert voice.playable is not None
    copy = await world.stores.blobs.info(voice.playable)
    assert copy is not None
    assert copy.media_type == "audio/mpeg"
    assert (await world.stores.blobs.get(voice.id)).startswith(b"#!AMR\n")
