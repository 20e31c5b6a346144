"""What was promised to a conversation: which policy fits it, when it is due, and whether that was kept. Pure.

A target is seconds of open time. What an agent sees as the deadline and what reports count as missed come from the
same arithmetic: an answer is in time exactly until the deadline shown.
"""

from collections.abc import Sequence
from datetime import datetime

from scrm.errors import Invalid
from scrm.flow.hours import Hours
from scrm.ids import TeamId
from scrm.model.base import Record
from scrm.model.conversation import Conversation, ConversationStatus, Priority
from scrm.model.reports import Outcome
from scrm.model.service import Clause, SlaPolicy
from scrm.ports.flow import Deadline

MOST_POLICIES = 50
LONGEST = 366 * 86_400
# A deadline is near once this share of its open time is used.
NEAR = 0.75


class Case(Record, kw_only=True):
    """What policies ask about a conversation."""

    team_id: TeamId | None
    priority: Priority
    vip: bool


def policy_of(policies: Sequence[SlaPolicy], case: Case) -> SlaPolicy | None:
    """The first that fits."""
    return next((policy for policy in policies if _fits(policy, case)), None)


def target(policies: Sequence[SlaPolicy], case: Case, clause: Clause) -> int | None:
    policy = policy_of(policies, case)
    return None if policy is None else _target(policy, clause)


def outcome(open_seconds: float, promised: int | None) -> Outcome | None:
    """None: nothing was promised."""
    if promised is None:
        return None
    return Outcome.MET if open_seconds <= promised else Outcome.MISSED


def deadline(conversation: Conversation, vip: bool, policies: Sequence[SlaPolicy], hours: Hours) -> Deadline | None:
    """The next moment something is due: an answer to who waits, or the resolution. None: nothing is."""
    if conversation.status is ConversationStatus.RESOLVED:
        return None
    policy = policy_of(policies, Case(team_id=conversation.team_id, priority=conversation.priority, vip=vip))
    if policy is None:
        return None
    due = [_due(Clause.RESOLUTION, opened_at(conversation), policy, hours)]
    if conversation.waiting_since is not None:
        if conversation.first_response_at is None:
            since = conversation.first_incoming_at or conversation.waiting_since
            due.append(_due(Clause.FIRST_RESPONSE, since, policy, hours))
        else:
            due.append(_due(Clause.NEXT_RESPONSE, conversation.waiting_since, policy, hours))
    return min((each for each in due if each is not None), key=lambda each: each.at, default=None)


def opened_at(conversation: Conversation) -> datetime:
    """Since when it is to be resolved."""
    return conversation.opened_at or conversation.first_incoming_at or conversation.created_at


def check(policies: Sequence[SlaPolicy]) -> None:
    """Raises Invalid."""
    if len(policies) > MOST_POLICIES:
        raise Invalid(f"At most {MOST_POLICIES} policies.", errors={"policies": "are too many"})
    for policy in policies:
        if not policy.name.strip():
            raise Invalid("A policy needs a name.", errors={"policies": "holds one without a name"})
        targets = [_target(policy, clause) for clause in Clause]
        if any(seconds is not None and not 60 <= seconds <= LONGEST for seconds in targets):
            raise Invalid("A target is between a minute and a year.", errors={"policies": "holds an impossible target"})


def _due(clause: Clause, since: datetime, policy: SlaPolicy, hours: Hours) -> Deadline | None:
    promised = _target(policy, clause)
    at = None if promised is None else hours.after(since, promised)
    near = None if promised is None else hours.after(since, promised * NEAR)
    if promised is None or at is None or near is None:
        return None
    return Deadline(clause=clause, near_at=near, at=at, target=promised)


def _target(policy: SlaPolicy, clause: Clause) -> int | None:
    return {
        Clause.FIRST_RESPONSE: policy.first_response,
        Clause.NEXT_RESPONSE: policy.next_response,
        Clause.RESOLUTION: policy.resolution,
    }[clause]


def _fits(policy: SlaPolicy, case: Case) -> bool:
    return (
        (not policy.team_ids or case.team_id in policy.team_ids)
        and (not policy.priorities or case.priority in policy.priorities)
        and (case.vip or not policy.vip)
    )
