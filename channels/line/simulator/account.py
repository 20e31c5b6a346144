"""The platform's memory of one account and its rules: people, messages, files, limits. No network; a refusal is
`Refused`.

Limits and wordings as developers.line.biz/en/reference/messaging-api/ has them.
"""

import hashlib
import itertools
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from scrm.clock import Clock
from scrm.model.base import Record

TEXT_LIMIT = 5000
ADDRESS_LIMIT = 2000
MOST_MESSAGES = 5
# A reply token answers once, within a minute; a retry key is remembered for a day.
REPLY_LASTS = timedelta(minutes=1)
KEY_LASTS = timedelta(days=1)
MEDIA = {"image": "image", "video": "video", "audio": "voice"}

Object = dict[str, Any]


class Account(Record, kw_only=True):
    """What the console shows of a channel."""

    channel_secret: str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"  # noqa: S105 - a made-up account's
    access_token: str = "simulated/line/channel/access/token/0123456789+abcdef="  # noqa: S105
    user_id: str = "U" + "b07" * 10 + "00"
    name: str = "模拟官方账号"
    basic_id: str = "@simulated"


class Refused(Exception):
    """The platform's own error answer. details: pairs of a property and what is wrong with it."""

    def __init__(
        self, status: int, message: str, *details: tuple[str, str], headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.details = details
        self.headers = headers or {}
        self.sent: list[Object] = []


class SentMessage(Record, kw_only=True):
    """What a customer received. number: 1, 2, 3 … in the order of acceptance. to: a user, a group or a multi-person
    chat. how: push or reply. address: of the file, which a customer's app fetches."""

    number: int
    at: datetime
    id: str
    to: str
    how: str
    type: str
    content: str = ""
    address: str = ""
    preview: str = ""
    duration: int = 0
    quoted: str = ""


class Content(Record, kw_only=True):
    """A file of a customer's. state: succeeded, processing or failed, as the platform makes it ready."""

    data: bytes
    media_type: str
    state: str = "succeeded"


class Platform:
    def __init__(self, account: Account, clock: Clock) -> None:
        self.account = account
        self.clock = clock
        self.users: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        self.friends: set[str] = set()
        self.blocked: set[str] = set()
        self.files: dict[str, Content] = {}
        self.messages: dict[str, str] = {}  # quotable ones: their ids by quote token
        self.sent: list[SentMessage] = []
        self.typing: list[tuple[str, int]] = []
        self.webhook_url = ""
        self.webhook_active = True
        self.quota: int | None = 200
        self.used = 0
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._keys: dict[str, tuple[str, list[Object], datetime]] = {}
        self._numbers = itertools.count(500_000_000_000_000_001)

    # People

    def user(self, name: str) -> str:
        """The id of a made-up person, who becomes a friend of the account by this."""
        found = "U" + hashlib.sha256(name.encode()).hexdigest()[:32]
        if found not in self.users:
            self.users[found] = name
            self.friends.add(found)
        return found

    def group(self, name: str) -> str:
        found = "C" + hashlib.sha256(name.encode()).hexdigest()[:32]
        self.groups[found] = name
        return found

    def next_id(self) -> str:
        return str(next(self._numbers))

    def reply_token(self, to: str) -> str:
        token = secrets.token_hex(16)
        self._tokens[token] = (to, self.clock.now() + REPLY_LASTS)
        return token

    def quote_token(self, message_id: str) -> str:
        token = secrets.token_urlsafe(24)
        self.messages[token] = message_id
        return token

    def profile(self, user_id: str) -> Object:
        if user_id not in self.friends or user_id in self.blocked:
            raise Refused(404, "Not found")
        return {"userId": user_id, **self._shown(user_id), "language": "zh-Hant"}

    def member(self, chat: str, user_id: str) -> Object:
        if chat not in self.groups or user_id not in self.users:
            raise Refused(404, "Not found")
        return {"userId": user_id, **self._shown(user_id)}

    def _shown(self, user_id: str) -> Object:
        return {
            "displayName": self.users[user_id],
            "pictureUrl": f"https://profile.example.com/{user_id}",
        }

    # Messages

    def reply(self, body: Object) -> Object:
        to, until = self._tokens.get(str(body.get("replyToken")), ("", self.clock.now()))
        if not to or until <= self.clock.now():
            raise Refused(400, "Invalid reply token")
        made = _checked(body.get("messages"), self.messages)
        del self._tokens[str(body["replyToken"])]
        return {"sentMessages": [self._take(to, "reply", each) for each in made]}

    def push(self, body: Object, key: str, request_id: str) -> Object:
        """key: under which the request is taken once, "" for none."""
        now = self.clock.now()
        self._keys = {each: known for each, known in self._keys.items() if known[2] > now}
        if key in self._keys:
            first, sent, _ = self._keys[key]
            refused = Refused(409, "The retry key is already accepted", headers={"X-Line-Accepted-Request-Id": first})
            refused.sent = sent
            raise refused
        to = body.get("to")
        if not isinstance(to, str) or to[:1] not in ("U", "C", "R") or len(to) != 33:
            raise Refused(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
        made = _checked(body.get("messages"), self.messages)
        if to not in self.users and to not in self.groups:
            raise Refused(400, "Failed to send messages")
        if self.quota is not None and self.used + len(made) > self.quota:
            raise Refused(429, "You have reached your monthly limit.")
        self.used += len(made)
        sent = [self._take(to, "push", each) for each in made]
        if key:
            self._keys[key] = (request_id, sent, now + KEY_LASTS)
        return {"sentMessages": sent}

    def _take(self, to: str, how: str, message: Object) -> Object:
        """Who has blocked the account gets nothing, and the account hears nothing of that."""
        id_ = self.next_id()
        if to not in self.blocked:
            self.sent.append(
                SentMessage(
                    number=len(self.sent) + 1,
                    at=self.clock.now(),
                    id=id_,
                    to=to,
                    how=how,
                    type=message["type"],
                    content=str(message.get("text", "")),
                    address=str(message.get("originalContentUrl", "")),
                    preview=str(message.get("previewImageUrl", "")),
                    duration=int(message.get("duration", 0)),
                    quoted=self.messages.get(str(message.get("quoteToken", "")), ""),
                )
            )
        return {"id": id_, "quoteToken": self.quote_token(id_)}

    def load(self, body: Object) -> None:
        seconds = body.get("loadingSeconds", 20)
        if not isinstance(seconds, int) or not 5 <= seconds <= 60 or seconds % 5:
            raise Refused(400, "The property, 'loadingSeconds', in the request body is invalid (line: -, column: -)")
        if body.get("chatId") not in self.users:
            raise Refused(400, "The property, 'chatId', in the request body is invalid (line: -, column: -)")
        self.typing.append((str(body["chatId"]), seconds))

    def set_webhook(self, body: Object) -> None:
        """Unlike the real one it takes http, for a hub on loopback."""
        address = body.get("endpoint")
        if not isinstance(address, str) or len(address) > 500 or urlsplit(address).scheme not in ("http", "https"):
            raise Refused(400, "Invalid webhook endpoint URL")
        self.webhook_url = address


def _checked(messages: object, quotable: dict[str, str]) -> list[Object]:
    if not isinstance(messages, list) or not 1 <= len(messages) <= MOST_MESSAGES:
        raise Refused(400, "The request body has 1 error(s)", ("messages", "Size must be between 1 and 5"))
    wrong: list[tuple[str, str]] = []
    for place, message in enumerate(messages):
        kind = message.get("type") if isinstance(message, dict) else None
        at = f"messages[{place}]"
        if kind == "text":
            wrong += _wrong_text(at, message, quotable)
        elif kind in MEDIA:
            wrong += _wrong_media(at, kind, message)
        else:
            wrong.append((f"{at}.type", "Must be one of the following values: [text, image, video, audio]"))
    if wrong:
        raise Refused(400, f"The request body has {len(wrong)} error(s)", *wrong)
    return messages


def _wrong_text(at: str, message: Object, quotable: dict[str, str]) -> list[tuple[str, str]]:
    text = message.get("text")
    if not isinstance(text, str) or not text:
        return [(f"{at}.text", "May not be empty")]
    if len(text.encode("utf-16-le", "replace")) // 2 > TEXT_LIMIT:
        return [(f"{at}.text", f"Length must be between 0 and {TEXT_LIMIT}")]
    if "quoteToken" in message and message["quoteToken"] not in quotable:
        return [(f"{at}.quoteToken", "Invalid quote token")]
    return []


def _wrong_media(at: str, kind: str, message: Object) -> list[tuple[str, str]]:
    """Unlike the real one it takes http, for a hub on loopback."""
    names = ["originalContentUrl"] + (["previewImageUrl"] if kind != "audio" else [])
    wrong = []
    for name in names:
        address = message.get(name)
        if not isinstance(address, str) or not 0 < len(address) <= ADDRESS_LIMIT:
            wrong.append((f"{at}.{name}", f"Length must be between 1 and {ADDRESS_LIMIT}"))
        elif urlsplit(address).scheme not in ("http", "https"):
            wrong.append((f"{at}.{name}", "invalid uri scheme"))
    if kind == "audio" and (type(message.get("duration")) is not int or message["duration"] < 1):
        wrong.append((f"{at}.duration", "Must be greater than 0"))
    return wrong
