"""Scripts: what customers do, one JSON object a line.

    {"at": 0.5, "user": "王芳", "text": "你好"}
    {"at": 1, "user": "王芳", "type": "img", "text": "看这里", "repeat": 2}
    {"at": 2, "user": "李雷", "group": "售后群", "mention": true, "text": "在吗"}

`repeat`: how often the very same event is told.
"""

from collections.abc import Iterable
from typing import Any

from channels.simulating import script
from channels.simulating.script import repeats
from scrm.model.base import Record


class Action(Record, kw_only=True, forbid_unknown_fields=True):
    """One thing a customer does. user: any name.

    type: text; elements (`text` is written in elements); img, audio, video, file; edit, delete, react, unreact (of a
    message, `message`); or press (a button, whose id is `text`).
    message: the id of the message it is about; reply_to: of the one that is quoted.
    group: the name of the group it happens in, "" for a direct chat. mention: the bot is mentioned. fields: of the
    event, winning over those made from the rest.
    """

    at: float = 0
    user: str
    type: str = "text"
    text: str = ""
    message: str = ""
    reply_to: str = ""
    group: str = ""
    mention: bool = False
    fields: dict[str, Any] = {}
    repeat: int = 1
    note: str = ""


def read_action(data: bytes) -> Action:
    """Raises ScriptError."""
    return script.read_action(data, Action, lambda action: repeats(action) if action.user else "user is a name")


def read_script(lines: Iterable[bytes]) -> list[Action]:
    """Raises ScriptError."""
    return script.read_script(lines, read_action)
