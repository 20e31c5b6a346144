"""The server's memory of one account and the platform behind it: people, channels, events, files. No network; a refusal
is `Refused`.

Objects as satori.chat/zh-CN/resources has them.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from channels.satori.elements import Element, Node, Text, escape, parse, tag
from channels.satori.simulator.script import Action
from scrm.clock import Clock
from scrm.model.base import Record

# Events a server keeps for lines that broke.
REMEMBERED = 500
FILES = {"img": "image", "audio": "voice", "video": "video", "file": "file"}
# A small picture (PNG, one point), the head of an Ogg file and of a film: enough to be fetched and kept.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001"
    "f61738550000000049454e44ae426082"
)
SAMPLES: dict[str, tuple[bytes, str, str]] = {
    "img": (PICTURE, "image/png", "picture.png"),
    "audio": (b"OggS\x00\x02" + bytes(200), "audio/ogg", "voice.ogg"),
    "video": (bytes.fromhex("00000018667479706d703432000000006d70343269736f6d") + bytes(64), "video/mp4", "film.mp4"),
    "file": (b"%PDF-1.4 simulated", "application/pdf", "file.pdf"),
}

Object = dict[str, Any]


class Account(Record, kw_only=True):
    """A bot that the server is signed in with, and the token the server asks for."""

    platform: str = "qq"
    self_id: str = "10001"
    name: str = "模拟客服"
    token: str = "satori-simulated-token"  # noqa: S105 - a made-up server's


class Refused(Exception):
    """The server's own error answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status
        self.text = text


class SentMessage(Record, kw_only=True):
    """What a customer received. number: 1, 2, 3 … in the order of acceptance. raw: as it was written."""

    number: int
    at: datetime
    channel_id: str
    message_id: str
    kind: str
    content: str
    raw: str
    file_name: str = ""
    media_type: str = ""
    data: bytes = b""
    reply_to: str = ""
    mentions: tuple[str, ...] = ()
    referrer: Object | None = None


class StoredFile(Record, kw_only=True):
    data: bytes
    media_type: str
    name: str


