"""Limits of an account's tools, in sentences; what the platform says of templates and consents; and another
implementation asking the simulator for the same."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from channels.wechat import events, tools
from channels.wechat.simulator import Account, WeChatSimulator
from channels.wechat.templates import fields_of
from scrm.model.account import MenuButton, TemplateKind
from scrm.ports.channel import ConsentGiven, PlatformEvent, VerifiedRequest
from tests.channels.conformance import NOW
from tests.channels.wechat.kit import OPENID, event, pushes

CLICK = MenuButton(name="客服", type="click", key="kf")


@pytest.mark.parametrize(
    ("button", "sentence"),
    [
        (CLICK, None),
        (MenuButton(name="五个字正好", type="click", key="k"), None),
        (
            MenuButton(name="六个字就太长", type="click", key="k"),
            "The name is longer than 16 bytes (5 Chinese characters).",
        ),
        (MenuButton(name=" ", type="click", key="k"), "A button needs a name."),
        (MenuButton(name="a", type="dance"), "The platform has no such kind of button."),
        (MenuButton(name="a", type="click"), "This button needs a key."),
        (MenuButton(name="a", type="click", key="键" * 43), "The key is longer than 128 bytes."),
        (
            MenuButton(name="a", type="view", url="javascript:1"),
            "The address begins with http:// or https:// and has at most 1024 bytes.",
        ),
        (
            MenuButton(name="a", type="miniprogram", url="https://a.cn"),
            "This button needs an AppID and a page and an address.",
        ),
        (MenuButton(name="a", children=(CLICK,) * 6), "A button opens at most 5 others."),
        (
            MenuButton(name="a", type="click", key="k", children=(CLICK,)),
            "A button that opens others does nothing else.",
        ),
    ],
)
def test_what_a_button_must_be(button: MenuButton, sentence: str | None) -> None:
    assert tools.menu_problems([button]).get("0") == sentence


def test_a_menu_has_two_levels_and_keys_of_its_own() -> None:
    deep = MenuButton(name="a", children=(MenuButton(name="b", children=(CLICK,)),))
    assert tools.menu_problems([deep]) == {"0/0": "A menu has two levels."}
    assert list(tools.menu_problems([CLICK, MenuButton(name="a", children=(CLICK,))])) == ["1/0"]
    assert list(tools.menu_problems([])) == [""]


names = st.sampled_from(["name", "type", "key", "url", "sub_button", "list"])
plain = st.none() | st.text() | st.integers() | st.booleans()
shown = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=20)


@settings(max_examples=50, deadline=None)
@given(shown)
def test_whatever_the_platform_shows_as_a_menu_can_be_read(value: object) -> None:
    buttons = tools._buttons(value, 3)
    assert len(buttons) <= 3
    tools.menu_problems(buttons)


def test_what_a_scene_must_be() -> None:
    assert tools.qr_problem("门店7", None) is None
    assert tools.qr_problem("a" * 64, timedelta(days=30)) is None
    for scene in ("", "a" * 65, "a b", "a\n"):
        assert tools.qr_problem(scene, None)
    assert tools.qr_problem("a", timedelta(days=31))


def test_gaps_of_a_template_have_names_and_limits() -> None:
    found = fields_of(
        "{{first.DATA}}\n金额：{{amount1.DATA}} 状态:{{phrase2.DATA}}\n{{bad-name.DATA}}", TemplateKind.SUBSCRIBE
    )
    assert [(field.name, field.label, field.limit) for field in found] == [
        ("first", "first", 200),
        ("amount1", "金额", 32),
        ("phrase2", "状态", 5),
    ]


def consents(fields: dict[str, Any], form: str) -> tuple[ConsentGiven, ...]:
    body = pushes.render(fields, form)
    verified = VerifiedRequest(body=body, facts={"format": form}, dedupe_key="k", handle=OPENID, received_at=NOW)
    [parsed] = events.parse(verified)
    assert isinstance(parsed, PlatformEvent)
    return parsed.consents


def test_consents_in_every_form_the_platform_writes_them() -> None:
    yes = {"TemplateId": "t1", "SubscribeStatusString": "accept", "PopupScene": "2"}
    no = {"TemplateId": "t2", "SubscribeStatusString": "reject", "PopupScene": "2"}
    both = (ConsentGiven(template_id="t1", given=True), ConsentGiven(template_id="t2", given=False))
    nested = event("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": [yes, no]})
    for form in ("xml", "json"):
        assert consents(nested, form) == both
    assert consents(event("subscribe_msg_popup_event", List=[yes, no]), "json") == both
    assert consents(event("subscribe_msg_change_event", SubscribeMsgChangeEvent={"List": [no]}), "xml") == both[1:]
    assert consents(event("subscribe_msg_popup_event", List=[{"TemplateId": "t1"}]), "json") == ()
    assert consents(event("CLICK", TemplateId="t1", SubscribeStatusString="accept"), "xml") == ()


@pytest.fixture
async def simulator() -> AsyncIterator[WeChatSimulator]:
    async with WeChatSimulator(Account()) as platform:
        yield platform


async def test_another_implementation_is_answered_the_same(simulator: WeChatSimulator) -> None:
    account, console = simulator.account, simulator.platform().console
    client = WeChatClient(account.app_id, account.app_secret, timeout=10)
    client.API_BASE_URL = f"{simulator.url}/cgi-bin/"
    token, _ = simulator.platform().stable_token(account.app_id, account.app_secret, "127.0.0.1")
    client.session.set(client.access_token_key, token)  # it would ask the real platform for one
    openid = simulator.platform().customer(OPENID).openid

    def refused(call: Any, *given: Any) -> int:
        with pytest.raises(WeChatClientException) as caught:
            call(*given)
        return int(caught.value.errcode)

    def asks() -> None:
        tag = client.tag.create("贵宾")
        client.tag.tag_user(tag["id"], openid)
        assert client.tag.get_user_tag(openid) == [tag["id"]]
        assert client.user.get(openid)["tagid_list"] == [tag["id"]]
        client.tag.untag_user(tag["id"], [openid])
        assert refused(client.tag.create, "贵宾") == 45157
        assert refused(client.tag.create, "长" * 11) == 45158
        assert refused(client.tag.tag_user, 7, openid) == 45159
        assert refused(client.tag.tag_user, tag["id"], [openid] * 51) == 40032
        assert refused(client.tag.tag_user, tag["id"], "stranger") == 49003
        scene = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "store-7"}}}
        assert console.codes[client.qrcode.create(scene)["ticket"]].scene == "store-7"
        assert refused(client.qrcode.create, {**scene, "action_info": {"scene": {"scene_str": "a" * 65}}}) == 40053
        assert client.menu.get() is None
        client.menu.create({"button": [tools.menu_json(CLICK)]})
        assert client.menu.get()["menu"]["button"][0]["key"] == "kf"
        assert refused(client.menu.create, {"button": []}) == 40017
        assert refused(client.menu.create, {"button": [{"type": "click", "name": "六个字就太长", "key": "k"}]}) == 40018
        client.menu.delete()
        [template] = client.template.get_all_private_template()["template_list"]
        sent = client.message.send_template(openid, template["template_id"], {"thing2": {"value": "在吗"}})
        assert simulator.sent[-1].message_id == str(sent["msgid"])
        assert refused(client.message.send_template, openid, "another", {}) == 40037

    async with asyncio.timeout(30):
        await asyncio.to_thread(asks)
