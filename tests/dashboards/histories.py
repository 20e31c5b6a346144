"""Random histories for the reports: conversations with messages, as plain lists that any sum can walk.

`events_of` records what `flow` records, through its own `Reporter`; the sums in the tests never look at events.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.flow.facts import facts_of
from scrm.flow.hours import Hours
from scrm.flow.report import Reporter
from scrm.ids import ChannelId, ContactId, ConversationId, MessageId, TeamId
from scrm.model.analysis import Analysis, Sentiment
from scrm.model.base import Record
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Counted, Message, MessageKind
from scrm.model.reports import ReportEvent
from scrm.model.service import Schedule

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 9, 14, 0, tzinfo=UTC)
TEAMS = (None, TeamId("team1"), TeamId("team2"))
CATEGORIES = (None, "logistics", "refund_return")


class Said(Record, kw_only=True):
    """One message. sentiment None: not read."""

    id: str
    at: datetime
    incoming: bool
    sentiment: Sentiment | None
    category: str | None


class Talk(Record, kw_only=True):
    """One conversation, oldest message first; the first one is the customer's."""

    id: str
    channel: str
    team: TeamId | None
    said: tuple[Said, ...]
    resolved_at: datetime | None

    @property
    def first_response(self) -> float | None:
        answer = next((one for one in self.said if not one.incoming), None)
        return (answer.at - self.said[0].at).total_seconds() if answer else None

    @property
    def waits(self) -> bool:
        return self.resolved_at is None and self.said[-1].incoming


@st.composite
def talks(draw: st.DrawFn, channels: tuple[str, ...]) -> list[Talk]:
    count = draw(st.integers(min_value=0, max_value=7))
    return [draw(_talk(number, draw(st.sampled_from(channels)))) for number in range(count)]


@st.composite
def _talk(draw: st.DrawFn, number: int, channel: str) -> Talk:
    at = START + timedelta(minutes=draw(st.integers(min_value=0, max_value=8 * 24 * 60)))
    said: list[Said] = []
    for place in range(draw(st.integers(min_value=1, max_value=5))):
        at += timedelta(seconds=draw(st.integers(min_value=0, max_value=4000)))
        incoming = place == 0 or draw(st.booleans())
        read = incoming and draw(st.booleans())
        said.append(
            Said(
                id=f"{channel}-{number}-{place}",
                at=at,
                incoming=incoming,
                sentiment=draw(st.sampled_from(Sentiment)) if read else None,
                category=draw(st.sampled_from(CATEGORIES)) if read else None,
            )
        )
    return Talk(
        id=f"{channel}-{number}",
        channel=channel,
        team=draw(st.sampled_from(TEAMS)),
        said=tuple(said),
        resolved_at=at + timedelta(minutes=3) if draw(st.booleans()) else None,
    )


def conversation_of(talk: Talk, number: int = 1) -> Conversation:
    return Conversation(
        id=ConversationId(talk.id),
        number=number,
        contact_id=ContactId(f"contact-{talk.id}"),
        channel_id=ChannelId(talk.channel),
        team_id=talk.team,
        created_at=talk.said[0].at,
        last_activity_at=talk.said[-1].at,
        first_incoming_at=talk.said[0].at,
        waiting_since=talk.said[-1].at if talk.waits else None,
    )


def thread_of(talk: Talk) -> list[Message]:
    thread = [_message(said, talk, place) for place, said in enumerate(talk.said, 1)]
    if talk.resolved_at is not None:
        line = replace(
            _message(talk.said[-1], talk, len(thread) + 1),
            id=MessageId(f"{talk.id}-resolved"),
            kind=MessageKind.ACTIVITY,
            details={"action": "status", "before": "open", "status": "resolved"},
            author=Author(type=AuthorType.AGENT),
            created_at=talk.resolved_at,
            analysis=None,
        )
        thread.append(line)
    return thread


def events_of(talk: Talk) -> list[ReportEvent]:
    return facts_of(thread_of(talk), talk.said[0].at, Reporter(ZONE), Hours(Schedule(), ZONE), ())


def _message(said: Said, talk: Talk, position: int) -> Message:
    reading = (
        Analysis(model="m", sentiment=said.sentiment, score=0.0, category=said.category) if said.sentiment else None
    )
    return Message(
        id=MessageId(said.id),
        conversation_id=ConversationId(talk.id),
        contact_id=ContactId(f"contact-{talk.id}"),
        channel_id=ChannelId(talk.channel),
        position=position,
        rank=position,
        kind=MessageKind.INCOMING if said.incoming else MessageKind.OUTGOING,
        author=Author(type=AuthorType.CONTACT if said.incoming else AuthorType.AGENT),
        occurred_at=said.at,
        created_at=said.at,
        analysis=reading,
        counted=Counted(team_id=talk.team, opens=position == 1),
    )


def day_of(moment: datetime) -> str:
    return moment.astimezone(ZONE).strftime("%Y-%m-%d")
