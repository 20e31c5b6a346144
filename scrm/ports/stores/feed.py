"""What the feed of changes says."""

from typing import Literal

from scrm.model.base import Record
from scrm.model.channel import Channel
from scrm.model.contact import Contact
from scrm.model.conversation import Conversation
from scrm.model.message import Message
from scrm.model.people import Agent
from scrm.model.topics import Alert


class Change(Record, kw_only=True):
    """Something in the database is new or different. record: as it is now; None when it is gone, and of an incident."""

    kind: Literal["message", "conversation", "contact", "agent", "channel", "journal", "outbox", "alert", "incident"]
    id: str
    record: Message | Conversation | Contact | Agent | Channel | Alert | None = None
    partition: int | None = None  # of journal and outbox changes, which carry no record


class Gap(Record, kw_only=True):
    """The feed lost its place (the database restarted, or the watcher fell behind): read again what you show."""
