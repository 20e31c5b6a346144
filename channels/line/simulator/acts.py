"""What customers do, as the events the platform would make of it.

Objects as developers.line.biz/en/reference/messaging-api/#webhook-event-objects has them.
"""

from channels.line.simulator.account import Content, Object, Platform
from channels.line.simulator.script import Action
from channels.simulating.film import FILM
from scrm.clock import Clock
from scrm.ids import UlidFactory

# A small picture (PNG, one point) and the head of a recording: enough to be fetched and kept.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001"
    "f61738550000000049454e44ae426082"
)
SOUND = bytes.fromhex("00000018667479704d344120000000004d3441206d703432") + bytes(64)
SAMPLES: dict[str, tuple[bytes, str]] = {
    "image": (PICTURE, "image/png"),
    "video": (FILM, "video/mp4"),
    "audio": (SOUND, "audio/x-m4a"),
    "file": (b"%PDF-1.4 simulated", "application/pdf"),
}
# Which events can be answered by a token of their own.
ANSWERED = frozenset({"message", "follow", "postback", "beacon", "accountLink", "videoPlayComplete", "membership"})


class Acts:
    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform = platform
        self._ids = UlidFactory(clock)

    def event(self, action: Action, media: Content | None = None) -> Object:
        """media: in place of the sample."""
        platform = self._platform
        user = platform.user(action.user)
        source: Object = {"type": "user", "userId": user}
        if action.group:
            source = {"type": "group", "groupId": platform.group(action.group), "userId": user}
        kind, more = self._happening(action, user, media)
        event: Object = {
            "type": kind,
            "mode": "active",
            "timestamp": int(platform.clock.now().timestamp() * 1000),
            "source": source,
            "webhookEventId": self._ids(),
            "deliveryContext": {"isRedelivery": False},
        }
        if kind in ANSWERED:
            event["replyToken"] = platform.reply_token(source.get("groupId", user))
        return event | more

    def _happening(self, action: Action, user: str, media: Content | None) -> tuple[str, Object]:
        platform, text = self._platform, action.text
        if action.type in ("follow", "unblock"):
            platform.friends.add(user)
            platform.blocked.discard(user)
            return "follow", {"follow": {"isUnblocked": action.type == "unblock"}}
        if action.type == "unfollow":
            platform.blocked.add(user)
            return "unfollow", {}
        plain: dict[str, Object] = {
            "unsend": {"unsend": {"messageId": action.message}},
            "postback": {"postback": {"data": text} | action.fields},
            "beacon": {"beacon": {"hwid": text or "d41d8cd98f", "type": "enter"} | action.fields},
            "accountLink": {"link": {"result": text or "ok", "nonce": "simulated-nonce"}},
            "videoPlayComplete": {"videoPlayComplete": {"trackingId": text}},
            "membership": {"membership": {"type": "joined", "membershipId": 3189}},
            "join": {},
            "leave": {},
        }
        if action.type in plain:
            return action.type, plain[action.type]
        return "message", {"message": self._message(action, media)}

    def _message(self, action: Action, media: Content | None) -> Object:
        platform = self._platform
        id_ = platform.next_id()
        made: Object = {"id": id_, "type": action.type, "markAsReadToken": f"read-{id_}"}
        if action.type in ("text", "image", "video", "sticker"):
            made["quoteToken"] = platform.quote_token(id_)
        if action.message:
            made["quotedMessageId"] = action.message
        if action.type in SAMPLES:
            data, media_type = SAMPLES[action.type]
            platform.files[id_] = content = media or Content(data=data, media_type=media_type)
            if action.type == "file":
                return made | {"fileName": action.title or "file.pdf", "fileSize": len(content.data)} | action.fields
            made["contentProvider"] = {"type": "line"}
            if action.type != "image":
                made["duration"] = 2000
            return made | action.fields
        if action.type == "text":
            made["text"] = action.text
            if action.group:
                mentioned = {
                    "index": 0,
                    "length": 1,
                    "type": "user",
                    "isSelf": True,
                    "userId": platform.account.user_id,
                }
                made["mention"] = {"mentionees": [mentioned]}
        elif action.type == "location":
            made |= {"title": action.title, "address": action.text, "latitude": action.latitude,
                     "longitude": action.longitude}  # fmt: skip
        elif action.type == "sticker":
            kind = "MESSAGE" if action.text else "STATIC"
            made |= {"packageId": "446", "stickerId": "1988", "stickerResourceType": kind, "keywords": ["hi", "bow"]}
            made |= {"text": action.text} if action.text else {}
        return made | action.fields