class Platform:
    def __init__(self, account: Account, clock: Clock) -> None:
        self.account = account
        self.clock = clock
        self.online = True
        self.uploads = True
        self.people: dict[str, str] = {}
        self.channels: dict[str, Object] = {}
        self.messages: dict[str, Object] = {}
        self.sent: list[SentMessage] = []
        self.events: list[Object] = []
        self.files: dict[str, StoredFile] = {}
        self.proxied: dict[str, StoredFile] = {}
        self.webhooks: dict[str, str] = {}
        self.last_sn = 1  # the first was that the account signed in
        self._last_message = secrets.randbelow(1_000_000)

    # People and places

    def user(self, name: str) -> str:
        """The id of a made-up person, who may be written to from now on."""
        number = user_id(name)
        self.people.setdefault(number, name)
        self.channels.setdefault(f"private:{number}", {"id": f"private:{number}", "type": 1})
        return number

    def direct(self, number: str) -> Object:
        if number not in self.people:
            raise Refused(404, "user not found")
        return self.channels[f"private:{number}"]

    def person(self, number: str) -> Object:
        if number not in self.people:
            raise Refused(404, "user not found")
        return {"id": number, "name": self.people[number], "avatar": f"https://avatars.example.com/{number}.png"}

    def login(self, *, whole: bool = True) -> Object:
        account = self.account
        user = {"id": account.self_id, "name": account.name, "is_bot": True}
        login: Object = {"sn": 1, "platform": account.platform, "user": user}
        if whole:
            features = ["message.create", "user.get", "user.channel.create", "upload.create", "login.get"]
            login |= {"status": 1 if self.online else 0, "adapter": "satori", "features": features}
        return login

    # What happens

    def happens(self, kind: str, fields: Object, *, whole_login: bool = False) -> Object:
        """One more event, with the next number."""
        self.last_sn += 1
        moment = int(self.clock.now().timestamp() * 1000)
        event = {"sn": self.last_sn, "type": kind, "timestamp": moment, "login": self.login(whole=whole_login)}
        event |= fields
        if not kind.startswith("login-"):  # which are never repeated
            self.events = [*self.events, event][-REMEMBERED:]
        return event

    def does(self, action: Action, media: tuple[bytes, str, str] | None = None) -> Object:
        """What a customer does, as the event it makes. media: data, media type and name in place of the sample. Raises
        KeyError for a message that is not there."""
        number = self.user(action.user)
        place = self._place(action, number)
        if action.type in ("edit", "delete"):
            message: Object = self.messages[action.message]
            if action.type == "edit":
                moment = int(self.clock.now().timestamp() * 1000)
                message = message | {"content": escape(action.text), "updated_at": moment}
                self.messages[action.message] = message
            kind = "message-updated" if action.type == "edit" else "message-deleted"
            return self.happens(kind, place | {"message": message} | action.fields)
        if action.type == "press":
            return self.happens("interaction/button", place | {"button": {"id": action.text}} | action.fields)
        if action.type in ("react", "unreact"):
            kind = "reaction-added" if action.type == "react" else "reaction-removed"
            about: Object = {"message": {"id": action.message}, "emoji": {"id": "1", "name": action.text}}
            return self.happens(kind, place | about | action.fields)
        moment = int(self.clock.now().timestamp() * 1000)
        message = {"id": self._message_id(), "content": self._content(action, media), "created_at": moment}
        self.messages[message["id"]] = message
        about = {"message": message, "referrer": {"msg_id": message["id"], "seq": self.last_sn + 1}}
        return self.happens("message-created", place | about | action.fields)

    def _place(self, action: Action, number: str) -> Object:
        if not action.group:
            return {"channel": self.direct(number), "user": self.person(number)}
        guild = {"id": action.group, "name": action.group}
        channel = self.channels.setdefault(action.group, {"id": action.group, "type": 0, "name": action.group})
        return {"channel": channel, "guild": guild, "user": self.person(number), "member": {"nick": action.user}}

    def _content(self, action: Action, media: tuple[bytes, str, str] | None) -> str:
        mention = tag("at", id=self.account.self_id, name=self.account.name) + " " if action.mention else ""
        quote = tag("quote", id=action.reply_to)
        quoted = self.messages.get(action.reply_to)
        if action.reply_to and quoted is not None:
            author = tag("author", id=quoted["user"]["id"]) if "user" in quoted else ""
            quote = f'<quote id="{escape(action.reply_to)}">{author}{quoted["content"]}</quote>'
        begun = (quote if action.reply_to else "") + mention
        if action.type not in FILES:
            return begun + (action.text if action.type == "elements" else escape(action.text))
        data, media_type, name = media or SAMPLES[action.type]
        address = self.keep_file(data, media_type, name)
        return begun + tag(action.type, src=address, title=name) + escape(action.text)

    def _message_id(self) -> str:
        self._last_message += 1
        return str(self._last_message)

    def keep_file(self, data: bytes, media_type: str, name: str, *, path: str = "files") -> str:
        suffix = secrets.token_urlsafe(6)
        address = f"internal:{self.account.platform}/{self.account.self_id}/{path}/{suffix}-{len(self.files)}"
        self.files[address] = StoredFile(data=data, media_type=media_type, name=name)
        return address

    # The account's methods

    def create_message(self, fields: Object) -> list[Object]:
        channel_id, content = str(fields.get("channel_id", "")), fields.get("content")
        if channel_id not in self.channels:
            raise Refused(404, "channel not found")
        if not isinstance(content, str):
            raise Refused(400, "content is required")
        nodes = parse(content)
        shown = _Shown(nodes)
        file = self._file(shown.file)
        if not shown.text.strip() and file is None:
            return []
        message = {"id": self._message_id(), "content": content, "user": self.login()["user"]}
        self.messages[message["id"]] = message
        referrer = fields.get("referrer")
        self.sent.append(
            SentMessage(
                number=len(self.sent) + 1,
                at=self.clock.now(),
                channel_id=channel_id,
                message_id=message["id"],
                kind=FILES[shown.file.name] if shown.file is not None else "text",
                content=shown.text,
                raw=content,
                file_name=file.name if file else "",
                media_type=file.media_type if file else "",
                data=file.data if file else b"",
                reply_to=shown.quoted,
                mentions=tuple(shown.mentions),
                referrer=referrer if isinstance(referrer, dict) else None,
            )
        )
        return [message]

    def _file(self, element: Element | None) -> StoredFile | None:
        if element is None:
            return None
        source = element.attributes.get("src", "")
        if source.startswith("data:"):
            kind, _, written = source.removeprefix("data:").partition(",")
            return StoredFile(data=written.encode(), media_type=kind.partition(";")[0], name="")
        if source not in self.files:
            raise Refused(400, "resource not found")
        return self.files[source]


class _Shown:
    """A message as people see it."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.text = ""
        self.quoted = ""
        self.mentions: list[str] = []
        self.file: Element | None = None
        self._walk(nodes)
        if self.mentions:
            self.text = self.text.removeprefix(" ")

    def _walk(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self.text += node.text
            elif node.name == "quote":
                self.quoted = node.attributes.get("id", "")
            elif node.name == "at":
                self.mentions.append(node.attributes.get("id", ""))
            elif node.name == "br":
                self.text += "\n"
            elif node.name in FILES:
                self.file = node
            else:
                self._walk(node.children)


def user_id(name: str) -> str:
    """The same every time for one name."""
    return str(100_000_000 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % 900_000_000)
