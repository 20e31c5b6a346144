"""The company's people and their small things: agents, sessions, API tokens, teams, labels, canned replies, read marks,
and the workspace's own settings."""

from collections.abc import Collection
from datetime import datetime

from pymongo import UpdateOne

from scrm.ids import AgentId, CannedReplyId, ConversationId, LabelId, TeamId, TokenId, ViewId
from scrm.model.base import Record
from scrm.model.people import Agent, ApiToken, CannedReply, Label, ReadMark, Session, Team
from scrm.model.saved_boards import SavedBoard
from scrm.model.saved_views import SavedView
from scrm.storage.codec import text
from scrm.storage.shelf import Database, Index, Shelf

AGENTS = "agents"
SESSIONS = "sessions"
API_TOKENS = "api_tokens"
TEAMS = "teams"
LABELS = "labels"
CANNED_REPLIES = "canned_replies"
SAVED_VIEWS = "saved_views"
SAVED_BOARDS = "saved_boards"
READ_MARKS = "read_marks"
WORKSPACE = "workspace"

INDEXES = (
    Index(collection=AGENTS, name="login", keys=(("login", 1),), unique=True),
    Index(collection=SESSIONS, name="agent", keys=(("agent_id", 1),)),
    Index(collection=SESSIONS, name="expiry", keys=(("expires_at", 1),), expires=0),
    Index(collection=API_TOKENS, name="digest", keys=(("digest", 1),), unique=True),
    Index(collection=LABELS, name="name", keys=(("name", 1),), unique=True),
    Index(collection=CANNED_REPLIES, name="shortcut", keys=(("shortcut", 1),), unique=True),
)

_BY_ID = [("_id", 1)]


class MongoAgents:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, AGENTS, Agent)

    async def get(self, agent_id: AgentId) -> Agent | None:
        return await self._shelf.get(agent_id)

    async def by_login(self, login: str) -> Agent | None:
        return await self._shelf.first({"login": text(login)})

    async def all(self) -> list[Agent]:
        return await self._shelf.find({}, sort=_BY_ID)

    async def insert(self, agent: Agent) -> None:
        await self._shelf.insert(agent)

    async def save(self, agent: Agent) -> None:
        await self._shelf.put(agent)


class MongoSessions:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, SESSIONS, Session)

    async def get(self, session_id: str) -> Session | None:
        """Maybe an expired one: the server removes those once a minute."""
        return await self._shelf.get(session_id)

    async def insert(self, session: Session) -> None:
        await self._shelf.insert(session)

    async def delete(self, session_id: str) -> None:
        await self._shelf.delete({"_id": session_id})

    async def delete_of(self, agent_id: AgentId) -> None:
        await self._shelf.delete_many({"agent_id": agent_id})


class MongoApiTokens:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, API_TOKENS, ApiToken)

    async def by_digest(self, digest: str) -> ApiToken | None:
        return await self._shelf.first({"digest": digest})

    async def all(self) -> list[ApiToken]:
        return await self._shelf.find({}, sort=_BY_ID)

    async def insert(self, token: ApiToken) -> None:
        await self._shelf.insert(token)

    async def delete(self, token_id: TokenId) -> bool:
        return await self._shelf.delete({"_id": token_id})

    async def note_used(self, token_id: TokenId, at: datetime) -> None:
        await self._shelf.update({"_id": token_id}, {"$max": {"last_used_at": at}})


class MongoTeams:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TEAMS, Team)

    async def all(self) -> list[Team]:
        return await self._shelf.find({}, sort=_BY_ID)

    async def save(self, team: Team) -> None:
        await self._shelf.put(team)

    async def delete(self, team_id: TeamId) -> bool:
        return await self._shelf.delete({"_id": team_id})


class MongoLabels:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, LABELS, Label)

    async def all(self) -> list[Label]:
        return await self._shelf.find({}, sort=_BY_ID)

    async def save(self, label: Label) -> None:
        await self._shelf.put(label)

    async def delete(self, label_id: LabelId) -> bool:
        return await self._shelf.delete({"_id": label_id})


class MongoCannedReplies:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, CANNED_REPLIES, CannedReply)

    async def all(self) -> list[CannedReply]:
        return await self._shelf.find({}, sort=_BY_ID)

    async def save(self, reply: CannedReply) -> None:
        await self._shelf.put(reply)

    async def delete(self, reply_id: CannedReplyId) -> bool:
        return await self._shelf.delete({"_id": reply_id})


class MongoSavedViews:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, SAVED_VIEWS, SavedView)

    async def all(self) -> list[SavedView]:
        return await self._shelf.find({}, sort=_BY_ID)

    async def save(self, view: SavedView) -> None:
        await self._shelf.put(view)

    async def delete(self, view_id: ViewId) -> bool:
        return await self._shelf.delete({"_id": view_id})


class MongoSavedBoards:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, SAVED_BOARDS, SavedBoard)

    async def all(self) -> list[SavedBoard]:
        return await self._shelf.find({}, sort=_BY_ID)

    async def save(self, board: SavedBoard) -> None:
        await self._shelf.put(board)

    async def delete(self, board_id: ViewId) -> bool:
        return await self._shelf.delete({"_id": board_id})


class MongoReadMarks:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, READ_MARKS, ReadMark)

    async def save(self, *marks: ReadMark) -> None:
        # The greater of each field: marks of two windows of one agent can cross.
        await self._shelf.update_each(
            [
                UpdateOne(
                    {"_id": _mark_id(mark.agent_id, mark.conversation_id)},
                    {
                        "$max": {"position": mark.position, "incoming_count": mark.incoming_count, "at": mark.at},
                        "$setOnInsert": {"agent_id": mark.agent_id, "conversation_id": mark.conversation_id},
                    },
                    upsert=True,
                )
                for mark in marks
            ]
        )

    async def of_agent(self, agent_id: AgentId, ids: Collection[ConversationId]) -> dict[ConversationId, ReadMark]:
        found = await self._shelf.get_many([_mark_id(agent_id, conversation_id) for conversation_id in ids])
        return {mark.conversation_id: mark for mark in found.values()}


class _Setting(Record, kw_only=True):
    id: str
    value: str


class MongoWorkspace:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, WORKSPACE, _Setting)

    async def get(self, name: str) -> str | None:
        found = await self._shelf.get(name)
        return found.value if found else None

    async def put(self, name: str, value: str) -> None:
        await self._shelf.put(_Setting(id=name, value=value))


def _mark_id(agent_id: AgentId, conversation_id: ConversationId) -> str:
    return f"{agent_id} {conversation_id}"
