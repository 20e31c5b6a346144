"""Saved views: filters of the conversation list that an agent gave a name."""

from datetime import datetime

from scrm.ids import AgentId, ChannelId, LabelId, TeamId, ViewId
from scrm.model.base import Record


class ViewFilter(Record, kw_only=True):
    """assignee: "me" (whoever looks), "none" or "any". status: a conversation's, or "active" for open and pending.
    due: "near" for what is nearly or already overdue of what was promised; None: all."""

    assignee: str = "any"
    status: str = "active"
    channel_id: ChannelId | None = None
    team_id: TeamId | None = None
    label_id: LabelId | None = None
    due: str | None = None


class SavedView(Record, kw_only=True):
    """shared: everybody sees it; otherwise its owner alone does."""

    id: ViewId
    owner_id: AgentId
    name: str
    shared: bool = False
    filter: ViewFilter
    created_at: datetime
