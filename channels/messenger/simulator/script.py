"""Scripts: what customers do, one JSON object a line.

    {"at": 0.5, "user": "王芳", "text": "你好"}
    {"at": 1, "user": "王芳", "type": "image", "text": "看这里", "repeat": 2}
    {"at": 2, "user": "李雷", "type": "referral", "text": "store-7"}

`repeat`: how often the very same push is delivered.
"""

from collections.abc import Iterable
from typing import Any

from channels.simulating import script
from channels.simulating.script import repeats
from scrm.model.base import Record


class Action(Record, kw_only=True, forbid_unknown_fields=True):
    """One thing a customer does. user: any name.

    type: text, image, audio, video, file, sticker, location, link, quick_reply, postback, referral, edit, reaction (to
    a message, `message`), read (what was sent to them); or any other, which is then an event with no more than
    `fields`. text: text, title of the button, what the link says, or emoji.
    message: the id of the message that is edited or reacted to, "" for the last one; reply_to: of the one that is
    answered. fields: of the event, winning over those made from the rest.
    """

    at: float = 0
    user: str
    type: str = "text"
    text: str = ""
    latitude: float = 31.230416
    longitude: float = 121.473701
    message: str = ""
    reply_to: str = ""
    fields: dict[str, Any] = {}
    repeat: int = 1
    note: str = ""


def read_action(data: bytes) -> Action:
    """Raises ScriptError."""
    return script.read_action(data, Action, lambda action: repeats(action) if action.user else "user is a name")


def read_script(lines: Iterable[bytes]) -> list[Action]:
    """Raises ScriptError."""
    return script.read_script(lines, read_action)
