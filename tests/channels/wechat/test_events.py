"""Every type wechatpy knows, read beside wechatpy; and receipts."""

import re
from pathlib import Path

import pytest
from wechatpy import parse_message
from wechatpy.events import EVENT_TYPES
from wechatpy.messages import MESSAGE_TYPES

import dashboards
from channels.wechat import events
from channels.wechat.simulator import pushes
from scrm.errors import ParseError
from scrm.model.message import ContentType, MessageStatus
from scrm.ports.channel import IncomingMessage, PlatformEvent, ReceiptEvent, VerifiedRequest
from tests.channels.conformance import NOW
from tests.channels.wechat.kit import OPENID, SECOND, Fields, WeChatKit, event, message, request

RECEIPTS = {"templatesendjobfinish"}
OUR_NAMES = {
    "subscribe": "follow",
    "subscribe_scan": "follow",
    "subscribe_scan_product": "follow",
    "unsubscribe": "unfollow",
    "click": "menu_click",
    "view": "menu_view",
    "view_miniprogram": "menu_view_miniprogram",
}


def read(fields: Fields, form: str = "xml") -> list[object]:
    adapter = WeChatKit().adapter()
    verified = adapter.verify(request(fields, form=form))
    assert isinstance(verified, VerifiedRequest)
    return list(adapter.parse(verified))


def filled(names: list[str]) -> dict[str, str]:
    return {name: str(number) for number, name in enumerate(names, start=1)}


@pytest.mark.parametrize("kind", sorted(MESSAGE_TYPES))
def test_messages_as_wechatpy_reads_them(kind: str) -> None:
    names = ["Content", "MediaId", "PicUrl", "Title", "Url", "Label", "Location_X", "Location_Y", "Recognition"]
    fields = message(kind, **filled(names))
    theirs = parse_message(pushes.render(fields, "xml"))
    [ours] = read(fields)
    assert isinstance(ours, IncomingMessage)
    assert ours.content_type is not ContentType.UNKNOWN
    assert (ours.external_id, ours.sender.handle) == (str(theirs.id), theirs.source)
    assert ours.sent_at.timestamp() == theirs.time
    for attribute, found in {
        "content": ours.content,
        "media_id": ours.media[0].source if ours.media else None,
        "recognition": ours.content,
        "label": ours.content,
        "location_x": ours.details.get("latitude"),
        "location_y": ours.details.get("longitude"),
        "url": ours.details.get("url"),
        "title": ours.content,
    }.items():
        if hasattr(theirs, attribute):
            assert getattr(theirs, attribute) == found, attribute


@pytest.mark.parametrize("name", sorted(set(EVENT_TYPES) - RECEIPTS))
def test_events_as_wechatpy_reads_them(name: str) -> None:
    kind = "device_event" if name.startswith("device_") else "event"
    prefix = {"subscribe_scan": "qrscene_", "subscribe_scan_product": "scanbarcode|a|b"}.get(name, "")
    sent = {"subscribe_scan": "subscribe", "subscribe_scan_product": "subscribe"}.get(name, name)
    fields = event(sent.removeprefix("device_"), EventKey=f"{prefix}1") | {"MsgType": kind}
    theirs = parse_message(pushes.render(fields, "xml"))
    assert type(theirs) is EVENT_TYPES[name]
    [ours] = read(fields)
    assert isinstance(ours, PlatformEvent)
    assert ours.sender.handle == theirs.source
    assert ours.event == OUR_NAMES.get(name, name)
    assert "1" in ours.content


@pytest.mark.parametrize("language", ["zh", "en"])
def test_agents_read_every_event_in_words(language: str) -> None:
    words = Path(dashboards.__file__).parent / "web" / "src" / "i18n"
    named: set[str] = set()
    for file in (words / f"{language}.ts", words / language / "wechat.ts"):
        found = re.search(r"^  event: \{(.*?)^  \}", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        assert found is not None
        named |= set(re.findall(r"(\w+): ", found[1]))
    shown = {OUR_NAMES.get(name, name) for name in set(EVENT_TYPES) - RECEIPTS} | events.ACCOUNT_EVENTS
    assert shown - named == set()


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize(
    "status, expected, code",
    [
        ("success", MessageStatus.DELIVERED, ""),
        ("failed:user block", MessageStatus.FAILED, "failed:user block"),
        ("failed: system failed", MessageStatus.FAILED, "failed: system failed"),
    ],
)
def test_a_template_message_arrives_or_not(status: str, expected: MessageStatus, code: str, form: str) -> None:
    [receipt] = read(event("TEMPLATESENDJOBFINISH", MsgID=200163836, Status=status), form)
    assert receipt == ReceiptEvent(external_id="200163836", status=expected, at=NOW, platform_code=code)


@pytest.mark.parametrize("form", ["xml", "json"])
def test_one_push_tells_of_several_subscribe_messages(form: str) -> None:
    several: pushes.Field = [
        {"TemplateId": "a", "MsgID": "1", "ErrorCode": "0", "ErrorStatus": "success"},
        {"TemplateId": "a", "MsgID": "2", "ErrorCode": "43101", "ErrorStatus": "user refuse"},
    ]
    receipts = read(event("subscribe_msg_sent_event", SubscribeMsgSentEvent={"List": several}), form)
    assert [(receipt.external_id, receipt.status) for receipt in receipts if isinstance(receipt, ReceiptEvent)] == [
        ("1", MessageStatus.DELIVERED),
        ("2", MessageStatus.FAILED),
    ]


def test_the_same_event_has_the_same_id_in_both_formats() -> None:
    [one], [other] = read(event("SCAN", EventKey="1")), read(event("SCAN", EventKey="1"), "json")
    assert isinstance(one, PlatformEvent)
    assert one == other


def test_a_union_id_in_a_push_joins_the_person() -> None:
    [found] = read(event("user_get_card", CardId="c", UnionId="o6_bmasd"))
    assert isinstance(found, PlatformEvent)
    assert (found.sender.union_id, found.sender.union_realm) == ("o6_bmasd", events.UNION_REALM)
    assert "union_id" not in found.details


def test_names_of_details_suit_every_store() -> None:
    [found] = read({**message("odd"), "$set": "1", "a.b": "2", "A_B": "3", "": "4", "\u4e2d": "5"}, "json")
    assert isinstance(found, IncomingMessage)
    assert found.details == {"type": "odd", "set": "1", "a_b": "2", "a_b_2": "3", "field": "4", "field_2": "5"}


def test_a_verified_request_of_another_version_can_still_be_read() -> None:
    """The journal keeps requests for years; the format is all `parse` needs beside the body."""
    body = pushes.render(message(Content="a"), "xml")
    request_ = VerifiedRequest(body=body, dedupe_key="k", handle=OPENID, received_at=NOW)
    [found] = events.parse(request_)
    assert isinstance(found, IncomingMessage)
    assert found.sent_at.timestamp() == SECOND
    with pytest.raises(ParseError):
        events.parse(VerifiedRequest(body=b"", dedupe_key="k", handle="", received_at=NOW))
