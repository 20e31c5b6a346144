"""Where a number's evidence is on screen: paths of the client, which also stand in mails and printed reports. Pure."""

from urllib.parse import urlencode

from scrm.model.base import Record
from scrm.model.reports import DayRange, ReportFilter


class Ask(Record, kw_only=True):
    """What a link opens. metric: of a report event. category "none": unknown. then: of the range compared with.
    term: a phrase instead."""

    metric: str = "mood"
    category: str | None = None
    sentiment: str | None = None
    channel_id: str | None = None
    day: str | None = None
    then: bool = False
    term: str | None = None


def evidence(page: str, report_filter: ReportFilter, against: DayRange, ask: Ask) -> str:
    """A path like `/dashboard/voice?range=custom&from=…&ev=mood&category=refund`."""
    query: dict[str, str | None] = {
        "range": "custom",
        "from": report_filter.first_day,
        "to": report_filter.last_day,
        "channel": report_filter.channel_id,
        "team": report_filter.team_id,
        "compare": "custom",
        "cfrom": against.first_day,
        "cto": against.last_day,
        "ev": "voice" if ask.term is not None else ask.metric,
        "category": ask.category,
        "sentiment": ask.sentiment,
        "in": ask.channel_id,
        "day": ask.day,
        "then": "1" if ask.then else None,
        "terms": ask.term,
    }
    return f"/dashboard{page}?{urlencode({name: value for name, value in query.items() if value is not None})}"
