"""Pushes as the platform writes them: `{"destination": …, "events": […]}`, and what reading any of them takes. Pure.

The tree is kept beside the records, so that what the hub does not know by name is kept with all its fields.

Source: developers.line.biz/en/reference/messaging-api/#webhook-event-objects, github.com/line/line-openapi webhook.yml
"""

import hashlib
import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from channels.trees import MAX_DETAIL, Malformed, Tree
from scrm.model.base import Record

# Ids of users, groups and multi-person chats are a letter and 32 hexadecimal digits, those of events ULIDs. Only the
# alphabet and a length are held to: they go into addresses and handles, and a longer form of tomorrow is taken.
CHAT_ID = re.compile(r"[0-9A-Za-z_\-]{1,64}")
# Between the group and the member who spoke there: a person is another conversation in each group.
IN = "/"

T = TypeVar("T")


class Source(Record, kw_only=True):
    """Who and where. type: user, group or room."""

    type: str = ""
    user: str = ""
    chat: str = ""

    @property
    def handle(self) -> str:
        """Of the person at this place, "" where the event does not say who it was."""
        if not self.user:
            return ""
        return f"{self.chat}{IN}{self.user}" if self.chat else self.user


class ContentProvider(Record, kw_only=True, rename="camel"):
    """type: line, or external for what an app in LINE sent by its address."""

    type: str = "line"
    original_content_url: str = ""


class ImageSet(Record, kw_only=True):
    id: str = ""
    index: int = 0
    total: int = 0


class Emoji(Record, kw_only=True, rename="camel"):
    product_id: str = ""
    emoji_id: str = ""


class Mentionee(Record, kw_only=True, rename="camel"):
    """is_self: it is this account that is mentioned."""

    type: str = ""
    user_id: str = ""
    is_self: bool = False


class Mention(Record, kw_only=True):
    mentionees: tuple[Mentionee, ...] = ()


class Message(Record, kw_only=True, rename="camel"):
    """Any of the message objects. duration: milliseconds. file_size: bytes."""

    id: str
    type: str
    text: str = ""
    quote_token: str = ""
    quoted_message_id: str = ""
    emojis: tuple[Emoji, ...] = ()
    mention: Mention = Mention()
    content_provider: ContentProvider = ContentProvider()
    image_set: ImageSet = ImageSet()
    duration: float | None = None
    file_name: str = ""
    file_size: int | None = None
    title: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    package_id: str = ""
    sticker_id: str = ""
    sticker_resource_type: str = ""
    keywords: tuple[str, ...] = ()

    @property
    def to_us(self) -> bool:
        return any(each.is_self for each in self.mention.mentionees)


def read_push(body: bytes) -> list[Tree]:
    """The events of a push, maybe none. Raises Malformed."""
    try:
        tree = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Malformed("not JSON") from None
    events = tree.get("events") if isinstance(tree, dict) else None
    if not isinstance(events, list):
        raise Malformed("no events")
    if not all(isinstance(event, dict) and isinstance(event.get("type"), str) for event in events):
        raise Malformed("an event that is none")
    return events


def source_of(event: Mapping[str, object]) -> Source:
    """Empty where the event is of nobody, or its source of another form."""
    value = event.get("source")
    if not isinstance(value, dict):
        return Source()
    user, chat = _id(value, "userId"), _id(value, "groupId") or _id(value, "roomId")
    kind = value.get("type")
    return Source(type=kind if isinstance(kind, str) else "", user=user, chat=chat)


def read_handle(handle: str) -> tuple[str, str]:
    """The person, and the group or multi-person chat ("" in a chat of one's own)."""
    chat, _, user = handle.rpartition(IN)
    return user, chat


def key_of(event: Mapping[str, object]) -> str:
    """What tells one event from any other, however often it is delivered. Without its id, all it says counts but that
    it is delivered again."""
    found = event.get("webhookEventId")
    if isinstance(found, str) and CHAT_ID.fullmatch(found):
        return f"event:{found}"
    said = {name: value for name, value in event.items() if name != "deliveryContext"}
    return f"body:{hashlib.sha256(msgspec.json.encode(said, order='sorted')).hexdigest()}"


def inner(tree: Mapping[str, object], name: str) -> Tree:
    """Raises Malformed."""
    value = tree.get(name)
    if not isinstance(value, dict):
        raise Malformed(f"no {name}")
    return value


def said(tree: Mapping[str, object], name: str) -> str:
    """The text of a field, "" where there is none."""
    value = tree.get(name)
    return value[:MAX_DETAIL] if isinstance(value, str) else ""


def converted(value: object, form: type[T]) -> T:
    """Raises Malformed."""
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        raise Malformed(str(error)) from None


def _id(tree: Mapping[str, object], name: str) -> str:
    value = tree.get(name)
    return value if isinstance(value, str) and CHAT_ID.fullmatch(value) else ""
