"""Valid records for flow's tests, each with one line to change."""

from datetime import UTC, datetime, timedelta
from typing import Any

from scrm.ids import AgentId, ChannelId, ContactId, ConversationId, MessageId, TeamId
from scrm.model.channel import Capabilities, LengthUnit, ReplyRule
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, ContentType, Message, MessageKind
from scrm.model.people import Agent, Availability, Role, Team

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

CAPABILITIES = Capabilities(
    receives=(ContentType.TEXT,),
    sends=(ContentType.TEXT, ContentType.IMAGE),
    text_limit=2048,
    text_unit=LengthUnit.BYTES,
    reply_rules=(
        ReplyRule(trigger="message", lasts=timedelta(hours=48), replies=5),
        ReplyRule(trigger="menu_click", lasts=timedelta(minutes=1), replies=3),
        ReplyRule(trigger="payment", lasts=timedelta(hours=48), replies=None),
    ),
)
UNLIMITED = Capabilities(receives=(ContentType.TEXT,), sends=(ContentType.TEXT,), text_limit=4096)


def conversation(**fields: Any) -> Conversation:
    base: dict[str, Any] = {
        "id": ConversationId("c1"),
        "number": 1,
        "contact_id": ContactId("p1"),
        "channel_id": ChannelId("ch1"),
        "created_at": NOW,
        "last_activity_at": NOW,
    }
    return Conversation(**(base | fields))


def incoming(position: int, sent_at: datetime, sequence: int | None = None, **fields: Any) -> Message:
    base: dict[str, Any] = {
        "id": MessageId(f"m{position}"),
        "conversation_id": ConversationId("c1"),
        "contact_id": ContactId("p1"),
        "channel_id": ChannelId("ch1"),
        "position": position,
        "rank": float(position),
        "kind": MessageKind.INCOMING,
        "author": Author(type=AuthorType.CONTACT),
        "occurred_at": NOW + timedelta(seconds=position),
        "created_at": NOW,
        "sent_at": sent_at,
        "sequence": sequence,
    }
    return Message(**(base | fields))


def agent(name: str, **fields: Any) -> Agent:
    base: dict[str, Any] = {
        "id": AgentId(name),
        "login": name,
        "name": name,
        "role": Role.AGENT,
        "password_hash": "",
        "availability": Availability.ONLINE,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Agent(**(base | fields))


def team(name: str, **fields: Any) -> Team:
    base: dict[str, Any] = {"id": TeamId(name), "name": name, "created_at": NOW}
    return Team(**(base | fields))
