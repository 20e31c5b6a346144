"""What the company promises its customers: when it is open, and how soon it answers and resolves."""

from enum import StrEnum

from scrm.ids import TeamId
from scrm.model.base import Record
from scrm.model.conversation import Priority

SETTING = "service"
"""Name of the workspace's setting that holds `ServiceSettings` as JSON."""


class OpenSpan(Record, kw_only=True):
    """opens, closes: wall time of the workspace's zone, "09:00" and "18:00"; a day ends at "24:00"."""

    opens: str
    closes: str


class SpecialDay(Record, kw_only=True):
    """A day that does not follow its weekday: a holiday (no hours), or a working Saturday that makes up for one."""

    day: str
    name: str = ""
    hours: tuple[OpenSpan, ...] = ()


class Schedule(Record, kw_only=True):
    """always: open day and night, whatever the rest says. week: the spans of each day, Monday first."""

    always: bool = True
    week: tuple[tuple[OpenSpan, ...], ...] = ((),) * 7
    special: tuple[SpecialDay, ...] = ()


class SlaPolicy(Record, kw_only=True):
    """Targets in seconds of open time (None: none), for conversations that fit all its conditions.

    team_ids, priorities: any of them; empty: all. vip: only customers marked VIP.
    """

    name: str
    team_ids: tuple[TeamId, ...] = ()
    priorities: tuple[Priority, ...] = ()
    vip: bool = False
    first_response: int | None = None
    next_response: int | None = None
    resolution: int | None = None


class Clause(StrEnum):
    """What is promised."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class ServiceSettings(Record, kw_only=True):
    """policies: the first that fits a conversation counts; so the general one stands last."""

    schedule: Schedule = Schedule()
    policies: tuple[SlaPolicy, ...] = ()
