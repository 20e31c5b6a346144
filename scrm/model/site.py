"""A web chat channel's settings, read once: which pages may carry it, what it says, when somebody is there. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scrm.model.base import Record

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIELDS = ("name", "phone", "email", "company")
# The word for pages of the hub itself, among the origins.
SELF = "self"
# Words for hours: those of the workspace, with its holidays and the days that make up for them; and always open.
WORKSPACE_HOURS, ALWAYS = "workspace", "always"
_SPAN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? ([0-2][0-9]:[0-5][0-9])-([0-2][0-9]:[0-5][0-9])")
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]+\]")


class Span(Record, kw_only=True):
    """Open from `begins` to before `ends` (minutes of the day, at most 1440) on a weekday, 0 = Monday."""

    weekday: int
    begins: int
    ends: int


class Field(Record, kw_only=True):
    """A line of the form that stands before the first message."""

    name: str
    required: bool


class Site(Record, kw_only=True):
    """origins: `https://shop.example.com`, `https://*.example.com` or `self`. hours empty: always open, unless it
    keeps the workspace's, which are not known here.

    Texts are given by language (`zh`, `en`); an English one that is not set is the widget's own.
    agent_title: what customers see of an agent who has no public name.
    """

    secret: str
    origins: tuple[str, ...]
    title: dict[str, str]
    welcome: dict[str, str]
    away: dict[str, str]
    agent_title: dict[str, str]
    color: str
    theme: str
    side: str
    form: tuple[Field, ...]
    hours: tuple[Span, ...]
    workspace_hours: bool
    time_zone: str
    rating: bool
    privacy_url: str

    def allows(self, origin: str, own: str) -> bool:
        """Whether pages of `origin` may use this channel. own: the hub's origin."""
        return any(_matches(allowed, origin, own) for allowed in self.origins)

    def is_open(self, now: datetime) -> bool:
        if not self.hours:
            return True
        local = now.astimezone(ZoneInfo(self.time_zone))
        minute = local.hour * 60 + local.minute
        return any(span.weekday == local.weekday() and span.begins <= minute < span.ends for span in self.hours)

    def opens_at(self, now: datetime) -> datetime | None:
        """When it opens next, in UTC; None while it is open."""
        if self.is_open(now):
            return None
        local = now.astimezone(ZoneInfo(self.time_zone))
        starts: list[datetime] = []
        for ahead in range(8):
            day = (local + timedelta(days=ahead)).date()
            for span in self.hours:
                if span.weekday == day.weekday():
                    begins = time(span.begins // 60, span.begins % 60)
                    starts.append(datetime.combine(day, begins, tzinfo=local.tzinfo).astimezone(UTC))
        return min((start for start in starts if start > now), default=None)


def read_site(settings: Mapping[str, str]) -> Site:
    """From settings that are complete (`normalise_settings`). Raises ValueError on what `problems` would name."""
    return Site(
        secret=settings["secret"],
        origins=read_origins(settings["origins"]),
        title=_texts(settings, "title"),
        welcome=_texts(settings, "welcome"),
        away=_texts(settings, "away"),
        agent_title=_texts(settings, "agent_title"),
        color=settings["color"],
        theme=settings["theme"],
        side=settings["side"],
        form=read_fields(settings["form"]),
        hours=read_hours(settings["hours"]),
        workspace_hours=settings["hours"].strip().lower() == WORKSPACE_HOURS,
        time_zone=read_zone(settings["time_zone"]),
        rating=settings["rating"] == "on",
        privacy_url=settings["privacy_url"],
    )


def _texts(settings: Mapping[str, str], name: str) -> dict[str, str]:
    texts = {"zh": settings[name], "en": settings[f"{name}_en"]}
    return {language: text for language, text in texts.items() if text}


def read_origins(text: str) -> tuple[str, ...]:
    """Origins between spaces or commas. Raises ValueError naming the one that is none."""
    found = tuple(dict.fromkeys(part.lower().rstrip("/") for part in re.split(r"[\s,，]+", text) if part))
    for origin in found:
        if origin != SELF and not _is_origin(origin):
            raise ValueError(origin)
    return found


def _is_origin(text: str) -> bool:
    scheme, mark, rest = text.partition("://")
    if scheme not in ("http", "https") or not mark:
        return False
    host, colon, port = rest.rpartition(":") if re.search(r":[0-9]+\Z", rest) else (rest, "", "")
    return bool(_HOST.fullmatch(host)) and (not colon or 0 < int(port) < 65536)


def _matches(allowed: str, origin: str, own: str) -> bool:
    if allowed == SELF:
        return origin == own
    if "://*." not in allowed:
        return origin == allowed
    scheme, _, host = allowed.partition("://*.")
    try:
        given = urlsplit(origin)
    except ValueError:
        return False
    return given.scheme == scheme and given.netloc.endswith(f".{host}") and origin == f"{scheme}://{given.netloc}"


def read_fields(text: str) -> tuple[Field, ...]:
    """`name! phone email`: fields of the form, `!` after a required one. Raises ValueError."""
    parts = [part for part in re.split(r"[\s,，]+", text.lower()) if part]
    fields = tuple(Field(name=part.rstrip("!"), required=part.endswith("!")) for part in parts)
    names = [field.name for field in fields]
    if any(name not in FIELDS for name in names) or len(set(names)) != len(names):
        raise ValueError(text)
    return fields


def read_hours(text: str) -> tuple[Span, ...]:
    """`mon-fri 09:00-18:00; sat 10:00-16:00`; 24:00 ends a day. None of its own: `workspace`, `always`. Raises
    ValueError."""
    if text.strip().lower() in (WORKSPACE_HOURS, ALWAYS):
        return ()
    spans: list[Span] = []
    for part in filter(None, (" ".join(piece.split()) for piece in re.split(r"[;；\n]", text.lower()))):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise ValueError(part)
        first, last, begins, ends = found.group(1), found.group(2) or found.group(1), found.group(3), found.group(4)
        if first not in DAYS or last not in DAYS:
            raise ValueError(part)
        start, end = _minutes(begins), _minutes(ends)
        if not start < end <= 1440:
            raise ValueError(part)
        number = DAYS.index(first)
        while True:
            spans.append(Span(weekday=number, begins=start, ends=end))
            if number == DAYS.index(last):
                break
            number = (number + 1) % 7
    return tuple(spans)


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def read_zone(name: str) -> str:
    """Raises ValueError when there is no such time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(name) from error
    return name
