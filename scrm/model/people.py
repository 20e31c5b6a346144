"""People of the company: agents, their teams, what they sign in with, and the tools they share."""

from datetime import datetime
from enum import IntEnum, StrEnum

from scrm.ids import AgentId, CannedReplyId, ConversationId, LabelId, TeamId, TokenId
from scrm.model.base import Record


class Role(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    ADMIN = "admin"


class RoleLevel(IntEnum):
    """Each role may do what those below it may."""

    AGENT = 1
    SUPERVISOR = 2
    MANAGER = 3
    ADMIN = 4


class Availability(StrEnum):
    ONLINE = "online"
    BUSY = "busy"
    OFFLINE = "offline"


class Agent(Record, kw_only=True):
    """capacity: open conversations routing gives this agent at the most; 0 takes no more.

    public_name: what customers see where a channel shows who answers; None: the channel's word for its agents.
    picture: a file; customers see it beside the public name.
    """

    id: AgentId
    login: str
    name: str
    public_name: str | None = None
    picture: str | None = None
    role: Role
    password_hash: str
    availability: Availability = Availability.OFFLINE
    capacity: int = 20
    team_ids: tuple[TeamId, ...] = ()
    locale: str = "zh-CN"
    theme: str = "system"
    disabled: bool = False
    created_at: datetime
    updated_at: datetime


class Team(Record, kw_only=True):
    """categories: the issue categories routing sends here. A team with `fallback` takes what no other claims."""

    id: TeamId
    name: str
    categories: tuple[str, ...] = ()
    fallback: bool = False
    created_at: datetime


class Session(Record, kw_only=True):
    """A signed-in browser. id is the SHA-256 of the cookie, so that a stolen database opens no door."""

    id: str
    agent_id: AgentId
    csrf: str
    created_at: datetime
    expires_at: datetime


class ApiToken(Record, kw_only=True):
    """A program's key. digest: SHA-256 of the token, which is shown once. Acts with `role`."""

    id: TokenId
    name: str
    digest: str
    role: Role = Role.ADMIN
    created_at: datetime
    last_used_at: datetime | None = None


class Label(Record, kw_only=True):
    id: LabelId
    name: str
    color: str


class CannedReply(Record, kw_only=True):
    """A prepared answer. shortcut: what follows `/`. category: suggested in conversations of that category."""

    id: CannedReplyId
    shortcut: str
    title: str
    content: str
    category: str | None = None
    uses: int = 0
    updated_at: datetime


class ReadMark(Record, kw_only=True):
    """How far an agent has read a conversation."""

    agent_id: AgentId
    conversation_id: ConversationId
    position: int
    incoming_count: int
    at: datetime
