"""A channel's settings, read: origins, hours and forms, and what is wrong with them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import CHANNEL_TYPES
from scrm.errors import Invalid
from scrm.model.site import Site, read_fields, read_hours, read_origins, read_site

BASE = {"origins": "https://shop.example.com", "secret": "s" * 40}


def site(**settings: str) -> Site:
    return read_site(CHANNEL_TYPES.normalise_settings("webchat", {**BASE, **settings}))


def at(text: str) -> datetime:
    """Local time in Shanghai."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2026-11-20T08:59:59", False, "2026-11-20T09:00"),  # a Friday
        ("2026-11-20T09:00", True, None),
        ("2026-11-20T17:59", True, None),
        ("2026-11-20T18:00", False, "2026-11-21T10:00"),
        ("2026-11-21T23:00", False, "2026-11-23T09:00"),
        ("2026-11-22T12:00", False, "2026-11-23T09:00"),
    ],
)
def test_business_hours(moment: str, is_open: bool, opens: str | None) -> None:
    open_at = site(hours="Mon-Fri 09:00-18:00；sat 10:00-16:00")
    assert open_at.is_open(at(moment)) is is_open
    assert open_at.opens_at(at(moment)) == (at(opens) if opens else None)


def test_hours_over_a_weekend_and_none_at_all() -> None:
    assert {span.weekday for span in read_hours("fri-mon 00:00-24:00")} == {4, 5, 6, 0}
    assert site(hours="always").is_open(at("2026-11-22T03:00"))
    assert [site(hours=hours).workspace_hours for hours in ("", "workspace", "always", "mon 09:00-18:00")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_another_time_zone() -> None:
    london = site(hours="mon-fri 09:00-17:00", time_zone="Europe/London")
    assert not london.is_open(at("2026-11-20T16:59"))
    assert london.is_open(at("2026-11-20T17:00"))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("origins", "shop.example.com"),
        ("origins", "https://shop.example.com/path"),
        ("origins", "https://*"),
        ("origins", "*"),
        ("origins", "https://user@shop.example.com"),
        ("origins", "https://shop.example.com:99999"),
        ("origins", "ftp://shop.example.com"),
        ("hours", "mon 9:00-18:00"),
        ("hours", "mon 18:00-09:00"),
        ("hours", "mon 09:00-24:01"),
        ("hours", "xyz 09:00-18:00"),
        ("form", "name name"),
        ("form", "age"),
        ("time_zone", "Mars/Olympus"),
        ("color", "blue"),
        ("theme", "pink"),
        ("secret", "short"),
        ("privacy_url", "javascript:alert(1)"),
    ],
)
def test_what_is_wrong_is_said(setting: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        site(**{setting: value})
    assert set(caught.value.extra["errors"]) == {setting}  # type: ignore[call-overload]


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_the_readers(text: str, origin: str) -> None:
    for read in (read_origins, read_hours, read_fields):
        try:
            read(text)
        except ValueError:
            continue
    assert not site(origins="https://*.example.com").allows(origin, "http://hub") or origin.endswith(".example.com")


def test_fields() -> None:
    assert [(field.name, field.required) for field in site(form="name! phone").form] == [
        ("name", True),
        ("phone", False),
    ]
