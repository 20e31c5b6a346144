"""A conversation as `flow` would have written it: entries, and the conversation after them.

Follows `scrm/flow` step by step (ingest, enrich, routing, reply, change); tests/demo compares the two.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from scrm.demo.rules import Rules
from scrm.ids import LabelId, MessageId
from scrm.model.analysis import Analysis, AnalysisState
from scrm.model.conversation import Conversation, ConversationStatus, Preview, Priority
from scrm.model.message import (
    Attachment,
    Author,
    AuthorType,
    ContentType,
    Message,
    MessageKind,
    MessageStatus,
    SendFailure,
)
from scrm.model.people import Agent, Label, Team

SYSTEM = Author(type=AuthorType.SYSTEM)
PREVIEW_LENGTH = 120

MakeId = Callable[[datetime], str]


class Thread:
    def __init__(self, conversation: Conversation, rules: Rules, make_id: MakeId, trigger: str | None) -> None:
        """trigger: of the reply rule that a customer's message opens."""
        self.conversation = conversation
        self.messages: list[Message] = []
        self._rules = rules
        self._make_id = make_id
        self._trigger = trigger

    def arrive(
        self,
        at: datetime,
        content_type: ContentType,
        content: str,
        *,
        external_id: str,
        analysis: Analysis | None,
        details: dict[str, str] | None = None,
        attachments: tuple[Attachment, ...] = (),
    ) -> None:
        """The customer writes. `analysis` None: nothing to read."""
        sent_at = at.replace(microsecond=0)
        message = self._entry(
            at,
            MessageKind.INCOMING,
            Author(type=AuthorType.CONTACT, id=self.conversation.contact_id),
            content_type=content_type,
            content=content,
            details=details,
            attachments=attachments,
            external_ids=(external_id,),
            sent_at=sent_at,
        )
        self._shown(message)
        held = self.conversation
        status = ConversationStatus.OPEN if held.status is not ConversationStatus.RESOLVED else held.status
        self.conversation = replace(
            held,
            status=status,
            snoozed_until=None,
            window=self._rules.opened(held.window, self._rules.capabilities, self._trigger, sent_at),
            incoming_count=held.incoming_count + 1,
            waiting_since=held.waiting_since or at,
            first_incoming_at=held.first_incoming_at or at,
            opened_at=held.opened_at or at,
            latest_sent_at=sent_at,
        )
        if analysis is not None:
            self._read(message, analysis)

    def happen(self, at: datetime, event: str, *, external_id: str, details: dict[str, str]) -> None:
        """The customer does something that asks for nobody."""
        sent_at = at.replace(microsecond=0)
        message = self._entry(
            at,
            MessageKind.ACTIVITY,
            Author(type=AuthorType.CONTACT, id=self.conversation.contact_id),
            content_type=ContentType.EVENT,
            details={"event": event, **details},
            external_ids=(external_id,),
            sent_at=sent_at,
        )
        self._shown(message)

    def route(self, at: datetime, team: Team, agent: Agent | None, *, vip: bool, reasons: str) -> None:
        priority = self._priority(vip)
        self.conversation = replace(
            self.conversation,
            team_id=team.id,
            assignee_id=agent.id if agent else None,
            priority=priority,
            routed_at=at,
        )
        self._activity(
            at,
            "routed",
            SYSTEM,
            team_id=team.id,
            team=team.name,
            assignee_id=agent.id if agent else "",
            assignee=agent.name if agent else "",
            priority=priority,
            reasons=reasons,
        )

    def reply(
        self,
        at: datetime,
        agent: Agent,
        content: str,
        *,
        client_id: str,
        status: MessageStatus = MessageStatus.SENT,
        failure: SendFailure | None = None,
    ) -> None:
        held = self.conversation
        message = self._entry(
            at,
            MessageKind.OUTGOING,
            author(agent),
            content=content,
            client_id=client_id,
            status=status,
            failure=failure,
        )
        self._shown(message)
        # A reply that surely failed gave its place in the window back.
        spent = held.window if status is MessageStatus.FAILED else self._rules.used(held.window, 1, at)
        self.conversation = replace(
            self.conversation, window=spent, waiting_since=None, first_response_at=held.first_response_at or at
        )

    def note(self, at: datetime, agent: Agent, content: str, *, client_id: str) -> None:
        self._entry(at, MessageKind.NOTE, author(agent), content=content, client_id=client_id)

    def hand_over(self, at: datetime, by: Agent, team: Team, agent: Agent) -> None:
        held = self.conversation
        giver = {"from_id": held.assignee_id, "from_team_id": held.team_id or ""} if held.assignee_id else {}
        passed = agent.id != held.assignee_id
        self.conversation = replace(held, team_id=team.id)
        self._activity(at, "team", author(by), team_id=team.id, team=team.name, **({} if passed else giver))
        if passed:
            self.conversation = replace(self.conversation, assignee_id=agent.id)
            self._activity(at, "assigned", author(by), assignee_id=agent.id, assignee=agent.name, **giver)

    def label(self, at: datetime, by: Agent, labels: Sequence[Label]) -> None:
        added: list[Label] = [label for label in labels if label.id not in self.conversation.labels]
        if not added:
            return
        held: tuple[LabelId, ...] = (*self.conversation.labels, *(label.id for label in added))
        self.conversation = replace(self.conversation, labels=held)
        self._activity(at, "labels", author(by), added=" ".join(label.name for label in added), removed="")

    def status(self, at: datetime, by: Agent, status: ConversationStatus, until: datetime | None = None) -> None:
        held = self.conversation
        resolved = status is ConversationStatus.RESOLVED
        self.conversation = replace(
            held,
            status=status,
            resolved_at=at if resolved else None,
            snoozed_until=until,
            waiting_since=None if resolved else held.waiting_since,
            last_activity_at=at,
        )
        extra = {"until": until.isoformat()} if until else {}
        if resolved:
            extra = self._rules.moods(held.first_mood, held.mood)
        self._activity(at, "status", author(by), before=held.status, status=status, **extra)

    def _entry(
        self,
        at: datetime,
        kind: MessageKind,
        by: Author,
        *,
        content_type: ContentType = ContentType.TEXT,
        content: str = "",
        details: dict[str, str] | None = None,
        attachments: tuple[Attachment, ...] = (),
        external_ids: tuple[str, ...] = (),
        sent_at: datetime | None = None,
        client_id: str | None = None,
        status: MessageStatus | None = None,
        failure: SendFailure | None = None,
    ) -> Message:
        position = self.conversation.last_position + 1
        message = Message(
            id=MessageId(self._make_id(at)),
            conversation_id=self.conversation.id,
            contact_id=self.conversation.contact_id,
            channel_id=self.conversation.channel_id,
            position=position,
            rank=position,
            kind=kind,
            content_type=content_type,
            content=content,
            details=details or {},
            attachments=attachments,
            author=by,
            occurred_at=at,
            created_at=at,
            sent_at=sent_at,
            external_ids=external_ids,
            client_id=client_id,
            status=status,
            failure=failure,
        )
        self.messages.append(message)
        self.conversation = replace(self.conversation, last_position=position)
        return message

    def _activity(self, at: datetime, action: str, by: Author, **details: str) -> Message:
        return self._entry(
            at,
            MessageKind.ACTIVITY,
            by,
            content_type=ContentType.EVENT,
            content=action,
            details={"action": action, **details},
        )

    def _shown(self, message: Message) -> None:
        preview = Preview(
            kind=message.kind,
            content_type=message.content_type,
            content=message.content[:PREVIEW_LENGTH],
            author_type=message.author.type,
            at=message.occurred_at,
        )
        self.conversation = replace(self.conversation, preview=preview, last_activity_at=message.occurred_at)

    def _read(self, message: Message, analysis: Analysis) -> None:
        read = replace(message, analysis_state=AnalysisState.DONE, analysis=analysis, revision=message.revision + 1)
        self.messages[-1] = read
        before = self.conversation.mood
        self.conversation = replace(
            self.conversation,
            mood=self._rules.mood(before, analysis),
            first_mood=analysis.score if before.messages == 0 else self.conversation.first_mood,
            category=self.conversation.category or analysis.category,
        )

    def _priority(self, vip: bool) -> Priority:
        score = self.conversation.mood.score
        if score <= -0.6:
            return Priority.URGENT
        return Priority.HIGH if vip or score <= -0.25 else Priority.NORMAL


def author(agent: Agent) -> Author:
    return Author(type=AuthorType.AGENT, id=agent.id, name=agent.name)


def soon(at: datetime) -> datetime:
    """When routing had read what came `at`."""
    return at + timedelta(milliseconds=400)
