"""Scripts: what customers do, one JSON object a line.

    {"at": 0.5, "user": "王芳", "text": "你好"}
    {"at": 1, "user": "王芳", "type": "image", "repeat": 2}
    {"at": 2, "user": "李雷", "type": "subscribe", "scene": "store-7"}

`at`: seconds after the start. `repeat`: how often the very same request is delivered. Empty lines and lines that
start with # are skipped.
"""

from collections.abc import Iterable

import msgspec

from scrm.model.base import Record

MAX_LINE = 64 * 1024


class Action(Record, kw_only=True, forbid_unknown_fields=True):
    """One thing a customer does. Either `user`, any name, or `openid`. type: a message type of the platform, or
    subscribe, unsubscribe, scan, click, view, or the name of any other event. fields: more fields of the push, which
    win over those made from the rest. note: for the author of the script.
    """

    at: float = 0
    user: str = ""
    openid: str = ""
    type: str = "text"
    text: str = ""
    key: str = ""
    scene: str = ""
    url: str = ""
    title: str = ""
    description: str = ""
    latitude: str = "31.230416"
    longitude: str = "121.473701"
    label: str = ""
    fields: dict[str, str] = {}
    repeat: int = 1
    app_id: str = ""
    note: str = ""


class ScriptError(Exception):
    """A script that cannot be read; the text names the line."""


def read_action(data: bytes) -> Action:
    """Raises ScriptError."""
    try:
        action = msgspec.json.decode(data, type=Action)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ScriptError(str(error)) from None
    if bool(action.user) == bool(action.openid):
        raise ScriptError("give either user or openid")
    if not 0 <= action.at <= 10_000_000 or not 1 <= action.repeat <= 100:
        raise ScriptError("at is not negative, repeat is 1 to 100")
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
