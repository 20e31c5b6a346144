"""A workspace's memory: its people, channels, messages and files, and the one app that is installed. No network; a
refusal is `Refused`.

Objects as docs.slack.dev/reference has them.
"""

import hashlib
import json
import mimetypes
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import quote

from channels.slack import mrkdwn
from channels.slack.simulator.script import Action
from scrm.clock import Clock
from scrm.model.base import Record

TEXT_CUT = 40_000
# What an app is asked to be allowed in docs/slack.md.
SCOPES = (
    "app_mentions:read", "channels:history", "channels:read", "chat:write", "files:read", "files:write",
    "groups:history", "groups:read", "im:history", "im:write", "reactions:read", "users:read", "users:read.email",
)  # fmt: skip
# A small picture (PNG, one point), the heads of a recording and of a film: enough to be fetched and kept.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001"
    "f61738550000000049454e44ae426082"
)
SAMPLES: dict[str, tuple[bytes, str, str]] = {
    "image": (PICTURE, "image/png", "picture.png"),
    "audio": (b"OggS\x00\x02" + bytes(200), "audio/ogg", "voice.ogg"),
    "video": (bytes.fromhex("00000018667479706d703432000000006d70343269736f6d") + bytes(64), "video/mp4", "film.mp4"),
    "file": (b"%PDF-1.4 simulated", "application/pdf", "file.pdf"),
}

Object = dict[str, Any]


class App(Record, kw_only=True):
    """The app of the hub: what its settings pages show, and who it is in the workspace."""

    bot_token: str = "xoxb-1000000001-simulated-bot-token"  # noqa: S105 - a made-up app's
    app_token: str = "xapp-1-A0SIMULATED-simulated-app-token"  # noqa: S105
    signing_secret: str = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105
    id: str = "A0SIMULATED"
    user: str = "U0SCRMBOT"
    bot_id: str = "B0SCRMBOT"
    name: str = "客服"
    team_id: str = "T0WORKSPACE"
    team: str = "模拟工作区"
    scopes: tuple[str, ...] = SCOPES


class Refused(Exception):
    """An answer with `ok: false`."""

    def __init__(self, error: str, **more: str) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


class SentMessage(Record, kw_only=True):
    """What a customer received. number: 1, 2, 3 … in the order of acceptance. raw: as it was written."""

    number: int
    at: datetime
    channel: str
    ts: str
    kind: str
    content: str
    raw: str = ""
    thread: str = ""
    file_name: str = ""
    media_type: str = ""
    data: bytes = b""


class StoredFile(Record, kw_only=True):
    """length: as it was announced; data: None until it is there."""

    id: str
    name: str
    length: int
    media_type: str
    data: bytes | None = None


