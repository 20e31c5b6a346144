"""Scripts: what customers do, one JSON object a line.

    {"at": 0.5, "user": "王芳", "text": "你好"}
    {"at": 1, "user": "王芳", "type": "image", "repeat": 2}
    {"at": 2, "user": "李雷", "type": "follow", "waits": true}

`repeat`: how often the very same event is delivered. `waits`: it leaves in one push with what comes next.
"""

from collections.abc import Iterable
from typing import Any

from channels.simulating import script
from channels.simulating.script import repeats
from scrm.model.base import Record


class Action(Record, kw_only=True, forbid_unknown_fields=True):
    """One thing a customer does. user: any name.

    type: a type of message (text, image, video, audio, file, location, sticker); follow, unfollow, unblock, unsend,
    postback, beacon, accountLink, videoPlayComplete, membership, join, leave; or any other, which is then a message
    with no more than `fields`. text: text, address, data of the button, words on the sticker. message: the id of the
    message that is quoted or taken back. group: the name of the group it happens in, where a text mentions the
    account. fields: of the message, the postback or the beacon, winning over those made from the rest.
    """

    at: float = 0
    user: str
    type: str = "text"
    text: str = ""
    title: str = ""
    latitude: float = 25.0339
    longitude: float = 121.5645
    message: str = ""
    group: str = ""
    fields: dict[str, Any] = {}
    repeat: int = 1
    waits: bool = False
    note: str = ""


def read_action(data: bytes) -> Action:
    """Raises ScriptError."""
    return script.read_action(data, Action, lambda action: repeats(action) if action.user else "user is a name")


def read_script(lines: Iterable[bytes]) -> list[Action]:
    """Raises ScriptError."""
    return script.read_script(lines, read_action)
