"""Times as feeds, platforms and people write them. Pure, total.

A time without a zone is of the workspace's zone. Relative ones ("3分钟前", "昨天 12:30") stand against the moment of
reading. What lies ahead of it, or before 1995, is no time: clocks of other people's servers are wrong now and then.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
# Clocks differ a little; a moment so near ahead is now.
_AHEAD = timedelta(minutes=10)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_AGO = re.compile(r"(\d{1,4})\s*(秒|分钟|分鐘|小时|小時|天)前")
_UNITS = {"秒": 1, "分钟": 60, "分鐘": 60, "小时": 3600, "小時": 3600, "天": 86400}
_DAY_WORDS = {"今天": 0, "昨天": 1, "前天": 2}
_DAY_WORD = re.compile(r"(今天|昨天|前天)\s*(\d{1,2}):(\d{2})")
_NUMBERS = re.compile(
    r"(?:(\d{4})\s*[-/.年]\s*)?(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?"
    r"(?:[T\s]*(\d{1,2})[::时](\d{1,2})(?:[::分](\d{1,2})秒?)?)?"
)
_WEIBO = "%a %b %d %H:%M:%S %z %Y"


def read(written: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """None: no time that can be believed."""
    written = " ".join(written.split())[:60]
    if not written:
        return None
    try:
        found = _read(written, now, zone)
        if found is None:
            return None
        if found.tzinfo is None:
            found = found.replace(tzinfo=zone)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    if not _EARLIEST <= found <= now + _AHEAD:
        return None
    found = min(found, now)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def _read(written: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    if _EPOCH.fullmatch(written):
        number = int(written)
        return datetime.fromtimestamp(number / 1000 if len(written) == 13 else number, UTC)
    if written in ("刚刚", "剛剛"):
        return now
    if ago := _AGO.fullmatch(written):
        return now - timedelta(seconds=int(ago[1]) * _UNITS[ago[2]])
    local = now.astimezone(zone)
    if named := _DAY_WORD.fullmatch(written):
        day = local - timedelta(days=_DAY_WORDS[named[1]])
        return day.replace(hour=int(named[2]), minute=int(named[3]), second=0, microsecond=0)
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        pass
    if numbers := _NUMBERS.fullmatch(written):
        year, month, day_of_month, hour, minute, second = numbers.groups()
        parts = (int(month), int(day_of_month), int(hour or 0), int(minute or 0), int(second or 0))
        found = datetime(int(year) if year else local.year, *parts, tzinfo=zone)
        # Without a year: the last such day.
        return found.replace(year=found.year - 1) if not year and found > local + timedelta(days=1) else found
    try:
        return datetime.strptime(written, _WEIBO)  # noqa: DTZ007 - the form has a zone
    except ValueError:
        return parsedate_to_datetime(written)
