"""What customers do, as the platform would push it.

Objects as developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks/webhook-events has them.
"""

import secrets
from urllib.parse import quote

from channels.messenger.simulator.platform import Page, Platform, SentMessage
from channels.messenger.simulator.script import Action
from channels.meta.simulator.graph import Object
from channels.meta.simulator.samples import FILM, PICTURE, SOUND

# Data, media type and name of the sample a customer sends.
SAMPLES: dict[str, tuple[bytes, str, str]] = {
    "image": (PICTURE, "image/png", "photo.png"),
    "sticker": (PICTURE, "image/png", "sticker.png"),
    "audio": (SOUND, "audio/mp4", "audioclip.mp4"),
    "video": (FILM, "video/mp4", "video.mp4"),
    "file": (b"%PDF-1.4 simulated", "application/pdf", "合同.pdf"),
}
Media = tuple[bytes, str, str]


def push_of(page: Page, *events: Object) -> Object:
    """A push of one entry."""
    return {"object": "page", "entry": [{"id": page.id, "time": 0, "messaging": list(events)}]}


def event_of(action: Action, platform: Platform, cdn: str, media: Media | None = None) -> Object:
    """cdn: where files are fetched. media: data, media type and name in place of the sample. Raises KeyError for a
    message that is not there."""
    number = platform.user(action.user)
    now = platform.clock.now()
    made = _happened(action, platform, cdn, media) | action.fields
    if "message" in made:
        platform.received[made["message"]["mid"]] = {**made["message"], "user": number}
    if action.type not in ("edit", "reaction", "read"):
        platform.wrote_at[number] = now
    return _around(platform, number, made)


def echo_of(page: Page, platform: Platform, sent: SentMessage) -> Object:
    """What the page said, as it is told of that itself."""
    message = {"mid": sent.id, "is_echo": True, "app_id": 1, "text": sent.content}
    around = _around(platform, sent.recipient, {"message": message})
    return around | {"sender": {"id": page.id}, "recipient": {"id": sent.recipient}}


def delivery_of(platform: Platform, sent: SentMessage) -> Object:
    mark = _milliseconds(platform)
    return _around(platform, sent.recipient, {"delivery": {"mids": [sent.id], "watermark": mark}})


def _around(platform: Platform, number: str, what: Object) -> Object:
    return {
        "sender": {"id": number},
        "recipient": {"id": platform.page.id},
        "timestamp": _milliseconds(platform),
        **what,
    }


def _milliseconds(platform: Platform) -> int:
    return int(platform.clock.now().timestamp() * 1000)


def _happened(action: Action, platform: Platform, cdn: str, media: Media | None) -> Object:
    kind, text = action.type, action.text
    if kind == "read":
        return {"read": {"watermark": _milliseconds(platform)}}
    if kind == "edit":
        return {"message_edit": {"mid": _theirs(action, platform), "text": text, "num_edit": 1}}
    if kind == "reaction":
        told = action.message or (platform.sent[-1].id if platform.sent else _theirs(action, platform))
        emoji = {"reaction": "other", "emoji": text, "action": "react"} if text else {"action": "unreact"}
        return {"reaction": {"mid": told, **emoji}}
    if kind == "referral":
        return {"referral": {"ref": text, "source": "SHORTLINK", "type": "OPEN_THREAD"}}
    if kind == "postback":
        return {"postback": {"mid": _mid(), "title": text, "payload": text}}
    content = _content(action, platform, cdn, media)
    if content is None:
        return {kind: {}}
    answered = {"reply_to": {"mid": action.reply_to}} if action.reply_to else {}
    return {"message": {"mid": _mid(), **content, **answered}}


def _content(action: Action, platform: Platform, cdn: str, media: Media | None) -> Object | None:
    kind, text = action.type, action.text
    said = {"text": text} if text else {}
    if kind in SAMPLES:
        data, media_type, name = media or SAMPLES[kind]
        key = platform.keep_file(data, media_type, name)
        payload: Object = {"url": f"{cdn}/{key}/{quote(name)}?oh=simulated&oe=7"}
        if kind == "sticker":
            payload["sticker_id"] = 369239263222822
        shown = "image" if kind == "sticker" else kind
        return {**said, "attachments": [{"type": shown, "payload": payload}]}
    place = {"coordinates": {"lat": action.latitude, "long": action.longitude}}
    link = {"type": "fallback", "title": text, "payload": {"url": "https://example.com/a", "title": text}}
    made: dict[str, Object] = {
        "text": {"text": text},
        "quick_reply": {"text": text, "quick_reply": {"payload": text}},
        "location": {"attachments": [{"type": "location", "title": text, "payload": place}]},
        "link": {"attachments": [link]},
    }
    return made.get(kind)


def _theirs(action: Action, platform: Platform) -> str:
    """The customer's own message that is meant. Raises KeyError."""
    number = platform.user(action.user)
    own = [mid for mid, message in platform.received.items() if message["user"] == number]
    if not (action.message or own):
        raise KeyError("nothing was said")
    return action.message or own[-1]


def _mid() -> str:
    return "m_" + secrets.token_urlsafe(40)
