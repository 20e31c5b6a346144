"""The year as a Chinese shop feels it: quiet on holidays, loud on shopping days. Pure; by the calendar, for any year.

Holidays are those the State Council gives: New Year's Day, the week of Spring Festival, five days from 1 May,
mid-autumn, the week of 国庆 from 1 October. The moon's two are tables; a year that is in neither has none of them.
"""

from datetime import date, timedelta

SPRING = {2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3)}
MID_AUTUMN = {2025: (10, 6), 2026: (9, 25), 2027: (9, 15), 2028: (10, 3), 2029: (9, 22), 2030: (9, 12)}
# How many conversations a day begin, against a usual one: by month and day.
SALES = {
    (6, 16): 1.2, (6, 17): 1.3, (6, 18): 1.9, (6, 19): 1.6, (6, 20): 1.4, (6, 21): 1.2,
    (10, 8): 1.25, (10, 31): 1.2, (11, 1): 1.35, (11, 2): 1.2, (11, 9): 1.15, (11, 10): 1.5, (11, 11): 2.3,
    (11, 12): 1.9, (11, 13): 1.6, (11, 14): 1.4, (11, 15): 1.3, (11, 16): 1.2,
    (12, 11): 1.15, (12, 12): 1.5, (12, 13): 1.3,
}  # fmt: skip
# First and last day, and what is spoken of more or less in them: by theme.
WAVES = (
    ((5, 28), (6, 17), {"price": 2.0, "presale": 1.5}),
    ((6, 18), (6, 26), {"logistics": 2.0, "refund": 1.6, "orders": 1.5}),
    ((10, 1), (10, 8), {"logistics": 1.6, "invoice": 0.4}),
    ((10, 20), (11, 10), {"price": 2.2, "presale": 1.6}),
    ((11, 11), (11, 13), {"orders": 2.2, "logistics": 1.6, "price": 1.5}),
    ((11, 14), (11, 22), {"logistics": 1.9, "refund": 1.9, "invoice": 1.4}),
    ((12, 12), (12, 18), {"logistics": 1.5, "refund": 1.5}),
)
# What the shop was, thirteen weeks ago, of what it is today.
AT_FIRST, GROWS = 0.68, 13 * 7


def demand(day: date, back: int) -> float:
    """Conversations that begin on the day, of those of a usual day of its weekday now. back: days before today."""
    return talked(day, back) * _holiday(day)


def talked(day: date, back: int) -> float:
    """The same without holidays: what is said about the shop on the day, whoever is open."""
    grown = AT_FIRST + (1 - AT_FIRST) * max(0.0, 1 - back / GROWS)
    return grown * SALES.get((day.month, day.day), 1.0)


def spoken(day: date, theme: str) -> float:
    """How much more or less a theme comes up on the day."""
    share = 1.0
    for first, last, themes in WAVES:
        if first <= (day.month, day.day) <= last:
            share *= themes.get(theme, 1.0)
    return share


def _holiday(day: date) -> float:
    if day.month == 10 and day.day <= 7:
        return 0.5
    if day.month == 5 and day.day <= 5:
        return 0.6
    if (day.month, day.day) == (1, 1) or MID_AUTUMN.get(day.year) == (day.month, day.day):
        return 0.65
    spring = SPRING.get(day.year)
    if spring is not None and timedelta(days=-1) <= day - date(day.year, *spring) <= timedelta(days=6):
        return 0.3
    return 1.0
