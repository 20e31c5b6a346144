"""Scripts: what customers do, one JSON object a line.

    {"at": 0.5, "user": "王芳", "text": "你好"}
    {"at": 1, "user": "王芳", "type": "photo", "text": "看这里", "repeat": 2}
    {"at": 2, "user": "李雷", "type": "start", "text": "store-7"}

`at`: seconds after the start. `repeat`: how often the very same update is delivered. Empty lines and lines that start
with # are skipped.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from scrm.model.base import Record

MAX_LINE = 64 * 1024


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


class ScriptError(Exception):
    """A script that cannot be read; the text names the line."""


def read_action(data: bytes) -> Action:
    """Raises ScriptError."""
    try:
        action = msgspec.json.decode(data, type=Action)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ScriptError(str(error)) from None
    if not action.user or not 0 <= action.at <= 10_000_000 or not 1 <= action.repeat <= 100:
        raise ScriptError("user is a name, at is not negative, repeat is 1 to 100")
    return action


def read_script(lines: Iterable[bytes]) -> list[Action]:
    """The actions in the order of `at`; equal ones in the order of their lines. Raises ScriptError."""
    actions: list[Action] = []
    for number, line in enumerate(lines, start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith(b"#"):
            continue
        if len(stripped) > MAX_LINE:
            raise ScriptError(f"line {number}: longer than 64 KiB")
        try:
            actions.append(read_action(stripped))
        except ScriptError as error:
            raise ScriptError(f"line {number}: {error}") from None
    return sorted(actions, key=lambda action: action.at)
