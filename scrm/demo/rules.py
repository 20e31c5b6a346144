"""The rules of `flow` that a history must obey, handed in by the composition root."""

from collections.abc import Callable, Sequence
from datetime import datetime

from scrm.model.analysis import Analysis
from scrm.model.base import Record
from scrm.model.channel import Capabilities
from scrm.model.conversation import Mood, ReplyWindow
from scrm.model.message import Message
from scrm.model.reports import ReportEvent


class Rules(Record, kw_only=True):
    """facts: the report events of a thread whose conversation was made then. mood, moods: of `mood` and `facts`.
    opened, used: of `window`. capabilities: of the type."""

    facts: Callable[[Sequence[Message], datetime], list[ReportEvent]]
    mood: Callable[[Mood, Analysis], Mood]
    moods: Callable[[float | None, Mood], dict[str, str]]
    opened: Callable[[ReplyWindow, Capabilities, str | None, datetime], ReplyWindow]
    used: Callable[[ReplyWindow, int, datetime], ReplyWindow]
    capabilities: Capabilities
