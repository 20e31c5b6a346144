"""What the numbers of dashboards were counted from; the dashboards themselves are in `boards`."""

from datetime import date
from enum import StrEnum

import msgspec

from scrm.errors import Invalid
from scrm.ids import ChannelId, TeamId
from scrm.model.analysis import Sentiment
from scrm.model.people import Role
from scrm.model.reports import Metric, ReportEvent, ReportFilter
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
    ASSIGNED = Metric.ASSIGNED
    MOOD = Metric.MOOD
    WAITING_NOW = "waiting_now"


class Range(Input, kw_only=True):
    """Days are inclusive, in the workspace's zone."""

    first_day: Day = msgspec.field(name="from")
    last_day: Day = msgspec.field(name="to")
    channel_id: Id | None = None
    team_id: Id | None = None


class EvidenceParameters(Range, kw_only=True):
    """category and sentiment narrow metric `mood`; category `none`: unknown. day: only this one of the range."""

    metric: EvidenceMetric
    category: Line | None = None
    sentiment: Sentiment | None = None
    day: Day | None = None
    limit: Limit = 50
    after: Cursor | None = None


async def evidence(call: Call[EvidenceParameters, Nothing]) -> Items[EvidenceView]:
    query = call.query
    if query.metric is EvidenceMetric.WAITING_NOW:
        return await _waiting(call)
    chosen = report_filter(query)
    if query.day is not None:
        if not chosen.first_day <= checked_day(query.day, "day") <= chosen.last_day:
            raise Invalid("this day is outside the range", field="day")
        chosen = msgspec.structs.replace(chosen, first_day=query.day, last_day=query.day)
    if query.metric is not EvidenceMetric.MOOD and (query.category or query.sentiment):
        raise Invalid("category and sentiment narrow only metric=mood", field="metric")
    found = await call.context.reports.evidence(
        EvidenceQuery(metric=Metric(query.metric), filter=chosen, category=query.category, sentiment=query.sentiment),
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


async def _waiting(call: Call[EvidenceParameters, Nothing]) -> Items[EvidenceView]:
    """Who waits at this moment, longest first; value: 1, as each counts once."""
    found = [
        conversation
        for conversation in await call.context.reports.waiting(report_filter(call.query))
        if conversation.waiting_since is not None
    ]
    after = cursor.decode(call.query.after)
    if after is not None:
        found = [each for each in found if each.waiting_since and (each.waiting_since, each.id) > (after.at, after.id)]
    page, following = cursor.cut(
        found, call.query.limit, lambda each: Page(at=each.waiting_since or each.created_at, id=each.id)
    )
    shown = await call.request.app[VIEWS].conversations(page, call.who.agent_id)
    return Items(
        items=[
            EvidenceView(conversation=view, message=None, value=1.0, at=view.waiting_since or view.created_at)
            for view in shown
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