class Workspace:
    """base: the address of its files, known once the server stands."""

    def __init__(self, app: App, clock: Clock) -> None:
        self.app = app
        self.clock = clock
        self.base = ""
        self.people: dict[str, str] = {}
        self.channels: dict[str, Object] = {}
        self.messages: dict[tuple[str, str], Object] = {}
        self.files: dict[str, StoredFile] = {}
        self.sent: list[SentMessage] = []
        self._last = 0

    # People and places

    def user(self, name: str) -> str:
        """The id of a made-up person, whom the app may write to from now on."""
        id_ = made_id("U", name)
        if id_ not in self.people:
            self.people[id_] = name
            channel = "D" + id_[1:]
            self.channels[channel] = {"id": channel, "is_im": True, "user": id_}
        return id_

    def channel(self, name: str) -> str:
        """A channel that the app has been invited to."""
        id_ = made_id("C", name)
        self.channels.setdefault(id_, {"id": id_, "name": name, "is_channel": True, "is_member": True})
        return id_

    def direct(self, user: str) -> str:
        if user not in self.people:
            raise Refused("user_not_found")
        return "D" + user[1:]

    def person(self, user: str) -> Object:
        if user not in self.people:
            raise Refused("user_not_found")
        name = self.people[user]
        profile = {"real_name": name, "display_name": name, "image_192": f"https://avatars.slack-edge.com/{user}.png"}
        if "users:read.email" in self.app.scopes:
            profile["email"] = f"{user.lower()}@example.com"
        return {"id": user, "team_id": self.app.team_id, "name": user.lower(), "real_name": name, "is_bot": False,
                "locale": "zh-CN", "profile": profile}  # fmt: skip

    def ts(self) -> str:
        """The number of what is said now; never the same twice."""
        self._last = max(self._last + 1, int(self.clock.now().timestamp() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    # What happens

    def wrapped(self, event: Object) -> Object:
        """What is delivered of an event."""
        app = self.app
        heard_by = {"enterprise_id": None, "team_id": app.team_id, "user_id": app.user, "is_bot": True,
                    "is_enterprise_install": False}  # fmt: skip
        return {
            "token": "deprecated",
            "team_id": app.team_id,
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": "Ev" + secrets.token_hex(5).upper(),
            "event_time": int(self.clock.now().timestamp()),
            "authorizations": [heard_by],
            "is_ext_shared_channel": False,
        }

    def does(self, action: Action, media: tuple[bytes, str, str] | None = None) -> list[Object]:
        """What a customer does, as the events it makes: a mention in a channel makes two. media: data, media type and
        name in place of the sample. Raises KeyError for a message that is not there."""
        user = self.user(action.user)
        channel = self.channel(action.group) if action.group else self.direct(user)
        kind = "channel" if action.group else "im"
        place: Object = {"channel": channel, "channel_type": kind}
        if action.type in ("edit", "delete", "preview"):
            return [self._about(action, self.messages[channel, action.message], place)]
        if action.type in ("react", "unreact"):
            item = {"type": "message", "channel": channel, "ts": action.message}
            event = {
                "type": "reaction_added" if action.type == "react" else "reaction_removed",
                "user": user,
                "reaction": action.text,
                "item": item,
                "item_user": self.app.user,
                "event_ts": self.ts(),
            }
            return [self.wrapped(event | action.fields)]
        message = self._written(action, user, media)
        self.messages[channel, message["ts"]] = message
        events = [self.wrapped(message | place | {"event_ts": message["ts"]} | action.fields)]
        if action.group and action.mention:
            mention = {name: value for name, value in message.items() if name not in ("subtype", "files")}
            mention |= {"type": "app_mention", "channel": channel, "event_ts": message["ts"]}
            events.append(self.wrapped(mention))
        return events

    def _written(self, action: Action, user: str, media: tuple[bytes, str, str] | None) -> Object:
        text = action.text if action.type == "markup" else mrkdwn.escape(action.text)
        mention = f"<@{self.app.user}> " if action.mention else ""
        message: Object = {"type": "message", "user": user, "text": mention + text, "ts": self.ts(),
                           "team": self.app.team_id}  # fmt: skip
        if action.thread:
            root = next((each for (_, ts), each in self.messages.items() if ts == action.thread), {})
            message |= {"thread_ts": action.thread, "parent_user_id": root.get("user", user)}
        if action.type in SAMPLES:
            data, media_type, name = media or SAMPLES[action.type]
            message |= {"subtype": "file_share", "upload": False, "files": [self.keep_file(data, media_type, name)]}
        elif action.type not in ("text", "markup"):
            message["subtype"] = action.type
        return message

    def _about(self, action: Action, message: Object, place: Object) -> Object:
        number = self.ts()
        event: Object = {"type": "message", "hidden": True, "ts": number, "event_ts": number, **place}
        key = (place["channel"], message["ts"])
        if action.type == "delete":
            del self.messages[key]
            event |= {"subtype": "message_deleted", "deleted_ts": message["ts"], "previous_message": message}
            return self.wrapped(event | action.fields)
        changed = message | {"attachments": [{"from_url": "https://example.com", "text": "preview"}]}
        if action.type == "edit":
            edited = {"user": message["user"], "ts": number}
            changed = message | {"text": mrkdwn.escape(action.text), "edited": edited}
        self.messages[key] = changed
        event |= {"subtype": "message_changed", "message": changed, "previous_message": message}
        return self.wrapped(event | action.fields)

    # Files

    def keep_file(self, data: bytes, media_type: str, name: str) -> Object:
        """A customer's file, as messages show it."""
        id_ = self._new_file(name, len(data), media_type).id
        self.files[id_] = StoredFile(id=id_, name=name, length=len(data), media_type=media_type, data=data)
        return self.shown(id_)

    def shown(self, file_id: str) -> Object:
        file = self.files[file_id]
        address = f"{self.base}/files-pri/{self.app.team_id}-{file.id}/{quote(file.name)}"
        return {"id": file.id, "name": file.name, "title": file.name, "mimetype": file.media_type, "size": file.length,
                "mode": "hosted", "is_external": False, "url_private": address,
                "url_private_download": address}  # fmt: skip

    def _new_file(self, name: str, length: int, media_type: str) -> StoredFile:
        id_ = "F" + secrets.token_hex(5).upper()
        self.files[id_] = StoredFile(id=id_, name=name, length=length, media_type=media_type)
        return self.files[id_]

    # The app's methods

    def announce_file(self, name: str, length: int) -> Object:
        if not name or length <= 0:
            raise Refused("missing_argument")
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = self._new_file(name, length, media_type)
        return {"upload_url": f"{self.base}/upload/v1/{file.id}", "file_id": file.id}

    def share_files(self, fields: Object) -> Object:
        try:
            wanted = json.loads(str(fields.get("files", "")))
            ids = [str(each["id"]) for each in wanted]
        except (ValueError, TypeError, KeyError):
            raise Refused("invalid_arguments") from None
        channel = str(fields.get("channel_id", ""))
        if channel and channel not in self.channels:
            raise Refused("channel_not_found")
        for id_ in ids:
            file = self.files.get(id_)
            if file is None or file.data is None:
                raise Refused("file_not_found")
            if channel:
                kind = file.media_type.partition("/")[0]
                self._accept(
                    channel, {"image": "image", "audio": "voice", "video": "video"}.get(kind, "file"), "", fields, file
                )
        return {"files": [{"id": id_, "title": self.files[id_].name} for id_ in ids]}

    def post(self, fields: Object) -> Object:
        channel, text = str(fields.get("channel", "")), fields.get("text")
        if channel in self.people:
            channel = self.direct(channel)
        if channel not in self.channels:
            raise Refused("channel_not_found")
        if self.channels[channel].get("is_archived"):
            raise Refused("is_archived")
        if self.channels[channel].get("is_member") is False:
            raise Refused("not_in_channel")
        if not isinstance(text, str) or not text:
            raise Refused("no_text")
        raw = text[:TEXT_CUT]
        message = self._accept(channel, "text", raw, fields, None)
        return {"channel": channel, "ts": message["ts"], "message": message}

    def _accept(self, channel: str, kind: str, raw: str, fields: Object, file: StoredFile | None) -> Object:
        thread = str(fields.get("thread_ts") or "")
        app = self.app
        message: Object = {"type": "message", "user": app.user, "bot_id": app.bot_id, "text": raw, "ts": self.ts()}
        if thread:
            message["thread_ts"] = thread
        self.messages[channel, message["ts"]] = message
        self.sent.append(
            SentMessage(
                number=len(self.sent) + 1,
                at=self.clock.now(),
                channel=channel,
                ts=message["ts"],
                kind=kind,
                content=mrkdwn.read(raw).text,
                raw=raw,
                thread=thread,
                file_name=file.name if file else "",
                media_type=file.media_type if file else "",
                data=(file.data or b"") if file else b"",
            )
        )
        return message


def made_id(letter: str, name: str) -> str:
    """The same every time for one name."""
    return letter + hashlib.sha256(name.encode()).hexdigest()[:10].upper()
