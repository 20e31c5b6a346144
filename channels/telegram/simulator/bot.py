"""The platform's memory of one bot and its rules: chats, updates, files, limits. No network; a refusal is `Refused`.

Limits and wordings as core.telegram.org/bots/api has them and the platform answers them.
"""

import hashlib
import secrets
from collections import Counter
from datetime import datetime
from typing import Any

from scrm.clock import Clock
from scrm.model.base import Record

TEXT_LIMIT = 4096
PHOTO_LIMIT = 10_000_000
FILE_LIMIT = 50_000_000
DOWNLOAD_LIMIT = 20_000_000
# Methods that send a file, and the field they take it in.
SENDS_FILES = {
    "sendPhoto": "photo",
    "sendDocument": "document",
    "sendVoice": "voice",
    "sendAudio": "audio",
    "sendVideo": "video",
    "sendAnimation": "animation",
}

Object = dict[str, Any]


class Bot(Record, kw_only=True):
    """What @BotFather made."""

    token: str = "700000001:AAE-simulated_simulated_simulated_0"  # noqa: S105 - a made-up bot's
    username: str = "simulated_scrm_bot"
    name: str = "模拟客服"

    @property
    def id(self) -> int:
        return int(self.token.partition(":")[0])


class Refused(Exception):
    """The platform's own error answer."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.retry_after = retry_after


class SentMessage(Record, kw_only=True):
    """What a customer received. number: 1, 2, 3 … in the order of acceptance. message_id: of its chat."""

    number: int
    at: datetime
    chat_id: int
    message_id: int
    method: str
    content: str
    file_name: str = ""
    media_type: str = ""
    data: bytes = b""
    reply_to: int = 0


class StoredFile(Record, kw_only=True):
    data: bytes
    path: str


class Platform:
    def __init__(self, bot: Bot, clock: Clock) -> None:
        self.bot = bot
        self.clock = clock
        self.users: dict[int, str] = {}
        self.blocked: set[int] = set()
        self.messages: dict[tuple[int, int], Object] = {}
        self.sent: list[SentMessage] = []
        self.typing: list[int] = []
        self.answered: list[str] = []
        self.updates: list[Object] = []
        self.files: dict[str, StoredFile] = {}
        self.webhook_url = ""
        self.webhook_secret = ""
        self.allowed: tuple[str, ...] = ()
        self.readers = 0  # requests for updates that are held open
        self._numbers: Counter[int] = Counter()
        self._last_update = 500_000_000 + secrets.randbelow(1_000_000)

    # Customers

    def user(self, name: str) -> int:
        """The number of a made-up person, who has opened the bot by this."""
        number = user_id(name)
        self.users.setdefault(number, name)
        return number

    def person(self, number: int) -> Object:
        name = self.users.get(number, str(number))
        return {"id": number, "is_bot": False, "first_name": name, "language_code": "zh-hans"}

    def chat(self, number: int) -> Object:
        return {"id": number, "type": "private", "first_name": self.users.get(number, str(number))}

    def queue(self, kind: str, value: Object) -> Object | None:
        """One more update, if the bot has asked for its kind."""
        if self.allowed and kind not in self.allowed:
            return None
        self._last_update += 1
        update = {"update_id": self._last_update, kind: value}
        self.updates.append(update)
        return update

    def confirm(self, offset: int) -> None:
        """Forget updates below the number; a negative one keeps that many of the newest."""
        if offset < 0:
            self.updates = self.updates[offset:]
        else:
            self.updates = [update for update in self.updates if update["update_id"] >= offset]

    def next_message_id(self, chat_id: int) -> int:
        self._numbers[chat_id] += 1
        return self._numbers[chat_id]

    def keep_file(self, data: bytes, path: str) -> str:
        file_id = "AgAC" + secrets.token_urlsafe(48)
        self.files[file_id] = StoredFile(data=data, path=path)
        return file_id

    # The bot's methods

    def me(self) -> Object:
        bot = self.bot
        return {"id": bot.id, "is_bot": True, "first_name": bot.name, "username": bot.username}

    def send(self, method: str, fields: Object, file: tuple[str, str, bytes] | None) -> Object:
        """Take a message, as the send… methods do. file: name, media type and data."""
        chat_id = self._recipient(fields.get("chat_id"))
        text = str(fields.get("text" if method == "sendMessage" else "caption") or "")
        if method == "sendMessage":
            _check_text(text)
        else:
            _check_file(method, file)
        name, media_type, data = file or ("", "", b"")
        parameters = fields.get("reply_parameters")
        reply_to = int(parameters.get("message_id", 0)) if isinstance(parameters, dict) else 0
        message: Object = {
            "message_id": self.next_message_id(chat_id),
            "from": self.me(),
            "chat": self.chat(chat_id),
            "date": int(self.clock.now().timestamp()),
        }
        if method == "sendMessage":
            message["text"] = text
        else:
            message |= _shown(method, self.keep_file(data, f"{SENDS_FILES[method]}s/out"), name, media_type, len(data))
        if isinstance(fields.get("reply_markup"), dict):
            message["reply_markup"] = fields["reply_markup"]
        self.messages[chat_id, message["message_id"]] = message
        self.sent.append(
            SentMessage(
                number=len(self.sent) + 1,
                at=self.clock.now(),
                chat_id=chat_id,
                message_id=message["message_id"],
                method=method,
                content=text,
                file_name=name,
                media_type=media_type,
                data=data,
                reply_to=reply_to,
            )
        )
        return message

    def act(self, chat_id: object) -> None:
        self.typing.append(self._recipient(chat_id))

    def file(self, file_id: str) -> Object:
        stored = self.files.get(file_id)
        if stored is None:
            raise Refused(400, "Bad Request: invalid file_id")
        if len(stored.data) > DOWNLOAD_LIMIT:
            raise Refused(400, "Bad Request: file is too big")
        return {
            "file_id": file_id,
            "file_unique_id": unique_id(stored.data),
            "file_size": len(stored.data),
            "file_path": stored.path,
        }

    def _recipient(self, chat_id: object) -> int:
        try:
            number = int(str(chat_id))
        except ValueError:
            raise Refused(400, "Bad Request: chat not found") from None
        if number not in self.users:
            raise Refused(400, "Bad Request: chat not found")
        if number in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return number


def user_id(name: str) -> int:
    """The same every time for one name."""
    return 100_000_000 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % 900_000_000


def unique_id(data: bytes) -> str:
    return "AQAD" + hashlib.sha256(data).hexdigest()[:12]


def _check_text(text: str) -> None:
    if not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le", "replace")) // 2 > TEXT_LIMIT:
        raise Refused(400, "Bad Request: message is too long")


def _check_file(method: str, file: tuple[str, str, bytes] | None) -> None:
    if file is None:
        raise Refused(400, f"Bad Request: there is no {SENDS_FILES[method]} in the request")
    _, _, data = file
    if not data:
        raise Refused(400, "Bad Request: file must be non-empty")
    if len(data) > FILE_LIMIT:
        raise Refused(413, "Request Entity Too Large")
    if method == "sendPhoto":
        if len(data) > PHOTO_LIMIT:
            raise Refused(400, "Bad Request: file is too big")
        if not data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8")):  # it looks, whatever it is called
            raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")


def _shown(method: str, file_id: str, name: str, media_type: str, size: int) -> Object:
    """A file in the message that shows it."""
    field = SENDS_FILES[method]
    about: Object = {"file_id": file_id, "file_unique_id": file_id[-12:], "file_size": size}
    if field == "photo":
        return {"photo": [about | {"width": 90, "height": 90}]}
    if field in ("video", "animation"):
        about |= {"width": 90, "height": 90, "duration": 1}
    elif field in ("voice", "audio"):
        about["duration"] = 1
    return {field: about | {"mime_type": media_type, **({"file_name": name} if field != "voice" else {})}}
