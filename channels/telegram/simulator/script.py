"""Scripts: what customers do, one JSON object a line.

    {"at": 0.5, "user": "王芳", "text": "你好"}
    {"at": 1, "user": "王芳", "type": "photo", "text": "看这里", "repeat": 2}
    {"at": 2, "user": "李雷", "type": "start", "text": "store-7"}

`repeat`: how often the very same update is delivered.
"""

from collections.abc import Iterable
from typing import Any

from channels.simulating import script
from channels.simulating.script import repeats
from scrm.model.base import Record


class Action(Record, kw_only=True, forbid_unknown_fields=True):
    """One thing a customer does. user: any name.

    type: a type of message (text, photo, voice, audio, video, video_note, animation, document, sticker, location,
    venue, contact, poll, dice); start, block, unblock; edit, react, press (on a message, `message`); or any other,
    which is then a message with no more than `fields`. text: text, caption, question, payload, emoji or data of the
    button.
    message: the number of the message that is edited, reacted to or pressed; reply_to: of the one that is answered.
    group: it happens in a group. fields: of the message, winning over those made from the rest.
    """

    at: float = 0
    user: str
    type: str = "text"
    text: str = ""
    title: str = ""
    latitude: float = 31.230416
    longitude: float = 121.473701
    message: int = 0
    reply_to: int = 0
    group: bool = False
    fields: dict[str, Any] = {}
    repeat: int = 1
    note: str = ""


def read_action(data: bytes) -> Action:
    """Raises ScriptError."""
    return script.read_action(data, Action, lambda action: repeats(action) if action.user else "user is a name")


def read_script(lines: Iterable[bytes]) -> list[Action]:
    """Raises ScriptError."""
    return script.read_script(lines, read_action)
