"""The rules of `flow` that a history must obey, handed in by the composition root."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from scrm.ids import AgentId
from scrm.model.analysis import Analysis
from scrm.model.base import Record
from scrm.model.channel import Capabilities
from scrm.model.conversation import Conversation, Mood, ReplyWindow
from scrm.model.message import Message
from scrm.model.reports import Metric, ReportEvent


class MakeEvent(Protocol):
    def __call__(
        self,
        metric: Metric,
        conversation: Conversation,
        *,
        key: str,
        at: datetime,
        value: float = 1.0,
        message: Message | None = None,
        agent_id: AgentId | None = None,
    ) -> ReportEvent: ...


class Rules(Record, kw_only=True):
    """event: `Reporter.event`. mood, fell: of `mood`. opened, used: of `window`. capabilities: of the type."""

    event: MakeEvent
    mood: Callable[[Mood, Analysis], Mood]
    fell: Callable[[Mood, Mood], float | None]
    opened: Callable[[ReplyWindow, Capabilities, str | None, datetime], ReplyWindow]
    used: Callable[[ReplyWindow, int, datetime], ReplyWindow]
    capabilities: Capabilities
