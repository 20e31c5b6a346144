"""What customers do, as the updates the platform would make of it.

Objects as core.telegram.org/bots/api#message has them.
"""

from channels.simulating.film import FILM
from channels.telegram.simulator.bot import Object, Platform, unique_id
from channels.telegram.simulator.script import Action

# A small picture (PNG, one point) and the head of an Ogg file: enough to be fetched and kept.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001"
    "f61738550000000049454e44ae426082"
)
SOUND = b"OggS\x00\x02" + bytes(200)
# Data, media type, name and folder of the sample a customer sends.
SAMPLES: dict[str, tuple[bytes, str, str, str]] = {
    "photo": (PICTURE, "image/jpeg", "file.jpg", "photos"),
    "voice": (SOUND, "audio/ogg", "file.oga", "voice"),
    "audio": (SOUND, "audio/mpeg", "file.mp3", "music"),
    "video": (FILM, "video/mp4", "file.mp4", "videos"),
    "video_note": (FILM, "video/mp4", "file.mp4", "video_notes"),
    "animation": (FILM, "video/mp4", "file.mp4", "animations"),
    "document": (b"%PDF-1.4 simulated", "application/pdf", "file.pdf", "documents"),
    "sticker": (PICTURE, "image/webp", "file.webp", "stickers"),
}
GROUP: Object = {"id": -1001234567890, "type": "supergroup", "title": "闲聊"}

Media = tuple[bytes, str, str]


def update_of(action: Action, platform: Platform, media: Media | None = None) -> tuple[str, Object]:
    """The kind of update and its object. media: data, media type and name in place of the sample. Raises KeyError for
    a message that is not there."""
    number = platform.user(action.user)
    now = int(platform.clock.now().timestamp())
    person = platform.person(number)
    chat: Object = GROUP if action.group else platform.chat(number)
    if action.type in ("block", "unblock"):
        return "my_chat_member", _membership(action, platform, number, now)
    if action.type == "edit":
        edited = {**platform.messages[number, action.message], "edit_date": now}
        edited["caption" if "text" not in edited else "text"] = action.text
        platform.messages[number, action.message] = edited | action.fields
        return "edited_message", edited | action.fields
    if action.type == "press":
        message = platform.messages[number, action.message]
        return "callback_query", {
            "id": str(now * 1_000_000 + len(platform.updates) + len(platform.answered)),
            "from": person,
            "message": message,
            "chat_instance": "-1",
            "data": action.text,
        } | action.fields
    if action.type == "react":
        new = [{"type": "emoji", "emoji": action.text}] if action.text else []
        return "message_reaction", {
            "chat": chat, "message_id": action.message, "user": person, "date": now, "old_reaction": [],
            "new_reaction": new,
        } | action.fields  # fmt: skip
    message_id = platform.next_message_id(chat["id"])
    made: Object = {"message_id": message_id, "from": person, "chat": chat, "date": now}
    if action.reply_to:
        made["reply_to_message"] = platform.messages[number, action.reply_to]
    made |= _content(action, platform, media) | action.fields
    platform.messages[chat["id"], message_id] = made
    return "message", made


def _membership(action: Action, platform: Platform, number: int, now: int) -> Object:
    blocks = action.type == "block"
    (platform.blocked.add if blocks else platform.blocked.discard)(number)
    here, banned = {"status": "member"}, {"status": "kicked", "until_date": 0}
    old, new = (here, banned) if blocks else (banned, here)
    return {
        "chat": platform.chat(number),
        "from": platform.person(number),
        "date": now,
        "old_chat_member": {"user": platform.me(), **old},
        "new_chat_member": {"user": platform.me(), **new},
    }


def _content(action: Action, platform: Platform, media: Media | None) -> Object:
    kind = action.type
    if kind in SAMPLES:
        return _file(action, platform, media)
    place = {"latitude": action.latitude, "longitude": action.longitude}
    entity = [{"type": "bot_command", "offset": 0, "length": 6}]
    made: dict[str, Object] = {
        "text": {"text": action.text},
        "start": {"text": f"/start {action.text}".strip(), "entities": entity},
        "location": {"location": place},
        "venue": {"location": place, "venue": {"location": place, "title": action.title, "address": action.text}},
        "contact": {"contact": {"phone_number": action.text, "first_name": action.title or action.user}},
        "poll": {"poll": _poll(action.text)},
        "dice": {"dice": {"emoji": action.text or "🎲", "value": 6}},
    }  # fmt: skip
    return made.get(kind, {})


def _poll(question: str) -> Object:
    return {
        "id": "1",
        "question": question,
        "options": [{"persistent_id": "1", "text": "是", "voter_count": 0}],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": True,
        "members_only": False,
    }


def _file(action: Action, platform: Platform, media: Media | None) -> Object:
    data, media_type, name, folder = SAMPLES[action.type]
    if media is not None:
        data, media_type, name = media
    file_id = platform.keep_file(data, f"{folder}/file_{len(platform.files)}.{name.rpartition('.')[2]}")
    about: Object = {"file_id": file_id, "file_unique_id": unique_id(data), "file_size": len(data)}
    if action.type == "photo":
        small = about | {"file_id": platform.keep_file(data[:60], "photos/small.jpg"), "width": 90, "height": 67}
        return {"photo": [small, about | {"width": 1280, "height": 960}]} | _caption(action)
    if action.type == "sticker":
        shape = {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular"}
        return {"sticker": about | shape | {"emoji": action.text or "😀", "set_name": "simulated"}}
    if action.type == "video_note":
        return {"video_note": about | {"length": 240, "duration": 2}}
    about["mime_type"] = media_type
    if action.type != "document":
        about["duration"] = 2
    if action.type in ("video", "animation"):
        about |= {"width": 320, "height": 240}
    if action.type == "audio":
        about |= {"title": action.title, "performer": action.user}
    if action.type != "voice":
        about["file_name"] = name
    made = {action.type: about} | _caption(action)
    return made | {"document": about} if action.type == "animation" else made


def _caption(action: Action) -> Object:
    return {"caption": action.text} if action.text else {}
