"""The state of one business account and its rules: who may be written to, with what, and what becomes of it.

Sources: developers.facebook.com/documentation/business-messaging/whatsapp/ — messages/send-messages,
business-phone-numbers/media, support/error-codes, business-scoped-user-ids.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime

from channels.meta.simulator.graph import App, Object, Refused
from channels.whatsapp.config import CAPABILITIES, TEXT_LIMIT, WINDOW
from channels.whatsapp.templates import GAP
from scrm.clock import Clock
from scrm.model.base import Record

# The content types of the hub by the platform's.
MEDIA = {"image": "image", "audio": "voice", "video": "video", "document": "file"}
TEMPLATES: tuple[Object, ...] = (
    {
        "name": "order_update", "language": "zh_CN", "status": "APPROVED", "category": "UTILITY", "id": "1",
        "parameter_format": "POSITIONAL",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "订单 {{1}}", "example": {"header_text": ["10086"]}},
            {"type": "BODY", "text": "您好 {{1}}，您的订单状态：{{2}}。",
             "example": {"body_text": [["王女士", "已发货"]]}},
            {"type": "FOOTER", "text": "回复 TD 退订"},
            {"type": "BUTTONS", "buttons": [
                {"type": "URL", "text": "查看物流", "url": "https://shop.example.com/o/{{1}}", "example": ["10086"]},
                {"type": "QUICK_REPLY", "text": "联系客服"}]},
        ],
    },
    {
        "name": "still_there", "language": "en_US", "status": "APPROVED", "category": "UTILITY", "id": "2",
        "parameter_format": "NAMED",
        "components": [
            {"type": "BODY", "text": "Hi {{customer_name}}, are you still there?",
             "example": {"body_text_named_params": [{"param_name": "customer_name", "example": "Sheena"}]}},
        ],
    },
    {"name": "hello_world", "language": "en_US", "status": "APPROVED", "category": "MARKETING", "id": "3",
     "components": [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hello"}]},
    {"name": "rejected", "language": "en_US", "status": "REJECTED", "category": "MARKETING", "id": "4",
     "components": [{"type": "BODY", "text": "Buy"}]},
    {"name": "code", "language": "en_US", "status": "APPROVED", "category": "AUTHENTICATION", "id": "5",
     "components": [{"type": "BODY", "text": "{{1}} is your code"}]},
)  # fmt: skip


class Account(Record, kw_only=True):
    """A business account with one phone number."""

    phone_number_id: str = "106540352242922"
    account_id: str = "102290129340398"
    phone: str = "+1 555-078-3881"
    name: str = "模拟商店"
    app: App = App()
    templates: tuple[Object, ...] = TEMPLATES


class SentMessage(Record, kw_only=True):
    """What a customer received. recipient: number or id. kind: as the platform calls it. content: text or caption."""

    number: int
    at: datetime
    id: str
    recipient: str
    kind: str
    content: str = ""
    file_name: str = ""
    media_type: str = ""
    data: bytes = b""
    reply_to: str = ""
    template: Object = {}


class StoredFile(Record, kw_only=True):
    data: bytes
    media_type: str
    name: str = ""


class Person(Record, kw_only=True):
    """name: as the customer calls themselves. phone, user_id: what the company knows them by."""

    name: str
    phone: str
    user_id: str


class Platform:
    def __init__(self, account: Account, clock: Clock) -> None:
        self.account = account
        self.clock = clock
        self.people: dict[str, Person] = {}
        self.wrote_at: dict[str, datetime] = {}  # by name
        self.blocked: set[str] = set()
        self.received: dict[str, Object] = {}  # messages of customers, by id
        self.sent: list[SentMessage] = []
        self.typing: list[str] = []
        self.files: dict[str, StoredFile] = {}

    # Customers

    def person(self, name: str) -> Person:
        if name not in self.people:
            number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:5]) % 10**10
            self.people[name] = Person(name=name, phone=f"861{number:010}", user_id=f"CN.{number + 10**15}")
        return self.people[name]

    def moves(self, name: str) -> Person:
        """To another phone number; by that the company knows them by another id too."""
        before = self.person(name)
        digits = str(int(before.phone) + 1)
        self.people[name] = Person(name=name, phone=digits, user_id=before.user_id + "1")
        return before

    def addressed(self, fields: Mapping[str, object]) -> Person | None:
        """Who a message is for, None where there is nobody of that number or id."""
        given = str(fields.get("to") or fields.get("recipient") or "").removeprefix("+")
        return next((each for each in self.people.values() if given in (each.phone, each.user_id)), None)

    def keep_file(self, data: bytes, media_type: str, name: str = "") -> str:
        media_id = str(10**14 + secrets.randbelow(10**14))
        self.files[media_id] = StoredFile(data=data, media_type=media_type, name=name)
        return media_id

    # The API

    def upload(self, fields: Mapping[str, object], file: tuple[str, str, bytes] | None) -> str:
        if fields.get("messaging_product") != "whatsapp" or file is None:
            raise Refused(100, "(#100) The parameter messaging_product is required.")
        name, _, data = file
        media_type = str(fields.get("type", ""))
        kind = next((kind for kind, types in CAPABILITIES.media_types.items() if media_type in types), None)
        if kind is None:
            words = f"Param file must be a file with one of the supported types, and not {media_type}"
            raise Refused(100, f"(#100) {words}", details=words)
        if not data or len(data) > CAPABILITIES.media_limits[kind]:
            raise Refused(131053, "(#131053) Media upload error", details="File size is out of bounds")
        return self.keep_file(data, media_type, name)

    def send(self, fields: Object) -> tuple[SentMessage, int]:
        """What is taken on, and the code it fails with later: the platform says most of it in a status."""
        if fields.get("messaging_product") != "whatsapp":
            raise Refused(100, "(#100) The parameter messaging_product is required.")
        if not (fields.get("to") or fields.get("recipient")):
            raise Refused(100, "(#100) The parameter to is required.")
        kind = str(fields.get("type", "text"))
        content = fields.get(kind)
        if not isinstance(content, dict):
            raise Refused(100, f"(#100) The parameter {kind} is required.")
        person = self.addressed(fields)
        context = fields.get("context")
        made = SentMessage(
            number=len(self.sent) + 1,
            at=self.clock.now(),
            id=wamid(),
            recipient=str(fields.get("to") or fields.get("recipient")),
            kind=kind,
            reply_to=str(context.get("message_id", "")) if isinstance(context, dict) else "",
            **self._content(kind, content),
        )
        if person is None or person.name in self.blocked:
            return made, 131026
        wrote_at = self.wrote_at.get(person.name)
        if kind != "template" and (wrote_at is None or self.clock.now() - wrote_at > WINDOW):
            return made, 131047
        self.sent.append(made)
        return made, 0

    def _content(self, kind: str, content: Object) -> Object:
        if kind == "text":
            body = str(content.get("body", ""))
            if not body:
                raise Refused(100, "(#100) The parameter text['body'] is required.")
            if len(body) > TEXT_LIMIT:
                words = f"Param text['body'] must be at most {TEXT_LIMIT} characters long."
                raise Refused(100, f"(#100) {words}", details=words)
            return {"content": body}
        if kind in MEDIA:
            file = self.files.get(str(content.get("id", "")))
            if file is None or file.media_type not in CAPABILITIES.media_types[MEDIA[kind]]:
                raise Refused(131053, "(#131053) Media upload error", details="No such media, or not of this type")
            return {
                "content": str(content.get("caption", "")),
                "file_name": str(content.get("filename", file.name)),
                "media_type": file.media_type,
                "data": file.data,
            }
        if kind == "template":
            return {"template": content, "content": self._filled(content)}
        raise Refused(131051, "(#131051) Unsupported message type")

    def _filled(self, use: Object) -> str:
        """The body with its gaps filled in. Raises Refused."""
        name, language = str(use.get("name", "")), str(use.get("language", {}).get("code", ""))
        for template in self.account.templates:
            if (template["name"], template["language"], template["status"]) == (name, language, "APPROVED"):
                break
        else:
            words = f"template name ({name}) does not exist in {language}"
            raise Refused(132001, "(#132001) Template name does not exist in the translation", details=words)
        parts = [each for each in use.get("components", []) if isinstance(each, dict)]
        texts = {"body": ""}
        for component in template["components"]:
            kind = str(component["type"]).lower()
            given = [each for each in parts if str(each.get("type")).lower() == kind]
            if kind in ("header", "body"):
                texts[kind] = _fill(str(component.get("text", "")), given[0]["parameters"] if given else [])
        buttons = [each for each in template["components"] if each["type"] == "BUTTONS"]
        wanted = sum(bool(GAP.search(each.get("url", ""))) for row in buttons for each in row["buttons"])
        if wanted != sum(str(each.get("type")).lower() == "button" for each in parts):
            raise _mismatch("buttons")
        return texts["body"]


def _fill(text: str, parameters: list[Object]) -> str:
    gaps = list(dict.fromkeys(GAP.findall(text)))
    named = {str(each.get("parameter_name", number)): each for number, each in enumerate(parameters, 1)}
    if sorted(gaps) != sorted(named):
        raise _mismatch("localizable_params")
    for each in named.values():
        words = str(each.get("text", ""))
        if not words or "\n" in words or "\t" in words or "     " in words:
            raise Refused(132018, "(#132018) There are one or more issues with the parameters", details="line ends")
    return GAP.sub(lambda gap: str(named[gap.group(1)]["text"]), text)


def _mismatch(what: str) -> Refused:
    words = f"number of {what} does not match the expected number of params"
    return Refused(132000, "(#132000) Number of parameters does not match", details=words)


def wamid() -> str:
    return "wamid." + secrets.token_urlsafe(30)
