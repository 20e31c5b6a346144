"""The search box: people by name or number, messages by their words."""

import asyncio
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from scrm.errors import Invalid
from scrm.ids import AgentId, ChannelId, LabelId
from scrm.model.analysis import Sentiment
from scrm.model.contact import Contact
from scrm.model.message import MessageKind
from scrm.model.search import SearchFilter
from scrm.web import cursor
from scrm.web.assemble import contact_brief
from scrm.web.endpoint import Call, Endpoint, Input, Nothing
from scrm.web.fields import Cursor, Day, Id, Limit, Line, SearchText
from scrm.web.masking import MASKING
from scrm.web.search.finder import ConversationFilter, Finder
from scrm.web.views import FoundMessage, SearchView


class SearchQuery(Input, kw_only=True):
    """q: words; "what stands in quotes" in exactly this order; the last word may be a beginning; pinyin too.

    The rest says what a message must be. first_day, last_day: in the workspace's time zone, both included. assignee:
    of its conversation: me, none or an agent's id. author_id: the agent who wrote it. category, sentiment: of the
    message. sort newest: the newest of those that match first.
    """

    q: SearchText
    limit: Limit = 20
    after: Cursor | None = None
    sort: Literal["best", "newest"] = "best"
    channel_id: Id | None = None
    kind: MessageKind | None = None
    first_day: Day | None = None
    last_day: Day | None = None
    assignee: Id | None = None
    author_id: Id | None = None
    label_id: Id | None = None
    category: Line | None = None
    sentiment: Sentiment | None = None


async def search(call: Call[SearchQuery, Nothing]) -> SearchView:
    context, query = call.context, call.query
    text = query.q.strip()
    if not text:
        raise Invalid("what to look for?", field="q")
    where, within = _filters(call)
    masking = call.request.app[MASKING]
    mask = masking.message if await masking.applies(call.who.role) else None
    finder = Finder(context.stores, context.cutter, context.clock, mask)
    finding = finder.find(
        query.q,
        where,
        within,
        after=cursor.decode(query.after),
        limit=query.limit,
        newest_first=query.sort == "newest",
    )
    # Filters are about messages, so with one set nobody looks for people.
    people = query.after is None and where == SearchFilter() and within == ConversationFilter()
    contacts, found = await asyncio.gather(_people(call, text) if people else _nobody(), finding)
    return SearchView(
        contacts=[contact_brief(contact) for contact in contacts],
        messages=[
            FoundMessage(message=hit.message, contact=contact_brief(hit.contact), shown=hit.shown) for hit in found.hits
        ],
        next=cursor.encode(found.following) if found.following else None,
        total=found.total,
        whole=found.whole,
    )


async def _people(call: Call[SearchQuery, Nothing], text: str) -> list[Contact]:
    return await call.context.stores.contacts.search(text, call.query.limit)


async def _nobody() -> list[Contact]:
    return []


def _filters(call: Call[SearchQuery, Nothing]) -> tuple[SearchFilter, ConversationFilter]:
    query = call.query
    zone = ZoneInfo(call.context.time_zone)
    assignee = call.who.person().id if query.assignee == "me" else query.assignee
    where = SearchFilter(
        channel_id=ChannelId(query.channel_id) if query.channel_id else None,
        kind=query.kind,
        author=AgentId(query.author_id) if query.author_id else None,
        sentiment=query.sentiment,
        category=query.category or None,
        since=_midnight(query.first_day, "first_day", zone) if query.first_day else None,
        until=_midnight(query.last_day, "last_day", zone, days=1) if query.last_day else None,
    )
    within = ConversationFilter(
        assignee=AgentId(assignee) if assignee else None,
        label=LabelId(query.label_id) if query.label_id else None,
    )
    return where, within


def _midnight(day: str, field: str, zone: ZoneInfo, *, days: int = 0) -> datetime:
    """The beginning of a day, or of one so many days later."""
    try:
        return datetime.combine(datetime.fromisoformat(day).date() + timedelta(days=days), time(), zone)
    except (ValueError, OverflowError) as error:
        raise Invalid("there is no such day", field=field) from error


ENDPOINTS = (
    Endpoint(
        method="GET", path="/search", handler=search, query=SearchQuery, returns=SearchView,
        summary="People and messages", tag="search",
    ),
)  # fmt: skip
