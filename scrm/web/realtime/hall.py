"""Who listens, and to what. Synchronous: what takes time is done by `screens`, from what is put down here."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator

from aiohttp import web

from scrm.ids import AgentId, AlertId, ConversationId, TokenId
from scrm.model.conversation import Conversation
from scrm.model.message import AuthorType, Message, MessageKind
from scrm.model.people import Agent, ReadMark, Role
from scrm.model.topics import Alert
from scrm.web.auth import level
from scrm.web.masking import Masking
from scrm.web.realtime.frames import (
    AlertFrame,
    ContactFrame,
    IncidentFrame,
    MentionedFrame,
    MessageFrame,
    TypingFrame,
    encode,
)
from scrm.web.realtime.listener import Listener
from scrm.web.realtime.marks import Marks
from scrm.web.realtime.pending import Pending
from scrm.web.views import ContactBrief

# A browser has one socket a tab; beyond this the oldest gives way.
MOST_OF_ONE = 20
CLOSED_RESTART = 1012
CLOSED_SIGNED_OUT = 4401
CLOSED_TOO_MANY = 4429
MOST_OF_A_NOTE = 120
"""Characters of a note that are told to whom it names: enough to know what it is about."""


class Hall:
    def __init__(self, marks: Marks, masking: Masking) -> None:
        self.conversations: Pending[ConversationId, Conversation] = Pending()
        self._marks = marks
        self._masking = masking
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._closing = False
        self._empty = asyncio.Event()
        self._empty.set()

    def __iter__(self) -> Iterator[Listener]:
        return (listener for listeners in list(self._listeners.values()) for listener in list(listeners))

    def __len__(self) -> int:
        return sum(map(len, self._listeners.values()))

    def join(self, listener: Listener) -> None:
        mine = self._listeners[listener.principal.key]
        mine.append(listener)
        self._empty.clear()
        if len(mine) > MOST_OF_ONE:
            mine[0].end(CLOSED_TOO_MANY, "too many open screens")
        if self._closing:
            listener.end(CLOSED_RESTART, "restarting")

    def leave(self, listener: Listener) -> None:
        key = listener.principal.key
        mine = self._listeners[key]
        mine.remove(listener)
        if not mine:
            del self._listeners[key]
            if listener.principal.agent_id:
                self._marks.forget(listener.principal.agent_id)
        if not self._listeners:
            self._empty.set()

    def message(self, message: Message) -> None:
        """An entry was written or changed."""
        frames: dict[bool, tuple[Message, bytes]] = {}
        for listener in self:
            watch = listener.watch
            if watch is not None and watch.conversation_id == message.conversation_id:
                masked = self._masking.applied(listener.principal.role)
                if masked not in frames:
                    shown = self._masking.message(message) if masked else message
                    frames[masked] = (shown, encode(MessageFrame(message=shown)))
                watch.live(*frames[masked])
        if message.kind is MessageKind.NOTE and message.mentions and message.revision == 0:
            self._mentioned(message)

    def _mentioned(self, note: Message) -> None:
        """Told to those it names, but for who wrote it and who looks at the conversation."""
        for listener in self:
            principal, watch = listener.principal, listener.watch
            if principal.agent_id not in note.mentions or principal.agent_id == note.author.id:
                continue
            if watch is not None and watch.conversation_id == note.conversation_id:
                continue
            shown = self._masking.message(note) if self._masking.applied(principal.role) else note
            frame = MentionedFrame(
                conversation_id=note.conversation_id,
                position=note.position,
                agent_id=AgentId(note.author.id) if note.author.type is AuthorType.AGENT and note.author.id else None,
                content=shown.content[:MOST_OF_A_NOTE],
            )
            listener.offer(f"mentioned:{note.id}", encode(frame))

    def contact(self, brief: ContactBrief) -> None:
        frame = encode(ContactFrame(contact=brief))
        for listener in self:
            listener.offer(f"contact:{brief.id}", frame)

    def alert(self, alert: Alert) -> None:
        self._supervise(f"alert:{alert.id}", encode(AlertFrame(alert=alert)))

    def incident(self, incident_id: AlertId) -> None:
        self._supervise(f"incident:{incident_id}", encode(IncidentFrame(incident_id=incident_id)))

    def _supervise(self, key: str, frame: bytes) -> None:
        for listener in self:
            if level(listener.principal.role) >= level(Role.SUPERVISOR):
                listener.offer(key, frame)

    def typing(self, conversation_id: ConversationId, agent_id: AgentId | None) -> None:
        """Told to the colleagues who look at the conversation on this process. agent_id None: the customer writes."""
        frame = encode(TypingFrame(conversation_id=conversation_id, agent_id=agent_id))
        for listener in self:
            watch = listener.watch
            writes_it = agent_id is not None and listener.principal.agent_id == agent_id
            if watch and watch.conversation_id == conversation_id and not writes_it:
                listener.offer(f"typing:{conversation_id}:{agent_id}", frame)

    def has_read(self, mark: ReadMark, conversation: Conversation) -> None:
        """An agent's other screens show the new number of unread messages."""
        self._marks.moved(mark)
        waiting = self.conversations.waiting(conversation.id)
        if waiting is None or waiting.version <= conversation.version:
            self.conversations.put(conversation.id, conversation)

    def reload(self) -> None:
        """Changes may have been missed."""
        self._marks.clear()
        for listener in self:
            listener.reload()

    def end_session(self, session_id: str) -> None:
        for listener in self:
            if listener.principal.session and listener.principal.session.id == session_id:
                listener.end(CLOSED_SIGNED_OUT, "signed out")

    def end_agent(self, agent_id: AgentId, *, keep: str | None = None) -> None:
        """keep: a session that stays."""
        for listener in self:
            session = listener.principal.session
            if listener.principal.agent_id == agent_id and not (session and session.id == keep):
                listener.end(CLOSED_SIGNED_OUT, "signed out")

    def is_now(self, agent: Agent) -> None:
        """What a screen may see hangs on the role it was opened with: with another it is opened anew."""
        if agent.disabled:
            self.end_agent(agent.id)
        for listener in self:
            if listener.principal.agent_id == agent.id and listener.principal.role is not agent.role:
                listener.end(CLOSED_RESTART, "another role")

    def end_token(self, token_id: TokenId) -> None:
        for listener in self:
            if listener.principal.token and listener.principal.token.id == token_id:
                listener.end(CLOSED_SIGNED_OUT, "the token is gone")

    def close(self) -> None:
        self._closing = True
        for listener in self:
            listener.end(CLOSED_RESTART, "restarting")

    async def emptied(self) -> None:
        """Until the last one has left; their endings are bounded."""
        await self._empty.wait()


HALL = web.AppKey("hall", Hall)
