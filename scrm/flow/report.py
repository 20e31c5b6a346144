"""Report events: what happened, in the form every dashboard number is counted from. Pure.

Each event's id is made of what it counts, so a step that runs again records nothing twice.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from scrm.ids import AgentId
from scrm.model.conversation import Conversation
from scrm.model.message import Message
from scrm.model.reports import Metric, ReportEvent


class Reporter:
    """Makes events in the workspace's time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def arrived(self, conversation: Conversation, message: Message) -> ReportEvent:
        """A customer's message, whatever is read in it later."""
        unread = replace(message, analysis=None)
        return self.event(Metric.MESSAGE_IN, conversation, key=message.id, at=message.created_at, message=unread)

    def event(
        self,
        metric: Metric,
        conversation: Conversation,
        *,
        key: str,
        at: datetime,
        value: float = 1.0,
        message: Message | None = None,
        agent_id: AgentId | None = None,
    ) -> ReportEvent:
        """key: what makes this event one of a kind within its metric (a message id, or a conversation's turn)."""
        local = at.astimezone(self._zone)
        reading = message.analysis if message is not None else None
        return ReportEvent(
            id=f"{metric}:{key}",
            metric=metric,
            value=value,
            at=at,
            day=local.strftime("%Y-%m-%d"),
            hour=local.hour,
            conversation_id=conversation.id,
            contact_id=conversation.contact_id,
            channel_id=conversation.channel_id,
            message_id=message.id if message is not None else None,
            team_id=conversation.team_id,
            agent_id=agent_id or conversation.assignee_id,
            # "Yes, thank you" is about what its conversation is about.
            category=(reading.category or conversation.category) if reading is not None else None,
            sentiment=str(reading.sentiment) if reading is not None else None,
        )
