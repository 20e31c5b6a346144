"""Updates as core.telegram.org/bots/api#update has them: the part the hub reads, and the tree they are read from.

The tree is kept beside the records, so that what the hub does not know by name is kept with all its fields.
"""

import msgspec

from channels.trees import Malformed, Tree
from scrm.model.base import Record


class User(Record, kw_only=True):
    id: int
    first_name: str = ""
    last_name: str = ""
    username: str = ""

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name.strip(), self.last_name.strip()) if part)[:200]


class Chat(Record, kw_only=True):
    """type: private, group, supergroup or channel."""

    id: int
    type: str = ""
    title: str = ""


class File(Record, kw_only=True):
    """Any of the objects with a file_id: PhotoSize, Voice, Audio, Video, VideoNote, Animation, Document, Sticker.

    file_size in bytes, duration in seconds.
    """

    file_id: str
    file_unique_id: str = ""
    file_size: int | None = None
    file_name: str | None = None
    mime_type: str | None = None
    duration: float | None = None
    width: int = 0
    height: int = 0
    performer: str = ""
    title: str = ""
    emoji: str = ""
    set_name: str = ""
    is_animated: bool = False
    is_video: bool = False


class Location(Record, kw_only=True):
    latitude: float
    longitude: float
    live_period: int | None = None


class Venue(Record, kw_only=True):
    location: Location
    title: str = ""
    address: str = ""


class SharedContact(Record, kw_only=True):
    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None


class PollOption(Record, kw_only=True):
    text: str = ""


class Poll(Record, kw_only=True):
    question: str = ""
    options: tuple[PollOption, ...] = ()


class Dice(Record, kw_only=True):
    emoji: str = ""
    value: int = 0


class Game(Record, kw_only=True):
    title: str = ""
    description: str = ""


class Entity(Record, kw_only=True):
    type: str = ""
    url: str = ""


class Button(Record, kw_only=True):
    text: str = ""
    callback_data: str | None = None


class Keyboard(Record, kw_only=True):
    inline_keyboard: tuple[tuple[Button, ...], ...] = ()


class Quote(Record, kw_only=True):
    text: str = ""


class Origin(Record, kw_only=True):
    """Where a forwarded message comes from; one of the four names is there."""

    type: str = ""
    sender_user: User | None = None
    sender_user_name: str = ""
    sender_chat: Chat | None = None
    chat: Chat | None = None


class Message(Record, kw_only=True):
    """date: seconds since 1970; 0 in a message that is no longer to be had."""

    message_id: int
    chat: Chat
    date: int = 0
    from_: User | None = msgspec.field(default=None, name="from")
    edit_date: int | None = None
    text: str | None = None
    caption: str | None = None
    entities: tuple[Entity, ...] = ()
    caption_entities: tuple[Entity, ...] = ()
    photo: tuple[File, ...] = ()
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    document: File | None = None
    sticker: File | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: SharedContact | None = None
    poll: Poll | None = None
    dice: Dice | None = None
    game: Game | None = None
    reply_to_message: "Message | None" = None
    quote: Quote | None = None
    forward_origin: Origin | None = None
    media_group_id: str = ""
    reply_markup: Keyboard | None = None


class CallbackQuery(Record, kw_only=True):
    id: str
    from_: User = msgspec.field(name="from")
    message: Message | None = None
    data: str = ""
    game_short_name: str = ""


class Membership(Record, kw_only=True):
    status: str = ""


class MembershipChange(Record, kw_only=True):
    """How the bot's own place in a chat changed: in a private one, whether the customer blocks it."""

    chat: Chat
    from_: User = msgspec.field(name="from")
    date: int = 0
    new_chat_member: Membership = Membership()


class Reaction(Record, kw_only=True):
    emoji: str = ""
    type: str = ""


class ReactionChange(Record, kw_only=True):
    chat: Chat
    message_id: int
    user: User
    date: int = 0
    new_reaction: tuple[Reaction, ...] = ()


def read_tree(body: bytes) -> tuple[int, str, Tree]:
    """An update's number, what kind it is of, and the object of that kind. Raises Malformed."""
    try:
        tree = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(tree, dict):
        raise Malformed("not an object")
    number = tree.get("update_id")
    if type(number) is not int or not 0 <= number < 2**53:
        raise Malformed("no update_id")
    for kind, value in tree.items():
        if kind != "update_id" and isinstance(value, dict):
            return number, kind, value
    raise Malformed("an update of nothing")


def sender_of(value: Tree) -> str:
    """The handle of who did it, "" where the update does not say."""
    for name in ("from", "user"):
        user = value.get(name)
        if isinstance(user, dict) and type(user.get("id")) is int and 0 < user["id"] < 2**53:
            return str(user["id"])
    return ""


def chat_type_of(value: Tree) -> str:
    """`private`, `group` …; "" for what is in no chat."""
    inner = value.get("message")
    chat = value.get("chat") or (inner.get("chat") if isinstance(inner, dict) else None)
    kind = chat.get("type") if isinstance(chat, dict) else None
    return kind if isinstance(kind, str) else ""
