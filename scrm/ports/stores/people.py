"""Stores of the company: its agents, what they sign in with, and the words they share."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from scrm.ids import AgentId, CannedReplyId, ConversationId, LabelId, TeamId, TokenId, ViewId
from scrm.model.people import Agent, ApiToken, CannedReply, Label, ReadMark, Session, Team
from scrm.model.saved_boards import SavedBoard
from scrm.model.saved_views import SavedView


class AgentStore(Protocol):
    async def get(self, agent_id: AgentId) -> Agent | None: ...

    async def by_login(self, login: str) -> Agent | None: ...

    async def all(self) -> list[Agent]: ...

    async def insert(self, agent: Agent) -> None:
        """Raises Duplicate on a taken login."""
        ...

    async def save(self, agent: Agent) -> None: ...


class SessionStore(Protocol):
    async def get(self, session_id: str) -> Session | None: ...

    async def insert(self, session: Session) -> None: ...

    async def delete(self, session_id: str) -> None: ...

    async def delete_of(self, agent_id: AgentId) -> None: ...


class ApiTokenStore(Protocol):
    async def by_digest(self, digest: str) -> ApiToken | None: ...

    async def all(self) -> list[ApiToken]: ...

    async def insert(self, token: ApiToken) -> None: ...

    async def delete(self, token_id: TokenId) -> bool: ...

    async def note_used(self, token_id: TokenId, at: datetime) -> None: ...


class TeamStore(Protocol):
    async def all(self) -> list[Team]: ...

    async def save(self, team: Team) -> None: ...

    async def delete(self, team_id: TeamId) -> bool: ...


class LabelStore(Protocol):
    async def all(self) -> list[Label]: ...

    async def save(self, label: Label) -> None:
        """Raises Duplicate on a taken name."""
        ...

    async def delete(self, label_id: LabelId) -> bool: ...


class CannedReplyStore(Protocol):
    async def all(self) -> list[CannedReply]: ...

    async def save(self, reply: CannedReply) -> None:
        """Raises Duplicate on a taken shortcut."""
        ...

    async def delete(self, reply_id: CannedReplyId) -> bool: ...


class SavedViewStore(Protocol):
    async def all(self) -> list[SavedView]:
        """Everybody's: some tens."""
        ...

    async def save(self, view: SavedView) -> None: ...

    async def delete(self, view_id: ViewId) -> bool: ...


class SavedBoardStore(Protocol):
    async def all(self) -> list[SavedBoard]:
        """Everybody's: some tens."""
        ...

    async def save(self, board: SavedBoard) -> None: ...

    async def delete(self, board_id: ViewId) -> bool: ...


class ReadMarkStore(Protocol):
    async def save(self, *marks: ReadMark) -> None:
        """Marks only move forward."""
        ...

    async def of_agent(self, agent_id: AgentId, ids: Collection[ConversationId]) -> dict[ConversationId, ReadMark]: ...


class WorkspaceStore(Protocol):
    """Small settings of the workspace itself, by name."""

    async def get(self, name: str) -> str | None: ...

    async def put(self, name: str, value: str) -> None: ...
