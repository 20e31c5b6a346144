"""Scripts: what customers do, one JSON object a line.

    {"at": 0.5, "user": "王芳", "text": "你好"}
    {"at": 1, "user": "王芳", "type": "image", "text": "看这里", "repeat": 2}
    {"at": 2, "user": "李雷", "group": "售后", "mention": true, "text": "在吗"}

`repeat`: how often the very same event is delivered.
"""

from collections.abc import Iterable
from typing import Any

from channels.simulating import script
from channels.simulating.script import repeats
from scrm.model.base import Record


class Action(Record, kw_only=True, forbid_unknown_fields=True):
    """One thing a customer does. user: any name.

    type: text; markup (`text` is written in Slack's markup); image, audio, video, file; edit, delete, react, unreact
    (of a message, `message`); preview (Slack shows a link's, which is no edit); or any other, which is then a message
    of that subtype.
    message: the number of the message it is about; thread: of the one its thread began with.
    group: the name of the channel it happens in, "" for a direct message. mention: the app is mentioned. fields: of
    the event, winning over those made from the rest.
    """

    at: float = 0
    user: str
    type: str = "text"
    text: str = ""
    message: str = ""
    thread: str = ""
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
