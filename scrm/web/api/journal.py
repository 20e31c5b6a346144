"""The journal, for an administrator who asks what became of a webhook request."""

from scrm.errors import NotFound
from scrm.ids import ChannelId, JournalId
from scrm.model.people import Role
from scrm.model.work import JournalEntry, JournalState
from scrm.ports.stores import Page
from scrm.web import cursor
from scrm.web.endpoint import Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Cursor, Id, Limit
from scrm.web.views import JournalView


class ListQuery(Input, kw_only=True):
    state: JournalState = JournalState.FAILED
    channel_id: Id | None = None
    limit: Limit = 50
    after: Cursor | None = None


async def list_journal(call: Call[ListQuery, Nothing]) -> Items[JournalView]:
    query = call.query
    found = await call.context.stores.journal.page(
        query.state,
        channel_id=ChannelId(query.channel_id) if query.channel_id else None,
        after=cursor.decode(query.after),
        limit=query.limit + 1,
    )
    items, following = cursor.cut(found, query.limit, lambda entry: Page(at=entry.received_at, id=entry.id))
    return Items(items=[view(entry) for entry in items], next=following)


async def replay(call: Call[Nothing, Nothing]) -> JournalView:
    entry_id = JournalId(call.id())
    if await call.context.stores.journal.get(entry_id) is None:
        raise NotFound("there is no such journal entry")
    return view(await call.context.hub.replay(entry_id))


def view(entry: JournalEntry) -> JournalView:
    """What a customer wrote is shown only where somebody has to mend something."""
    failed = entry.state is JournalState.FAILED
    return JournalView(
        id=entry.id,
        channel_id=entry.channel_id,
        state=entry.state,
        received_at=entry.received_at,
        attempts=entry.attempts,
        error=entry.error,
        size=len(entry.body),
        body=entry.body.decode("utf-8", "replace") if failed else None,
    )


ENDPOINTS = (
    Endpoint(
        method="GET", path="/journal", handler=list_journal, role=Role.ADMIN, query=ListQuery,
        returns=Items[JournalView], summary="Webhook requests as they came, newest first", tag="journal",
    ),
    Endpoint(
        method="POST", path="/journal/{id}/replay", handler=replay, role=Role.ADMIN, returns=JournalView,
        summary="Read a failed entry again", tag="journal",
    ),
)  # fmt: skip
