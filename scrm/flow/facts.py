"""The report events of a whole conversation, made anew from its thread. Pure.

Promise: what this makes of a stored thread is what was recorded while it grew. Whatever a fact needs that the entries
do not show by themselves they hold in `Message.counted`. Entries of a time before that was kept are counted under what
the lines before them say, and measured by what is promised today.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from scrm.flow import mood, records, sla
from scrm.flow.hours import Hours
from scrm.flow.report import AFTER, BEFORE, FROM_AGENT, FROM_TEAM, Reporter
from scrm.flow.sla import Case
from scrm.ids import AgentId, TeamId
from scrm.model.conversation import ConversationStatus, Mood, Priority
from scrm.model.message import AuthorType, Counted, Message, MessageKind
from scrm.model.reports import Metric, ReportEvent
from scrm.model.service import Clause, SlaPolicy
from scrm.model.words import WordAction

_RESOLVED = str(ConversationStatus.RESOLVED)


def facts_of(
    thread: Sequence[Message], created_at: datetime, reporter: Reporter, hours: Hours, policies: Sequence[SlaPolicy]
) -> list[ReportEvent]:
    """thread: all entries, by position. created_at: of the conversation."""
    fold = _Fold(_first_team(thread), created_at, reporter, hours, policies)
    for entry in thread:
        fold.take(entry)
    return list({fact.id: fact for fact in reversed(fold.facts)}.values())[::-1]  # the first of an id stands


def _first_team(thread: Iterable[Message]) -> TeamId | None:
    """Whose a conversation was before routing wrote it down: the team is picked with the first reading."""
    teams = (entry.details.get("team_id") for entry in thread if entry.details.get("action") in ("routed", "team"))
    return next((TeamId(team) for team in teams if team), None)


class _Fold:
    def __init__(
        self,
        team_id: TeamId | None,
        created_at: datetime,
        reporter: Reporter,
        hours: Hours,
        policies: Sequence[SlaPolicy],
    ) -> None:
        self.facts: list[ReportEvent] = []
        self._reporter, self._hours, self._policies = reporter, hours, policies
        self._created_at = created_at
        self._team_id = team_id
        self._agent_id: AgentId | None = None
        self._priority, self._vip = Priority.NORMAL, False
        self._category: str | None = None
        self._mood = Mood()
        self._first_mood: float | None = None
        self._resolved = False
        self._opened: datetime | None = None
        self._first_incoming: datetime | None = None
        self._first_response: datetime | None = None
        self._waiting: datetime | None = None

    def take(self, entry: Message) -> None:
        if entry.kind is MessageKind.INCOMING:
            self._incoming(entry)
        elif entry.kind is MessageKind.OUTGOING:
            if not records.nobodys(entry.author):
                self._outgoing(entry)
        elif entry.kind is MessageKind.ACTIVITY:
            if entry.author.type is AuthorType.CONTACT and "event" in entry.details:
                self._happened(entry)
            else:
                self._line(entry)

    def _incoming(self, entry: Message) -> None:
        opens = entry.counted.opens if entry.counted else self._first_incoming is None
        before = self._mood
        if entry.analysis is not None:
            self._mood = mood.after(before, entry.analysis)
            self._first_mood = entry.analysis.score if before.messages == 0 else self._first_mood
            self._category = self._category or entry.analysis.category
        entry = self._with_counted(entry, opens=opens, drop=mood.fell(before, self._mood))
        if opens:
            self.facts.append(self._reporter.opened(entry))
            self._opened = entry.created_at
        self._first_incoming = self._first_incoming or entry.created_at
        self._waiting = self._waiting or entry.created_at
        self.facts.append(self._reporter.arrived(entry))
        self.facts += self._reporter.read(entry)

    def _happened(self, entry: Message) -> None:
        entry = self._with_counted(entry)
        if entry.counted is not None and entry.counted.opens:
            self.facts.append(self._reporter.opened(entry))
            self._opened = entry.created_at
        self.facts += self._reporter.rated(entry)

    def _outgoing(self, entry: Message) -> None:
        since, clause = self._waiting, Clause.NEXT_RESPONSE
        if self._first_response is None:
            since, clause = self._first_incoming, Clause.FIRST_RESPONSE
        entry = self._with_counted(entry, clause=clause)
        self.facts.append(self._reporter.sent(entry))
        if since is not None:
            self.facts.append(self._reporter.answered(Metric(clause), entry, since, self._hours))
            self._first_response = self._first_response or entry.created_at
        self._waiting = None

    def _line(self, line: Message) -> None:
        action, said = line.details.get("action"), line.details
        was = self._agent_id
        self._follow(line)
        if action in ("assigned", "routed") and self._agent_id is not None and self._agent_id != was:
            self.facts.append(self._reporter.assigned(self._with_counted(line)))
        if (
            line.counted is None
            and action == "assigned"
            and was not in (None, self._agent_id)
            and FROM_AGENT not in said
        ):
            line = replace(line, details={**said, FROM_AGENT: was or "", FROM_TEAM: self._team_id or ""})
        self.facts += self._reporter.handed_off(self._with_counted(line))
        if action == "reopened" or (action == "status" and said.get("before") == _RESOLVED != said.get("status")):
            self.facts.append(self._reporter.reopened(self._with_counted(line)))
            self._opened = line.created_at
        elif action == "status" and said.get("status") == _RESOLVED != said.get("before"):
            self._resolve(line)

    def _resolve(self, line: Message) -> None:
        if line.counted is None and BEFORE not in line.details:
            line = replace(line, details={**line.details, **moods(self._first_mood, self._mood)})
        line = self._with_counted(line, clause=Clause.RESOLUTION)
        since = self._opened or self._first_incoming or self._created_at
        self.facts += self._reporter.resolved(line, since, self._hours)
        self._waiting = None

    def _follow(self, line: Message) -> None:
        """Whose it is and how urgent, as the lines say."""
        said = line.details
        action = said.get("action")
        if action in ("routed", "team"):
            self._team_id = TeamId(said["team_id"]) if said.get("team_id") else None
        if action in ("routed", "assigned"):
            self._agent_id = AgentId(said["assignee_id"]) if said.get("assignee_id") else None
        elif action == "unassigned":
            self._agent_id = None
        if action == "routed":
            self._priority = Priority(said.get("priority", self._priority))
            self._vip = "vip" in said.get("reasons", "").split()
        elif action == "priority" and said.get("value"):
            self._priority = Priority(said["value"])
        elif action == "words" and said.get("rule") == WordAction.RISK and self._priority is Priority.NORMAL:
            self._priority = Priority.HIGH
        elif action == "category":
            self._category = said.get("value") or None

    def _with_counted(
        self, entry: Message, *, opens: bool = False, drop: float | None = None, clause: Clause | None = None
    ) -> Message:
        if entry.counted is not None:
            return entry
        case = Case(team_id=self._team_id, priority=self._priority, vip=self._vip)
        agent_id = self._agent_id
        if entry.kind is MessageKind.OUTGOING and entry.author.type is AuthorType.AGENT and entry.author.id:
            agent_id = AgentId(entry.author.id)
        counted = Counted(
            team_id=self._team_id,
            agent_id=agent_id,
            opens=opens,
            category=self._category,
            drop=drop,
            target=sla.target(self._policies, case, clause) if clause else None,
        )
        return replace(entry, counted=counted)


def moods(first: float | None, last: Mood) -> dict[str, str]:
    """What the line that resolves a conversation says of the mood; nothing where no change could be seen."""
    if first is None or last.messages < 2:
        return {}
    return {BEFORE: f"{first:.4f}", AFTER: f"{last.score:.4f}"}
