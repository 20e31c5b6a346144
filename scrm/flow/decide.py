"""Routing and assignment as one pure decision, with its reasons.

Routing picks the team: the one that claims the conversation's category, else the fallback team. Assignment picks the
agent: the least-loaded one who is online, in the team and below capacity. Priority follows the customer: strongly
negative first, then VIP or negative. The same input always gives the same answer.
"""

from collections.abc import Mapping, Sequence

from scrm.ids import AgentId, TeamId
from scrm.model.base import Record
from scrm.model.conversation import Conversation, Priority
from scrm.model.people import Agent, Availability, Team

STRONGLY_NEGATIVE = -0.6
NEGATIVE = -0.25

PRIORITY_ORDER: dict[Priority, int] = {Priority.URGENT: 0, Priority.HIGH: 1, Priority.NORMAL: 2}


class Workforce(Record, kw_only=True):
    """Who could take a conversation now. loads: open conversations by agent; absent means none."""

    agents: Sequence[Agent]
    teams: Sequence[Team]
    loads: Mapping[AgentId, int]


class Decision(Record, kw_only=True):
    """reasons: machine words with values, in the order they counted (`category:logistics`, `least_loaded:3`)."""

    team_id: TeamId | None
    assignee_id: AgentId | None
    priority: Priority
    reasons: tuple[str, ...]


def decide(conversation: Conversation, *, vip: bool, workforce: Workforce) -> Decision:
    priority, reasons = _priority(conversation, vip)
    team, team_reason = team_of(conversation, workforce.teams)
    agent, agent_reason = _agent(conversation, team, workforce)
    return Decision(
        team_id=team.id if team else None,
        assignee_id=agent.id if agent else None,
        priority=priority,
        reasons=(*reasons, team_reason, agent_reason),
    )


def waiting_order(conversation: Conversation, *, vip: bool) -> tuple[int, bool, float]:
    """Sort key of the waiting queue: priority, then VIP, then who waits longest."""
    priority, _ = _priority(conversation, vip)
    since = conversation.waiting_since or conversation.last_activity_at
    return PRIORITY_ORDER[priority], not vip, since.timestamp()


def available(agent: Agent, loads: Mapping[AgentId, int]) -> bool:
    online = agent.availability is Availability.ONLINE and not agent.disabled
    return online and loads.get(agent.id, 0) < agent.capacity


def _priority(conversation: Conversation, vip: bool) -> tuple[Priority, tuple[str, ...]]:
    """Only ever raises what a person or an earlier message set."""
    score = conversation.mood.score
    reasons = (*(("vip",) if vip else ()), *((f"mood:{score:.2f}",) if score <= NEGATIVE else ()))
    wanted = Priority.HIGH if reasons else Priority.NORMAL
    if score <= STRONGLY_NEGATIVE:
        wanted = Priority.URGENT
    return min(wanted, conversation.priority, key=PRIORITY_ORDER.__getitem__), reasons


def team_of(conversation: Conversation, teams: Sequence[Team]) -> tuple[Team | None, str]:
    """Whose it is, or is to be, and why."""
    held = next((team for team in teams if team.id == conversation.team_id), None)
    chosen, reason = _claimed(conversation, teams)
    if held is not None and held != chosen:
        return held, "team:kept"
    return chosen, reason


def _claimed(conversation: Conversation, teams: Sequence[Team]) -> tuple[Team | None, str]:
    claiming = [team for team in teams if conversation.category and conversation.category in team.categories]
    if claiming:
        return min(claiming, key=lambda team: team.id), f"category:{conversation.category}"
    fallback = min((team for team in teams if team.fallback), key=lambda team: team.id, default=None)
    return fallback, "team:fallback" if fallback else "team:none"


def _agent(conversation: Conversation, team: Team | None, workforce: Workforce) -> tuple[Agent | None, str]:
    members = [agent for agent in workforce.agents if team is None or team.id in agent.team_ids]
    if team is not None and not members:
        members = list(workforce.agents)
    free = [agent for agent in members if available(agent, workforce.loads)]
    held = next((agent for agent in workforce.agents if agent.id == conversation.assignee_id), None)
    if held is not None and available(held, workforce.loads):
        return held, "assignee:kept"
    if not free:
        return None, "agent:none_available"
    least = min(free, key=lambda agent: (workforce.loads.get(agent.id, 0), agent.id))
    return least, f"least_loaded:{workforce.loads.get(least.id, 0)}"
