"""Service quality as a page shows it: by agent, team and channel, against another range, and over the week."""

from scrm.model.base import Record
from scrm.model.reports import DayRange


class Times(Record, kw_only=True):
    """Seconds by the clock, and in business hours. Nearest rank: each is one of the values. None: there were none."""

    count: int
    p50: float | None
    p90: float | None
    open_p50: float | None
    open_p90: float | None


class Kept(Record, kw_only=True):
    """How often what was promised was kept, or not."""

    met: int
    missed: int


class ServiceRow(Record, kw_only=True):
    """key: id of the agent, team or channel; None: of nobody, or of all.

    assigned: conversations that were given to an agent. handed_off: that an agent or team gave away. satisfaction: mean
    of `rated` ratings, 1 to 5. mood_before, mood_after: mean scores of `moods` resolved conversations, -1 … 1.
    """

    key: str | None
    opened: int
    assigned: int
    incoming: int
    outgoing: int
    resolved: int
    reopened: int
    handed_off: int
    first_response: Times
    next_response: Times
    resolution: Times
    first_kept: Kept
    next_kept: Kept
    resolution_kept: Kept
    satisfaction: float | None
    rated: int
    mood_before: float | None
    mood_after: float | None
    moods: int


class WeekHour(Record, kw_only=True):
    """Customers' messages that came on that weekday (0: Monday) in that hour, over the whole range."""

    weekday: int
    hour: int
    count: int


class StaffHour(Record, kw_only=True):
    """What came and was sent in this hour of all days. agent_days: agents who answered in it, added up over days."""

    hour: int
    incoming: int
    outgoing: int
    agent_days: int


class ServiceReport(Record, kw_only=True):
    """days: of the range. arrivals: 7 × 24, zeros included. staffing: the 24 hours. previous_since: as of an overview
    (`ComparedOverview`)."""

    range: DayRange
    previous: DayRange
    days: int
    total: ServiceRow
    before: ServiceRow
    agents: tuple[ServiceRow, ...]
    teams: tuple[ServiceRow, ...]
    channels: tuple[ServiceRow, ...]
    arrivals: tuple[WeekHour, ...]
    staffing: tuple[StaffHour, ...]
    previous_since: str | None = None
