"""Report events: what happened, in the form every dashboard number is counted from. Pure.

Every event is made of one entry of the timeline and what it completes; its id is made of the entry's, so a step that
runs again records nothing twice. `flow/facts` makes the same events of a whole thread.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from scrm.flow import sla
from scrm.flow.hours import Hours
from scrm.ids import AgentId, TeamId
from scrm.model.analysis import Sentiment
from scrm.model.message import Counted, Message, MessageKind
from scrm.model.reports import Metric, ReportEvent

SATISFACTION = frozenset("12345")
BEFORE, AFTER = "mood_before", "mood_after"
"""In `details` of the line that resolves: the customer's mood at the beginning and now."""
FROM_AGENT, FROM_TEAM = "from_id", "from_team_id"
"""In `details` of the line of a hand-off: who gave the conversation away."""
RATING = "rating"
"""`details["event"]` of a customer's rating; `details["score"]` is 1 to 5."""

# A corrected mood has no score of its own; these stand well inside its range.
SCORES = {Sentiment.NEGATIVE: -0.8, Sentiment.NEUTRAL: 0.0, Sentiment.POSITIVE: 0.8}

NOTHING = Counted()


class Reporter:
    """Makes events in the workspace's time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    # --- what customers do --------------------------------------------------------------------------------------------

    def came(self, entry: Message) -> list[ReportEvent]:
        """All that a customer's entry counts for, once it is read or there is nothing to read."""
        found = [self.opened(entry)] if entry.counted and entry.counted.opens else []
        if entry.kind is MessageKind.INCOMING:
            found.append(self.arrived(entry))
        return [*found, *self.read(entry), *self.rated(entry)]

    def opened(self, entry: Message) -> ReportEvent:
        """A conversation opens once; reopening is another thing."""
        return self._event(Metric.CONVERSATION_OPENED, entry, key=entry.conversation_id, shown=False)

    def arrived(self, entry: Message) -> ReportEvent:
        """A customer's message, whatever is read in it later."""
        return self._event(Metric.MESSAGE_IN, entry)

    def read(self, entry: Message) -> Sequence[ReportEvent]:
        """The mood of a message that was read, and a sharp drop by it."""
        if entry.analysis is None:
            return ()
        found = [self.mood(entry)]
        counted = entry.counted or NOTHING
        if counted.drop is not None:
            category, sentiment = entry.analysis.category or counted.category, entry.analysis.sentiment
            found.append(
                self._event(Metric.MOOD_DROPPED, entry, value=counted.drop, category=category, sentiment=str(sentiment))
            )
        return found

    def mood(self, entry: Message) -> ReportEvent:
        """As an agent corrected it. "Yes, thank you" is about what its conversation is about."""
        if entry.analysis is None:
            raise ValueError("nothing was read")
        stands = entry.correction or entry.analysis
        # A category that was taken away is not given back by the conversation.
        of_conversation = (entry.counted or NOTHING).category if entry.analysis.category is None else None
        score = entry.analysis.score
        if entry.correction is not None and entry.correction.sentiment is not entry.analysis.sentiment:
            score = SCORES[entry.correction.sentiment]
        return self._event(
            Metric.MOOD,
            entry,
            value=score,
            category=stands.category or of_conversation,
            sentiment=str(stands.sentiment),
        )

    def rated(self, entry: Message) -> Sequence[ReportEvent]:
        """How content a customer said to be, where the entry says so."""
        score = entry.details.get("score", "") if entry.details.get("event") == RATING else ""
        return [self._event(Metric.SATISFACTION, entry, value=float(score))] if score in SATISFACTION else ()

    # --- what the company does ----------------------------------------------------------------------------------------

    def sent(self, entry: Message) -> ReportEvent:
        return self._event(Metric.MESSAGE_OUT, entry)

    def answered(self, metric: Metric, entry: Message, since: datetime, hours: Hours) -> ReportEvent:
        """A first or a later answer to who waited since then."""
        key = entry.conversation_id if metric is Metric.FIRST_RESPONSE else entry.id
        return self._timed(metric, entry, since, hours, key=key, shown=True)

    def assigned(self, line: Message) -> ReportEvent:
        return self._event(Metric.ASSIGNED, line, shown=False)

    def handed_off(self, line: Message) -> Sequence[ReportEvent]:
        """Where the line says who gave the conversation away."""
        agent_id, team_id = line.details.get(FROM_AGENT), line.details.get(FROM_TEAM)
        if agent_id is None:
            return ()
        giver = replace(
            line.counted or NOTHING,
            agent_id=AgentId(agent_id),
            team_id=TeamId(team_id) if team_id else None,
        )
        return [self._event(Metric.HANDED_OFF, replace(line, counted=giver), shown=False)]

    def reopened(self, line: Message) -> ReportEvent:
        return self._event(Metric.CONVERSATION_REOPENED, line, shown=False)

    def resolved(self, line: Message, since: datetime, hours: Hours) -> Sequence[ReportEvent]:
        """The resolution of what was opened then, and how the customer felt before and after."""
        found = [self._timed(Metric.CONVERSATION_RESOLVED, line, since, hours, key=line.id, shown=False)]
        moods = ((Metric.MOOD_BEFORE, line.details.get(BEFORE)), (Metric.MOOD_AFTER, line.details.get(AFTER)))
        found += [
            self._event(metric, line, value=float(score), shown=False) for metric, score in moods if score is not None
        ]
        return found

    def _timed(
        self, metric: Metric, entry: Message, since: datetime, hours: Hours, *, key: str, shown: bool
    ) -> ReportEvent:
        """Whole seconds, so that every value can be kept and a percentile is one of them."""
        open_seconds = hours.between(since, entry.created_at)
        kept = sla.outcome(open_seconds, (entry.counted or NOTHING).target)
        event = self._event(
            metric, entry, key=key, value=float(max(0, int((entry.created_at - since).total_seconds()))), shown=shown
        )
        return replace(event, start=since, open_seconds=float(int(open_seconds)), outcome=kept)

    def _event(
        self,
        metric: Metric,
        entry: Message,
        *,
        key: str | None = None,
        value: float = 1.0,
        category: str | None = None,
        sentiment: str | None = None,
        shown: bool = True,
    ) -> ReportEvent:
        """key: of the entry's id, or what makes this one of a kind within its metric. shown: evidence opens the entry
        itself, not only its conversation."""
        local = entry.created_at.astimezone(self._zone)
        counted = entry.counted or NOTHING
        return ReportEvent(
            id=f"{metric}:{key or entry.id}",
            metric=metric,
            value=value,
            at=entry.created_at,
            day=local.strftime("%Y-%m-%d"),
            hour=local.hour,
            conversation_id=entry.conversation_id,
            contact_id=entry.contact_id,
            channel_id=entry.channel_id,
            message_id=entry.id if shown else None,
            team_id=counted.team_id,
            agent_id=counted.agent_id,
            category=category,
            sentiment=sentiment,
        )
