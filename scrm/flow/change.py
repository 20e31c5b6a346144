"""What people change of a conversation, or have shown of it; every change that changes anything leaves a line."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from msgspec import UNSET
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import Conflict, Duplicate, Invalid, NotFound
from scrm.flow import records, sla
from scrm.flow.facts import moods
from scrm.flow.handover import HandOver
from scrm.flow.hours import Hours
from scrm.flow.levels import Levels
from scrm.flow.report import FROM_AGENT, FROM_TEAM, NOTHING, Reporter
from scrm.ids import AgentId, ConversationId, IdFactory, LabelId, MessageId, TeamId
from scrm.model.conversation import Conversation, ConversationStatus, Servicing
from scrm.model.message import Author, Message
from scrm.model.reports import ReportEvent
from scrm.model.service import Clause
from scrm.ports.flow import ConversationChange
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)


class Changes:
    def __init__(
        self, stores: Stores, handover: HandOver, reporter: Reporter, levels: Levels, clock: Clock, ids: IdFactory
    ) -> None:
        self._stores = stores
        self._levels = levels
        self._handover = handover
        self._reporter = reporter
        self._clock = clock
        self._ids = ids

    async def change(self, conversation_id: ConversationId, change: ConversationChange, *, by: Author) -> Conversation:
        async def work() -> Conversation:
            before = await self._stores.conversations.get(conversation_id)
            if before is None:
                raise NotFound("no such conversation")
            edit = _Edit(before, by, self._clock.now(), self._ids)
            await self._apply(edit, change)
            if edit.conversation == before:
                return before
            edit.handed_off(before)
            if edit.conversation.status is ConversationStatus.RESOLVED != before.status:
                edit.promised(await self._levels.target(edit.conversation, Clause.RESOLUTION))
            for line in edit.lines:
                await self._stores.messages.insert(line)
            saved = await self._stores.conversations.save(edit.conversation)
            await self._handover.changed(before, saved)
            await self._stores.reports.record(self._facts(before, edit, await self._levels.hours()))
            return saved

        try:
            saved = await self._stores.transaction(work)
        except Duplicate as error:
            raise Conflict("The customer has another open conversation on this channel.") from error
        self._handover.stored(conversation_id)
        return saved

    async def reveal(self, message_id: MessageId, *, by: Author) -> Message:
        """What was masked of a message, for somebody who may see it; a line of the conversation says so."""
        message = await self._stores.messages.get(message_id)
        if message is None:
            raise NotFound("no such message")

        async def work() -> None:
            conversation = await self._stores.conversations.get(message.conversation_id)
            if conversation is None:
                raise NotFound("no such conversation")
            now = self._clock.now()
            changed, line = records.activity(conversation, self._ids, now, "revealed", by, about=message.id)
            await self._stores.messages.insert(line)
            await self._stores.conversations.save(changed)

        await self._stores.transaction(work)
        log.info("message.revealed", message=message_id, by=by.id)
        return message

    async def wake(self, conversation_id: ConversationId) -> None:
        """Open a conversation whose snooze is over; nothing where somebody changed it meanwhile."""

        async def work() -> None:
            found = await self._stores.conversations.get(conversation_id)
            over = found is not None and found.snoozed_until is not None and found.snoozed_until <= self._clock.now()
            if over:
                change = ConversationChange(status=ConversationStatus.OPEN)
                await self.change(conversation_id, change, by=records.SYSTEM)

        await self._stores.transaction(work)

    async def _apply(self, edit: "_Edit", change: ConversationChange) -> None:
        if change.status is not UNSET and change.status is not None:
            edit.status(change.status, None if change.snoozed_until is UNSET else change.snoozed_until)
        if change.team_id is not UNSET:
            edit.team(change.team_id, await self._team_name(change.team_id))
        if change.assignee_id is not UNSET:
            edit.assignee(change.assignee_id, await self._agent_name(change.assignee_id))
        if change.priority is not UNSET:
            edit.simple("priority", change.priority)
        if change.category is not UNSET:
            edit.simple("category", change.category)
        if change.labels is not UNSET:
            names = {label.id: label.name for label in await self._stores.labels.all()}
            unknown = [label for label in change.labels if label not in names]
            if unknown:
                raise Invalid("There is no such label.", errors={"labels": "holds an unknown label"})
            edit.labels(tuple(dict.fromkeys(change.labels)), names)

    async def _agent_name(self, agent_id: AgentId | None) -> str:
        if agent_id is None:
            return ""
        agent = await self._stores.agents.get(agent_id)
        if agent is None or agent.disabled:
            raise Invalid("There is no such agent.", errors={"assignee_id": "is not an agent"})
        return agent.name

    async def _team_name(self, team_id: TeamId | None) -> str:
        if team_id is None:
            return ""
        team = next((team for team in await self._stores.teams.all() if team.id == team_id), None)
        if team is None:
            raise Invalid("There is no such team.", errors={"team_id": "is not a team"})
        return team.name

    def _facts(self, before: Conversation, edit: "_Edit", hours: Hours) -> Sequence[ReportEvent]:
        facts: list[ReportEvent] = []
        was, after = before.status, edit.conversation
        for line in edit.lines:
            action = line.details["action"]
            if action == "status" and after.status is ConversationStatus.RESOLVED != was:
                facts += self._reporter.resolved(line, sla.opened_at(before), hours)
            elif action == "status" and was is ConversationStatus.RESOLVED != after.status:
                facts.append(self._reporter.reopened(line))
            elif action == "assigned":
                facts.append(self._reporter.assigned(line))
            facts += self._reporter.handed_off(line)
        return facts


class _Edit:
    """A conversation while it is changed, and the lines the changes leave."""

    def __init__(self, conversation: Conversation, by: Author, now: datetime, ids: IdFactory) -> None:
        self.conversation = conversation
        self.lines: list[Message] = []
        self.now = now
        self._by = by
        self._ids = ids

    def status(self, status: ConversationStatus, until: datetime | None) -> None:
        now = self.conversation
        if status is ConversationStatus.SNOOZED and (until is None or until <= self.now):
            raise Invalid("Snoozing needs a time to come.", errors={"snoozed_until": "is not in the future"})
        if status is now.status and until == now.snoozed_until:
            return
        resolved = status is ConversationStatus.RESOLVED
        reopened = now.status is ConversationStatus.RESOLVED and not resolved
        self.conversation = replace(
            now,
            status=status,
            opened_at=self.now if reopened else now.opened_at,
            resolved_at=self.now if resolved else None,
            snoozed_until=until if status is ConversationStatus.SNOOZED else None,
            waiting_since=None if resolved else now.waiting_since,
            last_activity_at=self.now,
            # The platform's session ends with it.
            servicing=Servicing(servicer_id=None, at=self.now) if resolved and now.elsewhere else now.servicing,
        )
        extra = {"until": until.isoformat()} if status is ConversationStatus.SNOOZED and until else {}
        if resolved:
            extra = moods(now.first_mood, now.mood)
        self._line("status", before=now.status, status=status, **extra)

    def assignee(self, agent_id: AgentId | None, name: str) -> None:
        if agent_id == self.conversation.assignee_id:
            return
        self.conversation = replace(
            self.conversation, assignee_id=agent_id, routed_at=self.conversation.routed_at or self.now
        )
        if agent_id is None:
            self._line("unassigned")
        else:
            self._line("assigned", assignee_id=agent_id, assignee=name)

    def team(self, team_id: TeamId | None, name: str) -> None:
        if team_id != self.conversation.team_id:
            self.conversation = replace(self.conversation, team_id=team_id)
            self._line("team", team_id=team_id or "", team=name)

    def labels(self, labels: tuple[LabelId, ...], names: dict[LabelId, str]) -> None:
        held = self.conversation.labels
        added = [names[label] for label in labels if label not in held]
        removed = [names.get(label, "?") for label in held if label not in labels]
        if added or removed:
            self.conversation = replace(self.conversation, labels=labels)
            self._line("labels", added=" ".join(added), removed=" ".join(removed))

    def simple(self, field: str, value: str | None) -> None:
        before = getattr(self.conversation, field)
        if value != before:
            self.conversation = replace(self.conversation, **{field: value})
            self._line(field, before=before or "", value=value or "")

    def handed_off(self, before: Conversation) -> None:
        """The last line of a change that gives away what a person had says who that was."""
        moved = self.conversation.team_id != before.team_id or self.conversation.assignee_id not in (
            before.assignee_id,
            None,
        )
        if before.assignee_id is None or not moved:
            return
        place = max(place for place, line in enumerate(self.lines) if line.details["action"] in ("team", "assigned"))
        line = self.lines[place]
        details = {**line.details, FROM_AGENT: before.assignee_id, FROM_TEAM: before.team_id or ""}
        self.lines[place] = replace(line, details=details)

    def promised(self, target: int | None) -> None:
        """The line that resolves says what had been promised."""
        self.lines = [
            replace(line, counted=replace(line.counted or NOTHING, target=target))
            if line.details["action"] == "status"
            else line
            for line in self.lines
        ]

    def _line(self, action: str, **details: str) -> None:
        self.conversation, line = records.activity(self.conversation, self._ids, self.now, action, self._by, **details)
        self.lines.append(line)
