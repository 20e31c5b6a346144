"""Open time in zones with and without summer time: it adds up, never runs backwards, and never exceeds the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.errors import Invalid
from scrm.flow.hours import Hours
from scrm.model.service import OpenSpan, Schedule, SpecialDay

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Summer time of an hour and of half an hour, changes at midnight, and a day that was left out altogether.
ZONES = tuple(
    ZoneInfo(name)
    for name in ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "America/Asuncion", "Pacific/Apia")
)
# Around the days on which their clocks change.
BEGINS = tuple(
    datetime(year, month, day, tzinfo=UTC)
    for year, month, day in ((2026, 3, 7), (2026, 10, 31), (2026, 4, 4), (2024, 10, 4), (2011, 12, 28), (2026, 9, 30))
)
OFFICE = (OpenSpan(opens="09:00", closes="12:00"), OpenSpan(opens="13:30", closes="18:00"))


@st.composite
def spans(draw: st.DrawFn) -> tuple[OpenSpan, ...]:
    marks = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    walls = [f"{mark // 4:02}:{mark % 4 * 15:02}" for mark in marks]
    pairs = zip(walls[::2], walls[1::2], strict=False)
    return tuple(OpenSpan(opens=opens, closes=closes) for opens, closes in pairs)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Hours, datetime]:
    begin = draw(st.sampled_from(BEGINS))
    days = draw(st.sets(st.integers(0, 6), max_size=3))
    schedule = Schedule(
        always=draw(st.sampled_from((False, False, False, True))),
        week=tuple(draw(st.lists(spans(), min_size=7, max_size=7))),
        special=tuple(
            SpecialDay(day=(begin.date() + timedelta(days=day)).isoformat(), hours=draw(spans()))
            for day in sorted(days)
        ),
    )
    return Hours(schedule, draw(st.sampled_from(ZONES))), begin


lengths = st.integers(0, 5 * 86_400)


@given(case=cases(), first=lengths, second=lengths, third=lengths)
def test_parts_add_up_and_nothing_runs_backwards(
    case: tuple[Hours, datetime], first: int, second: int, third: int
) -> None:
    hours, begin = case
    a = begin + timedelta(seconds=first)
    b, c = a + timedelta(seconds=second), a + timedelta(seconds=second + third)
    assert hours.between(a, c) == pytest.approx(hours.between(a, b) + hours.between(b, c), abs=1e-6)
    assert 0 <= hours.between(a, b) <= (b - a).total_seconds()
    assert hours.between(b, a) == 0 or a == b


@given(case=cases(), start=lengths, seconds=st.integers(1, 200_000))
def test_a_deadline_is_the_first_moment_at_which_so_much_has_passed(
    case: tuple[Hours, datetime], start: int, seconds: int
) -> None:
    hours, begin = case
    begin += timedelta(seconds=start)
    due = hours.after(begin, seconds)
    if due is None:
        assert hours.between(begin, begin + timedelta(days=800)) < seconds
        return
    assert hours.between(begin, due) == pytest.approx(seconds, abs=1e-6)
    assert hours.between(begin, due - timedelta(seconds=1)) < seconds


@given(minute=st.integers(0, 3 * 24 * 60), zone=st.sampled_from(ZONES), begin=st.sampled_from(BEGINS))
def test_open_all_day_every_day_is_the_clock(minute: int, zone: ZoneInfo, begin: datetime) -> None:
    whole = (OpenSpan(opens="00:00", closes="24:00"),)
    end = begin + timedelta(minutes=minute)
    assert Hours(Schedule(always=False, week=(whole,) * 7), zone).between(begin, end) == minute * 60


def test_a_holiday_and_the_saturday_that_makes_up_for_it() -> None:
    """国庆: 1 to 7 October 2026 off, Saturday the 10th worked."""
    off = tuple(SpecialDay(day=f"2026-10-0{day}", name="国庆") for day in range(1, 8))
    week = ((OFFICE,) * 5) + ((), ())
    special = (*off, SpecialDay(day="2026-10-10", name="补班", hours=OFFICE))
    hours = Hours(Schedule(always=False, week=week, special=special), SHANGHAI)

    def at(day: str, wall: str) -> datetime:
        return datetime.fromisoformat(f"2026-{day}T{wall}:00+08:00")

    assert hours.between(at("09-30", "17:00"), at("10-08", "09:30")) == 90 * 60
    assert hours.between(at("10-10", "00:00"), at("10-11", "23:00")) == 7.5 * 3600
    assert hours.after(at("09-30", "17:50"), 1200) == at("10-08", "09:10")
    assert hours.after(at("10-08", "11:55"), 600) == at("10-08", "13:35")


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(week=((),) * 6),
        Schedule(week=((OpenSpan(opens="9:00", closes="18:00"),),) + ((),) * 6),
        Schedule(week=((OpenSpan(opens="18:00", closes="09:00"),),) + ((),) * 6),
        Schedule(week=(OFFICE[::-1],) + ((),) * 6),
        Schedule(week=((OpenSpan(opens="24:00", closes="24:00"),),) + ((),) * 6),
        Schedule(special=(SpecialDay(day="2026-02-29"),)),
        Schedule(special=(SpecialDay(day="2026-10-01"), SpecialDay(day="2026-10-01"))),
        Schedule(special=tuple(SpecialDay(day=f"2{number:03}-01-01") for number in range(401))),
    ],
)
def test_what_no_calendar_holds_is_refused(schedule: Schedule) -> None:
    with pytest.raises(Invalid):
        Hours(schedule, SHANGHAI)


def test_when_it_opens_next() -> None:
    """Over a holiday and the Saturday that makes up for it; a schedule of nothing never opens."""
    off = tuple(SpecialDay(day=f"2026-10-0{day}", name="国庆") for day in range(1, 8))
    special = (*off, SpecialDay(day="2026-10-10", name="补班", hours=OFFICE))
    hours = Hours(Schedule(always=False, week=((OFFICE,) * 5) + ((), ()), special=special), SHANGHAI)

    def opens(moment: str) -> str | None:
        found = hours.opens_at(datetime.fromisoformat(f"2026-{moment}+08:00"))
        return found.astimezone(SHANGHAI).strftime("%m-%dT%H:%M") if found else None

    assert opens("09-30T10:00") == "09-30T10:00"
    assert opens("09-30T18:00") == "10-08T09:00"
    assert opens("10-09T20:00") == "10-10T09:00"
    assert opens("10-10T20:00") == "10-12T09:00"
    never = Hours(Schedule(always=False), SHANGHAI)
    assert never.opens_at(datetime.fromisoformat("2026-10-08T10:00+08:00")) is None
    now = datetime.fromisoformat("2026-10-04T10:00+08:00")
    assert Hours(Schedule(), SHANGHAI).opens_at(now) == now
