"""What customers do, as the fields the platform would push. Pure, but for the media a customer's picture becomes.

Fields as in developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html and
Receiving_event_pushes.html.
"""

from channels.simulating.film import FILM
from channels.simulating.photo import PHOTO
from channels.wechat.simulator.platform import Platform
from channels.wechat.simulator.pushes import Field
from channels.wechat.simulator.script import Action

Fields = dict[str, Field]

# A second of silence (AMR).
SILENCE = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50
MEDIA = {
    "image": (PHOTO, "image/png", "photo.png"),
    "voice": (SILENCE, "audio/amr", "voice.amr"),
    "video": (FILM, "video/mp4", "video.mp4"),
    "shortvideo": (FILM, "video/mp4", "video.mp4"),
}
EVENTS = {"click": "CLICK", "view": "VIEW", "scan": "SCAN", "location_report": "LOCATION"}
TRIGGERS = {
    "subscribe": "follow",
    "scan": "scan",
    "click": "menu_click",
    "scancode_push": "menu_click",
    "scancode_waitmsg": "menu_click",
    "user_pay_from_pay_cell": "payment",
    "merchant_order": "payment",
}
MESSAGES = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link", "file", "miniprogrampage"})


def trigger_of(action: Action) -> str | None:
    """What the act permits; a message always does, a type nobody knows is taken for an event's name."""
    return "message" if is_message(action) else TRIGGERS.get(action.type.lower())


def is_message(action: Action) -> bool:
    return action.type in MESSAGES or action.fields.get("MsgType", "event") != "event"


def fields_of(
    action: Action, platform: Platform, openid: str, message_id: int, media: tuple[bytes, str, str] | None
) -> Fields:
    """The push. media: data, type and name of the customer's file, where it is not the built-in sample."""
    fields: Fields = {
        "ToUserName": platform.account.original_id,
        "FromUserName": openid,
        "CreateTime": int(platform.clock.now().timestamp()),
    }
    if is_message(action):
        fields |= {"MsgType": action.type, **_message(action, platform, media), "MsgId": message_id}
    else:
        fields |= {"MsgType": "event", **_event(action, platform, openid)}
    return fields | action.fields


def _message(action: Action, platform: Platform, media: tuple[bytes, str, str] | None) -> Fields:
    kind = action.type
    if kind == "text":
        return {"Content": action.text}
    if kind in MEDIA:
        data, media_type, name = media or MEDIA[kind]
        media_id = platform.keep("video" if kind == "shortvideo" else kind, data, media_type, name)
        made: Fields = {"MediaId": media_id}
        if kind == "image":
            made["PicUrl"] = f"http://mmbiz.qpic.cn/sim/{media_id[:24]}/0"
        elif kind == "voice":
            made |= {"Format": "amr", "Recognition": action.text}
        else:
            made["ThumbMediaId"] = media_id[::-1]
        return made
    if kind == "location":
        return {
            "Location_X": action.latitude,
            "Location_Y": action.longitude,
            "Scale": 16,
            "Label": action.label or action.text,
        }
    if kind == "link":
        return {"Title": action.title or action.text, "Description": action.description, "Url": action.url}
    if kind == "file":
        return {"Title": action.title or action.text, "Description": action.description, "FileTotalLen": 2048}
    if kind == "miniprogrampage":
        return {
            "Title": action.title or action.text,
            "AppId": "wxmini0000000001",
            "PagePath": action.url or "pages/index",
        }
    return {"Content": action.text} if action.text else {}


def _event(action: Action, platform: Platform, openid: str) -> Fields:
    kind = action.type.lower()
    customer = platform.customer(openid)
    made: Fields = {"Event": EVENTS.get(kind, action.type)}
    if kind == "subscribe":
        customer.subscribed, customer.scene = True, action.scene
        return made | {"EventKey": f"qrscene_{action.scene}" if action.scene else ""} | _ticket(action)
    if kind == "unsubscribe":
        customer.subscribed = False
        customer.grants.clear()
        platform.console.person_tags.pop(openid, None)
        return made | {"EventKey": ""}
    if kind == "scan":
        return made | {"EventKey": action.scene or action.key} | _ticket(action)
    if kind == "location_report":
        return made | {"Latitude": action.latitude, "Longitude": action.longitude, "Precision": "65.0"}
    key = action.url if kind == "view" else action.key
    return made | {"EventKey": key}


def _ticket(action: Action) -> Fields:
    return {"Ticket": f"gQ-{action.scene}"} if action.scene else {}
