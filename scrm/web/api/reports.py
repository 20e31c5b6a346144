"""What the numbers of dashboards were counted from; the dashboards themselves are in `boards`."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec

from scrm.errors import Invalid
from scrm.ids import ChannelId, TeamId
from scrm.model.analysis import Sentiment
from scrm.model.conversation import ConversationStatus
from scrm.model.people import Role
from scrm.model.reports import Metric, Outcome, ReportEvent, ReportFilter
from scrm.ports.stores import EvidenceQuery, Page
from scrm.web import cursor
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Cursor, Day, Id, Limit, Line
from scrm.web.views import EvidenceView


class EvidenceMetric(StrEnum):
    """What is counted: events of the past, or who waits at this moment."""

    CONVERSATION_OPENED = Metric.CONVERSATION_OPENED
    CONVERSATION_REOPENED = Metric.CONVERSATION_REOPENED
    CONVERSATION_RESOLVED = Metric.CONVERSATION_RESOLVED
    MESSAGE_IN = Metric.MESSAGE_IN
    MESSAGE_OUT = Metric.MESSAGE_OUT
    FIRST_RESPONSE = Metric.FIRST_RESPONSE
    NEXT_RESPONSE = Metric.NEXT_RESPONSE
    ASSIGNED = Metric.ASSIGNED
    HANDED_OFF = Metric.HANDED_OFF
    MOOD = Metric.MOOD
    MOOD_BEFORE = Metric.MOOD_BEFORE
    MOOD_AFTER = Metric.MOOD_AFTER
    SATISFACTION = Metric.SATISFACTION
    WAITING_NOW = "waiting_now"
    BACKLOG = "backlog"
    LOAD = "load"


OF_THIS_MOMENT = (EvidenceMetric.WAITING_NOW, EvidenceMetric.BACKLOG, EvidenceMetric.LOAD)


class Range(Input, kw_only=True):
    """Days are inclusive, in the workspace's zone."""

    first_day: Day = msgspec.field(name="from")
    last_day: Day = msgspec.field(name="to")
    channel_id: Id | None = None
    team_id: Id | None = None


class EvidenceParameters(Range, kw_only=True):
    """category and sentiment narrow metric `mood`; category `none`: unknown. day: only this one of the range. agent_id
    `none`: nobody's. `waiting_now`, `backlog` and `load` are of this moment, whatever the range; `load`: what is open,
    and so counts against an agent's capacity. outcome: of times something was promised for. hour: of the day; weekday:
    0 is Monday."""

    metric: EvidenceMetric
    category: Line | None = None
    sentiment: Sentiment | None = None
    day: Day | None = None
    agent_id: Id | None = None
    outcome: Outcome | None = None
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)] | None = None
    weekday: Annotated[int, msgspec.Meta(ge=0, le=6)] | None = None
    limit: Limit = 50
    after: Cursor | None = None


async def evidence(call: Call[EvidenceParameters, Nothing]) -> Items[EvidenceView]:
    query = call.query
    if query.metric in OF_THIS_MOMENT:
        return await _at_this_moment(call)
    chosen = report_filter(query)
    if query.day is not None:
        if not chosen.first_day <= checked_day(query.day, "day") <= chosen.last_day:
            raise Invalid("this day is outside the range", field="day")
        chosen = msgspec.structs.replace(chosen, first_day=query.day, last_day=query.day)
    if query.metric is not EvidenceMetric.MOOD and (query.category or query.sentiment):
        raise Invalid("category and sentiment narrow only metric=mood", field="metric")
    found = await call.context.reports.evidence(
        EvidenceQuery(
            metric=Metric(query.metric),
            filter=chosen,
            category=query.category,
            sentiment=query.sentiment,
            agent_id=query.agent_id,
            outcome=query.outcome,
            hour=query.hour,
            weekday=query.weekday,
        ),
        after=cursor.decode(query.after),
        limit=query.limit + 1,
    )
    events, following = cursor.cut(found, query.limit, lambda event: Page(at=event.at, id=event.id))
    return Items(items=await _views(call, events), next=following)


async def _views(call: Call[EvidenceParameters, Nothing], events: list[ReportEvent]) -> list[EvidenceView]:
    stores = call.context.stores
    conversations = await stores.conversations.get_many({event.conversation_id for event in events})
    messages = await stores.messages.get_many({event.message_id for event in events if event.message_id})
    shown = await call.request.app[VIEWS].conversations(list(conversations.values()), call.who.agent_id)
    views = {view.id: view for view in shown}
    return [
        EvidenceView(
            conversation=views[event.conversation_id],
            message=messages.get(event.message_id) if event.message_id else None,
            value=event.value,
            at=event.at,
        )
        for event in events
        if event.conversation_id in views
    ]


async def _at_this_moment(call: Call[EvidenceParameters, Nothing]) -> Items[EvidenceView]:
    """Who waits, longest first, or what is not resolved, oldest first; value: 1, as each counts once."""
    reports, chosen, agent_id = call.context.reports, report_filter(call.query), call.query.agent_id
    waiting = call.query.metric is EvidenceMetric.WAITING_NOW
    found = await (reports.waiting(chosen) if waiting else reports.backlog(chosen))
    if call.query.metric is EvidenceMetric.LOAD:
        found = [each for each in found if each.status is ConversationStatus.OPEN]
    if agent_id is not None:
        found = [each for each in found if each.assignee_id == (None if agent_id == "none" else agent_id)]
    rows = [Page(at=(each.waiting_since if waiting else None) or each.created_at, id=each.id) for each in found]
    after = cursor.decode(call.query.after)
    places = [place for place, row in enumerate(rows) if after is None or (row.at, row.id) > (after.at, after.id)]
    page, following = cursor.cut(places, call.query.limit, lambda place: rows[place])
    shown = await call.request.app[VIEWS].conversations([found[place] for place in page], call.who.agent_id)
    return Items(
        items=[
            EvidenceView(conversation=view, message=None, value=1.0, at=rows[place].at)
            for place, view in zip(page, shown, strict=True)
        ],
        next=following,
    )


def report_filter(query: Range) -> ReportFilter:
    return ReportFilter(
        first_day=checked_day(query.first_day, "from"),
        last_day=checked_day(query.last_day, "to"),
        channel_id=ChannelId(query.channel_id) if query.channel_id else None,
        team_id=TeamId(query.team_id) if query.team_id else None,
    )


def checked_day(text: str, field: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid("there is no such day", field=field) from None


_LEAST = Role.SUPERVISOR
ENDPOINTS = (
    Endpoint(
        method="GET", path="/reports/evidence", handler=evidence, role=_LEAST, query=EvidenceParameters,
        returns=Items[EvidenceView], summary="What a number was counted from, newest first", tag="reports",
    ),
)  # fmt: skip
