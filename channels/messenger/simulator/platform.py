"""The state of one page and its rules: who may be written to, when, and with what.

Sources: developers.facebook.com/docs/messenger-platform/reference/send-api, … /reference/attachment-upload-api,
… /documentation/business-messaging/messenger-platform/error-codes.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime

from channels.messenger.config import CAPABILITIES, HUMAN_AGENT_WINDOW, TEXT_LIMIT, WINDOW
from channels.meta.simulator.graph import App, Object, Refused
from scrm.clock import Clock
from scrm.model.base import Record

# The content types of the hub by the platform's.
FILES = {"image": "image", "audio": "voice", "video": "video", "file": "file"}
OUTSIDE = "This message is sent outside of allowed window."


class Page(Record, kw_only=True):
    """human_agent: the app may answer in a person's name for seven days."""

    id: str = "110234567890123"
    name: str = "模拟主页"
    app: App = App()
    human_agent: bool = False


class SentMessage(Record, kw_only=True):
    """What a customer received. kind: text, or the platform's word for the file. tag: in whose name."""

    number: int
    at: datetime
    id: str
    recipient: str
    kind: str
    content: str = ""
    file_name: str = ""
    media_type: str = ""
    data: bytes = b""
    tag: str = ""


class StoredFile(Record, kw_only=True):
    data: bytes
    media_type: str
    name: str = ""
    kind: str = ""


class Platform:
    def __init__(self, page: Page, clock: Clock) -> None:
        self.page = page
        self.clock = clock
        self.people: dict[str, str] = {}  # names by page-scoped id
        self.wrote_at: dict[str, datetime] = {}
        self.blocked: set[str] = set()
        self.received: dict[str, Object] = {}  # messages of customers, by id
        self.sent: list[SentMessage] = []
        self.typing: list[str] = []
        self.files: dict[str, StoredFile] = {}

    def user(self, name: str) -> str:
        """The page-scoped id of a made-up person."""
        number = str(10**15 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:6]))
        self.people.setdefault(number, name)
        return number

    def keep_file(self, data: bytes, media_type: str, name: str = "", kind: str = "") -> str:
        key = str(10**14 + secrets.randbelow(10**14))
        self.files[key] = StoredFile(data=data, media_type=media_type, name=name, kind=kind)
        return key

    def person(self, number: str) -> Object:
        name = self.people.get(number)
        if name is None:
            raise Refused(100, f"Unsupported get request. Object with ID '{number}' does not exist", subcode=33)
        return {"id": number, "first_name": name, "last_name": ""}

    def upload(self, fields: Mapping[str, object], file: tuple[str, str, bytes] | None) -> str:
        message = fields.get("message")
        attachment = message.get("attachment", {}) if isinstance(message, dict) else {}
        kind = str(attachment.get("type", ""))
        if kind not in FILES or file is None:
            raise Refused(100, "(#100) Incorrect number of files uploaded. Must upload exactly one file.")
        name, media_type, data = file
        if not data:
            raise Refused(100, "(#100) Upload attachment failure.", subcode=2018047)
        if len(data) > CAPABILITIES.media_limits[FILES[kind]]:
            raise Refused(100, "(#100) Attachment size exceeds allowable limit", subcode=2018109)
        return self.keep_file(data, media_type, name, kind)

    def act(self, fields: Object) -> str:
        """A sender action; whom it was shown."""
        number = self._recipient(fields)
        if fields["sender_action"] == "typing_on":
            self.typing.append(number)
        return number

    def send(self, fields: Object) -> SentMessage:
        number = self._recipient(fields)
        tag = str(fields.get("tag", "")) if fields.get("messaging_type") == "MESSAGE_TAG" else ""
        self._permit(number, tag)
        message = fields.get("message")
        if not isinstance(message, dict):
            raise Refused(100, "(#100) param message must be non-empty.")
        made = SentMessage(
            number=len(self.sent) + 1,
            at=self.clock.now(),
            id="m_" + secrets.token_urlsafe(40),
            recipient=number,
            tag=tag,
            **self._content(message),
        )
        self.sent.append(made)
        return made

    def _recipient(self, fields: Object) -> str:
        recipient = fields.get("recipient")
        number = str(recipient.get("id", "")) if isinstance(recipient, dict) else ""
        if number not in self.people:
            raise Refused(100, "(#100) No matching user found", subcode=2018001)
        return number

    def _permit(self, number: str, tag: str) -> None:
        if number in self.blocked:
            raise Refused(551, "(#551) This person isn't available right now.", subcode=1545041)
        by_a_person = tag == "HUMAN_AGENT" and self.page.human_agent
        lasts = HUMAN_AGENT_WINDOW if by_a_person else WINDOW
        wrote_at = self.wrote_at.get(number)
        if wrote_at is None or self.clock.now() - wrote_at > lasts:
            raise Refused(10, f"(#10) {OUTSIDE}", subcode=2018278)

    def _content(self, message: Object) -> Object:
        attachment = message.get("attachment")
        if isinstance(attachment, dict):
            file = self.files.get(str(attachment.get("payload", {}).get("attachment_id", "")))
            if file is None or file.kind != attachment.get("type"):
                raise Refused(100, "(#100) Upload attachment failure.", subcode=2018047)
            return {"kind": file.kind, "file_name": file.name, "media_type": file.media_type, "data": file.data}
        text = str(message.get("text", ""))
        if not text.strip():
            raise Refused(100, "(#100) Message cannot be empty, must provide valid attachment or text", subcode=2018034)
        if len(text) > TEXT_LIMIT:
            raise Refused(100, f"(#100) Length of param message[text] must be less than or equal to {TEXT_LIMIT}")
        return {"kind": "text", "content": text}
