"""Saved dashboards: a page with its filters that somebody gave a name."""

from datetime import datetime
from enum import StrEnum

from scrm.ids import AgentId, ViewId
from scrm.model.base import Record


class BoardPage(StrEnum):
    OVERVIEW = "overview"
    SERVICE = "service"
    VOICE = "voice"


class SavedBoard(Record, kw_only=True):
    """query: the filters as the page's address has them, by name. A range by name ("7") moves along with the days.
    shared: every supervisor sees it; otherwise its owner alone does."""

    id: ViewId
    owner_id: AgentId
    name: str
    page: BoardPage
    query: dict[str, str] = {}
    shared: bool = False
    created_at: datetime
