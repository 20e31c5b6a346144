"""When a report leaves, and of which days it tells. Pure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scrm.model.base import Record
from scrm.model.notices import Every, ReportPlan

# A hub that was down at the hour sends the report later, but not so late that nobody wants it.
LATE = timedelta(hours=12)


class Period(Record, kw_only=True):
    """Days are inclusive, in the workspace's zone. key: names it among those of its plan."""

    key: str
    first_day: str
    last_day: str


def due(plan: ReportPlan, now: datetime, zone: ZoneInfo) -> Period | None:
    """The period whose report is to leave now; None when there is none, or it has left."""
    if not plan.enabled or not plan.destination_ids:
        return None
    day = now.astimezone(zone).date()
    moments = [_moment(plan, day - timedelta(days=back), zone) for back in range(8 if plan.every is Every.WEEK else 2)]
    planned = max(
        (at for at in moments if at <= now and (plan.every is Every.DAY or at.weekday() == plan.weekday)), default=None
    )
    if planned is None or now - planned > LATE or planned < plan.created_at:
        return None
    period = ending_before(plan, planned.date())
    return None if period.key == plan.last_period else period


def latest(plan: ReportPlan, now: datetime, zone: ZoneInfo) -> Period:
    """The days a report would tell of if it left now."""
    return ending_before(plan, now.astimezone(zone).date())


def ending_before(plan: ReportPlan, day: date) -> Period:
    lasts = 7 if plan.every is Every.WEEK else 1
    first, last = day - timedelta(days=lasts), day - timedelta(days=1)
    return Period(key=day.isoformat(), first_day=first.isoformat(), last_day=last.isoformat())


def _moment(plan: ReportPlan, day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(plan.at), zone)
