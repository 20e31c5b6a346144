"""Scripts: what customers do, one JSON object a line.

    {"at": 0.5, "user": "王芳", "text": "你好"}
    {"at": 1, "user": "王芳", "type": "image", "repeat": 2}
    {"at": 2, "user": "李雷", "type": "subscribe", "scene": "store-7"}
    {"at": 3, "user": "李雷", "type": "agree", "key": "TEMPLATE ID"}      (or "refuse": to messages of a template)
    {"at": 4, "user": "李雷", "type": "report", "key": "7"}               (how message 7 of /_sim/sent fared: `text`)

`repeat`: how often the very same request is delivered.
"""

from collections.abc import Iterable

from channels.simulating import script
from channels.simulating.script import repeats
from scrm.model.base import Record


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


def read_action(data: bytes) -> Action:
    """Raises ScriptError."""

    def problem(action: Action) -> str | None:
        if bool(action.user) == bool(action.openid):
            return "give either user or openid"
        if action.type == "report" and not (action.key.isascii() and action.key.isdigit() and len(action.key) < 8):
            return "a report's key is the number of a message"
        return repeats(action)

    return script.read_action(data, Action, problem)


def read_script(lines: Iterable[bytes]) -> list[Action]:
    """Raises ScriptError."""
    return script.read_script(lines, read_action)
