"""Small parts that need no server."""

import re
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

import dashboards
from scrm.clock import ManualClock
from scrm.errors import Invalid, SendErrorCode
from scrm.ports.stores import Page
from scrm.web import cursor, sniff
from scrm.web.address import address_of
from scrm.web.throttle import Throttle


def test_a_throttle_lets_a_burst_through_and_then_a_steady_rate() -> None:
    clock = ManualClock()
    throttle = Throttle(clock, burst=3, interval=10)
    assert [throttle.take("a") for _ in range(3)] == [0, 0, 0]
    assert throttle.take("a") == pytest.approx(10)
    assert throttle.take("b") == 0
    clock.advance(10)
    assert throttle.take("a") == 0
    assert throttle.take("a") > 0
    throttle.give_back("a")
    assert throttle.take("a") == 0


def test_a_throttle_remembers_a_bounded_number_of_keys() -> None:
    throttle = Throttle(ManualClock(), burst=1, interval=10, keys=100)
    for number in range(1_000):
        throttle.take(str(number))
    assert len(throttle) == 100
    assert throttle.take("999") > 0


@given(st.datetimes(timezones=st.just(UTC)), st.from_regex(r"[0-9A-Z]{1,26}", fullmatch=True))
def test_a_cursor_comes_back_as_the_page_it_was(at: datetime, page_id: str) -> None:
    page = Page(at=at, id=page_id)
    assert cursor.decode(cursor.encode(page)) == page


@given(st.text(max_size=400))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    try:
        page = cursor.decode(text)
    except Invalid:
        return
    assert page is not None and page.at.tzinfo is not None


@pytest.mark.parametrize(
    ("data", "declared", "name", "found"),
    [
        (b"\x89PNG\r\n\x1a\n...", "text/html", "a.html", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "", "a", "image/webp"),
        (b"#!AMR\n", "audio/amr", "voice.amr", "audio/amr"),
        (b"PK\x03\x04", "", "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04", "application/vnd.ms-excel", "a.exe", "application/zip"),
        (b"a,b\n", "text/csv; charset=utf-8", "a.csv", "text/csv"),
        (b"a\0b", "text/plain", "a.txt", "application/octet-stream"),
        (b"<svg/>", "image/svg+xml", "a.svg", "application/octet-stream"),
        (b"", "", "", "application/octet-stream"),
    ],
)
def test_files_are_what_their_first_bytes_say(data: bytes, declared: str, name: str, found: str) -> None:
    assert sniff.media_type(data, declared, name) == found


@pytest.mark.parametrize(
    ("remote", "forwarded", "counted"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),  # nobody of ours says so
        ("10.0.0.2", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.2", ["198.51.100.1, 203.0.113.7, 10.0.0.9"], "203.0.113.7"),
        (
            "10.0.0.2",
            ["198.51.100.1", "203.0.113.7"],
            "203.0.113.7",
        ),  # the client wrote the first, the proxy the second
        ("::ffff:10.0.0.2", ["203.0.113.7"], "203.0.113.7"),
        ("::ffff:203.0.113.7", [], "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("10.0.0.2", ["2001:db8:1:2::1"], "2001:db8:1:2::/64"),
        ("10.0.0.2", ["nonsense"], "10.0.0.2"),
    ],
)
def test_whose_tries_these_are(remote: str, forwarded: list[str], counted: str) -> None:
    headers = CIMultiDict(("X-Forwarded-For", value) for value in forwarded)
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)
    assert address_of(request, SimpleNamespace(trusted_proxies=[ip_network("10.0.0.0/8")])) == counted  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_why_a_reply_failed_is_a_sentence_an_agent_reads(language: str) -> None:
    words = Path(dashboards.__file__).parent / "web" / "src" / "i18n"
    files = [words / f"{language}.ts", *sorted((words / language).glob("*.ts"))]
    tables = [re.search(r"^  sendError: \{(.*?)\}[, ]", file.read_text("utf-8"), re.M | re.S) for file in files]
    said = dict(re.findall(r'(\w+): "([^"]+)"', "\n".join(found[1] for found in tables if found)))
    assert {code for code in SendErrorCode if len(said.get(code, "")) < 5} == set()
