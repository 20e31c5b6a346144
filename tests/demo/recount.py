"""What happened, read from the raw messages alone: nothing of `flow` or `dashboards` is used here.

Each rule is that of the figure's definition, written once more and as plainly as can be.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import Message, MessageKind
from scrm.model.service import SlaPolicy

ZONE = ZoneInfo("Asia/Shanghai")
OPENS, CLOSES = time(9), time(22)


@dataclass(frozen=True, kw_only=True)
class Fact:
    metric: str
    value: float
    at: datetime
    channel: str
    team: str | None
    agent: str | None
    category: str | None = None
    sentiment: str | None = None
    open_value: float | None = None
    kept: bool | None = None
    message: Message | None = None

    @property
    def day(self) -> str:
        return self.at.astimezone(ZONE).date().isoformat()

    @property
    def hour(self) -> int:
        return self.at.astimezone(ZONE).hour

    @property
    def weekday(self) -> int:
        return self.at.astimezone(ZONE).weekday()


def facts_of(thread: Sequence[Message], policies: Sequence[SlaPolicy]) -> list[Fact]:
    """thread: one conversation's entries, in order. Of a demo: none is reopened, corrected or split."""
    found: list[Fact] = []
    routed = next((entry.details for entry in thread if entry.details.get("action") == "routed"), {})
    team, agent, category = routed.get("team_id"), None, None
    vip, priority = False, "normal"
    first = waiting = answered = None

    def add(metric: str, entry: Message, value: float = 1.0, **more: object) -> None:
        given = {"team": team, "agent": agent, **more}
        found.append(Fact(metric=metric, value=value, at=entry.created_at, channel=entry.channel_id, **given))  # type: ignore[arg-type]

    def timed(metric: str, entry: Message, since: datetime, field: str, **more: object) -> None:
        took, in_hours = int((entry.created_at - since).total_seconds()), open_seconds(since, entry.created_at)
        policy = next(p for p in policies if (not p.vip or vip) and (not p.priorities or priority in p.priorities))
        kept = in_hours <= getattr(policy, field)
        add(metric, entry, float(took), open_value=float(int(in_hours)), kept=kept, **more)

    for entry in thread:
        said, action = entry.details, entry.details.get("action")
        if entry.kind is MessageKind.INCOMING:
            if first is None:
                add("conversation_opened", entry)
            first, waiting = first or entry.created_at, waiting or entry.created_at
            add("message_in", entry, message=entry)
            if entry.analysis is not None:
                category = category or entry.analysis.category
                of_it = entry.analysis.category or category
                add("mood", entry, entry.analysis.score, category=of_it, sentiment=str(entry.analysis.sentiment),
                    message=entry)  # fmt: skip
        elif entry.kind is MessageKind.OUTGOING:
            by = entry.author.id
            add("message_out", entry, agent=by)
            if waiting is not None or answered is None:
                since = first if answered is None else waiting
                field, metric = ("first_response",) * 2 if answered is None else ("next_response",) * 2
                timed(metric, entry, since, field, agent=by)  # type: ignore[arg-type]
                answered = True
            waiting = None
        elif entry.kind is MessageKind.ACTIVITY:
            if said.get("event") == "rating":
                add("satisfaction", entry, float(said["score"]))
            if action in ("routed", "team"):
                team = said["team_id"]
            if action == "routed":
                vip, priority = "vip" in said["reasons"].split(), said["priority"]
            if action in ("routed", "assigned"):
                was, agent = agent, said.get("assignee_id") or None
                if agent is not None and agent != was:
                    add("assigned", entry)
            if "from_id" in said:
                add("handed_off", entry, agent=said["from_id"], team=said["from_team_id"] or None)
            if action == "status" and said["status"] == "resolved":
                timed("conversation_resolved", entry, first, "resolution")  # type: ignore[arg-type]
                for mood in ("mood_before", "mood_after"):
                    if mood in said:
                        add(mood, entry, float(said[mood]))
    return found


def open_seconds(since: datetime, until: datetime) -> float:
    """From nine to ten at night, every day."""
    total, day = 0.0, since.astimezone(ZONE).date()
    while day <= until.astimezone(ZONE).date():
        begins = max(since, datetime.combine(day, OPENS, ZONE))
        ends = min(until, datetime.combine(day, CLOSES, ZONE))
        total += max(0.0, (ends - begins).total_seconds())
        day += timedelta(days=1)
    return total


def waits(conversation: Conversation, thread: Sequence[Message]) -> bool:
    if conversation.status is ConversationStatus.RESOLVED:
        return False
    spoken = [entry.kind for entry in thread if entry.kind in (MessageKind.INCOMING, MessageKind.OUTGOING)]
    return spoken[-1] is MessageKind.INCOMING


def nearest(values: Sequence[float], tenths: int) -> float | None:
    """Of the values in order, the first that at least so many tenths of them do not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * tenths / 10) - 1] if ordered else None


def mean(values: Sequence[float]) -> float | None:
    return round(math.fsum(values) / len(values), 4) if values else None


def where(facts: Sequence[Fact], wanted: Callable[[Fact], bool], metric: str) -> list[Fact]:
    return [fact for fact in facts if fact.metric == metric and wanted(fact)]
